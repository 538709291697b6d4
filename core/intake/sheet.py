"""The first sheet of a workbook (.xlsx, .xlsm, .xlsb, .xls, .ods), every cell as text.

A workbook is mostly a ZIP archive: how big it is unpacked is counted before anything is built of it, and never
believed, as the directory of an archive may say what it likes.
"""

import io
import struct
import zipfile
import zlib
from typing import Final

import polars as pl

from core.intake import header
from core.intake.findings import Refused
from core.intake.formats import Formats
from core.intake.limits import LIMIT_CELL
from core.intake.source import Grid, Source, Whole, blank, no_ragged

ENDS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
OLE: Final = b"\xd0\xcf\x11\xe0"
LIMIT_UNPACKED: Final = 1 << 30  # bytes
LIMIT_RATIO: Final = 200  # how many times smaller an honest workbook may be packed
SMALL: Final = 16 << 20  # bytes unpacked that harm nobody, whatever their ratio
LIMIT_PARTS: Final = 5_000
WORST: Final = 1032  # no packing makes anything more times smaller
CHUNK: Final = 1 << 20  # bytes that are unpacked at a time
# What zipfile raises for an archive that is torn, of an unknown packing (NotImplementedError) or locked (RuntimeError).
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)
_PARTS: Final = ("xl/workbook.", "content.xml", "Content.xml")  # one of them is in every workbook


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin like an archive or an old workbook."""
    return data[:4] in (*ZIP, OLE)


def source(data: bytes, formats: Formats) -> Source:
    """Find the header of a workbook's first sheet; ``line`` is the row of the sheet. Raises Refused."""
    import fastexcel  # heavy, and most files are text

    if data[:4] in ZIP:
        check_archive(data)
    try:
        book = fastexcel.read_excel(data)
        sheet = book.load_sheet(0, header_row=None, dtypes="string", skip_whitespace_tail_rows=False)
        frame = pl.DataFrame(sheet.to_polars())
    except Exception as wrong:  # the reader raises errors of its own and of its Arrow bridge
        raise Refused("not_spreadsheet", {"why": str(wrong)[:200]}) from wrong
    if not frame.width or not frame.height:
        raise Refused("empty")
    formats.limits.check_rows(frame.height)
    formats.limits.check_columns(frame.width)
    if (frame.select(pl.max_horizontal(pl.all().str.len_chars().max())).item() or 0) > LIMIT_CELL:
        raise Refused("cell_too_big", {"limit": LIMIT_CELL})
    top = [[c or "" for c in row] for row in frame.head(header.LINES).rows()]
    head = header.of_rows(top, formats)
    body = frame.slice(head.line + 1)
    body.columns = [f"c{i}" for i in range(body.width)]
    first = head.line + 2
    line = pl.int_range(first, first + body.height, eager=True, dtype=pl.Int64).alias("line")
    read = Grid(head.format, "xlsx", head.cells, blank(body), line, no_ragged())
    return Source(head.format, head.cells, Whole(read), head.recognised)


def check_archive(data: bytes) -> None:
    """Raises Refused for an archive that is no workbook, or that is bigger unpacked than a workbook may be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            said = sum(part.file_size for part in parts)
            if len(parts) > LIMIT_PARTS or said > LIMIT_UNPACKED or said > max(SMALL, LIMIT_RATIO * len(data)):
                raise Refused("unpacks_too_big", {"limit": LIMIT_UNPACKED >> 20})
            if not any(part.filename.startswith(_PARTS) for part in parts):
                raise Refused("not_spreadsheet", {"why": ", ".join(part.filename for part in parts[:3])[:200]})
            for part in parts:
                _check_part(data, part)
    except (*_BROKEN, ValueError, OSError) as wrong:
        raise Refused("not_spreadsheet", {"why": str(wrong)[:200]}) from wrong


def _check_part(data: bytes, part: zipfile.ZipInfo) -> None:
    """Unpack a part and throw it away, to see that it is no bigger than the directory says."""
    if part.compress_type == zipfile.ZIP_STORED or part.compress_size * WORST <= SMALL:
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise Refused("not_spreadsheet", {"why": part.filename[:200]})
    name, extra = struct.unpack_from("<HH", data, part.header_offset + 26)
    start = part.header_offset + 30 + name + extra
    unpack, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    for at in range(start, start + part.compress_size, CHUNK):
        packed = data[at : min(at + CHUNK, start + part.compress_size)]
        while packed and not unpack.eof:
            size += len(unpack.decompress(packed, CHUNK))
            packed = unpack.unconsumed_tail
            if size > part.file_size:
                raise Refused("unpacks_too_big", {"limit": LIMIT_UNPACKED >> 20})
