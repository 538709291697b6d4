"""The queue of returns: figures, filters that live in the link, the table."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import returns
from core.desk.returns import CaseKey
from core.policy.returns import say
from core.policy.words import Band, Group, Kind, N_
from ui import bands, tables
from ui.frame import Page
from ui.text import NOTHING
from ui.worklist import AMOUNT, BAND, RULE, TIME_LEFT

FIGURES: Final = tuple(str(name) for name in (Band.OVERDUE, Band.NOW, Band.SOON, Group.CANNOT_TELL, Band.CALM))
CLOCKS: Final[dict[str, str]] = {
    Kind.ANSWER_RETURN: N_("reply"),
    Kind.AWAIT_RETURN: N_("goods back"),
    Kind.REFUND_RETURN: N_("refund"),
    Kind.SEND_EXCHANGE: N_("exchange"),
    Kind.CLOSE_RETURN: N_("none: close it"),
}
"""Which clock runs while this is the next step."""


def word(page: Page, words: Mapping[str, str], name: str | None) -> str:
    """What a code is called in the reader's language; a dash where there is none."""
    return page._(words[name]) if name else NOTHING


def figures(page: Page, judged: pl.DataFrame) -> None:
    """One row of figures: how many cases stand in each band; what waits for buyers stands in the line of the table."""
    counted = bands.counts(judged)
    with st.container(horizontal=True):
        for name in FIGURES:
            st.metric(bands.label(name, page.text), counted[name], border=True, width=150)


def filtered(page: Page, judged: pl.DataFrame) -> pl.DataFrame:
    """Draw shop, clock and text; the rows that pass. The choices live in the link."""
    clock, shop, text = st.columns([2, 2, 3])
    with clock:
        wanted = _clocks(page, judged)
    with shop:
        shops = st.multiselect(
            page._("Shop"),
            sorted(judged["shop"].unique()),
            placeholder=page._("All"),
            key="r_shop",
            bind="query-params",
        )
    with text:
        sought = st.text_input(
            page._("Text"),
            key="r_text",
            bind="query-params",
            placeholder=page._("Order, article, what the buyer wrote…"),
        )
    rows = judged.filter(pl.col("kind").is_in(wanted)) if wanted else judged
    rows = rows.filter(pl.col("shop").is_in(shops)) if shops else rows
    held = pl.concat_str(
        "order_number",
        "shop",
        "line_title",
        "seller_sku",
        "reason_word",
        "reason_text",
        separator="\n",
        ignore_nulls=True,
    )
    return rows.filter(held.str.to_lowercase().str.contains((sought or "").strip().lower(), literal=True))


def _clocks(page: Page, judged: pl.DataFrame) -> list[str]:
    """A choice that the link holds in machine words, as the filters of orders do."""
    options = [str(kind) for kind in CLOCKS if kind in judged["kind"].unique()]

    def keep() -> None:
        st.query_params["clock"] = st.session_state["clock"]

    st.session_state["clock"] = [word for word in st.query_params.get_all("clock") if word in options]
    return st.multiselect(
        page._("Clock that runs"),
        options,
        format_func=lambda kind: page._(CLOCKS[kind]),
        placeholder=page._("All"),
        key="clock",
        on_change=keep,
    )


def table_key(rows: pl.DataFrame) -> str:
    """A widget key that changes with the rows: a choice by position must never reach another case."""
    return "returns_" + hashlib.sha256("\n".join(rows["request_id"]).encode()).hexdigest()[:16]


def in_words(page: Page, rows: pl.DataFrame) -> pl.DataFrame:
    """The judged cases as people read them; their order stays."""
    text = page.text
    columns: dict[str, pl.Expr | pl.Series] = {
        page._(BAND): bands.place().replace({str(name): bands.label(name, text) for name in bands.PLACES}),
        page._(TIME_LEFT): tables.left("seconds_left", text),
        page._("Clock"): tables.words("kind", CLOCKS, text),
        page._("Order"): pl.col("order_number"),
        page._("Reason"): _reason(page),
        page._(AMOUNT): tables.money("refund_minor", "currency", rows, text),
        page._("Recommended"): tables.words("recommended", say.OPTIONS, text),
        page._("Decided"): tables.words("chosen", say.OPTIONS, text),
        page._("Article"): pl.col("line_title"),
        page._("Shop"): pl.col("shop"),
        page._("Due ({zone})", zone=text.city(page.zone)): tables.moment("due_at", page.zone, text),
        page._(RULE): pl.col("rule"),
    }
    return rows.select(**columns)


def draw(page: Page, rows: pl.DataFrame) -> dict[CaseKey, int | None]:
    """The table; gives the chosen cases with the id of their decision."""
    shown = in_words(page, rows)
    band, rule = page._(BAND), page._(RULE)
    link = pl.concat_str(pl.lit(f"/rules?lang={page.lang}&rule="), rule)
    right = st.column_config.TextColumn(alignment="right")
    config: dict[str, Any] = {
        band: bands.column(page.text),
        rule: st.column_config.LinkColumn(display_text=r"rule=(.*)$"),
        page._(TIME_LEFT): right,
        page._(AMOUNT): right,
        page._("Article"): st.column_config.TextColumn(width=160),
    }
    picked = tables.chosen(
        shown.with_columns(pl.concat_list(band), link.alias(rule)),
        key=table_key(rows),
        height=min(250, 38 + 35 * max(rows.height, 1)),
        alt=page._("Open returns, most urgent first"),
        column_config=config,
        placeholder=NOTHING,
    )
    chosen = rows[picked].select("shop_id", "key", "decision_id")
    return {CaseKey(shop_id, key): decision for shop_id, key, decision in chosen.iter_rows()}


def draw_closed(page: Page) -> list[CaseKey]:
    """The cases that were closed lately, read only once they are asked for; gives the chosen one."""
    part = st.expander(
        page._("Closed in the last 30 days"), icon=":material/inventory_2:", key="closed_returns", on_change="rerun"
    )
    if not part.open:
        return []
    rows = returns.closed(page.desk, page.minute)
    with part:
        if rows.is_empty():
            st.caption(page._("Nothing was closed in these days."))
            return []
        columns: dict[str, pl.Expr | pl.Series] = {
            page._("Order"): pl.col("order_number"),
            page._("Reason"): _reason(page),
            page._("Decided"): tables.words("chosen", say.OPTIONS, page.text),
            page._("Closed"): tables.moment("closed_at", page.zone, page.text),
            page._("Article"): pl.col("line_title"),
            page._("Shop"): pl.col("shop"),
        }
        alt = page._("Closed returns, newest first")
        picked = tables.chosen(
            rows.select(**columns), key=f"closed_{table_key(rows)}", selection_mode="single-row", alt=alt,
            placeholder=NOTHING,
        )  # fmt: skip
    return [CaseKey(*row) for row in rows[picked].select("shop_id", "key").iter_rows()]


def _reason(page: Page) -> pl.Expr:
    """The reason in words of ours, else as it came."""
    return pl.coalesce(tables.words("reason", say.REASONS, page.text), "reason_word")
