"""An import taken back: as if it had never been, but for what people and later files said since."""

import datetime as dt
import random
from pathlib import Path

import pytest

from core.desk import cases, imports, settings, shop_words, undo
from core.desk.base import Desk, NotAllowed, OrderKey, Person, open_desk
from core.policy.words import DecisionKind
from core.store import merge, write
from core.store.engine import writing
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON, PARIS

HOUR = dt.timedelta(hours=1)
LEA = Person("Léa", "lead")
STATES = ("À accepter", "En attente d'expédition", "Expédiée", "Bizarre")
HEADER = "Référence commande;Date de commande;Statut commande;SKU Cdiscount;Quantité;" + (
    "Prix Total (€ TTC) hors frais de traitement;Montant Frais de livraison (€ TTC)"
)


def file(hour: int, orders: dict[str, tuple[str, str, int, str]]) -> bytes:
    """An export whose newest order is of that hour: number -> (state, town, lines, price)."""
    head = HEADER + ";Ville de livraison"
    rows = [
        f"{number};{NOON.astimezone(PARIS) - 100 * HOUR:%d/%m/%Y %H:%M:%S};{state};S{n};1;{price};2,50;{town}"
        for number, (state, town, lines, price) in orders.items()
        for n in range(lines)
    ]
    mark = f"Z{hour};{(NOON + hour * HOUR).astimezone(PARIS):%d/%m/%Y %H:%M:%S};À accepter;S;1;1,00;1,00;"
    return "\n".join([head, *rows, mark, ""]).encode()


def bring(desk: Desk, shop: int, data: bytes) -> int:
    later = NOON + 1000 * HOUR
    done = imports.write(desk, LEA, imports.preview(desk, shop, "a.csv", data, later), later)
    assert done.already is None
    return imports.history(desk)["id"].max()


def stands(desk: Desk, *, ids: bool = False) -> dict[str, list[tuple]]:
    """All that the base says, but for who wrote it and how often."""
    ask = {
        "orders": "SELECT o.order_number, state, state_word, created_at, goods_minor, o.shipping_minor,"
        " tracking_number, i.seen_as_of FROM orders o JOIN imports i ON i.id = o.import_id ORDER BY 1",
        "lines": "SELECT order_number, line_no, sku, quantity, price_minor, fee FROM order_lines ORDER BY 1, 2",
        "buyers": "SELECT order_number, city FROM buyers ORDER BY 1",
        "days": "SELECT shop_id, day, state, orders FROM order_days WHERE orders <> 0 ORDER BY 1, 2, 3",
    }
    if ids:
        ask["givers"] = "SELECT order_number, import_id, held, digest, created_import_id FROM orders ORDER BY 1"
        ask["layers"] = "SELECT * FROM undo_layers ORDER BY 1, 2, 3"
        ask["raises"] = "SELECT * FROM undo_raises ORDER BY 1, 2"
    with desk.engine.connect() as connection:
        return {name: [tuple(row) for row in connection.exec_driver_sql(sql)] for name, sql in ask.items()}


@pytest.fixture
def shop(desk: Desk) -> int:
    return settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina")


def some_orders(chance: random.Random) -> dict[str, tuple[str, str, int, str]]:
    numbers = chance.sample("ABCDEFG", chance.randint(1, 6))
    pick = (chance.choice, STATES), (chance.choice, ("", "Lyon", "Nîmes")), (chance.randint, (1, 2))
    return {
        number: (pick[0][0](STATES), pick[1][0](pick[1][1]), chance.randint(1, 2), chance.choice(("5,00", "7,00")))
        for number in numbers
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("worth_counting", [1, 20_000])
def test_undoing_any_two_of_several_files_is_as_if_they_had_never_been_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, worth_counting: int
) -> None:
    """The files come in the order of their as-of; each may say an order again, otherwise, or not at all."""
    monkeypatch.setattr(merge, "WORTH_COUNTING", worth_counting)
    chance = random.Random(seed)
    files = [file(0, first := some_orders(chance))]
    for hour in range(1, 4):
        orders = first if chance.random() < 0.3 else {**some_orders(chance), **({} if chance.random() < 0.5 else first)}
        files.append(file(hour, orders))
    gone = chance.sample(range(4), 2)
    pair = []
    for name, left_out in (("undone", []), ("never", gone)):
        desk = open_desk(sqlite_base(tmp_path / f"{name}.db"))
        shop = settings.add_shop(desk, LEA, "cdiscount", "Lumina")
        ids = [bring(desk, shop, data) for n, data in enumerate(files) if n not in left_out]
        for n in () if left_out else gone:
            seen = undo.look(desk, ids[n])
            done = undo.run(desk, LEA, ids[n], NOON)
            assert [getattr(seen, name) for name in undo.COUNTS] == [getattr(done, name) for name in undo.COUNTS]
        pair.append(stands(desk))
        desk.engine.dispose()
    assert pair[0] == pair[1]


def test_undoing_the_last_files_one_after_the_other_goes_back_step_by_step(any_desk: Desk) -> None:
    shop = settings.add_shop(any_desk, LEA, "cdiscount", "Lumina")
    chance = random.Random(48)
    before, ids = [], []
    for hour in range(4):
        before.append(stands(any_desk, ids=True))
        ids.append(bring(any_desk, shop, file(hour, some_orders(chance))))
    for number, then in zip(reversed(ids), reversed(before), strict=True):
        plan = undo.run(any_desk, LEA, number, NOON)
        assert stands(any_desk, ids=True) == then
        assert undo.run(any_desk, LEA, number, NOON).undone_by == "Léa"
        assert plan.kept == 0
    assert imports.history(any_desk)["undone_by"].to_list() == ["Léa"] * 4


def test_the_same_bytes_can_be_imported_again_after_an_undo(desk: Desk, shop: int) -> None:
    data = file(0, {"A": ("Expédiée", "Lyon", 2, "5,00")})
    first = bring(desk, shop, data)
    then = stands(desk)
    undo.run(desk, LEA, first, NOON)
    assert imports.preview(desk, shop, "a.csv", data, NOON).already is None
    bring(desk, shop, data)
    assert stands(desk) == then


def test_what_people_typed_and_decided_since_stays_and_is_listed(desk: Desk, shop: int) -> None:
    first = bring(desk, shop, file(0, {n: ("En attente d'expédition", "Lyon", 1, "5,00") for n in "ABC"}))
    second = bring(desk, shop, file(1, {n: ("Expédiée", "Nîmes", 1, "5,00") for n in "AB"}))
    with writing(desk.engine) as connection:
        write.type_facts(connection, shop, "A", {"tracking_number": "T1"}, 2, "Zoé", NOON)
    cases.add(desk, LEA, OrderKey(shop, "C"), DecisionKind.NOTE, "hold", NOON + 2000 * HOUR)
    plan = undo.run(desk, LEA, second, NOON)
    assert (plan.restored, plan.removed, plan.kept) == (2, 1, 0)
    assert undo.kept(plan).rows() == [("A", "edited", False)]
    states = {row[0]: (row[1], row[6]) for row in stands(desk)["orders"]}
    assert states == {"A": ("to_ship", "T1"), "B": ("to_ship", None), "C": ("to_ship", None), "Z0": ("to_accept", None)}
    plan = undo.run(desk, LEA, first, NOON)
    assert (plan.removed, plan.kept) == (2, 2)
    assert undo.kept(plan).rows() == [("A", "edited", True), ("C", "decided", True)]
    assert [row[0] for row in stands(desk)["orders"]] == ["A", "C"]


def test_an_undo_needs_permission_and_an_import_that_kept_what_was_before(desk: Desk, shop: int) -> None:
    number = bring(desk, shop, file(0, {"A": ("Expédiée", "", 1, "5,00")}))
    with pytest.raises(NotAllowed):
        undo.run(desk, Person("Guest", "viewer"), number, NOON)
    with pytest.raises(LookupError):
        undo.look(desk, number + 1)
    with writing(desk.engine) as connection:
        connection.exec_driver_sql("UPDATE imports SET undoable = false")
    with pytest.raises(undo.CannotUndo):
        undo.look(desk, number)


def test_a_word_that_was_explained_since_keeps_its_meaning(desk: Desk, shop: int) -> None:
    bring(desk, shop, file(0, {"A": ("Bizarre", "", 1, "5,00")}))
    second = bring(desk, shop, file(1, {"A": ("Expédiée", "", 1, "5,00")}))
    shop_words.map_state(desk, LEA, shop, "Bizarre", "cancelled", NOON)
    undo.run(desk, LEA, second, NOON)
    assert stands(desk)["orders"][0][1] == "cancelled"


def test_an_import_of_new_orders_only_keeps_no_images(desk: Desk, shop: int) -> None:
    bring(desk, shop, file(0, {n: ("Expédiée", "", 1, "5,00") for n in "ABC"}))
    assert stands(desk, ids=True)["layers"] == []


def test_an_order_whose_blanks_an_older_file_filled_since_stays_and_is_listed(desk: Desk, shop: int) -> None:
    number = bring(desk, shop, file(5, {"A": ("Expédiée", "", 1, "5,00")}))
    bring(desk, shop, file(1, {"A": ("À accepter", "Lyon", 1, "5,00")}))
    plan = undo.run(desk, LEA, number, NOON)
    assert (plan.removed, plan.kept, undo.kept(plan).rows()) == (1, 1, [("A", "filed", True)])
    assert [row[:2] for row in stands(desk)["orders"]] == [("A", "shipped"), ("Z1", "to_accept")]


@pytest.mark.parametrize("worth_counting", [1, 20_000])
def test_orders_that_later_files_say_again_belong_to_those_when_the_first_is_undone(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch, worth_counting: int
) -> None:
    monkeypatch.setattr(merge, "WORTH_COUNTING", worth_counting)
    shop = settings.add_shop(any_desk, LEA, "cdiscount", "Lumina")
    orders = {n: ("Expédiée", "Lyon", 2, "5,00") for n in "ABC"}
    files = [file(hour, orders) for hour in range(3)]  # and each has all that those before have
    marks = [b"".join(data.splitlines(keepends=True)[-1:]) for data in files]
    ids = [bring(any_desk, shop, data + b"".join(marks[:n])) for n, data in enumerate(files)]
    then = [row[:-1] for row in stands(any_desk)["orders"] if row[0] != "Z2"]
    for undone in ids[:2]:
        assert undo.run(any_desk, LEA, undone, NOON).removed == 0
        assert [row[:-1] for row in stands(any_desk)["orders"] if row[0] != "Z2"] == then
    assert undo.run(any_desk, LEA, ids[2], NOON).removed == 6
    assert stands(any_desk)["orders"] == stands(any_desk)["days"] == []
