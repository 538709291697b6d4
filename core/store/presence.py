"""Who has which case open just now. It is no fact and no row of the record: no revision moves, and it may be lost.

On SQLite the rows lie in a file beside the base, as the jobs do: nobody who writes there waits for them.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.store.engine import immediate, open_engine, reading
from core.store.frames import typed
from core.store.tables import Instant, metadata
from core.store.write import insert_into, stored

presence = sa.Table(
    "presence",
    metadata,
    sa.Column("shop_id", sa.Integer, primary_key=True),
    sa.Column("case_key", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("since_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)
FORGOTTEN: Final = dt.timedelta(hours=1)
"""Rows without a sign of life for so long are removed."""


@contextmanager
def board(base: sa.Engine) -> Iterator[sa.Engine]:
    """The engine on which the presence of ``base`` is kept."""
    if base.dialect.name != "sqlite":
        yield base
        return
    beside = base.url.set(database=f"{base.url.database}.presence")
    engine = open_engine(beside.render_as_string(hide_password=False))
    try:
        if not sa.inspect(engine).has_table(presence.name):
            with immediate(engine) as connection, connection.begin():
                presence.create(connection, checkfirst=True)
        yield engine
    finally:
        engine.dispose()


def on(board: sa.Engine, shop_id: int, case_key: str) -> pl.DataFrame:
    """Everybody who was seen on a case: person, since_at, seen_at, by person."""
    mine = sa.and_(presence.c.shop_id == shop_id, presence.c.case_key == case_key)
    query = sa.select(presence.c.person, presence.c.since_at, presence.c.seen_at).where(mine)
    with reading(board) as connection:
        return typed(connection, query.order_by(presence.c.person))


def note(board: sa.Engine, shop_id: int, case_key: str, person: str, since: dt.datetime, now: dt.datetime) -> None:
    """Say that a person is on a case ``since`` then and was seen ``now``. A short transaction of its own."""
    mine = {"shop_id": shop_id, "case_key": case_key, "person": person}
    seen = {"since_at": stored(since), "seen_at": stored(now)}
    with immediate(board) as connection, connection.begin():
        connection.execute(sa.delete(presence).where(presence.c.seen_at < stored(now - FORGOTTEN)))
        insert = insert_into(connection, presence).values(**mine, **seen)
        connection.execute(insert.on_conflict_do_update(index_elements=list(mine), set_=seen))
