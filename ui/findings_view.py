"""Findings on screen: what intake says about cells, in the reader's language."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import imports
from core.policy.words import Level, N_
from ui import labels, tables
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
    findings = findings.with_columns(value=_states_in_words(page, findings))
    heavy_first = findings.sort(pl.col("level").replace_strict(weight, default=len(weight)), maintain_order=True)
    return heavy_first.select(
        **{
            page._("Line"): pl.col("line"),
            page._("Column"): pl.col("column"),
            page._("Value"): pl.col("value"),
            page._("Weight"): tables.words("level", LEVELS, page.text),
            page._("What is wrong"): said(page, heavy_first, 0),
            page._("What to do"): said(page, heavy_first, 1),
            page._("Order"): pl.col("order_number"),
            page._("Code"): pl.col("code"),
        }
    )


def _states_in_words(page: Page, findings: pl.DataFrame) -> pl.Expr:
    """The values, with our own words for states by their names: "to ship → shipped"."""
    names = {str(state): page._(label) for state, label in labels.STATES.items()}
    back = pl.col("code") == "state_backwards"
    steps = findings.filter(back)["value"].drop_nulls().unique()
    told = {step: " → ".join(names.get(word, word) for word in step.split(" → ")) for step in steps}
    return pl.when(back).then(pl.col("value").replace(told)).otherwise("value")


def said(page: Page, findings: pl.DataFrame, which: int) -> pl.Expr:
    """The sentence (0) or the hint (1) of each finding."""
    texts = {code: imports.finding_text(code)[which] for code in findings["code"].unique()}
    words = [page._(text, **PLACES) for text in texts.values()]
    sentence = pl.col("code").replace_strict(list(texts), words, default=NOTHING, return_dtype=pl.String)
    # The cell's own text goes in last: it may hold anything, also what looks like a place.
    for name in PLACES:
        told = pl.col(name).cast(pl.String).fill_null(NOTHING)
        sentence = sentence.str.replace(PLACES[name], told, literal=True)
    return sentence


def draw(page: Page, findings: pl.DataFrame, stem: str) -> None:
    """Filters with their counts, the first rows, and all of them as a download."""
    if findings.is_empty():
        st.caption(page._("Nothing was found to be wrong."))
        return
    shown = in_words(page, _filtered(page, findings, stem))
    draw_rows(page, shown, page._("Findings with line, column, value and what to do"), stem)


def _filtered(page: Page, findings: pl.DataFrame, stem: str) -> pl.DataFrame:
    """The findings of the levels and of the one code that are asked for; each filter says how many it has."""
    levels = dict(findings["level"].value_counts().iter_rows())
    codes = dict(findings["code"].value_counts().sort("count", "code", descending=[True, False]).iter_rows())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.pills(
            page._("Weight"),
            [str(level) for level in LEVELS if level in levels],
            format_func=lambda name: f"{page._(LEVELS[name])} {page.text.number(levels[name])}",
            selection_mode="multi",
            key=f"levels_{stem}",
        )
        code = st.selectbox(
            page._("Code"),
            list(codes),
            index=None,
            format_func=lambda name: f"{name} ({page.text.number(codes[name])})",
            placeholder=page._("Every code"),
            key=f"codes_{stem}",
            width=320,
        )
    found = findings.filter(pl.col("level").is_in(level)) if level else findings
    return found.filter(code=code) if code else found


def draw_rows(page: Page, rows: pl.DataFrame, name: str, stem: str) -> None:
    """A table cut to what can be looked at, and a download of the whole."""
    if rows.height > DRAWN:
        st.caption(page._("The first {shown} of {all} rows; the download has all.", shown=DRAWN, all=rows.height))
    st.dataframe(rows.head(DRAWN), hide_index=True, alt=name, key=f"rows_{stem}", placeholder=NOTHING)
    tables.downloads(page, rows, stem)
