"""What the orders of a file are to the base: known, different, of another shop."""

import polars as pl
import sqlalchemy as sa

from core.store import staging
from core.store import tables as t
from core.store.frames import INSTANT, typed


def digests(connection: sa.Connection, shop_id: int, digest_version: str) -> pl.Series:
    """The digests, by this version, of the shop's orders of which no import of a file had anything to find; sorted."""
    alike = _alike(shop_id, digest_version)
    ours = sa.and_(t.orders.c.shop_id == shop_id, t.orders.c.digest.is_not(None), t.orders.c.import_id.in_(alike))
    found = sa.select(t.findings.c.order_number).where(t.findings.c.import_id.in_(alike))
    known, told = _digests(connection, ours), _digests(connection, ours, t.orders.c.order_number.in_(found))
    return (known.filter(~known.is_in(told.implode())) if len(told) else known).sort()


def _digests(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> pl.Series:
    """A million digests as one text: as rows they would cost twice as much."""
    joined = sa.func.aggregate_strings(sa.cast(t.orders.c.digest, sa.Text), ",")
    text = connection.scalar(sa.select(joined).where(*which))
    return pl.Series([text or None], dtype=pl.String).str.split(",").explode().drop_nulls().cast(pl.Int64)


def differing(connection: sa.Connection, shop_id: int, digests: pl.DataFrame, digest_version: str) -> pl.DataFrame:
    """Those of ``digests`` (order_number, digest) that the base lacks or has otherwise.

    Gives order_number and ``known``. An order whose last file was digested in another way than
    ``digest_version`` counts as different, as does one that a person typed into since.
    """
    first = sa.select(t.orders.c.order_number).where(t.orders.c.shop_id == shop_id).limit(1)
    if connection.scalar(first) is None:
        return digests.select("order_number", known=pl.lit(value=False))
    named = staging.staged(connection, "digests", digests.select("order_number", "digest"))
    alike = _alike(shop_id, digest_version)
    ids = ", ".join(str(int(i)) for i in connection.scalars(alike)) or "NULL"
    result = connection.exec_driver_sql(
        f"SELECT s.order_number, o.order_number IS NOT NULL FROM {named} AS s LEFT JOIN orders AS o "
        f"ON o.shop_id = {int(shop_id)} AND o.order_number = s.order_number "
        f"WHERE (o.digest = s.digest AND o.import_id IN ({ids})) IS NOT TRUE"
    )
    # The driver's own rows: a million of them cost a third of what dressed-up ones do.
    rows = result.cursor.fetchall() if result.cursor else []
    result.close()
    numbers, known = zip(*rows, strict=True) if rows else ((), ())
    return pl.DataFrame(
        [
            pl.Series("order_number", numbers, pl.String),
            pl.Series("known", [bool(k) for k in known], pl.Boolean),
        ]
    )


def _alike(shop_id: int, digest_version: str) -> sa.Select[int]:
    """The imports whose orders were digested in this way."""
    same = t.imports.c.digest_version == digest_version
    return sa.select(t.imports.c.id).where(t.imports.c.shop_id == shop_id, same)


def base(connection: sa.Connection, shop_id: int, order_numbers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What the base holds of these orders (``order_number``): orders, lines, buyers, imports.

    ``orders`` has the table's columns and ``as_of``; ``imports`` has id and seen_as_of of every import
    that gave one of them or holds a field of one.
    """
    none = order_numbers.is_empty()
    named = "" if none else staging.staged(connection, "wanted", order_numbers.select("order_number").unique())
    wanted = sa.text(f"SELECT order_number FROM {named}").columns(sa.column("order_number", sa.Text))
    found = {}
    for name, table in (("orders", t.orders), ("lines", t.order_lines), ("buyers", t.buyers)):
        these = sa.and_(table.c.shop_id == shop_id, sa.false() if none else table.c.order_number.in_(wanted))
        found[name] = typed(connection, sa.select(table).where(these))
    sources = typed(connection, sa.select(t.imports.c.id, t.imports.c.seen_as_of).where(t.imports.c.shop_id == shop_id))
    as_of = sources.select(pl.col("id").alias("import_id"), pl.col("seen_as_of").alias("as_of").cast(INSTANT))
    orders = found["orders"].join(as_of, on="import_id", how="left", maintain_order="left")
    return {**found, "orders": orders, "imports": sources}


def other_shops(connection: sa.Connection, shop_id: int, marketplace: str, order_numbers: pl.DataFrame) -> pl.DataFrame:
    """Those of the orders that another shop of the same marketplace holds: order_number, shop (name)."""
    others = sa.select(t.shops.c.id).where(t.shops.c.marketplace == str(marketplace), t.shops.c.id != shop_id)
    ids = list(connection.scalars(others))
    query = sa.select(t.orders.c.order_number, t.shops.c.name.label("shop")).join_from(
        t.orders, t.shops, t.shops.c.id == t.orders.c.shop_id
    )
    if not ids or order_numbers.is_empty():
        return typed(connection, query.where(sa.false()))
    named = staging.staged(connection, "numbers", order_numbers.select("order_number").unique())
    wanted = sa.text(f"SELECT order_number FROM {named}").columns(sa.column("order_number", sa.Text))
    return typed(connection, query.where(t.orders.c.shop_id.in_(ids), t.orders.c.order_number.in_(wanted)))
