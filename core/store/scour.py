"""After personal data was deleted: its bytes go out of the files of the base too."""

import sqlite3
import time
from contextlib import closing
from typing import Final

import sqlalchemy as sa

from core.store.engine import BUSY_SECONDS, unavailable

WIPED: Final = (
    "buyers",
    "decisions",
    "findings",
    "imports",
    "manifest_rows",
    "manifests",
    "orders",
    "record_texts",
    "record_values",
    "rejected_rows",
    "return_decisions",
    "return_events",
    "shipment_words",
    "shipments",
    "state_words",
    "undo_layers",
    "undo_records",
)
"""The tables that personal data is deleted from."""


def scour(engine: sa.Engine) -> bool:
    """Write the base anew without what was deleted; whether no copy of it is left in its files.

    On SQLite the file is rewritten (it needs as much room again for that while) and its write-ahead log emptied;
    False where a long look by somebody else keeps the log: the next time empties it. On PostgreSQL the dead rows of
    the tables concerned are vacuumed.
    """
    try:
        if engine.dialect.name == "sqlite":
            return _rewritten(str(engine.url.database))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in WIPED:
                connection.exec_driver_sql(f"VACUUM {table}")
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        raise unavailable(engine.url, error) from error
    return True


def _rewritten(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as raw:
        raw.execute("PRAGMA temp_store = FILE")  # a copy of the whole base is made: not in memory
        raw.execute("VACUUM")
        until = time.monotonic() + BUSY_SECONDS
        while raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
    return True
