"""What was imported, newest first; of a chosen import its findings, its rejected rows, and its undo."""

from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import imports, known_files, mappings, rejects, undo
from core.policy.words import N_
from ui import findings_view, import_batch, import_mend, notices, tables
from ui.frame import Page
from ui.import_view import COUNTS, stem
from ui.refusals import told
from ui.text import NOTHING

HISTORY: Final = {
    "imported_at": N_("Imported"),
    "shop": N_("Shop"),
    "file_name": N_("File"),
    "format": N_("Format"),
    "as_of": N_("As of"),
    "person": N_("By"),
    "mapping_version": N_("Version of the mapping"),
    "sha256": N_("SHA-256"),
    "duration": N_("Took"),
    "undone": N_("Undone"),
}
WHY_KEPT: Final = {
    undo.EDITED: N_("edited here since"),
    undo.DECIDED: N_("decided here since"),
}
STEP: Final = 100
"""Imports that are shown at first, and as many more each time that somebody asks for older ones."""
_ASKED: Final = "undo_asked"
_LIMIT: Final = "import_history_limit"


def draw(page: Page) -> None:
    """The table; a chosen row shows what can be known of it and done about it."""
    limit = st.session_state.get(_LIMIT, STEP)
    done = imports.history(page.desk, limit)
    if done.is_empty():
        st.caption(page._("No file was imported yet."))
        return
    shown = in_words(page, done)
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"history_{done['id'][0]}",
        alt=page._("Imports, newest first"),
    )
    with st.container(horizontal=True):
        tables.downloads(page, shown, "desk48-imports")
        if done.height == limit:
            st.button(page._("Show older imports"), on_click=_older, icon=":material/history:", key="history_older")
    rows = [row for row in event["selection"]["rows"] if row < done.height]
    if rows:
        chosen(page, done.row(rows[0], named=True))
    else:
        st.caption(page._("Choose an import to see its findings, to fetch its rejected rows or to undo it."))


def in_words(page: Page, done: pl.DataFrame) -> pl.DataFrame:
    """Imports as people read them."""
    head = {name: page._(label) for name, label in HISTORY.items()}
    seconds = pl.col("duration_ms") / 1000
    took = seconds.map_elements(lambda value: f"{page.text.number(value, 1)} s", return_dtype=pl.String)
    undone = pl.format("{}, {}", tables.moment("undone_at", page.zone, page.text), pl.col("undone_by"))
    return done.select(
        tables.moment("imported_at", page.zone, page.text).alias(head["imported_at"]),
        pl.col("shop").alias(head["shop"]),
        pl.col("file_name").alias(head["file_name"]),
        *(pl.col(name).alias(page._(label)) for name, label in COUNTS),
        pl.when(pl.col("undone_at").is_not_null()).then(undone).otherwise(pl.lit(NOTHING)).alias(head["undone"]),
        pl.col("format").replace(titles(page)).alias(head["format"]),
        tables.moment("as_of", page.zone, page.text).alias(head["as_of"]),
        pl.col("person").alias(head["person"]),
        took.fill_null(NOTHING).alias(head["duration"]),
        pl.col("mapping_version").fill_null(NOTHING).alias(head["mapping_version"]),
        pl.col("sha256").fill_null(NOTHING).alias(head["sha256"]),
    )


def titles(page: Page) -> dict[str, str]:
    """What each format is called, a shop's own mappings by the names that they were given."""
    own = {one.format: one.mapping.name for one in mappings.kept(page.desk) if one.mapping and one.mapping.name}
    return own | {name: page._(title) for name, title in known_files.titles().items()}


def chosen(page: Page, row: dict[str, Any]) -> None:
    """One import in full."""
    name = f"{stem(row['file_name'] or '')}-{row['id']}"
    st.markdown(f"**{page.text.plain(row['file_name'] or '')}**")
    take_back(page, row)
    findings_view.draw(page, imports.findings(page.desk, row["id"]), f"{name}-findings")
    if row["rejected"]:
        sheet = rejects.of_import(page.desk, row["id"])
        if sheet.rows.height:
            import_mend.download(page, sheet, name)


def take_back(page: Page, row: dict[str, Any]) -> None:
    """The undo: asked for, then looked at, then done."""
    if row["undone_at"] is not None:
        at, by = page.text.moment(row["undone_at"], page.zone), page.text.plain(row["undone_by"])
        st.info(page._("Undone on {at} by {person}. There is nothing more to undo.", at=at, person=by))
        return
    bar = page.bar("undo", row["shop_id"])
    if st.session_state.get(_ASKED) != row["id"]:
        ask = page._("Undo this import…")
        st.button(
            ask, on_click=_ask, args=(row["id"],), key=f"undo_{row['id']}", icon=":material/undo:",
            disabled=bool(bar), help=bar,
        )  # fmt: skip
        return
    try:
        with st.spinner(page._("Looking at what would go back…")):
            plan = undo.look(page.desk, row["id"])
    except (undo.CannotUndo, LookupError):
        st.warning(page._("This import cannot be undone: nothing was kept to undo it by."))
        return
    preview(page, plan)
    with st.container(horizontal=True):
        st.button(
            page._("Undo now"), type="primary", on_click=_undo, args=(page, row["id"]), key="undo_now",
            icon=":material/undo:", disabled=bool(bar), help=bar,
        )  # fmt: skip
        st.button(page._("Leave it as it is"), on_click=_ask, args=(None,), key="undo_not")


def preview(page: Page, plan: undo.Plan) -> None:
    """What the undo would do, in orders, and what people did since, which stays."""
    st.markdown(page._("What the undo would do, in orders:"))
    lines = [
        page._("{name}: {value}", name=page._(label), value=getattr(plan, count))
        for count, label in undo.COUNTS.items()
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    wiped = undo.wiped(page.desk, plan)
    if wiped:
        st.warning(
            page.n_(
                "The personal data of {n} order was wiped: its buyer, texts and notes do not come back.",
                "The personal data of {n} orders was wiped: their buyers, texts and notes do not come back.",
                wiped,
            )
        )
    kept = undo.kept(plan)
    if kept.height:
        st.caption(page._("What people did since stays:"))
        reach = pl.when("whole").then(pl.lit(page._("the whole order"))).otherwise(pl.lit(page._("only what they did")))
        shown = kept.select(
            **{
                page._("Order"): pl.col("order_number"),
                page._("Why"): tables.words("why", WHY_KEPT, page.text),
                page._("What stays"): reach,
            }
        )
        findings_view.draw_rows(page, shown, page._("What an undo keeps"), f"desk48-undo-{plan.import_id}")


def _older() -> None:
    st.session_state[_LIMIT] = st.session_state.get(_LIMIT, STEP) + STEP


def _ask(import_id: int | None) -> None:
    st.session_state[_ASKED] = import_id


@told
def _undo(page: Page, import_id: int) -> None:
    """Do it; the second of two people is told that it was done."""
    st.session_state[_ASKED] = None
    try:
        plan = undo.run(page.desk, page.person, import_id, page.now)
    except (undo.CannotUndo, LookupError):
        notices.leave("error", page._("This import cannot be undone: nothing was kept to undo it by."))
        return
    import_batch.forget()
    if plan.undone_at is not None:
        notices.leave("warning", page._("It was undone before. Nothing was done."))
        return
    gone = page.n_("{n} order removed", "{n} orders removed", plan.removed)
    back = page.n_("{n} back to its earlier values", "{n} back to their earlier values", plan.restored)
    notices.leave("done", page._("Undone: {gone}, {back}, {kept} kept.", gone=gone, back=back, kept=plan.kept))
