"""The record as a chain: who can write to the base alone cannot change what was done without being found."""

import datetime as dt
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.store import chain, chain_check, chain_key
from core.store.chain import Entry
from core.store.chain_check import Checked, Fault
from core.store.chain_tables import record, record_key, record_values
from core.store.engine import StoreUnavailable, open_engine, reading, writing
from core.store.migrate import upgrade

AT = dt.datetime(2026, 11, 27, 13, 5, tzinfo=dt.UTC)
KEY = bytes(range(32))
ROOT = Path(__file__).resolve().parents[3]


def entry(place: int) -> Entry:
    """The act of this place; every second one speaks of a buyer."""
    about = {"why": f"the buyer of {place}", "file_name": "Müller.csv"} if place % 2 else {}
    at = AT + dt.timedelta(minutes=place)
    return Entry(at, "Wei", "here", "order_decided", 1, f"CD-{place}", {"after": {"kind": "accept"}}, about)


def written(engine: sa.Engine, rows: int = 6) -> None:
    with writing(engine) as connection:
        chain.append(connection, KEY, [entry(place) for place in range(1, rows + 1)])


def checked(engine: sa.Engine, expected: str | None = None) -> Checked:
    with reading(engine) as connection:
        return chain_check.check(connection, KEY, expected)


def faults(engine: sa.Engine, expected: str | None = None) -> list[tuple[str, int]]:
    return [(fault.code, fault.n) for fault in checked(engine, expected).faults]


def tampered(engine: sa.Engine, *statements: sa.Executable) -> None:
    """What somebody does who may write to the base: past Desk48, and past the key from table to table."""
    past_keys = (
        "PRAGMA foreign_keys = OFF" if engine.dialect.name == "sqlite" else "SET session_replication_role = replica"
    )
    with engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute(past_keys)  # before the transaction: inside one SQLite would not hear it
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.invalidate()


def row(n: int) -> sa.ColumnElement[bool]:
    return record.c.n == n


def test_an_untouched_chain_holds_and_tells_its_head(engine: sa.Engine) -> None:
    assert checked(engine) == Checked(0, None, (), 0)
    written(engine)
    with reading(engine) as connection:
        head = chain.head(connection)
        last = connection.scalar(sa.select(record.c.mac).where(row(6)))
    assert head == f"6:{last}"
    assert checked(engine, head) == Checked(6, head, (), 0)


def test_it_is_walked_in_slices(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    written(engine)
    for size in (1, 3, 6):
        monkeypatch.setattr(chain_check, "SLICE", size)
        assert faults(engine) == []
    tampered(engine, sa.update(record).where(row(4)).values(person="Ana"))
    for size in (1, 3, 6):
        monkeypatch.setattr(chain_check, "SLICE", size)
        assert faults(engine) == [("changed", 4)]


EDITS: dict[str, Any] = {
    "at": 1, "person": "Ana", "origin": "elsewhere", "what": "shop_added", "shop_id": 2, "subject": "CD-9",
    "body": '{"after":{"kind":"refuse"}}',
}  # fmt: skip


def test_an_edited_cell_is_found_at_its_row(engine: sa.Engine) -> None:
    written(engine)
    with reading(engine) as connection:
        was = dict(connection.execute(sa.select(record).where(row(3))).mappings().one())
    for column, other in EDITS.items():
        tampered(engine, sa.update(record).where(row(3)).values({**was, column: other}))
        assert (column, faults(engine)) == (column, [("changed", 3)])
    tampered(engine, sa.update(record).where(row(3)).values(was))
    assert faults(engine) == []


def test_an_edited_hash_is_found_at_its_row_and_at_the_next(engine: sa.Engine) -> None:
    written(engine)
    tampered(engine, sa.update(record).where(row(3)).values(mac="0" * 64))
    assert faults(engine) == [("changed", 3), ("changed", 4)]


def test_a_removed_row_is_missed(engine: sa.Engine) -> None:
    written(engine)
    tampered(engine, sa.delete(record_values), sa.delete(record).where(record.c.n.in_([1, 4])))
    assert faults(engine) == [("missing", 1), ("missing", 4)]


def test_a_removed_row_is_found_also_where_the_others_move_up(engine: sa.Engine) -> None:
    written(engine)
    up = [sa.update(record).where(row(n)).values(n=n - 1) for n in (4, 5, 6)]
    tampered(engine, sa.delete(record_values), sa.delete(record).where(row(3)), *up)
    assert [n for _, n in faults(engine)] == [3, 4, 5]


def test_swapped_rows_are_found(engine: sa.Engine) -> None:
    written(engine)
    swap = [sa.update(record).where(row(a)).values(n=b) for a, b in ((2, 99), (4, 2), (99, 4))]
    tampered(engine, sa.delete(record_values), *swap)
    assert {2, 4} <= {n for _, n in faults(engine)}


def test_an_inserted_row_is_found_in_the_middle_and_at_the_end(engine: sa.Engine) -> None:
    written(engine)
    with reading(engine) as connection:
        copied = dict(connection.execute(sa.select(record).where(row(2))).mappings().one())
    tampered(engine, sa.insert(record).values({**copied, "n": 7}))
    assert faults(engine) == [("changed", 7)]
    tampered(engine, sa.delete(record).where(row(7)), sa.insert(record).values({**copied, "n": 0}))
    assert faults(engine)[0] == ("missing", 1)


def test_a_cut_tail_is_found_by_a_head_printed_earlier(engine: sa.Engine) -> None:
    written(engine)
    head = checked(engine).head
    tampered(engine, sa.delete(record_values), sa.delete(record).where(record.c.n > 4))
    assert faults(engine) == []
    assert faults(engine, head) == [("cut", 5)]
    tampered(engine, sa.delete(record))
    assert faults(engine, head) == [("cut", 1)]


def test_a_chain_that_was_written_anew_with_the_key_is_found_by_a_head_printed_earlier(engine: sa.Engine) -> None:
    written(engine)
    head = checked(engine).head
    tampered(engine, sa.delete(record_values), sa.delete(record))
    written(engine, rows=9)
    assert faults(engine) == []
    assert faults(engine, head) == [("rewritten", 6)]


def test_what_is_no_head_is_refused(engine: sa.Engine) -> None:
    for text in ("", "6", "0:" + "0" * 64, "6:xyz"):
        with pytest.raises(ValueError, match="is no head"):
            checked(engine, text)


def test_wiped_values_leave_the_chain_whole_and_changed_ones_do_not(engine: sa.Engine) -> None:
    written(engine)
    with writing(engine) as connection:
        assert chain.wipe(connection, 1, ["CD-1", "CD-2", "CD-1"]) == 2
        assert chain.wipe(connection, 2, ["CD-3"]) == 0
        left = set(connection.scalars(sa.select(record_values.c.n)))
    assert left == {3, 5}
    assert faults(engine) == []
    tampered(engine, sa.update(record_values).where(record_values.c.n == 3).values(value='"nobody"'))
    assert faults(engine) == [("value", 3)]


def test_values_that_no_row_names_are_found(engine: sa.Engine) -> None:
    written(engine)
    stranger = {"field": "name", "salt": "00", "value": '"Ana"'}
    tampered(engine, *(sa.insert(record_values).values(n=n, **stranger) for n in (2, 77)))
    assert faults(engine) == [("value", 2), ("stray", 77)]


def test_personal_values_stand_nowhere_but_apart(engine: sa.Engine) -> None:
    written(engine)
    with reading(engine) as connection:
        held = str(connection.execute(sa.select(record)).all())
    assert "buyer" not in held
    assert "Müller" not in held


def test_many_faults_are_counted_and_the_first_are_told(engine: sa.Engine) -> None:
    written(engine, rows=30)
    tampered(engine, sa.update(record).values(person="Ana"))
    found = checked(engine)
    assert (found.count, len(found.faults), found.faults[0]) == (30, chain_check.MOST, Fault("changed", 1))


def test_what_is_no_plain_value_is_refused_before_anything_is_written(engine: sa.Engine) -> None:
    for body in ({"after": object()}, {"after": float("nan")}, {chain.HASHES: {}}):
        with pytest.raises((TypeError, ValueError)), writing(engine) as connection:
            chain.append(connection, KEY, [entry(1), Entry(AT, "Wei", "here", "x", body=body)])
    assert checked(engine).rows == 0


APPENDING = """
import datetime as dt, sys
from core.store import chain, chain_key
from core.store.engine import open_engine, writing
engine = open_engine(sys.argv[1])
for place in range(25):
    with writing(engine) as connection:
        key = chain_key.settled(connection)
        chain.append(connection, key, [chain.Entry(dt.datetime.now(dt.UTC), sys.argv[2], "here", "x")] * 2)
"""


def test_two_processes_append_to_one_chain(engine: sa.Engine, ready_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chain_key.ENVIRONMENT, KEY.hex())
    both = [subprocess.Popen([sys.executable, "-c", APPENDING, ready_url, name], cwd=ROOT) for name in ("Ana", "Wei")]
    assert [process.wait(60) for process in both] == [0, 0]
    found = checked(engine)
    assert (found.rows, found.faults) == (100, ())


def key_settled(engine: sa.Engine) -> bytes:
    with writing(engine) as connection:
        return chain_key.settled(connection)


@pytest.fixture
def on_file(tmp_path: Path) -> sa.Engine:
    """A base in a file, with its key beside it."""
    engine = open_engine(f"sqlite:///{tmp_path}/desk48.db")
    upgrade(engine)
    return engine


def test_the_key_is_made_once_and_its_owner_alone_may_read_it(on_file: sa.Engine) -> None:
    key = key_settled(on_file)
    path = chain_key.key_file(on_file)
    assert path.name == "desk48.db.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_settled(on_file) == key
    with reading(on_file) as connection:
        assert key.hex() not in str(connection.execute(sa.select(record_key)).all())
    path.chmod(0o644)
    with pytest.raises(StoreUnavailable, match="chmod 600"):
        key_settled(on_file)


def test_several_servers_share_a_key_by_their_environment(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chain_key.ENVIRONMENT, f" {KEY.hex()}\n")
    assert key_settled(engine) == KEY
    monkeypatch.setenv(chain_key.ENVIRONMENT, KEY.hex()[:-2])
    with pytest.raises(StoreUnavailable, match="64 hexadecimal digits") as refused:
        key_settled(engine)
    assert KEY.hex()[:-2] not in str(refused.value)


def test_a_lost_key_and_another_key_are_said_and_none_is_made_instead(
    on_file: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain_key.check(on_file)  # nothing was begun: nothing to miss
    key_settled(on_file)
    written(on_file)
    path = chain_key.key_file(on_file)
    held = path.rename(path.with_suffix(".away"))
    for look in (key_settled, chain_key.check):
        with pytest.raises(StoreUnavailable, match="is not there"):
            look(on_file)
    assert not path.exists()
    monkeypatch.setenv(chain_key.ENVIRONMENT, "ab" * 32)
    for look in (key_settled, chain_key.check):
        with pytest.raises(StoreUnavailable, match="not the one that the record was begun with"):
            look(on_file)
    monkeypatch.delenv(chain_key.ENVIRONMENT)
    os.rename(held, path)
    chain_key.check(on_file)


def test_nothing_in_desk48_changes_a_row_or_takes_one_away() -> None:
    """By the text of every module: only personal values are ever deleted."""
    for path in (*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("ui/*.py")):
        text = path.read_text("utf-8")
        assert "update(record)" not in text, path
        assert "delete(record)" not in text, path


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ENTRIES = st.builds(
    Entry,
    at=st.datetimes(timezones=st.just(dt.UTC), min_value=dt.datetime(1970, 1, 1)),
    person=NAMES,
    origin=NAMES,
    what=NAMES,
    shop_id=st.none() | st.integers(1, 9),
    subject=st.none() | NAMES,
    body=st.fixed_dictionaries({}, optional={"before": PLAIN, "after": PLAIN, "rules": PLAIN}),
    personal=st.dictionaries(st.sampled_from(["why", "text", "file_name"]), PLAIN, max_size=2),
)


@given(st.lists(st.lists(ENTRIES, max_size=3), min_size=1, max_size=4), st.data())
@settings(
    max_examples=40,
    deadline=None,
    # One base for all examples: each begins by emptying it.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_acts_hold_and_any_changed_cell_is_found(
    on_file: sa.Engine, acts: list[list[Entry]], data: st.DataObject
) -> None:
    tampered(on_file, sa.delete(record_values), sa.delete(record))
    for entries in acts:
        with writing(on_file) as connection:
            chain.append(connection, KEY, entries)
    head = checked(on_file).head
    assert faults(on_file, head) == []
    with reading(on_file) as connection:
        rows = [dict(found) for found in connection.execute(sa.select(record)).mappings()]
        values = [dict(found) for found in connection.execute(sa.select(record_values)).mappings()]
    if not rows:
        return
    table, held, keys = (record, rows, ("n",))
    if values and data.draw(st.booleans()):
        table, held, keys = (record_values, values, ("n", "field"))
    chosen = data.draw(st.sampled_from(held))
    column = data.draw(st.sampled_from(list(chosen)))
    other = data.draw(st.integers(-5, 2**40) if column in {"n", "at", "shop_id"} else NAMES)
    taken = {tuple(found[key] for key in keys) for found in held}
    if other == chosen[column] or tuple({**chosen, column: other}[key] for key in keys) in taken - {
        tuple(chosen[key] for key in keys)
    }:
        return
    this = sa.and_(*(table.c[key] == chosen[key] for key in keys))
    tampered(on_file, sa.update(table).where(this).values({column: other}))
    assert faults(on_file, head) != []
