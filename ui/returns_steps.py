"""Questions of buyers that are no return: what may lawfully be done, step by step, with the text to send."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from core.desk import replies, returns_settings, settings
from core.policy.returns import situations
from core.policy.words import N_
from ui import returns_answer, returns_case
from ui.frame import Page
from ui.returns_table import word

KINDS: Final = {
    "wrong_order": N_("Amazon: the buyer ordered the wrong thing"),
    "faster_shipping": N_("Amazon: faster shipping is asked"),
    "other_address": N_("Amazon: another address is asked"),
    "not_received": N_("Amazon: nothing was received"),
    "cancel_after": N_("Cdiscount: cancellation asked after acceptance or dispatch"),
}
PLACES: Final = {
    "order_number": N_("Order number"),
    "shop": N_("Shop"),
    **replies.TYPED,
    "refund_amount": N_("Amount of the refund"),
    "refund_by": N_("Refund by"),
    "requested_on": N_("Asked on"),
}
"""What a text may leave open here: no case stands behind it, so a person fills it."""
ANSWERS: Final = {True: N_("yes"), False: N_("no")}


def draw(page: Page) -> None:
    """Choose the situation; the steps with their rules, and the text of each."""
    kind = st.selectbox(
        page._("Situation"), list(KINDS), format_func=lambda name: page._(KINDS[name]), key="situation", width=480
    )
    if kind == "cancel_after":
        _cancellation(page)
        return
    with st.container(horizontal=True):
        sent = _answer(page, page._("Dispatched?"), "situation_sent")
        lost = (
            _answer(page, page._("Lost, by the carrier's word?"), "situation_lost") if kind == "not_received" else None
        )
        insured = _insured(page) if kind == "not_received" else None
        ordered = (
            st.datetime_input(
                page._("Ordered ({zone} time)", zone=page.text.city(page.zone)),
                None,
                key="situation_ordered",
                width=260,
            )
            if kind == "wrong_order"
            else None
        )
        latest = (
            st.date_input(page._("Latest delivery date"), None, key="situation_latest", width=220)
            if kind == "not_received"
            else None
        )
    zone = ZoneInfo(page.zone)
    end = dt.datetime.combine(latest, dt.time(23, 59, 59), zone) if isinstance(latest, dt.date) else None
    row = {
        "case_id": "1", "kind": kind, "dispatched": True if kind == "not_received" and sent is None else sent,
        "ordered_at": ordered.replace(tzinfo=zone).astimezone(dt.UTC) if ordered else None,
        "latest_delivery_at": end.astimezone(dt.UTC) if end else None, "lost": lost,
        "insured": insured,
    }  # fmt: skip
    asked = pl.DataFrame([row], schema=situations.SITUATIONS)
    steps = situations.steps(asked, page.desk.values, page.now)
    for step in steps.iter_rows(named=True):
        until = page._("until {at}", at=page.text.moment(step["until"], page.zone)) if step["until"] else ""
        said = word(page, situations.STEP_WORDS, step["code"])
        st.markdown(f"{step['step']}. {said} {returns_case.rule(page, step['rule'])} {page.text.plain(until)}")
    for name in steps["reply"].drop_nulls().unique(maintain_order=True):
        _text(page, name)


def _insured(page: Page) -> bool | None:
    """Whether the parcel is insured: by default what its shop says of its parcels."""
    shops = {
        row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True) if row["marketplace"] == "amazon"
    }
    known, shop_id = None, None
    if shops:
        shop_id = st.selectbox(
            page._("Shop"), list(shops), format_func=lambda id_: shops[id_]["name"], key="situation_shop", width=220
        )
        today = returns_settings.today(page.desk, shop_id, page.now)
        held = returns_settings.in_force(page.desk, shop_id, today).filter(key="offer_insured")["amount"][0]
        known = {"yes": True, "no": False}.get(held)
    return _answer(page, page._("Insured?"), f"situation_insured_{shop_id}", known)


def _answer(page: Page, title: str, key: str, known: bool | None = None) -> bool | None:
    return st.selectbox(
        title,
        list(ANSWERS),
        index=None if known is None else list(ANSWERS).index(known),
        format_func=lambda answer: page._(ANSWERS[answer]),
        placeholder=page._("unknown"),
        key=key,
        width=220,
    )


def _cancellation(page: Page) -> None:
    st.markdown(
        page._("Accept it or refuse it; where it is accepted, the commission is given back.")
        + " " + returns_case.rule(page, "CD-C2")
    )  # fmt: skip
    for name in ("cdiscount_cancellation_accepted", "cdiscount_cancellation_refused"):
        _text(page, name)


def _text(page: Page, name: str) -> None:
    """A text with its places filled by hand; it can be copied once nothing is wrong with it."""
    text = replies.texts()[name]
    st.divider()
    given = {}
    places = [place for place in PLACES if place in text.places]
    for number, place in enumerate(places):
        if number % 3 == 0:
            columns = st.columns(3)
        with columns[number % 3]:
            given[place] = st.text_input(page._(PLACES[place]), key=f"step_{name}_{place}")
    lines = replies.filled_by_hand(text, given)
    french = "\n\n".join(line[0] for line in lines)
    faults = replies.faults(french, given.get("order_number", ""), text.option)
    sent, other = st.columns(2)
    with sent:
        if faults:
            st.markdown(_plain(page, lines, 0))
            returns_answer.draw_faults(page, faults)
        else:
            st.code(french, language=None, wrap_lines=True)
    with other:
        st.markdown(_plain(page, lines, 1 if page.lang == "zh_CN" else 2))


def _plain(page: Page, lines: list[tuple[str, str, str]], place: int) -> str:
    return "\n\n".join(page.text.plain(line[place]) for line in lines)
