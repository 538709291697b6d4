"""Looking up numbers that went out, or that a file of shipments named."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """An index of the tracking numbers of manifests, and of shipments."""
    for table in ("manifest_rows", "shipments"):
        op.create_index(f"ix_{table}_tracking_number", table, ["tracking_number"])
