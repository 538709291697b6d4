"""The gate and the sign-in around a program that answers everything, as one client sees them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import argon2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from core.desk import passwords, people
from core.desk.base import Desk, open_desk, utc_now
from core.desk.limiter import Limiter
from tests.bases import sqlite_base
from ui.web import asgi, sign_in
from ui.web.accounts import Exchange
from ui.web.front import Front
from ui.web.gate import Gate
from ui.web.headers import Headers

PASSWORD = "drei alte Pferde ziehen"
SCREEN_TOKEN = "a-token_of-a-screen"
Client = Callable[..., TestClient]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The base of the served desk, with one admin, Chef."""
    monkeypatch.setenv("DESK48_DATABASE_URL", sqlite_base(tmp_path / "desk.db"))
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODYS", hasher.hash("nobody's"))
    monkeypatch.setattr(sign_in, "GUESSES", Limiter(free=20))
    monkeypatch.setattr(sign_in, "_TURNS", {})
    asgi.desk.cache_clear()
    opened = open_desk()
    people.add_admin(opened, "Chef", "", PASSWORD, utc_now())
    yield opened
    opened.engine.dispose()
    asgi.desk().engine.dispose()
    asgi.desk.cache_clear()


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    """Opens clients: ``client(front, peer, base_url)``; they follow no redirect by themselves."""

    async def anything(_: object) -> PlainTextResponse:
        return PlainTextResponse("inside")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    inside = [Route("/{path:path}", anything, methods=["GET", "POST", "PUT", "DELETE"])]
    routes = [*sign_in.ROUTES, WebSocketRoute("/_stcore/stream", stream), *inside]
    with ExitStack() as stack:

        def opened(
            front: Front | None = None, peer: str = "10.0.0.7", base_url: str = "http://desk.test:8501"
        ) -> TestClient:
            gate = Middleware(Gate, front or Front(), lambda token, _peer: token == SCREEN_TOKEN)
            middleware = [Middleware(Headers), gate, Middleware(Exchange)]
            app = Starlette(routes=routes, middleware=middleware)
            made = TestClient(app, base_url=base_url, client=(peer, 4000), follow_redirects=False)
            return stack.enter_context(made)

        yield opened


def enter(client: TestClient, name: str = "Chef", password: str = PASSWORD, **more: str) -> int:
    """Send the form as its own page does; gives the status."""
    origin = {"origin": str(client.base_url).rstrip("/")}
    return client.post("/sign-in", data={"name": name, "password": password, **more}, headers=origin).status_code
