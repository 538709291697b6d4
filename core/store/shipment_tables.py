"""The tables around a shipment: words given for it, the files it went out in, a marketplace's own workbook."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

shipment_words = sa.Table(
    "shipment_words",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
    sa.Column("order_number", sa.Text, nullable=False),
    # What it was given for: it holds for this carrier, number and link, and against these reasons only.
    sa.Column("carrier", sa.Text, nullable=False, server_default=""),
    sa.Column("tracking_number", sa.Text, nullable=False),
    sa.Column("tracking_url", sa.Text, nullable=False, server_default=""),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("codes", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("proof", sa.Text),  # what the person has seen: required of a lead
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_shipment_words_shop_id_order_number", "shop_id", "order_number"),
)
"""Somebody's word that a shipment may go although its check alone does not let it. Appended, never changed."""

manifests = sa.Table(
    "manifests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
    sa.Column("layout", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),  # as it was handed out: it can be fetched again
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),  # rule ids and the values in force
    sa.Column("surveillance_day", sa.Integer),  # n of 30, where the shop was under surveillance
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_manifests_at", "at"),
)
"""Shipment files that were handed out."""

manifest_rows = sa.Table(
    "manifest_rows",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("manifest_id", sa.Integer, sa.ForeignKey("manifests.id"), primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("order_number", sa.Text, nullable=False),
    sa.Column("carrier", sa.Text),
    sa.Column("tracking_number", sa.Text, nullable=False),
    sa.Column("tracking_url", sa.Text),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("codes", sa.Text, nullable=False, server_default=""),
    sa.Column("gate", sa.Text, nullable=False),
    sa.Column("word_id", sa.Integer, sa.ForeignKey("shipment_words.id")),
    sa.Index("ix_manifest_rows_shop_id_order_number", "shop_id", "order_number"),
    sa.Index("ix_manifest_rows_tracking_number", "tracking_number"),
    sqlite_with_rowid=False,
)
"""What each file said of each order, with the verdict it went out on."""

shipment_templates = sa.Table(
    "shipment_templates",
    metadata,
    sa.Column("marketplace", sa.Text, primary_key=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),
    sa.Column("sheet", sa.Text, nullable=False),
    sa.Column("header_row", sa.Integer, nullable=False),  # from 1, as a spreadsheet counts
    sa.Column("first_row", sa.Integer, nullable=False),
    sa.Column("columns", sa.JSON, nullable=False),  # field -> column, from 1
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)
"""The workbook that a marketplace takes shipments in, as the team uploaded it once."""
