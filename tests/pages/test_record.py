"""Record: searched by its link, read in full, exported, verified; the case page shows its own part of it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.desk import (
    known_files,
    mappings,
    orders,
    people,
    presence,
    privacy,
    record,
    returns_settings,
    screens,
    settings,
)
from core.desk.base import Desk, OrderKey, Person, Stale, open_desk
from core.desk.returns_settings import Change
from core.policy.words import DecisionKind
from core.store.chain_key import key_file
from core.store.chain_tables import record as rows
from tests.core.desk.conftest import NOON, export
from tests.core.desk.two_shops import built
from tests.core.desk.use_cases import DONE
from tests.pages import noon
from ui import record_subjects, record_words
from ui.text import LANGUAGES, text

WEI = Person("Wei", "operator")
HOSTILE = '=HYPERLINK("x") <script>alert(1)</script> **b** $x$'


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    shop = noon.shop_with(desk, export(*((n, noon.hours_ago(40), "À accepter") for n in ("A-1", "A-2"))))
    orders.decide(desk, WEI, DecisionKind.REFUSE, [OrderKey(shop, "A-1")], NOON, HOSTILE)
    return shop


def table(at: AppTest) -> list[tuple[str, str]]:
    frame = at.dataframe[0].value
    return list(zip(frame.iloc[:, 3], frame.iloc[:, 5], strict=True))


def test_it_is_shown_newest_first_in_every_language(shop: int) -> None:
    heads = set()
    for lang in LANGUAGES:
        at = noon.visit("record", lang=lang)
        frame = at.dataframe[0].value
        assert sorted(frame.iloc[:, 0], reverse=True) != []
        heads.add(frame.columns[3])
        assert not [text for text in frame.iloc[:, 3] if "_" in text]
    assert len(heads) == len(LANGUAGES)


def test_a_link_holds_the_search(desk: Desk, shop: int) -> None:
    at = noon.visit("record", lang="en", subject="A-1", shop_id=str(shop))
    assert table(at) == [("Decided about an order", "A-1")]
    assert "Refuse" in at.dataframe[0].value["After"][0]
    assert at.dataframe[0].value["Why"][0] == HOSTILE
    assert table(noon.visit("record", lang="en", what="shop_added")) == [("Added a shop", "Lumina")]
    nothing = noon.visit("record", lang="en", subject="no such")
    assert "Nothing was found here." in noon.words(nothing)


def test_what_a_row_is_about_stands_in_words(desk: Desk, shop: int) -> None:
    me = noon.SOMEBODY
    settings.save_limits(desk, me, *settings.limits(desk))
    privacy.save_retention(desk, me, shop, 90, 0, NOON)
    screens.create(desk, me, "TV", [shop], screens.Look(), None, NOON)
    returns_settings.save(desk, me, Change(shop, "offer_label", "yes"), NOON.date(), "x", NOON)
    mappings.answer(desk, me, shop, "mabang_orders", mappings.ZONE, "Asia/Shanghai", NOON)
    settings_saved = ("Limits of the bands", "Days that personal data is kept", "The shop can send prepaid labels")
    for lang, told in (("en", text("en")), ("zh_CN", text("zh_CN"))):
        at = noon.visit("record", lang=lang)
        subjects = set(at.dataframe[0].value.iloc[:, 5])
        assert subjects == {
            *("A-1", "Lumina", told._("import {n}", n=1), told._("team screen {n}", n=1)),
            *map(told._, settings_saved),
            told._(known_files.titles()["mabang_orders"]),
        }
    (made,) = noon.visit("record", lang="en", what="screen_made").dataframe[0].value["After"]
    assert "Shops: Lumina" in made
    assert "Language: English" in made


def test_every_field_of_the_record_has_its_words(tmp_path: Path) -> None:
    """All that can be done is done once, and what the record then says is looked through."""
    base = open_desk(f"sqlite:///{tmp_path}/all.db")
    ours, _ = built(base)
    people.add(base, noon.SOMEBODY, "Nora", "", {0: "viewer"}, NOON)
    for _, does in DONE.values():
        with suppress(OSError, Stale):  # a backup without a place, a second change of one version
            does(base, noon.SOMEBODY, ours)
    rows = record.look(base, record.Wanted(), limit=5000).rows
    said = pl.concat(rows[side].drop_nulls().alias("said") for side in ("before", "after", "more"))
    fields = {name for row in said for name in json.loads(row)}
    assert len(fields) > 60
    assert {name for name in fields if not name.isdecimal()} - record_words.FIELDS.keys() == set()
    settings_of = rows.filter(what="setting_saved")["subject"].str.replace(r"_\d+$", "")
    assert set(settings_of) - {"x"} <= record_subjects.SETTINGS.keys()
    base.engine.dispose()


def test_an_admin_verifies_and_hears_of_a_changed_row(desk: Desk, shop: int) -> None:
    at = noon.visit("record", lang="en")
    at.button(key="verify_record").click()
    assert "rows, and they hold." in noon.words(noon.run(at))
    at.text_input(key="record_expected").input("nonsense")
    at.button(key="verify_record").click()
    assert "This is no head of the record" in noon.words(noon.run(at))
    at.text_input(key="record_expected").input("")
    with desk.engine.begin() as connection:
        connection.execute(sa.update(rows).where(rows.c.n == 2).values(person="Ana"))
    at.button(key="verify_record").click()
    assert "Row 2 does not fit" in noon.words(noon.run(at))
    path = key_file(desk.engine)
    key = path.read_text()
    path.unlink()
    at.button(key="verify_record").click()
    said = noon.words(noon.run(at))
    assert "The key of the record is not there" in said
    assert key not in said


def test_the_case_page_shows_its_record_and_who_else_is_there(
    desk: Desk, shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.presence_view.utc_now", lambda: NOON)
    presence.here(desk, Person("Wei_1 <b>", "operator"), OrderKey(shop, "A-1"), NOON)
    at = noon.visit("case", order="A-1", shop_id=str(shop), lang="en")
    said = noon.words(at).replace("\\", "")
    assert "Decided about an order · Wei · Decision: – → Decision: Refuse" in said
    assert "Wei_1 <b> is on this case since 12:00." in said
    revision = desk.revision()
    other = noon.visit("case", order="A-2", shop_id=str(shop), lang="en")
    assert "is on this case" not in noon.words(other)
    assert "Nothing stands in the record about it yet." in noon.words(other)
    assert desk.revision() == revision


def test_two_people_decide_one_order_and_the_second_sees_what_stands(desk: Desk, shop: int) -> None:
    at = noon.visit("case", order="A-2", shop_id=str(shop), lang="en")
    at.segmented_control(key="action").set_value(DecisionKind.ACCEPT)
    noon.run(at)
    orders.decide(desk, WEI, DecisionKind.REFUSE, [OrderKey(shop, "A-2")], NOON, "out of stock")
    at.button(key="record").click()
    said = noon.words(noon.run(at))
    assert "A\\-2 was decided by somebody else meanwhile. Yours, not recorded: Accept. It now stands: Refuse" in said
    assert "Wei" in said
    decided = orders.queue(desk, NOON).filter(order_number="A-2")
    assert decided["decision"].to_list() == ["refuse"]


def test_two_people_type_one_fact_and_the_second_sees_both_values(desk: Desk, shop: int) -> None:
    at = noon.visit("case", order="A-2", shop_id=str(shop), lang="en")
    version = orders.queue(desk, NOON).filter(order_number="A-2")["version"][0]
    orders.type_facts(desk, WEI, OrderKey(shop, "A-2"), {"delivery_mode": "relay"}, version, NOON)
    at.selectbox(key="typed_delivery_mode").set_value("normal")
    next(button for button in at.button if button.label == "Record").click()
    said = noon.words(noon.run(at))
    assert "You typed: normal mail. It now says: pick\\-up point." in said
    assert orders.queue(desk, NOON).filter(order_number="A-2")["delivery_mode"].to_list() == ["relay"]


@pytest.mark.parametrize("what", ["shop", "team", "bands"])
def test_two_people_save_one_setting_and_the_second_sees_both_values(desk: Desk, shop: int, what: str) -> None:
    at = noon.visit("settings", lang="en")
    if what == "shop":
        at.text_input(key=f"shop_{shop}_1_name").input("Mine")
        settings.save_shop(desk, noon.SOMEBODY, shop, {"name": "Theirs"}, 1)
    elif what == "team":
        at.text_area(key="team_0_people").input("Mine")
        team = settings.team(desk)
        theirs = settings.Team(team.zone, team.country, team.hours, team.days_off, ("Theirs",), 0)
        settings.save_team(desk, noon.SOMEBODY, theirs)
    else:
        limits, _ = settings.limits(desk)
        settings.save_limits(desk, noon.SOMEBODY, limits, 0)
    label = {"shop": "Save the shop", "team": "Save the calendar", "bands": "Save the limits"}[what]
    revision = desk.revision()
    next(button for button in at.button if button.label == label).click()
    said = noon.words(noon.run(at))
    assert "Theirs was kept; yours was not saved." in said
    assert what == "bands" or ("Mine" in said and "Theirs" in said)
    assert desk.revision() == revision
