"""What a person knows of the chosen orders and no file said."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from core.desk import orders
from core.desk.base import OrderKey, Stale
from ui import labels, notices
from ui.frame import Page


def draw(page: Page, rows: pl.DataFrame) -> None:
    """Type a delivery mode, a latest shipping date, a payment date, for one order or several at once."""
    with st.expander(page._("Type what no file said"), icon=":material/edit:"), st.form("type_facts", border=False):
        st.selectbox(
            page._("Delivery mode"),
            list(labels.DELIVERY_MODES),
            index=None,
            format_func=lambda name: page._(labels.DELIVERY_MODES[name]),
            placeholder=page._("unknown"),
            key="typed_delivery_mode",
        )
        st.datetime_input(page._("Latest shipping date (the shop's time)"), value=None, key="typed_latest_ship_at")
        st.datetime_input(page._("Payment (the shop's time)"), value=None, key="typed_paid_at")
        # In a callback, so that the rows are those that were on screen, with their versions.
        st.form_submit_button(page._("Record"), on_click=_record, args=(page, rows))


def _record(page: Page, rows: pl.DataFrame) -> None:
    typed = {name: st.session_state[f"typed_{name}"] for name in ("delivery_mode", "latest_ship_at", "paid_at")}
    given = {name: value for name, value in typed.items() if value is not None}
    if not given:
        notices.leave("warning", page._("Nothing was typed."))
        return
    for row in rows.iter_rows(named=True):
        _record_one(page, row, given)


def _record_one(page: Page, row: dict[str, object], given: dict[str, str | dt.datetime]) -> None:
    """Record for one order; a stale one is left as it is, and both values are shown."""
    zone = ZoneInfo(str(row["zone"]))
    facts = {
        name: value.replace(tzinfo=zone).astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in given.items()
    }
    key = OrderKey(int(str(row["shop_id"])), str(row["order_number"]))
    try:
        orders.type_facts(page.desk, page.person, key, facts, int(str(row["version"])), page.now)
    except Stale as stale:
        notices.leave(
            "warning",
            page._(
                "{order} was changed meanwhile and stays as it is. You typed: {seen}. It now says: {now}.",
                order=page.text.plain(key.order_number),
                seen=_said(page, stale.seen),
                now=_said(page, stale.now),
            ),
        )


def _said(page: Page, values: dict[str, object]) -> str:
    """The values of a stale save in words, without their version."""
    shown = []
    for name, value in values.items():
        if isinstance(value, dt.datetime):
            shown.append(page.text.moment(value, page.zone))
        elif name == "delivery_mode":
            shown.append(page._(labels.DELIVERY_MODES[str(value)]) if value else page._("unknown"))
        elif name != "version":
            shown.append(page._("unknown"))
    return page.text.plain(", ".join(shown))
