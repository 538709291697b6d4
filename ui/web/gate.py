"""The gate: what is served to whom, before anything of Streamlit is reached.

Without sign-in: this computer only. With it: the sign-in itself, health, and the program's own files to everybody;
all else (pages, their websocket, media, uploads, metrics) to whoever holds the cookie of a session.

A team screen has a token of its own instead. The link that holds it opens the page of the screen, which leaves the
token in a cookie; that opens the websocket, where the shell draws the screen and no other page. Figures come from a
route that asks for the token itself.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, quote

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from core.desk import server, sessions
from core.desk.base import StoreUnavailable, utc_now
from ui.web import accounts, cookies, front
from ui.web.asgi import App, Message, Receive, Send, cookie, cookie_name, desk, refuse

OPEN: Final = frozenset(
    {
        *("/sign-in", "/sign-in/password", "/sign-in/with", "/sign-in/style.css", "/sign-out"),
        *("/auth/login", "/oauth2callback", "/healthz", "/_stcore/health", "/_stcore/host-config"),
        *("/favicon.png", "/manifest.json", "/screen/figures"),
    }
)
"""What everybody may ask for: nothing of it tells anything of the team."""
PROGRAM: Final = ("/static/", "/_stcore/bidi-components/")
"""The program's own files."""
NO_PAGES: Final = ("/_stcore/", "/media/", "/component/", "/app/", "/auth/")
SCREEN: Final = "/screen"
BELOW_SCREEN: Final = "/screen/_stcore/"
"""Where Streamlit's page asks for health first, and takes whatever answers for its server: the sign-in must not."""
STREAM: Final = "/_stcore/stream"
LOCAL_ONLY: Final = (
    "Desk48 answers on this computer only, and not behind a proxy, until people sign in: python -m core add-admin NAME"
)
SIGN_IN_FIRST: Final = "Sign in first."
NOTHING_HERE: Final = "There is nothing here."
NO_BASE: Final = "The database cannot be used at the moment."


def _no_screens(_token: str, _peer: str) -> bool:
    """Where no team screen is open."""
    return False


class Gate:
    """Lets pass what may pass, and leads who has to sign in to the sign-in.

    ``opens_screen(token, peer)`` says whether a token opens a team screen now, and slows down who guesses.
    """

    def __init__(self, app: App, front: front.Front, opens_screen: Callable[[str, str], bool] = _no_screens) -> None:
        self.app, self.front, self.opens_screen = app, front, opens_screen
        self._on = False  # once people sign in, they always do

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (server.may_pass(scope) and _tells_nothing(scope["path"])):
            await self.app(scope, receive, send)  # at once: screens ask for their figures all day
            return
        if scope["type"] == "http" and scope["path"].startswith(BELOW_SCREEN):
            await refuse(scope, receive, send, 404, NOTHING_HERE)
            return
        try:
            self._on = self._on or await run_in_threadpool(accounts.sign_in_is_on)
        except (StoreUnavailable, sa.exc.SQLAlchemyError):
            await self._without_base(scope, receive, send)
            return
        if not self._on:
            if server.may_pass(scope):
                await self.app(scope, receive, send)
            else:
                await refuse(scope, receive, send, 403, LOCAL_ONLY)
            return
        if self.front.place(scope):
            await self._guarded(scope, receive, send)
        else:
            await refuse(scope, receive, send, 403, front.REFUSED)

    async def _guarded(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if _tells_nothing(path) or await run_in_threadpool(is_signed_in, scope):
            await self.app(scope, receive, send)
        elif path in (SCREEN, STREAM) and await run_in_threadpool(self._is_screen, scope):
            await self._screen(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not path.startswith(NO_PAGES):
            query = scope["query_string"].decode("latin-1")
            back = quote(path + (f"?{query}" if query else ""), safe="")
            await RedirectResponse(f"/sign-in?next={back}", 303, {"cache-control": "no-store"})(scope, receive, send)
        else:
            await refuse(scope, receive, send, 403, SIGN_IN_FIRST)

    def _is_screen(self, scope: Message) -> bool:
        """Whether the page of a team screen comes with its token, or its websocket with the cookie."""
        token = cookie(scope, cookies.SCREEN) if scope["path"] == STREAM else _token(scope)
        return token is not None and self.opens_screen(token, cookies.peer(scope))

    async def _screen(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a screen; the page leaves the token in a cookie for its websocket."""

        async def left(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = cookies.screen(scope, str(_token(scope)))
                message["headers"] = [*message["headers"], (b"set-cookie", told.encode())]
            await send(message)

        await self.app(scope, receive, left)

    async def _without_base(self, scope: Message, receive: Receive, send: Send) -> None:
        """Nobody can be known: what tells nothing is served on, all else waits."""
        if server.may_pass(scope) and (self._on is False or scope["path"] in OPEN):
            await self.app(scope, receive, send)
        else:
            await refuse(scope, receive, send, 503, NO_BASE)


def _tells_nothing(path: str) -> bool:
    """Whether everybody may ask for it."""
    return path in OPEN or path.startswith(PROGRAM)


def _token(scope: Message) -> str | None:
    """The token in the link of a team screen."""
    found = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
    return found[0] if len(found) == 1 else None


def is_signed_in(scope: Message) -> bool:
    """Whether a request or websocket comes with the cookie of a session that is not over."""
    try:
        return sessions.person_of(desk(), cookie(scope, cookie_name(scope)), utc_now()) is not None
    except (StoreUnavailable, sa.exc.SQLAlchemyError):
        return False
