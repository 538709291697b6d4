"""Below the upload: what was imported with its findings, and Desk48's own template."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import imports
from core.policy.words import N_
from ui import findings_view, tables
from ui.frame import Page
from ui.import_view import COUNTS, FORMATS, stem

HISTORY: Final = {
    "imported_at": N_("Imported"),
    "shop": N_("Shop"),
    "file_name": N_("File"),
    "format": N_("Format"),
    "as_of": N_("As of"),
    "person": N_("By"),
}


def template(page: Page) -> None:
    """Our own template: both files and what goes into each column."""
    st.write(page._("For what no export carries: delivery mode, latest shipping date, payment date, tracking."))
    with st.container(horizontal=True):
        st.download_button(
            page._("Template as CSV"),
            imports.template_csv,
            "desk48-template.csv",
            tables.CSV_TYPE,
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            page._("Template as XLSX"),
            imports.template_xlsx,
            "desk48-template.xlsx",
            tables.XLSX_TYPE,
            on_click="ignore",
            icon=":material/download:",
        )
    columns = [
        (name, page._("yes") if required else page._("no"), page._(about))
        for name, required, about in imports.template_columns()
    ]
    titles = [page._("Column"), page._("Required"), page._("What goes into it")]
    frame = pl.DataFrame(columns, schema=dict.fromkeys(titles, pl.String()), orient="row")
    st.dataframe(frame, hide_index=True, alt=page._("Columns of the template"), key="template_columns")


def history(page: Page) -> None:
    """What was imported, newest first; a chosen row shows its findings."""
    done = imports.history(page.desk)
    if done.is_empty():
        st.caption(page._("No file was imported yet."))
        return
    names = dict(COUNTS)
    head = {name: page._(label) for name, label in HISTORY.items()}
    shown = done.select(
        tables.moment("imported_at", page.zone, page.text).alias(head["imported_at"]),
        pl.col("shop").alias(head["shop"]),
        pl.col("file_name").alias(head["file_name"]),
        *(pl.col(name).alias(page._(label)) for name, label in names.items()),
        tables.words("format", FORMATS, page.text).alias(head["format"]),
        tables.moment("as_of", page.zone, page.text).alias(head["as_of"]),
        pl.col("person").alias(head["person"]),
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"history_{done['id'][0]}",
        alt=page._("Imports, newest first"),
    )
    tables.downloads(page, shown, "desk48-imports")
    for row in event["selection"]["rows"]:
        name = done["file_name"][row] or ""
        st.markdown(f"**{page._('Findings of {file}', file=page.text.plain(name))}**")
        findings_view.draw(page, imports.findings(page.desk, done["id"][row]), f"{stem(name)}-findings")
