"""Tracking numbers that stand in the base otherwise than they are compared: with spaces or dashes, in small letters.

A number is kept as it was said. Each way of writing one stands here beside the plain number, so that a look by the
plain one goes through an index, and no table that holds numbers needs a second column of them.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.policy.tracking_numbers import PLAIN, normalised
from core.store.staging import Staged
from core.store.tables import number_spellings

_AT_ONCE: Final = 500


def frame_of(numbers: pl.Series) -> pl.DataFrame:
    """The numbers that are not written plainly, each once: number (plain), spelled (as it stands)."""
    numbers = numbers.cast(pl.String)
    rough = numbers.filter(~numbers.str.contains(PLAIN)).unique(maintain_order=True)
    frame = pl.DataFrame({"number": normalised(rough, lambda *_: None), "spelled": rough})
    return frame.filter(pl.col("number") != pl.col("spelled"))


def add(connection: sa.Connection, staged: Staged) -> None:
    """Keep what :func:`frame_of` gave; what stands here already stays."""
    connection.exec_driver_sql(
        f"INSERT INTO {number_spellings.name} (number, spelled) "
        f"SELECT number, spelled FROM {staged.table} WHERE true ON CONFLICT DO NOTHING"
    )


def of(connection: sa.Connection, numbers: Sequence[str]) -> list[str]:
    """Every other way in which these plain numbers were ever written."""
    table = number_spellings.c
    if connection.scalar(sa.select(table.number).limit(1)) is None:
        return []
    parts = (numbers[at : at + _AT_ONCE] for at in range(0, len(numbers), _AT_ONCE))
    queries = (sa.select(table.spelled).where(table.number.in_(some)) for some in parts)
    return [spelled for query in queries for spelled in connection.scalars(query)]
