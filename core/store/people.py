"""People, their roles and their sessions, in and out of the base."""

from typing import Any

import sqlalchemy as sa

from core.store.people_tables import people, roles

Known = sa.Row[Any]
"""A row of the table of people."""


def anybody(connection: sa.Connection) -> bool:
    """Whether anybody was ever added: from then on everybody has to sign in."""
    return connection.execute(sa.select(people.c.id).limit(1)).first() is not None


def by_name(connection: sa.Connection, name: str) -> Known | None:
    """The person of this name, unless removed."""
    query = sa.select(people).where(people.c.name == name, people.c.removed_at.is_(None))
    return connection.execute(query).one_or_none()


def roles_of(connection: sa.Connection, person_id: int) -> dict[int, str]:
    """One person's roles by shop; 0 stands for every shop."""
    query = sa.select(roles.c.shop_id, roles.c.role).where(roles.c.person_id == person_id)
    return {row.shop_id: row.role for row in connection.execute(query)}
