"""Bringing the base up to the newest version of its tables, at start and by ``python -m core migrate``."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.store.engine import immediate, unavailable

SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 4_848_4848
"""The number of the advisory lock on PostgreSQL; any number, always the same."""


def upgrade(engine: sa.Engine) -> None:
    """Run the missing migrations, all in one transaction that holds the base's write lock.

    Processes that start together wait for each other; those that come second find nothing to do.
    Raises ``StoreUnavailable`` where the base cannot be changed.
    """
    try:
        with immediate(engine) as connection, connection.begin():
            run(connection)
    except sa.exc.DBAPIError as error:
        raise unavailable(engine.url, error) from error


def run(connection: sa.Connection, to: str = "head") -> None:
    """Run the missing migrations up to a version in the transaction of ``connection``."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def known() -> list[str]:
    """The versions of the tables that this program knows, oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def version(engine: sa.Engine) -> str | None:
    """The migration that the base stands at; None before the first one."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except sa.exc.DBAPIError as error:
        raise unavailable(engine.url, error) from error
