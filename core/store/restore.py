"""A backup back into a base, in one transaction: until it is kept, everybody sees the base as it was."""

import base64
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from core.store import chain, chain_key, migrate, personal
from core.store.archive import UNREADABLE, Archive, Damaged
from core.store.backup import LEFT_OUT
from core.store.engine import writing
from core.store.personal_tables import wiped_orders
from core.store.tables import metadata, revision, shops

_ROWS: Final = 1_000
_AGAIN: Final = 500  # orders that are wiped in one go
_VERSION: Final = "alembic_version"


class TooNew(Exception):
    """The backup is of a newer version of the tables than this program knows."""

    def __init__(self, archive: Archive) -> None:
        told = archive.manifest
        super().__init__(
            f"{archive.path} was made by a newer Desk48 ({told.app}, tables {told.migration}): it cannot be restored "
            f"into an older version, which knows tables up to {migrate.known()[-1]}. Install the newer one first."
        )


class NotEmpty(Exception):
    """There is something in the base, and nobody said that the backup may replace it."""


def restore(engine: sa.Engine, archive: Archive, *, replace: bool) -> None:
    """Put the backup into the base, instead of all that is there, and bring it up to date.

    What was wiped here since the backup is wiped of it too. The revision goes on from the higher of both: no number
    comes twice. Raises :class:`TooNew`, :class:`NotEmpty`, ``Damaged``, and ``StoreUnavailable`` where the key of the
    backup's record is not in its place; then the base stays as it was.
    """
    if archive.manifest.migration not in migrate.known():
        raise TooNew(archive)
    try:
        with writing(engine) as connection:
            if not replace and not is_empty(connection):
                raise NotEmpty
            number = int(connection.scalar(sa.select(revision.c.n)) or 0)
            wiped = _wiped(connection)
            _drop(connection)
            migrate.run(connection, archive.manifest.migration)
            _load(connection, archive)
            migrate.run(connection)
            if chain.head(connection) is not None:
                chain_key.known(connection)  # without it nothing could be done on the base afterwards
            connection.execute(sa.update(revision).values(n=max(number, archive.manifest.revision) + 1))
            _wipe_again(connection, wiped)
    except (sa.exc.StatementError, *UNREADABLE) as error:
        raise Damaged(archive.path, "its rows do not fit the tables") from error


def is_empty(connection: sa.Connection) -> bool:
    """Whether nothing was ever kept in the base."""
    kept = (table for table in metadata.sorted_tables if table.name not in LEFT_OUT)
    return not any(connection.scalar(sa.select(sa.exists(sa.select(1).select_from(table)))) for table in kept)


def _drop(connection: sa.Connection) -> None:
    """Take our tables away, and no other that may stand beside them."""
    ours = {*metadata.tables, _VERSION} & set(sa.inspect(connection).get_table_names())
    here = sa.MetaData()
    here.reflect(connection, only=sorted(ours))
    here.drop_all(connection)


def _load(connection: sa.Connection, archive: Archive) -> None:
    """Fill the tables, which stand at the backup's own version."""
    here = sa.MetaData()
    ours = set(sa.inspect(connection).get_table_names()) & {*metadata.tables, *archive.manifest.tables}
    here.reflect(connection, only=sorted(ours))
    expected = {name for name in here.tables if name not in LEFT_OUT}
    if expected != archive.manifest.tables.keys():
        raise Damaged(archive.path, "its tables are not those of its version")
    for table in here.sorted_tables:
        if table.name not in expected:
            continue
        columns = archive.manifest.tables[table.name].columns
        if sorted(columns) != sorted(column.name for column in table.c):
            raise Damaged(archive.path, f"the columns of {table.name} are not those of its version")
        packed = [isinstance(table.c[name].type, sa.LargeBinary) for name in columns]
        rows = (dict(zip(columns, _unpacked(row, packed), strict=True)) for row in archive.rows(table.name))
        for some in _parts(rows):
            connection.execute(sa.insert(table), some)
        _count_on(connection, table)


def _unpacked(row: list[Any], packed: list[bool]) -> Iterator[Any]:
    """The values of a row; bytes stand in base64."""
    for value, is_bytes in zip(row, packed, strict=True):
        yield base64.b64decode(value["base64"], validate=True) if is_bytes and value is not None else value


def _parts(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(rows, _ROWS)):
        yield some


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """On PostgreSQL, new rows get numbers behind those that were filled in."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        counter = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        last = connection.scalar(sa.select(sa.func.max(column))) if counter else None
        if last is not None:
            connection.execute(sa.select(sa.func.setval(counter, last)))


def _wiped(connection: sa.Connection) -> list[sa.Row[Any]]:
    """The orders that were wiped here: shop_id, marketplace, order_number, at."""
    done = wiped_orders.c
    query = sa.select(done.shop_id, shops.c.marketplace, done.order_number, done.at)
    return list(connection.execute(query.join_from(wiped_orders, shops, shops.c.id == done.shop_id)))


def _wipe_again(connection: sa.Connection, wiped: list[sa.Row[Any]]) -> None:
    """Wipe what was wiped here after the backup had been made."""
    known = {row.id: row.marketplace for row in connection.execute(sa.select(shops.c.id, shops.c.marketplace))}
    done = {(row.shop_id, row.order_number) for row in _wiped(connection)}
    again: dict[int, list[str]] = {}
    for row in wiped:
        if known.get(row.shop_id) == row.marketplace and (row.shop_id, row.order_number) not in done:
            again.setdefault(row.shop_id, []).append(row.order_number)
    for shop_id, numbers in again.items():
        for start in range(0, len(numbers), _AGAIN):
            personal.wipe(connection, shop_id, numbers[start : start + _AGAIN], wiped[0].at)
