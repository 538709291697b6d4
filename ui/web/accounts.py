"""Accounts of a provider (OpenID Connect), through Streamlit's own sign-in.

Streamlit sends people to the provider and takes them back at ``/oauth2callback``. Its answer there would hand the
browser a signed identity that lasts a month, whoever it is. The :class:`Exchange` takes that out of the answer and
hands over the cookie of a session of ours instead, if the identity is somebody's whom the team knows.
"""

import json
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks, get_secrets_auth_section
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.desk import sessions
from core.desk.base import utc_now
from ui.web import cookies
from ui.web.asgi import App, Message, Receive, Send, cookie, desk

CALLBACK: Final = "/oauth2callback"
DEFAULT: Final = "default"
UNKNOWN: Final = "/sign-in?problem=unknown"
FAILED: Final = "/sign-in?problem=failed"


def providers() -> dict[str, str]:
    """Name in Streamlit's secrets -> name to be shown, of every provider that is set in ``[auth]``."""
    section = get_secrets_auth_section().to_dict()
    named = {name: value for name, value in section.items() if isinstance(value, dict) and "client_id" in value}
    if "client_id" in section:
        named[DEFAULT] = {"title": section.get("title", "")}
    return {name: str(value.get("title") or ("" if name == DEFAULT else name)) for name, value in named.items()}


def way_to(provider: str) -> str:
    """Where Streamlit sends people on to the provider."""
    return f"/auth/login?provider={encode_provider_token(provider)}"


def sign_in_is_on() -> bool:
    """Whether people sign in here: somebody was added, or a provider is set."""
    return bool(providers()) or sessions.needed(desk())


class Exchange:
    """Hands over our session instead of the identity that Streamlit would keep in the browser."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != CALLBACK:
            await self.app(scope, receive, send)
            return

        async def exchanged(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._exchange(scope, message)
            await send(message)

        await self.app(scope, receive, exchanged)

    @staticmethod
    async def _exchange(scope: Message, message: Message) -> None:
        claims = identity(taken_out(message))
        origin = cookies.origin(scope, "provider")
        token = await run_in_threadpool(sessions.with_account, desk(), claims or {}, origin, utc_now())
        headers = MutableHeaders(scope=message)
        message["status"] = 303
        if token:
            headers["location"] = cookies.local(cookie(scope, cookies.NEXT))
            headers.append("set-cookie", cookies.session(scope, token))
            headers.append("set-cookie", cookies.dropped(cookies.NEXT))
        else:
            headers["location"] = UNKNOWN if claims else FAILED


def taken_out(message: Message) -> dict[str, str]:
    """Streamlit's cookies of an identity and its tokens, name -> value, which the answer then has no more."""
    kept: list[tuple[bytes, bytes]] = []
    taken: dict[str, str] = {}
    for name, value in message["headers"]:
        if name.lower() == b"set-cookie" and value.startswith(USER_COOKIE_NAME.encode()):
            try:
                found = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            taken |= {key: morsel.value for key, morsel in found.items() if morsel.value}
        else:
            kept.append((name, value))
    message["headers"] = kept
    return taken


def identity(taken: dict[str, str]) -> dict[str, Any] | None:
    """The claims that the provider vouched for and Streamlit signed; None where nobody was identified."""

    def value(name: str) -> bytes | None:
        return decode_signed_value(get_cookie_secret(), name, taken.get(name, ""))

    payload = get_cookie_with_chunks(value, USER_COOKIE_NAME)
    claims = json.loads(payload) if payload else None
    return claims if isinstance(claims, dict) else None
