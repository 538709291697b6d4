"""Charts: aggregated before they are drawn; colour means band and nothing else."""

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl
import streamlit as st

from core.policy.words import Band
from ui import bands, filters
from ui.frame import Page

HOURS_AHEAD: Final = 72
STEP_HOURS: Final = 3


def draw_deadlines(page: Page, judged: pl.DataFrame) -> None:
    """Draw :func:`deadlines`. The finished drawing is kept for its minute: to make the same bars again,
    and Vega's words for them, is most of what a look at the page would cost."""
    bars, spec = _drawing(page, judged, (*page.seen, filters.table_key(judged)))
    st.vega_lite_chart(
        bars.to_arrow(compat_level=pl.CompatLevel.oldest()),
        spec,
        alt=page._("Bars: how many orders fall due in each three hours, by band"),
        key="deadlines",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _drawing(_page: Page, _judged: pl.DataFrame, drawn: tuple[object, ...]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The bars, and the chart as Vega-Lite; ``drawn`` names what is in it, the frame itself is not compared."""
    spec: dict[str, Any] = deadlines(_page, _judged).to_dict()
    spec.pop("config", None)  # Altair's own sizes: Streamlit has better ones
    return pl.DataFrame(spec.pop("data")["values"]), spec


def deadlines(page: Page, judged: pl.DataFrame) -> alt.Chart:
    """Deadlines of the next 72 hours in steps of three, by band, in the team's zone."""
    text, now, zone = page.text, page.minute, page.zone
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
        .with_columns(pl.col("step", "until").dt.strftime("%Y-%m-%dT%H:%M"))
    )
    order = [bands.label(name, text) for name in bands.SHAPES]
    domain = [_wall(now, zone), _wall(now + dt.timedelta(hours=HOURS_AHEAD), zone)]
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=counted.to_dicts()))  # type: ignore[no-untyped-call]
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
