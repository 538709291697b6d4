"""The rows that a file kept out: as a file to mend, or mended here and looked at again.

A sheet has the file's own cells, untouched, and with each rejected row the good rows of the same order: so
it can be imported alone, and the order is whole again.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from core.desk.base import Desk
from core.desk.exports import FORMULA_START
from core.desk.imports import ImportPreview, finding_text, seen_import
from core.intake.returned import COLUMNS, GUARD
from core.policy.words import Level
from core.store import queries


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rejected rows to mend. ``rows``: see ``core.intake.rejected.ROWS``, without the header; ``findings`` of
    their file."""

    header: tuple[str, ...]
    rows: pl.DataFrame
    findings: pl.DataFrame

    def cells(self) -> pl.DataFrame:
        """The rows as a table: line, bad, raw (text of a row whose cells could not be told apart) and a column
        c0, c1, ... for each cell of the header."""
        table = []
        for line, _, text, bad in self.rows.iter_rows():
            cells = json.loads(text)
            raw = cells[0] if len(cells) != len(self.header) else None
            table.append([line, bad, raw, *(cells if raw is None else [None] * len(self.header))])
        names = [f"c{number}" for number in range(len(self.header))]
        schema = {"line": pl.Int64, "bad": pl.Boolean, "raw": pl.String, **dict.fromkeys(names, pl.String)}
        return pl.DataFrame(table, schema=schema, orient="row")


def sheet(rows: pl.DataFrame, findings: pl.DataFrame) -> Sheet:
    """A sheet of what ``core.intake.rejected.rows_of`` gives."""
    header = rows.filter(line=0)["cells"]
    names = tuple(json.loads(header[0])) if len(header) else ()
    return Sheet(names, rows.filter(pl.col("line") > 0), findings)


def of_preview(seen: ImportPreview) -> Sheet:
    """The rejected rows of a file that was looked at."""
    return sheet(seen.rejected_rows, seen.findings)


def of_import(desk: Desk, import_id: int) -> Sheet:
    """The rejected rows that were kept with an import. Raises ``NotThere``."""
    with desk.reading() as connection:
        seen_import(desk, connection, import_id)
        return sheet(queries.rejected_rows(connection, import_id), queries.findings(connection, import_id))


def fix(given: Sheet, line: int, column: int, value: str) -> Sheet:
    """The sheet with another value in one cell. A row whose cells could not be told apart gets cells first:
    the others are blank."""

    def changed(at: int, cells: list[str]) -> list[str]:
        if at != line:
            return cells
        whole = cells if len(cells) == len(given.header) else [""] * len(given.header)
        return [*whole[:column], value, *whole[column + 1 :]]

    return _each(given, changed)


def replace_in(given: Sheet, column: int, old: str, new: str) -> Sheet:
    """The sheet in which ``new`` stands wherever a cell of the column is ``old``."""

    def changed(_: int, cells: list[str]) -> list[str]:
        if len(cells) != len(given.header) or cells[column] != old:
            return cells
        return [*cells[:column], new, *cells[column + 1 :]]

    return _each(given, changed)


def drop(given: Sheet, lines: Collection[int]) -> Sheet:
    """The sheet without these rows."""
    return replace(given, rows=given.rows.filter(~pl.col("line").is_in(list(lines))))


def _each(given: Sheet, change: Callable[[int, list[str]], list[str]]) -> Sheet:
    cells = [
        json.dumps(change(line, json.loads(text)), ensure_ascii=False)
        for line, text in given.rows.select("line", "cells").iter_rows()
    ]
    return replace(given, rows=given.rows.with_columns(cells=pl.Series(cells, dtype=pl.String)))


def as_csv(given: Sheet, say: Callable[[str], str] = str) -> bytes:
    """The sheet under the file's own header, with line, codes and sentences; ``say`` translates a sentence.

    UTF-8 with a byte-order mark and semicolons. Cells that could be formulas are guarded; the import of this
    file takes the guards and our columns out again.
    """
    why = _why(given.findings, say)
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write([*map(guarded, given.header), *COLUMNS])
    for line, _, text, bad in given.rows.iter_rows():
        cells = json.loads(text)
        torn = len(cells) != len(given.header)
        own = [""] * len(given.header) if torn else cells
        codes, sentences = why.get(line, ("", "")) if bad else ("", "")
        write([*map(guarded, own), line, codes, guarded(sentences), guarded(cells[0]) if torn else ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def findings_csv(findings: pl.DataFrame, say: Callable[[str], str] = str) -> bytes:
    """Findings as a file: line, column, value, code, level, order number, sentence, hint; ``say`` translates."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write(["line", "column", "value", "code", "level", "order_number", "sentence", "hint"])
    for row in findings.select("line", "column", "value", "code", "level", "order_number").iter_rows(named=True):
        told = [text or "" for text in (_filled(row, say), _filled(row, say, hint=True))]
        write([guarded(str("" if cell is None else cell)) for cell in (*row.values(), *told)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _why(findings: pl.DataFrame, say: Callable[[str], str]) -> dict[int, tuple[str, str]]:
    """For each line the codes of its errors and what they say."""
    told: dict[int, tuple[list[str], list[str]]] = {}
    for row in findings.filter(level=str(Level.ERROR)).drop_nulls("line").iter_rows(named=True):
        codes, sentences = told.setdefault(row["line"], ([], []))
        codes.append(row["code"])
        sentences.append(_filled(row, say))
    return {line: (" ".join(codes), " ".join(sentences)) for line, (codes, sentences) in told.items()}


def _filled(row: dict[str, str], say: Callable[[str], str], *, hint: bool = False) -> str:
    params = {name: row[name] for name in ("line", "column", "value")}
    return say(finding_text(row["code"])[hint]).format_map(params)


_GUARDED: Final = re.compile(GUARD + "|" + re.sub(r"\\x\{(\w+)\}", r"\\u\1", FORMULA_START))


def guarded(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet could take it for a formula."""
    return GUARD + cell if _GUARDED.match(cell) else cell
