"""The Settings page: what is saved, what is refused with its sentence, and a stale save."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import settings
from core.desk.base import Desk, Person, open_desk
from tests.bases import sqlite_base

ROOT = Path(__file__).resolve().parents[2]
LEA = Person("Léa")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    opened = open_desk()
    yield opened
    opened.engine.dispose()
    st.cache_resource.clear()


def page() -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.query_params["lang"] = "en"
    at.run().switch_page("../pages/settings.py").run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def test_without_a_shop_the_page_says_where_they_come_from(desk: Desk) -> None:
    assert "Imports" in page().info[0].value


def test_a_shop_is_saved(desk: Desk) -> None:
    shop_id = settings.add_shop(desk, LEA, "cdiscount", "Lumina")
    at = page()
    at.toggle(key=f"shop_{shop_id}_1_vacation").set_value(True)
    at.number_input(key=f"shop_{shop_id}_1_preparation_days").set_value(2)
    at.selectbox(key=f"shop_{shop_id}_1_zone").set_value("Asia/Shanghai")
    press(at, "Save the shop")
    shop = settings.shops(desk).row(0, named=True)
    assert (shop["vacation"], shop["preparation_days"], shop["zone"]) == (True, 2, "Asia/Shanghai")
    assert at.toast[0].value == "Saved."
    assert "clocks that run keep running" in at.warning[0].value


def test_a_stale_save_keeps_the_base_and_shows_both(desk: Desk) -> None:
    shop_id = settings.add_shop(desk, LEA, "cdiscount", "Lumina")
    at = page()
    settings.save_shop(desk, LEA, shop_id, {"name": "Lumina Maison"}, 1)
    at.text_input(key=f"shop_{shop_id}_1_name").set_value("Lumina Paris")
    press(at, "Save the shop")
    assert settings.shops(desk)["name"].to_list() == ["Lumina Maison"]
    assert "Lumina Paris" in at.warning[0].value
    assert "Lumina Maison" in at.warning[0].value
    assert at.text_input(key=f"shop_{shop_id}_2_name").value == "Lumina Maison"


def test_a_shop_needs_a_name(desk: Desk) -> None:
    shop_id = settings.add_shop(desk, LEA, "cdiscount", "Lumina")
    at = page()
    at.text_input(key=f"shop_{shop_id}_1_name").set_value("  ")
    press(at, "Save the shop")
    assert at.error[0].value == "A shop needs a name."
    assert settings.shops(desk)["name"].to_list() == ["Lumina"]


def test_the_calendar_is_saved(desk: Desk) -> None:
    at = page()
    at.text_input(key="team_0_hours_5").set_value("9:00–11:30，14:00-16:00")
    at.text_input(key="team_0_hours_0").set_value("")
    at.selectbox(key="team_0_country").set_value("CN")
    at.text_area(key="team_0_days_off").set_value("2026-12-31\n2026-12-24")
    at.text_area(key="team_0_people").set_value("Léa\n王芳\nLéa\n")
    press(at, "Save the calendar")
    team = settings.team(desk)
    assert team.hours[5] == (("09:00", "11:30"), ("14:00", "16:00"))
    assert 0 not in team.hours
    assert (team.country, team.people) == ("CN", ("Léa", "王芳"))
    assert team.days_off == (dt.date(2026, 12, 24), dt.date(2026, 12, 31))


def test_unclear_hours_are_refused_and_stay_to_be_put_right(desk: Desk) -> None:
    at = page()
    at.text_input(key="team_0_hours_2").set_value("9 to 5")
    press(at, "Save the calendar")
    assert "is not a span of hours" in at.error[0].value
    assert at.text_input(key="team_0_hours_2").value == "9 to 5"
    assert settings.team(desk).version == 0


def test_a_stale_calendar_shows_the_field_that_differs(desk: Desk) -> None:
    at = page()
    settings.save_team(desk, LEA, settings.team(desk))
    at.text_area(key="team_0_people").set_value("Zoé")
    press(at, "Save the calendar")
    assert "Zoé" in at.warning[0].value
    assert settings.team(desk).people == ()


def edited(at: AppTest, hours: float) -> AppTest:
    rows = {0: {"now_hours": hours}}
    at.session_state["limits_0"] = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    return press(at, "Save the limits")


def test_limits_are_saved_in_hours(desk: Desk) -> None:
    edited(page(), 6)
    limits, version = settings.limits(desk)
    assert (limits["accept_order"].now_seconds, version) == (6 * 3600, 1)


def test_now_has_to_be_shorter_than_soon(desk: Desk) -> None:
    at = edited(page(), 30)
    assert "less than those of soon" in at.error[0].value
    assert settings.limits(desk)[1] == 0
