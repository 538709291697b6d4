"""Pages by role: what may not be done is greyed out with a word, and refused where it arrives all the same; another
shop's things are found by no link; without a role there is one page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import imports, orders, people, shipments
from core.desk.access import ACTION_WORDS, ACTIONS, ROLES
from core.desk.base import Desk, Person, SignedOut, open_desk
from core.policy.words import DecisionKind
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON
from tests.core.desk.two_shops import OURS, THEIRS, Shop, built
from tests.pages import noon
from ui import filters, refusals
from ui.text import text

PAGES = ("today", "orders", "tracking", "returns", "imports", "rules", "record", "settings", "case")


@pytest.fixture(scope="module")
def built_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Shop, Shop]]:
    """A base with both shops, that no test here may write into."""
    desk = open_desk(sqlite_base(tmp_path_factory.mktemp("roles") / "desk.db"))
    shops = built(desk)
    people.add(desk, Person("Chef"), "Chef", "", {0: "admin"}, NOON)  # from now on people sign in
    yield desk, *shops
    desk.engine.dispose()


@dataclass
class Visitor:
    """Who looks at the pages of the test; it may be somebody else at the next run."""

    person: Person


@pytest.fixture
def scene(
    built_base: tuple[Desk, Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Desk, Shop, Shop, Visitor]]:
    desk, ours, theirs = built_base
    before, visitor = desk.revision(), Visitor(Person("Zoé"))
    monkeypatch.setattr("ui.frame.utc_now", lambda: NOON)
    monkeypatch.setattr("ui.frame.person", lambda **_: visitor.person)
    monkeypatch.setenv("DESK48_DATABASE_URL", desk.engine.url.render_as_string(hide_password=False))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield desk, ours, theirs, visitor
    st.cache_resource.clear()
    assert desk.revision() == before, "something was written"


def row_chosen(row: int) -> dict[str, object]:
    """What a table holds of which one row is chosen."""
    return {"selection": {"rows": [row], "columns": [], "cells": []}}


def forced(widget: Any) -> Any:
    """The widget, open for a value that no browser would send of it while it is greyed out."""
    widget.proto.disabled = False
    return widget


def of_imports(desk: Desk, shop: Shop) -> AppTest:
    newest = f"history_{imports.history(desk)['id'][0]}"
    at = noon.visit("imports", {"undo_asked": shop.import_id, newest: row_chosen(1)})
    at.text_input(key="new_shop_name").input("Brand new")
    return at


def of_chosen(desk: Desk, shop: Shop) -> AppTest:
    looked = shipments.look(desk, NOON)
    row = looked["order_number"].to_list().index(shop.order("ship").order_number)
    at = noon.visit("tracking", {"shipments_" + filters.table_key(looked): row_chosen(row)}, view="chosen")
    at.text_input(key="word_reason").input("seen")
    return at


def of_file(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("tracking", {"file_shop": shop.id}, view="file")
    at.text_input(key="typed_count").input("1")
    return at


def of_case(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("case", order=shop.order("new").order_number, shop_id=str(shop.id))
    forced(at.text_area(key="note_text")).input("a note")
    return at


def of_return(_: Desk, shop: Shop) -> AppTest:
    return noon.visit("returns", shop_id=str(shop.id), **{"return": shop.case().key})


def of_rules(_: Desk, shop: Shop) -> AppTest:
    return noon.visit("returns", {"replay_shop": shop.id}, view="replay")


def of_settings(*_: object) -> AppTest:
    at = noon.visit("settings")
    if any(box.key == "new_person_0_name" for box in at.text_input):
        at.text_input(key="new_person_0_name").input("Ada")
        at.text_input(key="screen_new_name").input("TV")
    return at


def of_record(*_: object) -> AppTest:
    return noon.visit("record")


Finds = Callable[[AppTest, Shop], list[Any]]


def by_label(label: str) -> Finds:
    return lambda at, _: [button for button in at.main.button if button.label == label]


def by_key(key: str) -> Finds:
    return lambda at, shop: [button for button in at.main.button if button.key == key.format(rule=shop.rule_id)]


ENTRIES: dict[str, tuple[Callable[[Desk, Shop], AppTest], dict[str, Finds]]] = {
    "imports": (of_imports, {"import": by_label("Add"), "undo": by_key("undo_now")}),
    "case": (of_case, {"decide": by_label("Add the note")}),
    "a return": (of_return, {"answer": by_key("record_event")}),
    "the shipment file": (of_file, {"send": by_label("Hand out the file")}),
    "chosen shipments": (of_chosen, {"vouch": by_label("Give my word")}),
    "rules of returns": (of_rules, {"rules": by_key("end_{rule}")}),
    "settings": (
        of_settings,
        {
            "settings": by_label("Save the shop"),
            "privacy": by_label("Save"),
            "people": by_label("Add the person"),
            "screens": by_label("Make the screen and its link"),
        },
    ),
    "the record": (of_record, {"backup": by_key("verify_record")}),
}
"""Where an action is offered -> how it is opened, and for each action the button that does it."""
LEFT_OUT = {"people", "screens", "backup"}
"""What others are not shown at all; all else is greyed out with a word."""
ELSEWHERE = {"look", "correct", "vouch_as_lead"}
"""What every page asks; what a test of its own is for below; what the gate of the use case asks."""


def test_every_action_has_its_entry() -> None:
    offered = {action for _, buttons in ENTRIES.values() for action in buttons}
    assert offered | ELSEWHERE == ACTION_WORDS.keys()


@pytest.mark.parametrize("place", ENTRIES)
def test_a_button_is_offered_by_the_table_and_pressing_it_all_the_same_writes_nothing(
    scene: tuple[Desk, Shop, Shop, Visitor], place: str
) -> None:
    desk, ours, _, visitor = scene
    opens, buttons = ENTRIES[place]
    for role in ROLES:
        visitor.person = Person("Zoé", role)
        at = opens(desk, ours)
        barred = []
        for action, find in buttons.items():
            found = find(at, ours)
            if action in ACTIONS[role]:
                assert [button.disabled for button in found] == [False], (role, action)
            elif action in LEFT_OUT:
                assert found == [], (role, action)
            else:
                assert [button.disabled for button in found] == [True], (role, action)
                assert ACTION_WORDS[action] in found[0].help
                barred += found
        for button in barred:
            forced(button).click()
        if barred:
            noon.run(at)


@pytest.mark.parametrize("place", ENTRIES)
def test_what_arrives_from_a_page_that_was_drawn_before_is_refused_in_one_sentence(
    scene: tuple[Desk, Shop, Shop, Visitor], place: str
) -> None:
    desk, ours, _, visitor = scene
    ended: list[bool] = []

    def still() -> None:
        if ended:
            raise SignedOut

    opens, buttons = ENTRIES[place]
    visitor.person = Person("Zoé", "admin", still=still)
    at = opens(desk, ours)
    ended.append(True)
    for find in buttons.values():
        find(at, ours)[0].click()
    noon.run(at)
    assert [error.value for error in at.error] == [refusals.sentence(text("en"), SignedOut())]


def test_a_colleague_s_decision_is_withdrawn_by_a_lead_only(scene: tuple[Desk, Shop, Shop, Visitor]) -> None:
    desk, ours, _, visitor = scene
    visitor.person = Person("Zoé", "operator")
    queue = orders.queue(desk, NOON)
    row = queue["order_number"].to_list().index(ours.order("decided").order_number)
    at = noon.visit("orders", {filters.table_key(queue): row_chosen(row)})
    at.segmented_control(key="action").set_value(DecisionKind.WITHDRAW)
    at = noon.run(at)
    at.button(key="record").click()
    noon.run(at)
    assert [error.value for error in at.error] == [refusals.of_action(text("en"), "correct")]


def everything(at: AppTest) -> bytes:
    """All that the browser is sent of a page."""
    parts = [node.proto for node in (*at.main, *at.sidebar)]
    return b"".join(part.SerializeToString() for part in parts if hasattr(part, "SerializeToString"))


LINKS: tuple[tuple[str, dict[str, str]], ...] = (
    *((page, {}) for page in PAGES),
    *(("tracking", {"view": view}) for view in ("file", "sent", "pictures")),
    *(("returns", {"view": view}) for view in ("add", "replay", "reports", "steps")),
    ("imports", {"import_below": "Mappings"}),
    ("case", {"q": "SKU"}),
    ("orders", {"shop": THEIRS}),
)


def test_the_pages_of_one_shop_s_people_hold_no_trace_of_another(scene: tuple[Desk, Shop, Shop, Visitor]) -> None:
    _, ours, _, visitor = scene
    visitor.person = Person("Zoé", None, MappingProxyType({ours.id: "admin"}))
    met = set()
    for page, link in LINKS:
        sent = everything(noon.visit(page, **link))
        assert THEIRS.encode() not in sent, (page, link)
        met |= {page} if OURS.encode() in sent else set()
    assert met >= {"today", "orders", "tracking", "returns", "imports", "settings", "case"}


def test_a_link_to_another_shop_is_a_link_to_nothing(scene: tuple[Desk, Shop, Shop, Visitor]) -> None:
    _, ours, theirs, visitor = scene
    visitor.person = Person("Zoé", None, MappingProxyType({ours.id: "admin"}))
    for shop in (theirs, replace(theirs, id=10**6)):
        at = noon.visit("case", order=theirs.order("new").order_number, shop_id=str(shop.id))
        assert [error.value for error in at.error] == ["The base does not know this order."]
        at = noon.visit("returns", shop_id=str(shop.id), **{"return": theirs.case().key})
        assert [error.value for error in at.error] == ["The base does not know this return request."]
        at = noon.visit("tracking", view="file")
        at.session_state["handed_out"] = shop.manifest_id if shop is theirs else 10**6
        assert [error.value for error in noon.run(at).error] == ["There is nothing here of this number."]


@pytest.mark.parametrize("role", [None, "root", "admin "])
def test_without_a_role_every_page_says_so_and_nothing_else(
    scene: tuple[Desk, Shop, Shop, Visitor], role: str | None
) -> None:
    _, ours, _, visitor = scene
    visitor.person = Person("Zoé", role)
    for page in PAGES if role is None else PAGES[:1]:
        at = noon.visit(page, order=ours.order("new").order_number, shop_id=str(ours.id), q="SKU", lang="en")
        assert [info.value for info in at.info] == [refusals.NO_ROLE]
        assert not any(name.encode() in everything(at) for name in (OURS, THEIRS))
        assert [box.key for box in (*at.selectbox, *at.text_input, *at.button)] == ["lang_choice", "sign_out"]
