"""Which decision stands, what may be decided, and what a refusal does to the rate."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.policy.decisions import DECISIONS, STANDING, may, standing
from core.policy.rates import DAYS, refusal_effect

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
RATE = Decimal("0.975")


def story(*kinds, text=None):
    rows = [(n, 1, "A", kind, text, "Li", NOW + dt.timedelta(hours=n)) for n, kind in enumerate(kinds)]
    return standing(pl.DataFrame(rows, schema=DECISIONS, orient="row"))


@pytest.mark.parametrize(
    ("kinds", "decision", "carried"),
    [
        (["accept"], "accept", False), (["accept", "withdraw"], None, False),
        (["accept", "carried_out"], "accept", True), (["accept", "carried_out", "withdraw"], None, False),
        (["accept", "carried_out", "mark_shipped"], "mark_shipped", False),
        (["accept", "withdraw", "refuse"], "refuse", False), (["accept", "note"], "accept", False),
        (["carried_out", "accept"], "accept", False),
    ],
)  # fmt: skip
def test_the_last_decision_stands_until_withdrawn(kinds, decision, carried):
    row = story(*kinds).row(0, named=True)
    assert row["decision"] == decision
    assert (row["carried_out_at"] is not None) is carried


def test_the_last_word_and_the_last_assignment_hold():
    assert story("say_cancelled", "say_open")["said"].to_list() == ["say_open"]
    assert story("assign", text=" Wang ")["assignee"].to_list() == ["Wang"]
    assert story("assign", text="  ")["assignee"].to_list() == [None]


def test_no_decisions_give_an_empty_frame_of_the_same_columns():
    assert standing(pl.DataFrame(schema=DECISIONS)).schema == STANDING == story("accept").schema


@pytest.mark.rule("CD-S1", "CD-S2")
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"delivery_mode": "normal", "goods_minor": 1200}, None),  # 15.00 EUR
        ({"delivery_mode": "normal", "goods_minor": 1201}, "needs_tracking"),  # 15.01 EUR
        ({"delivery_mode": "tracked"}, "needs_tracking"),
        ({"delivery_mode": "registered"}, "needs_tracking"),
        ({"delivery_mode": "relay"}, "needs_tracking"),
        ({"delivery_mode": "tracked", "tracking_number": "6A123"}, "number_unchecked"),
        ({"delivery_mode": "express"}, "mode_not_covered"),
        ({"delivery_mode": None}, "mode_unknown"),
        ({"delivery_mode": None, "goods_minor": 9000}, "needs_tracking"),
        ({"delivery_mode": "normal", "shipping_minor": None}, "value_unknown"),
        ({"delivery_mode": "normal", "shipping_minor": None, "goods_minor": 1501}, "needs_tracking"),
        ({"delivery_mode": "normal", "currency": "GBP"}, "currency_unknown"),
        ({"delivery_mode": "normal", "marketplace": "amazon"}, "other_marketplace"),
        ({"delivery_mode": "normal", "state": "to_accept"}, "not_to_ship"),
        ({"delivery_mode": "normal", "decision": "mark_shipped"}, "already_marked"),
    ],
)
def test_shipping_without_a_number_is_for_cheap_normal_mail_only(desk, values, order, reason):
    row = may(desk.facts({"state": "to_ship", **order}), values, NOW).row(0, named=True)
    assert (row["cannot_ship_reason"], row["can_ship"]) == (reason, reason is None)


@pytest.mark.rule("CD-O2")
def test_an_order_is_accepted_or_refused_once(desk, values):
    rows = may(desk.facts({}, {"decision": "refuse"}, {"state": "to_ship"}), values, NOW)
    assert rows["can_refuse"].to_list() == rows["can_accept"].to_list() == [True, False, False]
    assert may(desk.facts(), values, NOW).is_empty()


def days(accepted, refused, day=TODAY):
    rows = [(1, day, "shipped", accepted), (1, day, "refused", refused), (1, day, "cancelled", 7)]
    return pl.DataFrame(rows, schema=DAYS, orient="row")


@pytest.mark.rule("CD-O2", "CD-H1")
def test_39_of_40_is_exactly_the_threshold_and_bears_no_more():
    effect = refusal_effect(days(39, 0), dt.date(2026, 1, 1), 1, 30, RATE, TODAY)
    assert (effect.rate_before, effect.bears, effect.keeps) == (1.0, 1, True)
    effect = refusal_effect(days(39, 1), dt.date(2026, 1, 1), 1, 30, RATE, TODAY)
    assert (effect.rate_before, effect.bears, effect.keeps) == (0.975, 0, False)


@pytest.mark.rule("CD-H1")
@pytest.mark.parametrize("window", [30, 60])
def test_with_less_than_the_window_covered_it_cannot_tell(window):
    first = TODAY - dt.timedelta(days=window - 1)
    assert refusal_effect(days(10, 0), first, 1, window, RATE, TODAY).known
    for since in (first + dt.timedelta(days=1), None):
        effect = refusal_effect(days(10, 0), since, 1, window, RATE, TODAY)
        assert (effect.known, effect.rate_before, effect.bears) == (False, None, 0)


@pytest.mark.rule("CD-H1")
def test_the_window_counts_its_first_day_and_not_the_one_before():
    first = TODAY - dt.timedelta(days=29)
    assert refusal_effect(days(10, 0, first), first, 0, 30, RATE, TODAY).decided == 10
    assert not refusal_effect(days(10, 0, first - dt.timedelta(days=1)), first, 0, 30, RATE, TODAY).known


@given(st.integers(0, 3000), st.integers(0, 100))
def test_what_it_bears_keeps_the_rate_and_one_more_does_not(accepted, refused):
    effect = refusal_effect(days(accepted, refused), dt.date(2026, 1, 1), 0, 30, RATE, TODAY)
    if effect.known:
        assert effect.bears == 0 or Fraction(accepted, accepted + refused + effect.bears) >= Fraction(RATE)
        assert Fraction(accepted, accepted + refused + effect.bears + 1) < Fraction(RATE)
