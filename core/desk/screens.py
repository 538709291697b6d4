"""Team screens: who may open one, for how long, what it shows. Of a token only the hash is kept."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk.acting import acting
from core.desk.base import Desk, Person
from core.desk.settings import Unclear
from core.policy.calendar import minutes
from core.policy.words import N_
from core.store import screens as store

THEMES: Final = ("dark", "light")
VIEWS: Final = ("all", "shop", "kind")
"""What a screen can turn to; ``all`` is always among them, it lists what is overdue."""
SECONDS: Final = (5, 60)
"""How long a view may stay. Not longer: overdue work is never out of sight for more than a minute."""
REFRESH: Final = (5, 60)
LONGEST_TOKEN: Final = 200
NAME_MISSING: Final = N_("A screen needs a name, for example: warehouse TV.")
SHOPS_MISSING: Final = N_("Choose at least one shop, or all of them.")
PAST: Final = N_("{text} is past: a link that has ended opens nothing.")
QUIET_UNCLEAR: Final = N_("{text} is no time of the day. Write it like 20:00.")
LOOK_UNCLEAR: Final = N_("{text} is outside what a screen can be set to.")


@dataclass(frozen=True, slots=True)
class Look:
    """How a screen shows its figures. Seconds: how long a view stays, and between two questions to the server.
    ``quiet`` are two times of the day in the team's zone: no sound between them, and dimmed where ``dim``."""

    language: str = "en"
    theme: str = THEMES[0]
    views: tuple[str, ...] = VIEWS
    seconds: int = 30
    refresh_seconds: int = 30
    sound: bool = False
    dim: bool = False
    quiet: tuple[str, str] = ("20:00", "08:00")


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen that a token opens: ``shops`` is None where it shows all."""

    id: int
    name: str
    shops: frozenset[int] | None
    look: Look
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def is_open(self, now: dt.datetime) -> bool:
        """Whether its token still opens it."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def listed(desk: Desk, person: Person) -> pl.DataFrame:
    """Every screen, oldest first: the columns of the table but the hash. Read anew: its use moves no revision."""
    person.require("screens")
    with desk.reading() as connection:
        return store.listed(connection).drop("token_hash")


def create(
    desk: Desk,
    person: Person,
    name: str,
    shops: Collection[int] | None,
    look: Look,
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> str:
    """Make a screen; gives its token, which is kept nowhere. Raises ``Unclear`` and ``NotAllowed``."""
    token = secrets.token_urlsafe(32)
    row = _checked(name, shops, look, expires_at, now)
    with acting(desk, person, "screens", [], now) as act:
        made = row | {"token_hash": digest(token), "created_at": now, "created_by": person.name}
        screen_id = store.add(act.connection, made)
        act.note("screen_made", subject=screen_id, after=_told(row), personal={"name": row["name"]})
    return token


def change(
    desk: Desk,
    person: Person,
    screen_id: int,
    version: int,
    name: str,
    shops: Collection[int] | None,
    look: Look,
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> None:
    """Save what a screen shows; its link stays. Raises ``Unclear``, ``Stale`` and ``NotAllowed``."""
    row = _checked(name, shops, look, expires_at, now)
    with acting(desk, person, "screens", [], now) as act:
        held = store.one(act.connection, screen_id)
        store.change(act.connection, screen_id, version, row)
        name_of = {"name": row["name"]}
        act.note("screen_changed", subject=screen_id, before=_told(held), after=_told(row), personal=name_of)


def renew(
    desk: Desk, person: Person, screen_id: int, version: int, expires_at: dt.datetime | None, now: dt.datetime
) -> str:
    """A new token for a screen, whose old one opens nothing from now on. Raises like :func:`change`."""
    _ahead(expires_at, now)
    token = secrets.token_urlsafe(32)
    fresh = {"token_hash": digest(token), "expires_at": expires_at, "revoked_at": None, "revoked_by": None}
    with acting(desk, person, "screens", [], now) as act:
        store.change(act.connection, screen_id, version, fresh)
        act.note("screen_renewed", subject=screen_id, after=_told({"expires_at": expires_at}))
    return token


def revoke(desk: Desk, person: Person, screen_id: int, version: int, now: dt.datetime) -> None:
    """End a screen: its token opens nothing from now on. Raises ``Stale`` and ``NotAllowed``."""
    with acting(desk, person, "screens", [], now) as act:
        store.change(act.connection, screen_id, version, {"revoked_at": now, "revoked_by": person.name})
        act.note("screen_revoked", subject=screen_id)


def digest(token: str) -> str:
    """What is kept of a token. It is 256 random bits, so a plain SHA-256 can be turned back by nobody."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode()).hexdigest()


def by_hash(connection: sa.Connection) -> dict[str, Screen]:
    """Every screen by the hash of its token, those that are over too."""
    return {row["token_hash"]: _screen(row) for row in store.listed(connection).iter_rows(named=True)}


def look_of(value: Mapping[str, Any]) -> Look:
    """The look as it was saved; what a newer version added takes its standard."""
    known = {name: value[name] for name in Look.__slots__ if name in value}
    return Look(**known | {name: tuple(known[name]) for name in ("views", "quiet") if name in known})


def _screen(row: Mapping[str, Any]) -> Screen:
    return Screen(
        id=row["id"],
        name=row["name"],
        shops=None if row["shops"] is None else frozenset(row["shops"]),
        look=look_of(row["look"]),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _checked(
    name: str, shops: Collection[int] | None, look: Look, expires_at: dt.datetime | None, now: dt.datetime
) -> dict[str, Any]:
    """The columns of a screen that people set. Raises ``Unclear``."""
    name = " ".join(name.split())
    if not name:
        raise Unclear(NAME_MISSING)
    if shops is not None and not shops:
        raise Unclear(SHOPS_MISSING)
    _ahead(expires_at, now)
    for time in look.quiet:
        if not re.fullmatch(r"\d\d:\d\d", time, re.ASCII) or _minutes(time) is None:
            raise Unclear(QUIET_UNCLEAR, time)
    for value, (least, most) in ((look.seconds, SECONDS), (look.refresh_seconds, REFRESH)):
        if not least <= value <= most:
            raise Unclear(LOOK_UNCLEAR, str(value))
    if look.theme not in THEMES:
        raise Unclear(LOOK_UNCLEAR, look.theme)
    views = [view for view in VIEWS if view == VIEWS[0] or view in look.views]
    kept = asdict(look) | {"views": views, "quiet": list(look.quiet)}
    return {"name": name, "shops": None if shops is None else sorted(shops), "look": kept, "expires_at": expires_at}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the record keeps of a screen's columns: no name, no hash; a look by its fields, instants as text."""
    fields = {"shops": row["shops"], **row["look"]} if "look" in row else {}
    until = row["expires_at"]
    return fields | {"expires_at": until and until.isoformat()}


def _minutes(time: str) -> int | None:
    try:
        return minutes(time)
    except ValueError:
        return None


def _ahead(expires_at: dt.datetime | None, now: dt.datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise Unclear(PAST, expires_at.date().isoformat())
