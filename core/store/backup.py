"""A backup: one file with every table as it stood at one instant, whatever is written meanwhile.

A ZIP archive: a part ``tables/NAME.jsonl`` for each table (one row a line, as a JSON list), and last ``manifest.json``,
which says what is in it, with a checksum for each part. The same for both kinds of database.
"""

import base64
import datetime as dt
import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from core.store import (  # every module with tables, so that none is left out
    chain,
    jobs,
    leases,
    mapping_tables,
    people_tables,
    personal_tables,
    presence,
    record_tables,
    return_tables,
    screen_tables,
    shipment_tables,
    undo_tables,
)
from core.store.engine import reading
from core.store.tables import metadata, revision

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
LEFT_OUT: Final = frozenset(
    {
        *(jobs.jobs.name, leases.leases.name, presence.presence.name, revision.name),
        *(people_tables.sessions.name, people_tables.password_links.name),
    }
)
"""Tables of the running servers. Sessions and links that set a password do not come back: what ended stays ended."""
_ROWS: Final = 2_000
_WITH_TABLES: Final = (
    mapping_tables,
    personal_tables,
    presence,
    record_tables,
    return_tables,
    screen_tables,
    shipment_tables,
    undo_tables,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One table in a backup: its columns, rows, bytes before packing, and their SHA-256."""

    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``migration``: the version of its tables; ``revision``: that of the base;
    ``head``: how far its record goes (``core.store.chain.head``)."""

    format: int
    app: str
    migration: str
    database: str
    at: str
    revision: int
    head: str | None
    tables: dict[str, Part]


def write(engine: sa.Engine, path: Path, app: str, at: dt.datetime) -> Manifest:
    """Write a backup of the base to ``path``, which must not exist; only its owner may read it.

    It is written under another name beside it first: there is a whole file or none. Raises ``FileExistsError``.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists: a backup replaces no other file")
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                manifest = _fill(engine, archive, app, at)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)  # unlike a rename, it never replaces what somebody put there meanwhile
    finally:
        fresh.unlink()
    return manifest


def _fill(engine: sa.Engine, archive: zipfile.ZipFile, app: str, at: dt.datetime) -> Manifest:
    with reading(engine) as connection:
        number = int(connection.scalar(sa.select(revision.c.n)) or 0)  # from here on, one state of the base is seen
        migration = MigrationContext.configure(connection).get_current_revision() or ""
        head = chain.head(connection)
        tables = {
            table.name: _part(archive, table, _rows(connection, table))
            for table in metadata.sorted_tables
            if table.name not in LEFT_OUT
        }
    manifest = Manifest(FORMAT, app, migration, engine.dialect.name, at.isoformat(), number, head, tables)
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True))
    return manifest


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[Iterable[Any]]:
    """The rows of a table, a few at a time: a big table is never whole in memory."""
    streamed = connection.execution_options(stream_results=True, yield_per=_ROWS)
    yield from streamed.execute(sa.select(table).order_by(*table.primary_key))


def _part(archive: zipfile.ZipFile, table: sa.Table, rows: Iterator[Iterable[Any]]) -> Part:
    digest, count, size = hashlib.sha256(), 0, 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as part:
        for row in rows:
            line = json.dumps(list(row), default=_packed, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            count, size = count + 1, size + len(line)
            part.write(line)
    return Part(tuple(column.name for column in table.c), count, size, digest.hexdigest())


def _packed(value: Any) -> Any:
    """Bytes in base64; every other value of our tables is one that JSON has."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a backup cannot hold {type(value).__name__}")
