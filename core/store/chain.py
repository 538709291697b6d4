"""The record as a chain: each row holds a keyed hash over itself and over the row before.

The key stands outside the base: whoever can write to the base alone cannot write a row that fits.
"""

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from core.store.chain_tables import record, record_values
from core.store.write import stored

START: Final = "0" * 64
"""What stands before the first row."""
HASHES: Final = "personal"
"""Where a row's body holds the salted hashes of its personal values."""
AT_ONCE: Final = 500
"""Subjects in one statement: there may be more than one takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done, and by whom.

    ``body`` and ``personal`` hold what JSON can hold, and instants. ``personal`` is what speaks of a buyer or is
    free text: kept apart, only its salted hash is chained.
    """

    at: dt.datetime
    person: str
    origin: str
    what: str
    shop_id: int | None = None
    subject: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, Any] = field(default_factory=dict)


def append(connection: sa.Connection, key: bytes, entries: Sequence[Entry]) -> None:
    """Add rows at the end of the chain. Call this in ``writing``: there writers wait for each other."""
    n, before = _end(connection)
    rows, values = [], []
    for entry in entries:
        n += 1
        hashes = {}
        if HASHES in entry.body:
            raise ValueError(f"{HASHES} is where the hashes of personal values stand")
        for name, value in entry.personal.items():
            salt, text = secrets.token_hex(16), canonical(value)
            hashes[name] = salted(salt, text)
            values.append({"n": n, "field": name, "salt": salt, "value": text})
        row = {
            "n": n, "at": stored(entry.at), "person": entry.person, "origin": entry.origin, "what": entry.what,
            "shop_id": entry.shop_id, "subject": entry.subject,
            "body": canonical({**entry.body, **({HASHES: hashes} if hashes else {})}),
        }  # fmt: skip
        before = mac(key, before, row)
        rows.append({**row, "mac": before})
    if rows:
        connection.execute(sa.insert(record), rows)
    if values:
        connection.execute(sa.insert(record_values), values)


def head(connection: sa.Connection) -> str | None:
    """How far the chain goes, as ``n:mac`` of its last row; None before the first. Kept elsewhere, it proves later
    that nothing was cut off or written anew."""
    n, last = _end(connection)
    return f"{n}:{last}" if n else None


def _end(connection: sa.Connection) -> tuple[int, str]:
    """Number and hash of the last row."""
    last = connection.execute(sa.select(record.c.n, record.c.mac).order_by(record.c.n.desc()).limit(1)).one_or_none()
    return (last.n, last.mac) if last else (0, START)


def wipe(connection: sa.Connection, shop_id: int, subjects: Iterable[str]) -> int:
    """Remove the personal values of the rows about these subjects (order numbers, keys of returns, ids of imports)
    of a shop; gives how many. The rows stay, and the chain stays whole. Call this in ``writing``."""
    gone = 0
    wanted = list(dict.fromkeys(subjects))
    for start in range(0, len(wanted), AT_ONCE):
        about = record.c.subject.in_(wanted[start : start + AT_ONCE])
        rows = sa.select(record.c.n).where(record.c.shop_id == shop_id, about)
        gone += connection.execute(sa.delete(record_values).where(record_values.c.n.in_(rows))).rowcount
    return gone


def wipe_values(connection: sa.Connection, shop_id: int, what: str, values: Iterable[Any]) -> int:
    """Remove these personal values of all rows of a kind in a shop; gives how many. Call this in ``writing``."""
    rows = sa.select(record.c.n).where(record.c.shop_id == shop_id, record.c.what == what)
    said = record_values.c.value.in_([canonical(value) for value in values])
    return connection.execute(sa.delete(record_values).where(record_values.c.n.in_(rows), said)).rowcount


def mac(key: bytes, before: str, row: Mapping[str, Any]) -> str:
    """The keyed hash of a row (all columns but ``mac``) that follows the row whose hash is ``before``."""
    told = canonical({name: row[name] for name in sorted(row) if name != "mac"})
    return hmac.new(key, f"{before}\n{told}".encode(), hashlib.sha256).hexdigest()


def salted(salt: str, text: str) -> str:
    """What is chained instead of a personal value."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one spelling: sorted keys, no blanks, instants and days in ISO 8601."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"the record cannot hold {type(value).__name__}")
