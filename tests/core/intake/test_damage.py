"""What spreadsheets and wrong encodings did to cells: named, put right where that is certain, else left out."""

from pathlib import Path

import polars as pl
import pytest

from core.intake import damage, mojibake
from core.intake.findings import CODES
from core.intake.read import Reading, read
from tests.core.intake.files import FORMATS, NOW, codes, export, reading, row, template

SAMPLES = Path(__file__).parents[3] / "data" / "samples"

USUAL = {"Order number": "A", "State": "to_ship", "Created at": "2026-11-20 09:05", "Country": "FR"}


# code, column of the template, cell as it stands, what is read (None: empty, "rejected": the row waits)
CASES = [
    ("mangled_number", "Order number", "1,23E+19", "rejected"),
    ("mangled_code", "Tracking number", "6.12E+12", None),
    ("pointed_number", "Order number", "8190000000000001.0", "rejected"),
    ("pointed_code", "Seller SKU", "12345.0", None),
    ("dated_number", "Order number", "2026-02-01 00:00:00", "rejected"),
    ("dated_code", "Seller SKU", "1-Feb", None),
    ("dated_code", "Seller SKU", "févr-26", None),
    ("dated_code", "SKU", "2月1日", None),
    ("short_code", "EAN", "36000291452", "0036000291452"),
    ("short_code", "Postcode", "1000", "01000"),
    ("hidden_signs", "Tracking number", "\u200b6A123\u00a0", "6A123"),
    ("hidden_signs", "Created at", "2026-11-20\u00a009:05", "2026-11-20 08:05"),
    ("full_width", "Quantity", "２", 2),
    ("full_width", "Tracking number", "６Ａ１２３", "6A123"),
    ("garbled", "Title", "ThÃ©iÃ¨re", "ThÃ©iÃ¨re"),
    ("garbled", "Title", "Th茅i猫re", "Th茅i猫re"),
    ("garbled", "Title", "锟斤拷锟斤拷", "锟斤拷锟斤拷"),
    ("garbled", "Title", "iPhone ÊÖ»ú¿Ç ºìÉ«", "iPhone ÊÖ»ú¿Ç ºìÉ«"),
    ("garbled", "City", "娣卞湷甯�".removesuffix("\ufffd"), "娣卞湷甯"),
]
FIELDS = {
    "Tracking number": "tracking_number", "Seller SKU": "seller_sku", "SKU": "sku", "EAN": "ean", "City": "city",
    "Postcode": "postcode", "Created at": "created_at", "Quantity": "quantity", "Title": "title",
}  # fmt: skip


def said(found: Reading, field: str) -> object:
    frame = next(f for f in (found.lines, found.orders, found.buyers) if field in f.columns)
    value = frame[field].item()
    return f"{value:%Y-%m-%d %H:%M}" if field == "created_at" else value


@pytest.mark.parametrize(("code", "column", "cell", "read_as"), CASES, ids=[f"{c[0]} {c[2]}" for c in CASES])
def test_damage_has_a_code_of_its_own_and_no_wrong_value_is_read(
    code: str, column: str, cell: str, read_as: object
) -> None:
    found = reading(template(USUAL | {column: cell}))
    assert codes(found) == [code]
    finding = found.findings.row(0, named=True)
    assert (finding["column"], finding["value"]) == (column, cell.strip("\u00a0"))
    assert "{" not in CODES[code].sentence.format_map(finding)
    assert found.rejected == (read_as == "rejected")
    if read_as != "rejected":
        assert said(found, FIELDS[column]) == read_as


def test_an_order_number_of_hidden_signs_alone_is_none() -> None:
    found = reading(template(USUAL | {"Order number": "\u202e\u200b"}))
    assert sorted(codes(found)) == ["hidden_signs", "order_number_missing"]
    assert found.rejected == 1


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("EAN", "3600000000017"), ("EAN", "036000291452"), ("EAN", "96385074"), ("EAN", "12345"),
        ("Seller SKU", "VEND-12"), ("Seller SKU", "12-34"), ("Seller SKU", "1.0.0"), ("Seller SKU", "MAR-X"),
        ("Seller SKU", "A+B"), ("Title", "Ça été créé à Nîmes"), ("Title", "全角１２３"), ("Title", "茅台酒"),
        ("Tracking number", "2026020100000"), ("Postcode", "01000"), ("City", "Âge"),
    ],
)  # fmt: skip
def test_what_only_looks_odd_is_left_alone(column: str, cell: str) -> None:
    found = reading(template(USUAL | {column: cell}))
    assert codes(found) == []
    assert said(found, FIELDS[column]) == cell


def test_a_postcode_of_four_digits_is_right_in_other_countries() -> None:
    found = reading(template(USUAL | {"Postcode": "1000", "Country": "BE"}))
    assert codes(found) == []
    assert found.buyers["postcode"].item() == "1000"


def test_an_id_that_lost_its_zeros_is_left_out_where_the_format_knows_its_length() -> None:
    data = (SAMPLES / "amazon_unshipped.txt").read_bytes()
    whole, short = (
        read("orders.txt", text, FORMATS, now=NOW, marketplace="amazon")
        for text in (data, data.replace(b"\t05835637770001\t", b"\t5835637770001\t"))
    )
    assert "05835637770001" in whole.lines["line_id"]
    assert "5835637770001" not in short.lines["line_id"]
    assert short.findings.filter(code="short_code")["value"].to_list() == ["5835637770001"]
    assert short.rejected == whole.rejected


def test_a_cdiscount_order_number_may_have_any_length() -> None:
    assert reading(export(row("26112009051234"), row("A"))).rejected == 0


@pytest.mark.parametrize(
    ("text", "garbled"),
    [("ÖÐ¹úÉÌ", True), ("rÃ©f", True), ("lâ€™été", True), ("Ã", False), ("Noël à Ñuñoa", False), ("àéîõ ü", False)],
)
def test_garbled_text_is_known_by_its_traces(text: str, garbled: bool) -> None:
    assert mojibake.garbled(pl.Series([text])).item() == garbled


KNOWN = {
    "order_number": pl.Series(["12345678901234567890", "12345678901299999999", "0123", "9999", "1-2"]),
    "seller_sku": pl.Series(["2-1", "FEB26", "00123", "123-A", "3-4"]),
}


@pytest.mark.parametrize(
    ("field", "code", "value", "proposed"),
    [
        ("order_number", "mangled_number", "1,23456789012346E+19", "12345678901234567890"),
        ("order_number", "mangled_number", "1,2E+19", None),  # two of the base fit
        ("order_number", "mangled_number", "7,7E+19", None),
        ("order_number", "pointed_number", "123.0", "0123"),
        ("order_number", "short_number", "123", "0123"),
        ("order_number", "dated_number", "1-Feb", "1-2"),
        ("seller_sku", "dated_code", "2026-01-02 00:00:00", "2-1"),
        ("seller_sku", "dated_code", "févr-26", "FEB26"),
        ("seller_sku", "dated_code", "2026-07-07 00:00:00", None),
        ("seller_sku", "pointed_code", "123.0", "00123"),
        ("seller_sku", "garbled", "123", None),
    ],
)
def test_a_value_is_proposed_where_exactly_one_of_the_base_fits(
    field: str, code: str, value: str, proposed: str | None
) -> None:
    findings = pl.DataFrame({"line": [7], "column": ["Col"], "code": [code], "value": [value]})
    found = damage.proposals(findings, {field: "Col"}, {field: KNOWN[field]})
    assert found["proposed"].to_list() == ([proposed] if proposed else [])
