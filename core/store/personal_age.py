"""How old orders are, and what of them still runs: what ``core.policy.personal`` judges."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import personal_words
from core.store import tables as t
from core.store.frames import INSTANT, typed
from core.store.personal_tables import wiped_orders
from core.store.record_tables import TABLES as RECORDS
from core.store.record_tables import TEXTS, disputes, inquiries, record_texts, return_requests, shipments
from core.store.return_tables import return_events
from core.store.returns import is_open
from core.store.undo_tables import undo_layers, undo_records
from core.store.write import stored

AT_ONCE: Final = 2_000
"""Orders that are judged, and wiped, in one go."""
ORDERS, NOTES = "orders", "notes"
SOURCES: Final = (ORDERS, *TEXTS, NOTES)
"""What may lead to an order in which something is left."""
RUNNING: Final = pl.Schema({name: pl.String() for name in ("order_number", "kind", "key", "name")} | {"until": INSTANT})
_PART: Final = 500
_NUMBER: Final = "order_number"
_BROUGHT: Final = (t.orders, return_requests, inquiries, disputes)


def candidates(connection: sa.Connection, shop_id: int, before: dt.datetime, after: str, source: str) -> list[str]:
    """The next order numbers behind ``after`` in which something of before an instant may be left; at most
    :data:`AT_ONCE`. ``source``: one of :data:`SOURCES`."""
    number, query = _source(connection, shop_id, before, source)
    return list(connection.scalars(query.where(number > after).order_by(number).limit(AT_ONCE)))


def _source(
    connection: sa.Connection, shop_id: int, before: dt.datetime, source: str
) -> tuple[sa.Column[str], sa.Select[tuple[str]]]:
    """Where candidates come from: orders, notes that came after a wipe, and the records of a kind that came after one
    or whose order is not known."""
    order, noted = t.orders.c, t.decisions.c
    if source == ORDERS:
        old = sa.or_(order.created_at.is_(None), order.created_at < stored(before))
        return order.order_number, sa.select(order.order_number).where(order.shop_id == shop_id, old, ~_wiped(order))
    if source == NOTES:
        again = sa.select(noted.order_number).where(noted.shop_id == shop_id, noted.text.is_not(None), _wiped(noted))
        return noted.order_number, again.distinct()
    mine = RECORDS[source].c
    known = sa.exists().where(order.shop_id == mine.shop_id, order.order_number == mine.order_number)
    texts = sa.exists().where(
        record_texts.c.shop_id == mine.shop_id, record_texts.c.kind == source, record_texts.c.key == mine.key
    )
    said = sa.or_(texts, personal_words.unknown(connection, source, shop_id))
    loose = sa.select(mine.order_number).where(mine.shop_id == shop_id, mine.order_number.is_not(None))
    left = sa.or_(sa.and_(~known, ~_wiped(mine)), _wiped(mine))
    return mine.order_number, loose.where(said, left).distinct()


def _wiped(columns: sa.ColumnCollection[str, sa.Column[object]]) -> sa.ColumnElement[bool]:
    done = wiped_orders.c
    return sa.exists().where(done.shop_id == columns.shop_id, done.order_number == columns.order_number)


def cases(connection: sa.Connection, shop_id: int, numbers: Collection[str]) -> pl.DataFrame:
    """These orders, known or not, as the rule judges them: order_number, state, last_at, return_open, inquiry_open,
    dispute_until."""
    parts = [_cases(connection, shop_id, some) for some in _parts(list(numbers))]
    return pl.concat(parts) if parts else _cases(connection, shop_id, [])


def running(connection: sa.Connection, shop_id: int, numbers: Collection[str], now: dt.datetime) -> pl.DataFrame:
    """What about these orders still runs: order_number, kind (returns, inquiries, disputes), key, name (its own number,
    where it has one), until (of a dispute; null: until somebody ends it)."""
    asked, open_inquiry = return_requests.c, sa.or_(inquiries.c.is_open, inquiries.c.needs_reply)
    own = sa.func.coalesce(asked.rma_id, asked.merchant_rma_id)
    ways = (
        ("returns", return_requests, own, sa.null(), is_open()),
        ("inquiries", inquiries, inquiries.c.inquiry_number, sa.null(), open_inquiry),
        ("disputes", disputes, disputes.c.dispute_number, disputes.c.respond_by, disputes.c.respond_by > stored(now)),
    )
    found = [RUNNING.to_frame()]
    for some in _parts(list(numbers)):
        for kind, table, name, until, runs in ways:
            columns = table.c.order_number, sa.literal(kind), table.c.key, name, until
            query = sa.select(*columns).where(table.c.shop_id == shop_id, table.c.order_number.in_(some), runs)
            rows = connection.execute(query.order_by(table.c.order_number, table.c.key)).fetchall()
            raw = pl.DataFrame([tuple(row) for row in rows], {**RUNNING, "until": pl.Int64()}, orient="row")
            found.append(raw.cast(RUNNING))
    return pl.concat(found)


def _cases(connection: sa.Connection, shop_id: int, numbers: list[str]) -> pl.DataFrame:
    def asked(table: sa.Table, *columns: Any) -> sa.Select[Any]:
        mine = sa.and_(table.c.shop_id == shop_id, table.c.order_number.in_(numbers))
        return sa.select(table.c.order_number, *columns).where(mine)

    frame = pl.DataFrame({_NUMBER: numbers}, schema={_NUMBER: pl.String})
    states = typed(connection, asked(t.orders, t.orders.c.state))
    opened = typed(connection, asked(return_requests).where(is_open()))[_NUMBER]
    waiting = sa.or_(inquiries.c.is_open, inquiries.c.needs_reply)
    unanswered = typed(connection, asked(inquiries).where(waiting))[_NUMBER]
    until = typed(connection, asked(disputes, disputes.c.respond_by))
    happened = [typed(connection, asked(table, column.label("at"))) for table, column in _instants()]
    event = return_events.c
    same = sa.and_(event.shop_id == return_requests.c.shop_id, event.key == return_requests.c.key)
    events = asked(return_requests, event.at.label("at")).join_from(return_requests, return_events, same)
    newest = pl.concat([*happened, typed(connection, events)]).group_by(_NUMBER).agg(last_at=pl.col("at").max())
    seen = pl.concat([typed(connection, query) for query in map(_first_seen(shop_id, numbers), _BROUGHT)])
    return (
        frame.join(states, on=_NUMBER, how="left")
        .join(newest, on=_NUMBER, how="left")
        .join(seen.group_by(_NUMBER).agg(first=pl.col("at").max()), on=_NUMBER, how="left")
        .with_columns(last_at=pl.coalesce("last_at", "first"))
        .drop("first")
        .join(until.group_by(_NUMBER).agg(dispute_until=pl.col("respond_by").max()), on=_NUMBER, how="left")
        .with_columns(
            pl.col("last_at", "dispute_until").cast(INSTANT),
            return_open=pl.col(_NUMBER).is_in(opened.implode()),
            inquiry_open=pl.col(_NUMBER).is_in(unanswered.implode()),
        )
    )


def _first_seen(shop_id: int, numbers: list[str]) -> Callable[[sa.Table], sa.Select[tuple[object, ...]]]:
    """When the file came that first named an order: it counts where no instant is known."""

    def query(table: sa.Table) -> sa.Select[tuple[object, ...]]:
        first = sa.func.coalesce(table.c.created_import_id, table.c.import_id)
        source = table.join(t.imports, t.imports.c.id == first)
        asked = sa.select(table.c.order_number, t.imports.c.imported_at.label("at")).select_from(source)
        return asked.where(table.c.shop_id == shop_id, table.c.order_number.in_(numbers))

    return query


def _instants() -> Iterator[tuple[sa.Table, sa.Column[int]]]:
    """What tells when something last happened to an order."""
    named = {
        t.orders: ("created_at", "paid_at"),
        t.decisions: ("at",),
        shipments: ("shipped_at",),
        return_requests: ("requested_at", "delivered_at", "received_at"),
        inquiries: ("created_at", "last_buyer_at", "updated_at"),
        disputes: ("created_at", "respond_by", "return_received_at"),
    }
    for table, names in named.items():
        yield from ((table, table.c[name]) for name in names)


def wiped_at(connection: sa.Connection, shop_id: int, order_number: str) -> dt.datetime | None:
    """When the order was wiped; None where it was not."""
    done = wiped_orders.c
    query = sa.select(done.at).where(done.shop_id == shop_id, done.order_number == order_number)
    found = typed(connection, query)
    return found["at"][0] if found.height else None


def wiped_of(connection: sa.Connection, shop_id: int, import_id: int) -> int:
    """How many of the orders that an import brought, changed or wrote texts about were wiped since."""
    touched = [
        sa.select(table.c.order_number).where(table.c.shop_id == shop_id, table.c.created_import_id == import_id)
        for table in (t.orders, *(RECORDS[kind] for kind in TEXTS))
    ]
    before = undo_layers.c
    touched.append(sa.select(before.order_number).where(before.shop_id == shop_id, before.import_id == import_id))
    for kind in TEXTS:
        mine, before = RECORDS[kind].c, undo_records.c
        same = sa.and_(before.shop_id == mine.shop_id, before.kind == kind, before.key == mine.key)
        changed = sa.exists().where(same, before.import_id == import_id)
        touched.append(sa.select(mine.order_number).where(mine.shop_id == shop_id, changed))
    done = wiped_orders.c
    these = sa.or_(*(done.order_number.in_(numbers) for numbers in touched))
    return connection.scalar(sa.select(sa.func.count()).where(done.shop_id == shop_id, these)) or 0


def _parts(numbers: list[str]) -> Iterator[list[str]]:
    return (numbers[start : start + _PART] for start in range(0, len(numbers), _PART))
