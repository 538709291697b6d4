"""People, their roles and their sessions, in and out of the base."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.store.frames import typed
from core.store.people_tables import password_links, people, roles, sessions
from core.store.write import Stale, stored

Known = sa.Row[Any]
"""A row of the table of people."""
_NOT_REMOVED = people.c.removed_at.is_(None)


def anybody(connection: sa.Connection) -> bool:
    """Whether anybody was ever added: from then on everybody has to sign in."""
    return connection.execute(sa.select(people.c.id).limit(1)).first() is not None


def listed(connection: sa.Connection) -> pl.DataFrame:
    """Everybody who may come in, by name: id, name, email, has_password, issuer, created_at, version."""
    known = people.c.password_hash.is_not(None).label("has_password")
    columns = (people.c.id, people.c.name, people.c.email, known, people.c.issuer, people.c.created_at)
    return typed(connection, sa.select(*columns, people.c.version).where(_NOT_REMOVED).order_by(people.c.name))


def all_roles(connection: sa.Connection) -> pl.DataFrame:
    """Every role: person_id, shop_id (0: every shop), role."""
    return typed(connection, sa.select(roles).order_by(roles.c.person_id, roles.c.shop_id))


def roles_of(connection: sa.Connection, person_id: int) -> dict[int, str]:
    """One person's roles by shop; 0 stands for every shop."""
    query = sa.select(roles.c.shop_id, roles.c.role).where(roles.c.person_id == person_id)
    return {row.shop_id: row.role for row in connection.execute(query)}


def names(connection: sa.Connection) -> list[str]:
    """Every name that was ever given, those of removed people too."""
    return list(connection.execute(sa.select(people.c.name)).scalars())


def by_id(connection: sa.Connection, person_id: int) -> Known | None:
    """The person, unless removed; all columns of the table."""
    return _one(connection, people.c.id == person_id)


def by_name(connection: sa.Connection, name: str) -> Known | None:
    """The person of this name, unless removed."""
    return _one(connection, people.c.name == name)


def by_email(connection: sa.Connection, email: str) -> Known | None:
    """The person of this folded address, unless removed."""
    return _one(connection, people.c.email == email)


def by_account(connection: sa.Connection, issuer: str, subject: str) -> Known | None:
    """The person whose account at a provider this is, unless removed."""
    return _one(connection, sa.and_(people.c.issuer == issuer, people.c.subject == subject))


def _one(connection: sa.Connection, this: sa.ColumnElement[bool]) -> Known | None:
    return connection.execute(sa.select(people).where(this, _NOT_REMOVED)).one_or_none()


def add(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """A new person: columns of the table; gives the id."""
    done = connection.execute(sa.insert(people).values(**_columns(values)).returning(people.c.id))
    return int(done.scalar_one())


def change(connection: sa.Connection, person_id: int, values: Mapping[str, Any], version: int | None = None) -> None:
    """Write columns of one person, whose open pages have to be loaded again. With ``version``: raises ``Stale``
    where somebody else changed the person since."""
    this = people.c.id == person_id
    if version is not None:
        this = sa.and_(this, people.c.version == version)
    query = sa.update(people).where(this).values(**_columns(values), version=people.c.version + 1)
    if connection.execute(query).rowcount != 1:
        now = connection.execute(sa.select(people).where(people.c.id == person_id)).mappings().one()
        shown = [name for name in values if name != "password_hash"]
        raise Stale({name: values[name] for name in shown}, {name: now[name] for name in shown})


def set_roles(connection: sa.Connection, person_id: int, wanted: Mapping[int, str]) -> None:
    """Give a person exactly these roles, by shop."""
    connection.execute(sa.delete(roles).where(roles.c.person_id == person_id))
    if wanted:
        rows = [{"person_id": person_id, "shop_id": shop_id, "role": role} for shop_id, role in wanted.items()]
        connection.execute(sa.insert(roles), rows)


def others_with(connection: sa.Connection, role: str, person_id: int) -> int:
    """How many others have this role over every shop."""
    query = (
        sa.select(sa.func.count())
        .select_from(roles.join(people))
        .where(_NOT_REMOVED, roles.c.shop_id == 0, roles.c.role == role, people.c.id != person_id)
    )
    return int(connection.execute(query).scalar_one())


def count_attempt(
    connection: sa.Connection,
    person_id: int,
    now: dt.datetime,
    locked_until: Callable[[int, dt.datetime], dt.datetime | None],
) -> Known | None:
    """Count an attempt at a password as failed, until it turns out not to be; None while the account is locked.

    ``locked_until(failures, now)`` says until when it is from then on. Gives the person as before.
    """
    this = people.c.id == person_id
    found = connection.execute(sa.select(people).where(this).with_for_update()).one()
    if found.locked_until is not None and found.locked_until > stored(now):
        return None
    failures = found.failures + 1
    values = _columns({"failures": failures, "locked_until": locked_until(failures, now)})
    connection.execute(sa.update(people).where(this).values(**values))
    return found


def clear_failures(connection: sa.Connection, person_id: int) -> None:
    """Forget wrong passwords: the right one was given."""
    query = sa.update(people).where(people.c.id == person_id).values(failures=0, locked_until=None)
    connection.execute(query)


def add_session(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """A new session: columns of the table."""
    connection.execute(sa.insert(sessions).values(**_columns(values)))


def session(connection: sa.Connection, token_hash: str) -> sa.Row[Any] | None:
    """A session of somebody who was not removed: person_id, name, version, origin, created_at, expires_at, seen_at,
    ended_at (instants in the base's microseconds)."""
    columns = (people.c.name, people.c.version, *(column for column in sessions.c if column.key != "token_hash"))
    query = sa.select(*columns).join_from(sessions, people).where(sessions.c.token_hash == token_hash, _NOT_REMOVED)
    return connection.execute(query).one_or_none()


def open_sessions(connection: sa.Connection, now: dt.datetime) -> pl.DataFrame:
    """Sessions that are neither ended nor over: person_id, created_at, seen_at, origin."""
    columns = (sessions.c.person_id, sessions.c.created_at, sessions.c.seen_at, sessions.c.origin)
    live = sa.and_(sessions.c.ended_at.is_(None), sessions.c.expires_at > stored(now))
    return typed(connection, sa.select(*columns).where(live).order_by(sessions.c.seen_at.desc()))


def note_seen(connection: sa.Connection, token_hash: str, at: dt.datetime) -> None:
    """Say when a session was last used."""
    query = sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=stored(at))
    connection.execute(query)


def end_session(connection: sa.Connection, token_hash: str, at: dt.datetime) -> None:
    """End one session."""
    _end(connection, sessions.c.token_hash == token_hash, at)


def end_sessions(connection: sa.Connection, person_id: int, at: dt.datetime) -> int:
    """End every session of a person; gives how many there were."""
    return _end(connection, sessions.c.person_id == person_id, at)


def _end(connection: sa.Connection, these: sa.ColumnElement[bool], at: dt.datetime) -> int:
    query = sa.update(sessions).where(these, sessions.c.ended_at.is_(None)).values(ended_at=stored(at))
    return connection.execute(query).rowcount


def forget_sessions(connection: sa.Connection, before: dt.datetime) -> None:
    """Drop the rows of sessions that were over before an instant."""
    over = sa.or_(sessions.c.ended_at < stored(before), sessions.c.expires_at < stored(before))
    connection.execute(sa.delete(sessions).where(over))


def add_link(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """The one link by which a person may set a password: columns of the table. An older one is void."""
    connection.execute(sa.delete(password_links).where(password_links.c.person_id == values["person_id"]))
    connection.execute(sa.insert(password_links).values(**_columns(values)))


def link(connection: sa.Connection, token_hash: str, now: dt.datetime) -> sa.Row[Any, Any] | None:
    """Whose password a link sets, while it is good: person_id, name."""
    query = (
        sa.select(password_links.c.person_id, people.c.name)
        .join_from(password_links, people)
        .where(password_links.c.token_hash == token_hash, password_links.c.expires_at > stored(now), _NOT_REMOVED)
    )
    return connection.execute(query).one_or_none()


def drop_links(connection: sa.Connection, person_id: int) -> None:
    """Make a person's link void."""
    connection.execute(sa.delete(password_links).where(password_links.c.person_id == person_id))


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stored(value) if isinstance(value, dt.datetime) else value for name, value in values.items()}
