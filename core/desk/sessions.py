"""Signing in, and the sessions that follow: each has a row, and ends when the row says so.

A session is known by 256 random bits that the browser holds in a cookie; the base keeps their SHA-256. When it
was last used is written at most once a minute and moves no revision.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from core.desk import limiter, passwords
from core.desk.acting import acting
from core.desk.base import Desk, Person, SignedOut, StoreUnavailable, utc_now
from core.desk.settings import Unclear, all_settings
from core.policy.words import N_
from core.store import people as store
from core.store import queries, write
from core.store.engine import quietly

SETTING: Final = "sign_in"
NOTED_EVERY: Final = dt.timedelta(minutes=1)
KEPT: Final = dt.timedelta(days=90)
"""How long the row of a session that is over stays."""
LONGEST_TOKEN: Final = 200
EVERY_SHOP: Final = 0
TERMS_UNCLEAR: Final = N_("Hours have to be from 1 to 2160, and a session cannot rest longer than it lasts.")
MOST_HOURS: Final = 2160


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session lasts: hours without use, and hours in all."""

    idle_hours: int = 12
    longest_hours: int = 168


def terms(desk: Desk) -> tuple[Terms, int]:
    """How long sessions last, as saved, else the standard; and the version."""
    value, version = all_settings(desk).get(SETTING, ({}, 0))
    return Terms(**value), version


def save_terms(desk: Desk, person: Person, changed: Terms, version: int, now: dt.datetime) -> None:
    """Save how long sessions last. Raises ``Unclear``, ``Stale``, ``NotAllowed``."""
    if not 1 <= changed.idle_hours <= changed.longest_hours <= MOST_HOURS:
        raise Unclear(TERMS_UNCLEAR)
    with acting(desk, person, "people", [], now) as act:
        before = queries.settings(act.connection).filter(key=SETTING)["value"].to_list()
        write.save_setting(act.connection, SETTING, asdict(changed), version, person.name, now)
        act.note("setting_saved", subject=SETTING, before=before[0] if before else None, after=asdict(changed))


def needed(desk: Desk) -> bool:
    """Whether people have to sign in: as soon as anybody was ever added."""
    with desk.reading() as connection:
        return store.anybody(connection)


def digest(token: str) -> str:
    """What is kept of a token. It is 256 random bits, so a plain SHA-256 can be turned back by nobody."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode()).hexdigest()


def folded(email: str) -> str:
    """An address in the one spelling that is compared."""
    return email.strip().casefold()


def with_password(desk: Desk, who: str, password: str, origin: str, now: dt.datetime) -> str | None:
    """The token of a new session for whoever has this name or address and password; else None.

    The attempt is counted before the password is looked at, so that many at once are many. An unknown name, a
    locked account and a wrong password take the same steps and get the same answer.
    """
    hours = terms(desk)[0].longest_hours
    with quietly(desk.engine) as connection:
        found = store.by_name(connection, " ".join(who.split())) or store.by_email(connection, folded(who))
        tried = None if found is None else store.count_attempt(connection, found.id, now, locked_until)
    if not passwords.fits(tried and tried.password_hash, password) or tried is None:
        return None
    with quietly(desk.engine) as connection:
        still = store.by_id(connection, tried.id)
        if still is None or still.password_hash != tried.password_hash:
            return None
        store.clear_failures(connection, tried.id)
        return start(connection, tried.id, origin, now, hours)


def locked_until(failures: int, now: dt.datetime) -> dt.datetime | None:
    """Until when an account takes no further attempt after so many failures in a row."""
    over = failures - limiter.FREE
    return None if over < 0 else now + min(limiter.FIRST * 2 ** min(over, 20), limiter.LONGEST)


def with_account(desk: Desk, claims: Mapping[str, Any], origin: str, now: dt.datetime) -> str | None:
    """The token of a new session for the person whose account a provider vouches for; else None.

    ``claims`` are those of an ID token that was verified. The account is known by issuer and subject; the first
    time by an e-mail address that the provider has verified and an admin has entered.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
        return None
    hours = terms(desk)[0].longest_hours
    with quietly(desk.engine) as connection:
        found = store.by_account(connection, issuer, subject)
        if found is not None:
            return start(connection, found.id, origin, now, hours)
        email = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(email, str) or not email.strip():
            return None
        found = store.by_email(connection, folded(email))
    if found is None or found.subject is not None:
        return None
    with acting(desk, Person(found.name, origin=origin), "look", [], now) as act:
        store.change(act.connection, found.id, {"issuer": issuer, "subject": subject}, found.version)
        act.note("account_bound", subject=found.name, after={"issuer": issuer})
        return start(act.connection, found.id, origin, now, hours)


def start(connection: sa.Connection, person_id: int, origin: str, now: dt.datetime, hours: int) -> str:
    """Begin a session of so many hours in an open transaction; gives its token, which is kept nowhere."""
    token, last = secrets.token_urlsafe(32), now + dt.timedelta(hours=hours)
    row = {"token_hash": digest(token), "person_id": person_id, "origin": origin}
    store.add_session(connection, row | {"created_at": now, "seen_at": now, "expires_at": last})
    store.forget_sessions(connection, now - KEPT)
    return token


def end(desk: Desk, token: str, now: dt.datetime) -> None:
    """Sign out: the session ends, and with it every page that it opened."""
    with quietly(desk.engine) as connection:
        store.end_session(connection, digest(token), now)


def person_of(
    desk: Desk, token: str | None, now: dt.datetime, clock: Callable[[], dt.datetime] = utc_now
) -> Person | None:
    """Who is signed in with this token, with their roles as they are now; None where the session is over.

    Counts as use of the session. The person's ``still`` raises ``SignedOut`` as soon as the session has ended, or
    what the person may do was changed.
    """
    token_hash, idle = digest(token or ""), dt.timedelta(hours=terms(desk)[0].idle_hours)
    with desk.reading() as connection:
        row = store.session(connection, token_hash)
        roles = {} if row is None else store.roles_of(connection, row.person_id)
    if row is None or not _is_open(row, idle, now):
        return None
    if write.stored(now) - row.seen_at >= NOTED_EVERY / dt.timedelta(microseconds=1):
        _note_seen(desk, token_hash, now)

    def still() -> None:
        with desk.reading() as connection:
            latest = store.session(connection, token_hash)
        if latest is None or latest.version != row.version or not _is_open(latest, idle, clock()):
            raise SignedOut(row.name)

    return with_roles(row.name, roles, row.origin, still)


def with_roles(name: str, roles: Mapping[int, str], origin: str, still: Callable[[], None] | None = None) -> Person:
    """The person with these roles by shop, as :class:`Person` holds them."""
    of_shop = MappingProxyType({shop_id: role for shop_id, role in roles.items() if shop_id != EVERY_SHOP})
    person = Person(name, roles.get(EVERY_SHOP), of_shop, origin)
    return person if still is None else replace(person, still=still)


def _is_open(row: sa.Row[Any], idle: dt.timedelta, now: dt.datetime) -> bool:
    at, rest = write.stored(now), idle // dt.timedelta(microseconds=1)
    return row.ended_at is None and at < row.expires_at and at < row.seen_at + rest


def _note_seen(desk: Desk, token_hash: str, now: dt.datetime) -> None:
    try:
        with quietly(desk.engine, wait=False) as connection:
            store.note_seen(connection, token_hash, now)
    except StoreUnavailable:
        return  # a big import holds the base: the next look notes it
