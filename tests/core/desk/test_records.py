"""Files of other kinds than orders, from their bytes to the base."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from core.desk import imports, settings
from core.desk.base import Desk, NotAllowed, Person
from core.store import queries, records
from core.store.engine import reading
from tests.core.desk.conftest import NOON

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
ORDER = "402-1000002-2000002"
SHIPPED = ("order-id", "order-item-id", "quantity", "ship-date", "carrier-code", "carrier-name", "tracking-number")


def confirmation(*rows: tuple[str, str, str]) -> bytes:
    """Amazon's shipping confirmation: (order number, carrier, tracking number)."""
    cells = [(number, "", "", "2026-11-20", "Other", carrier, parcel) for number, carrier, parcel in rows]
    return "\r\n".join("\t".join(row) for row in (SHIPPED, *cells)).encode()


def orders(*rows: tuple[str, str, str]) -> bytes:
    """A file of orders in Desk48's own form: (order number, created, carrier)."""
    head = "Order number;State;Created at;Carrier"
    return "\n".join([head, *(f"{n};to_ship;{at};{carrier}" for n, at, carrier in rows)]).encode()


def take(desk: Desk, shop: int, data: bytes, name: str = "file.txt", now: dt.datetime = NOON) -> imports.ImportPreview:
    return imports.write(desk, Person("Léa", "operator"), imports.preview(desk, shop, name, data, now), now)


def counts(seen: imports.ImportPreview) -> tuple[int, ...]:
    return seen.read, seen.new, seen.changed, seen.unchanged, seen.older, seen.rejected


def kept(desk: Desk, kind: str) -> pl.DataFrame:
    with reading(desk.engine) as connection:
        return records.every(connection, kind)


def order(desk: Desk, shop: int, number: str = ORDER) -> dict[str, object]:
    with reading(desk.engine) as connection:
        return queries.one_order(connection, shop, number).row(0, named=True)


@pytest.fixture
def shop(desk: Desk) -> int:
    return settings.add_shop(desk, Person("Léa"), "amazon", "Lumina")


def test_the_preview_of_shipments_counts_what_the_write_then_does(desk: Desk, shop: int) -> None:
    data = confirmation((ORDER, "Delivengo", "LD1"), ("402-1", "UPS", "1Z"), ("", "UPS", "1Y"))
    seen = imports.preview(desk, shop, "a.txt", data, NOON)
    assert (seen.format, counts(seen)) == ("amazon_confirmation", (3, 2, 0, 0, 0, 1))
    assert kept(desk, "shipments").is_empty()
    before = desk.revision()
    done = take(desk, shop, data)
    assert counts(done) == counts(seen)
    assert desk.revision() > before
    assert set(kept(desk, "shipments")["tracking_number"]) == {"1Z", "LD1"}
    found = imports.findings(desk, int(imports.history(desk)["id"][0]))
    assert sorted(found.filter(code="order_unknown")["order_number"]) == ["402-1", ORDER]
    assert found.filter(level="error")["code"].to_list() == ["order_number_missing"]


def test_the_same_bytes_again_write_nothing_and_other_bytes_of_the_same_words_change_nothing(
    desk: Desk, shop: int
) -> None:
    data = confirmation((ORDER, "UPS", "1Z"))
    take(desk, shop, data)
    assert imports.preview(desk, shop, "a.txt", data, NOON).already is not None
    assert counts(take(desk, shop, data + b"\r\n")) == (1, 0, 0, 1, 0, 0)
    assert kept(desk, "shipments")["version"].to_list() == [1]


@pytest.mark.parametrize("first", ["orders", "shipments"])
def test_a_shipment_gives_its_order_carrier_and_number_whichever_file_comes_first(
    desk: Desk, shop: int, first: str
) -> None:
    files = [orders((ORDER, "2026-11-19T10:00:00Z", "")), confirmation((ORDER, "UPS", "1Z"))]
    for data in files if first == "orders" else files[::-1]:
        take(desk, shop, data)
    known = order(desk, shop)
    assert (known["carrier"], known["tracking_number"], known["state"]) == ("UPS", "1Z", "to_ship")
    again = take(desk, shop, orders((ORDER, "2026-11-19T10:00:00Z", ""), ("402-9", "2026-11-22T10:00:00Z", "")))
    assert counts(again) == (2, 1, 0, 1, 0, 0)
    assert order(desk, shop)["carrier"] == "UPS"


def test_the_preview_shows_the_cells_of_the_order_that_a_shipment_changes(desk: Desk, shop: int) -> None:
    take(desk, shop, orders((ORDER, "2026-11-19T10:00:00Z", "GLS")))
    seen = imports.preview(desk, shop, "a.txt", confirmation((ORDER, "UPS", "1Z")), NOON)
    cell = seen.changes.filter(field="carrier").row(0, named=True)
    assert (cell["order_number"], cell["old"], cell["new"], cell["kept"]) == (ORDER, "GLS", "UPS", False)


@pytest.mark.parametrize(
    ("name", "kind", "marketplace"),
    [
        ("amazon_returns.txt", "returns", "amazon"),
        ("cdiscount_octopia_discussions.json", "inquiries", "cdiscount"),
        ("desk48_disputes.xlsx", "disputes", "aliexpress"),
        ("cdiscount_finance.csv", "finance", "cdiscount"),
        ("amazon_health.json", "health", "amazon"),
    ],
)
def test_each_kind_of_file_reaches_its_table_and_a_second_time_changes_nothing(
    desk: Desk, name: str, kind: str, marketplace: str
) -> None:
    shop = settings.add_shop(desk, Person("Léa"), marketplace, "Lumina")
    data = (SAMPLES / name).read_bytes()
    seen = take(desk, shop, data, name)
    rows = kept(desk, kind)
    assert counts(seen) == (rows.height, rows.height, 0, 0, 0, 0)
    with desk.engine.begin() as connection:  # as if its bytes had been others
        connection.exec_driver_sql("UPDATE imports SET sha256 = ''")
    assert counts(take(desk, shop, data, name)) == (rows.height, 0, 0, rows.height, 0, 0)
    assert kept(desk, kind).drop("import_id").equals(rows.drop("import_id"))


def test_records_are_judged_anew_where_a_colleague_wrote_in_between(desk: Desk, shop: int, somebody: Person) -> None:
    data = confirmation((ORDER, "UPS", "1Z"), ("402-1", "UPS", "1Y"))
    seen = imports.preview(desk, shop, "a.txt", data, NOON)
    take(desk, shop, confirmation((ORDER, "UPS", "1Z")))
    assert counts(imports.write(desk, somebody, seen, NOON)) == (2, 1, 0, 1, 0, 0)


def test_shipments_of_another_shops_orders_stop_and_a_viewer_imports_nothing(desk: Desk, shop: int) -> None:
    take(desk, shop, orders((ORDER, "2026-11-19T10:00:00Z", "")))
    data = confirmation((ORDER, "UPS", "1Z"))
    other = settings.add_shop(desk, Person("Léa"), "amazon", "Brico")
    with pytest.raises(imports.WrongShop):
        imports.preview(desk, other, "a.txt", data, NOON)
    with pytest.raises(NotAllowed):
        imports.write(desk, Person("Guest", "viewer"), imports.preview(desk, shop, "a.txt", data, NOON), NOON)
    assert kept(desk, "shipments").is_empty()
