"""The Rules page: everything in force, found by id or word, one rule in full."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.bases import sqlite_base

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def rules(**link: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.query_params["lang"] = link.pop("lang", "en")
    at.run().switch_page("../pages/rules.py")
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def ids(at: AppTest) -> set[str]:
    return set(at.dataframe[0].value["rule"])


def said(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


def test_every_rule_in_scope_is_there() -> None:
    at = rules()
    assert ids(at) >= {f"CD-{name}" for name in ("O1", "O2", "O3", "O4", "O5", "C1", "S1", "S2", "S9", "H1")}
    assert ids(at) >= {"XX-D1", "XX-D2", "XX-D3"}


def test_a_link_opens_one_rule_in_full() -> None:
    at = rules(rule="CD-O1")
    assert at.selectbox(key="rule").value == "CD-O1"
    assert ids(at) == {"CD-O1"}
    assert "48 hours" in said(at)
    assert "Since 1 Mar 2020" in said(at)


def test_an_unknown_rule_in_the_link_shows_all() -> None:
    assert len(ids(rules(rule="CD-O999"))) >= 13


@pytest.mark.parametrize(("word", "found"), [("cd-o1", {"CD-O1"}), ("VACATION", {"CD-O3"})])
def test_search_by_id_or_word(word: str, found: set[str]) -> None:
    assert ids(rules(rule_word=word)) == found


def test_a_word_that_no_rule_holds_says_so() -> None:
    at = rules(rule_word="zeppelin")
    assert not at.dataframe
    assert len(at.info) == 1


def test_a_chosen_row_is_read_in_full() -> None:
    at = rules(rule_word="cd-s2")
    at.session_state["rules_table_None_2"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert said(at).count("CD\\-S2") + said(at).count("CD-S2 ·") >= 2


@pytest.mark.parametrize(("lang", "value"), [("fr", "97,5"), ("zh_CN", "97.5%"), ("en", "97.5%")])
def test_values_are_written_as_the_language_writes_them(lang: str, value: str) -> None:
    shown = rules(lang=lang, rule="CD-H1").dataframe[0].value["shown"]
    assert any(text.startswith(value) for text in shown)
