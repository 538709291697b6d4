"""Below the upload: the desk's own templates, and every file that it knows."""

import polars as pl
import streamlit as st

from core.desk import known_files
from ui import labels, tables
from ui.field_labels import CONTAINERS, ROW_KINDS
from ui.frame import Page


def templates(page: Page) -> None:
    """The five templates: both files of the chosen one, and what goes into each of its columns."""
    st.caption(
        page._("For what no export carries: fill a template, and upload it above. One example row shows each column.")
    )
    titles = known_files.titles()
    name = st.segmented_control(
        page._("Template"),
        known_files.TEMPLATES,
        default=known_files.TEMPLATES[0],
        format_func=lambda name: page._(ROW_KINDS[kind_of(name)]),
        required=True,
        key="template",
        label_visibility="collapsed",
    )
    stem = name.replace("_", "-")
    with st.container(horizontal=True):
        for ending, make, mime in (
            ("csv", known_files.csv, tables.CSV_TYPE),
            ("xlsx", known_files.xlsx, tables.XLSX_TYPE),
        ):
            st.download_button(
                f"{page._(titles[name])}: {ending.upper()}",
                lambda make=make: make(name),  # type: ignore[misc]  # bound now, called on the click
                f"{stem}.{ending}",
                mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"template_{name}_{ending}",
            )
    columns = [
        (cell, page._("yes") if required else page._("no"), page._(about))
        for cell, required, about in known_files.columns(name)
    ]
    heads = [page._("Column"), page._("Required"), page._("What goes into it")]
    frame = pl.DataFrame(columns, schema=dict.fromkeys(heads, pl.String()), orient="row")
    st.dataframe(frame, hide_index=True, alt=page._("Columns of the template"), key=f"columns_{name}")


def kind_of(name: str) -> str:
    """What the rows of a format are."""
    return next(one.kind for one in known_files.listed() if one.format == name)


def formats(page: Page) -> None:
    """Every file that is recognised by its header, with what it holds."""
    st.caption(
        page._(
            "Files are recognised by their header cells; case, accents, spaces and order do not matter. "
            "A file that nobody knows can be mapped once and is known from then on."
        )
    )
    rows = [
        (
            page._(one.title),
            page._(ROW_KINDS[one.kind]),
            labels.MARKETPLACES[one.marketplace] if one.marketplace else page._("any"),
            CONTAINERS[one.container],
        )
        for one in known_files.listed()
    ]
    heads = [page._("File"), page._("What it holds"), page._("Marketplace"), page._("File type")]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(heads, pl.String()), orient="row")
    st.dataframe(frame, hide_index=True, alt=page._("Files that are known"), key="known_formats", height="content")
