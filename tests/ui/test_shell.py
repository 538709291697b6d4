"""The frame around every page: language, person, search, navigation."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import settings
from core.desk.base import Person, open_desk
from tests.bases import sqlite_base
from ui.text import LANGUAGES, text

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py") if path.stem != "screen")
"""The pages that the frame stands around; the team screen has none."""


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages_scanned_once: None) -> Iterator[None]:
    """A base of its own with two people, and nothing left over from the test before."""
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    desk = open_desk()
    team = settings.team(desk)
    value = settings.Team(team.zone, team.country, team.hours, team.days_off, ("Léa", "王芳"), team.version)
    settings.save_team(desk, Person("test"), value)
    desk.engine.dispose()
    yield
    st.cache_resource.clear()


def shell(locale: str = "en-GB", **link: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.context = {"locale": locale}
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def label(at: AppTest) -> str:
    return str(at.selectbox(key="lang_choice").label)


@pytest.mark.parametrize(("locale", "lang"), [("fr-FR", "fr"), ("zh-CN", "zh_CN"), ("en-US", "en"), ("de-DE", "en")])
def test_the_browser_chooses_the_language(locale: str, lang: str) -> None:
    at = shell(locale)
    assert label(at) == text(lang)._("Language")
    assert at.query_params["lang"] == lang


def test_the_link_wins_over_the_browser() -> None:
    assert label(shell("fr-FR", lang="zh_CN")) == "语言"


def test_an_unknown_language_in_the_link_is_put_right() -> None:
    at = shell("fr-FR", lang="xx")
    assert at.query_params["lang"] == "fr"


def test_a_chosen_language_stays_over_pages_and_goes_into_the_link() -> None:
    at = shell("en-GB", lang="en")
    at.selectbox(key="lang_choice").select("fr").run()
    assert label(at) == "Langue"
    assert at.query_params["lang"] == "fr"
    # A page switch drops the link's parameters.
    at.query_params.clear()
    at.switch_page("../pages/rules.py").run()
    assert label(at) == "Langue"
    assert at.query_params["lang"] == "fr"


def test_other_parameters_of_the_link_stay() -> None:
    at = shell(lang="fr", shop="Lumina")
    assert at.query_params["shop"] == "Lumina"


def test_who_sits_here_is_kept_like_the_language() -> None:
    at = shell()
    assert at.selectbox(key="me_choice").value is None
    assert "me" not in at.query_params
    at.selectbox(key="me_choice").select("王芳").run()
    assert at.query_params["me"] == "王芳"
    at.query_params.clear()
    at.switch_page("../pages/rules.py").run()
    assert at.selectbox(key="me_choice").value == "王芳"
    assert at.query_params["me"] == "王芳"


def test_a_person_whom_the_team_does_not_have_is_dropped() -> None:
    at = shell(me="Nobody")
    assert at.selectbox(key="me_choice").value is None
    assert "me" not in at.query_params


def test_the_search_box_leads_to_the_case_page() -> None:
    at = shell(lang="fr")
    at.text_input(key="search_text").input("C-000123").run()
    assert not at.exception
    assert at.query_params["q"] == "C-000123"
    assert at.query_params["lang"] == "fr"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_an_empty_base(name: str, lang: str) -> None:
    at = shell(lang=lang)
    at.switch_page(f"../pages/{name}").run()
    assert not at.exception
    assert label(at) == text(lang)._("Language")


def test_a_base_that_cannot_be_used_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in the way").touch()
    monkeypatch.setenv("DESK48_DATABASE_URL", f"sqlite:///{tmp_path}/in the way/desk.db")
    at = shell("fr-FR")
    assert [error.value for error in at.error] == [
        text("fr")._(
            "The database cannot be used at the moment. What was saved is still there, and nothing new was "
            "written. Reload this page; if that does not help, read what the server says of it."
        )
    ]
