"""The record of what people do: every act with before, after, why and rules, and nothing personal in the chain."""

import ast
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.desk import cases, imports, orders, presence, record, settings, shop_words, undo
from core.desk.acting import acting
from core.desk.base import Desk, NotAllowed, OrderKey, Person, open_desk
from core.desk.record import Wanted
from core.policy.words import DecisionKind
from core.store import chain_check, chain_key, chain_read
from core.store.chain_tables import record as rows
from tests.core.desk.conftest import NOON, export

LEA = Person("Léa", "admin")
WEI = Person("Wei", "operator", origin="web 192.0.2.7")
HOUR = dt.timedelta(hours=1)
ROOT = Path(__file__).resolve().parents[3]


def shop_with(desk: Desk, name: str = "Lumina", numbers: tuple[str, ...] = ("A-1", "A-2")) -> int:
    shop = settings.add_shop(desk, LEA, "cdiscount", name)
    data = export(*((number, NOON - 30 * HOUR, "À accepter") for number in numbers))
    imports.write(desk, LEA, imports.preview(desk, shop, "Commandes de M. Dupont.csv", data, NOON), NOON)
    return shop


def told(desk: Desk, **wanted: object) -> list[tuple[str, str | None]]:
    found = record.look(desk, Wanted(**wanted)).rows  # type: ignore[arg-type]  # fields of Wanted
    return list(found.select("what", "subject").iter_rows())


def holds(desk: Desk) -> bool:
    return record.verify(desk, LEA).count == 0


def test_a_decision_stands_in_the_record_with_all_that_belongs_to_it(desk: Desk) -> None:
    shop = shop_with(desk)
    orders.decide(desk, WEI, DecisionKind.REFUSE, [OrderKey(shop, "A-1")], NOON, "the buyer Anna Blum wrote")
    row = record.look(desk, Wanted(subject="A-1")).rows.row(0, named=True)
    assert (row["person"], row["origin"], row["at"], row["shop"]) == ("Wei", "web 192.0.2.7", NOON, "Lumina")
    assert (json.loads(row["before"]), json.loads(row["after"])) == ({"decision": None}, {"decision": "refuse"})
    assert row["why"] == "the buyer Anna Blum wrote"
    assert row["rules"].startswith("CD-O1 ")
    assert holds(desk)


def test_nothing_personal_stands_in_the_chain(desk: Desk) -> None:
    shop = shop_with(desk)
    key = OrderKey(shop, "A-1")
    cases.add(desk, WEI, key, DecisionKind.NOTE, "called Anna Blum", NOON)
    cases.add(desk, WEI, key, DecisionKind.ASSIGN, "Zoé Martin", NOON)
    team = settings.team(desk)
    settings.save_team(desk, LEA, settings.Team(team.zone, "DE", team.hours, team.days_off, ("Zoé Martin",), 0))
    shop_words.map_state(desk, LEA, shop, "Anna Blum", "to_ship", NOON)
    with desk.reading() as connection:
        held = str(connection.execute(sa.select(rows.c.subject, rows.c.body)).all())
    for word in ("Blum", "Zoé", "Dupont", "blum"):
        assert word not in held
    whole = record.look(desk, Wanted()).rows
    assert {"called Anna Blum", "Zoé Martin"} <= set(whole["why"].drop_nulls())
    assert json.loads(whole.filter(what="setting_saved")["after"][0])["people"] == ["Zoé Martin"]
    assert "Commandes de M. Dupont.csv" in str(whole.filter(what="file_imported")["more"].to_list())
    assert holds(desk)


def test_what_was_refused_leaves_no_row(desk: Desk) -> None:
    shop = shop_with(desk)
    before = told(desk)
    with pytest.raises(NotAllowed):
        undo.run(desk, WEI, 1, NOON)
    with pytest.raises(TypeError), acting(desk, LEA, "decide", [shop], NOON) as act:
        act.note("shop_saved", shop_id=shop, after={"name": object()})
    assert told(desk) == before


def test_before_and_after_of_changes_are_kept(desk: Desk) -> None:
    shop = shop_with(desk)
    settings.save_shop(desk, LEA, shop, {"vacation": True}, 1)
    orders.type_facts(desk, WEI, OrderKey(shop, "A-1"), {"delivery_mode": "relay"}, 1, NOON)
    undo.run(desk, LEA, 1, NOON + HOUR)
    found = {row["what"]: row for row in record.look(desk, Wanted(shop_id=shop)).rows.to_dicts()}
    assert json.loads(found["shop_saved"]["before"]) == {"vacation": False}
    assert json.loads(found["shop_saved"]["after"]) == {"vacation": True}
    assert json.loads(found["facts_typed"]["before"]) == {"delivery_mode": None}
    assert json.loads(found["file_imported"]["after"])["new"] == 2
    assert json.loads(found["import_undone"]["after"])["removed"] == 1


def test_it_is_searched_by_each_of_its_parts(desk: Desk) -> None:
    lyon, nice = shop_with(desk, "Lyon"), shop_with(desk, "Nice", ("B-1",))
    later = NOON + 24 * HOUR
    orders.decide(desk, WEI, DecisionKind.ACCEPT, [OrderKey(lyon, "A-2")], NOON)
    cases.add(desk, LEA, OrderKey(nice, "B-1"), DecisionKind.NOTE, "Paket verloren", later)
    decided = ("order_decided", "A-2")
    noted = ("order_decided", "B-1")
    assert told(desk, person="Wei") == [decided]
    assert told(desk, what="order_decided") == [noted, decided]
    assert told(desk, shop_id=nice, what="order_decided") == [noted]
    assert told(desk, text="paket") == [noted]
    assert told(desk, text="%") == []
    assert told(desk, since=later, until=later + HOUR) == [noted]
    assert noted not in told(desk, until=later)
    assert told(desk, person="Wei", subject="B-1") == []
    assert record.about(desk, lyon, "A-2")["what"].to_list() == ["order_decided"]


def test_older_rows_follow_without_a_gap_or_a_repeat(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_with(desk, numbers=tuple(f"N-{n}" for n in range(9)))
    keys = [OrderKey(shop, f"N-{n}") for n in range(9)]
    orders.decide(desk, WEI, DecisionKind.ACCEPT, keys, NOON)  # all at one instant
    monkeypatch.setattr(record, "LOOKED", 4)
    seen, place = [], None
    for _ in range(20):
        found = record.look(desk, Wanted(person="Wei"), place, limit=2)
        seen += found.rows["n"].to_list()
        place = found.older
        if place is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 9
    few = record.look(desk, Wanted(what="file_imported", text="no such thing"), limit=2)
    assert few.rows.is_empty()


def test_only_rows_of_shops_that_may_be_seen_are_shown(desk: Desk) -> None:
    lyon, nice = shop_with(desk, "Lyon"), shop_with(desk, "Nice", ("B-1",))
    settings.save_limits(desk, LEA, settings.limits(desk)[0], 0)
    mine = desk.seen_by(Person("Max", None, {nice: "viewer"}))
    assert set(record.look(mine, Wanted()).rows["shop_id"]) == {nice}
    for wanted in (Wanted(shop_id=lyon), Wanted(subject="A-1"), Wanted(person="Léa", shop_id=lyon), Wanted(text="A-1")):
        assert record.look(mine, wanted).rows.is_empty()
    assert set(record.look(mine, Wanted(person="Léa")).rows["shop_id"]) == {nice}
    assert record.look(desk.seen_by(Person("Nobody", None)), Wanted()).rows.is_empty()
    assert None in record.look(desk.seen_by(LEA), Wanted()).rows["shop_id"].to_list()


def test_only_who_backs_up_may_verify(desk: Desk) -> None:
    for ask in (record.verify, record.head):
        with pytest.raises(NotAllowed):
            ask(desk, Person("Lead", "lead"))


@pytest.mark.parametrize("by", [{}, {"subject": "x"}, {"person": "x"}, {"what": "x"}, {"shop_id": 1}])
def test_every_look_walks_an_index(desk: Desk, by: dict[str, object]) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(desk.engine, "before_cursor_execute", lambda _c, _k, sql, given, *_: asked.append((sql, given)))
    with desk.reading() as connection:
        chain_read.stretch(connection, by, NOON, NOON + HOUR, record.Place(NOON, 9), 50)
        sql, given = next(pair for pair in asked if "FROM record" in pair[0])
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given))
    assert f"USING INDEX ix_record_{'_'.join([*by, 'at_n'])}" in plan
    assert "TEMP B-TREE" not in plan


def test_every_act_that_is_noted_has_words() -> None:
    """By the text of core.desk: the first argument of every ``note``."""
    noted = set()
    for path in (ROOT / "core" / "desk").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="note"), args=[ast.Constant(value=what), *_]):
                    noted.add(what)
    assert noted <= record.WHAT.keys()
    assert {"order_decided", "return_facts", "workbook_saved"} <= noted


def test_every_fault_has_a_sentence() -> None:
    text = Path(chain_check.__file__).read_text("utf-8")
    assert all(f'Fault("{code}"' in text for code in record.FAULTS)
    assert text.count('Fault("') - 1 <= len(record.FAULTS) + 1


@pytest.fixture
def any_desk(ready_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv(chain_key.ENVIRONMENT, "5a" * 32)
    opened = open_desk(ready_url)
    yield opened
    opened.engine.dispose()


def test_presence_is_told_and_forgotten_and_moves_nothing(any_desk: Desk) -> None:
    key, before = OrderKey(1, "A-1"), any_desk.revision()

    def on_it(person: Person, seconds: int) -> list[tuple[str, dt.datetime]]:
        return list(presence.here(any_desk, person, key, NOON + dt.timedelta(seconds=seconds)).iter_rows())

    assert on_it(WEI, 0) == []
    assert on_it(LEA, 5) == [("Wei", NOON)]
    assert on_it(WEI, 30) == [("Léa", NOON + dt.timedelta(seconds=5))]
    assert on_it(LEA, 90) == [("Wei", NOON)]  # since then all along
    assert on_it(LEA, 101) == []  # no sign of life since second 30
    assert on_it(WEI, 102) == [("Léa", NOON + dt.timedelta(seconds=90))]  # Léa herself had gone in between
    assert presence.here(any_desk, WEI, OrderKey(1, "A-2"), NOON).is_empty()
    assert presence.here(any_desk, WEI, OrderKey(2, "A-1"), NOON).is_empty()
    assert any_desk.revision() == before
    with pytest.raises(NotAllowed):
        presence.here(any_desk, Person("Max", None), key, NOON)


def test_presence_is_written_while_somebody_else_writes(any_desk: Desk) -> None:
    shop = settings.add_shop(any_desk, LEA, "cdiscount", "Lumina")
    with acting(any_desk, LEA, "decide", [shop], NOON):
        assert presence.here(any_desk, WEI, OrderKey(shop, "A-1"), NOON).is_empty()
        assert presence.here(any_desk, LEA, OrderKey(shop, "A-1"), NOON)["person"].to_list() == ["Wei"]
