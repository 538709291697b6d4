"""What shops settled about their files, in and out of the base. Call in ``reading``/``writing``."""

import datetime as dt

import polars as pl
import sqlalchemy as sa

from core.store.frames import typed
from core.store.mapping_tables import file_mappings
from core.store.write import Stale, stored

_c = file_mappings.c


def newest(connection: sa.Connection, shop_id: int | None = None) -> pl.DataFrame:
    """The mappings that hold: shop_id, key, version, content, person, at; of one shop, or of all."""
    last = sa.select(_c.shop_id, _c.key, sa.func.max(_c.version).label("version")).group_by(_c.shop_id, _c.key)
    if shop_id is not None:
        last = last.where(_c.shop_id == shop_id)
    top = last.subquery()
    same = sa.and_(_c.shop_id == top.c.shop_id, _c.key == top.c.key, _c.version == top.c.version)
    query = sa.select(file_mappings).join(top, same).where(_c.content.is_not(None))
    return typed(connection, query.order_by(_c.at.desc(), _c.shop_id, _c.key))


def versions(connection: sa.Connection, shop_id: int, key: str) -> pl.DataFrame:
    """Every version of one mapping, newest first; ``content`` is null where it was taken away."""
    same = sa.and_(_c.shop_id == shop_id, _c.key == key)
    return typed(connection, sa.select(file_mappings).where(same).order_by(_c.version.desc()))


def save(
    connection: sa.Connection,
    shop_id: int,
    key: str,
    content: str | None,
    version: int,
    person: str,
    now: dt.datetime,
) -> int:
    """Append the version after ``version`` (0: there was none); gives its number. None takes the mapping away.

    Raises :class:`Stale` where somebody else saved in between.
    """
    same = sa.and_(_c.shop_id == shop_id, _c.key == key)
    last = connection.scalar(sa.select(sa.func.max(_c.version)).where(same)) or 0
    stands = connection.scalar(sa.select(_c.content).where(same, _c.version == last))
    now_at = last if stands is not None else 0
    if version != now_at:
        raise Stale({"content": content, "version": version}, {"content": stands, "version": now_at})
    row = {"shop_id": shop_id, "key": key, "version": last + 1, "content": content}
    connection.execute(sa.insert(file_mappings).values(**row, person=person, at=stored(now)))
    return last + 1
