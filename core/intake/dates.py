"""Wall clocks to instants, vectorised. No rule here reads the clock."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

FIRST_YEAR, LAST_YEAR = 2000, 2099
_EPOCH = dt.datetime(1970, 1, 1)
_AWAY = dt.timedelta(days=2)  # no clock is changed by that much


@lru_cache(maxsize=64)
def _changes(zone: str, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Wall microseconds at which the clock of a zone is changed, and the offsets (us) around each."""
    tz = ZoneInfo(zone)
    at = dt.datetime(first, 1, 1, tzinfo=dt.UTC)
    end = dt.datetime(last + 1, 1, 2, tzinfo=dt.UTC)
    offset = _offset(at, tz)
    offsets, walls = [offset], []
    while at < end:
        later = at + dt.timedelta(days=1)
        if _offset(later, tz) != offset:
            low, high = at, later
            while high - low > dt.timedelta(minutes=1):
                middle = low + (high - low) / 2
                middle = middle.replace(second=0, microsecond=0)
                if middle <= low:
                    break
                low, high = (low, middle) if _offset(middle, tz) != offset else (middle, high)
            walls.append(_micros(high.replace(tzinfo=None)) + offset)
            offset = _offset(later, tz)
            offsets.append(offset)
        at = later
    return np.array(walls, np.int64), np.array(offsets, np.int64)


def _offset(at: dt.datetime, tz: ZoneInfo) -> int:
    shift = at.astimezone(tz).utcoffset() or dt.timedelta()
    return shift // dt.timedelta(microseconds=1)


def _micros(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(microseconds=1)


def to_instants(wall: pl.Series, zone: str) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Naive wall times of a zone as UTC instants, with masks of those that happen twice and never.

    A time that happens twice is its earlier instant; one that never happens is null. Nulls stay null.
    """
    values = wall.cast(pl.Int64)
    nothing = pl.repeat(False, len(wall), dtype=pl.Boolean, eager=True)
    low, high = wall.min(), wall.max()
    if not isinstance(low, dt.datetime) or not isinstance(high, dt.datetime):
        return wall.cast(pl.Datetime("us", "UTC")), nothing, nothing
    walls, offsets = _changes(zone, max(low.year, FIRST_YEAR) - 1, min(high.year, LAST_YEAR) + 1)
    around = np.array([_micros(low - _AWAY), _micros(high + _AWAY)])
    begin, end = (int(at) for at in np.searchsorted(walls, around))
    if begin == end:  # rows of a few weeks mostly: their clock is never changed
        return (values - int(offsets[begin])).cast(pl.Datetime("us", "UTC")), nothing, nothing
    local = values.fill_null(0).to_numpy()
    index = np.searchsorted(walls, local, side="right")
    utc = local - offsets[index]
    step = np.diff(offsets)  # > 0: the hour that is skipped, < 0: the hour that comes again
    before = np.maximum(index - 1, 0)
    never = (index > 0) & (local < walls[before] + step[before])
    after = np.minimum(index, len(walls) - 1)
    twice = (index < len(walls)) & (local >= walls[after] + step[after])
    blank = wall.is_null()
    instants = pl.Series(wall.name, utc).set(pl.Series(never) | blank, None).cast(pl.Datetime("us", "UTC"))
    return instants, pl.Series(twice) & ~blank, pl.Series(never) & ~blank
