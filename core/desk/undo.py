"""Taking an import back: what that would do, then the doing, by the same code."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import polars as pl

from core.desk.acting import acting
from core.desk.base import Desk, Person
from core.desk.imports import seen_import
from core.intake.formats import fold
from core.policy.words import N_
from core.store import personal_age, queries, undo
from core.store.undo import CannotUndo, Plan
from core.store.undo_chain import KEPT, Outcome

__all__ = ["COUNTS", "CannotUndo", "Plan", "kept", "look", "run", "wiped"]

COUNTS: Final = {
    "removed": N_("Removed: the import created them"),
    "restored": N_("Back to their earlier values"),
    "aged": N_("Unchanged: only their as-of goes back"),
    "later": N_("Stay: a later file says the same"),
    "kept": N_("Kept: something else stands on them"),
}
"""The five counts of a plan, in orders (of another kind of file: its records); they add up to all that the import
wrote."""
EDITED: Final = "edited"
DECIDED: Final = "decided"
FILED: Final = "filed"
WHY: Final = {
    EDITED: N_("edited here"),
    DECIDED: N_("decided here"),
    FILED: N_("an older file filled blanks"),
}


def look(desk: Desk, import_id: int) -> Plan:
    """What undoing this import would do; nothing is written.

    Raises ``NotThere`` for no such import and :class:`CannotUndo` where nothing was kept to undo it by.
    A plan with ``undone_at`` was undone before.
    """
    with desk.reading() as connection:
        seen_import(desk, connection, import_id)
        return undo.plan(connection, import_id)


def run(desk: Desk, person: Person, import_id: int, now: dt.datetime) -> Plan:
    """Undo an import in one transaction; gives what was done. The second time nothing is done.

    Raises as :func:`look`, and ``NotAllowed``.
    """
    looking = desk.seen_by(person)
    with looking.reading() as connection:
        shop_id, undone = undo.state_of(connection, import_id)
    looking.look_at(shop_id)
    if undone:
        person.require("undo", shop_id)
        return look(looking, import_id)
    with acting(desk, person, "undo", [shop_id], now) as act:
        plan = undo.plan(act.connection, import_id)
        words = queries.state_words(act.connection, plan.shop_id)
        undo.apply(act.connection, plan, person.name, now, lambda word: words.get(fold(word)))
        if plan.undone_at is None:
            counts = {name: getattr(plan, name) for name in COUNTS}
            act.note("import_undone", shop_id=plan.shop_id, subject=import_id, after=counts)
    return plan


def wiped(desk: Desk, plan: Plan) -> int:
    """How many orders of the import were wiped since: of them, buyers, texts and notes do not come back."""
    desk.look_at(plan.shop_id)
    with desk.reading() as connection:
        return personal_age.wiped_of(connection, plan.shop_id, plan.import_id)


def kept(plan: Plan) -> pl.DataFrame:
    """What came since on orders or records of the import, and stays: order_number (of a record without an order
    its key), why (:data:`WHY`), whole (it stays as it is; else only that fact or decision does)."""
    staying = set() if plan.records is None else plan.records.staying  # said once, by their records
    orders = {number: outcome for number, outcome in plan.outcomes.items() if number not in staying}
    rows = _standing(plan, orders) | {(number, DECIDED, _whole(orders, number)) for number in plan.decided}
    if plan.records is not None:
        names, outcomes = plan.records.names, plan.records.outcomes
        rows |= {(names[key], why, whole) for key, why, whole in _standing(plan, outcomes)}
        rows |= {(names[key], DECIDED, _whole(outcomes, key)) for key in plan.records.decided}
    schema = {"order_number": pl.String, "why": pl.String, "whole": pl.Boolean}
    return pl.DataFrame(sorted(rows), schema=schema, orient="row")


def _standing(plan: Plan, outcomes: Mapping[str, Outcome]) -> set[tuple[str, str, bool]]:
    """What people edited, or an older file filled, on what the import wrote."""
    rows = set()
    for name, outcome in outcomes.items():
        whole, now = outcome.verdict == KEPT, outcome.now
        givers = {by for by in (now.owner, *now.held.values()) if by > plan.import_id} if now else set()
        rows |= {(name, EDITED, whole)} if givers & plan.typed else set()
        rows |= {(name, FILED, whole)} if whole and givers - plan.typed else set()
    return rows


def _whole(outcomes: Mapping[str, Outcome], name: str) -> bool:
    return name in outcomes and outcomes[name].verdict == KEPT
