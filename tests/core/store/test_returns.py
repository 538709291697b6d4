"""What is kept around return requests, on both kinds of base."""

import datetime as dt

import polars as pl
import sqlalchemy as sa

from core.store import return_tables as tables
from core.store import returns, write
from core.store.engine import reading, writing
from core.store.record_tables import return_requests
from core.store.tables import buyers, orders

NOW = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BY = {"person": "Léa", "at": NOW}


def shop(engine, name="Lumina"):
    with writing(engine) as connection:
        return write.add_shop(connection, "cdiscount", name)


def event(shop_id, key, kind, at=NOW):
    row = {"shop_id": shop_id, "key": key, "kind": kind, "happened_at": at, **BY}
    schema = {"happened_at": pl.Datetime("us", "UTC"), "at": pl.Datetime("us", "UTC")}
    return pl.DataFrame([row], schema_overrides=schema)


def test_settings_come_back_in_the_order_in_which_they_hold(engine):
    shop_id = shop(engine)
    value = {"shop_id": shop_id, "key": "cost_handling_minor", "source": "bill", **BY}
    with writing(engine) as connection:
        returns.add_setting(connection, value | {"since": dt.date(2026, 11, 20), "amount": "200"})
        returns.add_setting(connection, value | {"since": dt.date(2026, 1, 1), "amount": "100"})
        returns.add_setting(connection, value | {"since": dt.date(2026, 11, 20), "amount": "300"})
    with reading(engine) as connection:
        held = returns.settings(connection)
    assert held["amount"].to_list() == ["100", "200", "300"]
    assert held["since"][0] == dt.date(2026, 1, 1)


def test_a_rule_ends_on_a_day_and_stays_in_the_record(engine):
    shop_id = shop(engine)
    rule = {
        **{"rule_id": "R-1", "shop_id": shop_id, "position": 1, "since": dt.date(2026, 11, 1), "until": None},
        **{"effect": "only", "option": "keep_refund", "up_to_minor": 1500, **BY},
    }
    frame = pl.DataFrame([rule], schema_overrides={"at": pl.Datetime("us", "UTC"), "until": pl.Date})
    with writing(engine) as connection:
        returns.add(connection, tables.return_rules, frame)
        returns.end_rule(connection, "R-1", dt.date(2026, 11, 20))
    with reading(engine) as connection:
        assert returns.rules(connection)["until"].to_list() == [dt.date(2026, 11, 20)]
    with writing(engine) as connection:
        returns.end_rule(connection, "R-1", dt.date(2026, 10, 1))
    with reading(engine) as connection:
        assert returns.rules(connection)["until"].to_list() == [dt.date(2026, 11, 1)]


def request(connection, shop_id, key):
    """A request as a person typed it."""
    row = {"format": write.TYPED, "as_of": NOW, "as_of_source": "person", "imported_at": NOW, "person": "Léa"}
    import_id = write.apply(connection, shop_id, row, ())
    by = {"import_id": import_id, "created_import_id": import_id, "version": 1}
    order = key.split("|")[0]
    connection.execute(sa.insert(return_requests).values(shop_id=shop_id, key=key, order_number=order, **by))


def test_events_come_oldest_first_and_the_last_one_closes_the_case(engine):
    shop_id = shop(engine)
    with writing(engine) as connection:
        request(connection, shop_id, "A||")
        request(connection, shop_id, "B||")
        returns.add(connection, tables.return_events, event(shop_id, "A||", "answered", NOW - DAY))
        returns.add(connection, tables.return_events, event(shop_id, "B||", "answered"))
    with reading(engine) as connection:
        assert returns.requests(connection, returns.is_open())["key"].to_list() == ["A||", "B||"]
    with writing(engine) as connection:
        returns.add(connection, tables.return_events, event(shop_id, "A||", "closed"))
    with reading(engine) as connection:
        held = returns.events(connection, returns.this(shop_id, "A||"))
        assert returns.requests(connection, returns.is_open())["key"].to_list() == ["B||"]
        assert returns.events(connection, returns.is_open())["key"].to_list() == ["B||"]
    assert held["kind"].to_list() == ["answered", "closed"]
    assert held["happened_at"].to_list() == [NOW - DAY, NOW]
    # A reopening takes the closing before it back, and none after it.
    for kind, still_open in (("reopened", ["A||", "B||"]), ("closed", ["B||"])):
        with writing(engine) as connection:
            returns.add(connection, tables.return_events, event(shop_id, "A||", kind))
        with reading(engine) as connection:
            assert returns.requests(connection, returns.is_open())["key"].to_list() == still_open
    with reading(engine) as connection:
        assert returns.requests(connection, returns.closed_since(NOW))["key"].to_list() == ["A||"]
        assert returns.requests(connection, returns.closed_since(NOW + DAY)).is_empty()


def test_a_buyers_earlier_requests_come_with_what_was_decided_last(engine):
    shop_id = shop(engine)
    with writing(engine) as connection:
        request(connection, shop_id, "A||")
        person = {"first_name": "Zoé", "last_name": "Petit", "postcode": "69003"}
        by = {"import_id": 1, "state": "shipped", "version": 1}
        connection.execute(sa.insert(orders).values(shop_id=shop_id, order_number="A", **by))
        connection.execute(sa.insert(buyers).values(shop_id=shop_id, order_number="A", **person))
        decided = {"shop_id": shop_id, "key": "A||", "rules": "", "person": "Léa", "at": 0}
        for option in ("home_address", "keep_refund"):
            connection.execute(sa.insert(tables.return_decisions).values(option=option, **decided))
    with reading(engine) as connection:
        assert returns.buyers(connection, ["69003"])["option"].to_list() == ["keep_refund"]
        assert returns.buyers(connection, ["75001"]).is_empty()


def test_nothing_has_the_columns_of_requests(engine):
    with reading(engine) as connection:
        assert returns.requests(connection).schema == returns.nothing().schema
