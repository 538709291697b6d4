"""The orders of a shop as a file of Desk48's own template, which the Imports page reads back as it stands."""

import csv
import io
from typing import Final

import polars as pl

from core.desk.base import Desk, Person
from core.desk.imports import known_formats
from core.desk.rejects import guarded
from core.intake.returned import COLUMNS
from core.intake.template import TEMPLATE
from core.store import compare, queries

INSTANT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"


def template(desk: Desk, person: Person, shop_id: int) -> bytes:
    """All orders of a shop, a row a line, sorted: UTF-8 with a byte-order mark and semicolons.

    Cells that could be formulas are guarded; the last column tells the import to take the guards out again. It
    holds buyers' names and addresses. Raises ``NotAllowed``.
    """
    person.require("import", shop_id)
    with desk.reading() as connection:
        base = compare.base(connection, shop_id, queries.order_numbers(connection, shop_id))
    lines, buyers = (base[name].drop("shop_id") for name in ("lines", "buyers"))
    lines = lines.rename({"shipping_minor": "line_shipping_minor"})
    rows = (
        base["orders"]
        .drop("shipping_minor")
        .join(lines, on="order_number", how="left")
        .join(buyers, on="order_number", how="left")
        .rename({"line_shipping_minor": "shipping_minor"})
        .sort("order_number", "line_no")
        # A state that was told by something else than a word of its own goes under our name for it.
        .with_columns(pl.coalesce("state_word", "state").alias("state_word"))
    )
    names = known_formats().named(TEMPLATE).names
    cells = rows.select(_cell(name, rows.schema[name]) for name in names)
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write([*(spelled[0] for spelled in names.values()), COLUMNS[0]])
    for number, row in enumerate(cells.iter_rows(), start=2):
        write([*(guarded(cell or "") for cell in row), number])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text: instants with their offset, money (never below zero in an order) with two decimals."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime(INSTANT)
    if name.endswith("_minor"):
        return pl.format("{}.{}", column // 100, (column % 100).cast(pl.String).str.zfill(2)).alias(name)
    return column.cast(pl.String)
