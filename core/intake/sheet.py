"""A sheet of a workbook (.xlsx, .xls, .ods), every cell as text.

A workbook is mostly a ZIP archive: how big it is unpacked is counted before anything is built of it, and never
believed, as the directory of an archive may say what it likes.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import polars as pl

from core.intake import header
from core.intake.findings import Refused
from core.intake.formats import Formats
from core.intake.header import Head, Unknown
from core.intake.limits import LIMIT_CELL
from core.intake.source import Grid, Source, Whole, blank, no_ragged
from core.intake.template import ABOUT, TEMPLATES

ENDS: Final = (".xlsx", ".xls", ".ods")
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
OLE: Final = b"\xd0\xcf\x11\xe0"
LOCKED: Final = "EncryptedPackage".encode("utf-16-le")  # in an OLE file: a workbook under a password
LIMIT_UNPACKED: Final = 1 << 30  # bytes
LIMIT_RATIO: Final = 200  # how many times smaller an honest workbook may be packed
SMALL: Final = 16 << 20  # bytes unpacked that harm nobody, whatever their ratio
LIMIT_PARTS: Final = 5_000
LIMIT_SHEETS: Final = 50  # looked at for a header
WORST: Final = 1032  # no packing makes anything more times smaller
PANIC: Final = "PanicException"  # of the reader's compiled core; its class cannot be imported
CHUNK: Final = 1 << 20  # bytes that are unpacked at a time
# What zipfile raises for an archive that is torn, of an unknown packing (NotImplementedError) or locked (RuntimeError).
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)
_PARTS: Final = ("xl/workbook.", "content.xml", "Content.xml")  # one of them is in every workbook


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin like an archive or an old workbook."""
    return data[:4] in (*ZIP, OLE)


def source(data: bytes, formats: Formats, line: int | None = None) -> Source:
    """Find the header of a workbook: on the first sheet that is shown and has a known one. ``line``: the row that a
    person chose. Raises Refused, of which Unknown is a header on the first filled sheet that no format knows."""
    kind = "xls"
    if data[:4] == OLE and LOCKED in data:
        raise Refused("locked")
    if data[:4] in ZIP:
        kind = check_archive(data)
    unknown: Unknown | None = None
    left: list[str] = []
    found: tuple[pl.DataFrame, Head] | None = None
    for name, shown, load in _sheets(data):
        frame = load(None if shown and found is None else 1)
        if not frame.width or not frame.height:
            continue
        if not shown or found is not None:
            left.append(name)
            continue
        formats.limits.check_rows(frame.height)
        try:
            found = frame, header.of_rows(_top(frame), formats, line)
        except Unknown as why:
            unknown = unknown or why
            left.append(name)
    if found is None:
        raise unknown or Refused("empty")
    frame, head = found
    if head.format.format in TEMPLATES:
        left = [name for name in left if name != ABOUT]
    return _below(frame, head, kind, formats, tuple(left))


@contextmanager
def _refusing() -> Iterator[None]:
    """What the reader says of a broken workbook, as a refusal: errors of its own and of its Arrow bridge, and a panic
    of its compiled core, which is no Exception."""
    try:
        yield
    except BaseException as wrong:
        if isinstance(wrong, Exception) or type(wrong).__name__ == PANIC:
            raise Refused("not_spreadsheet", {"why": str(wrong)[:200]}) from wrong
        raise


def _sheets(data: bytes) -> Iterator[tuple[str, bool, Callable[[int | None], pl.DataFrame]]]:
    """Each sheet: its name, whether people see it, and how to load so many rows of it (None: all)."""
    import fastexcel  # heavy, and most files are text

    def load(number: int, rows: int | None) -> pl.DataFrame:
        with _refusing():
            sheet = book.load_sheet(
                number, header_row=None, n_rows=rows, dtypes="string", skip_whitespace_tail_rows=False
            )
            return pl.DataFrame(sheet.to_polars())

    with _refusing():
        book = fastexcel.read_excel(data)
        names = book.sheet_names[:LIMIT_SHEETS]
        shown = [book.load_sheet(at, header_row=None, n_rows=1).visible == "visible" for at in range(len(names))]
    for number, name in enumerate(names):
        yield name, shown[number] or not any(shown), partial(load, number)


def _top(frame: pl.DataFrame) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in frame.head(header.LINES).rows()]


def _below(frame: pl.DataFrame, head: Head, kind: str, formats: Formats, left: tuple[str, ...]) -> Source:
    """The rows below a header. ``left``: the names of the sheets that are not read."""
    formats.limits.check_columns(frame.width)
    if (frame.select(pl.max_horizontal(pl.all().str.len_chars().max())).item() or 0) > LIMIT_CELL:
        raise Refused("cell_too_big", {"limit": LIMIT_CELL})
    body = frame.slice(head.line + 1)
    body.columns = [f"c{i}" for i in range(body.width)]
    first = head.line + 2
    line = pl.int_range(first, first + body.height, eager=True, dtype=pl.Int64).alias("line")
    read = Grid(head.format, kind, head.cells, blank(body), line, no_ragged())
    return Source(head.format, head.cells, Whole(read), head.recognised, above=head.above, left=left)


def check_archive(data: bytes) -> str:
    """What a packed workbook is: xlsx or ods. Raises Refused for an archive that is none, or that is bigger unpacked
    than a workbook may be."""
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
            return "xlsx" if any(part.filename.startswith("xl/") for part in parts) else "ods"
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
