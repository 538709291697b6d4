"""Words given for shipments, shipment files that were handed out, and the marketplaces' own workbooks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "shipment_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("tracking_url", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_shipment_words_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name="pk_shipment_words"),
    )
    op.create_index("ix_shipment_words_shop_id_order_number", "shipment_words", ["shop_id", "order_number"])
    op.create_table(
        "manifests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("surveillance_day", sa.Integer()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_manifests_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name="pk_manifests"),
    )
    op.create_index("ix_manifests_at", "manifests", ["at"])
    op.create_table(
        "manifest_rows",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("manifest_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text()),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("tracking_url", sa.Text()),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), server_default="", nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("word_id", sa.Integer()),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_manifest_rows_shop_id_shops"),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifests.id"], name="fk_manifest_rows_manifest_id_manifests"),
        sa.ForeignKeyConstraint(["word_id"], ["shipment_words.id"], name="fk_manifest_rows_word_id_shipment_words"),
        sa.PrimaryKeyConstraint("shop_id", "manifest_id", "n", name="pk_manifest_rows"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_manifest_rows_shop_id_order_number", "manifest_rows", ["shop_id", "order_number"])
    op.create_table(
        "shipment_templates",
        sa.Column("marketplace", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("marketplace", name="pk_shipment_templates"),
    )
