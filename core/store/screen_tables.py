"""The table of team screens: who may show what, opened by a token of which only the hash is kept."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

screens = sa.Table(
    "screens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),  # SHA-256, hexadecimal
    sa.Column("shops", sa.JSON),  # ids; JSON null: all shops, also those to come
    sa.Column("look", sa.JSON, nullable=False),  # core.desk.screens.Look
    sa.Column("expires_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("revoked_by", sa.Text),
    sa.Column("last_used_at", Instant),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)
