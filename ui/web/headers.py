"""Headers that every answer carries: what a page may load, and who may look into it.

Streamlit's page has one inline script, allowed by its hash; its styles are written while it runs, so inline styles
have to be allowed. Charts are drawn by Vega's interpreter, so nothing is evaluated.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

import streamlit
from starlette.datastructures import MutableHeaders

from ui.web.asgi import App, Message, Receive, Send, is_https

INDEX: Final = Path(streamlit.__file__).parent / "static" / "index.html"
ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS: Final = "max-age=31536000"


@cache
def policy() -> str:
    """The content security policy of Streamlit's page as this version ships it."""
    scripts = re.findall(r"<script>(.*?)</script>", INDEX.read_text("utf-8"), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *(f"'sha256-{found}'" for found in hashes))),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """Adds the headers to every answer that does not bring its own. Over TLS, cookies are for TLS only."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(scope, message)
            await send(message)

        await self.app(scope, receive, sent)

    @staticmethod
    def _add(scope: Message, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in {**ALWAYS, "content-security-policy": policy()}.items():
            headers.setdefault(name, value)
        if scope["path"].startswith("/media/"):
            headers.setdefault("cache-control", "no-store")
        if is_https(scope):
            headers.setdefault("strict-transport-security", HSTS)
            message["headers"] = [
                (name, value + b"; Secure" if name == b"set-cookie" and b"; secure" not in value.lower() else value)
                for name, value in message["headers"]
            ]
