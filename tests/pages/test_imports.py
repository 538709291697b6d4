"""The Imports page: what a file would do is shown first, then written as it was shown."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.desk import imports, settings
from core.desk.base import Desk, Person, open_desk

ROOT = Path(__file__).resolve().parents[2]
LEA = Person("Léa")
HEADER = "Order number;State;Created at;SKU;Title;Quantity;Price;Shipping;Currency\n"
ROW = "810000{n};{state};2026-11-2{n} 14:05;A-{n};{title};1;24,90;0;EUR\n"


def file(*states: str, title: str = "Lampe") -> bytes:
    return (HEADER + "".join(ROW.format(n=n, state=state, title=title) for n, state in enumerate(states))).encode()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DESK48_DATABASE_URL", f"sqlite:///{tmp_path}/desk.db")
    st.cache_resource.clear()
    opened = open_desk()
    yield opened
    opened.engine.dispose()
    st.cache_resource.clear()


@pytest.fixture
def shop_id(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "aliexpress", "XinXing 星星")


def page(lang: str = "en") -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    at.query_params["lang"] = lang
    at.run().switch_page("../pages/imports.py").run()
    assert not at.exception
    return at


def drop(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, data in files:
        at.get("file_uploader")[0].upload(name, data)
    at.run()
    assert not at.exception
    return at


def counts(at: AppTest) -> list[int]:
    return [int(metric.value) for metric in at.metric]


def write(at: AppTest) -> AppTest:
    at.button(key="write").click().run()
    assert not at.exception
    return at


def test_the_first_shop_is_added_on_the_page(desk: Desk) -> None:
    at = page()
    at.selectbox(key="new_shop_marketplace").set_value("amazon")
    at.text_input(key="new_shop_name").set_value("Lumina")
    next(button for button in at.button if button.label == "Add").click().run()
    assert not at.exception
    shop = settings.shops(desk).row(0, named=True)
    assert (shop["marketplace"], shop["name"]) == ("amazon", "Lumina")
    assert at.selectbox(key="import_shop").value == shop["id"]


def test_a_shop_without_a_name_is_refused(desk: Desk) -> None:
    at = page()
    next(button for button in at.button if button.label == "Add").click().run()
    assert at.error[0].value == "A shop needs a name."


def test_nothing_is_written_before_the_button(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("to_ship", "shipped")))
    assert counts(at) == [2, 2, 0, 0, 0, 0]
    assert imports.history(desk).is_empty()
    write(at)
    assert imports.history(desk)["new"].to_list() == [2]
    assert "2 rows written" in at.toast[0].value
    assert not at.metric


def test_a_changed_cell_shows_old_and_new(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship"))))
    at = drop(page(), ("b.csv", file("shipped", "to_ship")))
    read, *parts = counts(at)
    assert (read, sum(parts), parts[1]) == (2, 2, 1)
    changed = next(table.value for table in at.dataframe if "Old" in table.value)
    state = changed[changed["Field"] == "state"]
    assert state[["Old", "New"]].to_numpy().tolist() == [["to_ship", "shipped"]]


def test_the_same_bytes_again_are_not_written(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship"))))
    at = drop(page(), ("copy.csv", file("to_ship")))
    assert any("already imported" in info.value for info in at.info)
    assert at.button(key="write").disabled


def test_a_file_of_another_shop_stops(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship"))))
    other = settings.add_shop(desk, LEA, "aliexpress", "Other")
    at = page()
    at.selectbox(key="import_shop").set_value(other).run()
    drop(at, ("a2.csv", file("shipped", "to_ship")))
    assert "XinXing" in at.error[0].value
    assert at.button(key="write").disabled


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rubbish", b"one;two\n1;2\n"])
@pytest.mark.parametrize("lang", ["en", "fr", "zh_CN"])
def test_a_file_that_cannot_be_read_says_why(desk: Desk, shop_id: int, data: bytes, lang: str) -> None:
    at = drop(page(lang), ("a.csv", data))
    assert "a\\.csv" in at.error[0].value
    assert at.button(key="write").disabled


def test_a_good_file_beside_a_bad_one_can_be_written(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("bad.csv", b""), ("good.csv", file("to_ship")))
    assert len(at.error) == 1
    write(at)
    assert imports.history(desk)["file_name"].to_list() == ["good.csv"]


def test_findings_say_line_column_value_and_what_to_do(desk: Desk, shop_id: int) -> None:
    data = file("to_ship", "to_ship").replace(b"2026-11-21 14:05", b"2026-13-45")
    at = drop(page(), ("a.csv", data))
    assert counts(at)[-1] == 1
    found = next(table.value for table in at.dataframe if "What to do" in table.value)
    row = found[found["Code"] == "bad_date"].iloc[0]
    assert (row["Line"], row["Value"]) == (3, "2026-13-45")
    assert row["What is wrong"].startswith("2026-13-45 in ")
    rejected = next(table.value for table in at.dataframe if "The row as the file has it" in table.value)
    assert len(rejected) == 1


def test_a_word_that_nobody_knows_is_mapped_once(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("mystery", "to_ship")))
    choice = next(box for box in at.selectbox if box.label.startswith("mystery"))
    choice.set_value("to_ship")
    next(button for button in at.button if button.label == "Remember for this shop").click().run()
    assert not at.exception
    assert not [box for box in at.selectbox if box.label.startswith("mystery")]
    later = imports.preview(desk, shop_id, "b.csv", file("mystery"), dt.datetime.now(dt.UTC))
    assert later.unknown_words.is_empty()


def test_text_from_a_file_is_shown_as_text(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("[x](http://x).csv", file("to_ship", title="<b>*x*</b>")))
    assert "**\\[x\\]" in "".join(element.value for element in at.markdown)


def test_the_history_shows_findings_of_the_chosen_import(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("mystery"))))
    at = page()
    at.session_state["history_1"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert any("unknown_state" in table.value.to_string() for table in at.dataframe)


def test_the_template_is_read_back(desk: Desk, shop_id: int) -> None:
    now = dt.datetime.now(dt.UTC)
    for name, data in (("t.csv", imports.template_csv()), ("t.xlsx", imports.template_xlsx())):
        seen = imports.preview(desk, shop_id, name, data, now)
        assert seen.format == "desk48_orders"
        assert seen.rejected == 0
