"""Who has used these tracking numbers: one look through indexes, over all shops and years."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.store import spellings
from core.store import tables as t
from core.store.frames import typed
from core.store.record_tables import shipments
from core.store.shipment_tables import manifest_rows, manifests

_AT_ONCE: Final = 500
_MOST: Final = 100_000


def used(connection: sa.Connection, numbers: Sequence[str]) -> pl.DataFrame:
    """The orders that have one of these plain numbers however written, went out with it, or had it in a file of
    shipments.

    tracking_number, source ("order", "sent", "record"), shop_id, shop, marketplace, order_number; state,
    current_number and created_at of the order (of an order that the base does not know: null, null, and when
    the number was used); first_name, last_name, address, postcode of the buyer. At most 100,000.
    """
    asked = list(dict.fromkeys([*numbers, *spellings.of(connection, numbers)]))
    found = [typed(connection, query) for query in _queries([])]
    for some in (asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)):
        found += [typed(connection, query) for query in _queries(some)]
    return pl.concat(found).head(_MOST)


def _queries(numbers: Sequence[str]) -> list[sa.Select[tuple[object, ...]]]:
    order, sent, record = t.orders.c, manifest_rows.c, shipments.c
    of_sent = manifest_rows.join(manifests, manifests.c.id == sent.manifest_id).outerjoin(
        t.orders, sa.and_(order.shop_id == sent.shop_id, order.order_number == sent.order_number)
    )
    of_record = shipments.join(t.imports, t.imports.c.id == record.import_id).outerjoin(
        t.orders, sa.and_(order.shop_id == record.shop_id, order.order_number == record.order_number)
    )
    shipped_at = sa.func.coalesce(record.shipped_at, t.imports.c.imported_at)
    return [
        _query("order", t.orders, order, t.orders.c.created_at, numbers),
        _query("sent", of_sent, sent, sa.func.coalesce(order.created_at, manifests.c.at), numbers),
        _query("record", of_record, record, sa.func.coalesce(order.created_at, shipped_at), numbers),
    ]


def _query(
    source: str,
    joined: sa.FromClause,
    user: sa.ColumnCollection[str, sa.Column[object]],
    at: sa.ColumnElement[object],
    numbers: Sequence[str],
) -> sa.Select[tuple[object, ...]]:
    shop, order, buyer = t.shops.c, t.orders.c, t.buyers.c
    same = sa.and_(buyer.shop_id == user.shop_id, buyer.order_number == user.order_number)
    return (
        sa.select(
            user.tracking_number,
            sa.literal(source).label("source"),
            user.shop_id,
            shop.name.label("shop"),
            shop.marketplace,
            user.order_number,
            order.state,
            order.tracking_number.label("current_number"),
            at.label("created_at"),
            buyer.first_name,
            buyer.last_name,
            buyer.address,
            buyer.postcode,
        )
        .select_from(joined.join(t.shops, shop.id == user.shop_id).outerjoin(t.buyers, same))
        .where(user.tracking_number.in_(numbers), user.tracking_number.is_not(None))
        .order_by(user.tracking_number, user.shop_id, user.order_number)
        .limit(_MOST)
    )
