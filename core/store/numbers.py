"""Who has used these tracking numbers: one look through the index, over all shops and years."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.store import tables as t
from core.store.frames import typed

_AT_ONCE: Final = 500
_MOST: Final = 100_000


def used(connection: sa.Connection, numbers: Sequence[str]) -> pl.DataFrame:
    """The orders that have one of these numbers: tracking_number, shop_id, shop, marketplace, order_number,
    state, created_at, and first_name, last_name, address, postcode of the buyer. At most 100,000."""
    asked = list(dict.fromkeys(numbers))
    found = [typed(connection, _query([]))]
    for some in (asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)):
        found.append(typed(connection, _query(some)))
    return pl.concat(found).head(_MOST)


def _query(numbers: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    shop, order, buyer = t.shops.c, t.orders.c, t.buyers.c
    same = sa.and_(buyer.shop_id == order.shop_id, buyer.order_number == order.order_number)
    source = t.orders.join(t.shops, shop.id == order.shop_id).outerjoin(t.buyers, same)
    return (
        sa.select(
            order.tracking_number,
            order.shop_id,
            shop.name.label("shop"),
            shop.marketplace,
            order.order_number,
            order.state,
            order.created_at,
            buyer.first_name,
            buyer.last_name,
            buyer.address,
            buyer.postcode,
        )
        .select_from(source)
        .where(order.tracking_number.in_(numbers), order.tracking_number.is_not(None))
        .order_by(order.tracking_number, order.shop_id, order.order_number)
        .limit(_MOST)
    )
