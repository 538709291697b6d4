"""Tables out of the desk as CSV and XLSX, safe against formulas in cells."""

import io
from typing import Final

import polars as pl
import xlsxwriter

FORMULA_START: Final = r"^[\s\x{00A0}\x{200B}\x{FEFF}]*[=+\-@＝＋－＠﹦﹢﹣﹫−]|^[\t\r]"
"""What a spreadsheet may take for a formula: the signs, their full-width and small forms, also after
spaces; a tab or carriage return at the start."""

INSTANT: Final = "%Y-%m-%d %H:%M"


def safe(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before every text that could be read as a formula; numbers stay."""
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA_START))
        .then(pl.concat_str(pl.lit("'"), name))
        .otherwise(name)
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    )


def csv(frame: pl.DataFrame) -> bytes:
    """UTF-8 with a byte-order mark and semicolons, as a French or Chinese Excel opens it rightly."""
    return safe(frame).write_csv(separator=";", include_bom=True, datetime_format=INSTANT).encode()


def clipboard(frame: pl.DataFrame) -> str:
    """The table as lines with tabs, as a spreadsheet takes a paste; as safe as the CSV."""
    one_line = pl.col(pl.String).str.replace_all(r"[\t\r\n]+", " ")
    return safe(frame.with_columns(one_line)).write_csv(separator="\t", datetime_format=INSTANT, quote_style="never")


def xlsx(frame: pl.DataFrame) -> bytes:
    """One sheet. Texts are written as texts: nothing in a cell runs, links or turns into a number."""
    buffer = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **as_text}) as book:
        instants = pl.col(pl.Datetime("us", "*")).dt.strftime(INSTANT)
        frame.with_columns(instants).write_excel(book, "Desk48", autofit=True)
    return buffer.getvalue()
