"""What a file says: every form in which the marketplace writes it reads the same."""

import datetime as dt
from dataclasses import replace
from itertools import product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake import text
from core.intake.findings import CODES, REFUSALS, Refused
from core.intake.formats import Limits, fold
from core.intake.read import Reading, read
from core.intake.template import columns, csv_template, xlsx_template
from tests.core.intake.files import FORMATS, HEADERS, NOW, PREAMBLE, codes, export, quoted, reading, row, template

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
DATES = {
    "slashes with seconds": "20/11/2026 09:05:00",
    "slashes without seconds": "20/11/2026 09:05",
    "dashes without seconds": "20-11-2026 09:05",
    "dashes with seconds": "20-11-2026 09:05:00",
}
FILES = list(product(("utf-8", "utf-8-sig", "cp1252", "utf-16"), HEADERS, DATES, (";", "\t", ",")))


@pytest.mark.parametrize(("encoding", "header", "date", "separator"), FILES)
def test_every_form_of_the_export_reads_the_same(encoding: str, header: str, date: str, separator: str) -> None:
    data = export(row(created_at=DATES[date]), header=header, separator=separator, encoding=encoding)
    found = reading(data)
    order = found.orders.row(0, named=True)
    assert found.findings.is_empty()
    assert order["created_at"] == dt.datetime(2026, 11, 20, 8, 5, tzinfo=dt.UTC)
    assert (order["state"], order["goods_minor"], order["shipping_minor"]) == ("shipped", 1250, 499)
    assert order["currency"] == "EUR"
    assert found.buyers["address"].item() == "1 rue de l'Église"
    assert found.lines["title"].item() == "Théière"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("cdiscount_orders*")), ids=lambda p: p.name)
def test_the_samples_read_without_errors(path: Path) -> None:
    found = reading(path.read_bytes(), path.name)
    assert (found.read, found.rejected, found.orders.height) == (6, 0, 4)
    big = found.orders.filter(order_number="2611201410EF2GH").row(0, named=True)
    assert (big["state"], big["goods_minor"], big["shipping_minor"]) == ("to_ship", 106630, 200)
    assert found.lines.filter("fee")["price_minor"].to_list() == [1240]
    assert found.orders.filter(delivery_mode="pickup")["order_number"].to_list() == ["2611181830JK3LM"]
    assert found.unknown_words.is_empty()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_reads_back_what_it_shows(kind: str) -> None:
    data = csv_template(FORMATS) if kind == "csv" else xlsx_template(FORMATS)
    found = reading(data, f"template.{kind}")
    order = found.orders.row(0, named=True)
    assert found.format == "desk48_orders"
    assert found.findings.is_empty()
    assert order["latest_ship_at"] == dt.datetime(2026, 11, 24, 22, 59, 59, tzinfo=dt.UTC)
    assert order["created_at"] == dt.datetime(2026, 11, 20, 8, 5, tzinfo=dt.UTC)
    assert order["delivery_mode"] == "tracked"
    assert all(meaning for _, meaning in columns(FORMATS))


def test_the_template_follows_the_clock_of_the_shop() -> None:
    data = template({"Order number": "A", "Created at": "2026-11-20 09:05", "State": "to_ship"})
    found = reading(data, zone="Asia/Shanghai")
    assert found.orders["created_at"].item() == dt.datetime(2026, 11, 20, 1, 5, tzinfo=dt.UTC)


def test_the_export_is_paris_time_wherever_the_shop_is() -> None:
    found = reading(export(row()), zone="Asia/Shanghai")
    assert found.orders["created_at"].item().hour == 8


CELLS = {
    "bad_date": row(created_at="31/02/2026 10:00:00"),
    "date_out_of_range": row(created_at="20/11/1926 10:00:00"),
    "time_missing": row(created_at="20/11/2026"),
    "date_missing": row(created_at=""),
    "in_the_future": row(created_at="20/11/2027 10:00:00"),
    "local_time_twice": row(created_at="25/10/2026 02:30:00"),
    "local_time_never": row(created_at="29/03/2026 02:30:00"),
    "bad_money": row(price="gratuit"),
    "ambiguous_money": row(price="1.234"),
    "negative": row(price="-12,50"),
    "bad_quantity": row(quantity="1,5"),
    "unknown_state": row(state="Égarée"),
    "state_missing": row(state=""),
    "order_number_missing": row(""),
    "mangled_number": row("2,61E+14"),
    "mangled_code": row(sku="3,6E+12"),
    "cells_extra": [*row(), "more"],
    "cells_missing": row()[:-1],
}


@pytest.mark.parametrize("code", CELLS)
def test_a_bad_cell_is_found_with_its_line(code: str) -> None:
    found = reading(export(row("FIRST"), CELLS[code]))
    assert codes(found) == [code]
    finding = found.findings.row(0, named=True)
    assert finding["line"] == 8
    assert finding["level"] == CODES[code].level
    assert found.rejected == (CODES[code].level == "error")
    assert found.read == found.lines.height + found.rejected == 2
    assert "FIRST" in found.orders["order_number"]


@pytest.mark.parametrize(("code", "cells"), [
    ("unknown_delivery_mode", {"Delivery mode": "by owl"}), ("bad_currency", {"Currency": "gold"}),
    ("unknown_column", {"Colour": "red"}), ("repeated_column", {"order_number": "B"}),
])  # fmt: skip
def test_the_template_says_what_it_does_not_know(code: str, cells: dict[str, str]) -> None:
    usual = {"Order number": "A", "State": "to_ship", "Created at": "2026-11-20 09:05"}
    assert codes(reading(template(usual | cells))) == [code]


def test_the_hour_that_comes_twice_is_its_first_coming() -> None:
    found = reading(export(row(created_at="25/10/2026 02:30:00")))
    assert found.orders["created_at"].item() == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(("text", "minor"), [
    ("12,50 €", 1250), ("1\u202f234,56\u00a0€", 123456), ("1.234,56", 123456), ("1,234.56", 123456), ("7", 700),
    ("0,00", 0), ("0,99", 99), ("12.5", 1250), ("12,100000000000001", 1210), ("EUR 3,20", 320),
])  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, minor: int) -> None:
    assert reading(export(row(price=text))).lines["price_minor"].item() == minor


@pytest.mark.parametrize("text", ["1e3", "inf", "nan", "+5,+1", "1_0,00", "12,5O", "--1,00", "1,2,3"])
def test_what_only_a_computer_calls_a_number_is_no_amount(text: str) -> None:
    assert reading(export(row(price=text))).rejected == 1


def test_lines_count_the_breaks_inside_quotes() -> None:
    found = reading(export(row("A", title="two\nlines"), row("B"), row("C", price="x"), header="bilingual"))
    assert found.orders["line"].to_list() == [16, 18]
    assert found.findings["line"].to_list() == [19]


def test_blank_rows_and_repeated_headers_are_skipped_with_a_note() -> None:
    found = reading(export(row("A"), [""] * 9, HEADERS["french"], row("B")))
    assert sorted(codes(found)) == ["blank_rows", "repeated_header"]
    assert (found.read, found.orders.height, found.orders["line"].to_list()) == (2, 2, [7, 10])


def test_the_older_variant_has_no_quotes_and_may_hold_stray_ones() -> None:
    lines = [";".join(HEADERS["french"]), ";".join(row("A", title='24" screen')), ";".join(row("B"))]
    found = reading((PREAMBLE + "\r\n".join(lines)).encode("cp1252"))
    assert found.lines["title"].to_list() == ['24" screen', "Théière"]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    data = export(row("A"), row("B")) + b'"C;open\r\n' + quoted(row("D")).encode()
    found = reading(data)
    assert found.orders["order_number"].to_list() == ["A", "B", "D"]
    assert found.rejects["line"].to_list() == [9]
    assert found.rejects["cells"].to_list() == ['"C;open']


def test_an_order_with_a_rejected_line_does_not_pretend_to_know_its_amount() -> None:
    found = reading(export(row("A"), row("A", sku="B", price="?"), row("C")))
    assert found.orders["goods_minor"].to_list() == [None, 1250]
    assert found.lines.height == 2


def test_rows_of_one_order_meet_wherever_they_stand() -> None:
    found = reading(export(row("A"), row("B"), row("A", sku="LAMP2")))
    assert found.orders["goods_minor"].to_list() == [2500, 1250]
    assert found.lines["line_no"].to_list() == [1, 2, 1]


def test_a_line_that_stands_twice_in_its_order_is_told() -> None:
    found = reading(export(row("A"), row("B"), row("A"), row("A", sku="LAMP2")))
    assert found.findings.select("line", "code", "value", "order_number").rows() == [(9, "line_again", "LAMP1", "A")]
    assert (found.rejected, found.lines.height) == (0, 4)
    told = [{"Order number": "A", "State": "to_ship", "Created at": "2026-11-20 09:05", "Line id": n} for n in "121"]
    assert reading(template(*told)).findings.filter(code="line_again")["line"].to_list() == [4]


def test_where_rows_disagree_the_state_that_asks_for_something_wins() -> None:
    found = reading(export(row("A"), row("A", sku="B", state="À expédier")))
    assert found.orders["state"].to_list() == ["to_ship"]
    assert codes(found) == ["rows_disagree"]


def test_the_digest_does_not_depend_on_the_order_of_lines() -> None:
    one = reading(export(row("A"), row("A", sku="B"))).orders["digest"].item()
    two = reading(export(row("A", sku="B"), row("A"))).orders["digest"].item()
    other = reading(export(row("A"), row("A", sku="C"))).orders["digest"].item()
    assert one == two != other


def test_an_unknown_word_is_kept_counted_and_can_be_mapped() -> None:
    data = export(row("A", state="Égarée"), row("B", state="Égarée"))
    found = reading(data)
    assert found.orders["state"].to_list() == ["unknown", "unknown"]
    assert found.orders["state_word"].to_list() == ["Égarée", "Égarée"]
    assert found.unknown_words.rows() == [("Égarée", 2)]
    assert reading(data, state_words={fold("Égarée"): "in_dispute"}).orders["state"].unique().to_list() == [
        "in_dispute"
    ]


def test_the_file_is_as_old_as_its_newest_event_and_deadlines_do_not_count() -> None:
    data = template({"Order number": "A", "State": "to_ship", "Created at": "2026-11-20 09:05",
                     "Paid at": "2026-11-20 12:00", "Latest ship at": "2026-11-30"})  # fmt: skip
    assert reading(data).as_of == dt.datetime(2026, 11, 20, 11, tzinfo=dt.UTC)


@pytest.mark.parametrize(("name", "data", "code"), [
    ("a.csv", b"", "empty"), ("a.csv", b" \r\n ", "empty"), ("a.csv", b"name;colour\r\nx;red", "no_header"),
    ("a.csv", b"PK\x03\x04rest", "zip_as_csv"), ("a.xlsx", b"PK\x03\x04rest", "not_spreadsheet"),
    ("a.xlsx", b"Order Number;Order date;Order status", "not_spreadsheet"),
    ("a.csv", export(row()) + b"\0", "null_bytes"), ("a.csv", export(), "no_rows"),
    ("a.csv", b"\xff\xfea", "bad_encoding"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(name: str, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        reading(data, name)
    assert refused.value.code == code
    assert str(refused.value)
    assert code in REFUSALS


@pytest.mark.parametrize(("limits", "code"), [(Limits(bytes=1), "too_big"), (Limits(rows=1), "too_many_rows")])
def test_a_file_beyond_the_limits_is_refused(limits: Limits, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read("a.csv", export(row("A"), row("B")), replace(FORMATS, limits=limits), now=NOW)
    assert refused.value.code == code


def test_a_file_read_in_pieces_says_the_same_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells with line breaks, orders over a cut, bad cells, blank rows: at every size of the pieces."""
    rows = [
        row("A", title="one\nof two", sku="A1"), row("A", title="a;\nb", sku="A2"), row("B", price="x"),
        row("B", sku="B2"), [""] * 9, row("C", state="Parti", address=" nowhere\u00a0"), HEADERS["french"],
        row("D", state="Parti"), row("E", state="Ailleurs"), row("E", state="Expédiée", sku="E2"), row("E", sku="E3"),
        row("A", sku="A3"),
    ]  # fmt: skip
    for encoding, some in product(("utf-8", "cp1252"), (rows, rows[:-1])):
        data = export(*some, encoding=encoding)
        whole = reading(data)
        for size in (1, 50, 200, 500):
            monkeypatch.setattr(text, "PIECE", size)
            assert_same(reading(data), whole)
        monkeypatch.undo()


def test_a_piece_with_a_stray_quote_makes_the_whole_file_be_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    data = export(*(row(f"N{n}") for n in range(20))) + b'"K";"stray\r\n' + export(row("L")).split(b"\r\n")[-2]
    monkeypatch.setattr(text, "PIECE", 100)
    found = reading(data)
    assert found.orders.height == 21
    assert codes(found) == ["ragged"]


def assert_same(found: Reading, other: Reading) -> None:
    for name in ("orders", "lines", "buyers", "findings", "unknown_words", "rejects"):
        one, two = getattr(found, name), getattr(other, name)
        assert one.equals(two), (name, one, two)
    assert (found.read, found.rejected, found.states) == (other.read, other.rejected, other.states)


HOSTILE = st.text(st.sampled_from("=+-@\"';,\t\n\r|\u202e\ufeff€é0129/:. <>\\"), max_size=60) | st.just("x" * 70_000)


HOSTILE_ROWS = st.lists(st.lists(HOSTILE, min_size=9, max_size=9), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(HOSTILE_ROWS)
def test_hostile_text_never_breaks_the_reading_and_no_row_is_lost(rows: list[list[str]]) -> None:
    no_row_is_lost(rows)


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(HOSTILE_ROWS)
def test_no_row_of_much_hostile_text_is_lost(rows: list[list[str]]) -> None:
    no_row_is_lost(rows)


def no_row_is_lost(rows: list[list[str]]) -> None:
    found = reading(export(row("SAFE"), *rows))
    skipped = found.findings.filter(pl.col("code").is_in(["blank_rows", "repeated_header"]))["value"].to_list()
    assert found.read == found.lines.height + found.rejected
    assert "SAFE" in found.orders["order_number"]
    assert found.read + sum(int(n) for n in skipped) >= len(rows)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_or_refused(junk: bytes, behind: bool) -> None:
    try:
        found = reading(export(row()) + junk if behind else junk)
    except Refused:
        return
    assert found.read == found.lines.height + found.rejected
