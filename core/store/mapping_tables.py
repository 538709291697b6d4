"""The table of what a shop settled about its files: which column is what, and what a file leaves open."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

file_mappings = sa.Table(
    "file_mappings",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    # The fingerprint of a header, or the name of a known format whose files leave something open.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", sa.Text),  # JSON; NULL: taken away in this version
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
"""Appended, never changed: the highest version holds, the others say how earlier files were read."""
