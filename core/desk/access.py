"""Who may do what: roles, what each includes, and the person who acts.

A person has one role over every shop, or a role of their own in single shops, or none: then they see
nothing. Every use case of ``core.desk`` asks :meth:`Person.require`; pages only ask :meth:`Person.may`, to
leave out what would be refused anyway.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from core.policy.words import N_

ROLES: Final = ("viewer", "operator", "lead", "admin")
"""From the least to the most; each may also do what those before it may."""

_OWN: Final = {
    "viewer": ("look",),
    "operator": ("import", "decide", "answer", "send", "vouch"),
    "lead": ("correct", "undo", "vouch_as_lead", "rules", "settings"),
    "admin": ("people", "screens", "privacy", "backup"),
}
ACTIONS: Final[Mapping[str, frozenset[str]]] = {
    role: frozenset(action for lower in ROLES[: place + 1] for action in _OWN[lower])
    for place, role in enumerate(ROLES)
}
"""What each role may do."""

ACTION_WORDS: Final = {
    "look": N_("See orders, returns and figures"),
    "import": N_("Import files, map them, add shops"),
    "decide": N_("Decide: orders, returns, facts, notes"),
    "answer": N_("Answer buyers"),
    "send": N_("Hand out shipment files"),
    "vouch": N_("Give an operator's word for a shipment"),
    "correct": N_("Correct what somebody else decided"),
    "undo": N_("Undo imports"),
    "vouch_as_lead": N_("Give a lead's word for a shipment"),
    "rules": N_("Save rules and costs"),
    "settings": N_("Save settings of the team and of shops"),
    "people": N_("Add and remove people, give roles"),
    "screens": N_("Open and revoke team screens"),
    "privacy": N_("Set retention, wipe personal data"),
    "backup": N_("Back up and restore"),
}
"""What each action is, in words."""


def includes(role: str | None, action: str) -> bool:
    """Whether a role includes an action; no role, and one that does not exist, includes nothing."""
    return role is not None and action in ACTIONS.get(role, frozenset())


class NotAllowed(Exception):
    """The person's role does not include this action, there."""

    def __init__(self, person: "Person", action: str, shop_id: int | None = None) -> None:
        where = "" if shop_id is None else f" in shop {shop_id}"
        super().__init__(f"{person.name} ({person.role_in(shop_id) or 'no role'}) may not: {action}{where}")
        self.person, self.action, self.shop_id = person, action, shop_id


class SignedOut(Exception):
    """The session behind a page has ended: signed out, expired, or the person was removed."""


class NotThere(LookupError):
    """The base has nothing of this id, or nothing that whoever looks may see: nobody can tell the two apart."""


def _nothing_ends() -> None:
    """Where nobody signs in, no session can end."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is acting: the name that the record keeps, and their roles.

    ``role`` holds over every shop (None: over none), ``of_shop`` instead of it in single shops.
    ``origin`` says where from, for the record. ``still`` raises :class:`SignedOut` once the session has ended.
    """

    name: str
    role: str | None = "admin"
    of_shop: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    origin: str = "here"
    still: Callable[[], None] = _nothing_ends

    def role_in(self, shop_id: int | None) -> str | None:
        """The role in a shop; None for ``shop_id``: over every shop."""
        return self.role if shop_id is None else self.of_shop.get(shop_id, self.role)

    def may(self, action: str, *shop_ids: int) -> bool:
        """Whether the role includes ``action`` in each of these shops; without shops, over every shop."""
        return all(includes(self.role_in(shop_id), action) for shop_id in shop_ids or (None,))

    def may_somewhere(self, action: str) -> bool:
        """Whether the role includes ``action`` in any shop."""
        return any(includes(role, action) for role in (self.role, *self.of_shop.values()))

    def require(self, action: str, *shop_ids: int) -> None:
        """Raise :class:`NotAllowed` unless :meth:`may`, and :class:`SignedOut` where the session has ended."""
        self.still()
        for shop_id in shop_ids or (None,):
            if not includes(self.role_in(shop_id), action):
                raise NotAllowed(self, action, shop_id)

    @property
    def sees(self) -> frozenset[int] | None:
        """The shops that the person may look at; None: every one. A role that does not exist shows none."""
        if includes(self.role, "look"):
            return None
        return frozenset(shop_id for shop_id, role in self.of_shop.items() if includes(role, "look"))
