"""Walking the chain of the record: does every row fit the one before, and every personal value its hash?"""

import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from core.store.chain import HASHES, START, mac, salted
from core.store.chain_tables import record, record_values

SLICE: Final = 2_000
"""Rows in memory at once."""
MOST: Final = 20
"""Faults that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with row ``n``: missing, changed, value, stray, cut or rewritten."""

    code: str
    n: int


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows there are, how far the chain goes (``n:mac``; None: no row), and what is wrong with it: the
    first :data:`MOST` of ``count`` faults."""

    rows: int
    head: str | None
    faults: tuple[Fault, ...]
    count: int


def check(connection: sa.Connection, key: bytes, expected: str | None = None) -> Checked:
    """Walk the whole chain, from its first row to its last, in slices.

    ``expected`` is a head that was printed earlier: the row of that number has to be there, with that hash. Call
    this in ``reading``. Raises ``ValueError`` where ``expected`` is no head.
    """
    walk = _Walk(key, _parsed(expected))
    faults, count = [], 0
    for fault in walk.faults(connection):
        count += 1
        if count <= MOST:
            faults.append(fault)
    head = f"{walk.n}:{walk.before}" if walk.rows else None
    return Checked(walk.rows, head, tuple(faults), count)


def _parsed(head: str | None) -> tuple[int, str] | None:
    if head is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", head.strip())
    if found is None:
        raise ValueError(f"{head!r} is no head of the record: it looks like 42:09ab…, as verify-record prints it")
    return int(found[1]), found[2]


class _Walk:
    """The place in the chain: the row that was looked at last, and its hash as it stands in the base."""

    def __init__(self, key: bytes, expected: tuple[int, str] | None) -> None:
        self.key, self.expected = key, expected
        self.n, self.before, self.rows = 0, START, 0

    def faults(self, connection: sa.Connection) -> Iterator[Fault]:
        place: int | None = None
        while rows := _slice(connection, place):
            first, place = place, rows[-1]["n"]
            values = _values(connection, first, place)
            for row in rows:
                yield from self._row(row, values.pop(row["n"], {}))
            yield from (Fault("stray", n) for n in values)
        yield from (Fault("stray", n) for n in _values(connection, place, None))
        if self.expected and self.expected[0] > self.n:
            yield Fault("cut", self.n + 1)

    def _row(self, row: dict[str, Any], values: dict[str, tuple[str, str]]) -> Iterator[Fault]:
        n, follows = row["n"], row["n"] == self.n + 1
        if not follows:
            yield Fault("missing", self.n + 1)
        elif not _fits(self.key, self.before, row):
            yield Fault("changed", n)
        elif not _values_fit(row, values):
            yield Fault("value", n)
        if self.expected and self.expected[0] == n and self.expected[1] != row["mac"]:
            yield Fault("rewritten", n)
        self.n, self.before, self.rows = n, row["mac"], self.rows + 1


def _slice(connection: sa.Connection, after: int | None) -> list[dict[str, Any]]:
    query = sa.select(record).order_by(record.c.n).limit(SLICE)
    if after is not None:
        query = query.where(record.c.n > after)
    return [dict(row) for row in connection.execute(query).mappings()]


def _values(connection: sa.Connection, after: int | None, last: int | None) -> dict[int, dict[str, tuple[str, str]]]:
    """The personal values of rows after one number and up to another (None: without that end)."""
    query = sa.select(record_values)
    if after is not None:
        query = query.where(record_values.c.n > after)
    if last is not None:
        query = query.where(record_values.c.n <= last)
    found: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.n][row.field] = row.salt, row.value
    return found


def _fits(key: bytes, before: str, row: dict[str, Any]) -> bool:
    try:
        return hmac.compare_digest(mac(key, before, row), row["mac"])
    except TypeError:  # a cell of a kind that no row holds
        return False


def _values_fit(row: dict[str, Any], values: dict[str, tuple[str, str]]) -> bool:
    """Whether each value that still stands is one that the row names, unchanged. One that was wiped is fine."""
    hashes = json.loads(row["body"]).get(HASHES, {})
    return all(salted(salt, value) == hashes.get(field) for field, (salt, value) in values.items())
