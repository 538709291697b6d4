"""Pictures of the last weeks: verdicts by carrier and day, and how many check digits are right."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl
import streamlit as st

from core.desk import shipment_history
from core.policy.tracking_reasons import Verdict
from ui import tracking_verdicts
from ui.frame import Page

DAY: Final = "%d/%m"


def draw(page: Page) -> None:
    """Both pictures."""
    counted = shipment_history.verdicts(page.desk, page.now)
    if counted.is_empty():
        st.caption(page._("No numbers came in during the last {days} days.", days=shipment_history.DAYS))
        return
    st.subheader(page._("Verdicts by carrier and day"), anchor=False)
    st.caption(page._("One bar a day, the last {days} days, today on the right.", days=shipment_history.DAYS))
    st.altair_chart(
        verdicts(page, counted),
        alt=page._("Bars: numbers that came in on each day, by carrier and verdict"),
        key="verdicts_by_day",
    )
    st.subheader(page._("Right check digits by carrier and day"), anchor=False)
    rates = shipment_history.pass_rates(page.desk, page.now)
    if rates.is_empty():
        st.caption(page._("No carrier of these numbers has a check digit."))
        return
    least = shipment_history.least_rate(page.desk, page.now)
    st.caption(
        page._(
            "100 % is expected. Below {least} the numbers were made up, or digits were lost on the way (XX-T1).",
            least=page.text.percent(least, 0),
        )
    )
    st.altair_chart(
        pass_rates(page, rates, least),
        alt=page._("Share of right check digits on each day, by carrier"),
        key="pass_rates",
    )


def verdicts(page: Page, counted: pl.DataFrame) -> alt.Chart:
    """A group of bars a carrier, one bar a day, the gravest verdict at the bottom."""
    text = page.text
    order = [tracking_verdicts.label(verdict, text) for verdict in Verdict]
    ranks = {str(verdict): rank for rank, verdict in enumerate(Verdict)}
    shown = counted.with_columns(
        pl.col("carrier").fill_null(text._("other carriers")),
        _written_day(),
        word=tracking_verdicts.labelled(text),
        rank=pl.col("verdict").replace_strict(ranks),
    )
    chart: alt.Chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("carrier:N", title=None, axis=alt.Axis(labelAngle=0, labelLimit=110)),
            xOffset=alt.XOffset("day:O", scale=alt.Scale(domain=_days(page))),
            y=alt.Y("shipments:Q", title=text._("Numbers"), axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color(
                "word:N",
                title=None,
                sort=order,
                scale=alt.Scale(domain=order, range=[tracking_verdicts.colour(verdict) for verdict in Verdict]),
                legend=alt.Legend(orient="top"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("carrier:N", title=text._("Carrier")),
                alt.Tooltip("day:O", title=text._("Day")),
                alt.Tooltip("word:N", title=text._("Verdict")),
                alt.Tooltip("shipments:Q", title=text._("Numbers")),
            ],
        )
        .properties(height=230)
    )
    return chart


def pass_rates(page: Page, rates: pl.DataFrame, least: float) -> alt.Chart:
    """A row a carrier, a column a day: the share in figures, in the colour of impossible where it is too low."""
    text = page.text
    written = [text.percent(rate, 0) for rate in rates["rate"]]
    shown = rates.with_columns(
        pl.Series("written", written, dtype=pl.String), _written_day(), low=pl.col("rate") < least
    )
    low = alt.when("datum.low").then(alt.value(tracking_verdicts.colour(Verdict.IMPOSSIBLE)))
    chart: alt.Chart = (
        alt.Chart(shown)
        .mark_text(fontSize=13)
        .encode(
            x=alt.X("day:O", title=None, scale=alt.Scale(domain=_days(page)), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("carrier:N", title=None, axis=alt.Axis(labelLimit=140)),
            text="written:N",
            color=low.otherwise(alt.value(tracking_verdicts.colour(Verdict.PLAUSIBLE))),
            tooltip=[
                alt.Tooltip("carrier:N", title=text._("Carrier")),
                alt.Tooltip("day:O", title=text._("Day")),
                alt.Tooltip("right:Q", title=text._("Right")),
                alt.Tooltip("keyed:Q", title=text._("With a check digit")),
            ],
        )
        .properties(height=alt.Step(32))
    )
    return chart


def _written_day() -> pl.Expr:
    return pl.col("day").dt.strftime(DAY)


def _days(page: Page) -> list[str]:
    """Every day of the pictures in the team's zone, oldest first."""
    today = page.now.astimezone(ZoneInfo(page.zone)).date()
    return [(today - dt.timedelta(days=ago)).strftime(DAY) for ago in reversed(range(shipment_history.DAYS))]
