"""Every look at the base, as typed frames. Call these in ``reading`` (or ``writing``).

Instants come as Datetime("us", "UTC"), days as Date, money as Int64 minor units, ids as text.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import tables as t
from core.store.compare import base as base
from core.store.compare import differing as differing
from core.store.compare import digests as digests
from core.store.compare import other_shops as other_shops
from core.store.frames import of_shops, typed
from core.store.search import search as search
from core.store.undo_tables import rejected_rows as rejected
from core.store.write import TYPED

NOT_FACTS: Final = frozenset({"shop_id", "held", "digest", "version", "import_id", "created_import_id"})
"""Columns of an order that say nothing of it, or that a look names apart."""
GAP: Final = dt.timedelta(days=1)
"""Two files whose spans lie no further apart than this cover the time between them."""


def revision(connection: sa.Connection) -> int:
    """The number that moves with every write."""
    return int(connection.scalar(sa.select(t.revision.c.n)) or 0)


def shops(connection: sa.Connection) -> pl.DataFrame:
    """Every shop, all columns of the table, by marketplace and name."""
    return typed(connection, sa.select(t.shops).order_by(t.shops.c.marketplace, t.shops.c.name))


def open_orders(connection: sa.Connection) -> pl.DataFrame:
    """Orders in an open state, with their shop, as-of and missing_since: one row an order.

    ``missing_since`` is the as-of of the newest file that is newer than the order, covers its creation
    and could have shown it (it holds the order's state, or several states), and does not have it.
    """
    return typed(connection, open_orders_query())


def open_orders_query() -> sa.Select[Any]:
    """The statement behind :func:`open_orders`."""
    return _facts().where(t.IS_OPEN).order_by(t.orders.c.shop_id, t.orders.c.created_at)


def one_order(connection: sa.Connection, shop_id: int, order_number: str) -> pl.DataFrame:
    """One order whatever its state, columns as :func:`open_orders` and ``held``; no row if unknown."""
    return typed(connection, _facts().add_columns(t.orders.c.held).where(*_this(t.orders, shop_id, order_number)))


def _facts() -> sa.Select[Any]:
    newer = t.imports.alias("newer")
    missing_since = (
        sa.select(newer.c.as_of)
        .where(
            newer.c.shop_id == t.orders.c.shop_id,
            newer.c.as_of > t.imports.c.seen_as_of,
            newer.c.format != TYPED,
            newer.c.undone_at.is_(None),
            newer.c.covers_from <= t.orders.c.created_at,
            newer.c.covers_to >= t.orders.c.created_at,
            sa.or_(newer.c.states.contains(" "), newer.c.states == t.orders.c.state),
            # A file that names the order in a finding has it, even where its rows were rejected.
            ~sa.exists()
            .where(t.findings.c.import_id == newer.c.id, t.findings.c.order_number == t.orders.c.order_number)
            .correlate(newer, t.orders),
        )
        .order_by(newer.c.as_of.desc())
        .limit(1)
        .scalar_subquery()
    )
    shop = t.shops.c
    source = t.orders.join(t.shops, shop.id == t.orders.c.shop_id)
    return sa.select(
        t.orders.c.shop_id,
        shop.marketplace,
        shop.name.label("shop"),
        shop.zone,
        shop.preparation_days,
        shop.vacation,
        *(column for column in t.orders.c if column.name not in NOT_FACTS),
        t.imports.c.seen_as_of.label("as_of"),
        t.orders.c.import_id,
        t.orders.c.version,
        missing_since.label("missing_since"),
    ).select_from(source.join(t.imports, t.imports.c.id == t.orders.c.import_id))


def decisions_of_open(connection: sa.Connection) -> pl.DataFrame:
    """The decisions on open orders, oldest first, all columns of the table."""
    same = sa.and_(
        t.decisions.c.shop_id == t.orders.c.shop_id,
        t.decisions.c.order_number == t.orders.c.order_number,
    )
    query = sa.select(t.decisions).join_from(t.orders, t.decisions, same).where(t.IS_OPEN)
    return typed(connection, query.order_by(t.decisions.c.id))


def decisions(connection: sa.Connection, shop_id: int, order_number: str) -> pl.DataFrame:
    """The decisions on one order, oldest first; columns as :func:`decisions_of_open`."""
    return typed(connection, _of(t.decisions, shop_id, order_number).order_by(t.decisions.c.id))


def lines(connection: sa.Connection, shop_id: int, order_number: str) -> pl.DataFrame:
    """The lines of one order, by line_no."""
    return typed(connection, _of(t.order_lines, shop_id, order_number).order_by(t.order_lines.c.line_no))


def buyer(connection: sa.Connection, shop_id: int, order_number: str) -> pl.DataFrame:
    """The buyer of one order: one row, or none."""
    return typed(connection, _of(t.buyers, shop_id, order_number))


def imports_by_id(connection: sa.Connection, ids: Iterable[int]) -> pl.DataFrame:
    """These imports with their ``shop`` (name), newest first."""
    return typed(connection, _imports().where(t.imports.c.id.in_(list(ids))))


def imports(connection: sa.Connection, limit: int, shop_ids: Collection[int] | None = None) -> pl.DataFrame:
    """The last imports of files (into these shops, else into all) with their ``shop`` (name), newest first."""
    wanted = _imports().where(t.imports.c.format != TYPED, of_shops(t.imports.c.shop_id, shop_ids))
    return typed(connection, wanted.limit(limit))


def newest_import(connection: sa.Connection) -> dt.datetime | None:
    """When the last file was imported; None before the first one."""
    query = sa.select(t.imports.c.imported_at).where(t.imports.c.format != TYPED, t.imports.c.undone_at.is_(None))
    found = typed(connection, query.order_by(t.imports.c.imported_at.desc()).limit(1))
    return found["imported_at"][0] if found.height else None


def newest_as_of(connection: sa.Connection, shop_id: int, kind: str) -> dt.datetime | None:
    """The as-of of the newest file of a kind that was imported into the shop and stands; None before the first."""
    mine = sa.and_(t.imports.c.shop_id == shop_id, t.imports.c.kind == kind, t.imports.c.format != TYPED)
    query = sa.select(t.imports.c.as_of).where(mine, t.imports.c.undone_at.is_(None))
    found = typed(connection, query.order_by(t.imports.c.as_of.desc()).limit(1))
    return found["as_of"][0] if found.height else None


def known_file(connection: sa.Connection, shop_id: int, sha256: str) -> pl.DataFrame:
    """The imports of the same bytes into the same shop that stand, newest first."""
    same = sa.and_(t.imports.c.shop_id == shop_id, t.imports.c.sha256 == sha256)
    return typed(connection, _imports().where(same, t.imports.c.undone_at.is_(None)))


def order_numbers(connection: sa.Connection, shop_id: int) -> pl.DataFrame:
    """Every order of a shop: order_number."""
    return typed(connection, sa.select(t.orders.c.order_number).where(t.orders.c.shop_id == shop_id))


def typed_imports(connection: sa.Connection, shop_id: int) -> frozenset[int]:
    """The ids of what people typed for the shop."""
    query = sa.select(t.imports.c.id).where(t.imports.c.shop_id == shop_id, t.imports.c.format == TYPED)
    return frozenset(connection.scalars(query))


def rejected_rows(connection: sa.Connection, import_id: int) -> pl.DataFrame:
    """The rows that one import kept out, as in the file: line (0: the header), order_number, cells, bad."""
    query = sa.select(*(column for column in rejected.c if column.name != "import_id"))
    return typed(connection, query.where(rejected.c.import_id == import_id).order_by(rejected.c.line))


def findings(connection: sa.Connection, import_id: int) -> pl.DataFrame:
    """What intake found in one import: n, line, column, value, code, level, order_number."""
    query = sa.select(*(column for column in t.findings.c if column.name != "import_id"))
    return typed(connection, query.where(t.findings.c.import_id == import_id).order_by(t.findings.c.n))


def state_words(connection: sa.Connection, shop_id: int) -> dict[str, str]:
    """The state words that people mapped for the shop: folded word -> state."""
    query = sa.select(t.state_words.c.word, t.state_words.c.state)
    return {word: state for word, state in connection.execute(query.where(t.state_words.c.shop_id == shop_id))}


def unknown_words(connection: sa.Connection) -> pl.DataFrame:
    """State words nobody knows, as files wrote them: shop_id, shop, state_word, orders."""
    query = (
        sa.select(
            t.orders.c.shop_id,
            t.shops.c.name.label("shop"),
            t.orders.c.state_word,
            sa.func.count().label("orders"),
        )
        .join_from(t.orders, t.shops, t.shops.c.id == t.orders.c.shop_id)
        .where(t.IS_OPEN, t.orders.c.state == "unknown", t.orders.c.state_word.is_not(None))
        .group_by(t.orders.c.shop_id, t.shops.c.name, t.orders.c.state_word)
        .order_by(t.orders.c.shop_id, t.orders.c.state_word)
    )
    return typed(connection, query)


def carrier_words(connection: sa.Connection) -> pl.DataFrame:
    """What shops call carriers that nobody else knows so: shop_id, word (folded), carrier, person, at."""
    word = t.carrier_words.c
    return typed(connection, sa.select(t.carrier_words).order_by(word.shop_id, word.word))


def mapped_state_words(connection: sa.Connection) -> pl.DataFrame:
    """The state words that people mapped: shop_id, word (folded), state, person, at."""
    word = t.state_words.c
    return typed(connection, sa.select(t.state_words).order_by(word.shop_id, word.word))


def open_carriers(connection: sa.Connection) -> pl.DataFrame:
    """The carriers of open orders, as they are written: shop_id, marketplace, carrier, orders."""
    order, shop = t.orders.c, t.shops.c
    query = sa.select(order.shop_id, shop.marketplace, order.carrier, sa.func.count().label("orders"))
    return typed(
        connection,
        query.join_from(t.orders, t.shops, shop.id == order.shop_id)
        .where(t.IS_OPEN, order.carrier.is_not(None))
        .group_by(order.shop_id, shop.marketplace, order.carrier)
        .order_by(order.shop_id, order.carrier),
    )


def day_counts(connection: sa.Connection) -> pl.DataFrame:
    """Orders per shop, day of creation (in the shop's zone) and state: shop_id, day, state, orders."""
    query = sa.select(t.order_days).where(t.order_days.c.orders > 0)
    return typed(connection, query.order_by(t.order_days.c.shop_id, t.order_days.c.day, t.order_days.c.state))


def covered_since(connection: sa.Connection) -> pl.DataFrame:
    """Per shop the first day since which files of several states cover the time without a gap."""
    query = sa.select(t.imports.c.shop_id, t.shops.c.zone, t.imports.c.covers_from, t.imports.c.covers_to)
    spans = typed(
        connection,
        query.join_from(t.imports, t.shops, t.shops.c.id == t.imports.c.shop_id)
        .where(
            t.imports.c.covers_from.is_not(None),
            t.imports.c.covers_to.is_not(None),
            t.imports.c.states.contains(" "),
            t.imports.c.undone_at.is_(None),
        )
        .order_by(t.imports.c.shop_id, t.imports.c.covers_to.desc()),
    )
    since: dict[int, dt.datetime] = {}
    zones: dict[int, str] = {}
    for shop_id, zone, start, end in spans.iter_rows():
        zones[shop_id] = zone
        first = since.setdefault(shop_id, start)
        if end >= first - GAP:
            since[shop_id] = min(first, start)
    days = [pl.Series([at]).dt.convert_time_zone(zones[shop_id]).dt.date()[0] for shop_id, at in since.items()]
    return pl.DataFrame(
        {"shop_id": list(since), "covered_since": days},
        schema={"shop_id": pl.Int64, "covered_since": pl.Date},
    )


def settings(connection: sa.Connection) -> pl.DataFrame:
    """Every setting: key, value (a Python object), person, at, version."""
    return typed(connection, sa.select(t.settings).order_by(t.settings.c.key))


def _imports() -> sa.Select[Any]:
    named = sa.select(t.imports, t.shops.c.name.label("shop"))
    return named.join_from(t.imports, t.shops, t.shops.c.id == t.imports.c.shop_id).order_by(
        t.imports.c.imported_at.desc(), t.imports.c.id.desc()
    )


def _of(table: sa.Table, shop_id: int, order_number: str) -> sa.Select[Any]:
    return sa.select(table).where(*_this(table, shop_id, order_number))


def _this(table: sa.Table, shop_id: int, order_number: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.shop_id == shop_id, table.c.order_number == order_number
