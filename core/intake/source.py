"""A file whose header is found, and the rows below it as text."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import polars as pl

from core.intake.encoding import Decoded
from core.intake.formats import Format
from core.intake.recognise import Recognised

SPACES: Final = " \u00a0\t"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Grid:
    """``cells``: text columns c0, c1, ... (blank is null) of the rows below the header; ``line``: the file
    line each starts on; ``ragged``: line, value (raw text) and code (of the finding) of rows whose cells
    are not those of the header."""

    format: Format
    encoding: str
    header: list[str]
    cells: pl.DataFrame
    line: pl.Series
    ragged: pl.DataFrame
    damaged: bool = False  # some character could not be read
    spaces: str = SPACES  # those of them that may stand around the text of a cell
    rare: bool = True  # whether signs that are hidden, full-width or garbled may be among the text


class Rows(Protocol):
    """The rows of a file, which can be gone through again and again."""

    def each(self, work: Callable[[Grid], Result]) -> list[Result]:
        """What ``work`` makes of each part of the rows, in file order."""


@dataclass(frozen=True)
class Source:
    """A file whose header is found and whose rows are still to be read. ``recognised``: why it is of this format;
    ``decoded``: its encoding, None where it has none of its own (a workbook); ``change``: done to each part."""

    format: Format
    header: list[str]
    rows: Rows
    recognised: Recognised = field(default_factory=lambda: Recognised(None))
    decoded: Decoded | None = None
    change: Callable[[Grid], Grid] | None = None
    above: int = 0  # lines above the header that look like rows
    left: tuple[str, ...] = ()  # names of the sheets of a workbook that are not read

    def each(self, work: Callable[[Grid], Result]) -> list[Result]:
        """What ``work`` makes of each part of the rows, in file order. Parts are read and worked on side by side,
        and each is let go when its work is done: the text of a big file is never in memory as a whole."""
        change = self.change
        return self.rows.each(work if change is None else lambda raw: work(change(raw)))

    def all(self) -> Grid:
        """All rows as one grid."""
        grids = self.each(lambda part: part)
        return replace(
            grids[0],
            cells=pl.concat(one.cells for one in grids),
            line=pl.concat(one.line for one in grids),
            ragged=pl.concat(one.ragged for one in grids),
            damaged=any(one.damaged for one in grids),
            rare=any(one.rare for one in grids),
            spaces="".join(space for space in SPACES if any(space in one.spaces for one in grids)),
        )


@dataclass(frozen=True)
class Whole:
    """Rows that are in memory at once."""

    grid: Grid

    def each(self, work: Callable[[Grid], Result]) -> list[Result]:
        return [work(self.grid)]


def no_ragged() -> pl.DataFrame:
    """No row of another width than the header."""
    return pl.DataFrame(schema={"line": pl.Int64, "value": pl.String, "code": pl.String})


def names(header: list[str]) -> list[str]:
    """The columns of a grid: c0, c1, ..."""
    return [f"c{i}" for i in range(len(header))]


def blank(cells: pl.DataFrame) -> pl.DataFrame:
    """The same cells with null for the empty ones; a quoted "" is no less empty than nothing."""
    empty = cells.select((pl.all() == "").any()).row(0)
    some = [name for name, has in zip(cells.columns, empty, strict=True) if has]
    return cells.with_columns(pl.when(pl.col(n) != "").then(pl.col(n)).alias(n) for n in some)
