"""The rows that a file keeps out, as they stand in it."""

import json
from typing import Final

import polars as pl

from core.intake.findings import Refused
from core.intake.formats import Formats
from core.intake.grid import Grid, source
from core.intake.read import Reading
from core.intake.records import RecordReading
from core.intake.returned import without_ours
from core.policy.words import Level

ROWS: Final = pl.Schema({"line": pl.Int64, "order_number": pl.String, "cells": pl.String, "bad": pl.Boolean})
"""``cells``: the row's cells as a list in JSON; ``line`` 0 is the header. A row whose cells could not be told
apart has one cell, the whole line."""


def rows_of(name: str, data: bytes, read: Reading | RecordReading, formats: Formats) -> pl.DataFrame:
    """The rejected rows of a file that was read, with the good rows of the same orders, and its header."""
    if not read.rejected:
        return ROWS.to_frame()
    orders = read.findings.filter(level=str(Level.ERROR))["order_number"].drop_nulls().unique()
    beside = read.lines.filter(pl.col("order_number").is_in(orders.implode())).select("line", "order_number")
    lines = set(read.rejects["line"]) | set(beside["line"])

    def wanted(raw: Grid) -> list[tuple[int, list[str]]]:
        here = raw.line.is_in(list(lines))
        found = zip(raw.line.filter(here), raw.cells.filter(here).iter_rows(), strict=True)
        torn = [(line, [value]) for line, value in raw.ragged.select("line", "value").iter_rows()]
        return [(line, [cell or "" for cell in cells]) for line, cells in found] + torn

    try:
        file = without_ours(source(name, data, formats, read.choices))
    except Refused:  # a file without rows and columns, whose findings say it all
        return ROWS.to_frame()
    rows = [row for part in file.each(wanted) for row in part]
    good = dict(beside.iter_rows())
    named = read.findings.drop_nulls(["line", "order_number"]).select("line", "order_number").unique("line")
    order = dict(named.iter_rows()) | good
    table = [(0, None, json.dumps(list(file.header), ensure_ascii=False), False)]
    table += [
        (line, order.get(line), json.dumps(cells, ensure_ascii=False), line not in good) for line, cells in sorted(rows)
    ]
    return pl.DataFrame(table, schema=ROWS, orient="row").unique("line", keep="first", maintain_order=True)
