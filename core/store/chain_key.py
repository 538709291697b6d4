"""The key of the record's chain: outside the base, made once."""

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa

ENVIRONMENT: Final = "DESK48_RECORD_KEY"
"""64 hexadecimal digits; for several servers that share one base."""
VAR: Final = Path(__file__).resolve().parents[2] / "var"


def key_of(engine: sa.Engine) -> bytes:
    """The key for this base: the environment's, else that of a file beside it, made where there is none.

    The file lies beside a SQLite base (``desk48.db.key``), for PostgreSQL in ``var/``; only its owner may read it.
    Raises ``ValueError`` where the key is not 32 bytes in hexadecimal digits.
    """
    given = os.environ.get(ENVIRONMENT)
    return _parsed(given, ENVIRONMENT) if given else _of_file(key_file(engine))


def key_file(engine: sa.Engine) -> Path:
    """Where the key lies if the environment does not give it."""
    address = engine.url
    if address.get_backend_name() == "sqlite" and address.database:
        return Path(f"{address.database}.key")
    return VAR / "record.key"


@cache
def _of_file(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made whole under another name first: two processes that start together end with one key.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return _parsed(path.read_text("ascii"), str(path))


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError(f"{where}: the key of the record is 64 hexadecimal digits")
    return key
