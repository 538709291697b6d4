"""Reports of returns: why, what, where, which option, at what cost, clocks met and missed; as charts and files."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import returns_reports as reports
from core.policy.returns import say
from core.policy.returns.frames import Option
from core.policy.words import N_
from ui import returns_charts, tables
from ui.frame import Page

SPANS: Final = (30, 90, 365)
GROUPS: Final = {"reason": N_("Reason"), "article": N_("Article"), "shop": N_("Shop")}
CLOCKS: Final = {"reply": N_("Reply"), "refund": N_("Refund")}
OUTCOMES: Final = {
    "met": N_("met"), "missed": N_("missed"), "running": N_("running"), "cannot_tell": N_("cannot tell"),
}  # fmt: skip


def draw(page: Page) -> None:
    """The span, then each report with its chart and its files."""
    days = st.segmented_control(
        page._("Look at the last"), SPANS, default=90, format_func=lambda n: page.n_("{n} day", "{n} days", n),
        key="report_days", required=True,
    )  # fmt: skip
    rows = reports.cases(page.desk, int(days or 90), page.minute)
    if rows.is_empty():
        st.info(page._("No return request came in these days."), icon=":material/inbox:")
        return
    currencies = rows["currency"].drop_nulls().unique().sort().to_list()
    if len(currencies) > 1:
        # Sums of several currencies say nothing: one at a time.
        currency = st.segmented_control(
            page._("Currency"), currencies, default=currencies[0], key="report_currency", required=True
        )
        rows = rows.filter(pl.col("currency") == currency)
    _figures(page, rows)
    left, right = st.columns(2)
    with left:
        _by(page, rows)
    with right:
        _options(page, rows)
    left, right = st.columns(2)
    with left:
        _months(page, rows)
    with right:
        _clocks(page, rows)


def _figures(page: Page, rows: pl.DataFrame) -> None:
    decided = rows.filter(pl.col("option").is_not_null())
    currencies = decided["currency"].drop_nulls().unique().to_list()
    cost = page.text.money(int(decided["cost_minor"].sum()), currencies[0] if len(currencies) == 1 else None)
    counted = {(clock, outcome): cases for clock, outcome, cases in reports.clocks(rows).iter_rows()}
    with st.container(horizontal=True):
        st.metric(page._("Return requests"), rows.height, border=True, width=157)
        st.metric(page._("Decided"), decided.height, border=True, width=157)
        st.metric(page._("Expected cost"), cost, border=True, width=157)
        for clock, title in ((("reply"), page._("Replies in time")), ("refund", page._("Refunds in time"))):
            met, missed = counted.get((clock, "met"), 0), counted.get((clock, "missed"), 0)
            st.metric(title, page.text.percent(met / (met + missed) if met + missed else None), border=True, width=157)


def _by(page: Page, rows: pl.DataFrame) -> None:
    st.markdown("**" + page._("Returns by") + "**")
    group = st.segmented_control(
        page._("Returns by"), list(GROUPS), default="reason", format_func=lambda name: page._(GROUPS[name]),
        key="report_group", required=True, label_visibility="collapsed",
    )  # fmt: skip
    found = reports.by(rows, str(group))
    if group == "reason":
        found = found.with_columns(tables.words("what", say.REASONS, page.text).fill_null(page._("unknown")))
    st.altair_chart(
        returns_charts.bars(page, found, "what", "cases", page._("Return requests")),
        alt=page._("Bars: return requests by {group}", group=page._(GROUPS[str(group)])), key="report_by",
    )  # fmt: skip
    shown = found.select(
        **{
            page._(GROUPS[str(group)]): pl.col("what"), page._("Return requests"): pl.col("cases"),
            page._("Decided"): pl.col("decided"), page._("Expected cost"): pl.col("cost_minor") / 100,
            page._("Value of the articles"): pl.col("value_minor") / 100,
        }
    )  # fmt: skip
    tables.downloads(page, shown, f"desk48-returns-by-{group}")


def _options(page: Page, rows: pl.DataFrame) -> None:
    st.markdown("**" + page._("Share per option") + "**")
    found = reports.by_option(rows).with_columns(tables.words("option", say.OPTIONS, page.text))
    if found.is_empty():
        st.caption(page._("Nothing was decided in these days."))
        return
    columns: dict[str, pl.Expr | pl.Series] = {
        page._("Option"): pl.col("option"),
        page._("Cases"): pl.col("cases"),
        page._("Share"): pl.Series([page.text.percent(share) for share in found["share"]], dtype=pl.String),
        page._("Against the recommendation"): pl.col("against"),
        page._("Expected cost"): pl.col("cost_minor") / 100,
    }
    shown = found.select(**columns)
    chart = returns_charts.bars(page, found, "option", "cases", page._("Cases"))
    st.altair_chart(chart, alt=page._("Bars: cases per option"), key="report_options")
    st.dataframe(shown, hide_index=True, height="content", alt=page._("Share per option"))
    tables.downloads(page, shown, "desk48-returns-options")


def _months(page: Page, rows: pl.DataFrame) -> None:
    st.markdown("**" + page._("Cost per month") + "**")
    found = reports.by_month(rows)
    if found.is_empty():
        st.caption(page._("Nothing was decided in these days."))
        return
    names = [page._(say.OPTIONS[option]) for option in Option if str(option) in found["option"].unique()]
    drawn = found.with_columns(tables.words("option", say.OPTIONS, page.text), cost=pl.col("cost_minor") / 100)
    st.altair_chart(
        returns_charts.stacked(page, drawn, "month", "option", "cost", page._("Expected cost"), names),
        alt=page._("Bars: expected cost per month and option"), key="report_months",
    )  # fmt: skip
    shown = drawn.select(
        **{
            page._("Month"): pl.col("month"),
            page._("Option"): pl.col("option"),
            page._("Expected cost"): pl.col("cost"),
        }
    )
    tables.downloads(page, shown, "desk48-returns-months")


def _clocks(page: Page, rows: pl.DataFrame) -> None:
    st.markdown("**" + page._("Clocks met and missed") + "**")
    found = reports.clocks(rows).with_columns(
        tables.words("clock", CLOCKS, page.text), tables.words("outcome", OUTCOMES, page.text)
    )
    order = [page._(word) for word in OUTCOMES.values()]
    st.altair_chart(
        returns_charts.stacked(page, found, "clock", "outcome", "cases", page._("Cases"), order),
        alt=page._("Bars: clocks met and missed"), key="report_clocks",
    )  # fmt: skip
    shown = found.select(
        **{page._("Clock"): pl.col("clock"), page._("Outcome"): pl.col("outcome"), page._("Cases"): pl.col("cases")}
    )
    tables.downloads(page, shown, "desk48-returns-clocks")
