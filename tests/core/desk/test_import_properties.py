"""What holds of any files, on a real base: their order does not matter, twice is once, out and in again is nothing."""

import random
import shutil
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from core.desk import imports, order_export, settings
from core.desk.base import Desk, NotAllowed, Person, open_desk
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON
from tests.core.desk.test_undo_records import LATER, LEA, SAMPLES, bring, some_file, stands


@pytest.fixture(autouse=True)
def known_rows_are_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """In files of any size."""
    monkeypatch.setattr(imports, "MANY", 0)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with one shop and nothing in it, to copy."""
    path = tmp_path_factory.mktemp("empty") / "desk.db"
    desk = open_desk(sqlite_base(path))
    settings.add_shop(desk, LEA, "amazon", "Lumina")
    desk.engine.dispose()
    return path


def counts(seen: imports.ImportPreview) -> dict[str, int]:
    return {name: getattr(seen, name) for name in ("read", "new", "changed", "unchanged", "older", "rejected")}


def outcome(empty: Path, folder: Path, files: Sequence[bytes]) -> dict[str, list[tuple]]:
    """What stands after these files. Each is looked at before, and comes once more with other bytes after."""
    path = shutil.copy(empty, folder / "desk.db")
    shutil.copy(f"{empty}.key", f"{path}.key")  # a base is only written with the key of its record
    desk = open_desk(f"sqlite:///{path}")
    for data in files:
        seen = imports.preview(desk, 1, "a.csv", data, LATER)
        assert sum(counts(seen).values()) == 2 * seen.read
        assert counts(bring(desk, 1, data)[1]) == counts(seen)
        once = stands(desk)
        again = bring(desk, 1, data + b"\r\n")[1]
        assert (again.new, again.changed) == (0, 0)
        assert stands(desk) == once
    desk.engine.dispose()
    return once


def three_files(seed: int) -> list[bytes]:
    chance = random.Random(seed)
    return [some_file(chance, day) for day in range(3)]


def same_each_way(empty: Path, folder: Path, ways: Iterable[Sequence[bytes]]) -> None:
    first, *others = (outcome(empty, folder, way) for way in ways)
    assert all(other == first for other in others)


def test_files_of_any_kind_end_in_the_same_base_in_any_order_and_twice_is_once(empty: Path, tmp_path: Path) -> None:
    files = three_files(3)
    same_each_way(empty, tmp_path, [files, files[::-1]])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 16))
def test_many_more_files_end_in_the_same_base_in_any_order(empty: Path, tmp_path: Path, seed: int) -> None:
    same_each_way(empty, tmp_path, permutations(three_files(seed)))


ORDERS = [
    ("cdiscount_orders_fr.csv", "cdiscount"),
    ("cdiscount_octopia_orders.json", "cdiscount"),
    ("cdiscount_soap_orders.xml", "cdiscount"),
    ("amazon_all_orders.txt", "amazon"),
    ("amazon_unshipped.txt", "amazon"),
    ("desk48_orders.xlsx", "aliexpress"),
]


@pytest.mark.parametrize(("name", "marketplace"), ORDERS)
def test_what_is_exported_imports_as_unchanged(desk: Desk, name: str, marketplace: str) -> None:
    shop = settings.add_shop(desk, LEA, marketplace, "Lumina")
    bring(desk, shop, (SAMPLES / name).read_bytes(), name)
    exported = order_export.template(desk, LEA, shop)
    seen = imports.preview(desk, shop, "again.csv", exported, LATER)
    assert seen.format == "desk48_orders"
    assert (counts(seen), seen.changes.rows()) == (counts(seen) | {"read": seen.unchanged}, [])
    assert seen.unchanged
    then = stands(desk)["orders"]
    bring(desk, shop, exported)
    assert stands(desk)["orders"] == then


def test_an_export_is_safe_in_a_spreadsheet_and_needs_permission(desk: Desk) -> None:
    shop = settings.add_shop(desk, LEA, "amazon", "Lumina")
    data = b"Order number;State;Created at;Title;City;Price\nA1;to_ship;2026-11-20T10:00:00Z;=1+1;'s-Hage;0.05\n"
    bring(desk, shop, data)
    text = order_export.template(desk, LEA, shop).decode()
    assert ";'=1+1;" in text
    assert ";''s-Hage;" in text
    assert ";0.05;" in text
    assert imports.preview(desk, shop, "b.csv", text.encode(), NOON).unchanged == 1
    with pytest.raises(NotAllowed):
        order_export.template(desk, Person("Guest", "viewer"), shop)
