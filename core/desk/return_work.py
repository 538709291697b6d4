"""What is to be done next in a return, by when and how urgent: the work of a judged case."""

import datetime as dt
from typing import Final

import polars as pl

from core.desk import settings
from core.desk.base import Desk
from core.desk.return_cases import KEY
from core.policy import bands, calendar
from core.policy.clocks import INSTANT
from core.policy.returns.frames import Option
from core.policy.words import Band, Group, Kind

PAID: Final = ("paid_minor", "refunded_minor")
"""What was paid back: by people's word, by a file's."""


def worked(desk: Desk, rows: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Adds the work: kind, due_at, rule, group, band, last_staffed_at, staffed_until, staffed_reason, seconds_left.

    One clock at a time: the answer, then what the option asks for. What waits for the buyer is nobody's work yet.
    """
    rows = rows.with_columns(_kind().alias("kind"))
    kind = pl.col("kind")
    due = (
        pl.when(kind == str(Kind.ANSWER_RETURN)).then("reply_due_at")
        .when(kind == str(Kind.AWAIT_RETURN)).then("goods_due_at")
        .when(kind == str(Kind.SEND_EXCHANGE)).then("repair_due_at")
        .when(kind == str(Kind.REFUND_RETURN)).then("refund_due_at")
    )  # fmt: skip
    rule = (
        pl.when(kind == str(Kind.ANSWER_RETURN)).then("reply_rule")
        .when(kind == str(Kind.SEND_EXCHANGE)).then(pl.lit("CD-R6"))
        .when(kind == str(Kind.CLOSE_RETURN)).then(pl.lit("CD-R1"))
        .otherwise(pl.coalesce("refund_rule", pl.lit("CD-R4")))
    )  # fmt: skip
    rows = rows.with_columns(due.cast(INSTANT).alias("due_at"), rule.alias("rule"))
    team = settings.team(desk).calendar(range(now.year - 1, now.year + 2))
    spans = calendar.spans(team, now.date() - dt.timedelta(days=14), now.date() + dt.timedelta(days=60))
    rows = rows.with_columns(calendar.staffed(rows["due_at"], spans, now).get_columns())
    rows = rows.with_columns(
        bands.band(settings.limits(desk)[0], now).cast(pl.String).alias("band"),
        ((pl.col("due_at") - pl.lit(now)).dt.total_microseconds() // 1_000_000).alias("seconds_left"),
    )
    waits = kind == str(Kind.AWAIT_RETURN)
    closing = kind == str(Kind.CLOSE_RETURN)
    group = (
        pl.when(waits).then(pl.lit(str(Group.WAITING)))
        .when(closing | pl.col("due_at").is_not_null()).then(pl.lit(str(Group.LIVE)))
        .otherwise(pl.lit(str(Group.CANNOT_TELL)))
    )  # fmt: skip
    band = pl.when(closing).then(pl.lit(str(Band.CALM))).when(~waits).then("band")
    rows = rows.with_columns(group.alias("group"), band.alias("band"))
    order = [*((str(Group.LIVE), str(name)) for name in list(Band)[:3]), (str(Group.CANNOT_TELL), None)]
    order += [(str(Group.LIVE), str(Band.CALM)), (str(Group.WAITING), None)]
    place = pl.coalesce(
        pl.when((pl.col("group") == group_) & pl.col("band").eq_missing(pl.lit(band_, dtype=pl.String))).then(rank)
        for rank, (group_, band_) in enumerate(order)
    )
    return rows.sort(place, "due_at", *KEY, nulls_last=True)


def _kind() -> pl.Expr:
    """What is to be done next in a case."""
    answered = pl.col("answered_at").is_not_null() | pl.col("filed_answered")
    part, filed_part = ((pl.col(paid) < pl.col("refund_minor")).fill_null(False) for paid in PAID)
    paid = (pl.col("refunded_at").is_not_null() & ~part) | (pl.col("filed_refunded") & ~filed_part)
    exchange = pl.col("chosen") == str(Option.EXCHANGE)
    return (
        pl.when(pl.col("filed_ended") | (paid & answered)).then(pl.lit(str(Kind.CLOSE_RETURN)))
        .when(~answered).then(pl.lit(str(Kind.ANSWER_RETURN)))
        .when(exchange & pl.col("exchange_sent_at").is_null()).then(pl.lit(str(Kind.SEND_EXCHANGE)))
        .when(pl.col("refund_state").is_in(["running", "overdue"])).then(pl.lit(str(Kind.REFUND_RETURN)))
        .when(pl.col("refund_state") == "waits_for_goods").then(pl.lit(str(Kind.AWAIT_RETURN)))
        .otherwise(pl.lit(str(Kind.CLOSE_RETURN)))
    )  # fmt: skip
