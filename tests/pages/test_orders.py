"""Orders: filters in the link, rows chosen, decisions previewed and recorded; hostile files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import orders
from core.desk.base import Desk, OrderKey
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON, export
from tests.pages import noon
from ui import filters
from ui.text import text


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    """Three orders to accept, most urgent first: DIES, NEXT, CALM; and one to ship."""
    data = export(
        ("CALM", noon.hours_ago(1), "À accepter"),
        ("NEXT", noon.hours_ago(47), "À accepter"),
        ("DIES", noon.hours_ago(47.5), "À accepter"),
        ("SHIP", noon.hours_ago(30), "À expédier"),
    )
    return noon.shop_with(desk, data)


def numbers(at: AppTest) -> list[str]:
    """The third column, whatever the language calls it."""
    return list(at.main.dataframe[0].value.iloc[:, 2])


def choose(at: AppTest, desk: Desk, *rows: int) -> AppTest:
    """The rows of the unfiltered queue, chosen as a click on their boxes does it."""
    key = filters.table_key(orders.queue(desk, NOON))
    at.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return noon.run(at)


def kind(at: AppTest, wanted: DecisionKind) -> AppTest:
    at.segmented_control(key="action").set_value(wanted)
    return noon.run(at)


def record(at: AppTest) -> AppTest:
    at.button(key="record").click()
    return noon.run(at)


def decided(desk: Desk) -> dict[str, str | None]:
    return dict(orders.queue(desk, NOON).select("order_number", "decision").iter_rows())


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ({}, {"DIES", "NEXT", "CALM", "SHIP"}),
        ({"band": "now"}, {"DIES", "NEXT"}),
        ({"state": "to_ship"}, {"SHIP"}),
        ({"shop": "Lumina", "text": "cal"}, {"CALM"}),
        ({"band": "now", "state": "to_accept", "lang": "zh_CN"}, {"DIES", "NEXT"}),
        ({"band": "no such band", "shop": "nowhere"}, {"DIES", "NEXT", "CALM", "SHIP"}),
    ],
)
@pytest.mark.usefixtures("shop")
def test_filters_come_with_the_link(link: dict[str, str], found: set[str]) -> None:
    assert set(numbers(noon.visit("orders", **link))) == found


@pytest.mark.usefixtures("shop")
def test_a_filter_goes_into_the_link_in_words_of_no_language() -> None:
    at = noon.visit("orders", lang="fr")
    at.multiselect(key="band").select("now")
    at.multiselect(key="state").select("to_accept")
    at = noon.run(at)
    assert at.query_params["band"] == "now"
    assert at.query_params["state"] == "to_accept"
    at.selectbox(key="lang_choice").select("zh_CN")
    assert set(numbers(noon.run(at))) == {"DIES", "NEXT"}


@pytest.mark.usefixtures("shop")
def test_a_rule_in_the_queue_is_a_link_in_the_language_of_the_page() -> None:
    table = noon.visit("orders", lang="fr").main.dataframe[0].value
    assert table[text("fr")._("Rule")].iloc[0] == "/rules?lang=fr&rule=CD-O1"


@pytest.mark.usefixtures("shop")
def test_a_filter_that_finds_nothing_leaves_a_page() -> None:
    at = noon.visit("orders", text="no such order")
    assert "0 orders" in noon.words(at)


@pytest.mark.usefixtures("shop")
def test_nothing_is_offered_before_a_row_is_chosen() -> None:
    at = noon.visit("orders")
    assert numbers(at)[:2] == ["DIES", "NEXT"]
    assert not at.segmented_control


@pytest.mark.usefixtures("shop")
def test_chosen_orders_are_accepted_after_a_preview(desk: Desk) -> None:
    at = kind(choose(noon.visit("orders"), desk, 0, 1), DecisionKind.ACCEPT)
    assert at.segmented_control(key="action").label == "2 orders chosen"
    assert "The marketplace is not connected" in noon.words(at)
    assert at.button(key="record").label == "Record for 2 orders"
    assert set(decided(desk).values()) == {None}
    at = record(at)
    assert "Recorded for 2 orders." in noon.words(at)
    held = decided(desk)
    assert held.pop("CALM") is held.pop("SHIP") is None
    assert held == {"DIES": "accept", "NEXT": "accept"}
    # They keep their place and are listed for the back office.
    assert numbers(at)[:2] == ["DIES", "NEXT"]
    assert "DIES\nNEXT" in [block.value for block in at.code]


@pytest.mark.usefixtures("shop")
def test_what_does_not_fit_is_left_out_and_said(desk: Desk) -> None:
    at = noon.visit("orders")
    ship = numbers(at).index("SHIP")
    at = kind(choose(at, desk, 0, ship), DecisionKind.ACCEPT)
    assert at.button(key="record").label == "Record for 1 order"
    assert [warning.value for warning in at.warning if "SHIP" in warning.value]
    record(at)
    assert decided(desk) == {"DIES": "accept", "NEXT": None, "CALM": None, "SHIP": None}


@pytest.mark.usefixtures("shop")
def test_refusing_needs_a_reason_and_says_what_it_does_to_the_rate(desk: Desk) -> None:
    at = kind(choose(noon.visit("orders"), desk, 0), DecisionKind.REFUSE)
    assert "CD-O2" in noon.words(at)
    assert "cannot tell" in noon.words(at)
    assert at.button(key="record").disabled
    at.text_input(key="reason").input("out of stock")
    assert not noon.run(at).button(key="record").disabled
    record(at)
    assert decided(desk)["DIES"] == "refuse"


def test_a_decision_taken_by_mistake_is_withdrawn(desk: Desk, shop: int) -> None:
    orders.decide(desk, noon.SOMEBODY, DecisionKind.ACCEPT, [OrderKey(shop, "DIES")], NOON)
    at = kind(choose(noon.visit("orders"), desk, 0), DecisionKind.WITHDRAW)
    record(at)
    assert decided(desk)["DIES"] is None


def test_what_was_carried_out_is_ticked(desk: Desk, shop: int) -> None:
    orders.decide(desk, noon.SOMEBODY, DecisionKind.ACCEPT, [OrderKey(shop, "DIES")], NOON)
    at = kind(choose(noon.visit("orders"), desk, 0), DecisionKind.CARRIED_OUT)
    at = record(at)
    assert "Nothing waits to be carried out." in noon.words(at)


@pytest.mark.usefixtures("shop")
def test_one_chosen_order_opens_its_case(desk: Desk) -> None:
    at = choose(noon.visit("orders"), desk, 0)
    at.button(key="open_case").click()
    at = noon.run(at)
    assert at.title[0].value == "Case"
    assert at.query_params["order"] == "DIES"


@pytest.mark.usefixtures("shop")
def test_a_choice_does_not_slip_to_other_orders(desk: Desk) -> None:
    at = choose(noon.visit("orders"), desk, 0)
    at.text_input(key="text").input("CALM")
    assert not noon.run(at).segmented_control


def test_a_delivery_mode_is_typed_for_several_orders_at_once(desk: Desk, shop: int) -> None:
    at = choose(noon.visit("orders"), desk, 0, 1)
    box = next(box for box in at.main.selectbox if box.label == "Delivery mode")
    box.set_value("tracked")
    next(button for button in at.main.button if button.label == "Record").click()
    noon.run(at)
    modes = dict(orders.queue(desk, NOON).select("order_number", "delivery_mode").iter_rows())
    assert modes == {"DIES": "tracked", "NEXT": "tracked", "CALM": None, "SHIP": None}
