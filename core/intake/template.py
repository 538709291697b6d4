"""Desk48's own template for orders: an empty file with its columns, and what each of them means."""

import csv
import io

from core.intake.formats import Format, Formats

TEMPLATE = "desk48_orders"
EXAMPLE = {
    "order_number": "2611200905AB1CD", "state_word": "to_ship", "created_at": "2026-11-20T09:05:00+01:00",
    "paid_at": "2026-11-20T11:30:00+01:00", "latest_ship_at": "2026-11-24", "delivery_mode": "tracked",
    "sku": "LAMP0001", "seller_sku": "REF-1", "ean": "3600000000017", "title": "Lampe de bureau",
    "quantity": "1", "price_minor": "24,90", "shipping_minor": "4,99", "currency": "EUR",
}  # fmt: skip


def _format(formats: Formats) -> Format:
    return next(f for f in formats.formats if f.format == TEMPLATE)


def columns(formats: Formats) -> list[tuple[str, str]]:
    """The header cells of the template in order, each with what it means."""
    form = _format(formats)
    return [(cells[0], form.about[name]) for name, cells in form.names.items()]


def required(formats: Formats) -> frozenset[str]:
    """The header cells without which the template cannot be read."""
    form = _format(formats)
    return frozenset(form.names[name][0] for name in form.required)


def _example(formats: Formats) -> list[str]:
    return [EXAMPLE.get(name, "") for name in _format(formats).names]


def csv_template(formats: Formats, *, example: bool = True) -> bytes:
    """The template as CSV that a spreadsheet opens as it is: UTF-8 with mark, semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([cell for cell, _ in columns(formats)])
    if example:
        writer.writerow(_example(formats))
    return out.getvalue().encode("utf-8-sig")


def xlsx_template(formats: Formats, *, example: bool = True) -> bytes:
    """The template as a workbook: the sheet to fill, every cell text, and a sheet that explains it."""
    import xlsxwriter  # heavy, and needed here only

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    text = book.add_format({"num_format": "@"})
    bold = book.add_format({"bold": True})
    sheet, about = book.add_worksheet("Orders"), book.add_worksheet("Columns")
    sheet.set_column(0, len(columns(formats)) - 1, 18, text)
    sheet.freeze_panes(1, 0)
    about.set_column(0, 0, 20)
    about.set_column(1, 1, 110)
    for number, (cell, meaning) in enumerate(columns(formats)):
        sheet.write_string(0, number, cell, bold)
        about.write_string(number, 0, cell, bold)
        about.write_string(number, 1, meaning)
    for number, cell in enumerate(_example(formats) if example else ()):
        sheet.write_string(1, number, cell, text)
    book.close()
    return out.getvalue()
