"""Words for talking to the server below Starlette: scopes, headers, cookies, short answers."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from starlette.responses import PlainTextResponse

from core.desk.base import Desk, open_desk

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

SESSION: Final = "desk48_session"
"""The cookie of a session; over https it has the prefix with which no other host can set it."""
HOST_PREFIX: Final = "__Host-"


@cache
def desk() -> Desk:
    """The base as the gate and the sign-in read it, opened once."""
    return open_desk()


def header(scope: Message, name: bytes) -> list[str]:
    """Every value of a header, by its lower-case name."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def is_https(scope: Message) -> bool:
    """Whether the browser talks to us through TLS."""
    return scope.get("scheme") in ("https", "wss")


def cookie_name(scope: Message) -> str:
    """The name of the session's cookie as the browser has to send it."""
    return HOST_PREFIX + SESSION if is_https(scope) else SESSION


def cookie(scope: Message, name: str) -> str | None:
    """The value of a cookie; None where there is none, or where it can be read in two ways."""
    found = []
    for line in header(scope, b"cookie"):
        for part in line.split(";"):
            try:
                morsel = SimpleCookie(part.strip()).get(name)
            except CookieError:
                continue
            if morsel is not None:
                found.append(morsel.value)
    return found[0] if len(found) == 1 else None


async def refuse(scope: Message, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answer with a status and one sentence; a websocket is closed before it is accepted (the server says 403)."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse(sentence + "\n", status, {"connection": "close"})(scope, receive, send)
