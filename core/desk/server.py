"""What the web server knows of itself: who is on this computer, and how the desk is."""

import ipaddress
import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.desk.base import utc_now
from core.store import engine as store_engine
from core.store import migrate, queries

Message = MutableMapping[str, Any]

FORWARDING: Final = frozenset(
    {b"forwarded", b"x-real-ip", b"via", b"cf-connecting-ip", b"true-client-ip", b"x-client-ip"}
)
"""Headers that a proxy adds; so do all that begin with ``x-forwarded``."""

_HOST: Final = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\[\]:@/?#\\\s]+))(?::[0-9]{1,5})?", re.IGNORECASE)


def may_pass(scope: Message) -> bool:
    """Whether an ASGI scope (http or websocket) comes from this computer and no proxy touched it.

    While nobody signs in, whoever reaches the pages may decide. So the peer has to be loopback, and the one Host
    header has to name loopback: a foreign name that resolves here is somebody else's page.
    """
    if is_forwarded(scope):
        return False
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    client = scope.get("client")
    return (
        client is not None
        and is_loopback_address(client[0])
        and len(hosts) == 1
        and is_loopback_host(hosts[0].decode("latin-1"))
    )


def is_forwarded(scope: Message) -> bool:
    """Whether any header says that a proxy passed the request on."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    names = [name.lower() for name, _ in headers]
    return any(name in FORWARDING or name.startswith(b"x-forwarded") for name in names)


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this computer: localhost, 127.0.0.0/8 or [::1], with or without port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    if found["six"]:
        return ":" in found["six"] and is_loopback_address(found["six"])
    name = found["name"].lower().removesuffix(".")
    return name == "localhost" or (":" not in name and is_loopback_address(name))


def is_loopback_address(address: str) -> bool:
    """Whether an IP address in text is loopback, IPv4 inside IPv6 included; False for anything else."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def condition(url: str | None = None) -> tuple[dict[str, Any], int]:
    """How the desk is, and the HTTP status that says so: 200, or 503 where the base is not reachable.

    Keys: status (ok|unavailable), database (dialect, or null), migration (version in the base, or
    null), newest_import_age_seconds (null before the first import). Neither addresses nor messages.
    """
    try:
        engine = store_engine.open_engine(store_engine.database_url(url))
        try:
            with store_engine.reading(engine) as connection:
                newest = queries.newest_import(connection)
            version = migrate.version(engine)
        finally:
            engine.dispose()
    except (store_engine.StoreUnavailable, sa.exc.SQLAlchemyError, OSError):
        empty = {"database": None, "migration": None, "newest_import_age_seconds": None}
        return {"status": "unavailable", **empty}, 503
    age = None if newest is None else round((utc_now() - newest).total_seconds())
    return {
        "status": "ok",
        "database": engine.dialect.name,
        "migration": version,
        "newest_import_age_seconds": age,
    }, 200


async def health(request: Request) -> JSONResponse:
    """``GET /healthz``: see :func:`condition`."""
    body, status = await run_in_threadpool(condition)
    return JSONResponse(body, status_code=status, headers={"cache-control": "no-store"})
