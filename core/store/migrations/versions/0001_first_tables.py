"""The first tables: shops, orders with lines and buyers, imports, decisions, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

OPEN = sa.text(
    "state IN ('new', 'blocked', 'to_accept', 'awaiting_payment', 'to_ship', "
    "'part_shipped', 'sent_unconfirmed', 'cancel_requested', 'in_dispute', 'unknown')"
)
TRACKED = sa.text("tracking_number IS NOT NULL")


def upgrade() -> None:
    """Make every table, and the one row of the revision."""
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    op.create_table(
        "shops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column("preparation_days", sa.Integer()),
        sa.Column("vacation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shops"),
        sa.UniqueConstraint("marketplace", "name", name="uq_shops_marketplace_name"),
    )
    op.create_table(
        "buyers",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text()),
        sa.Column("last_name", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("postcode", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("billing", sa.Text()),
        sa.Column("billing_postcode", sa.Text()),
        sa.Column("billing_city", sa.Text()),
        sa.Column("billing_country", sa.Text()),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_buyers_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "order_number", name="pk_buyers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_decisions_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_shop_id_order_number", "decisions", ["shop_id", "order_number"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("encoding", sa.Text()),
        sa.Column("digest_version", sa.Text()),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("as_of_source", sa.Text(), nullable=False),
        sa.Column("seen_as_of", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("covers_from", sa.BigInteger()),
        sa.Column("covers_to", sa.BigInteger()),
        sa.Column("states", sa.Text()),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("older", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_imports_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_sha256", "imports", ["sha256"])
    op.create_index("ix_imports_shop_id_as_of", "imports", ["shop_id", "as_of"])
    op.create_table(
        "order_days",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_order_days_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "day", "state", name="pk_order_days"),
    )
    op.create_table(
        "order_lines",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Text()),
        sa.Column("sku", sa.Text()),
        sa.Column("seller_sku", sa.Text()),
        sa.Column("ean", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("quantity", sa.Integer()),
        sa.Column("price_minor", sa.BigInteger()),
        sa.Column("shipping_minor", sa.BigInteger()),
        sa.Column("fee", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_order_lines_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "order_number", "line_no", name="pk_order_lines"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "state_words",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_state_words_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "word", name="pk_state_words"),
    )
    op.create_table(
        "findings",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("column", sa.Text()),
        sa.Column("value", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text()),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_findings_import_id_imports"),
        sa.PrimaryKeyConstraint("import_id", "n", name="pk_findings"),
    )
    op.create_table(
        "orders",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_word", sa.Text()),
        sa.Column("created_at", sa.BigInteger()),
        sa.Column("paid_at", sa.BigInteger()),
        sa.Column("latest_ship_at", sa.BigInteger()),
        sa.Column("delivery_mode", sa.Text()),
        sa.Column("goods_minor", sa.BigInteger()),
        sa.Column("shipping_minor", sa.BigInteger()),
        sa.Column("currency", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("carrier", sa.Text()),
        sa.Column("tracking_number", sa.Text()),
        sa.Column("tracking_url", sa.Text()),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("held", sa.Text()),
        sa.Column("digest", sa.BigInteger()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_orders_import_id_imports"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_orders_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "order_number", name="pk_orders"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_orders_open", "orders", ["shop_id", "created_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_orders_tracking_number",
        "orders",
        ["tracking_number"],
        sqlite_where=TRACKED,
        postgresql_where=TRACKED,
    )
    op.execute("INSERT INTO revision (id, n) VALUES (1, 1)")
