"""What refusing does to the acceptance rate (CD-O2, CD-H1)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from core.policy.values import applies
from core.policy.words import State

DAYS: Final = pl.Schema({"shop_id": pl.Int64(), "day": pl.Date(), "state": pl.String(), "orders": pl.Int64()})

ACCEPTED: Final = (
    State.AWAITING_PAYMENT, State.TO_SHIP, State.PART_SHIPPED, State.SENT_UNCONFIRMED, State.SHIPPED,
    State.DELIVERED, State.CANCEL_REQUESTED, State.IN_DISPUTE,
)  # fmt: skip
"""States that only an accepted order reaches."""
NOT_ACCEPTED: Final = (State.REFUSED, State.AUTO_CANCELLED)
"""Cancelled is in neither: it says nothing about whether the seller accepted."""


@dataclass(frozen=True, slots=True)
class RefusalEffect:
    """Acceptance rate of the orders created in the window, before and after refusing some more.

    ``known`` is False where the window is not covered by files or holds no decided order: then the
    rates are None and ``bears`` is 0. ``bears``: how many refusals from now on keep the rate at or
    above ``threshold``, counted exactly. ``since``: the first day counted.
    """

    window_days: int
    known: bool
    accepted: int
    decided: int
    rate_before: float | None
    rate_after: float | None
    bears: int
    threshold: Decimal
    since: dt.date
    keeps: bool


@applies("CD-O2", "CD-H1")
def refusal_effect(
    days: pl.DataFrame,
    covered_since: dt.date | None,
    refusing: int,
    window_days: int,
    threshold: Decimal,
    today: dt.date,
) -> RefusalEffect:
    """Effect of refusing ``refusing`` orders on the rate over the last ``window_days`` days, today included.

    ``days``: DAYS of one shop (orders by day of creation and state). ``covered_since``: the first
    day from which files cover the shop without a gap; later than the window's first day, or None,
    means that nothing can be told.
    """
    since = today - dt.timedelta(days=window_days - 1)
    window = days.filter(pl.col("day").is_between(since, today))
    accepted = _count(window, ACCEPTED)
    decided = accepted + _count(window, NOT_ACCEPTED)
    after = decided + refusing
    known = covered_since is not None and covered_since <= since and decided > 0
    exact = Fraction(threshold)
    bears = max(0, accepted * exact.denominator // exact.numerator - decided) if known and exact else 0
    return RefusalEffect(
        window_days=window_days,
        known=known,
        accepted=accepted,
        decided=decided,
        rate_before=accepted / decided if known else None,
        rate_after=accepted / after if known else None,
        bears=bears,
        threshold=threshold,
        since=since,
        keeps=known and Fraction(accepted, after) >= exact,
    )


def _count(window: pl.DataFrame, states: tuple[State, ...]) -> int:
    wanted = pl.col("state").is_in([str(state) for state in states])
    return int(window.filter(wanted)["orders"].sum())
