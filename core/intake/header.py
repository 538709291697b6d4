"""Where the header of a table is: the record among the first lines of which some format knows most cells."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from core.intake.findings import Refused
from core.intake.formats import Format, Formats
from core.intake.mapping import Suggestion, samples, suggest
from core.intake.mojibake import garbled
from core.intake.recognise import Recognised, fingerprint, likely_header, recognise

LINES: Final = 60  # among which the header has to be
SPAN: Final = 50  # lines that one quoted cell may run over before its quote counts as a stray one

Record = tuple[str, int, int, list[str]]
"""Separator, first line from 0, lines taken, cells."""
Line = tuple[int, Sequence[str]]
"""A file line, from 1, and its cells."""


class Unknown(Refused):
    """A table whose header no format knows: a person may say once which cell is which field.

    ``header``: the likeliest header, or the one that was chosen; ``line``: its file line; ``samples``: some values of
    each of its columns; ``choice``: the lines that may be the header, each with its cells.
    """

    def __init__(self, choice: Sequence[Line], line: int) -> None:
        header = next(cells for at, cells in choice if at == line)
        super().__init__("no_header", {"lines": LINES, "seen": " | ".join(header)[:300]})
        self.choice = tuple((at, tuple(cells)) for at, cells in choice)
        self.header, self.line = tuple(header), line
        below = [cells for at, cells in choice if at > line]
        columns = [[cells[at] for cells in below if at < len(cells)] for at in range(len(header))]
        self.samples = tuple(tuple(samples(column)) for column in columns)
        self.fingerprint = fingerprint(header)

    def __reduce__(self) -> tuple[Any, ...]:
        return Unknown, (self.choice, self.line)

    @property
    def garbled(self) -> bool:
        """Whether header or values were read in a wrong encoding before the file came here."""
        cells = [*self.header, *(value for values in self.samples for value in values)]
        return bool(garbled(pl.Series(cells, dtype=pl.String)).any())

    def suggestions(self, kind: str, formats: Formats) -> list[Suggestion]:
        """What each header cell may be in a file of this kind."""
        return suggest(self.header, kind, formats)


@dataclass(frozen=True)
class Head:
    """The header of a table. ``line``: its first line, from 0; ``lines``: how many it takes."""

    recognised: Recognised
    format: Format
    separator: str
    cells: list[str]
    line: int
    lines: int
    above: int = 0  # lines above it that look like rows of it

    @property
    def skip(self) -> int:
        """How many lines stand above the first row."""
        return self.line + self.lines


def of_text(lines: Sequence[str], formats: Formats, chosen: int | None = None) -> Head:
    """The header of a text, by whichever separator gives the best. Raises Unknown where no format knows any, or
    where a person has ``chosen`` a line (0: the likeliest)."""
    separators = dict.fromkeys((*(s for f in formats.formats for s in f.separators), ";", "\t", ",", "|"))
    return _best([list(_records(lines, s)) for s in separators], formats, chosen)


def of_rows(rows: Sequence[Sequence[str]], formats: Formats, chosen: int | None = None) -> Head:
    """The header of a sheet; raises as :func:`of_text`."""
    return _best([[("", n, 1, [c.strip() for c in row]) for n, row in enumerate(rows[:LINES])]], formats, chosen)


def _records(lines: Sequence[str], separator: str) -> Iterator[Record]:
    """Each line read as the start of a record."""
    for start in range(min(LINES, len(lines))):
        reader = csv.reader((f"{line}\n" for line in lines[start : start + SPAN]), delimiter=separator)
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        yield separator, start, reader.line_num, [c.strip() for c in cells]


def _best(tables: Sequence[Sequence[Record]], formats: Formats, chosen: int | None) -> Head:
    """The record that its format knows best. ``tables``: the same lines read with each separator."""
    known, best = 0, None
    if chosen is not None:
        raise _unknown(tables, formats, chosen)
    for separator, start, taken, cells in (record for records in tables for record in records):
        if formats.by_hand and fingerprint(cells) in formats.by_hand:
            raise _unknown(tables, formats, start + 1, separator)
        found = recognise(cells, formats)
        guess = found.best
        if guess and start < guess.format.header_within_lines and len(guess.matched) > known:
            known, best = len(guess.matched), Head(found, guess.format, separator, cells, start, taken)
    if best is None:
        raise _unknown(tables, formats)
    formats.limits.check_columns(len(best.cells))
    return replace(best, above=_above(best, tables))


def _above(head: Head, tables: Sequence[Sequence[Record]]) -> int:
    """How many lines above a header have as many cells as it, most of them filled: rows that nobody would read."""
    width = len(head.cells)
    return sum(
        1
        for separator, start, _, cells in (record for records in tables for record in records)
        if separator == head.separator
        and start < head.line
        and len(cells) == width > 2
        and all(cells[: width // 2 + 1])
    )


def _unknown(
    tables: Sequence[Sequence[Record]], formats: Formats, chosen: int | None = None, separator: str | None = None
) -> Refused:
    """What a table without a known header looks like: read with the separator that parts it best below its header,
    which is the likeliest line or the one that was chosen."""
    tables = [records for records in tables if records and separator in (None, records[0][0])]
    heads = [(records, _head_of(records, chosen)) for records in tables]
    records, at = max(heads, key=lambda head: _parted(*head), default=((), 0))
    cells = records[at][3] if records else []
    if sum(map(bool, cells)) < 2:
        seen = next((one.strip() for record in records for one in record[3] if one.strip()), "")
        return Refused("no_header", {"lines": LINES, "seen": seen[:300]})
    if len(cells) > formats.limits.columns:
        return Refused("too_many_columns", {"columns": len(cells), "limit": formats.limits.columns})
    ends = records[at][1] + records[at][2]  # the lines of one record are no records of their own
    lines = [(start + 1, row) for _, start, _, row in records if start <= records[at][1] or start >= ends]
    return Unknown([line for line in lines if any(line[1])], records[at][1] + 1)


def _parted(records: Sequence[Record], at: int) -> float:
    """How well a separator parts a table: the filled cells of its header, as far as the lines below have as many."""
    widths = [len(cells) for _, start, _, cells in records if start > records[at][1] and any(cells)]
    cells = records[at][3]
    return sum(map(bool, cells)) * (1 + sum(width == len(cells) for width in widths)) / (1 + len(widths))


def _head_of(records: Sequence[Record], chosen: int | None) -> int:
    """The place of the chosen line among records, or of the likeliest header."""
    if chosen:
        return next((at for at, record in enumerate(records) if record[1] == chosen - 1), 0)
    return likely_header([cells for *_, cells in records])
