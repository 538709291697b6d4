"""What a damaged order number was, where the base has exactly one that can have become it."""

from typing import Final

import polars as pl

from core.desk.base import Desk
from core.desk.import_preview import ImportPreview
from core.desk.rejects import Sheet, fix
from core.intake import damage
from core.policy.words import Level
from core.store.known_ids import order_numbers

MOST: Final = 1_000_000
"""Order numbers of a shop that are looked through; with more of them nothing is proposed."""
NOTHING: Final = pl.DataFrame(schema=dict.fromkeys(("column", "value", "proposed"), pl.String()) | {"line": pl.Int64()})


def proposed(desk: Desk, seen: ImportPreview) -> pl.DataFrame:
    """For rejected rows the one order number that fits the damaged one: line, column, value, proposed."""
    lost = seen.findings.filter(pl.col("code").str.ends_with("_number"), level=str(Level.ERROR))
    if lost.is_empty():
        return NOTHING
    desk.look_at(seen.shop_id)
    with desk.reading() as connection:
        known = order_numbers(connection, seen.shop_id, MOST)
    if known is None:
        return NOTHING
    return damage.proposals(lost, seen.reading.names, {"order_number": known})


def take(sheet: Sheet, found: pl.DataFrame) -> Sheet:
    """The sheet with the proposed values in place of the damaged ones."""
    columns = {" ".join(cell.split()): number for number, cell in enumerate(sheet.header)}
    for line, column, value in found.select("line", "column", "proposed").iter_rows():
        if " ".join(column.split()) in columns:
            sheet = fix(sheet, line, columns[" ".join(column.split())], value)
    return sheet
