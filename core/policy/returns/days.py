"""Days of a zone for very many instants: the offsets of the span in question, instead of the zone for each."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from core.policy.clocks import INSTANT, local_day

_MOST: Final = 40
"""More changes of the clock than this (20 years) make the chain longer than the look-up it replaces."""


def days(instant: pl.Expr, zones: Sequence[str], first: dt.datetime, last: dt.datetime) -> pl.Expr:
    """As :func:`core.policy.clocks.local_day`, for instants (UTC) that lie between ``first`` and ``last``."""
    spans = {zone: offsets(zone, first, last) for zone in zones}
    if not spans or any(len(span) > _MOST for span in spans.values()):
        return local_day(instant, zones)
    chain: Any = pl
    for zone, span in spans.items():
        chain = chain.when(pl.col("zone") == zone).then(_shifted(instant, span))
    if len(zones) == 1:
        return _shifted(instant, spans[zones[0]])
    return chain.otherwise(None)  # type: ignore[no-any-return]


def _shifted(instant: pl.Expr, span: Sequence[tuple[dt.datetime, dt.timedelta]]) -> pl.Expr:
    offset = pl.lit(span[-1][1])
    for end, earlier in reversed(span[:-1]):
        offset = pl.when(instant < pl.lit(end).cast(INSTANT)).then(pl.lit(earlier)).otherwise(offset)
    return (instant + offset).dt.replace_time_zone(None).cast(pl.Date)


@lru_cache(maxsize=64)
def offsets(zone: str, first: dt.datetime, last: dt.datetime) -> tuple[tuple[dt.datetime, dt.timedelta], ...]:
    """The zone's offsets between two instants, each with the instant at which it ends (the last: after ``last``)."""
    place = ZoneInfo(zone)
    found, at = [], first
    while at <= last:
        after = at + dt.timedelta(days=7)
        before, then = (moment.astimezone(place).utcoffset() or dt.timedelta() for moment in (at, after))
        if before != then:
            after = _change(at, after, place)
            found.append((after, before))
        at = after
    return (*found, (at, at.astimezone(place).utcoffset() or dt.timedelta()))


def _change(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The instant between two at which the offset changes, by halving."""
    old = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(microseconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
