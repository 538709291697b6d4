"""What a person pastes: a table of order numbers and tracking numbers, or one bare column of numbers."""

from typing import Final

import polars as pl

from core.desk import shipment_headers
from core.intake.formats import Formats

COLUMNS: Final = ("order_number", "tracking_number", "carrier", "tracking_url")
SCHEMA: Final = pl.Schema({"line": pl.Int64(), **dict.fromkeys(COLUMNS, pl.String())})
LIMIT_LINES: Final = 5000
"""So many lines are taken at once; the rest is told as left out."""
_SEPARATORS: Final = ("\t", ";", ",")


def read(text: str, formats: Formats) -> pl.DataFrame:
    """The pasted lines as :data:`SCHEMA`; cells keep every digit, blank lines are left out.

    A header names the columns; without one they are order number, tracking number, carrier, link in this order,
    a cell that begins like a link being the link. A single column holds tracking numbers.
    """
    rows = [(number, cells) for number, cells in _cells(text, formats) if any(cells)]
    if not rows:
        return SCHEMA.to_frame()
    named = _header(rows[0][1], formats)
    if named:
        found = [(line, *(_at(cells, named.get(name)) for name in COLUMNS)) for line, cells in rows[1:]]
    elif max(len(cells) for _, cells in rows) == 1:
        found = [(line, None, cells[0] or None, None, None) for line, cells in rows]
    else:
        found = [(line, *_by_place(cells)) for line, cells in rows]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def bare(pasted: pl.DataFrame) -> bool:
    """Whether only numbers were pasted, to be matched to orders in their order."""
    return bool(pasted.height) and pasted["order_number"].null_count() == pasted.height


def _cells(text: str, formats: Formats) -> list[tuple[int, list[str]]]:
    """Line numbers with their cells; one separator for the whole text: the first that any line has, else blanks."""
    separator = next((sign for sign in _SEPARATORS if sign in text), None)
    lines = list(enumerate(text.splitlines(), start=1))
    if separator is None and _header(next(([line] for _, line in lines if line.strip()), []), formats):
        return [(number, [line.strip()]) for number, line in lines]
    return [(number, [cell.strip().strip('"').strip() for cell in line.split(separator)]) for number, line in lines]


def _header(cells: list[str], formats: Formats) -> dict[str, int]:
    """Which column holds which field, where the first line names at least two or the one there is."""
    found = shipment_headers.mapped(cells, shipment_headers.names(formats))
    return found if "tracking_number" in found and len(found) >= min(2, len(cells)) else {}


def _at(cells: list[str], place: int | None) -> str | None:
    return (cells[place] or None) if place is not None and place < len(cells) else None


def _by_place(cells: list[str]) -> list[str | None]:
    links = [cell for cell in cells if cell.lower().startswith(("http:", "https:"))]
    rest = [cell or None for cell in cells if cell not in links]
    padded = [*rest, None, None, None]
    return [padded[0], padded[1], padded[2], links[0] if links else padded[3]]
