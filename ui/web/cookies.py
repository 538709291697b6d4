"""The cookies that we set, and where a sign-in leads afterwards."""

import re
from typing import Final
from urllib.parse import urlsplit

from core.desk import limiter
from ui.web.asgi import Message, cookie_name, is_https

NEXT: Final = "desk48_next"
"""Where somebody wanted to go, while they are at their provider."""
SCREEN: Final = "desk48_screen"
"""The token of the team screen that this browser shows."""
NEXT_SECONDS: Final = 600
HOME: Final = "/"


def session(scope: Message, token: str) -> str:
    """The cookie that holds a session's token. No script reads it, and no other site sends it with a form."""
    secure = "; Secure" if is_https(scope) else ""
    return f"{cookie_name(scope)}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"


def screen(scope: Message, token: str) -> str:
    """The cookie that holds the token of a team screen."""
    secure = "; Secure" if is_https(scope) else ""
    return f"{SCREEN}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"


def way_back(target: str) -> str:
    """The cookie that holds where to go afterwards."""
    return f'{NEXT}="{local(target)}"; Path=/; HttpOnly; SameSite=Lax; Max-Age={NEXT_SECONDS}'


def dropped(name: str) -> str:
    """What takes a cookie away."""
    secure = "; Secure" if name.startswith("__Host-") else ""
    return f"{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"


def local(target: str | None) -> str:
    """A path of ours to go to after the sign-in; the first page where the target is anything else."""
    if not target or not re.fullmatch(r"/[\x21-\x7e]*", target) or set(target) & set('\\"<>;,'):
        return HOME
    parts = urlsplit(target)
    if target.startswith("//") or parts.scheme or parts.netloc or parts.path.startswith(("/sign-", "/auth/")):
        return HOME
    return target


def peer(scope: Message) -> str:
    """Whom a request comes from, for slowing down who guesses."""
    client = scope.get("client")
    return limiter.peer(client[0] if client else None)


def origin(scope: Message, way: str) -> str:
    """Where a session comes from, for the record: the network address and how the person signed in."""
    client = scope.get("client")
    return f"{client[0] if client else 'unknown'} ({way})"


def is_own_form(scope: Message, origins: list[str], host: str) -> bool:
    """Whether a form was sent from a page of ours: exactly one Origin, and ours."""
    return origins == [f"{'https' if is_https(scope) else 'http'}://{host}"]
