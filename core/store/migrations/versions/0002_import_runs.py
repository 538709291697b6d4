"""What a run of an import was, what it takes to undo it, its rejected rows, and work that runs on its own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """New columns of imports and orders; the tables of undo and of jobs."""
    op.add_column("orders", sa.Column("created_import_id", sa.Integer()))
    for column in (
        sa.Column("mapping_version", sa.Text()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("undoable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.Column("undone_by", sa.Text()),
    ):
        op.add_column("imports", column)
    op.create_table(
        "undo_layers",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("held", sa.Text()),
        sa.Column("digest", sa.BigInteger()),
        sa.Column("cells", sa.Text()),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_undo_layers_shop_id_shops"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_undo_layers_import_id_imports"),
        sa.PrimaryKeyConstraint("shop_id", "import_id", "order_number", name="pk_undo_layers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "undo_raises",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("by_import", sa.Integer(), nullable=False),
        sa.Column("seen_as_of", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_undo_raises_import_id_imports"),
        sa.ForeignKeyConstraint(["by_import"], ["imports.id"], name="fk_undo_raises_by_import_imports"),
        sa.PrimaryKeyConstraint("import_id", "by_import", name="pk_undo_raises"),
    )
    op.create_table(
        "rejected_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text()),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("bad", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_rejected_rows_import_id_imports"),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_rejected_rows"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("heartbeat", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("import_id", sa.Integer()),
        sa.Column("error", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
