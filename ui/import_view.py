"""One file before it is written: what it is, what it would change, what is wrong with it."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import imports
from core.policy.words import N_, State
from ui import findings_view, labels, notices
from ui.frame import Page

COUNTS: Final = (
    ("read", N_("Rows read")),
    ("new", N_("New")),
    ("changed", N_("Changed")),
    ("unchanged", N_("Unchanged")),
    ("older", N_("Older than known")),
    ("rejected", N_("Rejected")),
)
FORMATS: Final = {
    "cdiscount_orders": N_("Cdiscount order export"),
    "desk48_orders": N_("Desk48 order template"),
}
Outcome = imports.ImportPreview | imports.Refused | imports.WrongShop


def stem(name: str) -> str:
    """The start of the names of downloads that belong to a file."""
    return "desk48-" + "".join(sign if sign.isalnum() else "-" for sign in name.rsplit(".", 1)[0])[:40]


def counts(page: Page, seen: imports.ImportPreview) -> None:
    """The counts of the file's rows: the first is the sum of the others."""
    with st.container(horizontal=True, gap="xsmall"):
        for name, label in COUNTS:
            st.metric(page._(label), page.text.number(getattr(seen, name)), border=True, width="content")


def refusal(page: Page, name: str, why: imports.Refused | imports.WrongShop) -> None:
    """A file that cannot be taken: what happened, what was kept, what to do."""
    if isinstance(why, imports.WrongShop):
        said = page.n_(
            "{n} order of this file belongs to the shop {shop}. Nothing is written: choose that shop.",
            "{n} orders of this file belong to the shop {shop}. Nothing is written: choose that shop.",
            why.orders,
            shop=page.text.plain(why.shop),
        )
    else:
        params = {key: page.text.plain(str(value)) for key, value in why.params.items()}
        said = page._(imports.REFUSALS[why.code], **params) + " " + page._("Nothing is written.")
    st.error(f"**{page.text.plain(name)}**: {said}", icon=":material/block:")


def preview(page: Page, seen: imports.ImportPreview, place: int) -> None:
    """One file in full. ``place`` tells files of one batch apart."""
    with st.container(border=True):
        st.markdown(f"**{page.text.plain(seen.name)}**")
        st.caption(
            page._(
                "{format}, {encoding}. As of {as_of} ({source}).",
                format=page._(FORMATS.get(seen.format, seen.format)),
                encoding=page.text.plain(seen.encoding),
                as_of=page.text.moment(seen.as_of, page.zone),
                source=page._(imports.AS_OF_SOURCES[seen.as_of_source]),
            )
        )
        if seen.already:
            said = page._(
                "The same file was already imported on {at} by {person}. It will not be written again.",
                at=page.text.moment(seen.already["imported_at"], page.zone),
                person=page.text.plain(seen.already["person"]),
            )
            st.info(said, icon=":material/done_all:")
        counts(page, seen)
        if seen.unknown_words.height:
            unknown_words(page, seen, place)
        changes, findings, rejects = st.tabs(
            [
                page._("Changed cells ({n})", n=seen.changes.height),
                page._("Findings ({n})", n=seen.findings.height),
                page._("Rejected rows ({n})", n=seen.rejects.height),
            ]
        )
        name = f"{stem(seen.name)}-{place}"
        with changes:
            changed_cells(page, seen.changes, name)
        with findings:
            findings_view.draw(page, seen.findings, f"{name}-findings")
        with rejects:
            rejected_rows(page, seen.rejects, name)


def changed_cells(page: Page, changes: pl.DataFrame, name: str) -> None:
    """Old and new value of each cell that the file would change."""
    if changes.is_empty():
        st.caption(page._("No known cell changes."))
        return
    rows = changes.select(
        **{
            page._("Order"): pl.col("order_number"),
            page._("Order line"): pl.col("line_no"),
            page._("Field"): pl.col("field"),
            page._("Old"): pl.col("old"),
            page._("New"): pl.col("new"),
        }
    )
    findings_view.draw_rows(page, rows, page._("Old and new value of each changed cell"), f"{name}-changes")


def rejected_rows(page: Page, rejects: pl.DataFrame, name: str) -> None:
    """The rows that stay out, as the file has them."""
    if rejects.is_empty():
        st.caption(page._("Every row can be taken."))
        return
    rows = rejects.rename({"line": page._("Line"), "cells": page._("The row as the file has it")})
    findings_view.draw_rows(page, rows, page._("Rows that stay out, as the file has them"), f"{name}-rejected")


def unknown_words(page: Page, seen: imports.ImportPreview, place: int) -> None:
    """Words for a state that nobody knows: each is mapped once for the shop."""
    at = f"word_{place}_{seen.sha256[:8]}_"
    words = seen.unknown_words.iter_rows()

    def save() -> None:
        chosen = {word: st.session_state[at + word] for word in seen.unknown_words["word"]}
        for word, state in chosen.items():
            if state:
                imports.map_state_word(page.desk, page.person, seen.shop_id, word, state, page.now)
                notices.leave(
                    "done", page._("{word} now means: {state}", word=word, state=page._(labels.STATES[state]))
                )
        forget()

    with st.form(f"{at}form", border=False):
        st.warning(page._("Nobody knows these words for a state yet. Say once for this shop what they mean."))
        for word, rows in words:
            st.selectbox(
                page.n_("{word} ({n} row)", "{word} ({n} rows)", rows, word=page.text.plain(word)),
                [str(state) for state in State if state is not State.UNKNOWN],
                index=None,
                format_func=lambda state: page._(labels.STATES[state]),
                placeholder=page._("Choose its state"),
                key=at + word,
            )
        st.form_submit_button(page._("Remember for this shop"), on_click=save)


def forget() -> None:
    """Drop the previews, so that they are made anew from what now holds."""
    st.session_state.pop("import_previews", None)
