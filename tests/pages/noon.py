"""Pages run through the shell at a fixed instant, on a base of the test's own."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import imports, settings
from core.desk.base import Desk, Person, open_desk
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON

ROOT: Final = Path(__file__).resolve().parents[2]
SOMEBODY: Final = Person("Léa", "admin")


def hours_ago(hours: float) -> dt.datetime:
    return NOON - dt.timedelta(hours=hours)


def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An empty base that the pages and the test both have open; every page believes it is noon."""
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    monkeypatch.setattr("ui.frame.utc_now", lambda: NOON)
    st.cache_resource.clear()
    desk = open_desk()
    yield desk
    desk.engine.dispose()
    st.cache_resource.clear()


def shop_with(desk: Desk, data: bytes, name: str = "Lumina", file: str = "export.csv") -> int:
    """A Cdiscount shop that has imported one file at noon."""
    shop_id = settings.add_shop(desk, SOMEBODY, "cdiscount", name)
    imports.write(desk, SOMEBODY, imports.preview(desk, shop_id, file, data, NOON, None), NOON)
    return shop_id


def visit(page: str, seeded: Mapping[str, object] = MappingProxyType({}), **link: str) -> AppTest:
    """The page as a cold link opens it; nothing on it may have failed. ``seeded``: what widgets hold already."""
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.context = {"locale": "en-GB"}
    at.switch_page(f"../pages/{page}.py")
    for name, value in link.items():
        at.query_params[name] = value
    for key, held in seeded.items():
        at.session_state[key] = held
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, [trouble.value for trouble in at.exception]
    return at


def words(at: AppTest) -> str:
    """Every text that the page shows outside its tables."""
    kinds = (
        *("title", "subheader", "markdown", "caption", "text", "info", "success", "warning", "error"),
        *("metric", "code", "toast"),
    )
    return "\n".join(str(element.value) for kind in kinds for element in getattr(at, kind))
