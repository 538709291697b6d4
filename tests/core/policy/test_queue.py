"""Where each order stands in the queue: CD-O4, CD-C1, XX-D3, decisions and the files after them."""

import datetime as dt

import pytest

from core.policy.orders import JUDGED
from core.policy.words import State


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


NOW = "2026-11-24 12:00"
HOUR = dt.timedelta(hours=1)


@pytest.mark.rule("CD-O4")
def test_between_acceptance_and_debit_nobody_can_act(desk):
    row = desk.one(NOW, state="awaiting_payment")
    assert (row["kind"], row["group"], row["reason"]) == ("await_payment", "waiting", "awaiting_debit")
    assert (row["rule"], row["action"]) == ("CD-O4", "wait")


@pytest.mark.parametrize("state", ["new", "blocked", "in_dispute", "sent_unconfirmed"])
def test_what_only_the_marketplace_can_move_waits_and_says_why(desk, state):
    row = desk.one(NOW, state=state)
    assert (row["kind"], row["group"]) == ("await_marketplace", "waiting")
    assert row["reason"]


def test_a_state_nobody_knows_is_never_calm(desk):
    row = desk.one(NOW, state="unknown")
    assert (row["kind"], row["group"], row["reason"]) == ("check_state", "cannot_tell", "state_unknown")


def test_a_cancellation_request_has_no_known_clock(desk):
    row = desk.one(NOW, state="cancel_requested")
    assert (row["kind"], row["group"], row["reason"]) == ("answer_cancellation", "cannot_tell", "no_clock_known")


@pytest.mark.rule("XX-D3", "CD-C1")
def test_missing_from_a_newer_file_it_is_perhaps_cancelled(desk):
    row = desk.one(NOW, missing_since=at("2026-11-24 11:00"))
    assert (row["kind"], row["group"], row["rule"]) == ("check_cancelled", "perhaps_cancelled", "CD-C1")


@pytest.mark.rule("XX-D3")
@pytest.mark.parametrize(("said", "group"), [("2026-11-24 11:00", "live"), ("2026-11-24 10:59", "perhaps_cancelled")])
def test_a_persons_still_open_holds_until_a_newer_file_lacks_it(desk, said, group):
    row = desk.one(NOW, missing_since=at("2026-11-24 11:00"), said="say_open", said_at=at(said))
    assert row["group"] == group


@pytest.mark.rule("XX-D3")
def test_still_open_said_after_the_deadline_brings_it_back_overdue(desk):
    row = desk.one("2026-11-26 12:00", said="say_open", said_at=at("2026-11-25 12:01"))
    assert (row["group"], row["band"], row["kind"]) == ("live", "overdue", "accept_order")
    before = desk.one("2026-11-26 12:00", said="say_open", said_at=at("2026-11-25 11:59"))
    assert before["group"] == "probably_cancelled"


@pytest.mark.rule("XX-D3")
def test_said_cancelled_it_is_gone_until_a_newer_file_shows_it(desk):
    gone = {"said": "say_cancelled", "said_at": at("2026-11-24 11:00"), "as_of": at("2026-11-24 11:00")}
    assert desk.judge(gone, now=at(NOW)).is_empty()
    assert desk.judge({**gone, "as_of": at("2026-11-24 11:00:01")}, now=at(NOW))["group"].to_list() == ["live"]


@pytest.mark.parametrize(
    ("decision", "state"), [("accept", "to_accept"), ("refuse", "to_accept"), ("mark_shipped", "to_ship")]
)
def test_decided_here_it_keeps_its_deadline_until_carried_out(desk, decision, state):
    plain = desk.one(NOW, state=state)
    row = desk.one(NOW, state=state, decision=decision, decided_at=at("2026-11-23 13:00"))
    assert (row["kind"], row["group"], row["disagrees"]) == ("carry_out", "live", False)
    assert (row["due_at"], row["band"]) == (plain["due_at"], plain["band"])


@pytest.mark.parametrize(
    ("as_of", "kind", "disagrees"),
    [("2026-11-23 14:00", "await_file", False), ("2026-11-23 14:00:01", "carry_out", True)],
)
def test_ticked_it_waits_and_a_newer_file_with_the_old_state_contradicts(desk, as_of, kind, disagrees):
    ticked = {"decision": "accept", "decided_at": at("2026-11-23 13:00"), "carried_out_at": at("2026-11-23 14:00")}
    row = desk.one(NOW, as_of=at(as_of), **ticked)
    assert (row["kind"], row["disagrees"]) == (kind, disagrees)


@pytest.mark.parametrize(
    ("decision", "state", "disagrees"),
    [
        ("accept", "awaiting_payment", False), ("accept", "to_ship", False), ("accept", "refused", True),
        ("accept", "auto_cancelled", True), ("refuse", "refused", False), ("refuse", "to_ship", True),
        ("mark_shipped", "shipped", False), ("mark_shipped", "cancelled", True),
    ],
)  # fmt: skip
def test_a_file_that_moved_on_confirms_or_contradicts(desk, decision, state, disagrees):
    row = desk.one(NOW, state=state, decision=decision, decided_at=at("2026-11-23 13:00"))
    assert row["disagrees"] is disagrees
    assert row["kind"] != "carry_out"


def test_the_queue_is_sorted_by_urgency_with_cannot_tell_above_calm(desk):
    ages = {"soon": 30, "now": 47, "calm": 1, "gone": 50}
    orders = [{"order_number": name, "created_at": at(NOW) - age * HOUR} for name, age in ages.items()]
    orders += [
        {"order_number": "waits", "state": "awaiting_payment"},
        {"order_number": "late", "state": "to_ship", "latest_ship_at": at(NOW) - HOUR},
        {"order_number": "unclear", "state": "unknown"},
        {"order_number": "missing", "missing_since": at(NOW)},
    ]
    found = desk.judge(*orders, now=at(NOW))["order_number"].to_list()
    assert found == ["late", "now", "soon", "unclear", "calm", "waits", "gone", "missing"]


def test_no_orders_give_an_empty_frame_of_the_same_columns(desk):
    assert desk.judge(now=at(NOW)).schema == JUDGED
    assert desk.judge(*({"state": str(state)} for state in State), now=at(NOW)).schema == JUDGED
