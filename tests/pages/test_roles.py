"""Pages by role: what may not be done is greyed out with a word, and refused where it arrives all the same; another
shop's things are found by no link; without a role there is one page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import orders, shipments
from core.desk.access import ACTION_WORDS, ACTIONS, ROLES
from core.desk.base import Desk, Person, SignedOut, open_desk
from core.policy.words import DecisionKind
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON
from tests.core.desk.two_shops import OURS, THEIRS, Shop, built
from tests.pages import noon
from ui import filters, refusals
from ui.text import text

PAGES = ("today", "orders", "tracking", "returns", "imports", "rules", "settings", "case")


@pytest.fixture(scope="module")
def built_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Shop, Shop]]:
    """A base with both shops, that no test here may write into."""
    desk = open_desk(sqlite_base(tmp_path_factory.mktemp("roles") / "desk.db"))
    yield desk, *built(desk)
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
    monkeypatch.setattr("ui.frame.person", lambda: visitor.person)
    monkeypatch.setenv("DESK48_DATABASE_URL", desk.engine.url.render_as_string(hide_password=False))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield desk, ours, theirs, visitor
    st.cache_resource.clear()
    assert desk.revision() == before, "something was written"


def named(at: AppTest, label: str) -> Any:
    return next(button for button in at.main.button if button.label == label)


def marked(at: AppTest, key: str, row: int) -> AppTest:
    """The page with one row of a table chosen."""
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return noon.run(at)


def forced(widget: Any) -> Any:
    """The widget, open for a value that no browser would send of it while it is greyed out."""
    widget.proto.disabled = False
    return widget


def undoing(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("imports")
    newest = str(next(box.key for box in at.dataframe if str(box.key).startswith("history_")))
    at.session_state["undo_asked"] = shop.import_id
    at.session_state[newest] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    return noon.run(at)


def vouching(desk: Desk, shop: Shop) -> AppTest:
    looked = shipments.look(desk, NOON)
    row = looked["order_number"].to_list().index(shop.order("ship").order_number)
    at = marked(noon.visit("tracking", view="chosen"), "shipments_" + filters.table_key(looked), row)
    at.text_input(key="word_reason").input("seen")
    return at


def handing_out(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("tracking", view="file")
    at.selectbox(key="file_shop").select(shop.id)
    at = noon.run(at)
    at.text_input(key="typed_count").input("1")
    return at


def noting(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("case", order=shop.order("new").order_number, shop_id=str(shop.id))
    forced(at.text_area(key="note_text")).input("a note")
    return at


def of_return(_: Desk, shop: Shop) -> AppTest:
    return noon.visit("returns", shop_id=str(shop.id), **{"return": shop.case().key})


def adding(_: Desk, __: Shop) -> AppTest:
    at = noon.visit("imports")
    at.text_input(key="new_shop_name").input("Brand new")
    return at


def of_rules(_: Desk, shop: Shop) -> AppTest:
    at = noon.visit("returns", view="replay")
    at.selectbox(key="replay_shop").select(shop.id)
    return noon.run(at)


ENTRIES: dict[str, tuple[Callable[[Desk, Shop], AppTest], Callable[[AppTest, Shop], Any]]] = {
    "import": (adding, lambda at, _: named(at, "Add")),
    "decide": (noting, lambda at, _: named(at, "Add the note")),
    "answer": (of_return, lambda at, _: at.button(key="record_event")),
    "send": (handing_out, lambda at, _: named(at, "Hand out the file")),
    "vouch": (vouching, lambda at, _: named(at, "Give my word")),
    "undo": (undoing, lambda at, _: at.button(key="undo_now")),
    "rules": (of_rules, lambda at, shop: at.button(key=f"end_{shop.rule_id}")),
    "settings": (lambda *_: noon.visit("settings"), lambda at, _: named(at, "Save the shop")),
}
"""Action -> a page that offers it, and the button that does it."""


@pytest.mark.parametrize("action", ENTRIES)
def test_a_button_is_greyed_out_by_the_table_and_pressing_it_all_the_same_writes_nothing(
    scene: tuple[Desk, Shop, Shop, Visitor], action: str
) -> None:
    desk, ours, _, visitor = scene
    opens, button = ENTRIES[action]
    for role in ROLES:
        visitor.person = Person("Zoé", role)
        at = opens(desk, ours)
        may = action in ACTIONS[role]
        assert button(at, ours).disabled is not may, role
        if not may:
            assert ACTION_WORDS[action] in button(at, ours).help
            forced(button(at, ours)).click()
            noon.run(at)


def test_what_arrives_from_a_page_that_was_drawn_before_is_refused_in_one_sentence(
    scene: tuple[Desk, Shop, Shop, Visitor],
) -> None:
    desk, ours, _, visitor = scene
    ended: list[bool] = []

    def still() -> None:
        if ended:
            raise SignedOut

    for action, (opens, button) in ENTRIES.items():
        ended.clear()
        visitor.person = Person("Zoé", "admin", still=still)
        at = opens(desk, ours)
        ended.append(True)
        button(at, ours).click()
        noon.run(at)
        assert [error.value for error in at.error] == [refusals.sentence(text("en"), SignedOut())], action


def test_a_colleague_s_decision_is_withdrawn_by_a_lead_only(scene: tuple[Desk, Shop, Shop, Visitor]) -> None:
    desk, ours, _, visitor = scene
    visitor.person = Person("Zoé", "operator")
    queue = orders.queue(desk, NOON)
    row = queue["order_number"].to_list().index(ours.order("decided").order_number)
    at = marked(noon.visit("orders"), filters.table_key(queue), row)
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
        assert [box.key for box in (*at.selectbox, *at.text_input, *at.button)] == ["lang_choice"]
