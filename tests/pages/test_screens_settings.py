"""Team screens on the Settings page: a link is shown once, renewed, ended; who is no admin sees nothing of it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import freshness, screens, settings
from core.desk.base import Desk, Person
from core.desk.screens import Look
from tests.pages import noon
from tests.pages.noon import NOON, SOMEBODY


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return noon.run(at)


def make(at: AppTest, name: str = "warehouse TV") -> str:
    """The link of a new screen, as the page shows it."""
    at.text_input(key="screen_new_name").set_value(name)
    press(at, "Make the screen and its link")
    (link,) = [block.value for block in at.code]
    return str(link)


def opened_by(desk: Desk, link: str) -> screens.Screen | None:
    token = parse_qs(urlsplit(link).query)["token"][0]
    with desk.reading() as connection:
        return screens.by_hash(connection).get(screens.digest(token))


def test_a_link_is_shown_once_and_opens_the_screen(desk: Desk) -> None:
    shop = settings.add_shop(desk, SOMEBODY, "cdiscount", "Lumina")
    at = noon.visit("settings", lang="fr")
    at.text_input(key="screen_new_name").set_value("télé")
    at.multiselect(key="screen_new_shops").set_value([shop])
    at.multiselect(key="screen_new_views").set_value(["kind"])
    at.toggle(key="screen_new_sound").set_value(True)
    at.date_input(key="screen_new_until").set_value(NOON.date())
    press(at, "Créer l’écran et son lien")
    link = at.code[0].value
    assert urlsplit(link).path == "/screen"
    assert parse_qs(urlsplit(link).query)["embed"] == ["true"]
    screen = opened_by(desk, link)
    assert screen is not None
    assert (screen.name, screen.shops) == ("télé", frozenset({shop}))
    assert screen.look == Look(language="fr", views=("all", "kind"), sound=True)
    assert screen.expires_at == dt.datetime(2026, 11, 25, 23, tzinfo=dt.UTC)  # midnight in Paris
    noon.run(at)
    assert not at.code
    assert "token=" not in noon.words(at)


def test_a_screen_without_a_name_is_refused_with_a_sentence(desk: Desk) -> None:
    at = press(noon.visit("settings"), "Make the screen and its link")
    assert "A screen needs a name" in at.error[0].value
    assert screens.listed(desk, SOMEBODY).is_empty()


def test_a_new_link_ends_the_old_one_and_an_ended_link_is_said(desk: Desk) -> None:
    at = noon.visit("settings")
    old = make(at)
    press(at, "New link; the old one ends")
    new = at.code[0].value
    assert opened_by(desk, old) is None
    assert opened_by(desk, new) is not None
    press(at, "End the link")
    screen = opened_by(desk, new)
    assert screen is not None
    assert not screen.is_open(NOON)
    (table,) = [table.value for table in at.main.dataframe if "State" in table.value.columns]
    assert table["State"].tolist() == ["revoked"]
    assert "End the link" not in [button.label for button in at.button]


def test_a_screen_is_changed_under_its_link(desk: Desk) -> None:
    at = noon.visit("settings")
    link = make(at)
    at.selectbox(key="screen_1_1_theme").set_value("light")
    at.number_input(key="screen_1_1_seconds").set_value(45)
    press(at, "Save the screen")
    screen = opened_by(desk, link)
    assert screen is not None
    assert (screen.look.theme, screen.look.seconds) == ("light", 45)


def test_the_spans_of_files_are_saved(desk: Desk) -> None:
    shop = settings.add_shop(desk, SOMEBODY, "cdiscount", "Lumina")
    at = noon.visit("settings")
    at.number_input(key=f"intervals_0_{shop}").set_value(1.5)
    press(at, "Save the spans")
    assert freshness.intervals(desk) == ({shop: 1.5}, 1)


def test_who_is_no_admin_sees_no_screen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    screens.create(desk, SOMEBODY, "warehouse TV", None, Look(), None, NOON)
    monkeypatch.setattr("ui.who.here", lambda *_, **__: Person("Léa", "lead"))
    at = noon.visit("settings")
    assert "an admin's affair" in noon.words(at)
    assert "warehouse TV" not in noon.words(at)
    assert not [button for button in at.button if "screen" in button.label]
