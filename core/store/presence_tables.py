"""The table of who has which case open just now. It is no fact and no row of the record: it may be lost."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

presence = sa.Table(
    "presence",
    metadata,
    sa.Column("shop_id", sa.Integer, primary_key=True),
    sa.Column("case_key", sa.Text, primary_key=True),  # an order number; of a return "return:" and its key
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("since_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)
