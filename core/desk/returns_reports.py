"""Reports of returns over a span of time: why, what, where; which options; what they cost; clocks met and missed."""

import datetime as dt
from typing import Final

import polars as pl

from core.desk import returns
from core.desk.base import Desk
from core.policy.returns.frames import Option
from core.store import returns as store

GROUPS: Final = {"reason": "reason", "article": "line_title", "shop": "shop"}
CLOCKS: Final = ("met", "missed", "running", "cannot_tell")


def cases(desk: Desk, days: int, now: dt.datetime) -> pl.DataFrame:
    """Every case whose notice came in the last ``days``, open or closed, judged, with ``option`` (decided, else
    null), ``cost_minor`` of it, and ``reply`` and ``refund`` (of :data:`CLOCKS`)."""
    whole = desk.whole()
    rows = desk.kept(
        f"returns_of_{days}",
        lambda connection: returns.judged(whole, connection, now, store.since(now - dt.timedelta(days=days))),
        at=now,
    )
    cost = pl.coalesce(
        "amount_minor", *(pl.when(pl.col("chosen") == str(name)).then(f"{name}_cost_minor") for name in Option)
    )
    return desk.mine(rows).with_columns(
        option=pl.col("chosen"),
        cost_minor=pl.when(pl.col("chosen").is_not_null()).then(cost),
        reply=_reply(),
        refund=_refund(),
    )


def _reply() -> pl.Expr:
    state = pl.col("reply_state")
    return (
        pl.when(state == "answered").then(pl.lit("met"))
        .when(pl.col("filed_answered")).then(pl.lit("cannot_tell"))
        .when(state.is_in(["answered_late", "overdue"])).then(pl.lit("missed"))
        .when(state == "running").then(pl.lit("running"))
        .otherwise(pl.lit("cannot_tell"))
    )  # fmt: skip


def _refund() -> pl.Expr:
    state = pl.col("refund_state")
    return (
        pl.when(state == "paid").then(pl.lit("met"))
        .when(pl.col("filed_refunded")).then(pl.lit("cannot_tell"))
        .when(state.is_in(["paid_late", "overdue"])).then(pl.lit("missed"))
        .when(state.is_in(["running", "waits_for_goods"])).then(pl.lit("running"))
    )  # fmt: skip


def by(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    """Cases by reason, article or shop, most first: what, cases, decided, cost_minor, value_minor."""
    return (
        rows.group_by(pl.col(GROUPS[group]).alias("what"))
        .agg(
            cases=pl.len().cast(pl.Int64), decided=pl.col("option").count().cast(pl.Int64),
            cost_minor=pl.col("cost_minor").sum(), value_minor=pl.col("goods_minor").sum(),
        )
        .sort("cases", "what", descending=[True, False])
    )  # fmt: skip


def by_option(rows: pl.DataFrame) -> pl.DataFrame:
    """Decided cases by option, in the order of Option: option, cases, share, against (not the recommended one)."""
    decided = rows.filter(pl.col("option").is_not_null())
    against = pl.col("option") != pl.col("decided_recommended")
    found = decided.group_by("option").agg(
        cases=pl.len().cast(pl.Int64), against=against.sum().cast(pl.Int64), cost_minor=pl.col("cost_minor").sum()
    )
    place = {str(option): place for place, option in enumerate(Option)}
    share = pl.col("cases") / pl.col("cases").sum()
    return found.with_columns(share=share).sort(pl.col("option").replace_strict(place, return_dtype=pl.Int64))


def by_month(rows: pl.DataFrame) -> pl.DataFrame:
    """Cost of the decided cases by month of the notice (in the shop's zone) and option: month, option, cost_minor."""
    decided = rows.filter(pl.col("option").is_not_null() & pl.col("requested_at").is_not_null())
    parts = [
        part.with_columns(
            month=pl.col("requested_at").dt.convert_time_zone(str(zone)).dt.strftime("%Y-%m")
        ).select("month", "option", "cost_minor")
        for (zone,), part in decided.group_by("zone")
    ]  # fmt: skip
    empty = pl.DataFrame(schema={"month": pl.String, "option": pl.String, "cost_minor": pl.Int64})
    found = pl.concat([empty, *parts]).group_by("month", "option").agg(pl.col("cost_minor").sum())
    return found.sort("month", "option")


def clocks(rows: pl.DataFrame) -> pl.DataFrame:
    """How many clocks were met and missed: clock (reply, refund), outcome (of :data:`CLOCKS`), cases."""
    long = rows.unpivot(["reply", "refund"], variable_name="clock", value_name="outcome").drop_nulls("outcome")
    counted = long.group_by("clock", "outcome").agg(cases=pl.len().cast(pl.Int64))
    place = {name: place for place, name in enumerate(CLOCKS)}
    return counted.sort(
        "clock", pl.col("outcome").replace_strict(place, return_dtype=pl.Int64), descending=[True, False]
    )
