"""Files of other kinds than orders: each field in its type, what is doubtful said, nothing lost."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.intake.explode import Whose
from core.intake.findings import Refused
from core.intake.formats import FIELDS_OF
from core.intake.grid import grid
from core.intake.records import KINDS, dtype, read_records, schema
from tests.core.intake.record_files import FORMATS, NOW, codes, reading
from tests.core.intake.record_files import grid as grid_of

DATA = Path(__file__).parents[3] / "data" / "samples"
RETURN = {
    "Order ID": "404-1234567-1234567", "Order date": "20-Sep-2026", "Return request date": "23-Sep-2026",
    "Return request status": "Approved", "Amazon RMA ID": "RMA9", "Merchant SKU": "SKU-1", "Label cost": "3.10",
    "Currency code": "EUR", "In policy": "Y", "Is prime": "N", "Return quantity": "1", "Refunded Amount": "",
}  # fmt: skip
DISCUSSION = {
    "discussionId": "652e92fc3b6ff8977effe471", "orderSellerId": "2611200905AB1CD", "subject": "Où est mon colis ?",
    "isOpen": "true", "status": "ToTreat", "createdAt": "2026-11-20T08:00:00Z", "updatedAt": "2026-11-21T09:30:00.5Z",
}  # fmt: skip
FINANCE = {
    "N° facture/avoir": "F1", "N° commande / Service": "2611200905AB1CD", "Date opération comptable": "12/11/2026",
    "Vente TTC hors frais de port": "1 024,90", "Commission Produit": "-153,74", "Total reçu": "871,16",
}  # fmt: skip
METRIC = {
    "metric": "lateShipmentRate", "marketplaceId": "A13V1IB3VIYZZH", "rate": "0.012", "targetValue": "0.04",
    "targetCondition": "LESS_THAN", "status": "GOOD", "lateShipmentCount": "3", "orderCount": "250",
    "reportingDateRange.reportingDateFrom": "2026-11-01T00:00:00Z",
    "reportingDateRange.reportingDateTo": "2026-11-22T00:00:00Z",
}  # fmt: skip
PARCEL = {
    "order-id": "404-1234567-1234567", "order-item-id": "12345678901234", "quantity": "1", "ship-date": "2026-11-20",
    "carrier-code": "Other", "carrier-name": "Colis Privé", "tracking-number": "0012345678",
}  # fmt: skip


def at(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.UTC)  # type: ignore[misc]


CASES: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("amazon_confirmation", PARCEL, {
        "key": "404-1234567-1234567|12345678901234|0012345678", "line_id": "12345678901234", "quantity": 1,
        "shipped_at": at(2026, 11, 19, 23), "carrier": "Colis Privé", "tracking_number": "0012345678",
    }),
    ("amazon_returns", RETURN, {
        "key": "404-1234567-1234567|RMA9|SKU-1", "requested_at": at(2026, 9, 22, 22), "status_word": "Approved",
        "label_cost_minor": 310, "in_policy": True, "is_prime": False, "claim": None, "refunded_minor": None,
    }),
    ("cdiscount_octopia_discussions", DISCUSSION, {
        "key": "652e92fc3b6ff8977effe471", "order_number": "2611200905AB1CD", "is_open": True,
        "updated_at": at(2026, 11, 21, 9, 30, 0, 500_000), "last_buyer_at": None, "subject": "Où est mon colis ?",
    }),
    ("cdiscount_finance", FINANCE, {
        "booked_at": at(2026, 11, 11, 23), "goods_minor": 102_490, "commission_minor": -15_374,
        "total_minor": 87_116, "refund_minor": None, "currency": "EUR",
    }),
    ("amazon_health", METRIC, {
        "metric_word": "lateShipmentRate", "rate": 0.012, "target": 0.04, "target_word": "LESS_THAN", "hits": 3,
        "of": 250, "to_at": at(2026, 11, 22),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("form", "cells", "said"), CASES, ids=[case[0] for case in CASES])
def test_a_row_comes_out_in_the_types_of_its_fields(form: str, cells: dict[str, str], said: dict[str, Any]) -> None:
    found = reading(form, cells)
    row = found.rows.row(0, named=True)
    assert {name: row[name] for name in said} == said
    assert found.rows.schema == schema(found.kind)
    assert (found.read, found.rejected) == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_of_a_kind_has_a_type_and_the_key_is_made_of_fields(kind: str) -> None:
    how, fields = KINDS[kind], set(FIELDS_OF[kind])
    assert {name for group in how.key for name in group} | {*how.must, *how.texts} <= fields
    assert all(dtype(name) is not None for name in fields)
    assert set(KINDS) == set(FIELDS_OF) - {"orders", "kept_apart"}


def test_a_refund_that_is_not_said_is_not_zero_and_days_are_told_once_a_column() -> None:
    found = reading("amazon_returns", RETURN, RETURN | {"Amazon RMA ID": "RMA8", "Refunded Amount": "0.00"})
    assert found.rows["refunded_minor"].to_list() == [None, 0]
    days = found.findings.filter(code="day_only")
    assert days.select("column", "value").rows() == [("Return request date", "2"), ("Order date", "2")]
    assert set(days["level"]) == {"note"}


@pytest.mark.parametrize(
    ("form", "cells", "code", "rejected"),
    [
        ("amazon_returns", RETURN | {"Order ID": ""}, "order_number_missing", 1),
        ("amazon_returns", RETURN | {"Order ID": "4.04E+19"}, "mangled_number", 1),
        ("amazon_returns", RETURN | {"Return request date": "2026/13/45"}, "bad_date", 1),
        ("amazon_returns", RETURN | {"Return quantity": "-1"}, "negative", 1),
        ("amazon_returns", RETURN | {"Is prime": "perhaps"}, "bad_flag", 0),
        ("amazon_returns", RETURN | {"Amazon RMA ID": "3.6E+12"}, "mangled_code", 0),
        ("amazon_returns", RETURN | {"Return request date": "23-Sep-2027"}, "in_the_future", 0),
        ("cdiscount_octopia_discussions", DISCUSSION | {"discussionId": ""}, "key_missing", 1),
        ("cdiscount_finance", FINANCE | {"Total reçu": "12,345,6"}, "bad_money", 1),
        ("amazon_health", METRIC | {"rate": "good"}, "bad_fraction", 0),
        ("amazon_health", METRIC | {"rate": "nan"}, "bad_fraction", 0),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(form: str, cells: dict[str, str], code: str, rejected: int) -> None:
    found = reading(form, cells)
    assert code in codes(found)
    assert (found.read, found.rejected, found.rows.height) == (1, rejected, 1 - rejected)
    assert found.rejects.height == rejected


def test_a_question_about_an_offer_and_a_fee_belong_to_no_order() -> None:
    assert reading("cdiscount_octopia_discussions", DISCUSSION | {"orderSellerId": ""}).rejected == 0
    fee = reading("cdiscount_finance", FINANCE | {"N° commande / Service": "Abonnement mensuel"})
    assert fee.rows["order_number"].to_list() == ["Abonnement mensuel"]


def test_percent_signs_and_decimal_commas_make_fractions() -> None:
    rates = ["1.2 %", "1,2\u00a0%", "0,012", "100%"]
    found = reading("amazon_health", *(METRIC | {"metric": f"m{n}", "rate": rate} for n, rate in enumerate(rates)))
    assert found.rows["rate"].to_list() == [0.012, 0.012, 0.012, 1.0]


def test_entries_alike_in_all_that_names_them_are_told_apart_by_their_place() -> None:
    found = reading("cdiscount_finance", FINANCE, FINANCE, FINANCE | {"Date opération comptable": "13/11/2026"})
    assert found.rows["key"].n_unique() == 3
    assert "record_again" not in codes(found)


def test_a_character_that_could_not_be_read_is_said() -> None:
    damaged = replace(
        grid_of(FORMATS.named("amazon_returns"), RETURN | {"Item Name": "Th\ufffdi\u00e8re"}), damaged=True
    )
    found = read_records(damaged, now=NOW)
    assert found.findings.filter(code="bad_character")["column"].to_list() == ["Item Name"]


def test_two_rows_of_one_record_are_told() -> None:
    found = reading("amazon_returns", RETURN, RETURN | {"Return request status": "Completed"})
    assert found.rows["key"].n_unique() == 1
    assert found.findings.filter(code="record_again")["line"].to_list() == [3]


def test_a_file_is_as_old_as_its_newest_event_and_a_deadline_is_none() -> None:
    assert reading("amazon_returns", RETURN).as_of == at(2026, 9, 22, 22)
    late = reading("amazon_health", METRIC | {"reportingDateRange.reportingDateTo": "2027-01-01T00:00:00Z"})
    assert late.as_of == at(2026, 11, 1) < NOW


def test_blank_rows_and_repeated_headers_are_skipped_and_a_file_without_rows_is_refused() -> None:
    header = {name: name for name in RETURN}
    found = reading("amazon_returns", RETURN, header, {})
    assert (found.read, found.rows.height) == (1, 1)
    assert {"repeated_header", "blank_rows"} <= set(codes(found))
    with pytest.raises(Refused, match="no rows"):
        reading("amazon_returns", {name: "" for name in RETURN})


def test_rows_of_another_marketplace_are_left_out_and_told() -> None:
    raw = grid("mabang_profit.xlsx", (DATA / "mabang_profit.xlsx").read_bytes(), FORMATS)
    mine = read_records(raw, now=NOW, whose=Whose("amazon"))
    assert mine.rows["order_number"].to_list() == ["406-1234567-7654321"]
    with pytest.raises(Refused):
        read_records(raw, now=NOW, whose=Whose("aliexpress"))


def test_every_format_of_a_record_kind_can_be_typed() -> None:
    for form in FORMATS.formats:
        if form.kind in KINDS:
            cells = {(form.names.get(name) or (name,))[0]: "" for name in form.columns.values()}
            with pytest.raises(Refused):
                reading(form.format, cells)


SAMPLES: list[tuple[str, str, int, dict[str, Any]]] = [
    ("amazon_confirmation.txt", "shipments", 2, {"order_number": "406-1234567-7654321", "carrier": "Delivengo",
     "tracking_number": "LD000000001FR", "shipped_at": at(2026, 11, 20, 23), "quantity": 1}),
    ("desk48_shipments.csv", "shipments", 1, {"carrier": "Colissimo", "shipped_at": at(2026, 11, 23, 15, 30)}),
    ("amazon_returns.txt", "returns", 2, {"rma_id": "DMADEUP1RRMA", "refunded_minor": 2240, "in_policy": True,
     "reason_word": "CR-UNWANTED_ITEM", "received_at": at(2026, 11, 21, 23), "quantity": 1}),
    ("amazon_returns.xml", "returns", 2, {"seller_sku": "CEINT-90", "claim": False}),
    ("desk48_returns.xlsx", "returns", 1, {"rma_id": "R-1024", "reason_word": "Retraction", "claim": False}),
    ("cdiscount_octopia_discussions.json", "inquiries", 2, {"inquiry_number": "65f0000000000000000000a2"}),
    ("desk48_inquiries.csv", "inquiries", 1, {"last_buyer_at": at(2026, 11, 22, 17, 40), "needs_reply": True,
     "subject": "Je n'ai pas reçu ma commande"}),
    ("desk48_disputes.xlsx", "disputes", 1, {"claimed_minor": 1840, "currency": "USD",
     "respond_by": at(2026, 11, 26, 2, 12)}),
    ("cdiscount_finance.csv", "finance", 3, {"order_number": "Réserve de garantie", "total_minor": -10_000}),
    ("amazon_settlement.txt", "finance", 2, {"row_word": "Refund", "total_minor": -1850, "sku": "VASE-02"}),
    ("mabang_profit.xlsx", "finance", 1, {"order_number": "406-1234567-7654321"}),
    ("amazon_health.json", "health", 4, {"metric_word": "accountStatuses", "rate": None, "to_at": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "rows", "last"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_a_sample_comes_down_to_typed_rows(name: str, kind: str, rows: int, last: dict[str, Any]) -> None:
    raw = grid(name, (DATA / name).read_bytes(), FORMATS)
    found = read_records(raw, now=NOW + dt.timedelta(days=1))
    assert (found.kind, found.read, found.rejected, found.rows.height) == (kind, rows, 0, rows)
    row = found.rows.row(-1, named=True)
    assert {field: row[field] for field in last} == last
    assert not set(codes(found)) - {"day_only", "fulfilled_elsewhere"}
