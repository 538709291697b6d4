"""Bands: how near a deadline is."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.policy.values import Values, applies
from core.policy.words import Band, Kind


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds within which a kind of work stands in a band.

    ``now_seconds`` and ``soon_seconds``: time left, that much included. ``staffed_seconds``: time
    to the last staffed instant, that much included, puts it into now.
    """

    now_seconds: int
    soon_seconds: int
    staffed_seconds: int


def default_limits(values: Values, day: dt.date) -> dict[str, Limits]:
    """The limits in the data for every kind of work; ``{kind}_now_within_hours`` overrides one kind's."""

    def seconds(kind: Kind, name: str) -> int:
        own = f"{kind}_{name}"
        return 3600 * values.integer(own if own in values.parameters else name, day)

    return {
        str(kind): Limits(
            now_seconds=seconds(kind, "now_within_hours"),
            soon_seconds=seconds(kind, "soon_within_hours"),
            staffed_seconds=seconds(kind, "now_before_last_staffed_hours"),
        )
        for kind in Kind
    }


BANDS: Final = pl.Enum([str(name) for name in Band])


@applies("XX-D1")
def band(limits: Mapping[str, Limits], now: dt.datetime) -> pl.Expr:
    """Band of each row from ``kind``, ``due_at`` and ``last_staffed_at``; null where due_at is null.

    Strict: a row is overdue only once ``now`` is after ``due_at``. Where nobody is staffed before
    ``due_at`` the band is now.
    """
    instant = pl.lit(now).dt.cast_time_unit("us")

    def before(column: str, field: str) -> pl.Expr:
        """Whether ``column`` is at most the kind's limit after now."""
        ends = {kind: now + dt.timedelta(seconds=getattr(limit, field)) for kind, limit in limits.items()}
        if len(set(ends.values())) == 1:
            return pl.col(column) <= next(iter(ends.values()))
        limit = (
            pl.col("kind")
            .cast(pl.String)
            .replace_strict(list(ends), list(ends.values()), default=None, return_dtype=pl.Datetime("us", "UTC"))
        )
        return pl.col(column) <= limit

    near = before("due_at", "now_seconds") | before("last_staffed_at", "staffed_seconds").fill_null(True)
    return (
        pl.when(pl.col("due_at").is_null())
        .then(None)
        .when(pl.col("due_at") < instant)
        .then(pl.lit(str(Band.OVERDUE), dtype=BANDS))
        .when(near)
        .then(pl.lit(str(Band.NOW), dtype=BANDS))
        .when(before("due_at", "soon_seconds"))
        .then(pl.lit(str(Band.SOON), dtype=BANDS))
        .otherwise(pl.lit(str(Band.CALM), dtype=BANDS))
    )
