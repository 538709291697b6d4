"""Looks at the base: typed when empty, through the index, across shops."""

import datetime as dt

import polars as pl
import pytest

from core.store import queries, tables, write
from core.store.engine import reading, writing

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NUMBERS = pl.DataFrame({"order_number": ["A1", "B1"]})


def bring(engine, shop, number, *, name="Lefèvre", at=NOON, **more):
    row = {"format": "cdiscount", "as_of": at, "as_of_source": "file", "imported_at": at, "person": "Zoé"}
    row |= {"sha256": "abc", "states": {"to_ship", "shipped"}, "covers_from": at - 2 * DAY, "covers_to": at}
    order = {
        "order_number": number,
        "state": "to_ship",
        "created_at": at - DAY,
        "tracking_number": f"T{number}",
    }
    with writing(engine) as connection:
        order |= {"import_id": write.next_import_id(connection)}
        frames = {
            "orders": pl.DataFrame([order]),
            "lines": pl.DataFrame({"order_number": [number], "line_no": [1], "sku": ["LUM-014"], "fee": [False]}),
            "buyers": pl.DataFrame({"order_number": [number], "first_name": ["Élodie"], "last_name": [name]}),
        }
        return write.apply(connection, shop, row | more, frames)


@pytest.fixture
def two_shops(engine):
    with writing(engine) as connection:
        shops = [write.add_shop(connection, "cdiscount", name) for name in ("Lumière", "Outils")]
    bring(engine, shops[0], "A1")
    bring(engine, shops[1], "B1", name="Garnier")
    return shops


@pytest.mark.parametrize(
    ("query", "args"),
    [
        (queries.open_orders, ()),
        (queries.one_order, (1, "A1")),
        (queries.lines, (1, "A1")),
        (queries.buyer, (1, "A1")),
        (queries.decisions, (1, "A1")),
        (queries.decisions_of_open, ()),
        (queries.imports, (9,)),
        (queries.known_file, (1, "abc")),
        (queries.search, ("A1", 9)),
        (queries.other_shops, (2, "cdiscount", NUMBERS)),
        (queries.covered_since, ()),
        (queries.shops, ()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_frame_has_the_same_types_with_and_without_rows(engine, query, args):
    with reading(engine) as connection:
        empty = query(connection, *args)
    with writing(engine) as connection:
        shop = write.add_shop(connection, "cdiscount", "Lumière")
    bring(engine, shop, "A1")
    decision = {
        "shop_id": shop,
        "order_number": "A1",
        "kind": "accept",
        "text": None,
        "person": "Zoé",
        "at": NOON,
    }
    with writing(engine) as connection:
        write.add_shop(connection, "cdiscount", "Outils")
        write.add_decisions(connection, pl.DataFrame([{**decision, "rules": ""}]))
        filled = query(connection, *args)
    assert empty.is_empty()
    assert filled.height >= 1
    assert filled.schema == empty.schema
    assert pl.Null not in filled.schema.values()


def test_open_orders_are_found_through_the_partial_index(engine, two_shops):
    asked = str(queries.open_orders_query().compile(engine, compile_kwargs={"literal_binds": True}))
    assert "'shipped'" in asked
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":  # it reads so small a table through, unless told not to
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(explain + asked).fetchall()
    assert any("ix_orders_open" in str(step) for step in plan)


def test_an_order_of_another_shop_of_the_marketplace_is_named(engine, two_shops):
    with reading(engine) as connection:
        assert queries.other_shops(connection, two_shops[1], "cdiscount", NUMBERS).rows() == [("A1", "Lumière")]
        assert queries.other_shops(connection, two_shops[1], "amazon", NUMBERS).is_empty()


def test_the_base_of_a_file_is_what_is_held_of_its_orders_and_how_old_it_is(engine, two_shops):
    with reading(engine) as connection:
        found = queries.base(connection, two_shops[0], NUMBERS)
    assert found["orders"].select("order_number", "as_of").rows() == [("A1", NOON)]
    assert set(tables.orders.c.keys()) | {"as_of"} == set(found["orders"].columns)
    assert (found["lines"].height, found["buyers"].height, found["imports"].height) == (1, 1, 1)


@pytest.mark.parametrize(
    ("text", "matched", "found"),
    [
        ("a1", "order_number", ["A1"]),
        ("TB1", "tracking_number", ["B1"]),
        ("t b-1", "tracking_number", ["B1"]),
        ("élodie lef", "buyer", ["A1"]),
        ("GARNIER", "buyer", ["B1"]),
        ("lum-0", "sku", ["A1", "B1"]),
        ("%", None, []),
        ("", None, []),
    ],
)
def test_one_box_searches_numbers_buyers_and_skus(engine, two_shops, text, matched, found):
    with reading(engine) as connection:
        rows = queries.search(connection, text, 10)
    assert sorted(rows["order_number"]) == found
    assert set(rows["matched"]) == ({matched} if matched else set())


def test_coverage_reaches_back_to_the_first_gap_between_files(engine):
    with writing(engine) as connection:
        shop = write.add_shop(connection, "cdiscount", "Lumière")
    for days in (10, 3, 0):
        bring(engine, shop, f"A{days}", at=NOON - days * DAY)
    with reading(engine) as connection:
        assert queries.covered_since(connection).rows() == [(shop, dt.date(2026, 11, 15))]
        assert queries.newest_import(connection) == NOON
        assert queries.known_file(connection, shop, "abc").height == 3
        assert queries.known_file(connection, shop, "abd").is_empty()
