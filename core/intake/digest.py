"""What rows of a file say, as numbers: rows with the same numbers are typed to the same.

The numbers are those of the cells' text and not of what is made of it, so that what the base knows word for word
need not be typed again. Whatever else decides what a cell becomes is part of them: its format, the zone of its
clock, the code that types it, and the state that its word means.
"""

import dataclasses
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from core.intake.formats import LINE_FIELDS, Format, Formats
from core.policy import words

DIGEST_VERSION: Final = f"polars-{pl.__version__}-2"
"""Names the algorithm of the digest; digests of two versions must not be compared."""
_TYPING: Final = ("by_order", "cells", "damage", "dates", "digest", "explode", "formats", "mojibake", "read", "rows")
"""The modules here that make typed rows of the text of cells; how words are folded decides it too."""
SHARED, OWN = "of_order", "of_line"
"""What a row says of its order and buyer, and of its line: the columns of :func:`of_rows`."""

Rows = npt.NDArray[np.int64]


def context(form: Format, formats: Formats, zone: str) -> int:
    """A number of all that decides, besides the text of a cell, what it is typed to."""
    told = [dataclasses.asdict(form), formats.delivery_modes, zone, _code()]
    text = json.dumps(told, sort_keys=True, default=sorted)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


@cache
def _code() -> str:
    """The state of the code that types rows: with another one they may be typed to something else."""
    files = [*(Path(__file__).with_name(f"{name}.py") for name in _TYPING), Path(words.__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def of_rows(cells: pl.DataFrame, about: int) -> pl.DataFrame:
    """SHARED and OWN of each row. ``cells``: text by field, and the meaning of the state; ``about``: the context."""
    own = [name for name in cells.columns if name in LINE_FIELDS]
    sums = cells.select(
        _sum([name for name in cells.columns if name not in LINE_FIELDS]).alias(SHARED), _sum(own).alias(OWN)
    )
    return sums.select(pl.all().hash(about))


def _sum(names: list[str]) -> pl.Expr:
    """The sum of the hashes of a row's cells, each column with a seed of its own."""
    return pl.sum_horizontal(pl.lit(0, pl.UInt64), *(pl.col(name).hash(crc32(name.encode())) for name in names))


def of_orders(rows: pl.DataFrame, starts: Rows) -> Rows:
    """The digest of each order; ``starts``: where its rows begin. The order of its lines does not matter, as long
    as they say the same of the order: where they do not, the first one counts."""
    sizes = np.diff(np.append(starts, rows.height))
    place = np.arange(rows.height) - np.repeat(starts, sizes)
    shared = rows[SHARED].to_numpy() * (2 * place + 1).astype(np.uint64)
    return np.asarray((np.add.reduceat(shared + rows[OWN].to_numpy(), starts)).view(np.int64))


def starts_of(numbers: pl.Series) -> Rows:
    """Row numbers at which another order begins."""
    same = numbers.eq_missing(numbers.shift(1)).to_numpy().copy()
    same[:1] = False
    return np.flatnonzero(~same).astype(np.int64)


# What the base knows

AGAIN: Final = pl.Schema({"order_number": pl.String(), "rows": pl.Int64(), "digest": pl.Int64()})
"""Orders that a file says again word for word, and how many of its rows say it."""


def recognised(rows: pl.DataFrame, known: Rows) -> tuple[pl.DataFrame, pl.Series]:
    """The orders whose digest is known, with what their first row says, ``rows`` and ``digest``; and which rows
    are theirs. ``rows``: order_number and what :func:`of_rows` gives; ``known``: sorted digests."""
    starts = starts_of(rows["order_number"])
    digests = of_orders(rows, starts)
    sizes = np.diff(np.append(starts, rows.height))
    hit = known[np.minimum(np.searchsorted(known, digests), len(known) - 1)] == digests
    again = rows[starts[hit]].with_columns(rows=pl.Series(sizes[hit]), digest=pl.Series(digests[hit]))
    return again, pl.Series(np.repeat(hit, sizes))
