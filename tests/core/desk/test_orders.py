"""The queue and what people decide, from file to decision and back."""

import datetime as dt

import pytest

from core.desk import cases, imports, orders, settings
from core.desk.base import Desk, NotAllowed, OrderKey, Person, Stale
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON, export

HOUR = dt.timedelta(hours=1)


def load(desk: Desk, *rows: tuple[str, dt.datetime, str], at: dt.datetime = NOON, name: str = "a.csv") -> int:
    shop_id = settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina")
    imports.write(desk, Person("Léa"), imports.preview(desk, shop_id, name, export(*rows), at), at)
    return shop_id


def test_the_order_that_dies_first_stands_first(desk: Desk) -> None:
    load(desk, ("A", NOON - 10 * HOUR, "À accepter"), ("B", NOON - 47 * HOUR, "À accepter"))
    queue = orders.queue(desk, NOON)
    assert queue["order_number"].to_list() == ["B", "A"]
    assert queue["due_at"].to_list() == [NOON + HOUR, NOON + 38 * HOUR]
    assert queue["band"][0] == "now"


def test_accepting_here_leaves_the_deadline_until_a_newer_file_confirms(desk: Desk, somebody: Person) -> None:
    shop = load(desk, ("A", NOON - 10 * HOUR, "À accepter"), ("B", NOON - 9 * HOUR, "À accepter"))
    keys = [OrderKey(shop, "A"), OrderKey(shop, "B")]
    orders.decide(desk, somebody, DecisionKind.ACCEPT, keys, NOON)
    queue = orders.queue(desk, NOON)
    assert queue["kind"].to_list() == ["carry_out", "carry_out"]
    assert queue["due_at"].null_count() == 0
    later = NOON + 6 * HOUR
    load(
        desk,
        ("A", NOON - 10 * HOUR, "En attente d'expédition"),
        ("B", NOON - 9 * HOUR, "À accepter"),
        ("C", later, "À accepter"),
        at=later,
        name="b.csv",
    )
    after = {row["order_number"]: row for row in orders.queue(desk, later).iter_rows(named=True)}
    assert (after["A"]["kind"], after["A"]["disagrees"]) == ("ship_order", False)
    assert (after["B"]["kind"], after["B"]["disagrees"]) == ("carry_out", True)


def test_a_decision_that_does_not_fit_is_left_out_with_its_reason(desk: Desk, somebody: Person) -> None:
    shop = load(desk, ("A", NOON - 10 * HOUR, "À accepter"))
    key = OrderKey(shop, "A")
    assert orders.preview(desk, DecisionKind.MARK_SHIPPED, [key], NOON).left["held_back"].to_list() == ["not_to_ship"]
    assert orders.preview(desk, DecisionKind.WITHDRAW, [key], NOON).left["held_back"].to_list() == ["no_decision"]
    gone = orders.decide(desk, somebody, DecisionKind.ACCEPT, [OrderKey(shop, "Z")], NOON)
    assert gone.left["held_back"].to_list() == ["not_open"]
    assert all(code in orders.HELD_BACK for code in ("not_to_ship", "no_decision", "not_open"))


def test_a_mistake_can_be_withdrawn(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "À accepter")), "A")
    orders.decide(desk, somebody, DecisionKind.REFUSE, [key], NOON, "out of stock")
    orders.decide(desk, somebody, DecisionKind.WITHDRAW, [key], NOON)
    assert orders.queue(desk, NOON)["kind"].to_list() == ["accept_order"]
    case = cases.case(desk, key, NOON)
    assert case is not None
    assert case.decisions["kind"].to_list() == ["refuse", "withdraw"]
    assert "CD-O1" in case.decisions["rules"][0]


def test_ticking_takes_an_order_out_of_the_list_to_carry_out(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "À accepter")), "A")
    orders.decide(desk, somebody, DecisionKind.ACCEPT, [key], NOON)
    orders.decide(desk, somebody, DecisionKind.CARRIED_OUT, [key], NOON + HOUR)
    assert orders.queue(desk, NOON + HOUR)["kind"].to_list() == ["await_file"]


def test_a_refusal_needs_a_reason(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "À accepter")), "A")
    with pytest.raises(ValueError, match="reason"):
        orders.decide(desk, somebody, DecisionKind.REFUSE, [key], NOON, "  ")


def test_a_viewer_decides_nothing(desk: Desk) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "À accepter")), "A")
    with pytest.raises(NotAllowed):
        orders.decide(desk, Person("Guest", "viewer"), DecisionKind.ACCEPT, [key], NOON)
    assert orders.queue(desk, NOON)["decision"].to_list() == [None]


def test_past_its_deadline_an_order_stands_apart_until_a_person_says(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 49 * HOUR, "À accepter")), "A")
    assert orders.queue(desk, NOON)["group"].to_list() == ["probably_cancelled"]
    orders.decide(desk, somebody, DecisionKind.SAY_CANCELLED, [key], NOON)
    assert orders.queue(desk, NOON).is_empty()


def test_an_order_missing_from_a_newer_file_is_perhaps_cancelled(desk: Desk) -> None:
    load(desk, ("A", NOON - 10 * HOUR, "À accepter"), ("B", NOON - 11 * HOUR, "À accepter"))
    later = NOON + HOUR
    load(desk, ("B", NOON - 11 * HOUR, "À accepter"), ("C", later, "À accepter"), at=later, name="b.csv")
    found = dict(orders.queue(desk, later).select("order_number", "group").iter_rows())
    assert found == {"A": "perhaps_cancelled", "B": "live", "C": "live"}


def test_an_order_whose_row_was_rejected_is_not_missing_but_another_one_is(desk: Desk) -> None:
    known = [(name, NOON - hours * HOUR, "À accepter") for name, hours in (("A", 10), ("B", 11), ("D", 10.5))]
    shop = load(desk, *known)
    later = NOON + HOUR
    newer = export(*known[:2], ("C", later, "À accepter"))
    seen = imports.preview(desk, shop, "b.csv", newer.replace(b"SKU-A;1;10,00", b"SKU-A;1;ten"), later)
    assert seen.rejected == 1
    imports.write(desk, Person("Léa"), seen, later)
    found = dict(orders.queue(desk, later).select("order_number", "group").iter_rows())
    assert found == {"A": "live", "B": "live", "C": "live", "D": "perhaps_cancelled"}


def test_refusing_tells_what_it_does_to_the_rate(desk: Desk) -> None:
    settled = [(f"S{n}", NOON - dt.timedelta(days=n % 70 + 1), "Expédiée") for n in range(140)]
    shop = load(desk, *settled, ("A", NOON - HOUR, "À accepter"))
    effects = orders.preview(desk, DecisionKind.REFUSE, [OrderKey(shop, "A")], NOON).effects
    assert [effect.window_days for _, effect in effects] == [30, 60]
    assert all(effect.known and effect.rate_after < effect.rate_before for _, effect in effects)


def test_with_too_short_a_history_the_effect_cannot_be_told(desk: Desk) -> None:
    shop = load(desk, ("A", NOON - HOUR, "À accepter"), ("S", NOON - 3 * HOUR, "Expédiée"))
    effects = orders.preview(desk, DecisionKind.REFUSE, [OrderKey(shop, "A")], NOON).effects
    assert [effect.known for _, effect in effects] == [False, False]


def test_what_a_person_types_fills_what_no_file_said(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "En attente d'expédition")), "A")
    assert orders.queue(desk, NOON)["group"].to_list() == ["cannot_tell"]
    version = orders.queue(desk, NOON)["version"][0]
    orders.type_facts(desk, somebody, key, {"latest_ship_at": NOON + 20 * HOUR}, version, NOON)
    queue = orders.queue(desk, NOON)
    assert queue["due_at"].to_list() == [NOON + 20 * HOUR]
    with pytest.raises(Stale):
        orders.type_facts(desk, somebody, key, {"delivery_mode": "normal"}, version, NOON)


def test_a_typed_mode_lets_a_cheap_order_be_marked_as_shipped(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "En attente d'expédition")), "A")
    held = orders.preview(desk, DecisionKind.MARK_SHIPPED, [key], NOON).left["held_back"].to_list()
    assert held == ["mode_unknown"]
    orders.type_facts(desk, somebody, key, {"delivery_mode": "normal"}, orders.queue(desk, NOON)["version"][0], NOON)
    assert orders.decide(desk, somebody, DecisionKind.MARK_SHIPPED, [key], NOON).taken.height == 1


def test_a_note_and_an_assignment_stay_with_the_case(desk: Desk, somebody: Person) -> None:
    key = OrderKey(load(desk, ("A", NOON - 10 * HOUR, "À accepter")), "A")
    cases.add(desk, somebody, key, DecisionKind.NOTE, "buyer called", NOON)
    orders.decide(desk, somebody, DecisionKind.ASSIGN, [key], NOON, "王芳")
    case = cases.case(desk, key, NOON)
    assert case is not None
    assert case.decisions["text"].to_list() == ["buyer called", "王芳"]
    assert orders.queue(desk, NOON)["assignee"].to_list() == ["王芳"]
    assert cases.search(desk, "A")["order_number"].to_list() == ["A"]


SQL = ("' OR 1=1 --", "') DROP TABLE orders --", "' UNION SELECT name FROM people --", "%", "_", "\\", "A' AND '1'='1")


def test_what_looks_like_sql_is_a_text_wherever_it_stands(any_desk: Desk, somebody: Person) -> None:
    """In an order's number, a note, a name; and whoever searches for it finds that order alone."""
    numbers = [f"{text} {n}" for n, text in enumerate(SQL)]
    shop = load(any_desk, ("A", NOON - HOUR, "À accepter"), *((n, NOON - HOUR, "À accepter") for n in numbers))
    assert sorted(orders.queue(any_desk, NOON)["order_number"]) == sorted(["A", *numbers])
    for number in numbers:
        key = OrderKey(shop, number)
        assert cases.search(any_desk, number)["order_number"].to_list() == [number]
        assert orders.decide(any_desk, somebody, DecisionKind.ACCEPT, [key], NOON).taken.height == 1
        cases.add(any_desk, somebody, key, DecisionKind.NOTE, number, NOON)
        case = cases.case(any_desk, key, NOON)
        assert case is not None
        assert case.decisions["text"].to_list()[-1] == number
    kinds = {row["order_number"]: row["kind"] for row in orders.queue(any_desk, NOON).iter_rows(named=True)}
    assert kinds == {"A": "accept_order", **dict.fromkeys(numbers, "carry_out")}
