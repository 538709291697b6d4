"""Collects what is found about rows, and makes verdicts and lists of reasons of it."""

import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.policy.tracking_reasons import BIT, CODES, Verdict, at_level
from core.policy.values import applies

REASON: Final = pl.Struct({"code": pl.String(), "given": pl.String(), "expected": pl.String()})
Texts = str | Sequence[str | None] | pl.Series | None


class Findings:
    """What is found about the rows of one frame."""

    def __init__(self, height: int) -> None:
        self.bits = np.zeros(height, dtype=np.uint64)
        self._one_at_a_time = threading.Lock()  # parts of a judgement run side by side
        self._said: list[pl.DataFrame] = []

    def mark(self, code: str, rows: Any, given: Texts = None, expected: Texts = None) -> None:
        """``code`` holds for these rows (row numbers, each once), with a text for each or one for all."""
        numbers = np.asarray(rows, dtype=np.int64)
        if not len(numbers):
            return
        with self._one_at_a_time:
            self.bits[numbers] |= np.uint64(BIT[code])
        size = len(numbers)
        code_number = pl.repeat(CODES.index(code), size, dtype=pl.UInt8, eager=True).alias("code")
        texts = _texts("given", given, size), _texts("expected", expected, size)
        self._said.append(pl.DataFrame([pl.Series("row", numbers), code_number, *texts]))

    def mark_bits(self, codes: Sequence[str], bits: NDArray[np.uint64]) -> None:
        """Codes without texts, as bits of all rows."""
        rows = np.flatnonzero(bits)
        for code in codes:
            self.mark(code, rows[(bits[rows] & np.uint64(BIT[code])) != 0])

    def has(self, code: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self.bits & np.uint64(BIT[code])) != 0
        return found

    @applies("XX-T2")
    def verdicts(self) -> pl.Series:
        """The gravest verdict that any reason of a row brings about; plausible where none does."""
        levels = list(Verdict)
        rank = np.full(len(self.bits), len(levels) - 1, dtype=np.uint32)
        for n, level in reversed(list(enumerate(levels))[:-1]):
            rank[(self.bits & np.uint64(at_level(level))) != 0] = n
        return worded("verdict", levels, rank)

    def reasons(self) -> pl.Series:
        """The reasons of each row, gravest first: List of REASON."""
        height = len(self.bits)
        none = pl.Series("reasons", [[]], pl.List(REASON))
        if not self._said:
            return none.new_from_index(0, height)
        # A code's place in the list of all codes is also its gravity.
        told = pl.concat(self._said)
        place = told["row"].to_numpy() * len(CODES) + told["code"].to_numpy()
        order = np.argsort(place, kind="stable")
        first = np.diff(place[order], prepend=-1) != 0
        told = told[order[first]]
        told = told.with_columns(pl.Series(CODES).gather(told["code"]).alias("code"))
        lists = told.group_by("row", maintain_order=True).agg(
            pl.struct(pl.col("code"), pl.col("given").fill_null(""), pl.col("expected").fill_null("")).alias("reasons")
        )
        every = pl.DataFrame({"row": pl.int_range(height, dtype=pl.Int64, eager=True)})
        found = every.join(lists, on="row", how="left", maintain_order="left")["reasons"]
        return found.fill_null(none)


def worded(name: str, words: Sequence[str | None], which: NDArray[Any]) -> pl.Series:
    """The word of each row, by its place among ``words``."""
    return pl.Series(name, words, pl.String).gather(pl.Series(which.astype(np.uint32, copy=False)))


def _texts(name: str, some: Texts, size: int) -> pl.Series:
    if some is None or isinstance(some, str):
        return pl.repeat(some, size, dtype=pl.String, eager=True).alias(name)
    return pl.Series(name, some, pl.String)
