"""Every sample file, from its bytes down to typed rows."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.intake.choices import Choices
from core.intake.encoding import WHY as WHY_ENCODING
from core.intake.findings import Refused
from core.intake.read import Reading, read
from core.intake.recognise import WHY
from core.intake.records import RecordReading
from tests.core.intake.files import FORMATS, NOW

SAMPLES = Path(__file__).parents[3] / "data" / "samples"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


CDISCOUNT: dict[str, Any] = {"state": "to_accept", "currency": "EUR", "created_at": at("2026-11-20 08:05:12")}
CDISCOUNT_MINUTES = CDISCOUNT | {"created_at": at("2026-11-20 08:05")}
ALIEXPRESS = {"order_number": "8190000000000001", "created_at": at("2026-11-17 22:15"), "state": "to_ship"}
DIANXIAOMI = {"state": "shipped", "created_at": at("2026-11-18 06:20")}
DISPUTE = {"dispute_number": "8012345678901", "respond_by": at("2026-11-26 02:12")}
INQUIRY = {
    "inquiry_number": "Q-2001",
    "last_buyer_at": at("2026-11-22 17:40"),
    "subject": "Je n'ai pas reçu ma commande",
}
OWN_ORDER = {"state": "to_ship", "latest_ship_at": at("2026-11-24 22:59:59"), "goods_minor": 2490}
OWN_RETURN = {"requested_at": at("2026-11-20 13:05"), "reason_word": "Retraction", "claim": False}
PARCEL = {"tracking_number": "6A12345678901", "shipped_at": at("2026-11-23 15:30"), "carrier": "Colissimo"}

# sample file: rows of the file, rejected ones, codes of its findings, its encoding, cells of its first row
CASES: dict[str, tuple[int, set[str], str | None, dict[str, Any]]] = {
    "aliexpress_orders.xls": (4, set(), None, ALIEXPRESS),
    "aliexpress_orders.xlsx": (4, set(), None, ALIEXPRESS),
    "aliexpress_orders_older.xlsx": (1, set(), None, ALIEXPRESS),
    "amazon_all_orders.txt": (4, {"fulfilled_elsewhere", "repeated_column"}, "utf-8",
                              {"order_number": "402-1000001-2000001", "created_at": at("2026-11-19 07:00:01")}),
    "amazon_confirmation.txt": (2, {"day_only"}, "utf-8", {"shipped_at": at("2026-11-19 23:00")}),
    "amazon_health.json": (4, {"fulfilled_elsewhere"}, None, {"metric_word": "lateShipmentRate"}),
    "amazon_new_orders.txt": (2, {"cannot_tell_cancel"}, "utf-8", {"paid_at": at("2026-11-21 10:02:40")}),
    "amazon_new_orders_eu.txt": (2, set(), "utf-8", {"latest_ship_at": at("2026-11-25 22:59:59")}),
    "amazon_returns.txt": (2, {"day_only"}, "utf-8", {"rma_id": "DMADEUP1RRMA", "title": "Vase bleu"}),
    "amazon_returns.xml": (2, set(), None, {"line": 6, "title": "Robe d'été bleue"}),
    "amazon_settlement.txt": (2, set(), "utf-8", {"document_number": "19000000001"}),
    "amazon_unshipped.txt": (4, set(), "cp1252", {"order_number": "406-1234567-7654321", "state": "to_ship"}),
    "cdiscount_finance.csv": (3, {"day_only"}, "utf-8", {"document_number": "F-1001", "channel": "CDISFR"}),
    "cdiscount_octopia_discussions.json": (2, set(), None, {"subject": "Je n'ai pas reçu ma commande"}),
    "cdiscount_octopia_orders.json": (4, {"fulfilled_elsewhere", "rows_disagree"}, None,
                                      {"created_at": at("2026-11-20 08:05:12.123")}),
    "cdiscount_orders_bilingual.csv": (6, set(), "utf-8", CDISCOUNT_MINUTES),
    "cdiscount_orders_en.csv": (6, set(), "utf-8", CDISCOUNT),
    "cdiscount_orders_fr.csv": (6, set(), "utf-8-sig", CDISCOUNT),
    "cdiscount_orders_fr_cp1252.csv": (6, set(), "cp1252", CDISCOUNT),
    "cdiscount_orders_fr_unquoted.csv": (6, set(), "cp1252", CDISCOUNT_MINUTES),
    "cdiscount_soap_orders.xml": (3, {"fulfilled_elsewhere", "rows_disagree"}, None,
                                  {"latest_ship_at": at("2026-11-24 22:59:59")}),
    "desk48_disputes.csv": (1, set(), "utf-8-sig", DISPUTE),
    "desk48_disputes.xlsx": (1, set(), None, DISPUTE),
    "desk48_inquiries.csv": (1, set(), "utf-8-sig", INQUIRY),
    "desk48_inquiries.xlsx": (1, set(), None, INQUIRY),
    "desk48_orders.csv": (1, set(), "utf-8-sig", OWN_ORDER),
    "desk48_orders.ods": (1, set(), None, OWN_ORDER),
    "desk48_orders.xlsx": (1, set(), None, OWN_ORDER),
    "desk48_returns.csv": (1, {"day_only"}, "utf-8-sig", OWN_RETURN),
    "desk48_returns.xlsx": (1, {"day_only"}, None, OWN_RETURN),
    "desk48_shipments.csv": (1, set(), "utf-8-sig", PARCEL),
    "desk48_shipments.xlsx": (1, set(), None, PARCEL),
    "dianxiaomi_orders.xls": (4, set(), None, DIANXIAOMI),
    "dianxiaomi_orders.xlsx": (4, set(), None, DIANXIAOMI),
    "dianxiaomi_orders_by_package.xlsx": (4, set(), None, DIANXIAOMI),
    "mabang_orders.csv": (3, {"date_missing", "repeated_column"}, "utf-8-sig", {"paid_at": at("2026-11-18 06:25")}),
    "mabang_profit.xlsx": (1, {"fulfilled_elsewhere"}, None, {"order_number": "406-1234567-7654321"}),
}  # fmt: skip
APART = {"amazon_fba_returns.csv", "amazon_fba_shipments.txt"}
ASKING = ("aliexpress", "dianxiaomi", "mabang")


def rows_of(found: Reading | RecordReading) -> pl.DataFrame:
    return found.orders if isinstance(found, Reading) else found.rows


def sample(name: str, choices: Choices) -> Reading | RecordReading:
    return read(name, (SAMPLES / name).read_bytes(), FORMATS, now=NOW, choices=choices)


def test_there_is_a_case_for_every_sample() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == set(CASES) | APART


@pytest.mark.parametrize("name", CASES)
def test_a_sample_is_read_down_to_typed_rows(name: str) -> None:
    rows, codes, encoding, cells = CASES[name]
    found = sample(name, Choices(zone="Asia/Shanghai"))  # the answer where the file asks
    assert (found.read, found.rejected, set(found.findings["code"])) == (rows, 0, codes)
    assert (found.decoded and found.decoded.encoding) == encoding
    assert found.decoded is not None or found.encoding == name.rpartition(".")[2]
    assert found.questions == ()
    row = rows_of(found).row(0, named=True)
    assert {field: row[field] for field in cells} == cells
    best = found.recognised.best
    assert best is not None
    assert best.format.format == found.format
    assert "{" not in WHY.format_map(best.params)
    assert found.decoded is None or (found.decoded.why in WHY_ENCODING and len(found.decoded.lines) in (1, 2, 3))


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(ASKING)])
def test_a_file_whose_clock_has_no_zone_asks_for_it_once(name: str) -> None:
    (question,) = sample(name, Choices()).questions
    assert question.ask == "zone"
    assert question.example.startswith("2026")
    assert [zone for zone, _ in question.options][:2] == ["Europe/Paris", "Asia/Shanghai"]


@pytest.mark.parametrize("name", sorted(APART))
def test_files_of_the_marketplaces_own_warehouse_are_not_read(name: str) -> None:
    with pytest.raises(Refused) as told:
        sample(name, Choices())
    assert told.value.code == "kept_apart"
