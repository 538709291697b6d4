"""A sheet of a workbook (.xlsx, .xls, .ods), every cell as text.

A workbook is mostly a ZIP archive: how big it is unpacked is counted before anything is built of it, and never
believed, as the directory of an archive may say what it likes.
"""

import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from core.intake import header, workbook
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
LIMIT_MEMORY: Final = 4 << 30  # bytes for the reader, which was seen to take 130 a filled cell
LIMIT_SECONDS: Final = 300.0
LIMIT_CELLS: Final = 50_000_000  # of a sheet; a few bytes can say "the same a million times"
WORST: Final = 1032  # no packing makes anything more times smaller
CHUNK: Final = 1 << 20  # bytes that are unpacked at a time
# What zipfile raises for an archive that is torn, of an unknown packing (NotImplementedError) or locked (RuntimeError).
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)
_PARTS: Final = ("xl/workbook.", "content.xml", "Content.xml")  # one of them is in every workbook


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin like an archive or an old workbook."""
    return data[:4] in (*ZIP, OLE)


class _Page(NamedTuple):
    """A sheet: its name, whether it is read (it is shown, or none is), and its cells in an Arrow file."""

    name: str
    shown: bool
    path: Path


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
    with _unpacked(data) as pages:
        for page in pages:
            frame = pl.read_ipc(page.path.read_bytes(), n_rows=None if page.shown and found is None else 1)
            if not frame.width or not frame.height:
                continue
            if not page.shown or found is not None:
                left.append(page.name)
                continue
            formats.limits.check_rows(frame.height)
            try:
                found = frame, header.of_rows(_top(frame), formats, line)
            except Unknown as why:
                unknown = unknown or why
                left.append(page.name)
    if found is None:
        raise unknown or Refused("empty")
    frame, head = found
    if head.format.format in TEMPLATES:
        left = [name for name in left if name != ABOUT]
    return _below(frame, head, kind, formats, tuple(left))


@contextmanager
def _unpacked(data: bytes) -> Iterator[list[_Page]]:
    """The sheets of a workbook, laid out in a folder by a process whose memory is bounded. Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="desk48-") as name:
        folder = Path(name)
        book = folder / "book"
        book.write_bytes(data)
        order = [sys.executable, "-P", workbook.__file__, str(book), str(folder), str(LIMIT_MEMORY)]
        try:
            done = subprocess.run(order, capture_output=True, timeout=LIMIT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Refused("takes_too_much", {"limit": LIMIT_MEMORY >> 20}) from None
        if done.returncode == workbook.BROKEN:
            raise Refused("not_spreadsheet", {"why": done.stderr.decode("utf-8", "replace").strip()[-200:]})
        if done.returncode:
            raise Refused("takes_too_much", {"limit": LIMIT_MEMORY >> 20})
        told = json.loads((folder / workbook.INDEX).read_text("utf-8"))
        if any(page["cells"] > LIMIT_CELLS for page in told):
            raise Refused("takes_too_much", {"limit": LIMIT_MEMORY >> 20})
        shown = any(page["shown"] for page in told)
        yield [_Page(page["name"], page["shown"] or not shown, folder / f"{at}.arrow") for at, page in enumerate(told)]


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
