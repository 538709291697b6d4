"""What an undo does to orders and records, written down: one statement a table and column, however many they are."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import staging
from core.store import undo_chain as chain
from core.store.record_tables import TABLES, TEXTS, record_texts
from core.store.staging import Staged
from core.store.tables import buyers, order_lines, orders
from core.store.undo_chain import Outcome
from core.store.undo_tables import undo_layers, undo_records, value_of

_WRITTEN: Final = {"": orders, "line": order_lines, "buyer": buyers}
_LAYERS: Final = {"before": pl.Int64, "owner": pl.Int64, "held": pl.String, "digest": pl.Int64, "cells": pl.String}

Cells = dict[tuple[sa.Table, str], list[tuple[str, int, Any]]]
"""By table and column: the key of a row, the number of its line (0: none), the value."""


def write_orders(connection: sa.Connection, shop_id: int, outcomes: Mapping[str, Outcome]) -> None:
    """Write the outcomes of orders, by their number."""
    cells, lines = _of_orders(outcomes)
    own = {"shop_id": shop_id}
    frames = _frames("order_number", outcomes) | _as_frames("order_number", cells)
    frames["lines_gone"] = pl.DataFrame(lines, {"order_number": pl.String, "line_no": pl.Int64}, orient="row")
    with staging.ahead(connection, [_filled(frames)]) as slices:
        names = next(slices)
        for table in (order_lines, buyers, orders, undo_layers):
            _delete(connection, table, own, ["order_number"], names.get("gone"))
        _write(connection, orders, "order_number", own, names)
        _update(connection, cells, "order_number", own, names)
        _delete(connection, order_lines, own, ["order_number", "line_no"], names.get("lines_gone"))
        blank = [f'"{column.name}" IS NULL' for column in buyers.c if not column.primary_key]
        _delete(connection, buyers, own, ["order_number"], names.get("heads"), blank)
        _rewrite_layers(connection, undo_layers, "order_number", own, names)


def write_records(connection: sa.Connection, shop_id: int, kind: str, outcomes: Mapping[str, Outcome]) -> None:
    """Write the outcomes of records of one kind, by their key."""
    table, own, whose = TABLES[kind], {"shop_id": shop_id}, {"shop_id": shop_id, "kind": kind}
    cells: Cells = {}
    texts: list[tuple[str, str, str | None]] = []
    for key, outcome in outcomes.items():
        back = dict.fromkeys(TEXTS.get(kind, ())) if outcome.verdict == chain.GONE else outcome.back
        for name, text in back.items():
            if name not in table.c:
                texts.append((key, name, text))
            else:
                cells.setdefault((table, name), []).append((key, 0, value_of(table.c[name], text)))
    frames = _frames("key", outcomes) | _as_frames("key", cells)
    frames["texts"] = pl.DataFrame(texts, dict.fromkeys(("key", "field", "text"), pl.String), orient="row")
    with staging.ahead(connection, [_filled(frames)]) as slices:
        names = next(slices)
        _delete(connection, table, own, ["key"], names.get("gone"))
        _write(connection, table, "key", own, names)
        _update(connection, cells, "key", own, names)
        _delete(connection, record_texts, whose, ["key", "field"], names.get("texts"))
        if "texts" in names:
            _insert(connection, record_texts, whose, ["key", "field", "text"], names["texts"], "text IS NOT NULL")
        _rewrite_layers(connection, undo_records, "key", whose, names)


def _of_orders(outcomes: Mapping[str, Outcome]) -> tuple[Cells, list[tuple[str, int]]]:
    """The cells that get earlier values, and the lines that go: those that had no value for what every line has.
    Fields are called like "state", "buyer.city", "line2.fee"."""
    cells: Cells = {}
    lines: list[tuple[str, int]] = []
    for number, outcome in outcomes.items():
        gone = {key.rpartition(".")[0] for key, text in outcome.back.items() if key.endswith(".fee") and text is None}
        for key, text in outcome.back.items():
            place, _, name = key.rpartition(".")
            kind, line_no = ("line", int(place[4:])) if place.startswith("line") else (place, 0)
            if place not in gone:
                value = value_of(_WRITTEN[kind].c[name], text)
                cells.setdefault((_WRITTEN[kind], name), []).append((number, line_no, value))
        lines += [(number, int(place[4:])) for place in gone]
    return cells, lines


def _frames(key: str, outcomes: Mapping[str, Outcome]) -> dict[str, pl.DataFrame]:
    """What goes, how what stays is owned, and the layers that are dropped and written anew."""
    stays = [(name, one, one.now) for name, one in outcomes.items() if one.verdict != chain.KEPT and one.now]
    heads = [
        (name, now.owner, now.held_text, now.digest, one.created_by, int(bool(one.back))) for name, one, now in stays
    ]
    layers = [(name, *chain.row_of(state).values()) for name, one, _ in stays for state in one.layers]
    dropped = [(name, one.dropped) for name, one, _ in stays if one.dropped is not None]
    owned = {"import_id": pl.Int64, "held": pl.String, "digest": pl.Int64, "creator": pl.Int64, "moved": pl.Int64}
    written = pl.DataFrame(layers, {key: pl.String, **_LAYERS}, orient="row").rename({"before": "import_id"})
    again = pl.DataFrame(dropped, {key: pl.String, "import_id": pl.Int64}, orient="row")
    return {
        "gone": pl.DataFrame({key: [name for name, one in outcomes.items() if one.verdict == chain.GONE]}),
        "heads": pl.DataFrame(heads, {key: pl.String, **owned}, orient="row"),
        "layers": written,
        "layers_gone": pl.concat([written.select(key, "import_id"), again]),
    }


def _as_frames(key: str, cells: Cells) -> dict[str, pl.DataFrame]:
    """A frame a column: the key, line_no, value."""
    found = {}
    for (table, name), rows in cells.items():
        dtype = _dtype(table.c[name])
        found[_named(table, name)] = pl.DataFrame(
            rows, {key: pl.String, "line_no": pl.Int64, "value": dtype}, orient="row"
        )
    return found


def _named(table: sa.Table, column: str) -> str:
    return f"{table.name}.{column}"


def _dtype(column: sa.Column[Any]) -> pl.DataType:
    if isinstance(column.type, sa.Boolean):
        return pl.Boolean()
    if isinstance(column.type, sa.Integer):
        return pl.Int64()
    return pl.Float64() if isinstance(column.type, sa.Float) else pl.String()


def _filled(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in frames.items() if frame.height}


# Statements


def _write(connection: sa.Connection, table: sa.Table, key: str, own: dict[str, int], names: dict[str, Staged]) -> None:
    """Give what stays its owner; its version moves by one where a cell of it changes."""
    if "heads" in names:
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET import_id = s.import_id, held = s.held, digest = s.digest, "
            f"created_import_id = coalesce(s.creator, {table.name}.created_import_id), "
            f"version = {table.name}.version + s.moved "
            f"FROM {names['heads'].table} AS s WHERE {_same(table, own, [key])}"
        )


def _update(connection: sa.Connection, cells: Cells, key: str, own: dict[str, int], names: dict[str, Staged]) -> None:
    """Give cells their earlier values."""
    for table, column in cells:
        on = [key, "line_no"] if "line_no" in table.c else [key]
        connection.exec_driver_sql(
            f'UPDATE {table.name} SET "{column}" = s.value '
            f"FROM {names[_named(table, column)].table} AS s WHERE {_same(table, own, on)}"
        )


def _rewrite_layers(
    connection: sa.Connection, table: sa.Table, key: str, whose: dict[str, Any], names: dict[str, Staged]
) -> None:
    _delete(connection, table, whose, ["import_id", key], names.get("layers_gone"))
    if "layers" in names:
        _insert(connection, table, whose, [key, "import_id", "owner", "held", "digest", "cells"], names["layers"])


def _delete(
    connection: sa.Connection, table: sa.Table, whose: dict[str, Any], on: list[str], staged: Staged | None,
    also: Iterable[str] = (),
) -> None:  # fmt: skip
    """Delete the rows that ``staged`` names by its columns ``on``, and of which all of ``also`` holds."""
    if staged is not None:
        named = f"({', '.join(on)}) IN (SELECT {', '.join(on)} FROM {staged.table})"
        where = " AND ".join([*(f"{name} = {_literal(value)}" for name, value in whose.items()), named, *also])
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {where}")


def _insert(
    connection: sa.Connection, table: sa.Table, whose: dict[str, Any], columns: list[str], staged: Staged,
    where: str = "true",
) -> None:  # fmt: skip
    values = ", ".join(map(_literal, whose.values()))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({', '.join([*whose, *columns])}) "
        f"SELECT {values}, {', '.join(columns)} FROM {staged.table} WHERE {where}"
    )


def _same(table: sa.Table, own: dict[str, int], on: list[str]) -> str:
    pairs = [f"{table.name}.{name} = {_literal(value)}" for name, value in own.items()]
    return " AND ".join([*pairs, *(f"{table.name}.{name} = s.{name}" for name in on)])


def _literal(value: int | str) -> str:
    """A shop's number or a kind of ours, as SQL writes it; nothing else comes here."""
    return str(int(value)) if isinstance(value, int) else f"'{_KIND[value]}'"


_KIND: Final = {kind: kind for kind in TABLES}
