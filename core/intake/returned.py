"""A file of rejected rows that comes back mended: what the desk added to it is taken out again."""

from dataclasses import replace
from typing import Final

import polars as pl

from core.intake.source import Grid, Source

MARK: Final = "desk48:"
COLUMNS: Final = tuple(MARK + name for name in ("line", "codes", "why", "row"))
"""The columns that a file of rejected rows has beside its own: line in the first file, codes and sentences
of the findings, and the whole line as one text where its cells could not be told apart."""
GUARD: Final = "'"
"""Stands before each cell that a spreadsheet could take for a formula, or that begins with it itself."""


def without_ours(file: Source) -> Source:
    """The file without the columns and apostrophes that the desk added; any other file as it is."""
    own = [number for number, cell in enumerate(file.header) if not cell.strip().startswith(MARK)]
    if len(own) == len(file.header):
        return file

    header = [file.header[number] for number in own]
    return replace(file, header=header, change=lambda raw: _bare(raw, own))


def _bare(raw: Grid, own: list[int]) -> Grid:
    """The file's own columns. A line that nobody has parted into cells yet is torn as before."""
    cells = raw.cells.select(
        pl.col(raw.cells.columns[number]).str.strip_prefix(GUARD).alias(f"c{place}") for place, number in enumerate(own)
    )
    whole = [number for number, cell in enumerate(raw.header) if cell.strip() == COLUMNS[-1]]
    if not whole or not raw.cells.height:
        return replace(raw, header=[raw.header[number] for number in own], cells=cells)
    text = raw.cells[f"c{whole[0]}"].str.strip_prefix(GUARD)
    torn = cells.select(pl.all_horizontal(pl.all().is_null())).to_series() & text.is_not_null()
    again = pl.DataFrame({"line": raw.line, "value": text}).filter(torn).with_columns(code=pl.lit("ragged"))
    return replace(
        raw,
        header=[raw.header[number] for number in own],
        cells=cells.filter(~torn),
        line=raw.line.filter(~torn),
        ragged=pl.concat([raw.ragged, again]),
    )
