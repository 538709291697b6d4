"""Work that runs in a process of its own: one row a job, read and written without waiting for the base.

On SQLite the rows live in a file beside the base, because a writer there locks the whole file for as long
as a big import is merged; on PostgreSQL in the base's own table. They are no facts: no revision moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store.engine import immediate, open_engine
from core.store.frames import typed
from core.store.tables import Instant, metadata

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("shop_id", sa.Integer, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("rows_done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows_total", sa.Integer, nullable=False, server_default="0"),
    sa.Column("heartbeat", Instant, nullable=False),
    sa.Column("lease_until", Instant, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("import_id", sa.Integer),
    sa.Column("error", sa.JSON),
)

KEPT: Final = 200
"""How many finished jobs stay listed."""


def board(base: sa.Engine) -> sa.Engine:
    """The engine on which the jobs of ``base`` are kept. The caller disposes of it, unless it is ``base``."""
    if base.dialect.name != "sqlite":
        return base
    engine = open_engine(base.url.set(database=f"{base.url.database}.jobs").render_as_string(hide_password=False))
    with immediate(engine) as connection, connection.begin():
        jobs.create(connection, checkfirst=True)
    return engine


@contextmanager
def changing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A short transaction that writes jobs."""
    with immediate(engine) as connection, connection.begin():
        yield connection


def add(connection: sa.Connection, row: dict[str, Any]) -> None:
    """A new job; the oldest beyond :data:`KEPT` go."""
    connection.execute(sa.insert(jobs).values(**row))
    newest = sa.select(jobs.c.id).order_by(jobs.c.started_at.desc()).limit(KEPT)
    connection.execute(sa.delete(jobs).where(jobs.c.id.not_in(newest)))


def note(connection: sa.Connection, job_id: str, **values: Any) -> None:
    """Write columns of one job."""
    connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**values))


def listed(connection: sa.Connection) -> pl.DataFrame:
    """Every job, newest first, all columns."""
    return typed(connection, sa.select(jobs).order_by(jobs.c.started_at.desc(), jobs.c.id))


def one(connection: sa.Connection, job_id: str) -> dict[str, Any] | None:
    """One job, or None."""
    frame = typed(connection, sa.select(jobs).where(jobs.c.id == job_id))
    return frame.row(0, named=True) if frame.height else None


def forget(connection: sa.Connection, shop_id: int, before: int) -> int:
    """Remove the shop's jobs that started before an instant and whose lease is over by it; gives how many."""
    over = sa.and_(jobs.c.shop_id == shop_id, jobs.c.started_at < before, jobs.c.lease_until < before)
    return connection.execute(sa.delete(jobs).where(over)).rowcount
