"""Charts: aggregated before they are drawn; colour means band and nothing else."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl
import streamlit as st

from core.policy.words import Band
from ui import bands, filters
from ui.frame import Page
from ui.text import Text

HOURS_AHEAD: Final = 72
STEP_HOURS: Final = 3


def deadlines(page: Page, judged: pl.DataFrame) -> alt.Chart:
    """Deadlines of the next 72 hours in steps of three, by band, in the team's zone.

    Kept for its minute: drawing the same bars again is most of what a look at the page would cost.
    """
    rows = filters.table_key(judged)
    return _deadlines(judged, page.text, page.minute, page.zone, (page.desk.revision(), rows, page.lang))


@st.cache_resource(max_entries=64, show_spinner=False)
def _deadlines(
    _judged: pl.DataFrame, _text: Text, now: dt.datetime, zone: str, drawn: tuple[int, str, str]
) -> alt.Chart:
    """The chart; ``drawn`` names what is in it (revision, rows, language), the frame itself is not compared."""
    judged, text = _judged, _text
    start = now.replace(minute=0, second=0, microsecond=0)
    ahead = judged.filter(
        pl.col("due_at").is_between(now, now + dt.timedelta(hours=HOURS_AHEAD)) & (pl.col("group") == "live")
    )
    counted = (
        ahead.with_columns(
            step=pl.lit(start)
            + ((pl.col("due_at") - start).dt.total_hours() // STEP_HOURS) * pl.duration(hours=STEP_HOURS),
            rank=pl.col("band").replace_strict({str(name): place for place, name in enumerate(Band)}),
        )
        .group_by("step", "rank", "band")
        .len("orders")
        .sort("step", "rank")
        .with_columns(top=pl.col("orders").cum_sum().over("step"))
        .with_columns(
            # Vega knows only the browser's zone and UTC: the wall clock of the zone is passed as it reads.
            step=_as_it_reads(pl.col("step"), zone),
            until=_as_it_reads(pl.col("step") + pl.duration(hours=STEP_HOURS), zone),
            bottom=pl.col("top") - pl.col("orders"),
            word=pl.col("band").replace({str(name): bands.label(name, text) for name in bands.SHAPES}),
        )
    )
    order = [bands.label(name, text) for name in bands.SHAPES]
    domain = [_wall(now, zone), _wall(now + dt.timedelta(hours=HOURS_AHEAD), zone)]
    chart: alt.Chart = (
        alt.Chart(counted)
        .mark_rect(stroke=None)
        .encode(
            x=alt.X(
                "step:T",
                title=text._("Deadline, {zone} time", zone=text.city(zone)),
                scale=alt.Scale(domain=domain),
                axis=alt.Axis(format="%d/%m %H:%M", tickCount=8, labelOverlap=True),
            ),
            x2="until:T",
            y=alt.Y("bottom:Q", title=text._("Orders"), axis=alt.Axis(tickMinStep=1, format="d")),
            y2="top:Q",
            color=alt.Color(
                "word:N",
                title=None,
                sort=order,
                scale=alt.Scale(domain=order, range=[bands.COLOURS[Band(name)] for name in bands.SHAPES]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("word:N", title=text._("Band")),
                alt.Tooltip("orders:Q", title=text._("Orders")),
                alt.Tooltip("step:T", title=text._("From"), format="%d/%m %H:%M"),
            ],
        )
        .properties(height=230)
    )
    return chart


def _as_it_reads(instant: pl.Expr, zone: str) -> pl.Expr:
    return instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _wall(at: dt.datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="minutes")
