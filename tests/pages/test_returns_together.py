"""Two people on one return: who saves on a stale copy is refused, and sees what the other saved."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import returns, returns_settings
from core.desk.base import Desk, Person, Stale
from core.desk.returns import CaseKey
from core.desk.returns_settings import Change
from tests.core.desk.conftest import NOON, export
from tests.pages import noon
from tests.pages.test_returns import OFFERS, add, case, press

WEI = Person("Wei", "lead")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def asked(desk: Desk) -> int:
    shop = noon.shop_with(desk, export(("A", noon.hours_ago(480), "Expédiée")))
    for key, amount in OFFERS.items():
        returns_settings.save(desk, noon.SOMEBODY, Change(shop, key, amount), returns_settings.ALWAYS, "test", NOON)
    add(desk, shop, ("A", "Défectueux", 46, ""))
    return shop


def named(at: AppTest, label: str) -> AppTest:
    next(button for button in at.main.button if button.label == label).click()
    return noon.run(at)


def test_the_second_decision_is_refused(desk: Desk, asked: int) -> None:
    key = CaseKey(asked, "A||")
    at = noon.visit("returns", **case(asked, "A"), lang="en")
    returns.decide(desk, WEI, [key], "home_address", NOON, "the buyer asks for it")
    said = noon.words(press(at, "record_return"))
    assert "A was decided by somebody else meanwhile. Yours, not recorded: " in said
    assert "(Wei)" in said
    found = returns.case(desk, key, NOON)
    assert found is not None
    assert found.decisions["option"].to_list() == ["home_address"]


def test_the_second_word_on_a_fact_is_refused_with_both_values(desk: Desk, asked: int) -> None:
    at = noon.visit("returns", **case(asked, "A"), lang="en")
    returns.say(desk, WEI, CaseKey(asked, "A||"), {"weight_g": 300}, NOON)
    weight = next(box for box in at.main.number_input if box.label == "Weight in grams")
    weight.set_value(500)
    said = noon.words(named(at, "Record what is known"))
    assert "Weight in grams: yours 500, kept 300" in said
    assert returns.queue(desk, NOON)["weight_g"].to_list() == [300]
    fresh = next(box for box in at.main.number_input if box.label == "Weight in grams")
    assert fresh.value == 300
    fresh.set_value(500)
    named(at, "Record what is known")
    assert returns.queue(desk, NOON)["weight_g"].to_list() == [500]


def test_a_refund_is_not_recorded_twice(desk: Desk, asked: int) -> None:
    key = CaseKey(asked, "A||")
    returns.decide(desk, WEI, [key], "home_address", NOON, "so be it")
    at = noon.visit("returns", **case(asked, "A"), lang="en")
    at.selectbox(key="event_A||").set_value("refund_paid")
    at = noon.run(at)
    returns.happened(desk, WEI, [key], "refund_paid", NOON, NOON, amount_minor=1250)
    said = noon.words(press(at, "record_event"))
    assert "Yours, not recorded: Refund paid. Recorded since: Refund paid (Wei," in said
    found = returns.case(desk, key, NOON)
    assert found is not None
    assert found.events["kind"].to_list() == ["refund_paid"]


def test_the_second_value_of_a_cost_is_refused(desk: Desk, asked: int) -> None:
    change = Change(asked, "cost_handling_minor", "900")
    seen = returns_settings.saved(desk, change)
    theirs = Change(asked, "cost_handling_minor", "700")
    returns_settings.save(desk, WEI, theirs, NOON.date(), "bill", NOON, seen)
    with pytest.raises(Stale) as stale:
        returns_settings.save(desk, noon.SOMEBODY, change, NOON.date(), "bill", NOON, seen)
    assert (stale.value.seen["amount"], stale.value.now) == ("900", {"amount": "700", "person": "Wei"})
    returns_settings.save(desk, noon.SOMEBODY, change, NOON.date(), "bill", NOON, seen + 1)


def test_the_page_tells_both_values_of_a_cost(desk: Desk, asked: int) -> None:
    at = noon.visit("returns", view="replay", lang="en")
    at.selectbox(key="replay_key").set_value("cost_handling_minor")
    at = noon.run(at)
    next(box for box in at.main.text_input if box.label == "New value").input("900")
    at = noon.run(at)
    theirs = Change(asked, "cost_handling_minor", "700")
    returns_settings.save(desk, WEI, theirs, NOON.date(), "bill", NOON)
    said = noon.words(press(at, "save_change"))
    assert "Wei saved this value meanwhile: 700. Yours, 900, was not saved." in said


def test_a_rule_is_ended_once(desk: Desk, asked: int) -> None:
    rule = {"shop_id": asked, "position": 1, "effect": "never", "option": "home_address", "up_to_minor": 5000}
    returns_settings.save(desk, WEI, Change(asked, rule=rule), NOON.date(), "", NOON)
    at = noon.visit("returns", view="replay", lang="en")
    rule_id = returns_settings.rules(desk)["rule_id"][0]
    returns_settings.end_rule(desk, WEI, rule_id, NOON.date(), NOON)
    said = noon.words(press(at, f"end_{rule_id}"))
    assert "Somebody ended this rule meanwhile: it holds until 25 Nov 2026." in said
