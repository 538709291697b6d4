"""Screens on both databases: added, changed under their version, last use without a move of the revision."""

import datetime as dt

import pytest
import sqlalchemy as sa

from core.store import queries, screens, write
from core.store.engine import reading, writing

AT = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(hours=3)
ROW = {"name": "TV", "token_hash": "ab", "shops": [2, 1], "look": {"views": ["all"]}, "created_at": AT}


def add(engine: sa.Engine) -> int:
    with writing(engine) as connection:
        return screens.add(connection, ROW | {"created_by": "Zoé", "expires_at": LATER})


def one(engine: sa.Engine) -> dict[str, object]:
    with reading(engine) as connection:
        return screens.listed(connection).row(0, named=True)


def test_a_screen_comes_back_as_it_was_written(engine: sa.Engine) -> None:
    screen_id = add(engine)
    kept = one(engine)
    assert {name: kept[name] for name in ROW} == ROW
    assert (kept["id"], kept["expires_at"], kept["revoked_at"], kept["version"]) == (screen_id, LATER, None, 1)


def test_a_change_raises_the_version_and_a_stale_one_shows_both(engine: sa.Engine) -> None:
    screen_id = add(engine)
    with writing(engine) as connection:
        screens.change(connection, screen_id, 1, {"revoked_at": LATER, "shops": None})
    kept = one(engine)
    assert (kept["revoked_at"], kept["shops"], kept["version"]) == (LATER, None, 2)
    with pytest.raises(write.Stale) as stale, writing(engine) as connection:
        screens.change(connection, screen_id, 1, {"name": "other"})
    assert (stale.value.seen, stale.value.now) == ({"name": "other", "version": 1}, {"name": "TV", "version": 2})


def test_last_use_is_noted_without_a_move_of_the_revision(engine: sa.Engine) -> None:
    screen_id = add(engine)
    with reading(engine) as connection:
        before = queries.revision(connection)
    screens.note_used(engine, {screen_id: LATER})
    assert one(engine)["last_used_at"] == LATER
    with reading(engine) as connection:
        assert queries.revision(connection) == before


def test_the_newest_files_of_each_shop_count_by_what_they_tell(engine: sa.Engine) -> None:
    said = {"as_of_source": "file", "imported_at": AT, "person": "Zoé", "format": "x"}
    with writing(engine) as connection:
        shop = write.add_shop(connection, "cdiscount", "Lumina")
        for kind, hours, more in (
            ("orders", -9, {}), (None, -5, {}), ("orders", -1, {"undone_at": AT}), ("returns", -7, {}),
            ("shipments", -2, {}), (None, -3, {"format": "typed"}),
        ):  # fmt: skip
            write.apply(connection, shop, said | {"kind": kind, "as_of": AT + dt.timedelta(hours=hours)} | more, {})
    with reading(engine) as connection:
        found = screens.newest_files(connection)
    assert found.rows() == [
        (shop, "orders", AT - dt.timedelta(hours=5)),
        (shop, "returns", AT - dt.timedelta(hours=7)),
    ]
