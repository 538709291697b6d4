"""What a person chooses of an import: whole file or good rows, typed facts, and how big a file may be."""

import datetime as dt

import pytest

from core.desk import imports, orders, settings, undo
from core.desk.base import Desk, OrderKey, Person
from tests.core.desk.conftest import NOON, export

HOUR = dt.timedelta(hours=1)
LEA = Person("Léa")


@pytest.fixture
def shop(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "cdiscount", "Lumina")


def own(mode: str, day: str = "2026-11-24") -> bytes:
    return f"Order number;State;Created at;Delivery mode\nA;shipped;{day} 09:00;{mode}\n".encode()


def bring(desk: Desk, shop: int, data: bytes, **choice: object) -> imports.ImportPreview:
    return imports.write(desk, LEA, imports.preview(desk, shop, "a.csv", data, NOON, **choice), NOON)


def mode_of(desk: Desk) -> str | None:
    with desk.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT delivery_mode FROM orders").scalar_one()


def test_what_a_person_typed_is_marked_and_kept_unless_it_is_chosen(desk: Desk, shop: int) -> None:
    bring(desk, shop, own(""))
    orders.type_facts(desk, LEA, OrderKey(shop, "A"), {"delivery_mode": "relay"}, 1, NOON - 90 * HOUR)
    kept = bring(desk, shop, own("express"))
    assert kept.changes.select("old", "new", "kept", "typed").rows() == [("relay", "express", True, True)]
    assert mode_of(desk) == "relay"
    undo.run(desk, LEA, imports.history(desk)["id"][0], NOON)
    assert mode_of(desk) == "relay"
    chosen = bring(desk, shop, own("express"), over_typed={("A", "delivery_mode")})
    assert chosen.changes.select("old", "new", "kept", "typed").rows() == [("relay", "express", False, True)]
    assert mode_of(desk) == "express"
    undo.run(desk, LEA, imports.history(desk)["id"][0], NOON)
    assert mode_of(desk) == "relay"


def test_another_field_or_order_that_was_chosen_opens_nothing(desk: Desk, shop: int) -> None:
    bring(desk, shop, own(""))
    orders.type_facts(desk, LEA, OrderKey(shop, "A"), {"delivery_mode": "relay"}, 1, NOON - 90 * HOUR)
    bring(desk, shop, own("express"), over_typed={("A", "carrier"), ("B", "delivery_mode")})
    assert mode_of(desk) == "relay"


def test_the_whole_file_or_nothing(desk: Desk, shop: int) -> None:
    data = export(("A", NOON, "À accepter")) + b"X;31/02/2026 09:00:00;A;Y;1;10,00;2,50\n"
    seen = imports.preview(desk, shop, "a.csv", data, NOON)
    with pytest.raises(imports.Refused) as why:
        imports.write(desk, LEA, seen, NOON, imports.WHOLE_FILE)
    assert (why.value.code, imports.history(desk).height) == ("rows_rejected", 0)
    assert imports.write(desk, LEA, seen, NOON).new == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Expédiée", "En attente d'expédition"), ["shipped → to_ship"]),
        (("En attente d'expédition", "Expédiée"), []),
        (("Bizarre", "À accepter"), []),
    ],
    ids=["back", "forth", "from a word nobody knows"],
)
def test_a_state_that_goes_backwards_is_a_finding_and_kept_with_the_import(
    desk: Desk, shop: int, words: tuple[str, str], said: list[str]
) -> None:
    for hours, word in zip((2, 1), words, strict=True):
        done = bring(desk, shop, export(("A", NOON - 9 * HOUR, word), ("B", NOON - hours * HOUR, word)))
    assert done.findings.filter(code="state_backwards", order_number="A")["value"].to_list() == said
    kept = imports.findings(desk, imports.history(desk)["id"][0])
    assert kept.filter(code="state_backwards", order_number="A").select("level", "value").rows() == [
        ("warning", value) for value in said
    ]


def test_a_file_above_the_set_limits_is_refused_before_it_is_read(desk: Desk, shop: int) -> None:
    rows = [(f"N{n}", NOON, "À accepter") for n in range(12)]
    settings.save_intake_limits(desk, LEA, settings.IntakeLimits(rows=10), 0)
    with pytest.raises(imports.Refused) as why:
        bring(desk, shop, export(*rows))
    assert why.value.code == "too_many_rows"
    assert bring(desk, shop, export(*rows[:10])).new == 10
    settings.save_intake_limits(desk, LEA, settings.IntakeLimits(megabytes=1), 1)
    with pytest.raises(imports.Refused) as why:
        bring(desk, shop, b"x" * (1024 * 1024 + 1))
    assert why.value.code == "too_big"
    with pytest.raises(settings.Unclear):
        settings.save_intake_limits(desk, LEA, settings.IntakeLimits(rows=0), 2)


def test_a_run_says_who_when_what_and_how_long(desk: Desk, shop: int) -> None:
    bring(desk, shop, own("relay"))
    run = imports.history(desk).row(0, named=True)
    assert (run["person"], run["file_name"], run["format"], run["read"]) == ("Léa", "a.csv", "desk48_orders", 1)
    assert run["imported_at"] == NOON
    assert run["duration_ms"] > 0
    assert len(run["mapping_version"]) == 12
    assert (run["undone_at"], run["undone_by"]) == (None, None)
