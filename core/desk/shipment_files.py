"""The shipment file in its layouts: what stands in which column, as XLSX or CSV.

A tracking number is text, digit for digit: nothing here trims, escapes or converts it. Rows that a spreadsheet
could run, or that would break a line of the file, are kept out before, by :func:`unfit`.
"""

import csv
import io
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
    """Amazon's shipping confirmation: a row a line, or one for the whole order where a line has no id.

    A column that nobody fills is left out, so that no blank of it can delete what stands at Amazon.
    """
    known = (pl.col("line_id").is_not_null() & pl.col("quantity").is_not_null()).all().over("order_number")
    by_line = rows.with_columns(pl.when(known).then(pl.col("line_id", "quantity")))
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


def as_text(frame: pl.DataFrame, ending: Ending) -> bytes:
    """Semicolons and a byte-order mark for spreadsheets; tabs and neither mark nor quotes for Amazon."""
    with_mark = ending is Ending.CSV
    written = frame.write_csv(separator=SEPARATOR[ending], include_bom=with_mark, line_terminator="\r\n")
    return written.encode()


def checked(data: bytes, ending: Ending, title: str, numbers: list[str], header_row: int = 1, sheet: str = "") -> bytes:
    """The file, read back: column ``title`` holds exactly these numbers as text. Raises :class:`Spoilt`."""
    if ending is Ending.XLSX:
        book = fastexcel.read_excel(data)
        read = book.load_sheet(sheet or 0, header_row=header_row - 1, dtypes="string").to_polars()
        found = read[title].drop_nulls().to_list()
    else:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=SEPARATOR[ending])
        found = [line[title] for line in lines if line[title]]
    if found != numbers:
        raise Spoilt(f"{title}: {len(numbers)} numbers were to be written, {len(found)} are read back otherwise")
    return data
