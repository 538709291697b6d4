"""Shipments in and out of the base beside their facts: words, manifests, templates. Call in ``reading``/``writing``."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.store import record_tables
from core.store import tables as t
from core.store.frames import of_shops, typed
from core.store.shipment_tables import manifest_rows, manifests, shipment_templates, shipment_words
from core.store.staging import storable
from core.store.write import Stale, stored


def buyers_of_open(connection: sa.Connection) -> pl.DataFrame:
    """The buyers of open orders: shop_id, order_number, first_name, last_name, address, postcode."""
    buyer = t.buyers.c
    same = sa.and_(buyer.shop_id == t.orders.c.shop_id, buyer.order_number == t.orders.c.order_number)
    columns = (buyer.shop_id, buyer.order_number, buyer.first_name, buyer.last_name, buyer.address, buyer.postcode)
    return typed(connection, sa.select(*columns).join_from(t.orders, t.buyers, same).where(t.IS_OPEN))


def recent_shipments(
    connection: sa.Connection, since: dt.datetime, limit: int, shop_ids: Collection[int] | None = None
) -> pl.DataFrame:
    """The shipments that came in since then, oldest first: shop_id, shop, marketplace, order_number, carrier,
    tracking_number, tracking_url, imported_at. At most the newest ``limit``; of these shops, else of all."""
    shipment = record_tables.shipments.c
    source = record_tables.shipments.join(t.imports, t.imports.c.id == shipment.import_id).join(
        t.shops, t.shops.c.id == shipment.shop_id
    )
    query = sa.select(
        shipment.shop_id, t.shops.c.name.label("shop"), t.shops.c.marketplace, shipment.order_number,
        shipment.carrier, shipment.tracking_number, shipment.tracking_url, t.imports.c.imported_at,
    )  # fmt: skip
    wanted = query.select_from(source).where(
        t.imports.c.imported_at >= stored(since),
        shipment.tracking_number.is_not(None),
        of_shops(shipment.shop_id, shop_ids),
    )
    newest = wanted.order_by(t.imports.c.imported_at.desc(), shipment.shop_id, shipment.key).limit(limit)
    return typed(connection, newest).reverse()


def named_of_open(connection: sa.Connection) -> pl.DataFrame:
    """The numbers that files of shipments give to open orders: shop_id, order_number, line_id, tracking_number,
    import_id (of the file that last said it), oldest first."""
    record = record_tables.shipments.c
    same = sa.and_(record.shop_id == t.orders.c.shop_id, record.order_number == t.orders.c.order_number)
    query = sa.select(record.shop_id, record.order_number, record.line_id, record.tracking_number, record.import_id)
    wanted = query.join_from(t.orders, record_tables.shipments, same)
    return typed(
        connection,
        wanted.where(t.IS_OPEN, record.tracking_number.is_not(None)).order_by(record.import_id, record.key),
    )


def words_of_open(connection: sa.Connection) -> pl.DataFrame:
    """The words given for shipments of open orders, oldest first, all columns of the table."""
    same = sa.and_(
        shipment_words.c.shop_id == t.orders.c.shop_id, shipment_words.c.order_number == t.orders.c.order_number
    )
    query = sa.select(shipment_words).join_from(t.orders, shipment_words, same).where(t.IS_OPEN)
    return typed(connection, query.order_by(shipment_words.c.id))


def add_words(connection: sa.Connection, frame: pl.DataFrame) -> None:
    """Append words: the columns of the table but ``id``."""
    if frame.height:
        connection.execute(sa.insert(shipment_words), storable(frame).to_dicts())


def standing(connection: sa.Connection, shop_id: int, order_numbers: Iterable[str]) -> pl.DataFrame:
    """What these orders say of their parcel: order_number, carrier, tracking_number, tracking_url."""
    order = t.orders.c
    query = sa.select(order.order_number, order.carrier, order.tracking_number, order.tracking_url)
    return typed(connection, query.where(order.shop_id == shop_id, order.order_number.in_(list(order_numbers))))


def lines_of(connection: sa.Connection, shop_id: int, order_numbers: Iterable[str]) -> pl.DataFrame:
    """The lines of these orders that are goods, not fees: order_number, line_no, line_id, sku, quantity."""
    line = t.order_lines.c
    query = sa.select(
        line.order_number, line.line_no, line.line_id, sa.func.coalesce(line.seller_sku, line.sku).label("sku"),
        line.quantity,
    )  # fmt: skip
    wanted = query.where(line.shop_id == shop_id, line.order_number.in_(list(order_numbers)), sa.not_(line.fee))
    return typed(connection, wanted.order_by(line.order_number, line.line_no))


def add_manifest(connection: sa.Connection, row: Mapping[str, Any], sent: pl.DataFrame) -> int:
    """Keep a file that is handed out and what it says; gives its id. ``sent``: manifest_rows but its keys."""
    values = {name: stored(value) for name, value in row.items()}
    manifest_id = int(connection.scalar(sa.insert(manifests).values(**values).returning(manifests.c.id)) or 0)
    numbered = sent.with_row_index("n", offset=1).with_columns(
        pl.col("n").cast(pl.Int64), shop_id=pl.lit(row["shop_id"]), manifest_id=pl.lit(manifest_id)
    )
    connection.execute(sa.insert(manifest_rows), numbered.to_dicts())
    return manifest_id


def all_manifests(connection: sa.Connection, manifest_id: int | None = None) -> pl.DataFrame:
    """The manifests with their ``shop`` (name) and without the file, newest first; or the one of this id."""
    columns = [column for column in manifests.c if column.name != "file"]
    query = sa.select(*columns, t.shops.c.name.label("shop"), t.shops.c.marketplace)
    joined = query.join_from(manifests, t.shops, t.shops.c.id == manifests.c.shop_id)
    wanted = joined if manifest_id is None else joined.where(manifests.c.id == manifest_id)
    return typed(connection, wanted.order_by(manifests.c.id.desc()))


def manifest_file(connection: sa.Connection, manifest_id: int) -> bytes:
    """The file as it was handed out."""
    return bytes(connection.scalar(sa.select(manifests.c.file).where(manifests.c.id == manifest_id)) or b"")


def rows_of(connection: sa.Connection, manifest_id: int | None = None) -> pl.DataFrame:
    """What all manifests, or this one, say of each order, with the state and the as-of that the base now has of it.

    Columns: those of manifest_rows; state, as_of; word_person, word_role, word_at, word_reason, word_proof.
    """
    row, order, word = manifest_rows.c, t.orders.c, shipment_words.c
    source = (
        manifest_rows.outerjoin(t.orders, sa.and_(order.shop_id == row.shop_id, order.order_number == row.order_number))
        .outerjoin(t.imports, t.imports.c.id == order.import_id)
        .outerjoin(shipment_words, word.id == row.word_id)
    )
    query = sa.select(
        *row, order.state, t.imports.c.seen_as_of.label("as_of"), word.person.label("word_person"),
        word.role.label("word_role"), word.at.label("word_at"), word.reason.label("word_reason"),
        word.proof.label("word_proof"),
    )  # fmt: skip
    joined = query.select_from(source)
    wanted = joined if manifest_id is None else joined.where(row.manifest_id == manifest_id)
    return typed(connection, wanted.order_by(row.manifest_id.desc(), row.n))


def templates(connection: sa.Connection) -> pl.DataFrame:
    """The marketplaces' workbooks, without the file: the other columns of the table."""
    return typed(connection, sa.select(*(column for column in shipment_templates.c if column.name != "file")))


def template(connection: sa.Connection, marketplace: str) -> Mapping[str, Any] | None:
    """The workbook of a marketplace with its map, or None."""
    query = sa.select(shipment_templates).where(shipment_templates.c.marketplace == marketplace)
    found = connection.execute(query).mappings().one_or_none()
    return dict(found) if found else None


def save_template(
    connection: sa.Connection, marketplace: str, row: Mapping[str, Any], version: int, person: str, at: dt.datetime
) -> None:
    """Keep a workbook in the place of the one before (version 0: none). Raises :class:`Stale`."""
    same = shipment_templates.c.marketplace == marketplace
    query = sa.select(shipment_templates.c.version, shipment_templates.c.file_name).where(same)
    held = connection.execute(query).one_or_none()
    now, file_name = (held.version, held.file_name) if held else (0, None)
    if now != version:
        raise Stale({"file_name": row["file_name"], "version": version}, {"file_name": file_name, "version": now})
    connection.execute(sa.delete(shipment_templates).where(same))
    values = {**row, "marketplace": marketplace, "person": person, "at": stored(at), "version": version + 1}
    connection.execute(sa.insert(shipment_templates).values(**values))
