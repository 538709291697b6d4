"""Ways in for tracking numbers: pasted, typed, or in a file; each is judged before it is recorded."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import shipments, tracking
from core.policy.words import N_
from ui import filters, notices, tracking_table
from ui.frame import Page
from ui.refusals import told
from ui.text import NOTHING

PASTE_KEY: Final = "paste"
PASTE_EXAMPLE: Final = N_(
    "Order number, tracking number, carrier, link: one order a line, as copied from a spreadsheet"
)


def draw(page: Page, looked: pl.DataFrame, found: pl.DataFrame, picked: pl.DataFrame) -> None:
    """The two ways on this page, and the way to the third."""
    low_rates(page, looked)
    paste, typed, upload = st.tabs([page._("Paste"), page._("Type"), page._("Upload")])
    with paste:
        pasted(page, looked, picked if picked.height else found)
    with typed:
        by_hand(page, looked, picked)
    with upload:
        st.write(
            page._("A file of shipments (Amazon's confirmation, or Desk48's own template) goes in with the others.")
        )
        if st.button(page._("To Imports"), key="to_imports", icon=":material/upload_file:"):
            st.switch_page("../pages/imports.py")


def pasted(page: Page, looked: pl.DataFrame, targets: pl.DataFrame) -> None:
    """A table or a column out of a spreadsheet: judged as it would stand, then recorded."""
    text = st.text_area(
        page._("Paste a table, or a bare column of numbers"),
        key=f"{PASTE_KEY}_{st.session_state.get('paste_round', 0)}",
        height=120,
        placeholder=page._(PASTE_EXAMPLE),
    )
    if not text.strip():
        return
    rows = shipments.read_paste(text)
    if shipments.is_bare(rows):
        waiting = targets.filter(pl.col("state").is_in(shipments.TO_SHIP))
        st.info(
            page._(
                "A bare column: each number falls to one order of the table above, in its order ({orders} orders, "
                "{numbers} numbers). Check the pairs below.",
                orders=waiting.height,
                numbers=rows.height,
            ),
            icon=":material/swap_vert:",
        )
        carrier = st.text_input(page._("Carrier of all of them"), key="paste_carrier").strip() or None
        rows = shipments.fall_to(rows, waiting).with_columns(carrier=pl.lit(carrier, dtype=pl.String))
    matched = shipments.match(looked, rows)
    left_out(page, matched.left)
    if matched.taken.is_empty():
        return
    preview(page, matched.taken)


def low_rates(page: Page, judged: pl.DataFrame) -> None:
    """A line for each carrier of whose numbers too few have the right check digit."""
    for rate in tracking.low_rates(page.desk, judged, page.minute).iter_rows(named=True):
        carrier = page.text.plain((rate["carrier"] or "").strip()) or NOTHING
        said = page._(tracking.LOW_RATE, carrier=carrier, right=rate["right"], keyed=rate["keyed"])
        st.warning(said, icon=":material/rule:")


def left_out(page: Page, left: pl.DataFrame) -> None:
    """The pasted lines that no order takes, and why."""
    if left.is_empty():
        return
    names = {code: page._(sentence) for code, sentence in shipments.PROBLEMS.items()}
    st.warning(page.n_("{n} line is left out:", "{n} lines are left out:", left.height), icon=":material/block:")
    shown = left.select(
        **{
            page._("Line"): pl.col("line"),
            page._("Order"): pl.col("order_number"),
            page._("Tracking number"): pl.col("tracking_number"),
            page._("Why"): pl.col("problem").replace(names),
        }
    )
    alt = page._("Pasted lines that no order takes")
    st.dataframe(shown, hide_index=True, key="paste_left", alt=alt, placeholder=NOTHING)


def preview(page: Page, typed: pl.DataFrame) -> None:
    """The verdict beside each row as it would stand, and the button that records them."""
    looked = shipments.if_typed(page.desk, typed, page.minute)
    low_rates(page, looked)
    shown, style = tracking_table.drawn(page, tracking_table.in_words(page, looked))
    st.dataframe(
        shown,
        hide_index=True,
        key="paste_preview_" + filters.table_key(looked),
        alt=page._("What the pasted numbers would be worth"),
        column_order=tracking_table.brief(page),
        **style,
    )
    label = page.n_("Record {n} shipment", "Record {n} shipments", typed.height)
    bar = page.bar("decide", *typed["shop_id"].unique())
    st.button(
        label, type="primary", key="record_paste", icon=":material/save:", on_click=_record, args=(page, typed),
        disabled=bool(bar), help=bar,
    )  # fmt: skip
    st.caption(page._("Recording sends nothing: the gate decides about each when the shipment file is made."))


@told
def _record(page: Page, typed: pl.DataFrame) -> None:
    taken = shipments.type_shipments(page.desk, page.person, typed, page.now)
    st.session_state["paste_round"] = st.session_state.get("paste_round", 0) + 1
    notices.leave("done", page.n_("{n} shipment is recorded.", "{n} shipments are recorded.", taken))
    if taken < typed.height:
        went = page.n_(
            "{n} order is not to be shipped any more: it keeps the number that it has.",
            "{n} orders are not to be shipped any more: they keep the numbers that they have.",
            typed.height - taken,
        )
        notices.leave("warning", went)


def by_hand(page: Page, looked: pl.DataFrame, picked: pl.DataFrame) -> None:
    """One order: its carrier, number and link."""
    waiting = looked.filter(pl.col("state").is_in(shipments.TO_SHIP))
    names = dict(enumerate(waiting.select(pl.format("{} · {}", "order_number", "shop")).to_series()))
    if not names:
        st.caption(page._("No order is to be shipped."))
        return
    chosen = picked.select("shop_id", "order_number").rows()[:1]
    places = [place for place, key in enumerate(waiting.select("shop_id", "order_number").rows()) if key in chosen]
    with st.form(f"type_shipment_{filters.table_key(picked)}", border=False):
        place = st.selectbox(
            page._("Order"), list(names), index=places[0] if places else None, format_func=names.__getitem__,
            placeholder=page._("Choose an order"),
        )  # fmt: skip
        left, right = st.columns(2)
        carrier = left.text_input(page._("Carrier"))
        number = right.text_input(page._("Tracking number"))
        url = st.text_input(page._("Tracking link"))
        bar = None if page.person.may_somewhere("decide") else page.bar("decide")
        sent = st.form_submit_button(page._("Judge and record"), disabled=bool(bar), help=bar)
    if not sent:
        return
    if place is None or not number.strip():
        st.warning(page._("Choose an order and type its number."))
        return
    row = waiting.row(place, named=True)
    cells = {"carrier": carrier.strip() or None, "tracking_number": number.strip(), "tracking_url": url.strip() or None}
    key = {"shop_id": row["shop_id"], "order_number": row["order_number"]}
    typed = pl.DataFrame([key | cells], schema=shipments.TYPED)
    judged = shipments.if_typed(page.desk, typed, page.minute)
    if not shipments.type_shipments(page.desk, page.person, typed, page.now):
        st.warning(page._("This order is not to be shipped any more: it keeps the number that it has."))
        return
    why = tracking_table.why(page, judged)[0]
    verdict = tracking_table.verdict_of(page, judged.row(0, named=True))
    notices.leave("done", page._("Recorded: {verdict}. {why}", verdict=verdict, why=why))
    st.rerun()
