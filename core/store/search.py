"""One search box over everything: order number, tracking number, buyer, SKU."""

from collections.abc import Collection

import polars as pl
import sqlalchemy as sa

from core.policy.tracking_numbers import normalised
from core.store import frames, spellings
from core.store import tables as t
from core.store.frames import typed


def search(connection: sa.Connection, text: str, limit: int, shop_ids: Collection[int] | None = None) -> pl.DataFrame:
    """Orders that ``text`` finds: shop_id, shop, order_number, state, created_at, matched, shown.

    ``matched`` is order_number, tracking_number, buyer or sku, ``shown`` the text that matched. Numbers
    are found by their beginning (order) or whole and however written (tracking) through an index; only where these find
    too little, names and SKUs are read through. An order is given once. ``shop_ids``: only orders of these shops.
    """
    text = text.strip()
    found = typed(connection, _looks("order_number", t.orders.c.order_number).where(sa.false()))
    plain = normalised(pl.Series([text]), lambda *_: None).drop_nulls().to_list()
    for query in _queries(text, [*plain, *spellings.of(connection, plain)]) if text else ():
        if found.height < limit:
            more = typed(connection, query.where(frames.of_shops(t.orders.c.shop_id, shop_ids)).limit(limit))
            found = pl.concat([found, more]).unique(["shop_id", "order_number"], keep="first", maintain_order=True)
    return found.head(limit)


def _queries(text: str, numbers: Collection[str]) -> list[sa.Select[tuple[object, ...]]]:
    number, tracking = t.orders.c.order_number, t.orders.c.tracking_number
    name = sa.func.coalesce(t.buyers.c.first_name, "") + " " + sa.func.coalesce(t.buyers.c.last_name, "")
    # SQLite folds only plain letters, so the usual spellings of the others are tried one by one.
    spellings = list(dict.fromkeys([text, text.lower(), text.title(), text.upper()]))
    codes = (t.order_lines.c.sku, t.order_lines.c.seller_sku, t.order_lines.c.ean)
    prefix = [sa.and_(number >= start, number < start + "\U0010ffff") for start in {text, text.upper()}]
    shop_ids = t.orders.c.shop_id.in_(sa.select(t.shops.c.id))
    return [
        _looks("order_number", number).where(shop_ids, sa.or_(*prefix)),
        _looks("tracking_number", tracking).where(tracking.in_(numbers)),
        _looks("buyer", name, t.buyers).where(sa.or_(*(name.icontains(each, autoescape=True) for each in spellings))),
        _looks("sku", sa.func.coalesce(*codes), t.order_lines).where(
            sa.or_(*(code.istartswith(text, autoescape=True) for code in codes))
        ),
    ]


def _looks(matched: str, shown: sa.ColumnElement[str], beside: sa.Table | None = None) -> sa.Select[tuple[object, ...]]:
    source: sa.FromClause = t.orders.join(t.shops, t.shops.c.id == t.orders.c.shop_id)
    if beside is not None:
        same = sa.and_(beside.c.shop_id == t.orders.c.shop_id, beside.c.order_number == t.orders.c.order_number)
        source = source.join(beside, same)
    order = t.orders.c
    columns = (order.shop_id, t.shops.c.name.label("shop"), order.order_number, order.state, order.created_at)
    return sa.select(*columns, sa.literal(matched, sa.Text).label("matched"), shown.label("shown")).select_from(source)
