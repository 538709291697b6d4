"""Who has a case open; how the record's key is known again; indexes for looking through the record."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WALKED = ("subject", "person", "what", "shop_id")


def upgrade() -> None:
    """Make the two tables, and an index for each way to look."""
    op.create_table(
        "presence",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("case_key", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "case_key", "person", name="pk_presence"),
    )
    op.create_table(
        "record_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record_key"),
    )
    op.drop_index("ix_record_shop_id_subject", "record")
    op.drop_index("ix_record_at", "record")
    for name in WALKED:
        op.create_index(f"ix_record_{name}_at_n", "record", [name, "at", "n"])
    op.create_index("ix_record_at_n", "record", ["at", "n"])
