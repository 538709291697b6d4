"""A marketplace's own workbook for shipments: which column is which, and how it is filled.

It is uploaded once. Only the cells of the mapped columns from the first row for orders on are written; all
else in the workbook stays as it was.
"""

import io
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import openpyxl
import polars as pl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from core.desk import shipment_headers
from core.desk.shipment_files import ROWS
from core.intake.formats import Formats
from core.policy.words import N_

FIELDS: Final = tuple(ROWS)
NEEDED: Final = ("order_number", "carrier", "tracking_number")
LOOKED_AT_ROWS: Final = 30
LIMIT_BYTES: Final = 5 * 1024 * 1024
LIMIT_UNPACKED_BYTES: Final = 100 * 1024 * 1024
REFUSALS: Final = {
    "not_workbook": N_("This is no workbook that can be read. Save it as .xlsx and upload it again."),
    "too_big": N_("The workbook has more than 5 MB; a template is small."),
    "no_header": N_("No row of the first 30 names both an order number and a tracking number."),
    "needed": N_("Say which columns hold the order number, the carrier and the tracking number."),
    "twice": N_("Two fields cannot stand in one column."),
    "rows_below": N_(
        "Row {row} and below already hold something in these columns, and it would be sent with the rest. "
        "Empty them, or say that orders begin further down."
    ),
}


class NoTemplate(Exception):
    """A workbook that cannot serve: a code of :data:`REFUSALS` and what stands in its places."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(REFUSALS[code].format(**params))
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Template:
    """A workbook with its map. Rows and columns count from 1, as a spreadsheet does. ``header``: its cells;
    ``lost``: what the reader says it cannot keep of the workbook."""

    file_name: str
    file: bytes
    sheet: str
    header_row: int
    first_row: int
    header: tuple[str, ...]
    columns: Mapping[str, int]
    lost: tuple[str, ...] = ()


def look(name: str, data: bytes, formats: Formats) -> Template:
    """Find the header of a workbook and map its columns by their names. Raises :class:`NoTemplate`."""
    book, lost = _opened(data)
    known = shipment_headers.names(formats)
    best: Template | None = None
    for sheet in book.worksheets:
        for row in range(1, min(sheet.max_row, LOOKED_AT_ROWS) + 1):
            header = _cells(sheet, row)
            places = shipment_headers.mapped(header, known)
            columns = {field: place + 1 for field, place in places.items() if field in FIELDS}
            if {"order_number", "tracking_number"} <= columns.keys() and (not best or len(columns) > len(best.columns)):
                best = Template(name, data, sheet.title, row, row + 1, header, columns, lost)
    if best is None:
        raise NoTemplate("no_header")
    return best


def header_of(data: bytes, sheet: str, row: int) -> tuple[str, ...]:
    """The cells of one row of a workbook. Raises :class:`NoTemplate`."""
    return _cells(_opened(data)[0][sheet], row)


def check(template: Template) -> None:
    """Raise :class:`NoTemplate` where a needed column is missing, one is named twice, or rows stand below."""
    columns = template.columns
    if not set(NEEDED) <= columns.keys():
        raise NoTemplate("needed")
    if len(set(columns.values())) < len(columns):
        raise NoTemplate("twice")
    sheet = _opened(template.file)[0][template.sheet]
    for row in range(template.first_row, sheet.max_row + 1):
        if any(sheet.cell(row, place).value not in (None, "") for place in columns.values()):
            raise NoTemplate("rows_below", row=row)


def filled(template: Template, rows: pl.DataFrame) -> bytes:
    """The workbook with ``rows`` (columns of shipment_files.ROWS) written as text cells into the mapped columns."""
    book, _ = _opened(template.file)
    sheet = book[template.sheet]
    for number, row in enumerate(_rows(template, rows).iter_rows(named=True), start=template.first_row):
        for field, place in template.columns.items():
            if row[field] is not None:
                cell = sheet.cell(number, place)
                cell.value = row[field]
                cell.data_type = "s"
                cell.number_format = "@"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_frame(template: Template, rows: pl.DataFrame) -> pl.DataFrame:
    """The same as a table with all columns of the template, named by their places, for a CSV."""
    by_place = {place: field for field, place in template.columns.items()}
    written = _rows(template, rows)
    columns = [
        (written[by_place[place]] if place in by_place else pl.Series([None] * written.height, dtype=pl.String)).alias(
            str(place)
        )
        for place in range(1, len(template.header) + 1)
    ]
    return pl.DataFrame(columns)


def _rows(template: Template, rows: pl.DataFrame) -> pl.DataFrame:
    """One row a line where the template asks for lines, else one an order; every cell as text."""
    by_line = {"line_id", "sku", "quantity"} & template.columns.keys()
    wanted = rows if by_line else rows.unique("order_number", keep="first", maintain_order=True)
    return wanted.select(pl.col(field).cast(pl.String) for field in template.columns)


def _opened(data: bytes) -> tuple[openpyxl.Workbook, tuple[str, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if len(data) > LIMIT_BYTES or sum(part.file_size for part in packed.infolist()) > LIMIT_UNPACKED_BYTES:
                raise NoTemplate("too_big")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            book = openpyxl.load_workbook(io.BytesIO(data), keep_links=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise NoTemplate("not_workbook") from error
    return book, tuple(dict.fromkeys(str(each.message) for each in said))


def _cells(sheet: Worksheet, row: int) -> tuple[str, ...]:
    texts = [sheet.cell(row, place).value for place in range(1, sheet.max_column + 1)]
    return tuple("" if text is None else " ".join(str(text).split()) for text in texts)
