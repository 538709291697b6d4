"""Looking through the record, newest first: one index is walked, a bounded stretch of it at a time."""

import datetime as dt
from typing import Any, Final, NamedTuple

import polars as pl
import sqlalchemy as sa

from core.store.chain_tables import record, record_values
from core.store.frames import typed
from core.store.write import stored

WALKED: Final = ("subject", "person", "what", "shop_id")
"""Columns that an index begins with, from the one that leaves the fewest rows."""


class Place(NamedTuple):
    """A row of the record by its place in time; the rows before it are the older ones."""

    at: dt.datetime
    n: int


def stretch(
    connection: sa.Connection,
    by: dict[str, Any],
    since: dt.datetime | None,
    until: dt.datetime | None,
    before: Place | None,
    most: int,
) -> pl.DataFrame:
    """The newest rows, at most ``most``, all columns but mac: those whose ``by`` (of :data:`WALKED`) fits, from
    ``since`` on and before ``until``, older than ``before``.

    Only the first of ``by`` chooses where to walk; the caller filters by the others, so that no look reads more
    rows than ``most``.
    """
    query = sa.select(*(column for column in record.c if column.name != "mac"))
    walked = next((name for name in WALKED if name in by), None)
    if walked is not None:
        query = query.where(record.c[walked] == by[walked])
    if since is not None:
        query = query.where(record.c.at >= stored(since))
    if until is not None:
        query = query.where(record.c.at < stored(until))
    if before is not None:
        query = query.where(sa.tuple_(record.c.at, record.c.n) < sa.tuple_(stored(before.at), before.n))
    return typed(connection, query.order_by(record.c.at.desc(), record.c.n.desc()).limit(most))


def values(connection: sa.Connection, rows: pl.Series) -> pl.DataFrame:
    """The personal values that still stand of these rows: n, field, value (JSON)."""
    held = record_values.c
    query = sa.select(held.n, held.field, held.value).where(held.n.in_(rows.to_list()))
    return typed(connection, query.order_by(held.n, held.field))


def macs(connection: sa.Connection, rows: pl.Series) -> dict[int, str]:
    """The hash of each of these rows."""
    found = connection.execute(sa.select(record.c.n, record.c.mac).where(record.c.n.in_(rows.to_list())))
    return {row.n: row.mac for row in found}
