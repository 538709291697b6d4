"""The page of the team screen: drawn once, holds the component and nothing of the desk."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk.base import Desk
from core.desk.build import build_id
from core.policy.words import Band, Kind
from tests.core.desk.conftest import export
from tests.pages import noon
from ui.text import LANGUAGES
from ui.wall_texts import all_texts


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


def test_it_holds_the_component_and_nothing_of_the_desk(desk: Desk) -> None:
    noon.shop_with(desk, export(("LATE-0001", noon.hours_ago(47), "À accepter")))
    at = noon.visit("screen", token="sesame")
    (wall,) = at.get("bidi_component")
    told = json.loads(wall.proto.json)
    assert (told["token"], told["build"], set(told["texts"])) == ("sesame", build_id(), set(LANGUAGES))
    assert "LATE" not in wall.proto.json + noon.words(at)
    assert "Lumina" not in wall.proto.json
    assert not [*at.sidebar.children.values(), *at.text_input, *at.selectbox, *at.button, *at.title]


def test_its_script_comes_as_files_and_not_as_text() -> None:
    (wall,) = noon.visit("screen", token="sesame").get("bidi_component")
    assert (wall.proto.js_source_path, wall.proto.css_source_path) == ("wall.js", "wall.css")
    assert (wall.proto.js_content, wall.proto.css_content, wall.proto.html_content) == ("", "", "")


@pytest.mark.parametrize("path", sorted((noon.ROOT / "ui" / "wall").glob("*.js")), ids=lambda path: path.name)
def test_data_is_written_as_text_only(path: Path) -> None:
    source = path.read_text("utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "localStorage"):
        assert way not in source


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_has_a_word_for_every_band_and_kind_of_work(lang: str) -> None:
    texts = all_texts()[lang]
    assert {str(word) for word in (*Band, *Kind)} <= texts.keys()
    assert all(texts.values())


def test_the_link_is_left_as_it_is() -> None:
    at = noon.visit("screen", token="sesame")
    assert dict(at.query_params) == {"token": "sesame"}
