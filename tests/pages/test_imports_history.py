"""What was imported, its undo, and big files on their way."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import imports, jobs, orders, settings, undo
from core.desk.base import Desk, OrderKey, utc_now
from core.store import jobs as store
from core.store.write import stored
from tests.pages.files import LEA, counts, drop, edit, file, opened, page, press, run, table, write
from tests.pages.noon import words
from tests.pages.test_imports import NOW
from ui import import_history


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from opened(tmp_path, monkeypatch)


@pytest.fixture
def shop_id(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "aliexpress", "XinXing")


def chosen(import_id: int) -> AppTest:
    """The page with one import of the history chosen: they stand newest first."""
    at = page()
    newest = int(next(box.key for box in at.dataframe if str(box.key).startswith("history_")).split("_")[1])
    rows = {"selection": {"rows": [newest - import_id], "columns": [], "cells": []}}
    at.session_state[f"history_{newest}"] = rows
    return run(at)


def test_the_history_says_who_when_file_hash_format_mapping_and_how_long(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship"))))
    row = table(page(), "SHA-256").iloc[0]
    assert (row["By"], row["File"], row["Rows read"], row["New"]) == ("local", "a.csv", 1, 1)
    assert row["Format"] == "Desk48 order template"
    assert len(row["SHA-256"]) == 64
    assert len(row["Version of the mapping"]) == 12
    assert row["Took"].endswith(" s")
    assert row["Undone"] == "–"


def test_older_imports_are_shown_when_somebody_asks(desk: Desk, shop_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_history, "STEP", 1)
    for n in range(2):
        write(drop(page(), (f"{n}.csv", file(*["to_ship"] * (n + 1)))))
    at = page()
    assert table(at, "SHA-256")["File"].tolist() == ["1.csv"]
    assert table(press(at, "Show older imports"), "SHA-256")["File"].tolist() == ["1.csv", "0.csv"]


def test_the_history_shows_findings_and_rejected_rows_of_the_chosen_import(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("mystery", "to_ship").replace(b"2026-11-21 14:05", b"2026-13-45"))))
    at = chosen(1)
    assert set(table(at, "What to do")["Code"]) == {"unknown_state", "bad_date"}
    assert any("Rejected rows as CSV" in button.label for button in at.get("download_button"))


def test_an_import_is_undone_after_a_look_and_what_people_did_stays(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship"))))
    later = dt.datetime.now(dt.UTC)
    orders.type_facts(desk, LEA, OrderKey(shop_id, "8100000"), {"delivery_mode": "tracked"}, 1, later)
    at = press(chosen(1), "Undo this import…")
    assert "Removed: the import created them: 1" in words(at)
    assert table(at, "What stays")["Order"].tolist() == ["8100000"]
    press(at, "Undo now")
    assert "1 order removed" in at.toast[0].value
    assert orders.queue(desk, later)["order_number"].to_list() == ["8100000"]
    assert "There is nothing more to undo" in words(chosen(1))


def test_a_second_undo_says_that_it_was_done(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship"))))
    at = press(chosen(1), "Undo this import…")
    undo.run(desk, LEA, 1, NOW)
    press(at, "Undo now")
    assert "It was undone before. Nothing was done." in words(at)


def test_an_undo_can_be_left(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship"))))
    at = press(press(chosen(1), "Undo this import…"), "Leave it as it is")
    assert not [button for button in at.button if button.key == "undo_now"]
    assert imports.history(desk)["undone_at"].to_list() == [None]


def a_job(desk: Desk, shop_id: int, **values: Any) -> None:
    """A run as its row tells of it; no process stands behind it."""
    now = dt.datetime.now(dt.UTC)
    row = {
        "id": "j1", "kind": "import", "person": "Léa", "role": "admin", "shop_id": shop_id, "file_name": "big.csv",
        "sha256": "0", "options": {}, "started_at": stored(now), "stage": "writing", "rows_done": 250_000,
        "rows_total": 1_000_000, "heartbeat": stored(now), "lease_until": stored(now + jobs.LEASE),
    }  # fmt: skip
    with jobs._board(desk) as board, store.changing(board) as connection:
        store.add(connection, row | values)


def test_a_run_is_found_again_with_stage_and_rows_and_can_be_stopped(desk: Desk, shop_id: int) -> None:
    a_job(desk, shop_id)
    at = page()
    (bar,) = at.get("progress")
    assert bar.proto.value == 25
    assert bar.proto.text == "big\\.csv: Writing, 250,000 of 1,000,000 rows, by Léa"
    press(at, "Cancel")
    assert jobs.find(desk, "j1")["cancelled"]  # type: ignore[index]
    assert "Stopping…" in words(at)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"lease_until": 0}, "Died: nothing was written  \nUpload the file again."),
        ({"stage": "cancelled"}, "Cancelled: nothing was written"),
        ({"stage": "refused", "error": {"code": "no_rows", "params": {}}}, "The file has a header but no rows."),
        (
            {"stage": "refused", "error": {"code": "wrong_shop", "params": {"orders": 3}}},
            "Orders of this file belong to another shop: choose that one.",
        ),
    ],
)
def test_a_run_that_wrote_nothing_says_so_until_it_is_put_away(
    desk: Desk, shop_id: int, values: dict[str, Any], said: str
) -> None:
    a_job(desk, shop_id, **values)
    at = page()
    assert said in words(at)
    assert not at.get("progress")
    assert said not in words(press(at, "Put away"))


def until_looked(desk: Desk) -> None:
    """Wait for the process of the newest job to have looked at its file."""
    end = time.monotonic() + 60
    while jobs.jobs(desk, utc_now())["stage"][0] != "looked":
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_big_file_is_looked_at_elsewhere_found_again_on_another_page_and_written_when_confirmed(
    desk: Desk, shop_id: int
) -> None:
    settings.save_intake_limits(desk, LEA, settings.IntakeLimits(job_megabytes=1), 0)
    drop(page(), ("big.csv", file("to_ship", "to_ship", title="x" * 600_000)))
    until_looked(desk)
    at = page()  # another session: nothing is uploaded in it
    assert counts(at) == [2, 2, 0, 0, 0, 0]
    assert "Nothing is written yet" in words(at)
    assert imports.history(desk).is_empty()
    next(button for button in at.button if button.key.startswith("write_")).click()
    run(at)
    end = time.monotonic() + 60
    while imports.history(desk).is_empty():
        assert time.monotonic() < end
        time.sleep(0.1)
    assert imports.history(desk)["new"].to_list() == [2]


def test_a_big_file_that_nobody_knows_is_mapped_where_it_waits(desk: Desk, shop_id: int) -> None:
    settings.save_intake_limits(desk, LEA, settings.IntakeLimits(job_megabytes=1), 0)
    rows = (f"X-{n};2026-04-13 10:00;{'x' * 600_000}\n" for n in range(2))
    at = drop(page(), ("big.csv", ("No of sale;Bought on;Article\n" + "".join(rows)).encode()))
    until_looked(desk)
    run(at)
    edit(at, "field", {0: {"field": "Order number"}, 1: {"field": "Created at"}})
    next(one for one in at.selectbox if one.label.startswith("Zone of its times")).set_value("UTC")
    press(run(at), "Keep for this shop and read the file")
    until_looked(desk)
    assert counts(run(at)) == [2, 2, 0, 0, 0, 0]
