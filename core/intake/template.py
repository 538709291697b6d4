"""Desk48's own templates: an empty file with its columns, and what each of them means."""

import csv
import io
from typing import Final

from core.intake.formats import Format, Formats

TEMPLATE: Final = "desk48_orders"
TEMPLATES: Final = (
    TEMPLATE, "desk48_shipments", "desk48_returns", "desk48_inquiries", "desk48_disputes",
)  # fmt: skip
ABOUT: Final = "Columns"
"""The sheet of a template that explains the one to fill."""


def columns(formats: Formats, name: str = TEMPLATE) -> list[tuple[str, str]]:
    """The header cells of a template in order, each with what it means."""
    form = formats.named(name)
    return [(cells[0], form.about[field]) for field, cells in form.names.items()]


def required(formats: Formats, name: str = TEMPLATE) -> frozenset[str]:
    """The header cells without which the template cannot be read."""
    form = formats.named(name)
    return frozenset(form.names[field][0] for field in form.required)


def _example(form: Format) -> list[str]:
    return [form.example.get(field, "") for field in form.names]


def csv_template(formats: Formats, name: str = TEMPLATE, *, example: bool = True) -> bytes:
    """The template as CSV that a spreadsheet opens as it is: UTF-8 with mark, semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([cell for cell, _ in columns(formats, name)])
    if example:
        writer.writerow(_example(formats.named(name)))
    return out.getvalue().encode("utf-8-sig")


def xlsx_template(formats: Formats, name: str = TEMPLATE, *, example: bool = True) -> bytes:
    """The template as a workbook: the sheet to fill, every cell text, and a sheet that explains it."""
    import xlsxwriter  # heavy, and needed here only

    form = formats.named(name)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    text = book.add_format({"num_format": "@"})
    bold = book.add_format({"bold": True})
    sheet, about = book.add_worksheet(form.kind.capitalize()), book.add_worksheet(ABOUT)
    sheet.set_column(0, len(form.names) - 1, 18, text)
    sheet.freeze_panes(1, 0)
    about.set_column(0, 0, 20)
    about.set_column(1, 1, 110)
    for number, (cell, meaning) in enumerate(columns(formats, name)):
        sheet.write_string(0, number, cell, bold)
        about.write_string(number, 0, cell, bold)
        about.write_string(number, 1, meaning)
    for number, cell in enumerate(_example(form) if example else ()):
        sheet.write_string(1, number, cell, text)
    book.close()
    return out.getvalue()
