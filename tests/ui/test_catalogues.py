"""Every sentence of the program stands in all three languages, and nothing else does."""

import re

import pytest

from ui import catalogues
from ui.text import LANGUAGES, catalogue_path


@pytest.fixture(scope="module")
def template() -> catalogues.Catalog:
    return catalogues.extracted()


def ids(catalogue: catalogues.Catalog) -> set[tuple[str, ...]]:
    return {catalogues.forms(message.id) for message in catalogue if message.id}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_catalogue_has_exactly_the_sentences_of_the_program(lang: str, template: catalogues.Catalog) -> None:
    stored = ids(catalogues.stored(lang))
    assert sorted(ids(template) - stored) == []
    assert sorted(stored - ids(template)) == []
    assert not catalogues.stored(lang).obsolete


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_is_translated(lang: str) -> None:
    stored = catalogues.stored(lang)
    assert catalogues.empty(stored) == []
    assert [message.id for message in stored if message.id and message.fuzzy] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_places_are_the_same(lang: str) -> None:
    """A singular may leave a place out ("one order"); the last form has them all."""
    wrong = []
    for message in (message for message in catalogues.stored(lang) if message.id):
        said = [catalogues.places(form) for form in catalogues.forms(message.string)]
        wanted = catalogues.places(message.id)
        if said[-1] != wanted or not all(places <= wanted for places in said):
            wrong.append(message.id)
    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_file_is_as_the_tool_writes_it(lang: str, template: catalogues.Catalog) -> None:
    assert catalogue_path(lang).read_text("utf-8") == catalogues.written(lang, catalogues.updated(lang, template))


def test_french_uses_its_typography() -> None:
    faults = [
        form
        for message in catalogues.stored("fr")
        if message.id
        for form in catalogues.forms(message.string)
        if "'" in form or any(f" {sign}" in form for sign in ":;!?»") or "« " in form
    ]
    assert faults == []


def test_chinese_uses_its_own_signs() -> None:
    faults = [
        form
        for message in catalogues.stored("zh_CN")
        if message.id
        for form in catalogues.forms(message.string)
        if form.endswith((".", "?", "!")) or ", " in form or re.search("[\u4e00-\u9fff][,;!?][\u4e00-\u9fff{]", form)
    ]
    assert faults == []


SAME_IN_FRENCH = {
    "Article", "Articles", "Code", "Format", "Imports", "Note", "Source", "express", "format", "fraction",
    "Verdict", "Version", "impossible", "plausible", "suspect", "{hours} h {minutes}", "{minutes} min", "minutes",
    "pence", "Question {number}", "import {n}",
}  # fmt: skip
"""Words that French writes as English does."""


@pytest.mark.parametrize(("lang", "same"), [("fr", SAME_IN_FRENCH), ("zh_CN", set())])
def test_no_sentence_stays_english(lang: str, same: set[str]) -> None:
    kept = {message.id for message in catalogues.stored(lang) if message.id and message.string == message.id}
    assert kept <= same
