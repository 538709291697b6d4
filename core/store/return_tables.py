"""The tables around a return request: what was decided, what happened afterwards, what people know of it,
and the shop's own dated values and rules. All of them are appended to, never changed but for the end of a rule.
"""

import sqlalchemy as sa

from core.store.tables import Instant, metadata

Day = sa.Integer
"""Days since 1970-01-01."""


def _request() -> tuple[sa.Column[int], sa.Column[int], sa.Column[str]]:
    """The number of the row and the request it is about, by the key of ``return_requests``."""
    return (
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
    )


def _by_whom() -> tuple[sa.Column[str], sa.Column[int]]:
    return sa.Column("person", sa.Text, nullable=False), sa.Column("at", Instant, nullable=False)


return_decisions = sa.Table(
    "return_decisions",
    metadata,
    *_request(),
    sa.Column("option", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger),  # what the option was expected to cost; null: could not be told
    sa.Column("refund_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("recommended", sa.Text),  # null: nothing could be recommended
    sa.Column("recommended_cost_minor", sa.BigInteger),
    sa.Column("reason", sa.Text),  # why not the recommended one
    sa.Column("rules", sa.Text, nullable=False),  # rule ids, and the shop's values and rules in force
    *_by_whom(),
    sa.Index("ix_return_decisions_shop_id_key", "shop_id", "key"),
)

return_events = sa.Table(
    "return_events",
    metadata,
    *_request(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("happened_at", Instant, nullable=False),
    sa.Column("complete", sa.Boolean),  # goods back: was all there
    sa.Column("condition", sa.Text),  # goods back: new, used or broken
    sa.Column("amount_minor", sa.BigInteger),  # refund paid
    sa.Column("text", sa.Text),
    *_by_whom(),
    sa.Index("ix_return_events_shop_id_key", "shop_id", "key"),
)

return_facts = sa.Table(
    "return_facts",
    metadata,
    *_request(),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    *_by_whom(),
    sa.Index("ix_return_facts_shop_id_key", "shop_id", "key"),
)
"""What a person found out and no file says; the newest word on a field holds."""

return_settings = sa.Table(
    "return_settings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("since", Day, nullable=False),
    sa.Column("amount", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    *_by_whom(),
    sa.Index("ix_return_settings_shop_id_name", "shop_id", "name"),
)
"""A shop's costs and what it can offer, each in force from a day on."""

return_rules = sa.Table(
    "return_rules",
    metadata,
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id")),  # null: every shop
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("since", Day, nullable=False),
    sa.Column("until", Day),  # the first day on which it holds no more; null: open
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("option", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("country", sa.Text),
    sa.Column("from_minor", sa.BigInteger),
    sa.Column("up_to_minor", sa.BigInteger),
    sa.Column("buyer_returns_from", sa.Integer),
    sa.Column("buyer_keeps_from", sa.Integer),
    *_by_whom(),
)
"""A shop's own rules on top of the law."""
