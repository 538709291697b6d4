"""Orders that the base knows word for word are not typed again, and nothing is lost by it."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake import text
from core.intake.formats import fold
from core.intake.read import Reading
from tests.core.intake.files import Shop, codes, export, reading, row, template

USUAL = (row("A"), row("A", sku="B"), row("B", created_at="21/11/2026 09:05:12", state="À expédier"), row("C"))


def digests(found: Reading) -> pl.Series:
    return found.orders["digest"].sort()


def with_known(data: bytes, known: pl.Series, **more: str | dict[str, str]) -> Reading:
    return reading(data, known=lambda: known, **more)


def told(found: Reading) -> tuple[object, ...]:
    """What a file says as a whole."""
    return found.read, found.rejected, found.as_of, found.covers_from, found.covers_to, found.states


def test_a_known_order_is_counted_and_dates_the_file_but_is_not_typed() -> None:
    whole = reading(export(*USUAL))
    found = with_known(export(*USUAL, row("D")), digests(whole))
    assert found.orders["order_number"].to_list() == ["D"]
    assert found.again.select("order_number", "rows").rows() == [("A", 2), ("B", 1), ("C", 1)]
    assert told(found) == told(reading(export(*USUAL, row("D"))))


def test_the_plan_counts_known_rows_as_unchanged_and_confirms_their_orders() -> None:
    shop = Shop()
    first = reading(export(*USUAL))
    shop.take(first)
    plan = shop.take(with_known(export(*USUAL, row("D")), digests(first)))
    assert (plan.read, plan.new, plan.changed, plan.unchanged, plan.rejected) == (5, 1, 0, 4, 0)
    assert plan.seen["order_number"].to_list() == ["A", "B", "C"]


@pytest.mark.parametrize(
    "changed",
    [row("A", quantity="3"), row("A", state="À expédier"), row("A", address="2 rue de l'Église"), row("A", title="")],
)
def test_a_changed_cell_has_all_rows_of_its_order_typed(changed: list[str]) -> None:
    known = digests(reading(export(row("A"), row("A", sku="B"), row("C"))))
    found = with_known(export(changed, row("A", sku="B"), row("C")), known)
    assert found.lines["order_number"].to_list() == ["A", "A"]
    assert found.again["order_number"].to_list() == ["C"]


@pytest.mark.parametrize("second", [row("A"), row("A", sku="B"), row("A", price="?")])
def test_an_order_whose_rows_stand_apart_is_typed_as_a_whole(second: list[str]) -> None:
    data = export(row("A"), row("C"), second)
    found = with_known(data, digests(reading(export(row("A"), row("C")))))
    assert found.again.is_empty()
    assert found.orders.equals(reading(data).orders)


def test_what_a_word_means_by_now_decides_and_not_what_it_meant() -> None:
    data = export(row("A", state="Égarée"))
    known = digests(reading(data, state_words={fold("Égarée"): "in_dispute"}))
    assert with_known(data, known, state_words={fold("Égarée"): "in_dispute"}).again.height == 1
    assert with_known(data, known, state_words={fold("Égarée"): "shipped"}).orders["state"].to_list() == ["shipped"]


def test_rows_are_told_apart_by_the_clock_that_reads_them() -> None:
    data = template({"Order number": "A", "State": "to_ship", "Created at": "2026-11-20 09:05", "SKU": "S"})
    known = digests(reading(data, zone="Europe/Paris"))
    assert with_known(data, known, zone="Europe/Paris").again.height == 1
    assert with_known(data, known, zone="Asia/Shanghai").again.is_empty()


def test_the_order_of_lines_counts_only_where_they_say_different_things_of_their_order() -> None:
    here, there = row("A", address="1 rue A"), row("A", address="2 rue B", sku="B")
    one, two = (digests(reading(export(*rows))).item() for rows in ([here, there], [there, here]))
    assert one != two


def test_findings_of_rows_that_are_typed_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "PIECE", 200)
    data = export(*USUAL, row("D", created_at="2x/11/2026"), row("E", state="Bizarre"))
    found = with_known(data, digests(reading(export(*USUAL))))
    assert codes(found) == codes(reading(data))
    assert found.again.height == 3


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["S", "T", ""]), st.sampled_from(["1", "2", "x"])),
                min_size=1, max_size=8), st.data())  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_recognising_changes_neither_what_stands_nor_what_is_counted(
    rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    """Against a reading that types every row, for any file after any other."""
    later = data.draw(st.permutations(rows)) + data.draw(st.lists(st.sampled_from(rows), max_size=2))
    before, after = (export(*(row(n, sku=s, quantity=q) for n, s, q in some)) for some in (rows, later))
    first = reading(before)
    told_of = first.findings["order_number"].drop_nulls()
    quiet = first.orders.filter(~pl.col("order_number").is_in(told_of.implode()))
    plain, quick = Shop(), Shop()
    for shop in (plain, quick):
        shop.take(first)
    one = plain.take(reading(after), first.as_of or dt.datetime.max)
    two = quick.take(with_known(after, quiet["digest"].sort()), first.as_of or dt.datetime.max)
    assert quick.facts() == plain.facts()
    assert [getattr(one, n) for n in ("read", "new", "changed", "unchanged", "older", "rejected")] == [
        getattr(two, n) for n in ("read", "new", "changed", "unchanged", "older", "rejected")
    ]
