"""What an import brings, merged into the tables: one statement a table and slice."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import staging
from core.store.staging import Frames, Staged
from core.store.tables import buyers, imports, order_lines, orders

TABLES: Final = {"orders": orders, "lines": order_lines, "buyers": buyers}
WORTH_COUNTING: Final = 20_000
"""From so many confirmed orders on it pays to look whether a whole older import is confirmed."""


def merge(connection: sa.Connection, shop_id: int, import_id: int, as_of: int, slices: Iterable[Frames]) -> None:
    """Write the frames of an import that is in ``imports`` already; see ``write.apply``."""
    seen: list[Staged] = []
    with staging.ahead(connection, _numbered(slices)) as tables:
        for names in tables:
            for name, table in TABLES.items():
                if name in names:
                    _upsert(connection, table, names[name], shop_id)
            if "day_changes" in names:
                _add_days(connection, names["day_changes"], shop_id)
            if "findings" in names:
                _add_findings(connection, names["findings"], import_id)
            if "seen" in names:
                seen.append(names["seen"])
    if seen:
        _confirm(connection, shop_id, import_id, as_of, seen)


def _numbered(slices: Iterable[Frames]) -> Iterator[Frames]:
    """Findings count from 1 within their import."""
    n = 1
    for frames in slices:
        if "findings" in frames:
            found = frames["findings"].with_row_index("n", offset=n).with_columns(pl.col("n").cast(pl.Int64))
            n += found.height
            frames = {**frames, "findings": found}
        yield frames


def _upsert(connection: sa.Connection, table: sa.Table, staged: Staged, shop_id: int) -> None:
    """Insert the rows, or let them replace what stands under the same key.

    An order's version moves by one where the row says something new; its lines and buyer count with it,
    because a changed line or buyer changes the order's digest.
    """
    ours = [name for name in staged.columns if name in table.columns and name not in ("shop_id", "version")]
    key = [column.name for column in table.primary_key]
    changes = [f'"{name}" = excluded."{name}"' for name in ours if name not in key]
    if "version" in table.columns:
        told = [name for name in ours if name not in key and name not in ("import_id", "held")]
        differs = " OR ".join(f'{table.name}."{name}" {_is_not(connection)} excluded."{name}"' for name in told)
        changes.append(f"version = {table.name}.version + CASE WHEN {differs} THEN 1 ELSE 0 END")
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} (shop_id, {_listed(ours)}) "
        f"SELECT {int(shop_id)}, {_listed(ours)} FROM {staged.table} WHERE true "
        f"ON CONFLICT ({_listed(key)}) DO UPDATE SET {', '.join(changes)}"
    )


def _add_days(connection: sa.Connection, staged: Staged, shop_id: int) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO order_days (shop_id, day, state, orders) "
        f"SELECT {int(shop_id)}, day, state, sum(delta) FROM {staged.table} WHERE true GROUP BY day, state "
        f"ON CONFLICT (shop_id, day, state) DO UPDATE SET orders = order_days.orders + excluded.orders"
    )


def _add_findings(connection: sa.Connection, staged: Staged, import_id: int) -> None:
    columns = _listed(["n", "line", "column", "value", "code", "level", "order_number"])
    connection.exec_driver_sql(
        f"INSERT INTO findings (import_id, {columns}) SELECT {int(import_id)}, {columns} FROM {staged.table}"
    )


def _confirm(connection: sa.Connection, shop_id: int, import_id: int, as_of: int, seen: list[Staged]) -> None:
    """The orders of ``seen`` stand in this file as they do in the base: they are now as young as the file.

    Where all that an older import still holds is confirmed, and no field elsewhere is held from it,
    one number of that import says so for all its orders. The others point at this import from now on.
    """
    source = " UNION ALL ".join(f"SELECT order_number FROM {table.table}" for table in seen)
    older = sa.select(imports.c.id).where(imports.c.shop_id == shop_id, imports.c.seen_as_of < as_of)
    ids = set(connection.scalars(older)) - {import_id}
    if sum(table.rows for table in seen) >= WORTH_COUNTING:
        whole = _wholly_seen(connection, shop_id, source, sum(table.rows for table in seen)) & ids
        connection.execute(sa.update(imports).where(imports.c.id.in_(whole)).values(seen_as_of=as_of))
        ids -= whole
    if ids:
        connection.exec_driver_sql(
            f"UPDATE orders SET import_id = {int(import_id)} WHERE shop_id = {int(shop_id)} "
            f"AND order_number IN ({source}) AND import_id IN ({', '.join(str(int(i)) for i in ids)})"
        )


def _wholly_seen(connection: sa.Connection, shop_id: int, source: str, rows: int) -> set[int]:
    """The imports all of whose orders are in ``source`` and from which no other order holds a field.

    ``rows``: how many orders ``source`` has, each once and each known.
    """
    standing: dict[int, int] = {}
    held: set[int] = set()
    counted = sa.select(orders.c.import_id, orders.c.held, sa.func.count()).where(orders.c.shop_id == shop_id)
    for import_id, fields, count in connection.execute(counted.group_by(orders.c.import_id, orders.c.held)):
        standing[import_id] = standing.get(import_id, 0) + count
        held |= set(holders(fields).values())
    if rows == sum(standing.values()):
        return set(standing) - held
    confirmed = connection.exec_driver_sql(
        f"SELECT o.import_id, count(*) FROM ({source}) AS s JOIN orders AS o "
        f"ON o.shop_id = {int(shop_id)} AND o.order_number = s.order_number GROUP BY o.import_id"
    )
    return {import_id for import_id, count in confirmed if count == standing[import_id]} - held


def holders(held: str | None) -> dict[str, int]:
    """``orders.held`` as field -> the import that gave it; "paid_at:3 carrier:7" gives two."""
    pairs = (part.rsplit(":", 1) for part in (held or "").split())
    return {field: int(import_id) for field, import_id in pairs}


def as_held(fields: Mapping[str, Any]) -> str | None:
    """The reverse of :func:`holders`."""
    return " ".join(f"{field}:{import_id}" for field, import_id in sorted(fields.items())) or None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _is_not(connection: sa.Connection) -> str:
    return "IS NOT" if connection.dialect.name == "sqlite" else "IS DISTINCT FROM"
