"""Records in and out of the base: on both kinds of database."""

import datetime as dt

import polars as pl
import pytest

from core.intake.classify_records import base_schema
from core.intake.formats import FIELDS_OF
from core.intake.records import KINDS, TYPED, dtype
from core.store import records, write
from core.store.engine import reading, writing
from core.store.record_tables import TABLES, TEXTS

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SAMPLE = {pl.String: "x", pl.Int64: -7, pl.Boolean: True, pl.Float64: 0.0125, pl.Datetime: NOON}


@pytest.fixture
def shop(engine):
    with writing(engine) as connection:
        return write.add_shop(connection, "amazon", "Lumière")


def record(kind, key, import_id, **said):
    """A record with something in every field, but for those that are named."""
    row = {field: SAMPLE[dtype(field).base_type()] for field in FIELDS_OF[kind]} | {"key": key, "import_id": import_id}
    types = {field: dtype(field) for field in FIELDS_OF[kind]} | {"import_id": pl.Int64, "digest": pl.Int64}
    return pl.DataFrame([row | {"held": None, "digest": 1} | said], schema_overrides=types | {"held": pl.String})


def bring(engine, shop, kind, *rows, at=NOON):
    """Import records; each row is (key, what it says)."""
    with writing(engine) as connection:
        number = write.next_import_id(connection)
        found = {"format": "x", "as_of": at, "as_of_source": "file", "imported_at": at, "person": "Zoé"}
        write.apply(connection, shop, found, {})
        frame = pl.concat(record(kind, key, number, **said) for key, said in rows)
        records.upsert(connection, kind, shop, number, frame)
        return number


def look(engine, query, *args):
    with reading(engine) as connection:
        return query(connection, *args)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_comes_back_as_it_was_and_in_its_type(engine, shop, kind):
    empty = look(engine, records.every, kind)
    assert empty.is_empty()
    assert {n: t for n, t in empty.schema.items() if n in base_schema(kind)} == dict(base_schema(kind))
    bring(engine, shop, kind, ("k|1", {}))
    frame = look(engine, records.every, kind)
    assert frame.schema == empty.schema
    row = frame.row(0, named=True)
    assert {f: row[f] for f in FIELDS_OF[kind]} == {f: SAMPLE[dtype(f).base_type()] for f in FIELDS_OF[kind]}
    assert (row["shop_id"], row["marketplace"], row["shop"], row["version"], row["as_of"]) == (
        shop, "amazon", "Lumière", 1, NOON,
    )  # fmt: skip


def test_tables_and_reading_know_the_same_kinds_and_texts():
    assert set(TABLES) == set(KINDS)
    assert {kind: how.texts for kind, how in KINDS.items() if how.texts} == TEXTS
    assert TYPED == write.TYPED
    personal = {"first_name", "last_name", "address", "buyer", "subject", "body", "reason_text", "note"}
    assert not any(personal & {column.name for column in table.columns} for table in TABLES.values())


def test_what_people_wrote_stands_apart_and_the_rest_outlives_it(engine, shop):
    bring(engine, shop, "inquiries", ("1", {"subject": "Où ?", "buyer": None}))
    assert look(engine, records.every, "inquiries")["subject"].to_list() == ["Où ?"]
    with writing(engine) as connection:
        texts = connection.exec_driver_sql("SELECT kind, key, field FROM record_texts ORDER BY field").fetchall()
        assert [tuple(row) for row in texts] == [("inquiries", "1", "body"), ("inquiries", "1", "subject")]
        connection.exec_driver_sql("DELETE FROM record_texts")
    assert look(engine, records.every, "inquiries").select("subject", "body", "status_word").rows() == [
        (None, None, "x")
    ]


def test_a_record_written_again_moves_its_version_only_when_it_says_something_new(engine, shop):
    for digest, version in ((1, 1), (1, 1), (2, 2)):
        bring(engine, shop, "disputes", ("D1", {"digest": digest}))
        assert look(engine, records.every, "disputes")["version"].to_list() == [version]
    assert look(engine, records.every, "disputes")["import_id"].to_list() == [3]


def test_the_base_of_a_file_is_what_stands_under_its_keys_and_orders(engine, shop):
    number = bring(engine, shop, "shipments", ("A", {"order_number": "A1"}), ("B", {"order_number": "A2"}))
    order = {"order_number": "A1", "state": "shipped", "import_id": number}
    with writing(engine) as connection:
        row = {"format": "y", "as_of": NOON, "as_of_source": "file", "imported_at": NOON, "person": "Zoé"}
        write.apply(connection, shop, row, {"orders": pl.DataFrame([order | {"import_id": number + 1}])})
    keys, numbers = pl.Series(["A", "C"]), pl.Series(["A1", "A9"])
    found = look(engine, records.base, "shipments", shop, keys, numbers)
    assert found["rows"]["key"].to_list() == ["A"]
    assert found["orders"].select("order_number", "state").rows() == [("A1", "shipped")]
    assert found["imports"].select("id", "typed").rows() == [(number, False), (number + 1, False)]
    assert look(engine, records.waiting_shipments, shop)["key"].to_list() == ["B"]
    assert look(engine, records.of_order, "shipments", shop, "A1")["key"].to_list() == ["A"]
    nothing = pl.Series([], dtype=pl.String)
    assert look(engine, records.base, "shipments", shop, nothing, nothing)["rows"].is_empty()
