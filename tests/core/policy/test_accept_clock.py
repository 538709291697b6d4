"""CD-O1: 48 hours of wall clock from creation, over everything."""

import datetime as dt

import pytest

from core.policy.calendar import Calendar


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.rule("CD-O1", "XX-D3")
@pytest.mark.parametrize(
    ("now", "band", "group", "left"),
    [
        ("2026-11-25 11:59:59", "now", "live", 1),
        ("2026-11-25 12:00:00", "now", "live", 0),
        ("2026-11-25 12:00:00.000001", "overdue", "probably_cancelled", -1),
        ("2026-11-25 12:00:01", "overdue", "probably_cancelled", -1),
    ],
)
def test_an_order_dies_only_after_its_48th_hour(desk, now, band, group, left):
    row = desk.one(now, created_at=at("2026-11-23 12:00"))
    assert (row["band"], row["group"], row["seconds_left"]) == (band, group, left)
    assert row["due_at"] == at("2026-11-25 12:00")


@pytest.mark.rule("CD-O1", "XX-D2")
@pytest.mark.parametrize("created", ["2026-03-27 22:30", "2026-03-28 12:00", "2026-10-23 23:30", "2026-10-24 12:00"])
def test_daylight_saving_neither_gives_nor_takes_an_hour(desk, created):
    row = desk.one(created, created_at=at(created))
    assert row["due_at"] - row["created_at"] == dt.timedelta(hours=48)
    assert row["seconds_left"] == 48 * 3600


@pytest.mark.rule("CD-O1")
def test_weekends_and_days_off_do_not_stop_the_clock(desk):
    row = desk.one("2026-12-24 15:00", Calendar("Europe/Paris"), created_at=at("2026-12-24 15:00"))
    assert row["due_at"] == at("2026-12-26 15:00")


@pytest.mark.rule("CD-O3")
def test_vacation_mode_leaves_a_running_clock_running(desk):
    created = at("2026-11-23 12:00")
    assert desk.one("2026-11-23 13:00", created_at=created, vacation=True)["due_at"] == at("2026-11-25 12:00")


@pytest.mark.rule("CD-O1")
def test_an_order_without_a_creation_date_cannot_be_told(desk):
    row = desk.one("2026-11-23 13:00", created_at=None)
    assert (row["group"], row["reason"], row["band"]) == ("cannot_tell", "created_unknown", None)


@pytest.mark.rule("CD-O1")
def test_before_the_first_known_value_nothing_is_told(desk):
    # Midnight in Paris is 23:00 UTC of the day before.
    known = desk.one("2020-03-01 00:00", created_at=at("2020-02-29 23:00"))
    unknown = desk.one("2020-03-01 00:00", created_at=at("2020-02-29 22:59:59"))
    assert known["due_at"] == at("2020-03-02 23:00")
    assert (unknown["due_at"], unknown["reason"]) == (None, "no_value_in_force")


@pytest.mark.rule("CD-O1")
@pytest.mark.parametrize("marketplace", ["amazon", "aliexpress"])
def test_other_marketplaces_have_no_acceptance_clock(desk, marketplace):
    row = desk.one("2026-11-23 13:00", marketplace=marketplace)
    assert (row["due_at"], row["group"], row["reason"]) == (None, "cannot_tell", "no_clock_known")


@pytest.mark.rule("CD-O1")
def test_each_row_names_its_rule_and_the_value_used(desk):
    row = desk.one("2026-11-23 13:00")
    assert (row["rule"], row["rule_values"], row["due_source"]) == ("CD-O1", "accept_within_hours=48", "rule")
