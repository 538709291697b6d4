"""The chosen orders: every reason, what could be taken instead in one click, and the word that the gate asks."""

from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import shipments
from core.desk.base import OrderKey
from core.policy.tracking_reasons import REASONS, Evidence
from core.policy.words import N_
from ui import notices, tracking_table, tracking_verdicts
from ui.frame import Page
from ui.refusals import told
from ui.text import NOTHING

SHOWN_IN_FULL: Final = 5
"""So many chosen orders are shown with all their reasons; of more, what they have in common is offered."""
NAMED: Final = ("carrier", "meant_carrier")
"""The carrier as it is written, and which one that is in this shop."""
PROPOSALS: Final = {"carrier": N_("Carrier"), "tracking_url": N_("Tracking link")}


def draw(page: Page, picked: pl.DataFrame) -> None:
    """What is known of the chosen rows, and what can be done with them."""
    if picked.is_empty():
        st.info(page._("Choose rows above to see every reason, take a proposal or give a word."))
        return
    proposals(page, picked)
    for row in picked.head(SHOWN_IN_FULL).iter_rows(named=True):
        with st.container(border=True):
            one(page, row)
    if picked.height > SHOWN_IN_FULL:
        st.caption(page._("The first {n} of the chosen orders are shown.", n=SHOWN_IN_FULL))
    word(page, picked)


def one(page: Page, row: dict[str, Any]) -> None:
    """One order in full."""
    text = page.text
    verdict = tracking_table.verdict_of(page, row)
    st.markdown(f"**{text.plain(row['order_number'])}** · {text.plain(row['shop'])} · **{verdict}**")
    if row["flagged"]:
        st.warning(
            page._("It was sent, and a newer file still shows it to be shipped. Look it up, then send it again.")
        )
    left, right = st.columns(2)
    with left:
        st.markdown(facts(page, row))
    with right:
        st.markdown(reasons(page, row))
    held = row["held_back"]
    if held:
        st.caption(page._(shipments.HELD_BACK[held]))
    elif row["word_person"]:
        st.caption(page._("It goes on the word of {person}.", person=text.plain(row["word_person"])))
    else:
        st.caption(page._("It goes into the next shipment file."))
    rules = dict.fromkeys(
        rule for rule in (row["required_rule"], *(REASONS[code].rule for code in row["codes"])) if rule
    )
    with st.container(horizontal=True):
        for rule in rules:
            st.page_link(
                "../pages/rules.py",
                label=page._("Rule {rule}", rule=rule),
                query_params={"rule": rule},
                icon=":material/gavel:",
            )


def facts(page: Page, row: dict[str, Any]) -> str:
    """What is known of the shipment, as lines."""
    text = page.text
    number, sent, gate, url = (row[name] for name in ("tracking_number", "normalised", "gate", "url_result"))
    evidence = row["evidence"] or Evidence.NONE
    lines = {
        page._("Tracking number"): text.plain(number) if number else NOTHING,
        page._("In the file"): text.plain(sent) if sent and sent != number else None,
        page._("Carrier"): " → ".join(text.plain(row[name]) for name in NAMED if row[name]) or NOTHING,
        page._("Carriers that fit"): ", ".join(map(text.plain, shipments.carrier_names(row["carriers"]))) or NOTHING,
        page._("Evidence"): page._(tracking_verdicts.EVIDENCE[evidence]),
        page._("Tracking link"): text.plain(row["tracking_url"]) if row["tracking_url"] else NOTHING,
        page._("Leads to"): page._(tracking_verdicts.URLS[url]) if url else None,
        page._("Gate"): page._(tracking_verdicts.GATES[gate]) if number else None,
    }
    told = [page._("{name}: {value}", name=name, value=said) for name, said in lines.items() if said is not None]
    return "\n".join(f"- {line}" for line in told)


def reasons(page: Page, row: dict[str, Any]) -> str:
    """Every reason with its rule, gravest first."""
    said = [
        f"- {page.text.plain(tracking_table.sentence(page, found))} ({REASONS[found['code']].rule})"
        for found in row["reasons"]
    ]
    evidence = row["evidence"] or Evidence.NONE
    said = said or [f"- {page._(tracking_table.WELL_FORMED[evidence])}"]
    return "\n".join([*said, "", page._("No check proves that a parcel exists.")])


def proposals(page: Page, picked: pl.DataFrame) -> None:
    """One button a field: the proposed carrier or link, taken for every chosen order that has one."""
    for field, label in PROPOSALS.items():
        offered = picked.filter(pl.col(f"proposed_{field}").is_not_null(), pl.col("state").is_in(shipments.TO_SHIP))
        if offered.is_empty():
            continue
        values = offered[f"proposed_{field}"].unique(maintain_order=True).to_list()
        named = page.text.plain(", ".join(values[:3]) + ("…" if len(values) > 3 else ""))
        label = page.n_(
            "Take the proposal for {n} order: {field} {value}",
            "Take the proposals for {n} orders: {field} {value}",
            offered.height,
            field=page._(label),
            value=named,
        )
        keys, bar = _keys(offered), page.bar("decide", *offered["shop_id"].unique())
        st.button(
            label, key=f"take_{field}", icon=":material/magic_button:", on_click=_take, args=(page, keys, field),
            disabled=bool(bar), help=bar,
        )  # fmt: skip


@told
def _take(page: Page, keys: list[OrderKey], field: str) -> None:
    taken = shipments.take_proposals(page.desk, page.person, keys, field, page.now)
    notices.leave("done", page.n_("Taken for {n} order.", "Taken for {n} orders.", taken))


def word(page: Page, picked: pl.DataFrame) -> None:
    """The form for a word, where the gate asks one of any chosen order."""
    asking = picked.filter(pl.col("held_back").is_in(["needs_word", "needs_lead"]))
    if asking.is_empty():
        return
    lead = (asking["held_back"] == "needs_lead").any()
    with st.form("give_word", border=True):
        asked = page.n_("Give your word for {n} order", "Give your word for {n} orders", asking.height)
        st.markdown(f"**{asked}**")
        st.caption(
            page._("The shop is under surveillance: only a lead's word counts, with evidence (XX-T3).")
            if lead
            else page._("Your name, the instant and the reason are kept with the shipment (XX-T3).")
        )
        st.text_input(page._("Reason"), key="word_reason")
        st.text_input(page._("Evidence: what you have seen (a receipt, a first scan, a label)"), key="word_proof")
        bar = page.bar("vouch_as_lead" if lead else "vouch", *asking["shop_id"].unique())
        st.form_submit_button(page._("Give my word"), on_click=_give, args=(page, asking), disabled=bool(bar), help=bar)


@told
def _give(page: Page, asking: pl.DataFrame) -> None:
    reason, proof = st.session_state["word_reason"], st.session_state["word_proof"]
    try:
        given = shipments.give_word(page.desk, page.person, asking, reason, proof, page.now)
    except shipments.NoWordNeeded:
        notices.leave("warning", page._("None of it waits for a word as you saw it: somebody was quicker. Look again."))
    except shipments.WordIncomplete as missing:
        notices.leave("error", page._(missing.sentence))
    else:
        notices.leave("done", page.n_("Your word is kept for {n} order.", "Your word is kept for {n} orders.", given))


def _keys(rows: pl.DataFrame) -> list[OrderKey]:
    return [OrderKey(*key) for key in rows.select("shop_id", "order_number").iter_rows()]
