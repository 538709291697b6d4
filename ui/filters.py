"""The filters of the queue. They live in the link, so that a view can be sent to a colleague."""

import hashlib

import polars as pl
import streamlit as st

from ui import bands, labels
from ui.frame import Page


def draw(page: Page, judged: pl.DataFrame) -> pl.DataFrame:
    """Draw shop, state, band and text; give the rows that pass all of them."""
    band, shop, state, text = st.columns([3, 2, 2, 2])
    with band:
        bands_wanted = st.multiselect(
            page._("Band"),
            [str(name) for name in bands.PLACES],
            format_func=lambda name: bands.label(name, page.text),
            placeholder=page._("All"),
            key="band",
            bind="query-params",
        )
    with shop:
        shops_wanted = st.multiselect(
            page._("Shop"),
            sorted(judged["shop"].unique()),
            placeholder=page._("All"),
            key="shop",
            bind="query-params",
        )
    with state:
        states_wanted = st.multiselect(
            page._("State"),
            sorted(judged["state"].unique()),
            format_func=lambda name: page._(labels.STATES[name]),
            placeholder=page._("All"),
            key="state",
            bind="query-params",
        )
    with text:
        sought = st.text_input(
            page._("Text"), key="text", bind="query-params", placeholder=page._("Order, article, channel…")
        )
    return judged.filter(*wanted(bands_wanted, shops_wanted, states_wanted, sought))


def wanted(places: list[str], shops: list[str], states: list[str], sought: str) -> list[pl.Expr]:
    """The conditions that the choices stand for; an empty choice means all."""
    conditions = []
    if places:
        conditions.append(bands.place().is_in(places))
    if shops:
        conditions.append(pl.col("shop").is_in(shops))
    if states:
        conditions.append(pl.col("state").is_in(states))
    if sought.strip():
        columns = ("order_number", "shop", "channel", "carrier", "tracking_number", "state_word", "assignee")
        held = pl.concat_str(columns, separator="\n", ignore_nulls=True).str.to_lowercase()
        conditions.append(held.str.contains(sought.strip().lower(), literal=True))
    return conditions


def table_key(rows: pl.DataFrame) -> str:
    """A widget key that changes with the rows: a choice by position must never reach another order."""
    names = rows.select(pl.format("{}/{}", "shop_id", "order_number")).to_series()
    return "queue_" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
