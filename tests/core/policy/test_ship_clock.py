"""CD-S9: dispatch by the file's date, else by preparation time, else nobody can tell."""

import datetime as dt

import pytest


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def ship(desk, holidays=(), now="2026-05-01 08:00", **order):
    return desk.judge({"state": "to_ship", **order}, now=at(now), holidays=holidays).row(0, named=True)


@pytest.mark.rule("CD-S9")
def test_the_date_of_the_file_wins(desk):
    row = ship(desk, latest_ship_at=at("2026-05-20 10:00"), paid_at=at("2026-05-04 10:00"))
    assert (row["due_at"], row["due_source"]) == (at("2026-05-20 10:00"), "file")


@pytest.mark.rule("CD-S9")
@pytest.mark.parametrize(
    ("paid", "days", "holidays", "due"),
    [
        ("2026-05-04 10:00", 2, [], "2026-05-06 21:59:59"),  # Monday: Wednesday night in Paris
        ("2026-05-07 10:00", 2, [], "2026-05-11 21:59:59"),  # Thursday, over the weekend
        ("2026-05-07 10:00", 2, ["2026-05-08"], "2026-05-12 21:59:59"),  # and over a holiday
        ("2026-05-09 10:00", 1, [], "2026-05-11 21:59:59"),  # Saturday: Monday is the first day
        ("2026-05-09 10:00", 0, [], "2026-05-11 21:59:59"),  # nothing to prepare, but no working day
        ("2026-05-04 10:00", 0, [], "2026-05-04 21:59:59"),
        ("2026-05-04 21:59", 1, [], "2026-05-05 21:59:59"),  # 23:59 in Paris
        ("2026-05-04 22:00", 1, [], "2026-05-06 21:59:59"),  # midnight: the next day
        ("2026-03-27 10:00", 1, [], "2026-03-30 21:59:59"),  # over the night the clocks go forward
        ("2026-10-23 10:00", 1, [], "2026-10-26 22:59:59"),  # and back
    ],
)
def test_preparation_runs_on_french_working_days_in_the_shops_zone(desk, paid, days, holidays, due):
    free = tuple(dt.date.fromisoformat(day) for day in holidays)
    row = ship(desk, free, now="2026-03-27 08:00", paid_at=at(paid), preparation_days=days)
    assert (row["due_at"], row["due_source"], row["rule"]) == (at(due), "assumed", "CD-S9")


@pytest.mark.rule("CD-S9")
def test_it_counts_from_creation_if_payment_is_unknown_and_says_so(desk):
    row = ship(desk, created_at=at("2026-05-04 10:00"))
    assert row["due_at"] == at("2026-05-06 21:59:59")
    assert row["rule_values"] == "preparation_days=2 from=created_at preparation_workdays=1 2 3 4 5"


@pytest.mark.rule("CD-S9")
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"preparation_days": None}, "preparation_unknown"),
        ({"created_at": None}, "dates_unknown"),
        ({"marketplace": "amazon"}, "no_latest_ship_date"),
        ({"marketplace": "aliexpress"}, "no_latest_ship_date"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_guessed(desk, order, reason):
    row = ship(desk, **order)
    assert (row["due_at"], row["group"], row["reason"]) == (None, "cannot_tell", reason)


@pytest.mark.rule("CD-S9")
def test_each_shop_counts_in_its_own_zone(desk):
    paid = at("2026-05-04 10:00")
    orders = [{"state": "to_ship", "paid_at": paid, "zone": zone} for zone in ("Europe/Paris", "Asia/Shanghai")]
    due = desk.judge(*orders, now=paid)["due_at"].to_list()
    assert due == [at("2026-05-06 15:59:59"), at("2026-05-06 21:59:59")]


def test_a_late_order_to_ship_stays_in_the_live_queue(desk):
    row = ship(desk, latest_ship_at=at("2026-04-30 10:00"))
    assert (row["band"], row["group"], row["consequence"]) == ("overdue", "live", "late_shipment")
