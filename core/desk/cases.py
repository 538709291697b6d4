"""One order on one page: its facts with their files, its clock, what people decided and noted."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.desk import orders, settings
from core.desk.acting import acting
from core.desk.base import Desk, OrderKey, Person
from core.policy import explain
from core.policy.words import DecisionKind
from core.store import queries, write
from core.store import search as store_search


@dataclass(frozen=True, slots=True)
class Case:
    """All that the base holds of one order. ``judged`` is None once nothing is left to do."""

    key: OrderKey
    facts: dict[str, Any]
    judged: dict[str, Any] | None
    lines: pl.DataFrame
    buyer: dict[str, Any] | None
    decisions: pl.DataFrame
    imports: pl.DataFrame
    derivation: tuple[explain.Sentence, ...]

    def source_of(self, field: str) -> int:
        """The id of the import that gave this field."""
        held = dict(part.rsplit(":", 1) for part in (self.facts["held"] or "").split())
        return int(held.get(field, self.facts["import_id"]))


def case(desk: Desk, key: OrderKey, now: dt.datetime) -> Case | None:
    """One order with everything around it, or None where the base does not know it."""
    if not desk.sees_shop(key.shop_id):
        return None
    with desk.reading() as connection:
        facts = queries.one_order(connection, key.shop_id, key.order_number)
        if facts.is_empty():
            return None
        lines = queries.lines(connection, key.shop_id, key.order_number)
        buyer = queries.buyer(connection, key.shop_id, key.order_number)
        decided = queries.decisions(connection, key.shop_id, key.order_number)
        row = facts.row(0, named=True)
        held = [int(part.rsplit(":", 1)[1]) for part in (row["held"] or "").split()]
        sources = queries.imports_by_id(connection, [row["import_id"], *held])
    found = orders.queue(desk, now).filter(shop_id=key.shop_id, order_number=key.order_number)
    judged = found.row(0, named=True) if found.height else None
    zones = (row["zone"], settings.team(desk).zone)
    return Case(
        key=key,
        facts=row,
        judged=judged,
        lines=lines,
        buyer=buyer.row(0, named=True) if buyer.height else None,
        decisions=decided,
        imports=sources,
        derivation=tuple(explain.derivation(judged, zones, now)) if judged else (),
    )


def search(desk: Desk, text: str) -> pl.DataFrame:
    """Orders that an order number, tracking number, buyer's name or SKU leads to; at most 50.

    Columns: shop_id, shop, order_number, state, created_at, matched (what was found), shown.
    """
    text = text.strip()
    with desk.reading() as connection:
        return store_search.search(connection, text, 50, desk.sees)


def add(desk: Desk, person: Person, key: OrderKey, kind: DecisionKind, text: str, now: dt.datetime) -> None:
    """Append a note, or who has the case; open or not. Raises ``ValueError`` on an empty note."""
    if kind not in {DecisionKind.NOTE, DecisionKind.ASSIGN}:
        raise ValueError(f"{kind} is decided in the queue")
    if kind is DecisionKind.NOTE and not text.strip():
        raise ValueError("an empty note says nothing")
    row = {
        "shop_id": [key.shop_id],
        "order_number": [key.order_number],
        "kind": [str(kind)],
        "text": [text.strip() or None],
        "person": [person.name],
        "at": [now],
        "rules": [""],
    }
    with acting(desk, person, "decide", [key.shop_id], now) as act:
        write.add_decisions(act.connection, pl.DataFrame(row, schema=orders.DECIDED_SCHEMA))
        after = {"decision": str(kind)}
        act.note("order_decided", shop_id=key.shop_id, subject=key.order_number, after=after, why=text.strip())
