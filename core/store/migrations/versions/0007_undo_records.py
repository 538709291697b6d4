"""What it takes to undo an import of records, and what an import was of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The kind of an import, and the table of how records stood before."""
    op.add_column("imports", sa.Column("kind", sa.Text()))
    op.create_table(
        "undo_records",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("held", sa.Text()),
        sa.Column("digest", sa.BigInteger()),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_undo_records_shop_id_shops"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_undo_records_import_id_imports"),
        sa.PrimaryKeyConstraint("shop_id", "import_id", "kind", "key", name="pk_undo_records"),
        sqlite_with_rowid=False,
    )
