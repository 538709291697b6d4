"""Rows of one kind are judged together: the few texts that a million rows share are looked at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Kinds:
    """``frame``: one row a kind. ``which``: the kind of each row (UInt32)."""

    frame: pl.DataFrame
    which: pl.Series

    def holds(self, test: pl.Expr) -> Flags:
        """Of each row, whether the test holds for its kind; null counts as no."""
        found: Flags = self.frame.select(test.fill_null(False)).to_series().to_numpy()[self.which.to_numpy()]
        return found

    def of(self, column: str) -> pl.Series:
        """The column, row by row."""
        return self.frame[column].gather(self.which)


def kinds_of(rows: pl.DataFrame, columns: Sequence[str | pl.Expr]) -> Kinds:
    """The kinds of rows that these columns make."""
    chosen = rows.select(columns)
    first, which = distinct(chosen.hash_rows())
    return Kinds(chosen[first], pl.Series(which))


def distinct(hashes: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """A row of each of the values (UInt64: themselves, or hashes of what is compared), and which value each row has.

    Hashes of 64 bits: among a million different texts two would share one in 1 of 40 million files.
    """
    found = hashes.unique()
    places = pl.int_range(len(found), dtype=pl.UInt32, eager=True)
    which = hashes.replace_strict(found, places, return_dtype=pl.UInt32).to_numpy()
    first = np.empty(len(found), dtype=np.int64)
    first[which] = np.arange(len(which))
    return first, which
