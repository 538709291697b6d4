"""Files of other kinds than orders (shipments, return requests, ...): what ``core.desk.imports`` does with them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import sqlalchemy as sa

from core.intake.classify import Plan
from core.intake.classify_records import (
    PARCEL_FIELDS,
    SOURCES,
    RecordBase,
    RecordPlan,
    classify_records,
    with_parcels,
)
from core.intake.findings import Book
from core.intake.records import RecordReading
from core.store import records, undo


def classified(
    connection: sa.Connection, shop_id: int, read: RecordReading, as_of: dt.datetime, import_id: int
) -> RecordPlan:
    """The one classifier, for the preview and for the write."""
    return with_layers(connection, shop_id, read, as_of, import_id)[0]


def with_layers(
    connection: sa.Connection, shop_id: int, read: RecordReading, as_of: dt.datetime, import_id: int
) -> tuple[RecordPlan, pl.DataFrame]:
    """The same, and what an undo needs of the orders to which shipments give carrier and number."""
    numbers = read.order_numbers["order_number"]
    base = records.base(connection, read.kind, shop_id, read.rows["key"], numbers)
    plan = classify_records(read, RecordBase(**base), as_of, import_id)
    return plan, undo.layers(base["orders"], plan.orders, plan.parcels)


def findings(said: pl.DataFrame, plan: RecordPlan) -> pl.DataFrame:
    """The findings of the reading, and the rows whose order is not known yet."""
    book = Book()
    book.add("order_unknown", None, plan.strangers)
    return pl.concat([said, book.frame()]).sort("line", maintain_order=True, nulls_last=False)


def with_waiting_parcels(
    connection: sa.Connection, shop_id: int, plan: Plan, as_of: dt.datetime
) -> tuple[Plan, pl.DataFrame]:
    """The plan of a file of orders, in which new orders have what earlier files of shipments said of them; and what
    an undo of those files needs (layers, with their ``import_id``): each counts as if it had come after the orders.
    Where two of them spoke of one shipment, only the later is known to have given its word to the order."""
    waiting = records.waiting_shipments(connection, shop_id)
    fresh = plan.orders.join(waiting.select("order_number"), on="order_number", how="semi")
    waiting = waiting.join(fresh.select("order_number"), on="order_number", how="semi")
    if fresh.is_empty():
        return plan, pl.DataFrame()
    rest = plan.orders.join(fresh, on="order_number", how="anti", maintain_order="left")
    this = pl.DataFrame([(fresh["import_id"][0], as_of, False)], schema=SOURCES, orient="row")
    imports = pl.concat([records.sources(connection, shop_id), this])
    layers = []
    for giver, said in _by_giver(waiting):
        given, moved = with_parcels(fresh, said, imports)
        layers.append(undo.layers(fresh, given, moved).with_columns(import_id=pl.lit(giver, pl.Int64)))
        fresh = pl.concat([fresh.join(given, on="order_number", how="anti"), given])
    return replace(plan, orders=pl.concat([rest, fresh])), pl.concat(layers)


def _by_giver(shipments: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """For each import that said something of these parcels, the oldest first: the shipments with its words only."""
    givers = {
        name: pl.coalesce(pl.col("held").str.extract(rf"(?:^| ){name}:(\d+)").cast(pl.Int64), "import_id")
        for name in PARCEL_FIELDS
    }
    ids = pl.concat([shipments.filter(pl.col(name).is_not_null()).select(by=by) for name, by in givers.items()])
    for giver in ids["by"].unique().sort():
        said = [pl.when(by == giver).then(name).alias(name) for name, by in givers.items()]
        own = {"import_id": pl.lit(giver, pl.Int64), "held": pl.lit(None, pl.String)}
        yield giver, shipments.with_columns(said).with_columns(**own)
