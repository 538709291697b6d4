"""Findings on screen: what intake says about cells, in the reader's language."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import imports
from core.policy.words import Level, N_
from ui import tables
from ui.frame import Page
from ui.text import NOTHING

LEVELS: Final[dict[str, str]] = {
    Level.ERROR: N_("error"),
    Level.WARNING: N_("warning"),
    Level.NOTE: N_("note"),
}
PLACES: Final = {name: f"{{{name}}}" for name in ("line", "column", "value")}
"""The places of a finding's sentence, kept as they are until whole columns are filled in."""
DRAWN: Final = 500
"""Rows that a table shows; the download has all of them."""


def in_words(page: Page, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with their sentence and hint, heaviest first, else in file order."""
    weight = {str(level): place for place, level in enumerate(LEVELS)}
    heavy_first = findings.sort(pl.col("level").replace_strict(weight, default=len(weight)), maintain_order=True)
    said = {code: imports.finding_text(code) for code in findings["code"].unique()}
    sentence, hint = (
        pl.col("code").replace_strict(
            list(said),
            [page._(texts[which], **PLACES) for texts in said.values()],
            default=NOTHING,
            return_dtype=pl.String,
        )
        for which in (0, 1)
    )
    # The cell's own text goes in last: it may hold anything, also what looks like a place.
    for name in PLACES:
        told = pl.col(name).cast(pl.String).fill_null(NOTHING)
        sentence = sentence.str.replace(PLACES[name], told, literal=True)
    return heavy_first.select(
        **{
            page._("Line"): pl.col("line"),
            page._("Column"): pl.col("column"),
            page._("Value"): pl.col("value"),
            page._("Weight"): tables.words("level", LEVELS, page.text),
            page._("What is wrong"): sentence,
            page._("What to do"): hint,
            page._("Order"): pl.col("order_number"),
            page._("Code"): pl.col("code"),
        }
    )


def draw(page: Page, findings: pl.DataFrame, stem: str) -> None:
    """Counts by code, the first rows, and all of them as a download."""
    if findings.is_empty():
        st.caption(page._("Nothing was found to be wrong."))
        return
    counted = findings["code"].value_counts(sort=True).sort("count", "code", descending=[True, False])
    st.caption(" · ".join(f"{page.text.plain(code)} {page.text.number(n)}" for code, n in counted.iter_rows()))
    shown = in_words(page, findings)
    draw_rows(page, shown, page._("Findings with line, column, value and what to do"), stem)


def draw_rows(page: Page, rows: pl.DataFrame, name: str, stem: str) -> None:
    """A table cut to what can be looked at, and a download of the whole."""
    if rows.height > DRAWN:
        st.caption(page._("The first {shown} of {all} rows; the download has all.", shown=DRAWN, all=rows.height))
    st.dataframe(rows.head(DRAWN), hide_index=True, alt=name, key=f"rows_{stem}")
    tables.downloads(page, rows, stem)
