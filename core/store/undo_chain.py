"""Taking one import out of the history of one order. No base in here: states in, states out.

An order's history is a list of states: how it stood before each later import (``core.store.undo_tables``),
and how it stands now. Every field has a giver: the import named in ``held``, else the state's owner. Taking
an import out means that in every later state the fields that it gave are as they were before it; what a
later import or a person gave stays.
"""

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from core.store.merge import as_held, holders

GONE: Final = "gone"
RESTORED: Final = "restored"
AGED: Final = "aged"
KEPT: Final = "kept"
LATER: Final = "later"


@dataclass
class State:
    """An order before the import ``before`` (0: as it is now). ``cells``: field -> value, of those fields
    that the next import changed; ``bare`` where it only confirmed the order."""

    before: int
    owner: int
    held: dict[str, int]
    digest: int | None
    cells: dict[str, str | None] = field(default_factory=dict)
    bare: bool = False

    def giver(self, key: str) -> int:
        return self.held.get("state" if key == "state_word" else key, self.owner)

    @property
    def held_text(self) -> str | None:
        return as_held(self.held)


def state_of(row: Any) -> State:
    """The state that a row of ``undo_layers`` or ``undo_records`` holds."""
    if row.cells is None:
        return State(row.import_id, row.owner, {}, None, bare=True)
    cells = json.loads(row.cells)
    pairs = dict(zip(cells["k"], cells["v"], strict=True))
    return State(row.import_id, row.owner, parse_held(row.held), row.digest, pairs)


def row_of(state: State) -> dict[str, Any]:
    """The reverse of :func:`state_of`: import_id, owner, held, digest, cells."""
    row = {"import_id": state.before, "owner": state.owner, "held": None, "digest": None, "cells": None}
    if state.bare:
        return row
    cells = json.dumps({"k": list(state.cells), "v": list(state.cells.values())})
    return row | {"held": state.held_text, "digest": state.digest, "cells": cells}


@dataclass
class Outcome:
    """What taking an import out does to one order.

    ``now``: its state afterwards, ``back``: fields that change now and their values, ``layers``: the states
    before later imports, rewritten; ``created_by``: where another import counts as its first from now on.
    """

    verdict: str
    now: State | None = None
    back: dict[str, str | None] = field(default_factory=dict)
    layers: list[State] = field(default_factory=list)
    created_by: int | None = None
    dropped: int | None = None  # the layer that is no longer needed


def resolve(states: list[State]) -> list[State]:
    """The states with what a bare one leaves to the next: its held fields and digest. The last is now."""
    for earlier, later in zip(reversed(states[:-1]), reversed(states[1:]), strict=True):
        if earlier.bare:
            earlier.held, earlier.digest = dict(later.held), later.digest
    return states


def spell_out(states: list[State], undone: int, confirmed_by: list[int]) -> list[State]:
    """The states with a layer of its own for each import that confirmed all of ``undone`` by one number."""
    found = [j for j in confirmed_by if _standing_at(states, j).owner == undone]
    giver = undone
    for importer in found:
        place = states.index(_standing_at(states, importer))
        standing = states[place]
        states.insert(place, replace(standing, before=importer, held=dict(standing.held), cells={}, bare=True))
        for state in states[place + 1 :]:
            state.owner = importer if state.owner == giver else state.owner
            state.held = {key: importer if by == giver else by for key, by in state.held.items()}
        giver = importer
    return states


def _standing_at(states: list[State], importer: int) -> State:
    """The order as it stood when ``importer`` was written."""
    return next((state for state in states if state.before > importer), states[-1])


def without_creator(
    states: list[State], undone: int, *, decided: bool, parcels: frozenset[int] = frozenset()
) -> Outcome:
    """Take out the import that first brought the order. The order goes, unless something stands on it.

    ``parcels``: imports of shipments. They do not carry an order: it may come after them, and goes without them.
    """
    now = states[-1]
    first = next((state for state in states[:-1] if state.before > undone and state.before not in parcels), None)
    if first is None:
        if decided or any(by > undone and by not in parcels for by in (now.owner, *now.held.values())):
            return Outcome(KEPT, now)
        return Outcome(GONE)
    if now.owner == undone or now.giver("state") == undone:
        return Outcome(KEPT, now)  # an older file filled blanks: it does not carry the order alone
    layers = [state for state in states[:-1] if state is not first]
    before = State(undone, 0, {}, None)
    back = _strip([*layers, now], undone, before, {})
    return Outcome(LATER, now, back, layers, created_by=first.before, dropped=first.before)


def without_changer(states: list[State], undone: int, before: State) -> Outcome:
    """Take out an import that changed or confirmed the order; ``before``: how it stood before that."""
    back = _strip(states, undone, before, before.cells)
    now = states[-1]
    verdict = RESTORED if back else LATER if before.cells else AGED
    return Outcome(verdict, now, back, states[:-1])


def _strip(states: list[State], undone: int, before: State, cells: dict[str, str | None]) -> dict[str, str | None]:
    """Rewrite the states as if ``undone`` had never been; gives the fields that change now."""
    keys = set(cells) | {key for state in states for key, by in state.held.items() if by == undone}
    created = before.owner == 0
    for state, following in pairwise(states):
        for key in keys:
            known = key in cells or created
            if known and state.giver(key) == undone and (key in state.cells or following.giver(key) != undone):
                state.cells[key] = cells.get(key)
    now = states[-1]
    back = {key: cells.get(key) for key in keys if now.giver(key) == undone and (key in cells or created)}
    for state in states:
        _regive(state, undone, before, cells, created=created)
        state.bare = state.bare and not state.cells
    return back


def _regive(state: State, undone: int, before: State, cells: dict[str, str | None], *, created: bool) -> None:
    """Name the givers of a state anew: what ``undone`` gave is given by whoever gave it before."""
    if state.owner == undone:
        own = {key: by for key, by in state.held.items() if by != before.owner}
        held = {key: by for key, by in before.held.items() if key not in state.held} | own
        state.digest = before.digest if held == before.held else None
        state.owner, state.held = before.owner, held
        return
    held = {}
    for key, by in state.held.items():
        if by == undone:
            if created or (key in cells and cells[key] is None):
                continue  # nobody gave it before: it is blank again
            by = before.held.get(key, before.owner)
        if by != state.owner:
            held[key] = by
    state.held = held
    if state.digest is None and (state.owner, held) == (before.owner, before.held):
        state.digest = before.digest


def parse_held(held: str | None) -> dict[str, int]:
    """``orders.held`` as field -> import."""
    return holders(held)
