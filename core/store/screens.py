"""Team screens in and out of the base, and how old the files behind the figures are."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.store import tables as t
from core.store.engine import immediate
from core.store.frames import typed
from core.store.screen_tables import screens
from core.store.write import TYPED, Stale, stored


def listed(connection: sa.Connection) -> pl.DataFrame:
    """Every screen, those that were revoked too, oldest first: all columns of the table."""
    return typed(connection, sa.select(screens).order_by(screens.c.id))


def one(connection: sa.Connection, screen_id: int) -> dict[str, Any]:
    """One screen: all columns of the table."""
    return typed(connection, sa.select(screens).where(screens.c.id == screen_id)).row(0, named=True)


def add(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    """A new screen: columns of the table, instants as aware datetimes; gives its id."""
    done = connection.execute(sa.insert(screens).values(**_columns(row)).returning(screens.c.id))
    return int(done.scalar_one())


def change(connection: sa.Connection, screen_id: int, version: int, changes: Mapping[str, Any]) -> None:
    """Write columns of one screen. Raises ``Stale`` where somebody else changed it since ``version``."""
    this = sa.and_(screens.c.id == screen_id, screens.c.version == version)
    done = connection.execute(sa.update(screens).where(this).values(**_columns(changes), version=version + 1))
    if done.rowcount != 1:
        now = connection.execute(sa.select(screens).where(screens.c.id == screen_id)).mappings().one()
        names = [*changes, "version"]
        raise Stale(dict(changes) | {"version": version}, {name: now[name] for name in names})


def note_used(engine: sa.Engine, used: Mapping[int, dt.datetime]) -> None:
    """Say when screens were last seen. That is no fact: the revision stays."""
    with immediate(engine) as connection, connection.begin():
        for screen_id, at in used.items():
            connection.execute(sa.update(screens).where(screens.c.id == screen_id).values(last_used_at=stored(at)))


def newest_files(connection: sa.Connection) -> pl.DataFrame:
    """The newest as-of of each shop's files by what they tell: shop_id, kind (orders, returns), as_of.

    Files of shipments, inquiries or money move no clock of these, and are left out.
    """
    kind, told = t.imports.c.kind, ("orders", "returns")
    query = (
        sa.select(t.imports.c.shop_id, kind, sa.func.max(t.imports.c.as_of).label("as_of"))
        .where(t.imports.c.format != TYPED, t.imports.c.undone_at.is_(None), sa.or_(kind.is_(None), kind.in_(told)))
        .group_by(t.imports.c.shop_id, kind)
    )
    found = typed(connection, query).with_columns(pl.col("kind").fill_null("orders"))
    return found.group_by("shop_id", "kind").agg(pl.col("as_of").max()).sort("shop_id", "kind")


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Instants as the base keeps them; lists and looks go in as they are, as JSON."""
    return {name: stored(value) if isinstance(value, dt.datetime) else value for name, value in values.items()}
