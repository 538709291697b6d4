"""Imports merged, facts typed, settings saved: on both kinds of database."""

import datetime as dt

import polars as pl
import pytest

from core.store import merge, queries, staging, write
from core.store.engine import reading, writing

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def order(number="A1", state="to_ship", digest=1, **more):
    row = {"order_number": number, "state": state, "state_word": None, "created_at": NOON - 48 * HOUR}
    row |= {"paid_at": None, "goods_minor": 1990, "currency": "EUR", "import_id": 1, "held": None}
    return row | {"digest": digest} | more


def orders(*rows):
    instants = {
        "created_at": pl.Datetime("us", "UTC"),
        "paid_at": pl.Datetime("us", "UTC"),
        "held": pl.String,
    }
    return pl.DataFrame(rows, schema_overrides=instants, infer_schema_length=None)


def import_row(at=NOON, **more):
    row = {"format": "cdiscount", "as_of": at, "as_of_source": "file", "imported_at": at, "person": "Zoé"}
    row |= {"digest_version": "d1", "covers_from": at - 72 * HOUR, "covers_to": at}
    return row | {"states": frozenset({"to_ship", "shipped"})} | more


@pytest.fixture
def shop(engine):
    with writing(engine) as connection:
        return write.add_shop(connection, "cdiscount", "Lumière")


def bring(engine, shop, at=NOON, row=None, **frames):
    with writing(engine) as connection:
        return write.apply(connection, shop, import_row(at, **(row or {})), frames)


def look(engine, query, *args):
    with reading(engine) as connection:
        return query(connection, *args)


def test_an_import_brings_orders_lines_buyers_days_and_findings(engine, shop):
    lines = pl.DataFrame({"order_number": ["A1"], "line_no": [1], "sku": ["=1+1"], "quantity": [2], "fee": [False]})
    buyers = pl.DataFrame({"order_number": ["A1"], "first_name": [""], "last_name": ['Lefèvre "L", x\n']})
    days = pl.DataFrame({"day": [dt.date(2026, 11, 18)] * 2, "state": ["to_ship"] * 2, "delta": [1, 2]})
    found = {"line": [7, 8], "column": ["ean", None], "value": ["x", None], "code": ["bad", "odd"]}
    findings = pl.DataFrame(found | {"level": ["warning"] * 2, "order_number": [None, "A1"]})
    number = bring(
        engine, shop, orders=orders(order()), lines=lines, buyers=buyers, day_changes=days, findings=findings
    )
    facts = look(engine, queries.open_orders)
    assert facts.select("order_number", "created_at", "as_of", "import_id", "version").row(0) == (
        "A1", NOON - 48 * HOUR, NOON, number, 1,
    )  # fmt: skip
    assert look(engine, queries.lines, shop, "A1")["sku"].to_list() == ["=1+1"]
    assert look(engine, queries.buyer, shop, "A1").select("first_name", "last_name", "city").row(0) == (
        "", 'Lefèvre "L", x\n', None,
    )  # fmt: skip
    assert look(engine, queries.day_counts).row(0) == (shop, dt.date(2026, 11, 18), "to_ship", 3)
    assert look(engine, queries.findings, number)["n"].to_list() == [1, 2]


def test_writing_the_same_rows_again_changes_no_version_and_a_new_state_does(engine, shop):
    bring(engine, shop, orders=orders(order()))
    bring(engine, shop, orders=orders(order()))
    assert look(engine, queries.open_orders)["version"].to_list() == [1]
    bring(engine, shop, orders=orders(order(state="in_dispute")))
    assert look(engine, queries.open_orders).select("state", "version").rows() == [("in_dispute", 2)]


def test_more_slices_than_sqlite_can_attach_are_all_written(engine, shop):
    slices = ({"orders": orders(order(f"A{n:02}"))} for n in range(25))
    with writing(engine) as connection:
        write.apply(connection, shop, import_row(), slices)
    assert look(engine, queries.open_orders).height == 25


def test_a_slice_that_cannot_be_made_leaves_nothing(engine, shop):
    def slices():
        yield {"orders": orders(order())}
        raise OverflowError

    with pytest.raises(OverflowError), writing(engine) as connection:
        write.apply(connection, shop, import_row(), slices())
    assert look(engine, queries.open_orders).is_empty()
    assert look(engine, queries.imports, 10).is_empty()


def test_big_frames_are_cut_by_order_so_that_its_rows_stay_together():
    frame = pl.DataFrame({"order_number": [f"{n:03}" for n in range(100)]})
    lines = pl.concat([frame, frame])
    slices = list(staging.cut({"orders": frame, "lines": lines, "findings": pl.DataFrame({"line": [1]})}, rows=60))
    assert len(slices) == 3
    assert [set(part["orders"]["order_number"]) == set(part["lines"]["order_number"]) for part in slices] == [True] * 3
    assert pl.concat([part["lines"] for part in slices]).height == 200
    assert ["findings" in part for part in slices] == [True, False, False]


@pytest.mark.parametrize("worth_counting", [1, 20_000])
def test_orders_seen_again_are_as_young_as_the_newer_file(engine, shop, monkeypatch, worth_counting):
    monkeypatch.setattr(merge, "WORTH_COUNTING", worth_counting)
    bring(engine, shop, orders=orders(order("A1"), order("A2")))
    bring(engine, shop, NOON + HOUR, seen=pl.DataFrame({"order_number": ["A1"]}))
    ages = dict(look(engine, queries.open_orders).select("order_number", "as_of").iter_rows())
    assert ages == {"A1": NOON + HOUR, "A2": NOON}
    bring(engine, shop, NOON + 2 * HOUR, seen=pl.DataFrame({"order_number": ["A1", "A2"]}))
    assert look(engine, queries.open_orders)["as_of"].to_list() == [NOON + 2 * HOUR] * 2
    bring(engine, shop, NOON, seen=pl.DataFrame({"order_number": ["A1", "A2"]}))
    assert look(engine, queries.open_orders)["as_of"].to_list() == [NOON + 2 * HOUR] * 2


def test_an_order_that_a_newer_file_should_show_and_does_not_is_missing_since_then(engine, shop):
    bring(engine, shop, orders=orders(order("A1"), order("A2")))
    assert look(engine, queries.open_orders)["missing_since"].to_list() == [None, None]
    bring(engine, shop, NOON + HOUR, seen=pl.DataFrame({"order_number": ["A1"]}))
    missing = look(engine, queries.open_orders).select("order_number", "missing_since")
    assert dict(missing.iter_rows()) == {"A1": None, "A2": NOON + HOUR}


@pytest.mark.parametrize(
    "row",
    [{"states": {"shipped"}}, {"covers_from": NOON}, {"format": "typed"}],
    ids=["another state only", "later orders only", "typed"],
)
def test_a_newer_import_that_could_not_show_the_order_says_nothing_about_it(engine, shop, row):
    bring(engine, shop, orders=orders(order()))
    bring(engine, shop, NOON + HOUR, row=row)
    assert look(engine, queries.open_orders)["missing_since"].to_list() == [None]


def test_differing_names_the_unknown_the_changed_and_those_digested_in_another_way(engine, shop):
    asked = pl.DataFrame({"order_number": ["A1", "A2", "A3"], "digest": [1, 3, 1]})
    assert look(engine, queries.differing, shop, asked, "d1")["known"].to_list() == [False] * 3
    bring(engine, shop, orders=orders(order("A1", digest=1), order("A2", digest=2)))
    found = look(engine, queries.differing, shop, asked, "d1")
    assert sorted(found.rows()) == [("A2", True), ("A3", False)]
    assert look(engine, queries.differing, shop, asked, "d2").height == 3


def test_digests_are_those_of_orders_of_which_no_file_had_anything_to_find(engine, shop):
    assert look(engine, queries.digests, shop, "d1").to_list() == []
    odd = {"line": [3], "column": ["ean"], "value": ["x"], "code": ["odd"], "level": ["warning"]}
    findings = pl.DataFrame(odd | {"order_number": ["A3"]})
    many = (order("A1", digest=7), order("A2", digest=-5), order("A3", digest=6), order("A4", digest=None))
    bring(engine, shop, orders=orders(*many), findings=findings)
    assert look(engine, queries.digests, shop, "d1").to_list() == [-5, 7]
    assert look(engine, queries.digests, shop, "d2").to_list() == []
    assert look(engine, queries.digests, shop + 1, "d1").to_list() == []


def test_typed_facts_name_their_import_and_the_order_keeps_its_own(engine, shop):
    bring(engine, shop, orders=orders(order()))
    with writing(engine) as connection:
        assert write.type_facts(connection, shop, "A1", {"paid_at": NOON}, 1, "Hugo", NOON) == 2
    facts = look(engine, queries.one_order, shop, "A1").row(0, named=True)
    assert (facts["paid_at"], facts["held"], facts["import_id"], facts["as_of"]) == (
        NOON,
        "paid_at:2",
        1,
        NOON,
    )
    source = look(engine, queries.imports_by_id, [2]).row(0, named=True)
    assert (source["format"], source["person"], source["as_of_source"]) == ("typed", "Hugo", "person")
    asked = pl.DataFrame({"order_number": ["A1"], "digest": [1]})
    assert look(engine, queries.differing, shop, asked, "d1")["known"].to_list() == [True]


def test_a_stale_save_is_refused_with_both_values(engine, shop):
    bring(engine, shop, orders=orders(order()))
    with writing(engine) as connection:
        write.type_facts(connection, shop, "A1", {"paid_at": NOON}, 1, "Hugo", NOON)
        write.save_shop(connection, shop, {"vacation": True}, 1)
        write.save_setting(connection, "bands", {"a": 1}, 0, "Hugo", NOON)
        with pytest.raises(write.Stale) as order_:
            write.type_facts(connection, shop, "A1", {"paid_at": NOON + HOUR}, 1, "Zoé", NOON)
        with pytest.raises(write.Stale) as shop_:
            write.save_shop(connection, shop, {"vacation": False}, 1)
        with pytest.raises(write.Stale) as setting:
            write.save_setting(connection, "bands", {"a": 2}, 0, "Zoé", NOON)
    assert (order_.value.seen["paid_at"], order_.value.now["paid_at"]) == (NOON + HOUR, NOON)
    assert (shop_.value.seen["vacation"], shop_.value.now["vacation"]) == (False, True)
    assert (setting.value.seen["value"], setting.value.now["value"]) == ({"a": 2}, {"a": 1})


def test_a_word_mapped_once_settles_the_orders_that_carry_it(engine, shop):
    days = pl.DataFrame({"day": [dt.date(2026, 11, 18)], "state": ["unknown"], "delta": [1]})
    bring(engine, shop, orders=orders(order(state="unknown", state_word="Parti")), day_changes=days)
    assert look(engine, queries.unknown_words)["state_word"].to_list() == ["Parti"]
    with writing(engine) as connection:
        assert write.map_state_word(connection, shop, "parti", "shipped", "Zoé", NOON, ["Parti"]) == 1
    assert look(engine, queries.state_words, shop) == {"parti": "shipped"}
    assert look(engine, queries.one_order, shop, "A1").select("state", "version").row(0) == ("shipped", 2)
    assert look(engine, queries.day_counts)["state"].to_list() == ["shipped"]
