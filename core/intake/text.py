"""The rows of delimited text below its header: fast where it is sure that nothing is lost, else with care."""

import csv
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

import numpy as np
import polars as pl

from core.intake import header
from core.intake.encoding import BYTEWISE, as_utf8, decide, piece_as_utf8
from core.intake.findings import Refused
from core.intake.formats import Formats
from core.intake.header import SPAN, Head
from core.intake.limits import LIMIT_CELL
from core.intake.source import SPACES, Grid, Source, blank, names, no_ragged

PIECE: Final = 8 * 1024 * 1024  # bytes of a text that are read and typed at a time
WORKERS: Final = min(4, os.cpu_count() or 1)
HEAD: Final = 256 * 1024  # bytes in which the header has to be
_REPLACED: Final = "\ufffd".encode()
_RARE: Final = {
    # First or last bytes of: soft hyphens, garbled accents, zero width signs, full-width digits, garbled Chinese.
    "utf-8": (b"\x83", b"\xad", b"\xe2", b"\xe5", b"\xe6", b"\xe7", b"\xe8", b"\xe9", b"\xef"),
    "cp1252": (b"\xad", b"\xc3"),
    "iso8859-15": (b"\xad", b"\xc3"),
}

Result = TypeVar("Result")


class IrregularError(Exception):
    """A piece that cannot be read all at once without the risk that a cell is lost."""


def source(data: bytes, formats: Formats, encoding: str | None = None, line: int | None = None) -> Source:
    """Find the header of a delimited text. ``encoding``, ``line``: what a person chose. Raises Refused, of which
    Unknown is a text with a header that no format knows."""
    decoded = decide(data, formats.words, encoding)
    told = decoded.encoding
    if told not in BYTEWISE or decoded.first_bad is not None:
        data, encoding = as_utf8(data, told), "utf-8"
    else:
        encoding = told
    if b"\0" in data:
        raise Refused("null_bytes")
    if b"\r" in data[:HEAD] and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    first = as_utf8(data[:HEAD], encoding).decode(errors="replace").split("\n")
    head = header.of_text(first, formats, line)
    rows = TextRows(data, encoding, told, head, formats)
    return Source(head.format, head.cells, rows, head.recognised, decoded, above=head.above)


class _Piece(NamedTuple):
    """A part of a text: bytes from ``start`` to ``stop``, its first file ``line``, how many ``lines`` it has, and
    whether as many quotes are opened as closed in it."""

    start: int
    stop: int
    line: int
    lines: int
    sure: bool


class TextRows:
    """The rows of a text below its header. ``told``: the encoding of the file; ``encoding``: that of ``data``."""

    def __init__(self, data: bytes, encoding: str, told: str, head: Head, formats: Formats) -> None:
        self.data, self.encoding, self.told, self.head, self.limits = data, encoding, told, head, formats.limits
        self.body = _offset_of_line(data, head.skip)
        self.quoted = data.find(b'"', self.body) >= 0

    def each(self, work: Callable[[Grid], Result]) -> list[Result]:
        """What ``work`` makes of each piece, in file order, side by side. From a piece that is irregular on, records
        are read one by one until one ends where a piece begins: there it is sure again what is a row."""

        def tried(piece: _Piece) -> tuple[_Piece, list[Result]]:
            try:
                return piece, [work(self.fast(piece))]
            except IrregularError:
                return piece, []

        with ThreadPoolExecutor(WORKERS) as pool:
            done = list(pool.map(tried, self.pieces()))
        starts = {piece.start: number for number, (piece, _) in enumerate(done)}
        results: list[Result] = []
        at = 0
        while at < len(done):
            piece, found = done[at]
            results += found
            at += 1
            if not found:
                careful = _Careful(self, piece, starts)
                results += [work(raw) for raw in careful.grids()]
                at = starts.get(careful.offset, len(done))
        return results

    def pieces(self) -> Iterator[_Piece]:
        """Pieces of about PIECE bytes, each cut where a line ends outside of quotes."""
        start, line = self.body, self.head.skip + 1
        while True:
            stop, sure = self._end(start)
            lines = _count(self.data, b"\n", start, stop) + (self.data[stop - 1 : stop] not in (b"\n", b""))
            yield _Piece(start, stop, line, lines, sure)
            start, line = stop, line + lines
            if line > 2 * self.limits.rows and self.data.count(b"\n\n") < self.limits.rows:
                self.limits.check_rows(line)
            if start >= len(self.data):
                return

    def _end(self, start: int) -> tuple[int, bool]:
        """Where the piece that begins at ``start`` ends: behind a line break with as many quotes open as closed.
        Where there is none for a while, a quote is astray: behind any line break, and that is not sure."""
        stop, within = start, 0
        target = start + PIECE
        while target < len(self.data):
            end = self.data.find(b"\n", target) + 1
            if not end:
                break
            within += _count(self.data, b'"', stop, end) if self.quoted else 0
            if within % 2 == 0:
                return end, True
            if end > start + PIECE + LIMIT_CELL:
                return end, False
            stop = target = end
        return len(self.data), True

    def fast(self, piece: _Piece) -> Grid:
        """All cells of a piece at once. Raises IrregularError where it is not sure that no cell was lost.

        Sure means: every separator and every line break of the piece is one between cells or is found in a cell.
        """
        if not piece.sure:
            raise IrregularError
        columns, separator = names(self.head.cells), self.head.separator
        raw = self.data[piece.start : piece.stop]
        text = piece_as_utf8(raw, self.encoding)
        try:
            frame = pl.read_csv(
                text,
                has_header=False,
                separator=separator,
                quote_char='"' if self.quoted else None,
                schema={name: pl.String for name in (*columns, "more")},
                missing_columns="insert",
                truncate_ragged_lines=True,
                raise_if_empty=False,
            )
        except pl.exceptions.PolarsError as wrong:
            raise IrregularError from wrong
        wanted = frame.height * (len(columns) - 1)
        between = _count(text, separator.encode(), 0, len(text))
        # A quoted cell is never null here: where the last column has no null, no row is short of cells.
        if self.quoted and (between != wanted or frame[columns[-1]].null_count()):
            between -= _count_inside(frame, separator)
        if frame["more"].null_count() < frame.height or between != wanted:
            raise IrregularError
        breaks = piece.lines - frame.height
        if breaks < 0 or (breaks and not self.quoted):
            raise IrregularError
        cells = frame.drop("more").rechunk()  # many small chunks make all that follows slower and bigger
        if self.quoted:
            cells = blank(cells)
        if breaks or _long_line(raw):
            _check_cells(cells)
        line = pl.int_range(piece.line, piece.line + cells.height, eager=True, dtype=pl.Int64)
        if breaks:
            extra = _breaks(cells)
            if int(extra.sum()) != breaks or _doubtful(cells, extra > 0):
                raise IrregularError
            line += extra.cum_sum().shift(1, fill_value=0)
        return self.grid(cells, line, no_ragged(), raw, text)

    def grid(self, cells: pl.DataFrame, line: pl.Series, ragged: pl.DataFrame, raw: bytes, text: bytes) -> Grid:
        """``raw``: the bytes that the cells came from; ``text``: the same as UTF-8."""
        spaces = "".join(space for space in SPACES if space.encode(self.encoding) in raw)
        # The first byte of the sign is rare and found a hundred times faster than all three.
        damaged = _REPLACED[:1] in text and _REPLACED in text
        rare = any(mark in raw for mark in _RARE[self.encoding]) if self.encoding in _RARE else not text.isascii()
        rare = rare or _crowded(raw, self.encoding)
        form, cells_above = self.head.format, self.head.cells
        return Grid(form, self.told, cells_above, cells, line.alias("line"), ragged, damaged, spaces, rare)


def _crowded(raw: bytes, encoding: str) -> bool:
    """Whether four Latin signs beyond ASCII stand in a row somewhere: hardly a word has them, garbled Chinese does."""
    signs = np.frombuffer(raw, np.uint8)
    high = (signs & 0xFE) == 0xC2 if encoding == "utf-8" else signs > 0xA0
    step = 2 if encoding == "utf-8" else 1
    pairs = high[:-step] & high[step:] if len(raw) > 4 * step else high[:0]
    return bool((pairs[: -2 * step] & pairs[2 * step :]).any())


def _count(data: bytes, sign: bytes, start: int, stop: int) -> int:
    """How often a byte occurs in ``data[start:stop]``; faster than ``bytes.count``, and other threads work on."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8, stop - start, start) == ord(sign)))


def _count_inside(frame: pl.DataFrame, text: str) -> int:
    """How often a text occurs inside cells."""
    found = frame.select(pl.all().str.contains(text, literal=True).any()).row(0)
    some = [name for name, has in zip(frame.columns, found, strict=True) if has]
    if not some:
        return 0
    return int(frame.select(pl.sum_horizontal(pl.col(some).str.count_matches(text, literal=True).sum())).item())


def _breaks(cells: pl.DataFrame) -> pl.Series:
    """Line breaks inside the cells of each row."""
    found = cells.select(pl.all().str.contains("\n", literal=True).any()).row(0)
    some = [name for name, has in zip(cells.columns, found, strict=True) if has]
    if not some:
        return pl.repeat(0, cells.height, dtype=pl.Int64, eager=True)
    counts = [pl.col(n).str.count_matches("\n", literal=True).fill_null(0).cast(pl.Int64) for n in some]
    return cells.select(pl.sum_horizontal(counts)).to_series()


def _doubtful(cells: pl.DataFrame, broken: pl.Series) -> bool:
    """Whether a cell with a line break also holds a quote: it may be two cells around a stray one."""
    has = pl.all().str.contains("\n", literal=True) & pl.all().str.contains('"', literal=True)
    return bool(cells.filter(broken).select(pl.any_horizontal(has).any()).item())


def _long_line(raw: bytes) -> bool:
    """Whether some line may be longer than a cell may be. Cheap: a line that long spans one of these windows."""
    step = LIMIT_CELL // 2
    return any(raw.find(b"\n", at, at + step) < 0 for at in range(0, len(raw) - step, step))


def _check_cells(cells: pl.DataFrame) -> None:
    longest = cells.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item()
    if (longest or 0) > LIMIT_CELL:
        raise Refused("cell_too_big", {"limit": LIMIT_CELL})


def _offset_of_line(text: bytes, lines: int) -> int:
    at = 0
    for _ in range(lines):
        at = text.find(b"\n", at) + 1
    return at


# With care


class _StrayError(Exception):
    """A quote that is not closed within SPAN lines."""


class _Careful:
    """Record by record from a piece on, for ragged rows and stray quotes: slower, but nothing is swallowed.

    A record of the wrong width that runs over several lines began with a stray quote: its first line is named and
    reading goes on with the next line. It ends at the end of the file, or where a record ends at one of ``starts``;
    ``offset`` says where.
    """

    def __init__(self, text: TextRows, piece: _Piece, starts: dict[int, int]) -> None:
        self.text, self.starts = text, starts
        self.begin = self.offset = piece.start
        self.line = piece.line  # the file line at ``offset``
        self.lines: deque[str] = deque()  # decoded lines from ``offset`` on
        self.sizes: deque[int] = deque()  # how many bytes each of them has
        self.loaded = piece.start

    def grids(self) -> Iterator[Grid]:
        """The rows, in parts of about PIECE bytes."""
        while self.offset < len(self.text.data) and (self.offset == self.begin or self.offset not in self.starts):
            yield self._part(self.offset + PIECE)

    def _part(self, target: int) -> Grid:
        width, start = len(self.text.head.cells), self.offset
        rows: list[list[str]] = []
        places: list[int] = []
        ragged: list[tuple[int, str, str]] = []
        while self.offset < target and self._more(1):
            feed = _Feed(self)
            try:
                for row in csv.reader(feed, delimiter=self.text.head.separator, strict=True):
                    empty = not any(row)
                    if len(row) != width and not empty:
                        if feed.taken > 1:
                            raise _StrayError
                        code = "cells_missing" if len(row) < width else "cells_extra"
                        ragged.append((self.line, self.lines[0].rstrip("\r"), code))
                    else:
                        rows.append([""] * width if empty else row)
                        places.append(self.line)
                    self._drop(feed.taken)
                    feed.taken = 0
                    if self.offset >= target or self.offset in self.starts:
                        break
            except (_StrayError, csv.Error):
                ragged.append((self.line, self.lines[0].rstrip("\r"), "ragged"))
                self._drop(1)
            self.text.limits.check_rows(len(rows))
            if self.offset in self.starts:
                break
        by_column = zip(*rows, strict=True) if rows else ([] for _ in range(width))
        columns = zip(names(self.text.head.cells), by_column, strict=True)
        cells = pl.DataFrame({name: pl.Series(name, cells, pl.String) for name, cells in columns})
        _check_cells(cells)
        wrong = pl.DataFrame(ragged, schema=no_ragged().schema, orient="row")
        raw = self.text.data[start : self.offset]
        line = pl.Series("line", places, pl.Int64)
        return self.text.grid(blank(cells), line, wrong, raw, piece_as_utf8(raw, self.text.encoding))

    def _more(self, count: int) -> bool:
        """Whether there are so many lines from ``offset`` on; reads them."""
        data = self.text.data
        while len(self.lines) < count and self.loaded < len(data):
            end = data.find(b"\n", min(self.loaded + HEAD, len(data) - 1)) + 1 or len(data)
            raw = data[self.loaded : end].removesuffix(b"\n").split(b"\n")
            if max(map(len, raw)) > 2 * LIMIT_CELL:
                raise Refused("cell_too_big", {"limit": LIMIT_CELL})
            self.lines += [line.decode(self.text.encoding, errors="replace") for line in raw]
            self.sizes += [len(line) + 1 for line in raw]
            self.loaded = end
        return len(self.lines) >= count

    def _drop(self, count: int) -> None:
        """Go on behind so many lines."""
        for _ in range(count):
            self.lines.popleft()
            self.offset += self.sizes.popleft()
        self.offset = min(self.offset, len(self.text.data))
        self.line += count


class _Feed:
    """Physical lines for the csv reader; a record may take SPAN of them. ``taken``: how many it took."""

    def __init__(self, careful: _Careful) -> None:
        self.careful, self.taken = careful, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.taken >= SPAN:
            raise _StrayError
        if not self.careful._more(self.taken + 1):
            if self.taken > 0:
                raise _StrayError  # a quote left open at the end of the file
            raise StopIteration
        self.taken += 1
        return f"{self.careful.lines[self.taken - 1]}\n"
