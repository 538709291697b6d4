"""Return requests with all that is known around them, in and out of the base. Call in ``reading`` or ``writing``."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import tables as t
from core.store.frames import series_of, typed
from core.store.record_tables import record_texts, return_requests
from core.store.return_tables import return_decisions, return_events, return_facts, return_rules, return_settings
from core.store.staging import staged, storable
from core.store.write import stored

CLOSED, REOPENED = "closed", "reopened"
"""The event that ends a case, and the one that takes it back."""
MOST_POSTCODES: Final = 500
_NOT_OURS: Final = frozenset({"shop_id", "digest", "created_import_id", "held"})
_EPOCH: Final = dt.date(1970, 1, 1)


def requests(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Return requests with shop, order and buyer: one row a request, by shop and key.

    Columns: shop_id, marketplace, shop, zone, those of ``return_requests``, reason_text, as_of; order_created_at,
    goods_minor, shipping_minor, order_currency, order_state; first_name, last_name, postcode, buyer_country.
    """
    return typed(connection, _requests().where(*where).order_by(return_requests.c.shop_id, return_requests.c.key))


def nothing() -> pl.DataFrame:
    """The columns of :func:`requests` without a row, for requests that are in no base."""
    columns = _requests().selected_columns
    return pl.DataFrame([series_of(column, ()) for column in columns])


def _requests() -> sa.Select[Any]:
    mine, order, buyer, text = return_requests, t.orders, t.buyers, record_texts
    source = (
        mine.join(t.shops, t.shops.c.id == mine.c.shop_id)
        .join(t.imports, t.imports.c.id == mine.c.import_id)
        .outerjoin(order, _same_order(order))
        .outerjoin(buyer, _same_order(buyer))
        .outerjoin(
            text,
            sa.and_(
                *(text.c.shop_id == mine.c.shop_id, text.c.kind == "returns", text.c.key == mine.c.key),
                text.c.field == "reason_text",
            ),
        )
    )
    query = sa.select(
        mine.c.shop_id, t.shops.c.marketplace, t.shops.c.name.label("shop"), t.shops.c.zone,
        *(column for column in mine.c if column.name not in _NOT_OURS),
        text.c.text.label("reason_text"), t.imports.c.seen_as_of.label("as_of"),
        order.c.created_at, order.c.goods_minor, order.c.shipping_minor, order.c.currency.label("order_currency"),
        order.c.state.label("order_state"), buyer.c.first_name, buyer.c.last_name, buyer.c.postcode,
        buyer.c.country.label("buyer_country"),
    )  # fmt: skip
    return query.select_from(source)


def is_open() -> sa.ColumnElement[bool]:
    """The condition of cases that nobody has closed, or that were opened again since."""
    return sa.not_(_closed())


def closed_since(at: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition of cases that somebody closed at ``at`` or later, and nobody opened again."""
    return _closed(at)


def _closed(since: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """The condition of cases with a closing (of ``since`` or later) that no reopening follows."""
    closing, again = return_events.alias("closing"), return_events.alias("again")
    reopened = sa.exists().where(
        again.c.shop_id == closing.c.shop_id, again.c.key == closing.c.key,
        again.c.kind == REOPENED, again.c.id > closing.c.id,
    )  # fmt: skip
    closed = sa.exists().where(
        closing.c.shop_id == return_requests.c.shop_id, closing.c.key == return_requests.c.key,
        closing.c.kind == CLOSED, sa.not_(reopened.correlate(closing)),
    )  # fmt: skip
    if since is not None:
        closed = closed.where(closing.c.at >= stored(since))
    return closed.correlate(return_requests)


def since(at: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition of cases whose notice came at ``at`` or later."""
    condition: sa.ColumnElement[bool] = return_requests.c.requested_at >= stored(at)
    return condition


def this(shop_id: int, *keys: str) -> sa.ColumnElement[bool]:
    """The condition of one case, or of several of a shop."""
    return sa.and_(return_requests.c.shop_id == shop_id, return_requests.c.key.in_(keys))


def orders_of(connection: sa.Connection, shop_id: int, numbers: pl.Series) -> pl.DataFrame:
    """What :func:`requests` tells of orders and buyers, for these order numbers of a shop: one row an order."""
    order, buyer = t.orders, t.buyers
    same = sa.and_(buyer.c.shop_id == order.c.shop_id, buyer.c.order_number == order.c.order_number)
    query = sa.select(
        order.c.order_number, order.c.created_at, order.c.goods_minor, order.c.shipping_minor,
        order.c.currency.label("order_currency"), order.c.state.label("order_state"), buyer.c.first_name,
        buyer.c.last_name, buyer.c.postcode, buyer.c.country.label("buyer_country"),
    )  # fmt: skip
    mine = query.select_from(order.outerjoin(buyer, same)).where(order.c.shop_id == shop_id)
    return typed(connection, mine.where(order.c.order_number.in_(_named(connection, numbers))))


def lines_of(connection: sa.Connection, shop_id: int, numbers: pl.Series) -> pl.DataFrame:
    """The goods of these orders of a shop; columns as :func:`lines`."""
    line = t.order_lines.c
    mine = _lines().where(line.shop_id == shop_id, line.order_number.in_(_named(connection, numbers)))
    return typed(connection, mine)


def _named(connection: sa.Connection, numbers: pl.Series) -> sa.TextualSelect:
    """Order numbers as a table of this transaction: there may be more than a statement takes."""
    table = staged(connection, "numbers", numbers.unique().alias("order_number").to_frame())
    return sa.text(f"SELECT order_number FROM {table}").columns(sa.column("order_number", sa.Text))


def lines(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The goods of the orders of these requests: shop_id, order_number, line_id, sku, seller_sku, title, quantity,
    price_minor, shipping_minor."""
    line = t.order_lines.c
    wanted = sa.exists().where(
        return_requests.c.shop_id == line.shop_id, return_requests.c.order_number == line.order_number, *where
    )
    return typed(connection, _lines().where(wanted))


def _lines() -> sa.Select[Any]:
    line = t.order_lines.c
    query = sa.select(
        line.shop_id, line.order_number, line.line_id, line.sku, line.seller_sku, line.title, line.quantity,
        line.price_minor, line.shipping_minor,
    )  # fmt: skip
    return query.where(sa.not_(line.fee))


def buyers(connection: sa.Connection, postcodes: Collection[str]) -> pl.DataFrame:
    """Who at these postcodes (lower case, without blanks and hyphens) sent back what, over all time: shop_id, key,
    requested_at, first_name, last_name, postcode, option (decided last)."""
    mine, buyer, decided = return_requests.c, t.buyers.c, return_decisions.c
    option = (
        sa.select(decided.option)
        .where(decided.shop_id == mine.shop_id, decided.key == mine.key)
        .order_by(decided.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(
        mine.shop_id, mine.key, mine.requested_at, buyer.first_name, buyer.last_name, buyer.postcode,
        option.label("option"),
    ).join_from(return_requests, t.buyers, _same_order(t.buyers))  # fmt: skip
    # A long list is no filter any more, and more than a statement takes.
    few = len(postcodes) <= MOST_POSTCODES
    bare = sa.func.lower(sa.func.replace(sa.func.replace(buyer.postcode, " ", ""), "-", ""))
    return typed(connection, query.where(bare.in_(list(postcodes))) if few else query)


def _same_order(table: sa.Table) -> sa.ColumnElement[bool]:
    mine = return_requests.c
    return sa.and_(table.c.shop_id == mine.shop_id, table.c.order_number == mine.order_number)


def decisions(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The decisions on these requests, oldest first, all columns of the table."""
    return _about(connection, return_decisions, where)


def events(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The events of these requests, oldest first, all columns of the table."""
    return _about(connection, return_events, where)


def facts(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """What people said of these requests, oldest first, all columns of the table."""
    return _about(connection, return_facts, where)


def _about(connection: sa.Connection, table: sa.Table, where: tuple[sa.ColumnElement[bool], ...]) -> pl.DataFrame:
    same = sa.and_(table.c.shop_id == return_requests.c.shop_id, table.c.key == return_requests.c.key)
    query = sa.select(table).join_from(return_requests, table, same).where(*where)
    return typed(connection, query.order_by(table.c.id))


def settings(connection: sa.Connection) -> pl.DataFrame:
    """The shops' dated values in the order in which they hold: shop_id, key, since, amount, source, person, at."""
    query = sa.select(return_settings).order_by(return_settings.c.since, return_settings.c.id)
    return _days(typed(connection, query), "since").drop("id").rename({"name": "key"})


def rules(connection: sa.Connection) -> pl.DataFrame:
    """The shops' rules, all columns of the table, by position."""
    query = sa.select(return_rules).order_by(return_rules.c.position, return_rules.c.rule_id)
    return _days(typed(connection, query), "since", "until")


def add(connection: sa.Connection, table: sa.Table, frame: pl.DataFrame) -> None:
    """Append rows to one of the tables of ``return_tables``: its columns but ``id``."""
    if frame.height:
        connection.execute(sa.insert(table), storable(frame).to_dicts())


def add_setting(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Append one dated value: shop_id, key, since, amount, source, person, at."""
    values = {name: stored(value) for name, value in row.items()}
    values |= {"name": values.pop("key"), "since": (row["since"] - _EPOCH).days}
    connection.execute(sa.insert(return_settings).values(**values))


def end_rule(connection: sa.Connection, rule_id: str, until: dt.date) -> None:
    """A rule holds no more from ``until`` on; it stays in the record."""
    day = (until - _EPOCH).days
    later = sa.case((return_rules.c.since > day, return_rules.c.since), else_=day)
    connection.execute(sa.update(return_rules).where(return_rules.c.rule_id == rule_id).values(until=later))


def _days(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).cast(pl.Int32).cast(pl.Date) for name in names)
