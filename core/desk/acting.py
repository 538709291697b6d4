"""Doing something: the right is asked, one transaction is opened, and the record gets its rows in it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.desk.access import Person
from core.desk.base import Desk
from core.store import chain, chain_key
from core.store.engine import writing


@dataclass
class Act:
    """What a person is doing, inside its transaction. Everything that changes is noted."""

    connection: sa.Connection
    person: Person
    at: dt.datetime
    entries: list[chain.Entry] = field(default_factory=list)

    def note(
        self,
        what: str,
        *,
        shop_id: int | None = None,
        subject: object = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
        rules: str | None = None,
        personal: dict[str, Any] | None = None,
    ) -> None:
        """Put one thing that was done into the record: ``what`` is one of ``core.desk.record.WHAT``.

        ``before`` and ``after`` (fields by name) hold nothing about buyers and no free text of people or files: that
        is ``personal``, as ``why`` is; there ``before`` and ``after`` are the fields that stood and stand.
        """
        told = {"before": before, "after": after, "rules": rules}
        apart = {**(personal or {}), "why": why}
        self.entries.append(
            chain.Entry(
                self.at, self.person.name, self.person.origin, what, shop_id,
                None if subject is None else str(subject),
                {name: value for name, value in told.items() if value not in (None, "", {})},
                {name: value for name, value in apart.items() if value not in (None, "", {})},
            )
        )  # fmt: skip


def require_correction(person: Person, rows: pl.DataFrame) -> None:
    """Raise ``NotAllowed`` where a standing decision is somebody else's and the role is not to correct it there.

    ``rows`` has the columns shop_id and decided_by (null: nobody has decided yet).
    """
    others = rows.filter(pl.col("decided_by") != person.name)["shop_id"].unique()
    if others.len():
        person.require("correct", *others)


@contextmanager
def acting(desk: Desk, person: Person, action: str, shop_ids: Iterable[int], at: dt.datetime) -> Iterator[Act]:
    """One transaction in which ``person`` does ``action`` in these shops (none named: for the whole team).

    What was done and its rows of the record are kept together, or nothing is. Raises ``NotAllowed``, ``SignedOut``.
    """
    person.require(action, *dict.fromkeys(shop_ids))
    with writing(desk.engine) as connection:
        act = Act(connection, person, at)
        yield act
        if act.entries:
            chain.append(connection, chain_key.settled(connection), act.entries)
