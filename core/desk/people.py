"""Who may come in, and with which roles."""

from types import MappingProxyType
from typing import Final

from core.desk.base import Desk, Person
from core.desk.settings import Unclear
from core.policy.words import N_
from core.store import people as store

EVERY_SHOP: Final = 0
NOT_KNOWN: Final = N_("Nobody here is called {text}.")


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
    of_shop = MappingProxyType({shop_id: role for shop_id, role in held.items() if shop_id != EVERY_SHOP})
    return Person(name, held.get(EVERY_SHOP), of_shop, origin)
