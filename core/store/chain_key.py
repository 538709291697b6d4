"""The key of the record's chain: outside the base, made once, known again by a fingerprint in the base."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core.store import chain
from core.store.chain_tables import record_key
from core.store.engine import StoreUnavailable, reading, shown

ENVIRONMENT: Final = "DESK48_RECORD_KEY"
"""64 hexadecimal digits; for several servers that share one base."""
VAR: Final = Path(__file__).resolve().parents[2] / "var"
DIGITS: Final = "The key of the record is 64 hexadecimal digits."


def settled(connection: sa.Connection) -> bytes:
    """The key of this base's record, made where there is none yet. Call this in ``writing``: the first one settles it.

    Raises ``StoreUnavailable`` where the key that the record was begun with is not there, or is another.
    """
    fingerprint = connection.scalar(sa.select(record_key.c.fingerprint))
    if fingerprint is None and chain.head(connection) is None:
        key = _given(connection.engine) or _made(key_file(connection.engine))
        connection.execute(sa.insert(record_key).values(id=1, fingerprint=_fingerprint(key)))
        return key
    return known(connection)


def known(connection: sa.Connection) -> bytes:
    """The key that the record was begun with. Nothing is made; raises ``StoreUnavailable`` as :func:`settled`."""
    key = _given(connection.engine)
    if key is None:
        raise _trouble(connection.engine, "is not there", "Put it back")
    fingerprint = connection.scalar(sa.select(record_key.c.fingerprint))
    if fingerprint is not None and not hmac.compare_digest(fingerprint, _fingerprint(key)):
        raise _trouble(connection.engine, "is not the one that the record was begun with", "Put that one back")
    return key


def check(engine: sa.Engine) -> None:
    """At start: raise ``StoreUnavailable`` where a record was begun and its key is not there, or is another."""
    with reading(engine) as connection:
        if chain.head(connection) is not None:
            known(connection)


def key_file(engine: sa.Engine) -> Path:
    """Where the key lies if the environment does not give it: beside a SQLite base (``desk48.db.key``), for
    PostgreSQL in ``var/``."""
    address = engine.url
    if address.get_backend_name() == "sqlite" and address.database:
        return Path(f"{address.database}.key")
    return VAR / "record.key"


def _given(engine: sa.Engine) -> bytes | None:
    """The environment's key, else the file's; None where there is neither."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return _parsed(engine, named, ENVIRONMENT)
    path = key_file(engine)
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailable(shown(engine.url), f"{path} cannot be read", DIGITS) from error
    if os.name == "posix" and path.stat().st_mode & 0o077:
        why = f"others may read or change the key of its record, {path}"
        raise StoreUnavailable(shown(engine.url), why, f"Take that away from them: chmod 600 {path}")
    return _parsed(engine, text, str(path))


def _made(path: Path) -> bytes:
    """A new key in a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made whole under another name first: two processes that start together end with one key.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return bytes.fromhex(path.read_text("ascii"))


def _parsed(engine: sa.Engine, text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise StoreUnavailable(shown(engine.url), f"what {where} holds is no key", DIGITS)
    return key


def _fingerprint(key: bytes) -> str:
    return hmac.new(key, b"desk48 record", hashlib.sha256).hexdigest()


def _trouble(engine: sa.Engine, what: str, advice: str) -> StoreUnavailable:
    path = key_file(engine)
    return StoreUnavailable(
        shown(engine.url), f"the key of its record {what}", f"{advice}: the file {path}, or {ENVIRONMENT}."
    )
