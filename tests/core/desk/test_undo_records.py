"""An import of shipments, return requests, ... taken back: as if it had never been, but for what came since."""

import datetime as dt
import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.desk import imports, return_typing, settings, undo
from core.desk.base import Desk, Person, open_desk
from core.desk.imports import ImportPreview
from core.store.engine import writing
from core.store.shipment_tables import manifest_rows, manifests
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON

LEA = Person("Léa", "lead")
LATER = NOON + dt.timedelta(days=60)
DAY = dt.timedelta(days=1)
SAMPLES = Path(__file__).parents[3] / "data" / "samples"
TABLES = ("shipments", "return_requests", "inquiries", "disputes", "finance_entries", "health_indicators")
OWN = ("import_id", "created_import_id", "held", "digest", "version")


def shipments(day: int, *rows: tuple[str, str, str, str]) -> bytes:
    """A file of shipments of that day: (order, line id, carrier, tracking number)."""
    head = "Order number;Line id;Shipped at;Carrier;Tracking number"
    at = f"{NOON + day * DAY:%Y-%m-%dT%H:%M:%SZ}"
    return "\n".join([head, *(f"{n};{line};{at};{who};{parcel}" for n, line, who, parcel in rows)]).encode()


def orders(day: int, *rows: tuple[str, str, str]) -> bytes:
    """A file of orders of that day: (order, state, carrier)."""
    head = "Order number;State;Created at;Carrier"
    mark = f"Z{day};to_ship;{NOON + day * DAY:%Y-%m-%dT%H:%M:%SZ};"
    known = (f"{n};{state};{NOON - 9 * DAY:%Y-%m-%dT%H:%M:%SZ};{who}" for n, state, who in rows)
    return "\n".join([head, *known, mark]).encode()


def returns(day: int, *rows: tuple[str, str, str]) -> bytes:
    """A file of return requests of that day: (order, reason, what the buyer wrote)."""
    head = "Order number;Return number;Seller SKU;Requested at;Reason;Reason text"
    at = f"{NOON + day * DAY:%Y-%m-%dT%H:%M:%SZ}"
    return "\n".join([head, *(f"{n};;S;{at};{why};{text}" for n, why, text in rows)]).encode()


def bring(desk: Desk, shop: int, data: bytes, name: str = "a.csv") -> tuple[int, ImportPreview]:
    done = imports.write(desk, LEA, imports.preview(desk, shop, name, data, LATER), LATER)
    assert done.already is None
    return imports.history(desk)["id"].max(), done


def stands(desk: Desk, *, whose: bool = False) -> dict[str, list[tuple]]:
    """All that the base says; with ``whose`` also who gave it, and how it can be taken back."""
    found = {}
    with desk.engine.connect() as connection:
        for table in TABLES:
            rows = connection.exec_driver_sql(
                f"SELECT i.seen_as_of, t.* FROM {table} t JOIN imports i ON i.id = t.import_id ORDER BY t.key"
            ).mappings()
            left_out = ("version",) if whose else OWN
            found[table] = [tuple(v for name, v in row.items() if name not in left_out) for row in rows]
        more = ", o.import_id, created_import_id, held, digest" if whose else ""
        sql = f"SELECT order_number, state, carrier, tracking_number, i.seen_as_of{more} FROM orders o"
        asked = {
            "orders": f"{sql} JOIN imports i ON i.id = o.import_id ORDER BY 1",
            "texts": "SELECT * FROM record_texts ORDER BY kind, key, field",
        }
        asked |= {name: f"SELECT * FROM {name}" for name in ("undo_records", "undo_layers") if whose}
        for name, query in asked.items():
            found[name] = sorted(tuple(row) for row in connection.exec_driver_sql(query))
    return found


@pytest.fixture
def shop(any_desk: Desk) -> int:
    return settings.add_shop(any_desk, LEA, "amazon", "Lumina")


def some_file(chance: random.Random, day: int) -> bytes:
    numbers = chance.sample(("A1", "A2", "A3", "A4"), chance.randint(1, 4))
    kind = chance.choice(("orders", "shipments", "shipments", "returns"))
    if kind == "orders":
        states = ("to_ship", "shipped")
        return orders(day, *((n, chance.choice(states), chance.choice(("", "", "GLS"))) for n in numbers))
    if kind == "returns":
        return returns(day, *((n, chance.choice(("broken", "late")), chance.choice(("", "Cassé"))) for n in numbers))
    carrier = ("", "UPS", "DHL")
    return shipments(day, *((n, chance.choice(("", "1")), chance.choice(carrier), f"T{n}") for n in numbers))


def some_files(chance: random.Random) -> list[bytes]:
    """Five files. Orders may come after their shipments, but not after two files that speak of the same shipment:
    what the first of them had said is then known of the shipment only."""
    files: list[bytes] = []
    while len(files) < 5:
        data = some_file(chance, len(files))
        first = set().union(*(each.splitlines() for each in files if b"State" in each))
        known = {line.split(b";")[0] for line in first}
        said = {tuple(line.split(b";")[:2]) for each in files if b"Shipped" in each for line in each.splitlines()[1:]}
        rows = [tuple(line.split(b";")[:2]) for line in data.splitlines()[1:]]
        if b"Shipped" not in data or not any(row in said and row[0] not in known for row in rows):
            files.append(data)
    return files


def two_undone(folder: Path, seed: int) -> None:
    """Undo two of several files, in any order, and compare with a base that never saw them."""
    chance = random.Random(seed)
    files = some_files(chance)
    gone = chance.sample(range(5), 2)
    pair = []
    for name, left_out in ((f"undone{seed}", []), (f"never{seed}", gone)):
        desk = open_desk(sqlite_base(Path(folder, f"{name}.db")))
        shop = settings.add_shop(desk, LEA, "amazon", "Lumina")
        ids = [bring(desk, shop, data)[0] for n, data in enumerate(files) if n not in left_out]
        for n in () if left_out else gone:
            seen, done = undo.look(desk, ids[n]), undo.run(desk, LEA, ids[n], LATER)
            assert [getattr(seen, name) for name in undo.COUNTS] == [getattr(done, name) for name in undo.COUNTS]
        pair.append(stands(desk))
        desk.engine.dispose()
    assert pair[0] == pair[1]


@pytest.mark.parametrize("seed", range(4))
def test_undoing_any_two_of_several_files_of_all_kinds_is_as_if_they_had_never_been(tmp_path: Path, seed: int) -> None:
    """The files come in the order of their as-of; orders may come before or after their shipments."""
    two_undone(tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 40))
def test_undoing_any_two_of_many_more_files(tmp_path: Path, seed: int) -> None:
    two_undone(tmp_path, seed)


def test_undoing_the_last_files_one_after_the_other_goes_back_step_by_step(any_desk: Desk, shop: int) -> None:
    chance = random.Random(7)
    before, ids = [], []
    for day in range(6):
        before.append(stands(any_desk, whose=True))
        ids.append(bring(any_desk, shop, some_file(chance, day))[0])
    for number, then in zip(reversed(ids), reversed(before), strict=True):
        plan = undo.run(any_desk, LEA, number, LATER)
        assert stands(any_desk, whose=True) == then
        assert undo.run(any_desk, LEA, number, LATER).undone_by == "Léa"
        assert plan.kept == 0


@pytest.mark.parametrize(
    ("name", "marketplace"),
    [
        ("amazon_confirmation.txt", "amazon"),
        ("amazon_returns.txt", "amazon"),
        ("cdiscount_octopia_discussions.json", "cdiscount"),
        ("desk48_disputes.xlsx", "aliexpress"),
        ("cdiscount_finance.csv", "cdiscount"),
        ("amazon_health.json", "amazon"),
    ],
)
def test_a_file_of_each_kind_goes_in_out_and_in_again(any_desk: Desk, name: str, marketplace: str) -> None:
    shop = settings.add_shop(any_desk, LEA, marketplace, "Lumina")
    data = (SAMPLES / name).read_bytes()
    empty = stands(any_desk)
    first, seen = bring(any_desk, shop, data, name)
    then = stands(any_desk)
    plan = undo.run(any_desk, LEA, first, LATER)
    assert (plan.removed, plan.restored, plan.kept) == (seen.new, 0, 0)
    assert stands(any_desk) == empty
    assert bring(any_desk, shop, data, name)[1].new == seen.new
    assert stands(any_desk) == then


def test_a_value_of_every_type_comes_back(any_desk: Desk) -> None:
    """The second file says nothing else; what the base held before is bent in between."""
    shop = settings.add_shop(any_desk, LEA, "amazon", "Lumina")
    data = (SAMPLES / "amazon_health.json").read_bytes()
    bring(any_desk, shop, data, "a.json")
    bent = "rate = 0.1234567890123456789, hits = 7, from_at = 1700000000000001, status_word = 'x', digest = 1"
    with any_desk.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE health_indicators SET {bent} WHERE hits IS NOT NULL")
    before = stands(any_desk, whose=True)
    number, seen = bring(any_desk, shop, data + b"\n", "a.json")
    assert seen.changed
    assert undo.run(any_desk, LEA, number, LATER).restored == seen.changed
    assert stands(any_desk, whose=True) == before


def test_an_order_that_came_after_its_shipments_loses_only_the_word_of_the_undone_one(
    any_desk: Desk, shop: int
) -> None:
    first, _ = bring(any_desk, shop, shipments(0, ("A1", "", "UPS", "T1"), ("A2", "", "UPS", "T2")))
    second, _ = bring(any_desk, shop, shipments(1, ("A1", "9", "DHL", "T9")))
    bring(any_desk, shop, orders(2, ("A1", "shipped", ""), ("A2", "shipped", "")))
    parcels = [row[:1] + row[2:4] for row in stands(any_desk)["orders"][:2]]
    assert parcels == [("A1", "DHL", "T9"), ("A2", "UPS", "T2")]
    assert undo.run(any_desk, LEA, second, LATER).parcels == 1
    assert [row[:1] + row[2:4] for row in stands(any_desk)["orders"][:2]] == [("A1", "UPS", "T1"), ("A2", "UPS", "T2")]
    assert undo.run(any_desk, LEA, first, LATER).parcels == 2
    assert [row[2:4] for row in stands(any_desk)["orders"][:2]] == [(None, None)] * 2


def test_an_order_goes_with_its_file_and_finds_its_shipment_again_when_it_comes_back(any_desk: Desk, shop: int) -> None:
    data = orders(0, ("A1", "to_ship", ""))
    first, _ = bring(any_desk, shop, data)
    second, _ = bring(any_desk, shop, shipments(1, ("A1", "", "UPS", "T1")))
    then = stands(any_desk)
    plan = undo.run(any_desk, LEA, first, LATER)
    assert (plan.removed, plan.kept) == (2, 0)
    assert stands(any_desk)["orders"] == []
    bring(any_desk, shop, data)
    assert stands(any_desk) == then
    assert undo.run(any_desk, LEA, second, LATER).parcels == 1
    assert stands(any_desk)["orders"][0][2:4] == (None, None)


def test_what_people_typed_or_decided_since_stays_and_is_listed(any_desk: Desk, shop: int) -> None:
    first, _ = bring(any_desk, shop, returns(0, ("A1", "late", ""), ("A2", "late", ""), ("A3", "late", "")))
    facts = {"order_number": "A1", "seller_sku": "S", "reason_word": "lost", "requested_at": NOON}
    return_typing.record(any_desk, LEA, shop, return_typing.typed(any_desk, shop, facts), LATER)
    row = f"({shop}, 'A2||S', 'category', 'lamp', 'Léa', {2**60})"
    with writing(any_desk.engine) as connection:
        connection.exec_driver_sql(f"INSERT INTO return_facts (shop_id, key, field, value, person, at) VALUES {row}")
    plan = undo.run(any_desk, LEA, first, LATER)
    assert (plan.removed, plan.kept) == (1, 2)
    assert undo.kept(plan).rows() == [("A1", "edited", True), ("A2", "decided", True)]
    assert [row[2] for row in stands(any_desk)["return_requests"]] == ["A1||S", "A2||S"]


def test_a_shipment_that_went_out_in_a_file_stays_with_what_it_gave_its_order(any_desk: Desk, shop: int) -> None:
    bring(any_desk, shop, orders(0, ("A1", "to_ship", ""), ("A2", "to_ship", "")))
    number, _ = bring(any_desk, shop, shipments(1, ("A1", "", "UPS", "T1"), ("A2", "", "UPS", "T2")))
    with writing(any_desk.engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO shipment_words (shop_id, order_number, tracking_number, verdict, reason, person, role, at)"
            f" VALUES ({shop}, 'A1', 'T1', 'suspect', 'seen', 'Zoé', 'lead', {2**60})"
        )
    plan = undo.run(any_desk, LEA, number, LATER)
    assert (plan.removed, plan.kept, plan.parcels) == (1, 1, 1)
    assert undo.kept(plan).rows() == [("A1", "decided", True)]
    assert [row[:1] + row[2:4] for row in stands(any_desk)["orders"][:2]] == [("A1", "UPS", "T1"), ("A2", None, None)]


def test_a_shipment_that_went_out_stays_however_its_file_wrote_the_number(any_desk: Desk, shop: int) -> None:
    bring(any_desk, shop, orders(0, ("A1", "to_ship", ""), ("A2", "to_ship", "")))
    number, _ = bring(any_desk, shop, shipments(1, ("A1", "", "UPS", "t 1"), ("A2", "", "UPS", "T2")))
    with writing(any_desk.engine) as connection:
        manifest = {"shop_id": shop, "layout": "desk48", "file_name": "x", "file": b"", "sha256": "", "orders": 1}
        manifest |= {"rules": "", "person": "Zoé", "role": "lead", "at": 2**60}
        sent = {"carrier": "UPS", "tracking_number": "T1", "verdict": "plausible", "evidence": "shape", "gate": "goes"}
        manifest_id = connection.scalar(sa.insert(manifests).values(**manifest).returning(manifests.c.id))
        row = sent | {"shop_id": shop, "manifest_id": manifest_id, "n": 1, "order_number": "A1"}
        connection.execute(sa.insert(manifest_rows).values(**row))
    assert undo.kept(undo.run(any_desk, LEA, number, LATER)).rows() == [("A1", "decided", True)]


def test_an_import_from_before_kinds_were_kept_cannot_be_undone(any_desk: Desk, shop: int) -> None:
    number, _ = bring(any_desk, shop, shipments(1, ("A1", "", "UPS", "T1")))
    with writing(any_desk.engine) as connection:
        connection.exec_driver_sql("UPDATE imports SET undoable = false, kind = NULL")
    with pytest.raises(undo.CannotUndo):
        undo.look(any_desk, number)
