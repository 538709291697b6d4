"""Signing in as the pages see it: who is named, what ends a page, and the section where admins manage people."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import people, sessions, settings
from core.desk.base import Desk, Person, open_desk, utc_now
from tests.bases import sqlite_base
from ui import who

ROOT = Path(__file__).resolve().parents[2]
CHEF = Person("Chef")
PASSWORD = "drei alte Pferde ziehen"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    opened = open_desk()
    people.add_admin(opened, "Chef", "", PASSWORD, utc_now())
    yield opened
    opened.engine.dispose()
    st.cache_resource.clear()


@pytest.fixture
def browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The cookies of a browser in which Chef is signed in."""
    token = sessions.with_password(desk, "Chef", PASSWORD, "10.0.0.7 (password)", utc_now())
    cookies = {"desk48_session": str(token)}
    monkeypatch.setattr(who, "cookies", lambda: cookies)
    return cookies


def shell(page: str = "settings") -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.query_params["lang"] = "en"
    at.run().switch_page(f"../pages/{page}.py").run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def ended(at: AppTest) -> bool:
    """Whether nothing is left but the way to the sign-in."""
    texts = [*at.title, *at.subheader, *at.dataframe, *at.sidebar.text_input]
    return not texts and "session has ended" in at.info[0].value


def test_the_page_names_who_signed_in_and_asks_nobody(desk: Desk, browser: dict[str, str]) -> None:
    at = shell("rules")
    assert [caption.value for caption in at.sidebar.caption] == ["Signed in as Chef."]
    assert "me_choice" not in [box.key for box in at.selectbox]


@pytest.mark.parametrize("cookies", [{}, {"desk48_session": "made up"}, {"other": "x"}])
def test_without_a_session_no_page_shows_anything(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]
) -> None:
    monkeypatch.setattr(who, "cookies", lambda: cookies)
    for name in ("rules", "settings", "today"):
        assert ended(shell(name))


def test_signing_out_ends_the_page_at_once(desk: Desk, browser: dict[str, str]) -> None:
    at = shell("rules")
    assert ended(press(at, "Sign out"))
    assert sessions.person_of(desk, browser["desk48_session"], utc_now()) is None


def test_a_session_that_an_admin_ends_ends_the_page_with_the_next_step(desk: Desk, browser: dict[str, str]) -> None:
    at = shell("rules")
    people.end_sessions(desk, CHEF, int(people.listed(desk, CHEF)["id"][0]), utc_now())
    assert ended(at.run())


def test_who_has_no_role_sees_nothing(desk: Desk, browser: dict[str, str]) -> None:
    lea = people.add(desk, CHEF, "Léa", "", {}, utc_now())
    browser["desk48_session"] = str(
        people.use_link(desk, people.make_link(desk, CHEF, lea, utc_now()), PASSWORD, "", utc_now())
    )
    at = shell("rules")
    assert not at.title
    assert "no role" in at.info[0].value


def test_only_admins_see_who_may_come_in(desk: Desk, browser: dict[str, str]) -> None:
    lea = people.add(desk, CHEF, "Léa", "lea@example.test", {0: "lead"}, utc_now())
    browser["desk48_session"] = str(
        people.use_link(desk, people.make_link(desk, CHEF, lea, utc_now()), PASSWORD, "", utc_now())
    )
    at = shell()
    assert any("Only an admin" in info.value for info in at.info)
    assert "make_link" not in [button.key for button in at.button]


def test_while_nobody_signs_in_the_section_says_how_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    at = shell()
    assert any("python -m core add-admin" in info.value for info in at.info)
    assert at.sidebar.caption[0].value == "No sign-in: one local user."
    st.cache_resource.clear()


def test_a_person_is_added_gets_a_link_and_another_role(desk: Desk, browser: dict[str, str]) -> None:
    lyon = settings.add_shop(desk, CHEF, "cdiscount", "Lyon")
    at = shell()
    at.text_input(key="new_person_0_name").input("Léa")
    at.text_input(key="new_person_0_email").input("lea@example.test")
    at.selectbox(key="new_person_0_role_0").select("viewer")
    press(at, "Add the person")
    assert people.of_name(desk, "Léa", "test").role == "viewer"

    lea = int(people.listed(desk, CHEF).filter(name="Léa")["id"].item())
    at.selectbox(key="person").select(lea).run()
    press(at, "Link for a password")
    link = at.code[0].value
    assert people.link_of(desk, link.split("token=")[1], utc_now()) == "Léa"
    assert not at.run().code  # shown once

    at.selectbox(key=f"person_{lea}_1_role_0").select("")
    at.selectbox(key=f"person_{lea}_1_role_{lyon}").select("operator")
    press(at, "Save the person")
    assert people.of_name(desk, "Léa", "test").sees == frozenset({lyon})
    shown = next(table.value for table in at.dataframe if "roles" in table.value)
    assert shown["roles"].to_list() == ["Admin (every shop)", "Operator (Lyon)"]


def test_the_only_admin_stays_and_others_go_when_asked_twice(desk: Desk, browser: dict[str, str]) -> None:
    lea = people.add(desk, CHEF, "Léa", "", {}, utc_now())
    at = shell()
    chef = int(people.listed(desk, CHEF).filter(name="Chef")["id"].item())
    assert at.button(key="remove_person").disabled
    at.selectbox(key="person").select(chef).run()
    at.checkbox(key=f"sure_{chef}").check().run()
    press(at, "Remove")
    assert "only admin" in at.error[0].value
    at.selectbox(key="person").select(lea).run()
    at.checkbox(key=f"sure_{lea}").check().run()
    press(at, "Remove")
    assert people.listed(desk, CHEF)["name"].to_list() == ["Chef"]


def test_hours_of_sessions_are_saved(desk: Desk, browser: dict[str, str]) -> None:
    at = shell()
    at.number_input(key="terms_0_idle").set_value(2)
    press(at, "Save the hours")
    assert sessions.terms(desk)[0] == sessions.Terms(idle_hours=2, longest_hours=168)
