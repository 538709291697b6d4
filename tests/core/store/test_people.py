"""People and sessions in the base: what has to hold on SQLite and on PostgreSQL."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core.store import people, queries
from core.store.engine import quietly, reading, writing
from core.store.write import Stale

NOON = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_people_and_their_sessions(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        before = queries.revision(connection)
        assert not people.anybody(connection)
    with quietly(engine) as connection:
        lea = people.add(connection, {"name": "Léa", "email": "lea@example.test", "created_at": NOON})
        people.set_roles(connection, lea, {0: "viewer", 3: "lead"})
        row = {"person_id": lea, "created_at": NOON, "seen_at": NOON, "expires_at": NOON + HOUR, "origin": "here"}
        for token in ("a", "b"):
            people.add_session(connection, row | {"token_hash": token})
        people.add_link(connection, {"person_id": lea, "token_hash": "l", "expires_at": NOON + HOUR})
    with reading(engine) as connection:
        assert queries.revision(connection) == before
        assert people.roles_of(connection, lea) == {0: "viewer", 3: "lead"}
        assert people.open_sessions(connection, NOON).height == 2
        assert people.link(connection, "l", NOON + HOUR) is None
        found = people.link(connection, "l", NOON)
        assert (found and found.name) == "Léa"
    with writing(engine) as connection:
        people.change(connection, lea, {"removed_at": NOON}, 1)
        assert people.end_sessions(connection, lea, NOON) == 2
        with pytest.raises(Stale):
            people.change(connection, lea, {"email": None}, 1)
    with reading(engine) as connection:
        assert people.anybody(connection)
        assert people.session(connection, "a") is None
        assert people.listed(connection).is_empty()
        assert people.by_email(connection, "lea@example.test") is None


def test_many_attempts_at_once_are_counted_one_by_one(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        lea = people.add(connection, {"name": "Léa", "created_at": NOON})

    def attempt(_: int) -> bool:
        with quietly(engine) as connection:
            locked = people.count_attempt(connection, lea, NOON, lambda n, at: at + HOUR if n >= 3 else None)
            return locked is not None

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 3
