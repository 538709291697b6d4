"""The team's own calendar: which instants are staffed, and the last staffed one before a deadline."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from core.policy.values import applies

Hours = Mapping[int, tuple[tuple[str, str], ...]]

UTC_INSTANT: Final = pl.Datetime("us", "UTC")
SPANS: Final = pl.Schema({"start": UTC_INSTANT, "end": UTC_INSTANT})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NONE: Final = np.iinfo(np.int64).min
"""What numpy calls a missing datetime."""
UNSTAFFED: Final = pl.Enum(["past_due", "nobody_before_due"])
"""Why no staffed hour is left."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody is there.

    ``hours``: weekday (Monday is 0) to spans of local time ``("HH:MM", "HH:MM")``; a span that ends
    at or before its start ends on the next day, and belongs to the day it starts on; ``24:00`` is
    the end of the day. ``days_off``: local days on which no span starts (holidays and own days).
    """

    zone: str
    hours: Hours = field(default_factory=dict)
    days_off: frozenset[dt.date] = frozenset()


def spans(calendar: Calendar, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Staffed spans (``start`` included, ``end`` not; UTC) that start on a day from first to last.

    Sorted and disjoint. A local time in the hour that the clocks skip is taken as the moment they
    skip it; one that happens twice starts with its first and ends with its second instant.
    """
    zone = ZoneInfo(calendar.zone)
    found: list[tuple[int, int]] = []
    # The night before may reach into the first day.
    for ordinal in range(first.toordinal() - 1, last.toordinal() + 1):
        day = dt.date.fromordinal(ordinal)
        if day in calendar.days_off:
            continue
        for begin, end in calendar.hours.get(day.weekday(), ()):
            start, stop = minutes(begin), minutes(end)
            stop += 24 * 60 if stop <= start else 0
            pair = _instant(day, start, zone, end=False), _instant(day, stop, zone, end=True)
            if pair[0] < pair[1]:
                found.append(pair)
    merged: list[tuple[int, int]] = []
    for begin_us, end_us in sorted(found):
        if merged and begin_us <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end_us)
        else:
            merged.append((begin_us, end_us))
    columns = {"start": [a for a, _ in merged], "end": [b for _, b in merged]}
    return pl.DataFrame(columns, schema={"start": pl.Int64, "end": pl.Int64}).cast(SPANS)


def minutes(clock: str) -> int:
    """Minutes since midnight of ``HH:MM``; 24:00 is allowed. Raises ValueError on anything else."""
    hour, _, minute = clock.partition(":")
    if len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit():
        total = int(hour) * 60 + int(minute)
        if int(minute) < 60 and total <= 24 * 60:
            return total
    raise ValueError(f"{clock!r} is not a time of day (HH:MM)")


def _instant(day: dt.date, minute: int, zone: ZoneInfo, *, end: bool) -> int:
    """Microseconds since 1970 UTC of a local time, ``minute`` minutes by the clock after midnight."""
    local = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    instant = first.astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        instant = _jump(second.astimezone(dt.UTC), instant, zone)
    elif end and _twice(local - dt.timedelta(microseconds=1), zone):
        instant = second.astimezone(dt.UTC)
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _twice(local: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether a local time that exists comes twice."""
    return local.replace(tzinfo=zone, fold=0).utcoffset() != local.replace(tzinfo=zone, fold=1).utcoffset()


def _jump(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The instant between two at which the zone's offset changes (to the second, by halving)."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


@applies("XX-D1")
def staffed(due: pl.Series, spans: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """The last staffed instant before each ``due`` (Datetime us UTC, may hold nulls).

    ``staffed_until``: where the last staffed span before ``due`` ends, or ``due`` itself where it
    falls into one; also when it is past. ``last_staffed_at``: the same, but null when no staffed
    hour lies between ``now`` and ``due``; ``staffed_reason`` then is ``past_due`` (now is not
    before ``due``) or ``nobody_before_due``. ``spans`` must reach from now to beyond the last due.
    """
    at = due.to_physical().fill_null(_NONE).to_numpy()
    starts = spans["start"].to_physical().to_numpy()
    # One more than the spans: before the first of them, and without a due, nobody was ever staffed.
    ends = np.concatenate([[_NONE], spans["end"].to_physical().to_numpy()])
    until = np.minimum(ends[np.searchsorted(starts, at, side="left")], at)
    now_us = (now - _EPOCH) // dt.timedelta(microseconds=1)
    ahead = until > now_us
    return pl.DataFrame(
        {
            "last_staffed_at": _instants(np.where(ahead, until, _NONE)),
            "staffed_until": _instants(until),
            "staffed_reason": _reasons((at != _NONE) & ~ahead, at <= now_us),
        }
    )


def _instants(microseconds: npt.NDArray[np.int64]) -> pl.Series:
    series = pl.Series(microseconds.view("datetime64[us]"))
    return series.dt.replace_time_zone("UTC")


def _reasons(gone: npt.NDArray[np.bool_], past: npt.NDArray[np.bool_]) -> pl.Series:
    past_due, nobody = (pl.lit(word, dtype=UNSTAFFED) for word in UNSTAFFED.categories)
    word = pl.when(pl.Series(past)).then(past_due).otherwise(nobody)
    return pl.select(pl.when(pl.Series(gone)).then(word).alias("reason"))["reason"]
