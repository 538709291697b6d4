"""What shops call carriers, and the other ways in which tracking numbers are written."""

import polars as pl
import sqlalchemy as sa
from alembic import op

from core.policy.tracking_numbers import normalised

revision = "0015"
down_revision = "0014"

NUMBERED = ("orders", "manifest_rows", "shipments")


def upgrade() -> None:
    """Make the tables, and note how the numbers are written that stand in the base."""
    op.create_table(
        "carrier_words",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name="fk_carrier_words_shop_id_shops"),
        sa.PrimaryKeyConstraint("shop_id", "word", name="pk_carrier_words"),
    )
    op.create_table(
        "number_spellings",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("spelled", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "spelled", name="pk_number_spellings"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    rough = _rough(connection)
    # Compared as the checks compare them: a migration with a rule of its own would find other numbers.
    pairs = pl.DataFrame({"number": normalised(rough, lambda *_: None), "spelled": rough})
    pairs = pairs.filter(pl.col("number") != pl.col("spelled")).sort("number")
    for part in pairs.iter_slices(50_000):
        _insert(connection, part)


def _insert(connection: sa.Connection, pairs: pl.DataFrame) -> None:
    """Row by row as SQLite is fastest, as two arrays on PostgreSQL."""
    insert = "INSERT INTO number_spellings (number, spelled)"
    if connection.dialect.name == "postgresql":
        arrays = "SELECT * FROM unnest(CAST(:number AS text[]), CAST(:spelled AS text[]))"
        connection.execute(sa.text(f"{insert} {arrays}"), pairs.to_dict(as_series=False))
    else:
        connection.exec_driver_sql(f"{insert} VALUES (?, ?)", pairs.rows())


def _rough(connection: sa.Connection) -> pl.Series:
    """The numbers with other signs than capital letters and digits: mostly few, found by a walk through the indexes."""
    holds = "~ '[^A-Z0-9]'" if connection.dialect.name == "postgresql" else "GLOB '*[^A-Z0-9]*'"
    each = (f"SELECT tracking_number FROM {table} WHERE tracking_number {holds}" for table in NUMBERED)
    return pl.Series("spelled", list(connection.scalars(sa.text(" UNION ".join(each)))), pl.String)
