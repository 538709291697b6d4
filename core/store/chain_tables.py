"""The tables of the record: what was done, each row chained to the one before, and personal values apart."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

record = sa.Table(
    "record",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 …: a gap is a removal
    sa.Column("at", Instant, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("shop_id", sa.Integer),
    sa.Column("subject", sa.Text),  # an order number, an import's id, a setting's key …
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON: before, after, why, rules; hashes of personal values
    sa.Column("mac", sa.Text, nullable=False),  # keyed hash over this row and the mac before it
    # Each look walks one of these from its newest end.
    sa.Index("ix_record_subject_at_n", "subject", "at", "n"),
    sa.Index("ix_record_person_at_n", "person", "at", "n"),
    sa.Index("ix_record_what_at_n", "what", "at", "n"),
    sa.Index("ix_record_shop_id_at_n", "shop_id", "at", "n"),
    sa.Index("ix_record_at_n", "at", "n"),
)
"""Rows are only added; nothing in Desk48 changes one or takes one away."""

record_values = sa.Table(
    "record_values",
    metadata,
    sa.Column("n", sa.BigInteger, sa.ForeignKey("record.n"), primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
)
"""Personal values that a row of the record speaks of. Wiping them leaves the chain whole."""

record_key = sa.Table(
    "record_key",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
)
"""One row, by which the key of the chain is known again: a hash, of no use to whoever has not the key."""
