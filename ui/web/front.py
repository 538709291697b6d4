"""Which address the desk is known by, and which proxies may speak for a browser.

``DESK48_PUBLIC_URL`` is the address that people type, ``DESK48_TRUSTED_PROXIES`` are the addresses or networks of
the proxies in front. Forwarding headers of anybody else are refused, not ignored: they are forged, or a proxy
was forgotten here.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from core.desk.server import is_forwarded, is_loopback_address, is_loopback_host
from ui.web.asgi import Message, header

PUBLIC_URL: Final = "DESK48_PUBLIC_URL"
TRUSTED_PROXIES: Final = "DESK48_TRUSTED_PROXIES"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
REFUSED: Final = (
    f"Refused: asked for by another name than that of {PUBLIC_URL}, or passed on by a proxy that {TRUSTED_PROXIES} "
    "does not name."
)


@dataclass(frozen=True, slots=True)
class Front:
    """The public address (None: whatever host is asked for) and the proxies in front of it."""

    scheme: str | None = None
    netloc: str | None = None
    proxies: tuple[Network, ...] = ()

    def place(self, scope: Message) -> bool:
        """Put the browser's own address, and the scheme and host that it asked for, into the scope; False where the
        request has to be refused."""
        hosts, client = header(scope, b"host"), scope.get("client")
        if client is None or len(hosts) != 1 or len(header(scope, b"x-forwarded-host")) > 1:
            return False
        if not is_forwarded(scope):
            here = is_loopback_address(client[0]) and is_loopback_host(hosts[0])
            return here or self.netloc in (None, hosts[0].lower())
        chain = [part.strip() for line in header(scope, b"x-forwarded-for") for part in line.split(",")]
        asked = (header(scope, b"x-forwarded-host") or hosts)[0].lower()
        if not self._is_ours(client[0], chain) or asked != self.netloc:
            return False
        browser = next((address for address in reversed(chain) if not self._trusts(address)), client[0])
        scheme = {"http": "ws", "https": "wss"}[str(self.scheme)] if scope["type"] == "websocket" else self.scheme
        headers = [(name, asked.encode() if name.lower() == b"host" else value) for name, value in scope["headers"]]
        scope.update(client=(browser, 0), scheme=scheme, headers=headers)
        return True

    def _is_ours(self, client: str, chain: list[str]) -> bool:
        """Whether a trusted proxy passed the request on. Uvicorn may have put the last address of the chain in the
        place of a proxy on this computer; whoever claims to come from where they come from gains nothing by it."""
        last = next((address for address in reversed(chain) if not is_loopback_address(address)), None)
        return self._trusts(client) or (client == last and self._trusts("127.0.0.1"))

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.proxies if network.version == found.version)


def read(environment: Mapping[str, str] = os.environ) -> Front:
    """The front as the environment says. Raises ``ValueError`` with a sentence where it makes no sense."""
    url, named = environment.get(PUBLIC_URL, "").strip(), environment.get(TRUSTED_PROXIES, "").strip()
    if not url:
        if named:
            raise ValueError(f"{TRUSTED_PROXIES} needs {PUBLIC_URL}: the address that people type.")
        return Front()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/") or "@" in parts.netloc:
        raise ValueError(f"{PUBLIC_URL} is written like https://desk.example.com, without a path.")
    try:
        proxies = tuple(ipaddress.ip_network(part.strip()) for part in named.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"{TRUSTED_PROXIES} is written like 127.0.0.1, 10.0.0.0/24.") from None
    return Front(parts.scheme, parts.netloc.lower(), proxies)
