"""Who else has a case open. Said again every now and then; whoever says nothing any more is gone after a minute."""

import datetime as dt
from typing import Final

import polars as pl

from core.desk.base import Desk, OrderKey, Person
from core.desk.returns import CaseKey
from core.store import presence as store

BEAT: Final = dt.timedelta(seconds=20)
"""A sign of life is written no more often than this."""
GONE: Final = dt.timedelta(seconds=70)
"""Without a sign of life for so long, a person is on the case no more."""


def here(desk: Desk, person: Person, key: OrderKey | CaseKey, now: dt.datetime) -> pl.DataFrame:
    """Say that ``person`` has this case open; gives who else has: person, since_at, the longest first.

    Raises ``NotAllowed`` where the shop may not be seen.
    """
    person.require("look", key.shop_id)
    case_key = key.order_number if isinstance(key, OrderKey) else f"return:{key.key}"
    with store.board(desk.engine) as board:
        known = store.on(board, key.shop_id, case_key)
        alive = known.filter(pl.col("seen_at") > now - GONE)
        mine = alive.filter(person=person.name)
        if mine.filter(pl.col("seen_at") > now - BEAT).is_empty():
            since = mine["since_at"][0] if mine.height else now
            store.note(board, key.shop_id, case_key, person.name, since, now)
    return alive.filter(pl.col("person") != person.name).select("person", "since_at").sort("since_at", "person")
