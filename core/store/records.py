"""Records (what is no order) in and out of the base, as typed frames. Call these in ``reading`` or ``writing``."""

from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import merge, spellings, staging
from core.store import tables as t
from core.store.frames import typed
from core.store.record_tables import TABLES, TEXTS, record_texts, shipments
from core.store.undo_tables import undo_records
from core.store.write import TYPED

_NO_FIELD: Final = frozenset({"key", "import_id", "held", "digest"})


def base(
    connection: sa.Connection, kind: str, shop_id: int, keys: pl.Series, order_numbers: pl.Series
) -> dict[str, pl.DataFrame]:
    """What the base holds under these keys, and of these orders: rows, orders, imports.

    ``rows`` has key, the kind's fields with its texts, import_id, held, digest and as_of; ``orders`` the table's
    columns; ``imports`` every import of the shop (:func:`sources`).
    """
    frames = {"keys": pl.DataFrame({"key": keys.unique()}), "numbers": pl.DataFrame({"order_number": order_numbers})}
    with staging.ahead(connection, [frames]) as slices:
        named = next(slices)
    table = TABLES[kind]
    in_keys = sa.text(f"SELECT key FROM {named['keys'].table}").columns(sa.column("key", sa.Text))
    in_numbers = sa.text(f"SELECT order_number FROM {named['numbers'].table}").columns(
        sa.column("order_number", sa.Text)
    )
    orders = sa.select(t.orders).where(t.orders.c.shop_id == shop_id, t.orders.c.order_number.in_(in_numbers))
    return {
        "rows": _wide(connection, kind, table.c.shop_id == shop_id, table.c.key.in_(in_keys)),
        "orders": typed(connection, orders),
        "imports": sources(connection, shop_id),
    }


def upsert(
    connection: sa.Connection, kind: str, shop_id: int, import_id: int, rows: pl.DataFrame, *, undoable: bool = False
) -> None:
    """Insert records, or let them replace what stands under the same key.

    ``rows``: key, the kind's fields with its texts, import_id, held, digest. ``undoable``: note how known records
    stood before, so that the import can be taken back.
    """
    if not rows.height:
        return
    fields = TEXTS.get(kind, ())
    texts = (
        rows.select("key", *fields).unpivot(index="key", variable_name="field", value_name="text").drop_nulls("text")
    )
    frames = {"records": rows.drop(fields), "texts": texts.select("key", "field", "text", kind=pl.lit(kind))}
    if kind == "shipments":
        frames["spellings"] = spellings.frame_of(rows["tracking_number"])
    with staging.ahead(connection, [{name: frame for name, frame in frames.items() if frame.height}]) as slices:
        named = next(slices)
    if undoable:
        _keep(connection, kind, shop_id, import_id, rows, named["records"].table)
    merge.upsert(connection, TABLES[kind], named["records"], shop_id, import_id)
    if "spellings" in named:
        spellings.add(connection, named["spellings"])
    if "texts" in named:
        merge.upsert(connection, record_texts, named["texts"], shop_id, import_id)


def _keep(connection: sa.Connection, kind: str, shop_id: int, import_id: int, rows: pl.DataFrame, staged: str) -> None:
    """Note in ``undo_records`` how the known ones of ``rows`` stand."""
    table = TABLES[kind]
    keys = sa.text(f"SELECT key FROM {staged}").columns(sa.column("key", sa.Text))
    before = _wide(connection, kind, table.c.shop_id == shop_id, table.c.key.in_(keys))
    if before.is_empty():
        return
    both = before.join(rows, on="key", suffix="_new")
    cells = [pl.DataFrame(schema={"key": pl.String, "k": pl.String, "v": pl.String})]
    for name in (column for column in rows.columns if column not in _NO_FIELD):
        moved = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_new")))
        old = pl.col(name).dt.timestamp("us") if moved.schema[name] == pl.Datetime else pl.col(name)
        cells.append(moved.select("key", k=pl.lit(name), v=old.cast(pl.String)))
    by_key = pl.concat(cells).group_by("key").agg("k", "v")
    by_key = by_key.select("key", cells=pl.struct("k", "v").struct.json_encode())
    kept = both.select("key", "held", "digest", owner="import_id", kind=pl.lit(kind))
    kept = kept.join(by_key, on="key", how="left").with_columns(pl.col("cells").fill_null('{"k":[],"v":[]}'))
    columns = "kind, key, owner, held, digest, cells"
    connection.exec_driver_sql(
        f"INSERT INTO {undo_records.name} (shop_id, import_id, {columns}) "
        f"SELECT {int(shop_id)}, {int(import_id)}, {columns} FROM {staging.staged(connection, 'layers', kept)}"
    )


def sources(connection: sa.Connection, shop_id: int) -> pl.DataFrame:
    """Every import of a shop: id, seen_as_of, and whether a person typed it."""
    columns = t.imports.c.id, t.imports.c.seen_as_of, (t.imports.c.format == TYPED).label("typed")
    query = sa.select(*columns).where(t.imports.c.shop_id == shop_id)
    return typed(connection, query)


def every(connection: sa.Connection, kind: str) -> pl.DataFrame:
    """All records of a kind with their texts, shop and as-of: shop_id, marketplace, shop, zone, key, the kind's
    fields, import_id, held, version, as_of."""
    return _wide(connection, kind)


def of_order(connection: sa.Connection, kind: str, shop_id: int, order_number: str) -> pl.DataFrame:
    """The records of one order; columns as :func:`every`."""
    table = TABLES[kind]
    return _wide(connection, kind, table.c.shop_id == shop_id, table.c.order_number == order_number)


def waiting_shipments(connection: sa.Connection, shop_id: int) -> pl.DataFrame:
    """The shipments of orders that the base does not know yet; columns as :func:`every`."""
    known = sa.exists().where(
        t.orders.c.shop_id == shipments.c.shop_id, t.orders.c.order_number == shipments.c.order_number
    )
    return _wide(connection, "shipments", shipments.c.shop_id == shop_id, ~known)


def _wide(connection: sa.Connection, kind: str, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Records with their texts as columns, sorted by shop and key."""
    table = TABLES[kind]
    source = table.join(t.shops, t.shops.c.id == table.c.shop_id).join(t.imports, t.imports.c.id == table.c.import_id)
    texts: list[Any] = []
    for field in TEXTS.get(kind, ()):
        one = record_texts.alias(f"text_{field}")
        mine = sa.and_(
            one.c.shop_id == table.c.shop_id, one.c.kind == kind, one.c.key == table.c.key, one.c.field == field
        )
        source = source.outerjoin(one, mine)
        texts.append(one.c.text.label(field))
    query = sa.select(
        table.c.shop_id,
        t.shops.c.marketplace,
        t.shops.c.name.label("shop"),
        t.shops.c.zone,
        *(column for column in table.c if column.name not in ("shop_id", "created_import_id")),
        *texts,
        t.imports.c.seen_as_of.label("as_of"),
    )
    return typed(connection, query.select_from(source).where(*where).order_by(table.c.shop_id, table.c.key))
