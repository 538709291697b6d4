"""The clocks of a return at their edges, and the penalty of a late refund; situations of Amazon orders."""

import datetime as dt

import polars as pl
import pytest

from core.policy.clocks import local_day
from core.policy.returns import say
from core.policy.returns.days import days
from core.policy.returns.recommend import decide
from core.policy.returns.situations import SITUATIONS, STEP_WORDS, steps
from core.policy.values import load
from tests.core.policy.returns_base import HOLIDAYS, NO_RULES, PARIS, book, one, paris, requests


def local(instant):
    return instant.astimezone(PARIS).isoformat(" ")[:19]


@pytest.mark.rule("CD-R1")
@pytest.mark.parametrize(
    ("asked", "now", "state"),
    [
        ("2026-11-10 12:00", "2026-11-12 11:59:59", "running"),
        ("2026-11-10 12:00", "2026-11-12 12:00:00", "running"),
        ("2026-11-10 12:00", "2026-11-12 12:00:01", "overdue"),
        # 48 hours are 48 hours: by the clock an hour later, or earlier, after the nights of change.
        ("2026-03-28 12:00", "2026-03-30 13:00:00", "running"),
        ("2026-03-28 12:00", "2026-03-30 13:00:01", "overdue"),
        ("2026-10-24 12:00", "2026-10-26 11:00:00", "running"),
        ("2026-10-24 12:00", "2026-10-26 11:00:01", "overdue"),
    ],
)
def test_a_request_is_answered_within_48_hours(asked, now, state):
    assert one(now, requested_at=paris(asked))["reply_state"] == state


@pytest.mark.rule("CD-R1", "AM-C1")
def test_answering_stops_the_clock_and_amazon_wants_it_in_24():
    asked = paris("2026-11-10 12:00")
    in_time, late = (
        one("2026-11-20 12:00", answered_at=asked + dt.timedelta(hours=48, seconds=s))["reply_state"] for s in (0, 1)
    )
    assert (in_time, late) == ("answered", "answered_late")
    assert one()["reply_target_at"] is None
    amazon = one(marketplace="amazon")
    assert (amazon["reply_target_at"], amazon["reply_due_at"]) == (
        asked + dt.timedelta(hours=24), asked + dt.timedelta(hours=48),
    )  # fmt: skip
    assert amazon["reply_rule"] == "AM-C1"


@pytest.mark.rule("CD-R4")
def test_the_refund_runs_from_the_notice_and_may_wait_for_the_goods():
    late = "2026-12-10 12:00"
    assert one(late)["refund_state"] == "overdue"
    assert one(late, chosen="keep_refund")["refund_state"] == "overdue"
    waiting = one(late, chosen="home_address")
    assert (waiting["refund_state"], waiting["penalty_minor"]) == ("waits_for_goods", 0)
    sent = one(late, chosen="home_address", sent_back_at=paris("2026-12-01 09:00"))
    assert (local(sent["refund_due_at"]), sent["refund_state"]) == ("2026-12-01 23:59:59", "overdue")
    early = one(late, chosen="prepaid_label", goods_back_at=paris("2026-11-15 09:00"))
    assert local(early["refund_due_at"]) == "2026-11-24 23:59:59"
    assert one(late, chosen="exchange")["refund_state"] == "none"
    assert one(late, chosen="exchange")["refund_due_at"] is None


@pytest.mark.rule("CD-R4")
def test_a_refund_is_in_time_until_the_last_second_of_its_day():
    paid = [paris("2026-11-24 23:59:59"), paris("2026-11-25 00:00:00")]
    rows = [one("2026-12-24 12:00", refunded_at=at) for at in paid]
    assert [(row["refund_state"], row["refund_days_late"]) for row in rows] == [("paid", 0), ("paid_late", 1)]


@pytest.mark.rule("AM-R7")
@pytest.mark.parametrize(
    ("back", "due"),
    [("2026-11-16 09:00", "2026-11-18"), ("2026-11-12 23:59", "2026-11-16"), ("2026-11-14 09:00", "2026-11-17"),
     ("2026-11-10 18:00", "2026-11-13")],
)  # fmt: skip
def test_amazon_wants_the_refund_two_business_days_after_receipt(back, due):
    row = one(marketplace="amazon", chosen="home_address", goods_back_at=paris(back))
    assert (local(row["refund_due_at"]), row["refund_rule"]) == (f"{due} 23:59:59", "AM-R7")


@pytest.mark.rule("AM-R13", "CD-R5")
def test_days_to_choose_a_way_and_to_repair():
    row = one(marketplace="amazon", has_address=False, requested_at=paris("2026-10-23 12:00"))
    assert local(row["method_due_at"]) == "2026-10-27 23:59:59"
    assert one(marketplace="amazon")["method_due_at"] is None
    assert (
        local(one(reason="defective", requested_at=paris("2026-01-31 12:00"))["repair_due_at"]) == "2026-03-02 23:59:59"
    )


@pytest.mark.rule("CD-R4")
def test_the_penalty_grows_in_steps_up_to_the_price():
    # 100.00 and 10.00 delivery, due on 24 November; so many days later.
    late = [0, 1, 10, 11, 20, 21, 30, 31, 60, 61, 90, 91, 120, 121, 360, 361, 400]
    due = dt.date(2026, 11, 24)
    found = [one(f"{due + dt.timedelta(days=n)} 12:00", goods_minor=10_000, shipping_minor=1000) for n in late]
    assert [row["refund_days_late"] for row in found] == late
    assert [row["penalty_minor"] for row in found] == [
        0, 2, 20, 550, 550, 1100, 1100, 2200, 2200, 5500, 5500, 6050, 6050, 6600, 10_000, 10_000, 10_000,
    ]  # fmt: skip
    assert [row["penalty_tomorrow_minor"] for row in found[:3]] == [2, 4, 550]


@pytest.mark.rule("CD-R4")
def test_the_penalty_of_french_law_is_for_buyers_in_france():
    rows = [one("2026-12-24 12:00", marketplace="amazon", country=country) for country in ("FR", "DE")]
    assert [row["penalty_minor"] for row in rows] == [339, None]


def test_last_years_late_refund_bears_last_years_rate():
    row = one("2025-06-28 12:00", requested_at=paris("2025-06-10 12:00"), goods_minor=100_000, shipping_minor=0)
    assert (row["refund_days_late"], row["penalty_minor"]) == (4, round(100_000 * 0.0721 * 4 / 365))


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Shanghai", "America/New_York"])
def test_days_by_offsets_are_the_days_of_the_zone(zone):
    first = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    span = pl.datetime_range(first, first + dt.timedelta(days=260), "30m", time_zone="UTC", time_unit="us", eager=True)
    frame = pl.DataFrame({"at": span, "zone": zone})
    plain, fast = frame.select(
        plain=local_day(pl.col("at"), [zone]), fast=days(pl.col("at"), [zone], span[0], span[-1])
    )
    assert plain.equals(fast)


def test_shops_in_several_zones_are_judged_in_their_own():
    rows = requests(
        {"request_id": "paris", "requested_at": paris("2026-11-19 23:30")},
        {"request_id": "shanghai", "requested_at": paris("2026-11-19 23:30"), "zone": "Asia/Shanghai", "shop_id": 2},
    )
    found = decide(rows, book(), NO_RULES, HOLIDAYS, paris("2026-11-20 12:00"))
    assert found["refuse_why"].to_list() == ["within_withdrawal", "fifteenth_day"]


def test_every_code_has_its_sentence():
    found = decide(
        requests({"reason": None}, {"reason": "withdrawal", "marketplace": "aliexpress"}), book(), NO_RULES, HOLIDAYS,
        paris("2026-11-20 12:00"),
    )  # fmt: skip
    assert found["question"].to_list() == ["what_differs", "marketplace"]
    for name in found.columns:
        words = {"_why": say.WHY, "_status": say.STATUSES}.get(name[name.rfind("_") :])
        assert words is None or set(found[name].drop_nulls()) <= words.keys()


@pytest.mark.rule(
    "AM-O1", "AM-O2", "AM-O3", "AM-O4", "AM-O5", "AM-O6", "AM-N1", "AM-N2", "AM-N3", "AM-N4", "AM-N5", "AM-R10"
)
@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("wrong_order", {"dispatched": False, "ordered": 30}, "buyer_cancels cancel"),
        ("wrong_order", {"dispatched": False, "ordered": 31}, "cancel"),
        ("wrong_order", {"dispatched": True}, "cannot_cancel ask_return refund_when_back"),
        ("wrong_order", {}, "find_dispatched"),
        ("faster_shipping", {"dispatched": False}, "faster_if_you_like"),
        ("faster_shipping", {"dispatched": True}, "say_how_it_travels"),
        ("other_address", {"dispatched": False}, "same_address_only order_again"),
        ("other_address", {"dispatched": True}, "cannot_cancel forward_or_back refund_when_back"),
        ("not_received", {"due": 1}, "give_tracking explain_window"),
        ("not_received", {"due": 0}, "give_tracking explain_window"),
        ("not_received", {"due": -1}, "give_tracking carrier_search refund"),
        ("not_received", {"due": 1, "lost": True}, "give_tracking carrier_search"),
        (
            "not_received",
            {"due": -1, "lost": True, "insured": True},
            "give_tracking carrier_search refund claim_insurance",
        ),
        ("not_received", {"due": -1, "lost": True, "insured": None}, "give_tracking carrier_search refund"),
        ("not_received", {}, "give_tracking find_latest_delivery"),
    ],
)
def test_the_steps_of_a_situation_stand_in_order(kind, facts, expected):
    now = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    row = dict.fromkeys(SITUATIONS.names()) | {"case_id": "1", "kind": kind}
    row |= {name: facts[name] for name in ("dispatched", "lost", "insured") if name in facts}
    row["ordered_at"] = now - dt.timedelta(minutes=facts["ordered"]) if "ordered" in facts else None
    row["latest_delivery_at"] = now + dt.timedelta(minutes=facts["due"]) if "due" in facts else None
    found = steps(pl.DataFrame([row], schema=SITUATIONS, orient="row"), load(), now)
    assert " ".join(found["code"]) == expected
    assert found["step"].to_list() == list(range(1, len(found) + 1))
    assert set(found["code"]) <= STEP_WORDS.keys()


@pytest.mark.rule("AM-R5", "AM-R6", "AM-R10", "AM-R11")
def test_authorising_moves_no_money_and_what_never_comes_back_is_never_refunded():
    far = one("2027-11-10 12:00", marketplace="amazon", chosen="home_address")
    assert (far["home_address_rule"], far["refund_state"], far["penalty_minor"]) == ("AM-R5", "waits_for_goods", 0)
    late = one(marketplace="amazon", requested_at=paris("2026-12-20 12:00"))
    assert (late["refuse_status"], late["refuse_rule"]) == ("lawful", "AM-R6")
    # Which of the three ways a shop chose changes no clock and no lawful answer: it is a rule in words.
    assert load().parameters["authorisation_ways"].text_only


@pytest.mark.rule("CD-R4", "AM-R7")
def test_the_penalty_counts_from_the_day_of_the_law_not_from_amazons():
    early = {"marketplace": "amazon", "chosen": "home_address", "goods_back_at": paris("2026-11-12 09:00")}
    shown, law = (one(f"2026-11-{day} 12:00", **early) for day in (24, 25))
    assert (local(shown["refund_due_at"])[:10], shown["refund_days_late"]) == ("2026-11-16", 8)
    assert (shown["penalty_days"], shown["penalty_minor"]) == (0, 0)
    assert (law["penalty_days"], law["penalty_minor"]) == (1, 1)
    late = early | {"goods_back_at": paris("2026-12-04 09:00")}
    assert one("2026-12-07 12:00", **late)["refund_state"] == "running"
    assert one("2026-12-07 12:00", **late)["penalty_days"] == 3


@pytest.mark.rule("CD-R4")
def test_the_penalty_never_falls():
    due = dt.date(2026, 11, 24)
    days_on = [
        one(f"{due + dt.timedelta(days=n)} 12:00", goods_minor=500, shipping_minor=1000) for n in (60, 90, 91, 400)
    ]
    assert [row["penalty_minor"] for row in days_on] == [300, 750, 750, 750]


@pytest.mark.rule("CD-R4")
@pytest.mark.parametrize(("paid", "state"), [(1, "overdue"), (3388, "overdue"), (3389, "paid"), (None, "paid")])
def test_a_part_paid_leaves_the_refund_clock_running(paid, state):
    row = one("2026-12-10 12:00", refunded_at=paris("2026-11-20 12:00"), paid_minor=paid)
    assert row["refund_state"] == state
    assert (row["penalty_minor"] > 0) == (state == "overdue")
