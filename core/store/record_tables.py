"""The tables of what is no order: shipments, return requests, inquiries, disputes, finance, shop health.

A row is known by its natural key as one text. Its fields are those that a file gives; it keeps its import and
the fields that another one gave ("held") as orders do. What people wrote, or are called, stands in
``record_texts``, so that it can be wiped. An order that a row names need not be known.
"""

from typing import Final

import sqlalchemy as sa

from core.store.tables import Instant, metadata

Minor = sa.BigInteger
"""Money in minor units of its currency."""


def _record_key() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
    )


def _owned() -> tuple[sa.Column[int], sa.Column[int], sa.Column[str], sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("created_import_id", sa.Integer, nullable=False),
        sa.Column("held", sa.Text),
        sa.Column("digest", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    )


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _instant(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, Instant) for name in names]


def _minor(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, Minor) for name in names]


def _flag(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean) for name in names]


def _by_order(table: str) -> sa.Index:
    return sa.Index(f"ix_{table}_shop_id_order_number", "shop_id", "order_number")


shipments = sa.Table(
    "shipments",
    metadata,
    *_record_key(),
    *_text("order_number", "line_id", "sku"),
    sa.Column("quantity", sa.Integer),
    *_instant("shipped_at"),
    *_text("carrier", "carrier_name", "ship_method", "tracking_number", "tracking_url"),
    *_owned(),
    _by_order("shipments"),
    sa.Index("ix_shipments_tracking_number", "tracking_number"),
    sqlite_with_rowid=False,
)

return_requests = sa.Table(
    "return_requests",
    metadata,
    *_record_key(),
    *_text("order_number", "line_id", "sku", "seller_sku", "title", "rma_id", "merchant_rma_id"),
    *_instant("requested_at", "ordered_at", "delivered_at", "received_at"),
    *_text("reason_word", "status_word", "resolution_word", "return_type", "category"),
    sa.Column("quantity", sa.Integer),
    *_text("label_word", "label_paid_by"),
    *_minor("label_cost_minor", "refunded_minor", "order_minor"),
    *_text("currency", "safet_id", "carrier", "tracking_number", "country"),
    *_flag("in_policy", "is_prime", "claim"),
    *_owned(),
    _by_order("return_requests"),
    sqlite_with_rowid=False,
)

inquiries = sa.Table(
    "inquiries",
    metadata,
    *_record_key(),
    *_text("inquiry_number", "order_number", "level_word", "topic_word", "about_word", "status_word", "channel"),
    *_instant("created_at", "last_buyer_at", "updated_at", "answered_at"),
    *_flag("is_open", "needs_reply"),
    *_owned(),
    _by_order("inquiries"),
    sqlite_with_rowid=False,
)

disputes = sa.Table(
    "disputes",
    metadata,
    *_record_key(),
    *_text("dispute_number", "order_number", "status_word", "reason_word", "kind_word", "currency"),
    *_instant("created_at", "respond_by", "return_received_at"),
    *_minor("claimed_minor", "offered_minor"),
    *_owned(),
    _by_order("disputes"),
    sqlite_with_rowid=False,
)

finance_entries = sa.Table(
    "finance_entries",
    metadata,
    *_record_key(),
    *_text("document_number", "order_number", "item_id", "sku", "channel", "row_word", "currency"),
    *_instant("booked_at", "early_payment_at", "paid_out_at"),
    *_minor("goods_minor", "shipping_minor", "refund_minor", "commission_minor", "instalment_minor"),
    *_minor("payment_fee_minor", "commission_credit_minor", "cost_minor", "freight_minor", "profit_minor"),
    *_minor("total_minor"),
    *_owned(),
    _by_order("finance_entries"),
    sqlite_with_rowid=False,
)

health_indicators = sa.Table(
    "health_indicators",
    metadata,
    *_record_key(),
    *_text("metric_word", "marketplace_id", "target_word", "status_word"),
    *_instant("from_at", "to_at"),
    sa.Column("rate", sa.Float),
    sa.Column("target", sa.Float),
    sa.Column("hits", sa.Integer),
    sa.Column("of", sa.Integer),
    *_owned(),
    sqlite_with_rowid=False,
)

record_texts = sa.Table(
    "record_texts",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

TABLES: Final = {
    "shipments": shipments,
    "returns": return_requests,
    "inquiries": inquiries,
    "disputes": disputes,
    "finance": finance_entries,
    "health": health_indicators,
}
"""The table of each kind of file."""
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "returns": ("reason_text",),
    "inquiries": ("subject", "body", "buyer"),
    "disputes": ("note",),
}
"""The fields of a kind that stand in ``record_texts``."""
