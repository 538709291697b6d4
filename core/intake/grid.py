"""From the bytes of a file to a grid of text cells under a known header. Nothing is typed here."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.intake.encoding import as_utf8, decide
from core.intake.findings import Refused
from core.intake.formats import Format, Formats

LIMIT_BYTES: Final = 300 * 1024 * 1024
LIMIT_ROWS: Final = 1_500_000
HEAD: Final = 256 * 1024  # bytes in which the header has to be
SPAN: Final = 50  # lines that one quoted cell may run over before its quote counts as a stray one
_REPLACED: Final = "\ufffd".encode()
EXCEL_ENDS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(frozen=True)
class Grid:
    """``cells``: text columns c0, c1, ... (blank is null) of the rows below the header; ``line``: the file
    line each starts on; ``ragged``: line and value (raw text) of rows with another number of cells."""

    format: Format
    encoding: str
    header: list[str]
    cells: pl.DataFrame
    line: pl.Series
    ragged: pl.DataFrame
    damaged: bool = False  # some character could not be read


@dataclass(frozen=True)
class _Head:
    format: Format
    separator: str
    cells: list[str]
    line: int  # the first line of the header, from 0
    lines: int  # how many lines it takes


def grid(name: str, data: bytes, formats: Formats) -> Grid:
    """Read a file of any known format. Raises Refused."""
    if not data[:4096].strip() and not data.strip():
        raise Refused("empty")
    if len(data) > LIMIT_BYTES:
        raise Refused("too_big", {"size": len(data) >> 20, "limit": LIMIT_BYTES >> 20})
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"):
        if not name.lower().endswith(EXCEL_ENDS):
            raise Refused("zip_as_csv" if data[:2] == b"PK" else "not_spreadsheet", {"why": name})
        return _excel(data, formats)
    if name.lower().endswith(EXCEL_ENDS):
        raise Refused("not_spreadsheet", {"why": name})
    return _text(data, formats)


def _text(data: bytes, formats: Formats) -> Grid:
    encoding = decide(data)
    text = as_utf8(data, encoding)
    if b"\0" in text:
        raise Refused("null_bytes")
    if b"\r" in text[:HEAD] and b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    end = text.count(b"\n")
    if end > 2 * LIMIT_ROWS and text.count(b"\n\n") < LIMIT_ROWS:
        raise Refused("too_many_rows", {"rows": end, "limit": LIMIT_ROWS})
    first = text[:HEAD].decode(errors="replace").split("\n")
    head = _find_head([[cells for cells in _records(first, s)] for s in _separators(formats)], formats, first)
    skip = head.line + head.lines
    cells, line, ragged = _fast(text, end, head, skip) or _careful(text, head, skip)
    _check_rows(cells.height)
    return Grid(head.format, encoding, head.cells, cells, line, ragged, _REPLACED in text)


def _separators(formats: Formats) -> list[str]:
    return list(dict.fromkeys(s for f in formats.formats for s in f.separators))


def _records(lines: list[str], separator: str) -> Iterator[tuple[str, int, int, list[str]]]:
    """Each line read as the start of a record: separator, first line, lines taken, cells."""
    for start in range(min(60, len(lines))):
        reader = csv.reader((f"{line}\n" for line in lines[start : start + SPAN]), delimiter=separator)
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        yield separator, start, reader.line_num, [c.strip() for c in cells]


def _find_head(tried: list[list[tuple[str, int, int, list[str]]]], formats: Formats, first: list[str]) -> _Head:
    """The record with the most cells that some format knows; raises Refused where none has enough."""
    best: tuple[int, _Head] | None = None
    for separator, start, taken, cells in (record for records in tried for record in records):
        for form in formats.formats:
            if start >= form.header_within_lines:
                continue
            known = {form.field_of(c) for c in cells} - {None}
            enough = len(known) >= form.known_cells and known.issuperset(form.required)
            if enough and (best is None or len(known) > best[0]):
                best = (len(known), _Head(form, separator, cells, start, taken))
    if best is None:
        seen = next((line.strip() for line in first if line.strip()), "")
        raise Refused("no_header", {"lines": max(f.header_within_lines for f in formats.formats), "seen": seen[:300]})
    return best[1]


def _names(head: _Head) -> list[str]:
    return [f"c{i}" for i in range(len(head.cells))]


def _fast(text: bytes, ends: int, head: _Head, skip: int) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame] | None:
    """All cells at once, or None where the file is not regular enough to be sure that no cell was lost.

    Sure means: every separator and every line break of the file is one between cells or is found in a cell.
    """
    names = _names(head)
    body = _offset_of_line(text, skip)
    quoted = text.find(b'"', body) >= 0
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            skip_lines=skip,
            separator=head.separator,
            quote_char='"' if quoted else None,
            schema={name: pl.String for name in (*names, "more")},
            missing_columns="insert",
            truncate_ragged_lines=True,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    wanted = frame.height * (len(names) - 1)
    inside = _count_inside(frame, head.separator) if quoted else 0
    if frame["more"].null_count() < frame.height or text.count(head.separator.encode(), body) != wanted + inside:
        return None
    breaks = ends + (not text.endswith(b"\n")) - skip - frame.height
    if breaks < 0 or (breaks and not quoted):
        return None
    cells = _blank(frame.drop("more")) if quoted else frame.drop("more")
    line = pl.int_range(skip + 1, skip + 1 + cells.height, eager=True, dtype=pl.Int64)
    if breaks:
        extra = _breaks(cells)
        if int(extra.sum()) != breaks or _doubtful(cells, extra > 0):
            return None
        line += extra.cum_sum().shift(1, fill_value=0)
    return cells, line.alias("line"), _no_ragged()


def _count_inside(frame: pl.DataFrame, text: str) -> int:
    """How often a text occurs inside cells."""
    found = frame.select(pl.all().str.contains(text, literal=True).any()).row(0)
    names = [name for name, some in zip(frame.columns, found, strict=True) if some]
    if not names:
        return 0
    return int(frame.select(pl.sum_horizontal(pl.col(names).str.count_matches(text, literal=True).sum())).item())


def _breaks(cells: pl.DataFrame) -> pl.Series:
    """Line breaks inside the cells of each row."""
    found = cells.select(pl.all().str.contains("\n", literal=True).any()).row(0)
    names = [name for name, some in zip(cells.columns, found, strict=True) if some]
    if not names:
        return pl.repeat(0, cells.height, dtype=pl.Int64, eager=True)
    counts = [pl.col(n).str.count_matches("\n", literal=True).fill_null(0).cast(pl.Int64) for n in names]
    return cells.select(pl.sum_horizontal(counts)).to_series()


def _doubtful(cells: pl.DataFrame, broken: pl.Series) -> bool:
    """Whether a cell with a line break also holds a quote: it may be two cells around a stray one."""
    has = pl.all().str.contains("\n", literal=True) & pl.all().str.contains('"', literal=True)
    return bool(cells.filter(broken).select(pl.any_horizontal(has).any()).item())


def _blank(cells: pl.DataFrame) -> pl.DataFrame:
    """The same cells with null for the empty ones; a quoted "" is no less empty than nothing."""
    empty = cells.select((pl.all() == "").any()).row(0)
    names = [name for name, some in zip(cells.columns, empty, strict=True) if some]
    return cells.with_columns(pl.when(pl.col(n) != "").then(pl.col(n)).alias(n) for n in names)


def _offset_of_line(text: bytes, lines: int) -> int:
    at = 0
    for _ in range(lines):
        at = text.find(b"\n", at) + 1
    return at


class _StrayError(Exception):
    """A quote that is not closed within SPAN lines."""


def _careful(text: bytes, head: _Head, skip: int) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    """Record by record, for files with ragged rows or stray quotes: slower, but nothing is swallowed.

    A record of the wrong width that runs over several lines began with a stray quote: its first line is
    named and reading goes on with the next line.
    """
    lines = text.decode(errors="replace").split("\n")
    if not lines[-1]:
        lines.pop()
    width = len(head.cells)
    feed = _Feed(lines, skip)
    rows: list[list[str]] = []
    starts: list[int] = []
    ragged: list[tuple[int, str]] = []
    while feed.start < len(lines):
        feed.next = feed.start
        reader = csv.reader(feed, delimiter=head.separator, strict=True)
        try:
            for row in reader:
                blank = not any(row)
                if len(row) != width and not blank:
                    if feed.next - feed.start > 1:
                        raise _StrayError
                    ragged.append((feed.start + 1, lines[feed.start].rstrip("\r")))
                else:
                    rows.append([""] * width if blank else row)
                    starts.append(feed.start + 1)
                feed.start = feed.next
        except (_StrayError, csv.Error):
            ragged.append((feed.start + 1, lines[feed.start].rstrip("\r")))
            feed.start += 1
        _check_rows(len(rows))
    cells = pl.DataFrame(rows, schema={name: pl.String for name in _names(head)}, orient="row")
    wrong = pl.DataFrame(ragged, schema=_no_ragged().schema, orient="row")
    return _blank(cells), pl.Series("line", starts, pl.Int64), wrong


class _Feed:
    """Physical lines for the csv reader, from ``next``; a record begun at ``start`` may take SPAN."""

    def __init__(self, lines: list[str], start: int) -> None:
        self.lines, self.start, self.next = lines, start, start

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.next - self.start >= SPAN:
            raise _StrayError
        if self.next >= len(self.lines):
            if self.next - self.start > 1:
                raise _StrayError  # a quote left open at the end of the file
            raise StopIteration
        self.next += 1
        return f"{self.lines[self.next - 1]}\n"


def _no_ragged() -> pl.DataFrame:
    return pl.DataFrame(schema={"line": pl.Int64, "value": pl.String})


def _check_rows(rows: int) -> None:
    if rows > LIMIT_ROWS:
        raise Refused("too_many_rows", {"rows": rows, "limit": LIMIT_ROWS})


def _excel(data: bytes, formats: Formats) -> Grid:
    """The first sheet of a workbook, every cell as text; line is the row of the sheet."""
    import fastexcel  # heavy, and most files are text

    try:
        book = fastexcel.read_excel(data)
        sheet = book.load_sheet(0, header_row=None, dtypes="string", skip_whitespace_tail_rows=False)
        frame = pl.DataFrame(sheet.to_polars())
    except Exception as wrong:  # the reader raises errors of its own and of its Arrow bridge
        raise Refused("not_spreadsheet", {"why": str(wrong)[:200]}) from wrong
    if not frame.width or not frame.height:
        raise Refused("empty")
    _check_rows(frame.height)
    top = [[c or "" for c in row] for row in frame.head(60).rows()]
    tried = [("", n, 1, [c.strip() for c in row]) for n, row in enumerate(top)]
    head = _find_head([tried], formats, [" | ".join(c for c in row if c) for row in top])
    body = frame.slice(head.line + 1)
    body.columns = [f"c{i}" for i in range(body.width)]
    first = head.line + 2
    line = pl.int_range(first, first + body.height, eager=True, dtype=pl.Int64).alias("line")
    return Grid(head.format, "xlsx", head.cells, _blank(body), line, _no_ragged())


def as_text(row: dict[str, str | None]) -> str:
    """A row as one line of text, to show it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="").writerow([v or "" for v in row.values()])
    return out.getvalue()
