"""Who may come in, and with which roles: added, changed and removed by an admin, every step in the record."""

import datetime as dt
import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Final

import polars as pl

from core.desk import passwords, sessions
from core.desk.access import ROLES
from core.desk.acting import Act, acting
from core.desk.base import Desk, Person
from core.desk.sessions import EVERY_SHOP
from core.desk.settings import Unclear
from core.policy.words import N_
from core.store import people as store
from core.store import queries

ADMIN: Final = ROLES[-1]
LOCAL: Final = "local"
"""The one user of a desk where nobody signs in."""
COMMAND_LINE: Final = "command line"
LINK_LASTS: Final = dt.timedelta(hours=24)
LONGEST_NAME: Final = 80

NAME_MISSING: Final = N_("A person needs a name of at most {text} characters.")
NAME_TAKEN: Final = N_("The name {text} stands in the record for somebody else. Choose another one.")
EMAIL_UNCLEAR: Final = N_("{text} is no e-mail address.")
EMAIL_TAKEN: Final = N_("Somebody else has the address {text}.")
ROLE_UNKNOWN: Final = N_("There is no role {text}.")
SHOP_UNKNOWN: Final = N_("There is no shop {text}.")
LAST_ADMIN: Final = N_("{text} is the only admin over every shop. Make somebody else one first.")
NO_WAY_IN: Final = N_("Give a password, or the e-mail address of an account at your provider.")
NOT_KNOWN: Final = N_("Nobody here is called {text}.")


def listed(desk: Desk, person: Person) -> pl.DataFrame:
    """Everybody who may come in, by name: id, name, email, has_password, issuer, created_at, version."""
    person.require("people")
    with desk.reading() as connection:
        return store.listed(connection)


def roles(desk: Desk, person: Person) -> pl.DataFrame:
    """Every role: person_id, shop_id (0: every shop), role."""
    person.require("people")
    with desk.reading() as connection:
        return store.all_roles(connection)


def open_sessions(desk: Desk, person: Person, now: dt.datetime) -> pl.DataFrame:
    """Sessions that are not over, the one used last first: person_id, created_at, seen_at, origin."""
    person.require("people")
    with desk.reading() as connection:
        return store.open_sessions(connection, now)


def of_name(desk: Desk, name: str, origin: str) -> Person:
    """The person of that name as they may act now; while nobody was ever added, one local user of that name.

    Raises ``Unclear`` where nobody is called so.
    """
    with desk.reading() as connection:
        if not store.anybody(connection):
            return Person(name, origin=origin)
        found = store.by_name(connection, name)
        held = {} if found is None else store.roles_of(connection, found.id)
    if found is None:
        raise Unclear(NOT_KNOWN, name)
    return sessions.with_roles(name, held, origin)


def add(desk: Desk, person: Person, name: str, email: str, wanted: Mapping[int, str], now: dt.datetime) -> int:
    """Add a person with these roles by shop (0: every shop); gives the id. Raises ``Unclear``, ``NotAllowed``.

    There is no password yet: :func:`make_link` gives a link that sets one.
    """
    with acting(desk, person, "people", [], now) as act:
        return _add(act, name, email, wanted, now)


def _add(act: Act, name: str, email: str, wanted: Mapping[int, str], now: dt.datetime) -> int:
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unclear(NAME_MISSING, str(LONGEST_NAME))
    if name.casefold() in {known.casefold() for known in store.names(act.connection)}:
        raise Unclear(NAME_TAKEN, name)
    address = _address(act, email, None)
    _known(act, wanted)
    person_id = store.add(act.connection, {"name": name, "email": address, "created_at": now})
    store.set_roles(act.connection, person_id, wanted)
    act.note("person_added", subject=name, after=_told(wanted), personal={"email": address})
    return person_id


def change(
    desk: Desk,
    person: Person,
    person_id: int,
    version: int,
    email: str,
    wanted: Mapping[int, str],
    now: dt.datetime,
) -> None:
    """Give a person another address, or other roles. Raises ``Unclear``, ``Stale``, ``NotAllowed``.

    A new address lets go of the provider's account that the old one had found.
    """
    with acting(desk, person, "people", [], now) as act:
        held = _held(act, person_id)
        before = store.roles_of(act.connection, person_id)
        _known(act, wanted)
        if wanted.get(EVERY_SHOP) != ADMIN:
            _keep_an_admin(act, person_id, held.name)
        address = _address(act, email, person_id)
        values = {"email": address}
        if address != held.email:
            values |= {"issuer": None, "subject": None}
        store.change(act.connection, person_id, values, version)
        store.set_roles(act.connection, person_id, wanted)
        act.note(
            "person_changed", subject=held.name, before=_told(before), after=_told(wanted), personal={"email": address}
        )


def remove(desk: Desk, person: Person, person_id: int, version: int, now: dt.datetime) -> None:
    """Let a person in no more: sessions end at once. The name stays in the record and is given to nobody else."""
    with acting(desk, person, "people", [], now) as act:
        held = _held(act, person_id)
        _keep_an_admin(act, person_id, held.name)
        before = store.roles_of(act.connection, person_id)
        nothing = dict.fromkeys(("password_hash", "email", "issuer", "subject"))
        store.change(act.connection, person_id, {**nothing, "removed_at": now}, version)
        store.set_roles(act.connection, person_id, {})
        store.end_sessions(act.connection, person_id, now)
        store.drop_links(act.connection, person_id)
        act.note("person_removed", subject=held.name, before=_told(before))


def end_sessions(desk: Desk, person: Person, person_id: int, now: dt.datetime) -> None:
    """Sign a person out everywhere."""
    with acting(desk, person, "people", [], now) as act:
        held = _held(act, person_id)
        ended = store.end_sessions(act.connection, person_id, now)
        act.note("sessions_ended", subject=held.name, after={"sessions": ended})


def make_link(desk: Desk, person: Person, person_id: int, now: dt.datetime) -> str:
    """The token of a link with which a person sets a password, once, within a day; it is kept nowhere."""
    token = secrets.token_urlsafe(32)
    with acting(desk, person, "people", [], now) as act:
        held = _held(act, person_id)
        row = {"person_id": person_id, "token_hash": sessions.digest(token), "expires_at": now + LINK_LASTS}
        store.add_link(act.connection, row)
        act.note("password_link_made", subject=held.name)
    return token


def link_of(desk: Desk, token: str, now: dt.datetime) -> str | None:
    """Whose password a link sets; None where it is used up, too old or made up."""
    with desk.reading() as connection:
        found = store.link(connection, sessions.digest(token), now)
    return None if found is None else str(found.name)


def use_link(desk: Desk, token: str, password: str, origin: str, now: dt.datetime) -> str | None:
    """Set the password that a link is for and sign in; gives the token of the session, or None where the link is
    not good any more. Sessions that were open end. Raises ``Unclear`` for a password that cannot be one."""
    name = link_of(desk, token, now)
    if name is None:
        return None
    passwords.check(password, name)
    kept, hours = passwords.hashed(password), sessions.terms(desk)[0].longest_hours
    with acting(desk, Person(name, origin=origin), "look", [], now) as act:
        found = store.link(act.connection, sessions.digest(token), now)
        if found is None:
            return None
        _set_password(act, found.person_id, kept, now)
        act.note("password_set", subject=name)
        return sessions.start(act.connection, found.person_id, origin, now, hours)


def add_admin(desk: Desk, name: str, email: str, password: str, now: dt.datetime) -> None:
    """From the command line, by who owns the server: an admin over every shop.

    One who is there already gets the role and the password. Sign-in is on from now on. Raises ``Unclear``.
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not password and not email.strip():
        raise Unclear(NO_WAY_IN)
    if password:
        passwords.check(password, name)
    kept = passwords.hashed(password) if password else None
    with acting(desk, Person(COMMAND_LINE, origin=COMMAND_LINE), "people", [], now) as act:
        found = store.by_name(act.connection, name)
        person_id = _add(act, name, email, {EVERY_SHOP: ADMIN}, now) if found is None else int(found.id)
        if found is not None:
            wanted = store.roles_of(act.connection, person_id) | {EVERY_SHOP: ADMIN}
            values = {"email": _address(act, email, person_id)} if email.strip() else {}
            store.change(act.connection, person_id, values)
            store.set_roles(act.connection, person_id, wanted)
            act.note("person_changed", subject=name, after=_told(wanted), personal=values)
        if kept:
            _set_password(act, person_id, kept, now)
            act.note("password_set", subject=name)


def _set_password(act: Act, person_id: int, kept: str, now: dt.datetime) -> None:
    store.change(act.connection, person_id, {"password_hash": kept, "failures": 0, "locked_until": None})
    store.end_sessions(act.connection, person_id, now)
    store.drop_links(act.connection, person_id)


def _held(act: Act, person_id: int) -> store.Known:
    found = store.by_id(act.connection, person_id)
    if found is None:
        raise Unclear(NOT_KNOWN, str(person_id))
    return found


def _keep_an_admin(act: Act, person_id: int, name: str) -> None:
    """Raise ``Unclear`` where a person who stops being admin over every shop is the last one."""
    was = store.roles_of(act.connection, person_id).get(EVERY_SHOP)
    if was == ADMIN and not store.others_with(act.connection, ADMIN, person_id):
        raise Unclear(LAST_ADMIN, name)


def _address(act: Act, email: str, person_id: int | None) -> str | None:
    """The folded address, or None where none was given. Raises ``Unclear``."""
    address = sessions.folded(email)
    if not address:
        return None
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,250}", address):
        raise Unclear(EMAIL_UNCLEAR, email)
    other = store.by_email(act.connection, address)
    if other is not None and other.id != person_id:
        raise Unclear(EMAIL_TAKEN, address)
    return address


def _known(act: Act, wanted: Mapping[int, str]) -> None:
    """Raise ``Unclear`` for a role or a shop that does not exist."""
    shops = {EVERY_SHOP, *queries.shops(act.connection)["id"]}
    for shop_id, role in wanted.items():
        if role not in ROLES:
            raise Unclear(ROLE_UNKNOWN, role)
        if shop_id not in shops:
            raise Unclear(SHOP_UNKNOWN, str(shop_id))


def _told(held: Mapping[int, str]) -> dict[str, str]:
    """Roles by shop as the record keeps them; 0 stands for every shop."""
    return {str(shop_id): role for shop_id, role in sorted(held.items())}
