"""Opening the base, and the ways of talking to it: :func:`reading`, :func:`writing` and :func:`quietly`."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from core.store import staging
from core.store.tables import revision

ENVIRONMENT: Final = "DESK48_DATABASE_URL"
DEFAULT_PATH: Final = Path(__file__).resolve().parents[2] / "var" / "desk48.db"
BUSY_SECONDS: Final = 30
"""How long a writer waits for another one before it gives up."""
_IMMEDIATE: Final = "desk48_immediate"


class StoreUnavailable(Exception):
    """The base cannot be used: ``where`` it is, ``why`` not, and what to do, without any password."""

    def __init__(self, where: str, why: str, advice: str) -> None:
        super().__init__(f"The database {where} cannot be used: {why}. {advice}")
        self.where, self.why, self.advice = where, why, advice


def database_url(explicit: str | None = None) -> str:
    """The address of the base: ``explicit``, else the environment's, else a SQLite file in ``var/``."""
    url = explicit or os.environ.get(ENVIRONMENT) or f"sqlite:///{DEFAULT_PATH}"
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def open_engine(url: str) -> sa.Engine:
    """An engine on ``url`` that has been tried once. Raises :class:`StoreUnavailable`."""
    try:
        address = sa.make_url(database_url(url))
    except sa.exc.ArgumentError:
        raise StoreUnavailable(
            "address",
            "it is no database address",
            "Write it as sqlite:///path or postgresql://user@host/name.",
        ) from None
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreUnavailable(shown(address), "only SQLite and PostgreSQL are known", "Change the address.")
    try:
        if address.get_backend_name() == "sqlite" and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(address, **_options(address))
        _prepare(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (sa.exc.DBAPIError, OSError) as error:
        raise unavailable(address, error) from None
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the base from its first query to its last."""
    with _connection(engine, immediate=False) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection in one transaction: all of it is kept, or nothing. Writers wait for each other.

    The revision moves with the transaction. Its row is changed first, because that is what makes a
    second writer wait on PostgreSQL; on SQLite the immediate transaction does.
    """
    with _connection(engine, immediate=True) as connection:
        connection.execute(sa.update(revision).values(n=revision.c.n + 1))
        yield connection


@contextmanager
def trying(engine: sa.Engine) -> Iterator[sa.Connection]:
    """As :func:`writing`, but all of it is taken back: what a write would do, told by the code that does it."""
    with _connection(engine, immediate=True) as connection:
        yield connection
        dry = connection.get_transaction()
        if dry is not None:
            dry.rollback()


@contextmanager
def quietly(engine: sa.Engine, *, wait: bool = True) -> Iterator[sa.Connection]:
    """A connection in one transaction for what is neither fact, decision nor setting: the revision stays.

    Without ``wait``: raises :class:`StoreUnavailable` at once where another one is writing (SQLite).
    """
    with _connection(engine, immediate=True, wait=wait) as connection:
        yield connection


@contextmanager
def _connection(engine: sa.Engine, *, immediate: bool, wait: bool = True) -> Iterator[sa.Connection]:
    options: dict[str, Any] = {_IMMEDIATE: immediate}
    if engine.dialect.name == "postgresql" and not immediate:
        options["isolation_level"] = "REPEATABLE READ"
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(**options)
            if not wait:
                _wait_at_most(connection, 0)
            try:
                with connection.begin():
                    yield connection
            finally:
                if not wait:
                    _wait_at_most(connection, BUSY_SECONDS)
                staging.clear(connection)
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise unavailable(engine.url, error) from error


def _wait_at_most(connection: sa.Connection, seconds: int) -> None:
    """How long a connection to SQLite waits for the write lock; PostgreSQL locks rows, and few."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.execute(f"PRAGMA busy_timeout = {seconds * 1000}")


def immediate(engine: sa.Engine) -> sa.Connection:
    """A connection whose next transaction takes the write lock of SQLite at once."""
    return engine.connect().execution_options(**{_IMMEDIATE: True})


def _options(address: sa.URL) -> dict[str, Any]:
    if address.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}


def _prepare(engine: sa.Engine) -> None:
    """On SQLite: set every new connection up, and begin transactions ourselves."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        # Large pages load a big import 1.4 times faster; they count only while the file is empty.
        raw.execute("PRAGMA page_size = 16384")
        if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            _patiently(lambda: raw.execute("PRAGMA journal_mode = WAL"))
        for pragma in (
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "cache_size = -32000",
            "temp_store = MEMORY",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        at_once = connection.get_execution_options().get(_IMMEDIATE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if at_once else "BEGIN")


def _patiently(change: Callable[[], object]) -> None:
    """Try again while another process is opening the same new file: SQLite does not wait there."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            change()
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def unavailable(address: sa.URL, error: Exception) -> StoreUnavailable:
    """What the driver said of the base at ``address``, as a sentence with advice."""
    cause = getattr(error, "orig", None) or error
    first_line = (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
    if isinstance(address.password, str) and address.password:
        first_line = first_line.replace(address.password, "***")
    if "no such table" in first_line:
        advice = "Bring it up to date with: python -m core migrate"
    elif address.get_backend_name() == "sqlite":
        advice = (
            "Check that the folder exists, may be written to and has room, and that no other program holds the file."
        )
    else:
        advice = f"Check that the server runs, and the name and password in {ENVIRONMENT}."
    return StoreUnavailable(shown(address), first_line, advice)


def shown(address: sa.URL) -> str:
    """The address without its password: a path for SQLite."""
    if address.get_backend_name() == "sqlite":
        return address.database or "in memory"
    return address.set(query={}).render_as_string(hide_password=True)
