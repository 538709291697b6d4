"""The shipment file in its layouts: what stands in which column, as XLSX or CSV.

A tracking number is text, digit for digit: nothing here trims, escapes or converts it. Rows that a spreadsheet
could run, or that would break a line of the file, are kept out before, by :func:`unfit`.
"""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import fastexcel
import polars as pl
import xlsxwriter

from core.desk.exports import FORMULA_START

ROWS: Final = pl.Schema(
    {
        "order_number": pl.String(), "line_id": pl.String(), "sku": pl.String(), "quantity": pl.Int64(),
        "shipped_at": pl.Date(), "carrier": pl.String(), "carrier_name": pl.String(),
        "tracking_number": pl.String(), "tracking_url": pl.String(),
    }
)  # fmt: skip
"""One row a line of an order; every line of an order has its one number. ``carrier`` is the marketplace's word
for it, ``carrier_name`` its name where that word is "other"."""


class Layout(StrEnum):
    TEMPLATE = "template"
    AMAZON = "amazon"
    DESK48 = "desk48"


class Ending(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    TXT = "txt"


AMAZON: Final = {
    "order-id": "order_number",
    "order-item-id": "line_id",
    "quantity": "quantity",
    "ship-date": "shipped_at",
    "carrier-code": "carrier",
    "carrier-name": "carrier_name",
    "tracking-number": "tracking_number",
}
DESK48: Final = {
    "Order number": "order_number",
    "Line id": "line_id",
    "Quantity": "quantity",
    "Shipped at": "shipped_at",
    "Carrier": "carrier",
    "Tracking number": "tracking_number",
    "Tracking URL": "tracking_url",
}
"""The columns of Desk48's own template for shipments, which the Imports page reads back."""
SEPARATOR: Final = {Ending.CSV: ";", Ending.TXT: "\t"}
SHEET: Final = "Shipments"


class Spoilt(Exception):
    """A file that was just built does not say what it was to say; it is not handed out."""


def unfit(text: pl.Expr) -> pl.Expr:
    """Whether a text could run as a formula, break a line, or ask for a deletion: NULL deletes Amazon's number."""
    runs = text.str.contains(FORMULA_START) | text.str.contains(r'[\x00-\x1f\x7f"]')
    return (runs | text.str.strip_chars().str.to_uppercase().is_in(["", "NULL"])).fill_null(False)


def amazon(rows: pl.DataFrame) -> pl.DataFrame:
    """Amazon's shipping confirmation: a row a line, or one for each whole order where any line has no id.

    A column is filled in every row or left out, so that no blank of it can delete what stands at Amazon. The
    carrier is in every row: the gate holds back orders of Amazon without one.
    """
    known = (pl.col("line_id").is_not_null() & pl.col("quantity").is_not_null()).all()
    named = pl.col("carrier_name").is_not_null().any()
    by_line = rows.with_columns(
        pl.when(known).then(pl.col("line_id", "quantity")),
        carrier_name=pl.when(named).then(pl.coalesce("carrier_name", "carrier")),
    )
    once = by_line.filter(pl.col("line_id").is_not_null() | pl.col("order_number").is_first_distinct())
    return _filled(_laid_out(once, AMAZON))


def desk48(rows: pl.DataFrame) -> pl.DataFrame:
    """Desk48's own layout; the carrier by its name, also where the marketplace calls it other."""
    return _filled(_laid_out(rows.with_columns(carrier=pl.coalesce("carrier_name", "carrier")), DESK48))


def _laid_out(rows: pl.DataFrame, columns: dict[str, str]) -> pl.DataFrame:
    return rows.select(pl.col(field).cast(pl.String).alias(title) for title, field in columns.items())


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name in frame.columns if frame[name].null_count() < frame.height or frame.is_empty())


def as_xlsx(frame: pl.DataFrame) -> bytes:
    """One sheet in which every cell is text, also once somebody types into it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet(SHEET)
        text = book.add_format({"num_format": "@"})
        for place, title in enumerate(frame.columns):
            longest = max([len(title), *frame[title].str.len_chars().fill_null(0)])
            sheet.set_column(place, place, min(longest + 2, 60), text)
            sheet.write_string(0, place, title, text)
            for row, value in enumerate(frame[title], start=1):
                if value is not None:
                    sheet.write_string(row, place, value, text)
    return buffer.getvalue()


def as_text(frame: pl.DataFrame, ending: Ending, header: Sequence[str] | None = None) -> bytes:
    """Semicolons and a byte-order mark for spreadsheets; tabs and neither mark nor quotes for Amazon.

    ``header``: the titles where they are not the names of the columns: a workbook may have one twice.
    """
    titles = pl.DataFrame([list(header or frame.columns)], schema=frame.schema, orient="row")
    written = pl.concat([titles, frame]).write_csv(
        separator=SEPARATOR[ending], include_bom=ending is Ending.CSV, line_terminator="\r\n", include_header=False
    )
    return written.encode()


def checked(data: bytes, ending: Ending, place: int, numbers: list[str], first_row: int = 2, sheet: str = "") -> bytes:
    """The file, read back: from ``first_row`` on, column ``place`` (both from 1) holds exactly these numbers as text.

    Columns go by their place, since titles may be alike, blank or broken. Raises :class:`Spoilt`.
    """
    if ending is Ending.XLSX:
        book = fastexcel.read_excel(data)
        read = book.load_sheet(
            sheet or 0, header_row=None, skip_rows=first_row - 1, use_columns=[place - 1], dtypes="string"
        )
        found = read.to_polars().to_series().drop_nulls().to_list()
    else:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=SEPARATOR[ending])
        found = [line[place - 1] for line in list(lines)[first_row - 1 :] if line and line[place - 1]]
    if found != numbers:
        raise Spoilt(f"column {place}: {len(numbers)} numbers were to be written, {len(found)} are read back otherwise")
    return data
