"""The Imports page for its tests: a desk with one shop, files to drop, a way to read the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk.base import Desk, Person, open_desk
from tests.bases import sqlite_base

ROOT: Final = Path(__file__).resolve().parents[2]
LEA: Final = Person("Léa")
HEADER: Final = "Order number;State;Created at;SKU;Title;Quantity;Price;Shipping;Currency\n"
ROW: Final = "810000{n};{state};2026-11-2{n} 14:05;A-{n};{title};1;24,90;0;EUR\n"
UNKNOWN: Final = (
    b"No of sale;Bought on;Article;Pieces;Amount paid\n"
    b"X-1;03/04/2026 10:00;REF-1;1;19,90\n"
    b"X-2;05/04/2026 11:00;REF-2;2;29,90\n"
)
"""A file that no format knows, whose dates can be read in two ways."""


def file(*states: str, title: str = "Lampe") -> bytes:
    return (HEADER + "".join(ROW.format(n=n, state=state, title=title) for n, state in enumerate(states))).encode()


def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty base that the page and the test both have open."""
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    st.cache_resource.clear()
    desk = open_desk()
    yield desk
    desk.engine.dispose()
    st.cache_resource.clear()


def page(lang: str = "en") -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.query_params["lang"] = lang
    at.switch_page("../pages/imports.py")
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, [trouble.value for trouble in at.exception]
    return at


def drop(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, data in files:
        at.get("file_uploader")[0].upload(name, data)
    return run(at)


def below(at: AppTest, tab: str) -> AppTest:
    """The page with another of the tabs below the upload."""
    at.session_state["import_below"] = tab
    return run(at)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def write(at: AppTest) -> AppTest:
    at.button(key="write").click()
    return run(at)


def counts(at: AppTest) -> list[int]:
    return [int(metric.value) for metric in at.metric]


def table(at: AppTest, column: str) -> Any:
    """The first table with a column of this name, as rows and columns."""
    return next(shown.value for shown in at.dataframe if column in shown.value)


def editor(at: AppTest, column: str) -> tuple[str, Any]:
    """The first table that can be written into and has this column: its key and its rows."""
    return next((found.key, found.value) for found in at.get("data_editor") if column in found.value)


def edit(at: AppTest, column: str, edits: dict[int, dict[str, object]]) -> AppTest:
    """Write into the cells of the first table with a column of this name."""
    key, _ = editor(at, column)
    at.session_state[key] = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    return run(at)
