"""The last staffed instant: several spans a day, nights, days off, both daylight-saving nights."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.policy.calendar import SPANS, Calendar, minutes, spans, staffed

SUNDAY_SPRING, SUNDAY_AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)
OFFICE = Calendar("Asia/Shanghai", {day: (("09:00", "12:00"), ("13:30", "18:00")) for day in range(5)})


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def hours(calendar, day):
    return [(end - start).total_seconds() / 3600 for start, end in spans(calendar, day, day).rows()]


@pytest.mark.parametrize(
    ("span", "spring", "autumn"),
    [
        (("00:00", "24:00"), 23, 25),
        (("01:00", "04:00"), 2, 4),
        (("01:00", "02:00"), 1, 1),
        (("02:00", "03:00"), None, 2),  # in spring that hour does not exist
        (("01:30", "02:30"), 0.5, 2),
        (("02:30", "04:00"), 1, 2.5),
        (("03:00", "05:00"), 2, 2),
    ],
)
@pytest.mark.rule("XX-D1", "XX-D2")
def test_the_nights_when_clocks_change_have_their_real_length(span, spring, autumn):
    calendar = Calendar("Europe/Paris", {6: (span,)})
    assert hours(calendar, SUNDAY_SPRING) == ([] if spring is None else [spring])
    assert hours(calendar, SUNDAY_AUTUMN) == [autumn]


def test_a_span_over_midnight_belongs_to_the_day_it_starts_on():
    night = Calendar("Europe/Paris", {4: (("22:00", "02:00"),)})
    assert spans(night, dt.date(2026, 11, 20), dt.date(2026, 11, 20)).rows() == [
        (at("2026-11-20 21:00"), at("2026-11-21 01:00"))
    ]
    assert spans(night, dt.date(2026, 11, 21), dt.date(2026, 11, 21)).height == 1
    off = Calendar("Europe/Paris", night.hours, frozenset({dt.date(2026, 11, 20)}))
    assert spans(off, dt.date(2026, 11, 20), dt.date(2026, 11, 21)).is_empty()


def test_spans_that_touch_are_one():
    calendar = Calendar("UTC", {0: (("13:00", "18:00"), ("09:00", "13:00"), ("12:00", "14:00"))})
    assert spans(calendar, dt.date(2026, 11, 23), dt.date(2026, 11, 23)).rows() == [
        (at("2026-11-23 09:00"), at("2026-11-23 18:00"))
    ]
    assert spans(Calendar("UTC"), dt.date(2026, 11, 23), dt.date(2026, 11, 23)).schema == SPANS


@pytest.mark.parametrize("wrong", ["24:01", "9:00", "09:60", "", "noon", "09:00:00", "-1:00"])
def test_a_time_of_day_has_one_form(wrong):
    with pytest.raises(ValueError, match="not a time of day"):
        minutes(wrong)


@pytest.mark.rule("XX-D1")
@pytest.mark.parametrize(
    ("due", "now", "last", "until", "reason"),
    [
        # Shanghai is 8 hours ahead: 09:00-12:00 is 01:00-04:00 UTC, 13:30-18:00 is 05:30-10:00.
        ("2026-11-23 08:00", "2026-11-23 02:00", "2026-11-23 08:00", "2026-11-23 08:00", None),
        ("2026-11-23 05:00", "2026-11-23 02:00", "2026-11-23 04:00", "2026-11-23 04:00", None),
        ("2026-11-23 05:30", "2026-11-23 02:00", "2026-11-23 04:00", "2026-11-23 04:00", None),
        ("2026-11-22 12:00", "2026-11-20 09:59", "2026-11-20 10:00", "2026-11-20 10:00", None),
        ("2026-11-22 12:00", "2026-11-20 10:00", None, "2026-11-20 10:00", "nobody_before_due"),
        ("2026-11-20 09:00", "2026-11-20 09:00", None, "2026-11-20 09:00", "past_due"),
        ("2026-11-01 00:00", "2026-10-31 00:00", None, None, "nobody_before_due"),
    ],
)
def test_the_last_staffed_instant_before_a_deadline(due, now, last, until, reason):
    table = spans(OFFICE, dt.date(2026, 11, 16), dt.date(2026, 11, 27))
    row = staffed(pl.Series([at(due)], dtype=pl.Datetime("us", "UTC")), table, at(now)).row(0, named=True)
    assert row["last_staffed_at"] == (last and at(last))
    assert row["staffed_until"] == (until and at(until))
    assert row["staffed_reason"] == reason


@pytest.mark.rule("XX-D1")
def test_where_nobody_is_staffed_before_it_dies_the_band_is_now(desk):
    calm = desk.one("2026-11-20 14:00", OFFICE, created_at=at("2026-11-20 14:00"))
    assert (calm["last_staffed_at"], calm["staffed_reason"], calm["band"]) == (None, "nobody_before_due", "now")


@pytest.mark.rule("XX-D1")
@pytest.mark.parametrize(("now", "band"), [("2026-11-20 08:59:59", "calm"), ("2026-11-20 09:00", "now")])
def test_within_an_hour_of_the_last_staffed_one_the_band_is_now(desk, now, band):
    # Created on Friday 06:00 UTC; dies on Sunday; the team leaves on Friday at 10:00 UTC.
    assert desk.one(now, OFFICE, created_at=at("2026-11-20 06:00"))["band"] == band


moments = st.integers(0, 40 * 24 * 60).map(lambda n: at("2026-03-10 00:00") + dt.timedelta(minutes=n))


@given(moments, moments)
def test_no_staffed_minute_lies_between_the_last_one_and_the_deadline(due, now):
    table = spans(
        Calendar("Europe/Paris", {d: (("22:00", "02:30"), ("09:00", "12:00")) for d in (0, 2, 6)}),
        dt.date(2026, 3, 1),
        dt.date(2026, 4, 25),
    )
    row = staffed(pl.Series([due], dtype=pl.Datetime("us", "UTC")), table, now).row(0, named=True)
    before = [min(end, due) for start, end in table.rows() if start < due]
    assert row["staffed_until"] == max(before)
    assert row["last_staffed_at"] == (max(before) if max(before) > now else None)
