"""The filters of the queue. They live in the link, so that a view can be sent to a colleague."""

import hashlib
from collections.abc import Callable

import polars as pl
import streamlit as st

from ui import bands, labels
from ui.frame import Page


def draw(page: Page, judged: pl.DataFrame) -> pl.DataFrame:
    """Draw shop, state, band and text; give the rows that pass all of them."""
    band, shop, state, text = st.columns([3, 2, 2, 2])
    with band:
        bands_wanted = choice(
            page._("Band"),
            "band",
            [str(name) for name in bands.PLACES],
            page._("All"),
            lambda name: bands.label(name, page.text),
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
        states_wanted = choice(
            page._("State"),
            "state",
            sorted(judged["state"].unique()),
            page._("All"),
            lambda name: page._(labels.STATES[name]),
        )
    with text:
        sought = st.text_input(
            page._("Text"), key="text", bind="query-params", placeholder=page._("Order, article, channel…")
        )
    return judged.filter(*wanted(bands_wanted, shops_wanted, states_wanted, sought))


def choice(label: str, name: str, options: list[str], placeholder: str, shown: Callable[[str], str]) -> list[str]:
    """A choice that the link holds in machine words: Streamlit's own binding would put the words on
    screen there, and a link would not outlive a change of language."""

    def keep() -> None:
        st.query_params[name] = st.session_state[name]

    st.session_state[name] = [word for word in st.query_params.get_all(name) if word in options]
    return st.multiselect(label, options, format_func=shown, placeholder=placeholder, key=name, on_change=keep)


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
