"""Deadlines in words."""

import datetime as dt

import pytest

from core.policy.calendar import Calendar
from core.policy.explain import derivation, plain
from core.policy.words import State

OFFICE = Calendar("Asia/Shanghai", {day: (("09:00", "18:00"),) for day in range(5)})
ZONES = ("Europe/Paris", "Asia/Shanghai")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def said(desk, now, **order):
    return " ".join(plain(sentence) for sentence in derivation(desk.one(now, OFFICE, **order), ZONES, at(now)))


@pytest.mark.rule("CD-O1", "XX-D1", "XX-D2")
def test_an_acceptance_deadline_is_derived_step_by_step(desk):
    assert said(desk, "2026-06-19 13:00", created_at=at("2026-06-19 12:05")) == (
        "Created Friday 14:05 in Paris, + 48 h, rule CD-O1, no pause: due Sunday 14:05. "
        "In Shanghai that is Sunday 20:05. "
        "Your last staffed hour before it was Friday 18:00 and is over. Act now."
    )


@pytest.mark.rule("CD-S9")
def test_an_assumed_date_says_that_it_is_assumed(desk):
    text = said(desk, "2026-11-23 09:00", state="to_ship", paid_at=at("2026-11-23 09:00"))
    assert "+ 2 French working days of preparation, rule CD-S9, assumed" in text
    assert "due Wednesday 23:59" in text


@pytest.mark.rule("CD-O3", "CD-O5")
def test_settings_of_the_shop_that_bear_on_it_are_said(desk):
    row = desk.one("2026-11-23 13:00", vacation=True) | {"auto_accept": True}
    text = " ".join(plain(sentence) for sentence in derivation(row, ZONES, at("2026-11-23 13:00")))
    assert "keeps running (CD-O3)" in text
    assert "(CD-O5)" in text


def test_a_contradiction_names_both_instants(desk):
    text = said(
        desk, "2026-11-23 15:00", decision="accept", decided_at=at("2026-11-23 10:00"), as_of=at("2026-11-23 13:05")
    )
    assert "Decided here Monday 11:00; the file of Monday 14:05 says otherwise." in text


@pytest.mark.parametrize("state", [str(state) for state in State])
def test_every_state_can_be_explained(desk, state):
    assert said(desk, "2026-11-23 13:00", state=state)
