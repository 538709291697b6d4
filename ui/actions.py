"""What can be done with the chosen orders: a preview that says what will be recorded, then the record."""

from typing import Any

import polars as pl
import streamlit as st

from core.desk import orders
from core.desk.base import OrderKey
from core.policy.rates import RefusalEffect
from core.policy.words import DecisionKind, N_
from ui import labels, notices, typed_facts
from ui.frame import Page
from ui.refusals import told
from ui.text import Param

OFFERED = (
    DecisionKind.ACCEPT,
    DecisionKind.REFUSE,
    DecisionKind.MARK_SHIPPED,
    DecisionKind.CARRIED_OUT,
    DecisionKind.WITHDRAW,
    DecisionKind.SAY_CANCELLED,
    DecisionKind.SAY_OPEN,
    DecisionKind.ASSIGN,
)
SHORTCUT = "Ctrl+Enter"
CONSEQUENCES = {
    DecisionKind.ACCEPT: N_(
        "The marketplace is not connected: accept them in the back office too, then tick them here."
    ),
    DecisionKind.REFUSE: N_("A refusal lowers the acceptance rate and its commission is not given back (rule CD-O2)."),
    DecisionKind.MARK_SHIPPED: N_("Normal mail at or below the threshold needs no tracking number (rule CD-S1)."),
    DecisionKind.CARRIED_OUT: N_("They leave the list until a newer file confirms them or says otherwise."),
    DecisionKind.WITHDRAW: N_("The decision stays in the record, and the order stands in the queue as before it."),
    DecisionKind.SAY_CANCELLED: N_("They leave the queue, unless a newer file still shows them open."),
    DecisionKind.SAY_OPEN: N_("They go back into the live queue with their deadline."),
    DecisionKind.ASSIGN: N_("Their name stands beside the orders until somebody else takes them."),
}


def draw(page: Page, picked: pl.DataFrame, *, on_case_page: bool = False) -> None:
    """The panel for the chosen rows; nothing is drawn while none is chosen."""
    if picked.is_empty():
        return
    keys = [OrderKey(*row) for row in picked.select("shop_id", "order_number").iter_rows()]
    bar = page.bar("decide", *picked["shop_id"].unique())
    with st.container(border=True):
        if bar:
            st.caption(bar)
        possible = [kind for kind in OFFERED if _possible(kind, picked)]
        kind = st.segmented_control(
            page.n_("{n} order chosen", "{n} orders chosen", len(keys)),
            possible,
            format_func=lambda kind: page._(labels.DECISIONS[kind]),
            key="action",
            disabled=bool(bar),
        )
        if not on_case_page:
            open_case(page, picked)
        if kind is not None:
            shown = picked.select("shop_id", "order_number", "decision_id", "assignee")
            _confirm(page, DecisionKind(kind), keys, shown)
    if not bar:
        typed_facts.draw(page, picked)


def open_case(page: Page, picked: pl.DataFrame) -> None:
    """The way to the case page, while exactly one row is chosen."""
    if picked.height == 1 and st.button(page._("Open the case"), key="open_case", icon=":material/folder_open:"):
        order, shop_id = picked["order_number"][0], str(picked["shop_id"][0])
        st.switch_page("../pages/case.py", query_params={"order": order, "shop_id": shop_id})


def open_work(page: Page, picked: pl.DataFrame) -> None:
    """The way to the one chosen work item (a row of ``core.desk.work.queue``): its return, else its order."""
    if picked.height != 1 or picked["return_key"][0] is None:
        open_case(page, picked)
    elif st.button(page._("Open the return"), key="open_return", icon=":material/assignment_return:"):
        link = {"shop_id": str(picked["shop_id"][0]), "return": picked["return_key"][0]}
        st.switch_page("../pages/returns.py", query_params=link)


def _possible(kind: DecisionKind, picked: pl.DataFrame) -> bool:
    """Whether the action could fit any of the rows; core judges each of them again."""
    decided, apart = picked["decision"].is_not_null(), picked["group"].is_in(orders.APART)
    if kind in (DecisionKind.CARRIED_OUT, DecisionKind.WITHDRAW):
        return bool(decided.any())
    if kind in (DecisionKind.SAY_CANCELLED, DecisionKind.SAY_OPEN):
        return bool(apart.any())
    return kind is DecisionKind.ASSIGN or not bool(decided.all())


def _confirm(page: Page, kind: DecisionKind, keys: list[OrderKey], shown: pl.DataFrame) -> None:
    seen = orders.preview(page.desk, kind, keys, page.now)
    st.write(page._(CONSEQUENCES[kind]))
    _left(page, seen.left)
    for shop, effect in seen.effects:
        st.write(refusal(page, shop, effect))
    text = _text(page, kind)
    label = page.n_("Record for {n} order", "Record for {n} orders", seen.taken.height)
    missing = seen.taken.is_empty() or (kind in orders.NEEDS_TEXT and not text)
    st.button(
        label,
        type="primary",
        key="record",
        disabled=missing,
        shortcut=SHORTCUT,
        on_click=_record,
        args=(page, kind, keys, text, shown),
    )


def _left(page: Page, left: pl.DataFrame) -> None:
    """What the decision leaves out, and why."""
    for code, rows in sorted(left.group_by("held_back"), key=lambda part: str(part[0])):
        numbers = ", ".join(page.text.plain(number) for number in rows["order_number"])
        why = page._(orders.HELD_BACK.get(str(code[0]), str(code[0])))
        st.warning(page._("{name}: {value}", name=numbers, value=why))


def _text(page: Page, kind: DecisionKind) -> str:
    if kind is DecisionKind.REFUSE:
        return st.text_input(page._("Reason for the refusal"), key="reason").strip()
    if kind is DecisionKind.ASSIGN:
        people = [page.person.name, *(name for name in page.team.people if name != page.person.name)]
        return str(st.selectbox(page._("Who takes them"), people, key="assignee"))
    return ""


@told
def _record(page: Page, kind: DecisionKind, keys: list[OrderKey], text: str, shown: pl.DataFrame) -> None:
    done = orders.decide(page.desk, page.person, kind, keys, page.now, text, shown)
    st.session_state["action"] = None
    for row in done.left.filter(held_back="meanwhile").iter_rows(named=True):
        notices.leave("warning", _meanwhile(page, kind, text, row))
    st.toast(
        page.n_("Recorded for {n} order.", "Recorded for {n} orders.", done.taken.height),
        icon=":material/done:",
    )


def _meanwhile(page: Page, kind: DecisionKind, text: str, row: dict[str, Any]) -> str:
    """What was not recorded, and what somebody else decided instead."""
    if kind is DecisionKind.ASSIGN:
        yours, theirs, who = text, row["assignee"] or page._("nobody"), ""
    else:
        standing = row["decision"]
        theirs = page._(labels.DECISIONS[standing]) if standing else page._("no decision")
        yours, who = page._(labels.DECISIONS[kind]), row["decided_by"] or ""
    by = f"({page.text.plain(who)})" if who else ""
    return page._(
        "{order} was decided by somebody else meanwhile. Yours, not recorded: {yours}. It now stands: {theirs} "
        "{person}",
        order=page.text.plain(row["order_number"]), yours=page.text.plain(yours), theirs=page.text.plain(theirs),
        person=by,
    )  # fmt: skip


def refusal(page: Page, shop: str, effect: RefusalEffect) -> str:
    """What refusing does to a shop's acceptance rate, or why nobody can tell."""
    place: dict[str, Param] = {"shop": page.text.plain(shop), "days": effect.window_days}
    if not effect.known:
        return page._("{shop}, {days} days: cannot tell, the files do not cover the whole window.", **place)
    return page._(
        "{shop}, {days} days: acceptance rate {before} → {after}, threshold {threshold}; it bears {bears} more. "
        "From {decided} orders since {since}.",
        **place,
        before=page.text.percent(effect.rate_before),
        after=page.text.percent(effect.rate_after),
        threshold=page.text.percent(effect.threshold),
        bears=effect.bears,
        decided=effect.decided,
        since=page.text.day(effect.since),
    )
