"""Decisions on return requests, what happened afterwards, what people know of them, the shop's values and rules."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "return_decisions",
        *_request("return_decisions"),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("refund_minor", sa.BigInteger()),
        sa.Column("currency", sa.Text()),
        sa.Column("recommended", sa.Text()),
        sa.Column("recommended_cost_minor", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("rules", sa.Text(), nullable=False),
        *_by_whom(),
    )
    op.create_table(
        "return_events",
        *_request("return_events"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean()),
        sa.Column("condition", sa.Text()),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("text", sa.Text()),
        *_by_whom(),
    )
    op.create_table(
        "return_facts",
        *_request("return_facts"),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        *_by_whom(),
    )
    for table in ("return_decisions", "return_events", "return_facts"):
        op.create_index(f"ix_{table}_shop_id_key", table, ["shop_id", "key"])
    op.create_table(
        "return_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        *_by_whom(),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_return_settings_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name="pk_return_settings"),
    )
    op.create_index("ix_return_settings_shop_id_name", "return_settings", ["shop_id", "name"])
    op.create_table(
        "return_rules",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer()),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("category", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("from_minor", sa.BigInteger()),
        sa.Column("up_to_minor", sa.BigInteger()),
        sa.Column("buyer_returns_from", sa.Integer()),
        sa.Column("buyer_keeps_from", sa.Integer()),
        *_by_whom(),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_return_rules_shop_id_shops"),
        sa.PrimaryKeyConstraint("rule_id", name="pk_return_rules"),
    )


def _request(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=f"fk_{table}_shop_id_shops"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _by_whom() -> list[sa.Column[object]]:
    return [sa.Column("person", sa.Text(), nullable=False), sa.Column("at", sa.BigInteger(), nullable=False)]
