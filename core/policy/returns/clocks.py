"""The clocks of a return: reply (CD-R1, AM-C1), goods, repair, refund and its penalty (CD-R4, CD-R5, AM-R7, AM-R13)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from core.policy.clocks import last_second, local_day
from core.policy.returns.costs import rounded
from core.policy.returns.frames import Option
from core.policy.returns.terms import WHOLE, Terms
from core.policy.values import applies
from core.policy.words import Marketplace

_WITH_GOODS: Final = (str(Option.HOME_ADDRESS), str(Option.PREPAID_LABEL))
_NO_REFUND: Final = (str(Option.EXCHANGE), str(Option.REFUSE))
_DAYS_A_MONTH: Final = 30
_DAYS_A_YEAR: Final = 365


def _days(day: pl.Expr, count: int) -> pl.Expr:
    return (day + pl.duration(days=count)).cast(pl.Date)


@applies("CD-R1", "AM-C1")
def reply(terms: Terms, now: pl.Expr) -> list[pl.Expr]:
    """When the request must be answered: hours of instant time from the notice; weekends and nights count."""
    due = pl.col("requested_at") + dt.timedelta(hours=terms.reply_hours)
    better = None if terms.reply_better_hours is None else dt.timedelta(hours=terms.reply_better_hours)
    answered = pl.col("answered_at")
    state = (
        pl.when(answered > due).then(pl.lit("answered_late"))
        .when(answered.is_not_null()).then(pl.lit("answered"))
        .when(now > due).then(pl.lit("overdue"))
        .when(due.is_not_null()).then(pl.lit("running"))
    )  # fmt: skip
    target = pl.lit(None, dtype=pl.Datetime("us", "UTC")) if better is None else pl.col("requested_at") + better
    return [
        due.alias("reply_due_at"),
        target.alias("reply_target_at"),
        pl.lit("AM-C1" if terms.marketplace == Marketplace.AMAZON else "CD-R1").alias("reply_rule"),
        state.alias("reply_state"),
    ]


@applies("CD-R4", "CD-R5", "AM-R7", "AM-R13")
def due_dates(terms: Terms, zone: str, holidays: Sequence[dt.date]) -> list[pl.Expr]:
    """Ends of the periods counted in days of the shop's zone; each ends with the last second of its last day."""
    notice = pl.col("notice_day")
    amazon = terms.marketplace == Marketplace.AMAZON
    base = last_second(_days(notice, terms.refund_within), zone)
    chosen = pl.col("chosen")
    released = pl.col("released_day")
    at_once = pl.max_horizontal(base, last_second(released, zone))
    due = pl.when(chosen.is_in(_WITH_GOODS) & released.is_not_null()).then(at_once).otherwise(base)
    rule = pl.lit("CD-R4")
    # Amazon's own day comes sooner or later than that of the law, and bears no penalty.
    lawful = due
    if amazon:
        received = pl.col("goods_back_day")
        workdays = received.dt.add_business_days(terms.refund_business_days, holidays=list(holidays), roll="backward")
        due = pl.when(received.is_not_null()).then(last_second(workdays, zone)).otherwise(due)
        rule = pl.when(received.is_not_null()).then(pl.lit("AM-R7")).otherwise(rule)
    none = chosen.is_in(_NO_REFUND).fill_null(False)
    abroad = pl.lit(amazon) & pl.col("has_address").not_() & pl.col("amazon_refunds").not_()
    return [
        pl.when(abroad).then(last_second(_days(notice, terms.method_within), zone)).alias("method_due_at"),
        last_second(_days(notice, terms.withdrawal_days), zone).alias("goods_due_at"),
        pl.when(pl.col("fault")).then(last_second(_days(notice, terms.repair_within), zone)).alias("repair_due_at"),
        pl.when(~none).then(due).alias("refund_due_at"),
        pl.when(~none).then(rule).alias("refund_rule"),
        pl.when(~none).then(lawful).alias("lawful_due_at"),
    ]


@applies("CD-R4")
def paid_at() -> pl.Expr:
    """When all sums were paid, from ``due_sum``; a part of them stops no clock."""
    part = pl.col("paid_minor") < pl.col("due_sum")
    return pl.when(~part.fill_null(False)).then(pl.col("refunded_at"))


def _waits() -> pl.Expr:
    return pl.col("chosen").is_in(_WITH_GOODS).fill_null(False) & pl.col("released_day").is_null()


@applies("CD-R4")
def refund_state(now: pl.Expr) -> pl.Expr:
    """Where the refund stands. It waits for the goods only where their return was the answer chosen."""
    due, paid, chosen = pl.col("refund_due_at"), pl.col("paid_at"), pl.col("chosen")
    waits = _waits()
    return (
        pl.when(paid > due).then(pl.when(waits).then(pl.lit("paid")).otherwise(pl.lit("paid_late")))
        .when(paid.is_not_null()).then(pl.lit("paid"))
        .when(chosen.is_in(_NO_REFUND)).then(pl.lit("none"))
        .when(waits).then(pl.lit("waits_for_goods"))
        .when(now > due).then(pl.lit("overdue"))
        .when(due.is_not_null()).then(pl.lit("running"))
        .alias("refund_state")
    )  # fmt: skip


@applies("CD-R4", "AM-R7")
def days_late(zone: str, now: pl.Expr) -> list[pl.Expr]:
    """refund_days_late past the day shown, penalty_days and penalty_tomorrow past the day of the law."""
    today = local_day(pl.coalesce("paid_at", now), [zone])
    free = (pl.col("refund_state") == "none").fill_null(False) | _waits()

    def past(due: str, more: int) -> pl.Expr:
        late = (today - local_day(pl.col(due), [zone])).dt.total_days() + more
        return pl.when(free).then(0).otherwise(pl.max_horizontal(late, 0))

    return [
        past("refund_due_at", 0).alias("refund_days_late"),
        past("lawful_due_at", 0).alias("penalty_days"),
        past("lawful_due_at", 1).alias("penalty_tomorrow"),
    ]


@applies("CD-R4")
def penalties(terms: Terms) -> list[pl.Expr]:
    """penalty_minor and penalty_tomorrow_minor from ``penalty_days``, ``due_sum`` and ``goods``.

    French law: for buyers in France. Null elsewhere, and where the sum is not known. A refund that is paid
    grows no more.
    """
    if terms.marketplace == Marketplace.CDISCOUNT:
        applies_here = pl.lit(True)
    else:
        applies_here = (pl.col("country") == "FR").fill_null(False)
    late = pl.col("penalty_days")
    grows = pl.col("refund_state").is_in(["overdue", "running"]).fill_null(False)
    tomorrow = pl.when(grows).then(pl.col("penalty_tomorrow")).otherwise(late)
    return [
        pl.when(applies_here).then(penalty(late, terms)).alias("penalty_minor"),
        pl.when(applies_here).then(penalty(tomorrow, terms)).alias("penalty_tomorrow_minor"),
    ]


def penalty(days: pl.Expr, terms: Terms) -> pl.Expr:
    """What is owed on top of ``due_sum`` when it is paid so many days late (article L242-4), minor units.

    Up to ten days the legal rate, by the day; then a share that grows in steps; after 90 days five points
    for each month begun (of 30 days), up to the price of the articles. That limit stops the growth by months; it
    takes nothing of the last step away.
    """
    owed, price = pl.col("due_sum"), pl.col("goods")
    a_day = round(terms.legal_rate * WHOLE / _DAYS_A_YEAR)
    chain: Any = pl.when(days <= 0).then(pl.lit(0, dtype=pl.Int64))
    months = (days - terms.late_months_after + _DAYS_A_MONTH - 1) // _DAYS_A_MONTH
    top = terms.late_steps[-1][1]
    share = round(top * WHOLE) + months * round(terms.late_month_step * WHOLE)
    monthly = rounded(owed, pl.min_horizontal(share, pl.lit(WHOLE)).cast(pl.Int64))
    chain = chain.when(days > terms.late_months_after).then(
        pl.max_horizontal(rounded(owed, round(top * WHOLE)), pl.min_horizontal(monthly, price))
    )
    for after, part in reversed(terms.late_steps):
        chain = chain.when(days > after).then(rounded(owed, round(part * WHOLE)))
    return chain.otherwise(rounded(owed, days * a_day))  # type: ignore[no-any-return]
