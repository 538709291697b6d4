"""The rows below a header that say something: blank rows, repeated headers and rows of totals are set apart."""

import csv
import io
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.intake.findings import Book
from core.intake.source import Grid

_TOTAL: Final = r"(?i)^\s*\"?(?:(?:sous-|grand )?tota(?:l|ls|ux)(?: g[ée]n[ée]ral)?|合计|总计|小计|汇总)\s*(?:\W.*)?$"


@dataclass(frozen=True)
class Sifted:
    """``frame``: the rows by field, and their file ``line``; ``ragged`` as in the grid; ``skipped``: how many rows of
    each kind say nothing, by the code of the finding."""

    frame: pl.DataFrame
    ragged: pl.DataFrame
    skipped: dict[str, int]


def sift(raw: Grid, fields: dict[str, int], key: str) -> Sifted:
    """``fields``: the number of the column of each field; ``key``: the field that every row of the file has."""
    frame = raw.cells.select(*(pl.col(f"c{i}").alias(f) for f, i in fields.items()), raw.line.alias("line"))
    skipped = {"blank_rows": 0, "repeated_header": 0, "totals_row": 0}

    def take_out(code: str, rows: pl.Series) -> None:
        nonlocal frame
        if rows.any():
            skipped[code] += int(rows.sum())
            frame = frame.filter(~rows)

    head = raw.header[fields[key]]
    look = frame.select(
        blank=pl.col(key).is_null().any(),
        head=pl.col(key).str.contains(head.strip(), literal=True).any(),
        worded=((pl.col(key) < "0") | (pl.col(key) >= ":")).any(),
    )
    blank, again, worded = look.row(0)
    if blank:
        take_out("blank_rows", raw.cells.select(pl.all_horizontal(pl.all().is_null())).to_series())
        # The word may stand in any cell of a row without a key.
        words = pl.any_horizontal(pl.col(f).str.contains(_TOTAL) for f in fields) & pl.col(key).is_null()
        take_out("totals_row", frame.select(words.fill_null(False)).to_series())
    if again:
        take_out("repeated_header", frame[key].str.strip_chars().eq(head).fill_null(False))
    if worded:
        take_out("totals_row", frame[key].str.contains(_TOTAL).fill_null(False))
    torn = raw.ragged["value"].str.contains(_TOTAL).fill_null(False)
    if torn.any():
        skipped["totals_row"] += int(torn.sum())
    return Sifted(frame, raw.ragged.filter(~torn), skipped)


def rejects(raw: Grid, lines: pl.Series, ragged: pl.DataFrame) -> pl.DataFrame:
    """The rows kept out: file line and the raw cells as one text. ``lines``: those of rows with an error."""
    rows = raw.cells.with_columns(raw.line.alias("line"))[raw.line.search_sorted(lines)] if len(lines) else None
    named = [] if rows is None else [(row.pop("line"), _as_text(row)) for row in rows.iter_rows(named=True)]
    own = pl.DataFrame(named, schema={"line": pl.Int64, "cells": pl.String}, orient="row")
    return pl.concat([own, ragged.select("line", cells="value")]).sort("line")


def find_ragged(ragged: pl.DataFrame, book: Book) -> None:
    """The findings of rows whose cells are not those of the header."""
    for (code,), rows in ragged.group_by("code", maintain_order=True):
        book.add(str(code), None, rows.with_columns(order_number=pl.lit(None, pl.String)))


def _as_text(row: dict[str, str | None]) -> str:
    """A row as one line of text, to show it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="").writerow([v or "" for v in row.values()])
    return out.getvalue()
