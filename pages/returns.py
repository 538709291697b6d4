"""Returns: the requests by the clock that runs, the lawful options of each with their cost, the answer in French."""

from typing import Final

import streamlit as st

from core.desk import returns
from core.desk.returns import CaseKey
from core.policy.words import N_
from ui import (
    notices,
    presence_view,
    record_view,
    returns_add,
    returns_answer,
    returns_case,
    returns_decide,
    returns_replay,
    returns_reports,
    returns_steps,
    returns_table,
    tables,
    worklist,
)
from ui.frame import Page
from ui.frame import page as open_page

SHOWS: Final = (
    *("CD-R1", "CD-R2", "CD-R3", "CD-R4", "CD-R5", "CD-R6", "CD-C2"),
    *("AM-R1", "AM-R2", "AM-R3", "AM-R4", "AM-R5", "AM-R6", "AM-R7"),
    *("AM-R8", "AM-R9", "AM-R10", "AM-R11", "AM-R12", "AM-R13"),
    *("AM-O1", "AM-O2", "AM-O3", "AM-O4", "AM-O5", "AM-O6"),
    *("AM-N1", "AM-N2", "AM-N3", "AM-N4", "AM-N5"),
    *("AM-C1", "XX-D1"),
)
VIEWS: Final = {
    "work": N_("Queue"),
    "add": N_("Add requests"),
    "replay": N_("Rules and replay"),
    "reports": N_("Reports"),
    "steps": N_("Other questions"),
}


def view(page: Page) -> str:
    """Which part of the page is open; it lives in the link in words of no language."""

    def keep() -> None:
        st.query_params["view"] = st.session_state["returns_view"]

    wish = st.query_params.get("view")
    st.session_state["returns_view"] = wish if wish in VIEWS else "work"
    return str(
        st.segmented_control(
            page._("Part of the page"),
            list(VIEWS),
            format_func=lambda name: page._(VIEWS[name]),
            key="returns_view",
            on_change=keep,
            required=True,
            label_visibility="collapsed",
        )
    )


def opened(page: Page) -> CaseKey | None:
    """The case that a link names, or that was open before; None where there is none."""
    shop, key = st.query_params.get("shop_id"), st.query_params.get("return")
    if shop and key and shop.isdecimal() and len(shop) < 18:
        return CaseKey(int(shop), key)
    return None


def open_case(key: CaseKey) -> None:
    """Keep the case in the link, so that it stays open when the queue moves under it."""
    st.query_params["shop_id"], st.query_params["return"] = str(key.shop_id), key.key


def draw_case(page: Page, key: CaseKey) -> None:
    """One case from its verdict to its answer."""
    case, curve = returns_case.read(page, key, (*page.seen, key))
    if case is None or curve is None:
        st.error(page._("The base does not know this return request."))
        return
    with st.container(border=True):
        presence_view.draw(page, key)
        returns_case.head(page, case.row)
        returns_case.verdict(page, case.row)
        if case.row["closed_at"] is None:
            returns_decide.choice(page, {key: case.row["decision_id"]}, case.row)
        returns_decide.close(page, key, case.row, case.events.height)
        returns_decide.reopen(page, key, case.row)
        returns_case.cards(page, case)
        clocks, chart = st.columns([2, 3])
        with clocks:
            returns_case.chain(page, case)
        with chart:
            returns_case.turning_point(page, curve, case.row)
        returns_decide.found_out(page, key, case.row)
        if case.row["closed_at"] is None:
            returns_decide.events(page, key, case.row, case.events.height)
            returns_answer.draw(page, key, case.row, case.events.height)
        returns_case.record(page, case)
        record_view.about(page, key.shop_id, key.key)


def draw_work(page: Page) -> None:
    """The queue, and what is chosen in it or among the closed cases."""
    judged = returns.queue(page.desk, page.minute)
    link = opened(page)
    if judged.is_empty() and link is None:
        st.info(page._("No return request is open. Type one, paste several, or bring a file."), icon=":material/inbox:")
        if st.button(page._("Add requests"), type="primary", key="to_add"):
            st.query_params["view"] = "add"
            st.rerun()
        one(page, returns_table.draw_closed(page))
        return
    returns_table.figures(page, judged)
    found = returns_table.filtered(page, judged)
    st.caption(
        page.n_(
            "{n} return, most urgent first. Choose one to see its options, or several to decide them together.",
            "{n} returns, most urgent first. Choose one to see its options, or several to decide them together.",
            found.height,
        )
        + " "
        + page._("Waiting for buyers: {n}.", n=judged.filter(kind="await_return").height)
    )
    picked = returns_table.draw(page, found)
    if len(picked) > 1:
        with st.container(border=True):
            returns_decide.choice(page, picked, None)
    else:
        closed = returns_table.draw_closed(page)
        one(page, list(picked) or closed or ([link] if link else []))
    tables.downloads(page, returns_table.in_words(page, found), "desk48-returns")


def one(page: Page, keys: list[CaseKey]) -> None:
    """The first of these cases, if there is one."""
    for key in keys[:1]:
        open_case(key)
        draw_case(page, key)


page = open_page()
worklist.title(page, page._("Returns"))
notices.draw()
match view(page):
    case "add":
        returns_add.draw(page)
    case "replay":
        returns_replay.draw(page)
    case "reports":
        returns_reports.draw(page)
    case "steps":
        returns_steps.draw(page)
    case _:
        draw_work(page)
