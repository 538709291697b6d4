"""Slowing down whoever guesses: a few free failures, then a wait that doubles. Pure: the clock is an argument."""

import datetime as dt
import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

FREE: Final = 5
"""Failures before the first wait."""
FIRST: Final = dt.timedelta(seconds=1)
LONGEST: Final = dt.timedelta(minutes=15)
FORGOTTEN: Final = dt.timedelta(hours=1)
"""After so long without a failure all is forgotten."""
PEERS: Final = 10_000
"""How many are remembered; the one that failed longest ago goes first, so that memory has an end."""
NO_WAIT: Final = dt.timedelta(0)


def peer(address: str | None) -> str:
    """Whom a network address stands for: itself, and for IPv6 its /64, which one household has alone."""
    try:
        found = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


@dataclass
class Limiter:
    """Failures by key (a peer, or a peer and a name), and how long each has to wait before it may try again."""

    free: int = FREE
    first: dt.timedelta = FIRST
    longest: dt.timedelta = LONGEST
    peers: int = PEERS
    _failed: OrderedDict[str, tuple[int, dt.datetime]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: str, now: dt.datetime) -> dt.timedelta:
        """How long ``key`` still has to wait; zero where it may try."""
        with self._lock:
            count, last = self._failed.get(key, (0, now))
        return max(last + self._pause(count) - now, NO_WAIT)

    def failed(self, key: str, now: dt.datetime) -> None:
        """Count a failure of ``key``."""
        with self._lock:
            count, last = self._failed.pop(key, (0, now))
            self._failed[key] = (1 if now - last > FORGOTTEN else count + 1, now)
            while len(self._failed) > self.peers:
                self._failed.popitem(last=False)

    def passed(self, key: str) -> None:
        """Forget the failures of ``key``."""
        with self._lock:
            self._failed.pop(key, None)

    def _pause(self, count: int) -> dt.timedelta:
        over = count - self.free
        # Twenty doublings of a second are more than a week: no need to count further.
        return NO_WAIT if over < 0 else min(self.first * 2 ** min(over, 20), self.longest)
