"""Every write: an import, decisions, what people type, shops and settings. Call these in ``writing``."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.policy.words import State
from core.store import merge, spellings, staging
from core.store.staging import Frames
from core.store.tables import carrier_words, decisions, imports, order_days, orders, settings, shops, state_words

TYPED: Final = "typed"
"""The format of an import that a person typed into the desk."""
TYPED_FIELDS: Final = frozenset(
    {"paid_at", "latest_ship_at", "delivery_mode", "carrier", "tracking_number", "tracking_url", "channel"}
)
SHOP_FIELDS: Final = frozenset({"name", "zone", "preparation_days", "vacation", "auto_accept"})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Stale(Exception):
    """Somebody else saved in between. ``seen`` is what was to be saved, ``now`` what stands in the base.

    Both have the same keys, and ``version``; for a setting they are ``value`` and ``version``.
    """

    def __init__(self, seen: dict[str, Any], now: dict[str, Any]) -> None:
        super().__init__(f"changed meanwhile: seen {seen}, now {now}")
        self.seen, self.now = seen, now


def next_import_id(connection: sa.Connection) -> int:
    """The id that the next import gets. It stays free as long as this transaction is the writing one."""
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(imports.c.id), 0) + 1)) or 1)


def apply(
    connection: sa.Connection,
    shop_id: int,
    import_row: Mapping[str, Any],
    frames: Frames | Iterable[Frames],
) -> int:
    """Write one import and everything it brings; gives its id.

    ``import_row`` has the columns of ``imports`` but ``shop_id``; ``id`` and ``seen_as_of`` may be left
    out, instants are aware datetimes, ``states`` any collection of states.

    ``frames``, each of them optional, either whole or as slices (an iterator: the next slice is made
    and staged in a thread while the one before is merged; sorted by order number they load fastest):
    orders, lines, buyers (rows to insert or replace: columns of the table but ``shop_id`` and
    ``version``), seen (order_number: stands in the file as in the base), day_changes (day, state,
    delta), findings (line, column, value, code, level, order_number), layers (how changed orders stood
    before, from ``undo.layers``; ``import_id`` where another import is to be taken back by it), rejected_rows
    (line, order_number, cells, bad) and spellings (of numbers that are in no order of these frames).
    """
    row = {name: stored(value) for name, value in import_row.items()}
    row.setdefault("seen_as_of", row["as_of"])
    import_id = int(row.pop("id", None) or next_import_id(connection))
    connection.execute(sa.insert(imports).values(id=import_id, shop_id=shop_id, **row))
    slices = staging.cut(frames) if isinstance(frames, Mapping) else frames
    merge.merge(connection, shop_id, import_id, row["as_of"], slices)
    return import_id


def note_duration(connection: sa.Connection, import_id: int, seconds: float) -> None:
    """Say how long reading, comparing and writing an import took."""
    this = imports.c.id == import_id
    connection.execute(sa.update(imports).where(this).values(duration_ms=round(seconds * 1000)))


def add_decisions(connection: sa.Connection, frame: pl.DataFrame) -> None:
    """Append decisions: shop_id, order_number, kind, text, person, at, rules."""
    if frame.height:
        connection.execute(sa.insert(decisions), staging.storable(frame).to_dicts())


def type_facts(
    connection: sa.Connection,
    shop_id: int,
    order_number: str,
    values: Mapping[str, Any],
    expected_version: int,
    person: str,
    at: dt.datetime,
) -> int:
    """What a person says of an order, as an import of format "typed"; gives the order's new version.

    ``values`` are among :data:`TYPED_FIELDS`. The order keeps its import and notes who gave the field in
    ``held``. Its digest goes, so that the next file is compared field by field. Raises :class:`Stale`
    when the order's version is another than ``expected_version``, ``LookupError`` for no such order.
    """
    if not values or not set(values) <= TYPED_FIELDS:
        raise ValueError(f"cannot be typed: {sorted(set(values) - TYPED_FIELDS)}")
    new = {name: stored(value) for name, value in values.items()}
    this = sa.and_(orders.c.shop_id == shop_id, orders.c.order_number == order_number)
    found = connection.execute(sa.select(orders).where(this)).mappings().one_or_none()
    if found is None:
        raise LookupError(order_number)
    _fresh(found, values, expected_version)
    spelled = spellings.frame_of(pl.Series([values.get("tracking_number")], dtype=pl.String))
    typed_id = apply(
        connection,
        shop_id,
        {"format": TYPED, "as_of": at, "as_of_source": "person", "imported_at": at, "person": person}
        | {"read": 1, "changed": 1},
        [{"spellings": spelled}] if spelled.height else (),
    )
    held = merge.holders(found["held"]) | dict.fromkeys(new, typed_id)
    version = expected_version + 1
    connection.execute(
        sa.update(orders).where(this).values(**new, held=merge.as_held(held), digest=None, version=version)
    )
    return version


def add_shop(connection: sa.Connection, marketplace: str, name: str) -> int:
    """The id of the shop of that marketplace and name, made if it is new."""
    known = sa.select(shops.c.id).where(shops.c.marketplace == str(marketplace), shops.c.name == name)
    found = connection.scalar(known)
    if found is None:
        found = connection.scalar(
            sa.insert(shops).values(marketplace=str(marketplace), name=name).returning(shops.c.id)
        )
    return int(found or 0)


def save_shop(connection: sa.Connection, shop_id: int, changes: Mapping[str, Any], version: int) -> int:
    """Save fields of a shop (:data:`SHOP_FIELDS`); gives its new version. Raises :class:`Stale`."""
    if not set(changes) <= SHOP_FIELDS:
        raise ValueError(f"no field of a shop: {sorted(set(changes) - SHOP_FIELDS)}")
    found = connection.execute(sa.select(shops).where(shops.c.id == shop_id)).mappings().one_or_none()
    if found is None:
        raise LookupError(shop_id)
    _fresh(found, changes, version)
    connection.execute(sa.update(shops).where(shops.c.id == shop_id).values(**changes, version=version + 1))
    return version + 1


def save_setting(
    connection: sa.Connection, key: str, value: Any, expected_version: int, person: str, at: dt.datetime
) -> int:
    """Save a setting (anything JSON can hold); gives its new version. Version 0 stands for "not saved yet".

    Raises :class:`Stale` when it was saved since ``expected_version``.
    """
    found = connection.execute(sa.select(settings).where(settings.c.key == key)).mappings().one_or_none()
    _fresh(found or {"value": None, "version": 0}, {"value": value}, expected_version)
    row = {"value": value, "person": person, "at": stored(at), "version": expected_version + 1}
    if found is None:
        connection.execute(sa.insert(settings).values(key=key, **row))
    else:
        connection.execute(sa.update(settings).where(settings.c.key == key).values(**row))
    return expected_version + 1


def map_state_word(
    connection: sa.Connection,
    shop_id: int,
    word: str,
    state: State | str,
    person: str,
    at: dt.datetime,
    spelled: Collection[str] = (),
) -> int:
    """From now on the folded ``word`` means ``state`` in this shop; gives how many orders it settles.

    These are the orders in state unknown whose word is one of ``spelled``: the word as files wrote it.
    """
    row = {"shop_id": shop_id, "word": word, "state": str(state), "person": person, "at": stored(at)}
    insert = insert_into(connection, state_words).values(row)
    again = {name: insert.excluded[name] for name in ("state", "person", "at")}
    connection.execute(insert.on_conflict_do_update(index_elements=["shop_id", "word"], set_=again))
    these = sa.and_(
        orders.c.shop_id == shop_id, orders.c.state == State.UNKNOWN.value, orders.c.state_word.in_(spelled)
    )
    created = list(connection.scalars(sa.select(orders.c.created_at).where(these)))
    if not created:
        return 0
    connection.execute(sa.update(orders).where(these).values(state=str(state), version=orders.c.version + 1))
    instants = pl.Series("at", created, pl.Int64).drop_nulls().cast(pl.Datetime("us", "UTC"))
    days = instants.dt.date().to_physical().value_counts(name="orders")
    for day, count in days.iter_rows():
        move_day(connection, shop_id, day, State.UNKNOWN.value, -count)
        move_day(connection, shop_id, day, str(state), count)
    return len(created)


def map_carrier_word(
    connection: sa.Connection, shop_id: int, word: str, carrier: str, person: str, at: dt.datetime
) -> None:
    """From now on the folded ``word`` means the carrier of this name in this shop."""
    row = {"shop_id": shop_id, "word": word, "carrier": carrier, "person": person, "at": stored(at)}
    insert = insert_into(connection, carrier_words).values(row)
    again = {name: insert.excluded[name] for name in ("carrier", "person", "at")}
    connection.execute(insert.on_conflict_do_update(index_elements=["shop_id", "word"], set_=again))


def forget_word(connection: sa.Connection, table: sa.Table, shop_id: int, word: str) -> bool:
    """Take a meaning out of ``state_words`` or ``carrier_words``; whether there was one."""
    gone = connection.execute(sa.delete(table).where(table.c.shop_id == shop_id, table.c.word == word))
    return bool(gone.rowcount)


def move_day(connection: sa.Connection, shop_id: int, day: int, state: str, delta: int) -> None:
    """Count ``delta`` orders more for the shop's day (days since 1970) and state."""
    insert = insert_into(connection, order_days).values(shop_id=shop_id, day=day, state=state, orders=delta)
    added = order_days.c.orders + insert.excluded.orders
    connection.execute(insert.on_conflict_do_update(index_elements=["shop_id", "day", "state"], set_={"orders": added}))


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert of this dialect, which can say what happens to a row that is there."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _fresh(found: Mapping[Any, Any], saving: Mapping[str, Any], expected_version: int) -> None:
    if found["version"] != expected_version:
        seen = {**saving, "version": expected_version}
        now = {name: _said(saving.get(name), found[name]) for name in seen}
        raise Stale(seen, now)


def _said(like: Any, value: Any) -> Any:
    """A stored value in the type of the one it is compared with: instants are instants again."""
    if isinstance(like, dt.datetime) and isinstance(value, int):
        return _EPOCH + dt.timedelta(microseconds=value)
    return value


def stored(value: Any) -> Any:
    """A value as its column holds it: instants as microseconds, states as text, several joined by spaces."""
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, set | frozenset | list | tuple):
        return " ".join(sorted(str(item) for item in value))
    return value
