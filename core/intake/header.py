"""Where the header of a table is: the record among the first lines of which some format knows most cells."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.intake.findings import Refused
from core.intake.formats import Format, Formats
from core.intake.mapping import Suggestion, samples, suggest
from core.intake.recognise import Recognised, fingerprint, likely_header, recognise

LINES: Final = 60  # among which the header has to be
SPAN: Final = 50  # lines that one quoted cell may run over before its quote counts as a stray one

Record = tuple[str, int, int, list[str]]
"""Separator, first line from 0, lines taken, cells."""


class Unknown(Refused):
    """A table whose header no format knows: a person may say once which cell is which field.

    ``header``: the likeliest header; ``line``: its file line; ``samples``: some values of each of its columns.
    """

    def __init__(self, header: Sequence[str], line: int, rows: Sequence[Sequence[str]], lines: int) -> None:
        super().__init__("no_header", {"lines": lines, "seen": " | ".join(header)[:300]})
        self.header, self.line = tuple(header), line
        columns = [[row[at] for row in rows if at < len(row)] for at in range(len(header))]
        self.samples = tuple(tuple(samples(column)) for column in columns)
        self.fingerprint = fingerprint(header)

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

    @property
    def skip(self) -> int:
        """How many lines stand above the first row."""
        return self.line + self.lines


def of_text(lines: Sequence[str], formats: Formats) -> Head:
    """The header of a text, by whichever separator gives the best. Raises Unknown where no format knows any."""
    separators = dict.fromkeys((*(s for f in formats.formats for s in f.separators), ";", "\t", ",", "|"))
    return _best([list(_records(lines, s)) for s in separators], formats)


def of_rows(rows: Sequence[Sequence[str]], formats: Formats) -> Head:
    """The header of a sheet. Raises Unknown where no format knows any."""
    return _best([[("", n, 1, [c.strip() for c in row]) for n, row in enumerate(rows[:LINES])]], formats)


def _records(lines: Sequence[str], separator: str) -> Iterator[Record]:
    """Each line read as the start of a record."""
    for start in range(min(LINES, len(lines))):
        reader = csv.reader((f"{line}\n" for line in lines[start : start + SPAN]), delimiter=separator)
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        yield separator, start, reader.line_num, [c.strip() for c in cells]


def _best(tables: Sequence[Sequence[Record]], formats: Formats) -> Head:
    """The record that its format knows best. ``tables``: the same lines read with each separator."""
    known, best = 0, None
    for separator, start, taken, cells in (record for records in tables for record in records):
        found = recognise(cells, formats)
        guess = found.best
        if guess and start < guess.format.header_within_lines and len(guess.matched) > known:
            known, best = len(guess.matched), Head(found, guess.format, separator, cells, start, taken)
    if best is None:
        raise _unknown(tables, formats)
    formats.limits.check_columns(len(best.cells))
    return best


def _unknown(tables: Sequence[Sequence[Record]], formats: Formats) -> Refused:
    """What a table without a known header looks like: read with the separator that parts most of it."""
    lines = max(f.header_within_lines for f in formats.formats)
    heads = [(records, likely_header([cells for *_, cells in records])) for records in tables if records]
    records, at = max(heads, key=lambda head: sum(map(bool, head[0][head[1]][3])), default=((), 0))
    cells = records[at][3] if records else []
    if sum(map(bool, cells)) < 2:
        seen = next((one.strip() for record in records for one in record[3] if one.strip()), "")
        return Refused("no_header", {"lines": lines, "seen": seen[:300]})
    if len(cells) > formats.limits.columns:
        return Refused("too_many_columns", {"columns": len(cells), "limit": formats.limits.columns})
    _, start, taken, _ = records[at]
    return Unknown(cells, start + 1, [row for _, line, _, row in records if line >= start + taken], lines)
