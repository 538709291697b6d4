"""``GET /screen/figures``: the figures of a team screen as JSON, for whoever holds a screen's token.

The token comes in the Authorization header, never in an address that a log would keep. The figures are
worked out once for all screens: again only when the base's revision moves, or :data:`JUDGED_EVERY` is over.
"""

import datetime as dt
import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import sqlalchemy as sa
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from core.desk import limiter, screen, screens
from core.desk.base import Desk, StoreUnavailable, open_desk, utc_now
from core.desk.build import build_id
from core.desk.screens import Look, Screen
from core.store import screens as store

JUDGED_EVERY: Final = dt.timedelta(seconds=10)
"""How long a judgement of the clocks stands for all screens."""
CHECKED_EVERY: Final = dt.timedelta(seconds=1)
"""How long the base is believed to stand where it stood; a link that was ended opens nothing after that."""
NOTED_EVERY: Final = dt.timedelta(minutes=1)
"""How often the base is told which screens were seen."""
TRUSTED: Final = 10_000
"""Pairs of peer and token that were answered before, and are not slowed down by others' guesses."""
SET_BACK: Final = dt.timedelta(minutes=1)
"""A clock that is behind the last judgement by more was set back; by less, it is a question that came late."""
FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question is answered with; ``etag`` and ``body`` are empty where it is refused."""

    status: int
    body: bytes = b""
    etag: str = ""
    wait_seconds: int = 0


@dataclass
class Figures:
    """The route. ``computed`` counts how often the figures were worked out."""

    opened: Callable[[], Desk] = open_desk
    clock: Callable[[], dt.datetime] = utc_now
    computed: int = 0
    guesses: limiter.Limiter = field(default_factory=limiter.Limiter)
    _desk: Desk | None = None
    _revision: int = -1
    _slot: dt.datetime = FIRST
    _checked_at: dt.datetime = FIRST
    _screens: dict[str, Screen] = field(default_factory=dict)
    _bodies: dict[tuple[frozenset[int] | None, Look], tuple[bytes, str]] = field(default_factory=dict)
    _pictures: dict[frozenset[int] | None, screen.Picture] = field(default_factory=dict)
    _trusted: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _seen: dict[int, dt.datetime] = field(default_factory=dict)
    _noted_at: dt.datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def answer(self, request: Request) -> Response:
        """200 with the figures, 304 where the screen has them, 403 without a token that opens a screen, 429 with
        Retry-After for who guesses, 503 where the base cannot be used."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        peer = limiter.peer(request.client.host if request.client else None)
        now = self.clock()
        token = token if scheme.lower() == "bearer" else ""
        found = self.at_hand(token, peer, now)
        if found is None:
            found = await run_in_threadpool(self.look, token, peer, now)
        status = 304 if found.status == 200 and request.headers.get("if-none-match") == found.etag else found.status
        headers = {
            "cache-control": "no-store",
            "x-desk48-now": str(int(now.timestamp() * 1000)),
            "x-desk48-computed": str(self.computed),
        }
        if found.etag:
            headers["etag"] = found.etag
        if found.wait_seconds:
            headers["retry-after"] = str(found.wait_seconds)
        due = found.status == 200 and (self._noted_at is None or now - self._noted_at >= NOTED_EVERY)
        return Response(
            b"" if status == 304 else found.body,
            status_code=status,
            media_type="application/json",
            headers=headers,
            background=BackgroundTask(self.note_used, now) if due else None,
        )

    def at_hand(self, token: str, peer: str, now: dt.datetime) -> Answer | None:
        """What a known screen is answered with while everything stands ready; without the base, without waiting."""
        key = peer, screens.digest(token)
        found = self._screens.get(key[1])
        fresh = FIRST < self._checked_at <= now < self._checked_at + CHECKED_EVERY and self._slot == self._slot_of(now)
        if found is None or not fresh or key not in self._trusted or not found.is_open(now):
            return None
        ready = self._bodies.get((found.shops, found.look))
        if ready is None:
            return None
        self._seen[found.id] = now
        return Answer(200, *ready)

    def look(self, token: str, peer: str, now: dt.datetime) -> Answer:
        """What a token is answered with."""
        key = peer, screens.digest(token)
        wait = self.guesses.wait(peer, now)
        if wait and key not in self._trusted:
            return Answer(429, wait_seconds=int(wait.total_seconds()) + 1)
        try:
            with self._lock:
                return self._answer(key, now)
        except (StoreUnavailable, sa.exc.SQLAlchemyError) as trouble:
            logging.getLogger(__name__).warning("No figures for the screens: %s", trouble)
            return Answer(503)

    def opens(self, token: str, peer: str) -> bool:
        """Whether a token opens a team screen now; who guesses is slowed down."""
        return self.look(token, peer, self.clock()).status == HTTPStatus.OK

    def _answer(self, key: tuple[str, str], now: dt.datetime) -> Answer:
        desk = self._desk = self._desk or self.opened()
        self._renew(desk, now)
        found = self._screens.get(key[1])
        if found is None:
            self.guesses.failed(key[0], now)
            return Answer(403)
        if not found.is_open(now):  # known, but over: no guess
            return Answer(403)
        self._trusted[key] = None
        self._trusted.move_to_end(key)
        if len(self._trusted) > TRUSTED:
            self._trusted.popitem(last=False)
        self._seen[found.id] = now
        body, etag = self._body(desk, found)
        return Answer(200, body, etag)

    def _renew(self, desk: Desk, now: dt.datetime) -> None:
        """Forget what was worked out where the revision or the slot of time has moved."""
        revision = desk.revision()
        slot = self._slot_of(now)
        if revision != self._revision:
            with desk.reading() as connection:
                self._screens = screens.by_hash(connection)
        if (revision, slot) != (self._revision, self._slot):
            self._bodies, self._pictures = {}, {}
            self._revision, self._slot = revision, slot
        self._checked_at = now

    def _slot_of(self, now: dt.datetime) -> dt.datetime:
        """The instant for which the figures are worked out."""
        slot = now - (now - FIRST) % JUDGED_EVERY
        return self._slot if slot < self._slot <= slot + SET_BACK else slot

    def _body(self, desk: Desk, found: Screen) -> tuple[bytes, str]:
        """The answer for a screen and its ETag; screens that look alike share one."""
        key = found.shops, found.look
        if key not in self._bodies:
            if found.shops not in self._pictures:
                self._pictures[found.shops] = screen.picture(desk, self._slot, found.shops)
                self.computed += 1
            told = {"build": build_id(), "look": _look(found.look), **self._pictures[found.shops]}
            body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
            self._bodies[key] = body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        return self._bodies[key]

    def note_used(self, now: dt.datetime) -> None:
        """Tell the base which screens were seen. It waits for nobody's answer: run after one was sent."""
        with self._lock:
            seen, self._seen, self._noted_at = self._seen, {}, now
        if self._desk is None or not seen:
            return
        try:
            store.note_used(self._desk.engine, seen)
        except sa.exc.SQLAlchemyError as trouble:  # a locked base: the next minute tells it
            logging.getLogger(__name__).info("Use of screens not noted: %s", trouble)


def _look(look: Look) -> dict[str, Any]:
    return {name: getattr(look, name) for name in Look.__slots__}
