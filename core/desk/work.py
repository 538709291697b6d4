"""What has to be done next over all kinds of work: orders and returns in one queue."""

import datetime as dt
from typing import Final

import polars as pl

from core.desk import orders, returns
from core.desk.base import Desk
from core.policy.orders import ADDED
from core.policy.words import Band, Group, Kind

COLUMNS: Final = (
    *("shop_id", "marketplace", "shop", "zone", "order_number", "state", "currency", "assignee"),
    *(name for name in ADDED.names() if name not in ("target_at", "due_source", "rule_values")),
)
"""What an order and a return have in common; ``return_key`` beside them is null for an order."""
_PLACES: Final = (
    *((str(Group.LIVE), str(band)) for band in list(Band)[:3]),
    (str(Group.CANNOT_TELL), None), (str(Group.LIVE), str(Band.CALM)), (str(Group.WAITING), None),
    (str(Group.PROBABLY_CANCELLED), None), (str(Group.PERHAPS_CANCELLED), None),
)  # fmt: skip


def queue(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """Every open work item, most urgent first: COLUMNS and return_key."""
    first = orders.queue(desk, now).select(*COLUMNS, return_key=pl.lit(None, pl.String))
    mine = returns.queue(desk, now)
    if mine.is_empty():
        return first
    asks = pl.col("kind") == str(Kind.ANSWER_RETURN)
    second = mine.with_columns(
        state=pl.coalesce("order_state", pl.lit("unknown")), assignee=pl.lit(None, pl.String),
        order_value_minor="refund_minor", disagrees=pl.lit(value=False), reason=pl.lit(None, pl.String),
        action=pl.lit(None, pl.String), return_key="key",
        consequence=pl.when(asks).then(pl.lit("dispute")),
    ).select(*COLUMNS, "return_key")  # fmt: skip
    both = pl.concat([first, second.cast(first.schema)])
    return both.sort(_place(), "due_at", nulls_last=True, maintain_order=True)


def _place() -> pl.Expr:
    band = pl.when(pl.col("group") == str(Group.LIVE)).then(pl.col("band"))
    return pl.coalesce(
        pl.when((pl.col("group") == group) & band.eq_missing(pl.lit(name, dtype=pl.String))).then(rank)
        for rank, (group, name) in enumerate(_PLACES)
    )
