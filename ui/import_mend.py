"""The rows that a file keeps out: fetched as a file, or mended here and looked at again."""

from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import imports, proposals, rejects
from core.policy.words import Level
from ui import findings_view, import_batch, tables
from ui.frame import Page
from ui.import_batch import Upload
from ui.text import NOTHING

DRAWN: Final = 200
"""Rows that can be mended on the page; the download has all of them."""
_SHEETS: Final = "import_sheets"


def draw(page: Page, upload: Upload, seen: imports.ImportPreview, stem: str) -> None:
    """What can be done about the rejected rows of one file."""
    if not seen.rejected:
        st.caption(page._("Every row can be taken."))
        return
    sheet = _sheet(upload, seen)
    if not sheet.rows.height:
        st.caption(
            page._("The rows stay out. Of a big file they are kept with the import: fetch them from the history.")
        )
        raw = seen.rejects.rename({"line": page._("Line"), "cells": page._("The row as the file has it")})
        findings_view.draw_rows(page, raw, page._("Rows that stay out, as the file has them"), f"{stem}-rejected")
        return
    st.caption(
        page._(
            "These rows stay out, with the good rows of the same orders beside them. Mend them here, or fetch "
            "them as a file, mend it and upload it alone."
        )
    )
    found = proposals.proposed(page.desk, seen)
    key = _editor(page, sheet, found, stem)
    with st.container(horizontal=True):
        st.button(
            page._("Look at the mended rows"),
            on_click=_look,
            args=(page, upload, seen.shop_id, sheet, key),
            key=f"look_{stem}",
            icon=":material/fact_check:",
        )
        if found.height:
            st.button(
                page.n_("Take the proposed value", "Take the {n} proposed values", found.height),
                on_click=lambda: _keep(upload, seen.shop_id, proposals.take(_edited(sheet, key), found)),
                key=f"take_{stem}",
                icon=":material/auto_fix:",
            )
        with st.popover(page._("Replace in a column"), icon=":material/find_replace:"):
            _replace(page, upload, seen.shop_id, sheet, key, stem)
        download(page, sheet, stem)


def download(page: Page, sheet: rejects.Sheet, stem: str) -> None:
    """The rows as a file: their own cells, then line, codes and sentences in the reader's language."""
    st.download_button(
        page._("Rejected rows as CSV"),
        lambda: rejects.as_csv(sheet, lambda sentence: page._(sentence, **findings_view.PLACES)),
        file_name=f"{stem}-rejected.csv",
        mime=tables.CSV_TYPE,
        key=f"rejected_{stem}",
        on_click="ignore",
        icon=":material/download:",
    )


def _sheet(upload: Upload, seen: imports.ImportPreview) -> rejects.Sheet:
    """The rows as they are mended so far."""
    held: rejects.Sheet | None = st.session_state.get(_SHEETS, {}).get((upload.id, seen.shop_id))
    return held or rejects.of_preview(seen)


def _keep(upload: Upload, shop_id: int, sheet: rejects.Sheet) -> None:
    """The table is drawn anew from the mended rows, so its key has to change."""
    st.session_state[_SHEETS] = {**st.session_state.get(_SHEETS, {}), (upload.id, shop_id): sheet}
    st.session_state["import_sheet_round"] = st.session_state.get("import_sheet_round", 0) + 1


def _editor(page: Page, sheet: rejects.Sheet, found: pl.DataFrame, stem: str) -> str:
    """The rows as a table whose cells can be written over; gives the key of the table."""
    cells = sheet.cells().head(DRAWN)
    if sheet.rows.height > DRAWN:
        st.caption(page._("The first {shown} of {all} rows; the download has all.", shown=DRAWN, all=sheet.rows.height))
    errors = sheet.findings.filter(level=str(Level.ERROR)).drop_nulls("line")
    why = errors.select("line", why=findings_view.said(page, errors, 0)).group_by("line", maintain_order=True)
    table = cells.join(why.agg(pl.col("why").str.join(" ")), on="line", how="left", maintain_order="left")
    good = page._("good row of the same order")
    table = table.with_columns(drop=pl.lit(False), why=pl.when("bad").then("why").otherwise(pl.lit(good)))
    if found.height:
        table = table.join(found.select("line", "proposed"), on="line", how="left", maintain_order="left")
    config: dict[str, Any] = {
        "drop": st.column_config.CheckboxColumn(page._("Drop"), pinned=True),
        "line": st.column_config.NumberColumn(page._("Line"), disabled=True, pinned=True),
        "why": st.column_config.TextColumn(page._("What is wrong"), disabled=True, width="medium"),
        "proposed": st.column_config.TextColumn(page._("Proposed"), disabled=True),
        "raw": st.column_config.TextColumn(page._("The row as the file has it"), disabled=True, width="medium"),
    }
    config |= {
        f"c{n}": st.column_config.TextColumn(" ".join(name.split()) or f"{n + 1}")
        for n, name in enumerate(sheet.header)
    }
    torn = ["raw"] if table["raw"].null_count() < table.height else []
    key = f"mend_{stem}_{st.session_state.get('import_sheet_round', 0)}"
    st.data_editor(
        table.select(
            "drop",
            "line",
            "why",
            *(["proposed"] if found.height else []),
            *torn,
            *(f"c{n}" for n in _wrong_first(sheet.header, set(errors["column"]))),
        ),
        column_config=config,
        hide_index=True,
        num_rows="fixed",
        key=key,
        alt=page._("Rejected rows, to be mended"),
        placeholder=NOTHING,
    )
    return key


def _wrong_first(header: tuple[str, ...], wrong: set[str | None]) -> list[int]:
    """The columns of the table: those with something to mend first, else in file order."""
    return sorted(range(len(header)), key=lambda n: header[n] not in wrong)


def _edited(sheet: rejects.Sheet, key: str) -> rejects.Sheet:
    """The sheet with what was written into the table, without the rows ticked there."""
    lines = sheet.rows["line"].to_list()
    edits = st.session_state.get(key, {}).get("edited_rows", {})
    dropped = []
    for row, cells in edits.items():
        line = lines[int(row)]
        for name, value in cells.items():
            if name == "drop":
                dropped += [line] if value else []
            elif name.startswith("c"):
                sheet = rejects.fix(sheet, line, int(name[1:]), value or "")
    return rejects.drop(sheet, dropped)


def _look(page: Page, upload: Upload, shop_id: int, sheet: rejects.Sheet, key: str) -> None:
    """Put the mended rows into the batch as a file of their own."""
    mended = _edited(sheet, key)
    _keep(upload, shop_id, mended)
    import_batch.mend(
        upload, shop_id, rejects.as_csv(mended, lambda sentence: page._(sentence, **findings_view.PLACES))
    )


def _replace(page: Page, upload: Upload, shop_id: int, sheet: rejects.Sheet, key: str, stem: str) -> None:
    """One value for another, in every row of one column."""

    def replace() -> None:
        column, old, new = (st.session_state[f"{name}_{stem}"] or "" for name in ("column", "old", "new"))
        _keep(upload, shop_id, rejects.replace_in(_edited(sheet, key), int(column), old, new))

    with st.form(f"replace_{stem}", border=False):
        st.selectbox(
            page._("Column"),
            list(range(len(sheet.header))),
            format_func=lambda n: " ".join(sheet.header[n].split()) or f"{n + 1}",
            key=f"column_{stem}",
        )
        st.text_input(page._("Wherever a cell is"), key=f"old_{stem}")
        st.text_input(page._("write"), key=f"new_{stem}")
        st.form_submit_button(page._("Replace"), on_click=replace)
