"""What a file changes: the newest word wins per field, nothing is lost, nothing is counted twice."""

import datetime as dt
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.intake.files import NOW, Shop, export, reading, row, template

DAY = dt.timedelta(days=1)
CREATED = "2026-11-20 09:05"


def order(number: str = "A", **cells: str) -> dict[str, str]:
    return {"Order number": number, "State": "to_ship", "Created at": CREATED, "SKU": "S1"} | {
        name.replace("_", " "): value for name, value in cells.items()
    }


def test_a_first_file_is_all_new() -> None:
    plan = Shop().take(reading(export(row("A"), row("A", sku="B"), row("C", price="x"))))
    assert (plan.read, plan.new, plan.rejected, plan.changed) == (3, 2, 1, 0)
    assert plan.day_changes.rows() == [(20777, "shipped", 1)]
    assert plan.orders["import_id"].to_list() == [1]


def test_the_same_file_again_changes_nothing() -> None:
    shop = Shop()
    found = reading(export(row("A"), row("A", sku=""), row("B", sku="", title="")))
    shop.take(found)
    before = shop.facts()
    for skip in (False, True):
        plan = shop.take(found, NOW + DAY, skip_same=skip)
        assert (plan.unchanged, plan.new, plan.changed, plan.older) == (3, 0, 0, 0)
        assert plan.changes.is_empty()
        assert plan.orders.is_empty()
        assert plan.day_changes.is_empty()
        assert plan.seen.height == 2
    assert shop.facts() == before


def test_a_newer_file_wins_and_shows_both_values() -> None:
    shop = Shop()
    shop.take(reading(template(order())))
    plan = shop.take(reading(template(order(State="shipped"))), NOW + DAY)
    shown = plan.changes.filter(field="state").row(0, named=True)
    assert (shown["old"], shown["new"], shown["kept"]) == ("to_ship", "shipped", False)
    assert plan.orders["version"].to_list() == [2]
    assert plan.day_changes.rows() == [(20777, "shipped", 1), (20777, "to_ship", -1)]


def test_an_older_file_fills_blanks_and_overwrites_nothing() -> None:
    shop = Shop()
    shop.take(reading(template(order())))
    plan = shop.take(reading(template(order(State="shipped", Carrier="Colissimo"))), NOW - DAY)
    known = shop.orders["A"]
    assert (known["state"], known["carrier"]) == ("to_ship", "Colissimo")
    assert (known["import_id"], known["held"]) == (1, "carrier:2")
    assert plan.changes.filter(field="state")["kept"].to_list() == [True]


def test_an_older_file_that_only_differs_counts_as_older() -> None:
    shop = Shop()
    shop.take(reading(template(order())))
    plan = shop.take(reading(template(order(State="shipped"))), NOW - DAY)
    assert (plan.older, plan.changed) == (1, 0)
    assert plan.orders.is_empty()


def test_a_blank_or_a_missing_column_never_empties_a_field() -> None:
    shop = Shop()
    shop.take(reading(template(order(Carrier="Colissimo", City="Lyon", Title="Lampe"))))
    shop.take(reading(template(order(Carrier="", State="shipped"))), NOW + DAY)
    assert shop.orders["A"]["carrier"] == "Colissimo"
    assert shop.buyers["A"]["city"] == "Lyon"
    assert shop.lines["A", 1]["title"] == "Lampe"
    assert "carrier:1" in shop.orders["A"]["held"].split()
    assert "line1.title:1" in shop.orders["A"]["held"].split()


def test_at_the_same_instant_the_later_import_wins() -> None:
    shop = Shop()
    shop.take(reading(template(order())))
    shop.take(reading(template(order(State="shipped"))))
    assert shop.orders["A"]["state"] == "shipped"


def test_lines_meet_by_their_id_then_by_code_and_place() -> None:
    shop = Shop()
    shop.take(reading(template(order(Title="one"), order(Title="two"), order(SKU="S2", Title="other"))))
    plan = shop.take(
        reading(template(order(SKU="S2", Title="other!"), order(Title="one"), order(Title="two!"), order(SKU="S3"))),
        NOW + DAY,
    )
    titles = {number: line["title"] for (_, number), line in shop.lines.items()}
    assert titles == {1: "one", 2: "two!", 3: "other!", 4: None}
    assert plan.changed == 4


def test_two_articles_of_one_title_are_two_lines() -> None:
    shop = Shop()
    shop.take(reading(template(order(SKU="S1", Title="Lampe"))))
    shop.take(reading(template(order(SKU="S2", Title="Lampe"))), NOW + DAY)
    assert [line["sku"] for line in shop.lines.values()] == ["S1", "S2"]


def test_two_line_ids_are_two_lines() -> None:
    shop = Shop()
    shop.take(reading(template(order(Line_id="1"))))
    shop.take(reading(template(order(Line_id="2"))), NOW + DAY)
    assert len(shop.lines) == 2


def test_instants_of_the_base_may_come_as_microseconds() -> None:
    shop = Shop()
    shop.take(reading(template(order())))
    assert shop.days == {(20777, "to_ship"): 1}


CELL = st.fixed_dictionaries({
    "State": st.sampled_from(["to_accept", "to_ship", "shipped"]),
    "Carrier": st.sampled_from(["", "Colissimo", "DHL"]),
    "City": st.sampled_from(["", "Lyon", "Paris"]),
    "Title": st.sampled_from(["", "Lampe", "Lampion"]),
    "Paid at": st.sampled_from(["", "2026-11-20 10:00", "2026-11-20 11:00"]),
})  # fmt: skip
FILE = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["S1", "S2"]), CELL), min_size=1, max_size=3,
                unique_by=lambda r: (r[0], r[1]))  # fmt: skip


FILES = st.lists(FILE, min_size=2, max_size=3)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(FILES)
def test_the_order_in_which_files_come_does_not_matter(files: list[Any]) -> None:
    same_in_every_order(files)


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(FILES)
def test_the_order_in_which_many_files_come_does_not_matter(files: list[Any]) -> None:
    same_in_every_order(files)


def same_in_every_order(files: list[list[tuple[str, str, dict[str, str]]]]) -> None:
    readings = [
        (reading(template(*(order(n, SKU=s) | cells for n, s, cells in rows))), NOW + number * DAY)
        for number, rows in enumerate(files)
    ]
    outcomes = []
    for way in permutations(readings):
        shop = Shop()
        for found, as_of in way:
            plan = shop.take(found, as_of)
            assert plan.read == plan.new + plan.changed + plan.unchanged + plan.older + plan.rejected
            again = shop.take(found, as_of)
            assert (again.new, again.changed) == (0, 0)
            assert sum(shop.days.values()) == len(shop.orders)
        outcomes.append(shop.facts())
    assert all(outcome == outcomes[0] for outcome in outcomes)
