"""The tables that let an import be taken back, and the rows that one kept out."""

from typing import Any

import sqlalchemy as sa

from core.store.tables import Instant, metadata

undo_layers = sa.Table(
    "undo_layers",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("order_number", sa.Text, primary_key=True),
    sa.Column("owner", sa.Integer, nullable=False),  # orders.import_id before
    sa.Column("held", sa.Text),
    sa.Column("digest", sa.BigInteger),
    # The cells that the import changed, as they were: {"k": ["state", "line2.title"], "v": ["to_ship", null]}.
    # NULL where the import only confirmed the order: then held and digest stayed as they are.
    sa.Column("cells", sa.Text),
    sqlite_with_rowid=False,
)
"""How an order stood before an import that changed or confirmed it. An order that it created has no row
here: ``orders.created_import_id`` says it."""

undo_records = sa.Table(
    "undo_records",
    metadata,
    sa.Column("shop_id", sa.Integer, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("owner", sa.Integer, nullable=False),
    sa.Column("held", sa.Text),
    sa.Column("digest", sa.BigInteger),
    sa.Column("cells", sa.Text, nullable=False),  # as in undo_layers; {"k": [], "v": []} where it only confirmed
    sqlite_with_rowid=False,
)
"""The same for records (shipments, return requests, ...), by kind and natural key. Cells may hold what people
wrote: they are personal data."""

undo_raises = sa.Table(
    "undo_raises",
    metadata,
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("by_import", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("seen_as_of", Instant, nullable=False),
)
"""The as-of that an import had before a newer file said again all that it holds."""

rejected_rows = sa.Table(
    "rejected_rows",
    metadata,
    sa.Column("import_id", sa.Integer, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),  # 0: the header
    sa.Column("order_number", sa.Text),
    sa.Column("cells", sa.Text, nullable=False),  # the file's own cells as a list in JSON
    sa.Column("bad", sa.Boolean, nullable=False),  # False: a good row of an order that has a rejected one
)
"""The rows that an import kept out, as they stood in the file. They hold personal data."""


def value_of(column: sa.Column[Any], text: str | None) -> Any:
    """A cell that was kept, as its column holds it."""
    if text is None:
        return None
    if isinstance(column.type, sa.Boolean):
        return text == "true"
    if isinstance(column.type, sa.Integer):
        return int(text)
    return float(text) if isinstance(column.type, sa.Float) else text
