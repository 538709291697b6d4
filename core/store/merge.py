"""What an import brings, merged into the tables: one statement a table and slice."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import spellings, staging
from core.store.staging import Frames, Staged
from core.store.tables import buyers, imports, order_lines, orders
from core.store.undo_tables import undo_layers, undo_raises

TABLES: Final = {"orders": orders, "lines": order_lines, "buyers": buyers}
NOT_GIVEN: Final = frozenset({"shop_id", "version", "created_import_id"})
"""Columns that a merge sets itself, whatever the rows say."""
WORTH_COUNTING: Final = 20_000
"""From so many confirmed orders on it pays to look whether a whole older import is confirmed."""


def merge(connection: sa.Connection, shop_id: int, import_id: int, as_of: int, slices: Iterable[Frames]) -> None:
    """Write the frames of an import that is in ``imports`` already; see ``write.apply``."""
    seen: list[pl.DataFrame] = []
    fresh = {name for name, table in TABLES.items() if _is_empty(connection, table, shop_id)}
    with staging.ahead(connection, _with_spellings(_without_seen(_numbered(slices), seen))) as tables:
        for names in tables:
            for name, table in TABLES.items():
                if name in names:
                    upsert(connection, table, names[name], shop_id, import_id, fresh=name in fresh)
            if "spellings" in names:
                spellings.add(connection, names["spellings"])
            if "layers" in names:
                _add_layers(connection, names["layers"], shop_id, import_id)
            if "rejected_rows" in names:
                _add_rejected_rows(connection, names["rejected_rows"], import_id)
            if "day_changes" in names:
                _add_days(connection, names["day_changes"], shop_id)
            if "findings" in names:
                _add_findings(connection, names["findings"], import_id)
    if seen:
        _confirm(connection, shop_id, import_id, as_of, pl.concat(seen))


def _is_empty(connection: sa.Connection, table: sa.Table, shop_id: int) -> bool:
    """Whether the table has no row of the shop yet."""
    return connection.scalar(sa.select(table.c.shop_id).where(table.c.shop_id == shop_id).limit(1)) is None


def _without_seen(slices: Iterable[Frames], seen: list[pl.DataFrame]) -> Iterator[Frames]:
    """The slices without their confirmed orders, which are collected: often they need not be staged at all."""
    for frames in slices:
        if "seen" in frames:
            seen.append(frames["seen"].select("order_number"))
        yield {name: frame for name, frame in frames.items() if name != "seen"}


def _with_spellings(slices: Iterable[Frames]) -> Iterator[Frames]:
    """The slices with the numbers of their orders that are not written plainly."""
    for frames in slices:
        if "orders" in frames and "tracking_number" in frames["orders"].columns:
            spelled = spellings.frame_of(frames["orders"]["tracking_number"])
            frames = {**frames, "spellings": spelled} if spelled.height else frames
        yield frames


def _numbered(slices: Iterable[Frames]) -> Iterator[Frames]:
    """Findings count from 1 within their import."""
    n = 1
    for frames in slices:
        if "findings" in frames:
            found = frames["findings"].with_row_index("n", offset=n).with_columns(pl.col("n").cast(pl.Int64))
            n += found.height
            frames = {**frames, "findings": found}
        yield frames


def upsert(
    connection: sa.Connection, table: sa.Table, staged: Staged, shop_id: int, import_id: int, *, fresh: bool = False
) -> None:
    """Insert the rows, or let them replace what stands under the same key. ``fresh``: nothing stands there,
    the shop is new to the table, which spares each row a look.

    An order's version moves by one where the row says something new; its lines and buyer count with it,
    because a changed line or buyer changes the order's digest.
    """
    ours = [name for name in staged.columns if name in table.columns and name not in NOT_GIVEN]
    key = [column.name for column in table.primary_key]
    changes = [f'"{name}" = excluded."{name}"' for name in ours if name not in key]
    fixed = {"shop_id": int(shop_id)}
    if "version" in table.columns:
        fixed["created_import_id"] = int(import_id)  # stays where the order is known
        told = [name for name in ours if name not in key and name not in ("import_id", "held")]
        differs = " OR ".join(f'{table.name}."{name}" {_is_not(connection)} excluded."{name}"' for name in told)
        changes.append(f"version = {table.name}.version + CASE WHEN {differs} THEN 1 ELSE 0 END")
    again = "" if fresh else f"ON CONFLICT ({_listed(key)}) DO UPDATE SET {', '.join(changes)}"
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({_listed(fixed)}, {_listed(ours)}) "
        f"SELECT {', '.join(map(str, fixed.values()))}, {_listed(ours)} FROM {staged.table} WHERE true {again}"
    )


def _add_layers(connection: sa.Connection, staged: Staged, shop_id: int, import_id: int) -> None:
    columns = _listed(["order_number", "owner", "held", "digest", "cells"])
    giver = f"coalesce(import_id, {int(import_id)})" if "import_id" in staged.columns else int(import_id)
    connection.exec_driver_sql(
        f"INSERT INTO undo_layers (shop_id, import_id, {columns}) "
        f"SELECT {int(shop_id)}, {giver}, {columns} FROM {staged.table}"
    )


def _add_rejected_rows(connection: sa.Connection, staged: Staged, import_id: int) -> None:
    columns = _listed(["line", "order_number", "cells"])
    connection.exec_driver_sql(
        f"INSERT INTO rejected_rows (import_id, bad, {columns}) "
        f"SELECT {int(import_id)}, bad, {columns} FROM {staged.table}"
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


def _confirm(connection: sa.Connection, shop_id: int, import_id: int, as_of: int, seen: pl.DataFrame) -> None:
    """The orders of ``seen`` stand in this file as they do in the base: they are now as young as the file.

    Where all that an older import still holds is confirmed, and no field elsewhere is held from it,
    one number of that import says so for all its orders. The others point at this import from now on.
    """
    older = sa.select(imports.c.id).where(imports.c.shop_id == shop_id, imports.c.seen_as_of < as_of)
    ids = set(connection.scalars(older)) - {import_id}
    if seen.height >= WORTH_COUNTING:
        whole = _wholly_seen(connection, shop_id, seen) & ids
        before = sa.select(imports.c.id, sa.literal(import_id), imports.c.seen_as_of).where(imports.c.id.in_(whole))
        connection.execute(sa.insert(undo_raises).from_select(list(undo_raises.c), before))
        connection.execute(sa.update(imports).where(imports.c.id.in_(whole)).values(seen_as_of=as_of))
        ids -= whole
    if ids:
        source = staging.staged(connection, "seen", seen)
        these = (
            f"shop_id = {int(shop_id)} AND order_number IN (SELECT order_number FROM {source}) "
            f"AND import_id IN ({', '.join(str(int(i)) for i in ids)})"
        )
        connection.exec_driver_sql(
            f"INSERT INTO {undo_layers.name} (shop_id, import_id, order_number, owner) "
            f"SELECT shop_id, {int(import_id)}, order_number, import_id FROM orders WHERE {these}"
        )
        connection.exec_driver_sql(f"UPDATE orders SET import_id = {int(import_id)} WHERE {these}")


def _wholly_seen(connection: sa.Connection, shop_id: int, seen: pl.DataFrame) -> set[int]:
    """The imports all of whose orders are in ``seen`` and from which no other order holds a field.

    ``seen`` has each order once, and each is known.
    """
    standing: dict[int, int] = {}
    held: set[int] = set()
    counted = sa.select(orders.c.import_id, orders.c.held, sa.func.count()).where(orders.c.shop_id == shop_id)
    for import_id, fields, count in connection.execute(counted.group_by(orders.c.import_id, orders.c.held)):
        standing[import_id] = standing.get(import_id, 0) + count
        held |= set(holders(fields).values())
    if seen.height == sum(standing.values()):
        return set(standing) - held
    source = staging.staged(connection, "counted", seen)
    confirmed = connection.exec_driver_sql(
        f"SELECT o.import_id, count(*) FROM {source} AS s JOIN orders AS o "
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
