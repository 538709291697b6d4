"""The parts of the case page."""

import datetime as dt

import polars as pl
import streamlit as st

from core.desk import cases, orders
from core.desk.base import OrderKey
from core.policy.explain import ACTIONS, CONSEQUENCES, REASONS
from core.policy.words import DecisionKind, N_
from ui import bands, labels, tables
from ui.frame import Page

FACTS = {
    "state_word": N_("State in the file"),
    "created_at": N_("Created"),
    "paid_at": N_("Paid"),
    "latest_ship_at": N_("Latest shipping date"),
    "delivery_mode": N_("Delivery mode"),
    "goods_minor": N_("Articles"),
    "shipping_minor": N_("Shipping"),
    "channel": N_("Sales channel"),
    "carrier": N_("Carrier"),
    "tracking_number": N_("Tracking number"),
    "tracking_url": N_("Tracking link"),
}


def choose(page: Page, sought: str) -> OrderKey | None:
    """What the search found: one order opens at once, several are offered."""
    hits = cases.search(page.desk, sought)
    if hits.height == 1:
        return OrderKey(hits["shop_id"][0], hits["order_number"][0])
    if hits.is_empty():
        st.warning(page._("Nothing was found for {text}.", text=page.text.plain(sought)))
        return None
    st.caption(page.n_("{n} order found. Choose one.", "{n} orders found. Choose one.", hits.height))
    shown = hits.select(
        **{
            page._("Order"): pl.col("order_number"),
            page._("Shop"): pl.col("shop"),
            page._("State"): tables.words("state", labels.STATES, page.text),
            page._("Created"): tables.moment("created_at", page.zone, page.text),
            page._("Found"): pl.col("shown"),
        }
    )
    event = st.dataframe(
        shown,
        key=f"hits_{sought}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        alt=page._("Orders found"),
    )
    rows = event["selection"]["rows"]
    return OrderKey(hits["shop_id"][rows[0]], hits["order_number"][rows[0]]) if rows else None


def head(page: Page, case: cases.Case) -> None:
    """Which order it is, and the answer to: what now, until when."""
    facts, judged = case.facts, case.judged
    value = (facts["goods_minor"] or 0) + (facts["shipping_minor"] or 0)
    known = facts["goods_minor"] is not None
    st.code(case.key.order_number, language=None)
    with st.container(horizontal=True):
        st.metric(page._("Shop"), facts["shop"], border=True)
        # What went out in a shipment file is sent, whatever the file before it says.
        state = judged["state"] if judged else facts["state"]
        st.metric(page._("State"), page._(labels.STATES[state]), border=True)
        st.metric(page._("Amount"), page.text.money(value if known else None, facts["currency"]), border=True)
        if judged:
            place = judged["band"] if judged["group"] == "live" else judged["group"]
            st.metric(page._("Band"), bands.label(place, page.text), border=True)
            st.metric(page._("Time left"), page.text.left(judged["seconds_left"]), border=True)
    if judged and judged["disagrees"]:
        decided = judged["decided_at"] or judged["said_at"]
        st.warning(
            page._(
                "Decided here {age}; the file of {as_of} still says: {state}.",
                age=page.text.ago((page.now - decided).total_seconds()) if decided else "–",
                as_of=page.text.moment(judged["as_of"], page.zone),
                state=page._(labels.STATES[facts["state"]]),
            )
        )


def derivation(page: Page, case: cases.Case) -> None:
    """The clock chain in words: how the deadline comes about, by which rule."""
    st.subheader(page._("Clock"), anchor=False)
    if case.judged is None:
        st.write(page._("Nothing is left to do: the order is closed."))
        return
    judged = case.judged
    lines = [page._(sentence.template, **sentence.params) for sentence in case.derivation]
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))
    reason, step, consequence = (judged[name] for name in ("reason", "action", "consequence"))
    if reason:
        st.write(page._(REASONS[reason]))
    st.write(page._("Next step: {step}", step=page._(ACTIONS[step])))
    if consequence:
        st.write(page._("If not: {consequence}", consequence=page._(CONSEQUENCES[consequence])))
    who = judged["assignee"]
    st.write(page._("{person} has it.", person=page.text.plain(who)) if who else page._("Nobody has it yet."))
    if judged["rule"]:
        st.page_link(
            "../pages/rules.py",
            label=page._("Rule {rule}: {values}", rule=judged["rule"], values=judged["rule_values"] or ""),
            query_params={"rule": judged["rule"]},
            icon=":material/gavel:",
        )


def facts(page: Page, case: cases.Case) -> None:
    """Every fact with the file it came from."""
    st.subheader(page._("Facts"), anchor=False)
    files = {row["id"]: row["file_name"] or page._("typed by hand") for row in case.imports.iter_rows(named=True)}
    rows = [
        (page._(label), _shown(page, name, case.facts), files.get(case.source_of(name), ""))
        for name, label in FACTS.items()
        if case.facts[name] is not None
    ]
    if case.buyer:
        name = " ".join(filter(None, (case.buyer["first_name"], case.buyer["last_name"])))
        place = " ".join(
            filter(
                None,
                (case.buyer["address"], case.buyer["postcode"], case.buyer["city"], case.buyer["country"]),
            )
        )
        source = files.get(case.facts["import_id"], "")
        rows += [(page._("Buyer"), name, source), (page._("Address"), place, source)]
    columns = [page._("Fact"), page._("Value"), page._("From")]
    frame = pl.DataFrame([row for row in rows if row[1]], schema=dict.fromkeys(columns, pl.String), orient="row")
    st.dataframe(frame, hide_index=True, alt=page._("Facts and the files they came from"), key="facts")
    tables.downloads(page, frame, "desk48-facts")


def _shown(page: Page, name: str, values: dict[str, object]) -> str:
    value = values[name]
    if isinstance(value, dt.datetime):
        return page.text.moment(value, str(values["zone"]))
    if isinstance(value, int):
        return page.text.money(value, str(values["currency"]) if values["currency"] else None)
    return page._(labels.DELIVERY_MODES[str(value)]) if name == "delivery_mode" else str(value)


def lines(page: Page, case: cases.Case) -> None:
    """The articles of the order."""
    st.subheader(page._("Articles"), anchor=False)
    currency = pl.lit(case.facts["currency"], dtype=pl.String).alias("currency")
    held = case.lines.with_columns(currency)
    columns: dict[str, pl.Expr | pl.Series] = {
        page._("Article"): pl.col("title"),
        "SKU": pl.coalesce("sku", "seller_sku"),
        "EAN": pl.col("ean"),
        page._("Quantity"): pl.col("quantity"),
        page._("Price"): tables.money("price_minor", "currency", held, page.text),
        page._("Shipping"): tables.money("shipping_minor", "currency", held, page.text),
    }
    shown = held.select(**columns)
    st.dataframe(shown, hide_index=True, alt=page._("Articles of the order"), key="lines")
    tables.downloads(page, shown, "desk48-articles")


def as_row(page: Page, case: cases.Case) -> pl.DataFrame:
    """The judged row of this case, as the actions panel takes it."""
    return orders.queue(page.desk, page.minute).filter(shop_id=case.key.shop_id, order_number=case.key.order_number)


def record(page: Page, case: cases.Case) -> None:
    """Decisions and notes, oldest first, and a note to add."""
    st.subheader(page._("Decisions and notes"), anchor=False)
    if case.decisions.is_empty():
        st.write(page._("Nothing was decided or noted yet."))
    for row in case.decisions.iter_rows(named=True):
        st.markdown(
            page._(
                "**{kind}**, {person}, {at}: {text}",
                kind=page._(labels.DECISIONS[row["kind"]]),
                person=page.text.plain(row["person"]),
                at=page.text.moment(row["at"], page.zone),
                text=page.text.plain(row["text"] or row["rules"] or ""),
            )
        )
    bar = page.bar("decide", case.key.shop_id)
    with st.form("note", clear_on_submit=True, border=False):
        text = st.text_area(page._("Note"), key="note_text", disabled=bool(bar))
        if st.form_submit_button(page._("Add the note"), disabled=bool(bar), help=bar) and text.strip():
            cases.add(page.desk, page.person, case.key, DecisionKind.NOTE, text, page.now)
            st.rerun()
