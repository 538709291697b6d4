"""The tables of who may come in: people, their roles, their open sessions, and links that set a password."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),  # as the record keeps it; never given to another
    sa.Column("password_hash", sa.Text),  # argon2; NULL: no password, another way in
    sa.Column("email", sa.Text, unique=True),  # folded; by which a provider's account is found the first time
    sa.Column("issuer", sa.Text),  # of the provider's account, once it came in
    sa.Column("subject", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("removed_at", Instant),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.UniqueConstraint("issuer", "subject"),
)

roles = sa.Table(
    "roles",
    metadata,
    sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("shop_id", sa.Integer, primary_key=True),  # 0: every shop, also those to come
    sa.Column("role", sa.Text, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of what the browser holds
    sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("origin", sa.Text, nullable=False, server_default=""),  # address and kind of sign-in
    sa.Index("ix_sessions_person_id", "person_id"),
)

password_links = sa.Table(
    "password_links",
    metadata,
    sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),  # SHA-256 of what stands in the link
    sa.Column("expires_at", Instant, nullable=False),
)
