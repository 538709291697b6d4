"""The table of orders whose personal data was wiped: files that still name their buyers do not bring them back."""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

wiped_orders = sa.Table(
    "wiped_orders",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("order_number", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
