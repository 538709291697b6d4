"""The tables. Facts come from imports (a file or what a person typed); decisions are appended.

Instants are stored as whole microseconds since 1970 UTC, money as integer minor units, ids as
text. The shop stands first in every key, so that a distributed PostgreSQL can shard by it.
"""

import sqlalchemy as sa

from core.policy.words import OPEN_STATES, State

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = sa.BigInteger
"""Microseconds since 1970-01-01 UTC."""


def _order_key() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
        sa.Column("order_number", sa.Text, primary_key=True),
    )


shops = sa.Table(
    "shops",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("marketplace", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False, server_default="Europe/Paris"),
    sa.Column("preparation_days", sa.Integer),
    sa.Column("vacation", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("auto_accept", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.UniqueConstraint("marketplace", "name"),
)

orders = sa.Table(
    "orders",
    metadata,
    *_order_key(),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_word", sa.Text),
    sa.Column("created_at", Instant),
    sa.Column("paid_at", Instant),
    sa.Column("latest_ship_at", Instant),
    sa.Column("delivery_mode", sa.Text),
    sa.Column("goods_minor", sa.BigInteger),
    sa.Column("shipping_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("carrier", sa.Text),
    sa.Column("tracking_number", sa.Text),
    sa.Column("tracking_url", sa.Text),
    # The import that last gave or confirmed this order; its as-of is the order's.
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), nullable=False),
    # The import that first brought this order; NULL for orders older than the undo.
    sa.Column("created_import_id", sa.Integer),
    # Fields that another import gave than import_id: "paid_at:3 carrier:7", else NULL.
    sa.Column("held", sa.Text),
    # What the last file said of this order, its lines and its buyer, as one number.
    sa.Column("digest", sa.BigInteger),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sqlite_with_rowid=False,
)

_closed = [state for state in State if state not in OPEN_STATES]
IS_OPEN = sa.and_(*(orders.c.state != sa.literal(str(state), literal_execute=True) for state in _closed))
"""The condition of the partial index, for queries: written as literals, or SQLite would not use it. It names the
closed states, one by one: most orders are shipped, and SQLite makes a table of a list for each row that it writes."""
_open = sa.and_(*(orders.c.state != str(state) for state in _closed))
sa.Index("ix_orders_open", orders.c.shop_id, orders.c.created_at, sqlite_where=_open, postgresql_where=_open)
_tracked = orders.c.tracking_number.is_not(None)
sa.Index("ix_orders_tracking_number", orders.c.tracking_number, sqlite_where=_tracked, postgresql_where=_tracked)

order_lines = sa.Table(
    "order_lines",
    metadata,
    *_order_key(),
    sa.Column("line_no", sa.Integer, primary_key=True),
    sa.Column("line_id", sa.Text),
    sa.Column("sku", sa.Text),
    sa.Column("seller_sku", sa.Text),
    sa.Column("ean", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("quantity", sa.Integer),
    sa.Column("price_minor", sa.BigInteger),
    sa.Column("shipping_minor", sa.BigInteger),
    sa.Column("fee", sa.Boolean, nullable=False, server_default=sa.false()),
    sqlite_with_rowid=False,
)

buyers = sa.Table(
    "buyers",
    metadata,
    *_order_key(),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("postcode", sa.Text),
    sa.Column("city", sa.Text),
    sa.Column("country", sa.Text),
    sa.Column("billing", sa.Text),
    sa.Column("billing_postcode", sa.Text),
    sa.Column("billing_city", sa.Text),
    sa.Column("billing_country", sa.Text),
    sqlite_with_rowid=False,
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
    # What a person typed into the desk is an import of format "typed" without a file.
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),  # orders, shipments, returns, ...; NULL: typed, or from before it was kept
    sa.Column("file_name", sa.Text),
    sa.Column("sha256", sa.Text),
    sa.Column("encoding", sa.Text),
    sa.Column("digest_version", sa.Text),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("as_of_source", sa.Text, nullable=False),  # file, person, upload
    # Raised when a newer file says again all that this one still holds.
    sa.Column("seen_as_of", Instant, nullable=False),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("covers_from", Instant),
    sa.Column("covers_to", Instant),
    sa.Column("states", sa.Text),
    sa.Column("read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("new", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.Integer, nullable=False, server_default="0"),
    sa.Column("older", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rejected", sa.Integer, nullable=False, server_default="0"),
    sa.Column("mapping_version", sa.Text),  # which state of the format's description read the file
    sa.Column("duration_ms", sa.Integer),
    sa.Column("undoable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("undone_at", Instant),
    sa.Column("undone_by", sa.Text),
    sa.Index("ix_imports_shop_id_as_of", "shop_id", "as_of"),
    sa.Index("ix_imports_sha256", "sha256"),
)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("line", sa.Integer),
    sa.Column("column", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("order_number", sa.Text),
)

state_words = sa.Table(
    "state_words",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("word", sa.Text, primary_key=True),  # folded: lower case, no accents, single spaces
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

carrier_words = sa.Table(
    "carrier_words",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("word", sa.Text, primary_key=True),  # folded: its letters and digits alone, small and plain
    sa.Column("carrier", sa.Text, nullable=False),  # a name that the carriers' file knows
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

number_spellings = sa.Table(
    "number_spellings",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),  # as numbers are compared
    sa.Column("spelled", sa.Text, primary_key=True),  # as one stands in orders, manifest_rows or shipments
    sqlite_with_rowid=False,
)
"""Other ways of writing a tracking number: see core/store/spellings.py."""

order_days = sa.Table(
    "order_days",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),  # days since 1970-01-01 UTC
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("orders", sa.Integer, nullable=False),
)
"""Orders per shop, day of creation and state: history is read through this, not through orders."""

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), nullable=False),
    sa.Column("order_number", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text),  # a reason, a note, or who it is assigned to
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("rules", sa.Text, nullable=False, server_default=""),  # rule ids and values in force
    sa.Index("ix_decisions_shop_id_order_number", "shop_id", "order_number"),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)

revision = sa.Table(
    "revision",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
"""One row; moved by every write of facts, decisions or settings, and never repeated."""
