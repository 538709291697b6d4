"""Which line of a file is its header: chosen by hand where the guess is wrong, and remembered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import imports, mappings, settings
from core.desk.base import Desk
from tests.pages.files import LEA, counts, drop, edit, editor, file, opened, page, press, run
from tests.pages.noon import words
from tests.pages.test_imports import NOW
from tests.pages.test_imports_mapping import KEEP, box

TITLED = (
    b"Shop;Period;Made by;Currency\n"
    b"Lumina;November;Lea;EUR\n"
    b"No of sale;Bought on;Article\n"
    b"X-1;2026-04-13 10:00;REF-1\n"
    b"X-2;2026-04-15 11:00;REF-2\n"
)
"""A file whose third line is the header, below a table of its own that looks more like one."""
CHOOSE = "This is wrong: choose header and columns by hand"
HEADER = "Line that is the header"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from opened(tmp_path, monkeypatch)


@pytest.fixture
def shop_id(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "aliexpress", "XinXing")


def mapped(at: object, fields: dict[int, str]) -> object:
    edit(at, "field", {row: {"field": field} for row, field in fields.items()})  # type: ignore[arg-type]
    box(at, "Zone of its times").set_value("UTC")  # type: ignore[attr-defined]
    return press(run(at), KEEP)  # type: ignore[arg-type]


def test_another_line_than_the_guessed_one_is_chosen_and_found_again(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("sales.csv", TITLED))
    assert editor(at, "field")[1]["cell"].tolist() == ["Shop", "Period", "Made by", "Currency"]
    box(at, HEADER).set_value(3)  # type: ignore[attr-defined]
    table = editor(run(at), "field")[1]
    assert table["cell"].tolist() == ["No of sale", "Bought on", "Article"]
    assert table["samples"].tolist() == ["X-1 · X-2", "2026-04-13 10:00 · 2026-04-15 11:00", "REF-1 · REF-2"]
    mapped(at, {0: "Order number", 1: "Created at", 2: "Your own SKU"})
    assert counts(at) == [2, 2, 0, 0, 0, 0]
    (kept,) = mappings.kept(desk, shop_id)
    assert kept.mapping is not None
    assert kept.mapping.line == 3
    again = imports.preview(desk, shop_id, "b.csv", TITLED.replace(b"Lumina", b"Other").replace(b"X-2", b"X-3"), NOW)
    assert again.reading.orders["order_number"].to_list() == ["X-1", "X-3"]


def test_a_file_that_is_known_can_be_mapped_by_hand_and_then_the_mapping_counts(desk: Desk, shop_id: int) -> None:
    at = press(drop(page(), ("a.csv", file("to_ship"))), CHOOSE)
    assert not at.metric
    assert press(at, "Read it as it was recognised").metric
    press(at, CHOOSE)
    mapped(at, {1: "", 3: "Your own SKU"})
    seen = imports.preview(desk, shop_id, "b.csv", file("to_ship", "shipped"), NOW)
    assert seen.mapping is not None
    assert seen.reading.states == frozenset()
    assert "your mapping" in words(at)


@pytest.mark.parametrize("lang", ["en", "fr", "zh_CN"])
def test_the_lines_are_told_as_text(desk: Desk, shop_id: int, lang: str) -> None:
    at = drop(page(lang), ("sales.csv", TITLED.replace(b"November", b"[x](http://x) **b**")))
    shown = next(one for one in at.selectbox if one.key.startswith("header_")).options
    assert len(shown) == 5
    assert any("[x](http://x)" in line for line in shown)
