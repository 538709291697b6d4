"""Personal data on the pages: what becomes of it, a look before it goes, and the days of each shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import cases, imports, privacy
from core.desk.base import Desk, OrderKey
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON, export
from tests.pages import noon


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    data = export(("OPEN-1", noon.hours_ago(40), "À accepter"), ("DONE-1", noon.hours_ago(90), "Expédiée"))
    return noon.shop_with(desk, data)


def case(number: str, shop: int) -> AppTest:
    return noon.visit("case", order=number, shop_id=str(shop))


@pytest.mark.rule("XX-P1")
def test_a_case_is_wiped_after_a_look_at_what_goes(desk: Desk, shop: int) -> None:
    key = OrderKey(shop, "DONE-1")
    cases.add(desk, noon.SOMEBODY, key, DecisionKind.NOTE, "Zylberstein rang", NOON)
    at = case("DONE-1", shop)
    assert "Kept until" in noon.words(at)
    at.button(key="wipe").click()
    noon.run(at)
    assert "Notes and reasons that people wrote: 1" in noon.words(at)
    assert "Zylberstein" in str(cases.case(desk, key, NOON))
    at.button(key="wipe_now").click()
    noon.run(at)
    assert "Wiped on" in noon.words(at)
    assert "is gone" in noon.words(at)
    assert "Zylberstein" not in str(cases.case(desk, key, NOON))


def test_an_open_order_says_why_it_is_not_wiped(shop: int) -> None:
    at = case("OPEN-1", shop)
    assert "still open" in noon.words(at)
    assert "wipe" not in [button.key for button in at.button]


@pytest.mark.rule("XX-P1")
def test_what_keeps_an_order_is_named_and_listed(desk: Desk, shop: int) -> None:
    asked = f"{noon.hours_ago(70):%Y-%m-%dT%H:%M:%SZ}"
    head = "Order number;Return number;Requested at;Reason"
    data = f"{head}\nDONE-1;R-77;{asked};Retraction".encode()
    imports.write(desk, noon.SOMEBODY, imports.preview(desk, shop, "returns.csv", data, NOON), NOON)
    at = case("DONE-1", shop)
    assert "A return of it is still open." in noon.words(at)
    assert [link.label for link in at.main.get("page_link") if "R" in link.label] == ["Return request R\\-77"]
    privacy.save_retention(desk, noon.SOMEBODY, shop, 1, 0, NOON)
    at = noon.visit("settings")
    at.session_state["privacy_held"] = True
    noon.run(at)
    (listed,) = [table.value for table in at.dataframe if "What runs" in table.value.columns]
    assert listed[["Order", "Why"]].to_numpy().tolist() == [
        ["DONE-1", "A return of it is still open."],
        ["OPEN-1", "The order is still open."],
    ]
    assert listed["What runs"][0] == "R-77"


@pytest.mark.rule("XX-P1")
def test_a_shop_sets_its_days(desk: Desk, shop: int) -> None:
    at = noon.visit("settings")
    assert at.number_input(key=f"privacy_{shop}_0").value == 730
    at.number_input(key=f"privacy_{shop}_0").set_value(90)
    next(button for button in at.button if button.label == "Save").click()
    noon.run(at)
    assert privacy.retention(desk, shop, NOON).days == 90
    assert at.number_input(key=f"privacy_{shop}_1").value == 90
