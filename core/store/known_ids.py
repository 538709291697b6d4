"""Ids that the base knows of a shop, to tell what a damaged one was."""

import polars as pl
import sqlalchemy as sa

from core.store import tables as t
from core.store.frames import typed


def order_numbers(connection: sa.Connection, shop_id: int, limit: int) -> pl.Series | None:
    """The order numbers of a shop; None where it has more than ``limit``."""
    query = sa.select(t.orders.c.order_number).where(t.orders.c.shop_id == shop_id).limit(limit + 1)
    found = typed(connection, query)["order_number"]
    return None if len(found) > limit else found
