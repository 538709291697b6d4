"""Query results as frames whose columns have their type also when there is no row."""

from collections.abc import Collection
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

INSTANT: Final = pl.Datetime("us", "UTC")
INSTANTS: Final = frozenset(
    {"created_at", "paid_at", "latest_ship_at", "as_of", "seen_as_of", "imported_at", "covers_from"}
    | {"covers_to", "missing_since", "at", "undone_at", "started_at", "heartbeat", "lease_until"}
    | {"shipped_at", "requested_at", "ordered_at", "delivered_at", "received_at", "last_buyer_at", "updated_at"}
    | {"answered_at", "respond_by", "return_received_at", "booked_at", "early_payment_at", "paid_out_at"}
    | {"from_at", "to_at", "happened_at", "word_at", "since_at", "seen_at"}
    | {"expires_at", "revoked_at", "last_used_at"}
)


def typed(connection: sa.Connection, query: sa.Select[Any]) -> pl.DataFrame:
    """The rows of ``query``; the type of each column follows from the column that it selects."""
    result = connection.execute(query)
    rows = result.fetchall()
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(query.selected_columns)
    return pl.DataFrame(
        [series_of(column, values) for column, values in zip(query.selected_columns, cells, strict=True)]
    )


def of_shops(column: sa.ColumnElement[int], shop_ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    """The condition that ``column`` names one of these shops; None: any."""
    return sa.true() if shop_ids is None else column.in_(list(shop_ids))


def series_of(column: sa.ColumnElement[Any], values: Any) -> pl.Series:
    """What a query selected into one column, in the type that the column stands for."""
    name = str(column.key)
    if name in INSTANTS:
        return pl.Series(name, values, pl.Int64).cast(INSTANT)
    if name == "day":
        return pl.Series(name, values, pl.Int32).cast(pl.Date)
    return pl.Series(name, values, _dtype(column.type))


def _dtype(kind: sa.types.TypeEngine[Any]) -> pl.DataType:
    if isinstance(kind, sa.JSON):
        return pl.Object()
    if isinstance(kind, sa.Boolean):
        return pl.Boolean()
    if isinstance(kind, sa.Float):
        return pl.Float64()
    return pl.Int64() if isinstance(kind, sa.Integer) else pl.String()
