"""Undo of an import of records: the same history as an order's (``core.store.undo_chain``), for one flat table a kind.

What people decided on a record keeps it. Call these in ``reading`` or ``writing``.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from core.store import undo_chain as chain
from core.store import undo_write
from core.store.record_tables import TABLES, record_texts, shipments
from core.store.return_tables import return_decisions, return_events, return_facts
from core.store.shipment_tables import manifest_rows, manifests, shipment_words
from core.store.tables import number_spellings
from core.store.undo_chain import Outcome, State
from core.store.undo_tables import undo_records as layers


@dataclass
class Records:
    """What an undo does to the records of an import. ``going``: how many go at once, nothing stands on them;
    ``outcomes``: those with a history, by key; ``names``: how each of these is called, by its order if it has one;
    ``decided``: those on which people decided since the import."""

    shop_id: int
    import_id: int
    kind: str
    going: int = 0
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)

    @property
    def table(self) -> sa.Table:
        return TABLES[self.kind]

    @property
    def counts(self) -> Counter[str]:
        """How many records there are of each verdict."""
        return Counter(outcome.verdict for outcome in self.outcomes.values()) + Counter({chain.GONE: self.going})

    @property
    def staying(self) -> set[str]:
        """What stays as it is, by its name."""
        return {self.names[key] for key, outcome in self.outcomes.items() if outcome.verdict == chain.KEPT}


def judge(connection: sa.Connection, shop_id: int, import_id: int, kind: str, imported_at: int) -> Records:
    """What undoing the import would do to its records now."""
    found = Records(shop_id, import_id, kind)
    table = found.table
    simple = _going(found)
    found.going = connection.scalar(sa.select(sa.func.count()).select_from(table).where(simple)) or 0
    mine = sa.select(layers.c.key).where(*_ours(found), layers.c.import_id == import_id)
    touched = sa.or_(table.c.created_import_id == import_id, table.c.key.in_(mine))
    these = sa.and_(table.c.shop_id == shop_id, touched, ~sa.func.coalesce(simple, sa.false()))
    name = table.c.order_number if "order_number" in table.c else sa.null()
    columns = (table.c.key, table.c.import_id, table.c.held, table.c.digest, table.c.created_import_id,
               name.label("order_number"))  # fmt: skip
    current = connection.execute(sa.select(*columns).where(these)).fetchall()
    numbers = sa.select(table.c.key).where(these)
    past = sa.select(layers).where(*_ours(found), layers.c.import_id >= import_id, layers.c.key.in_(numbers))
    rows = connection.execute(past.order_by(layers.c.key, layers.c.import_id))
    history = {key: [chain.state_of(row) for row in each] for key, each in groupby(rows, lambda row: row.key)}
    decided = _decided(connection, found)
    for key, owner, held, digest, creator, order_number in current:
        states = [*history.get(key, []), State(0, owner, chain.parse_held(held), digest)]
        if creator == import_id:
            outcome = chain.without_creator(states, import_id, decided=key in decided)
        else:
            outcome = chain.without_changer(states[1:], import_id, states[0])
        found.outcomes[key] = outcome
        found.names[key] = order_number or key
    found.decided = _decided(connection, found, since=imported_at) & set(found.outcomes)
    return found


def apply(connection: sa.Connection, found: Records) -> None:
    """Write what :func:`judge` found in the same transaction."""
    going = _going(found)
    keys = sa.select(found.table.c.key).where(going)
    texts = sa.and_(record_texts.c.shop_id == found.shop_id, record_texts.c.kind == found.kind)
    connection.execute(sa.delete(record_texts).where(texts, record_texts.c.key.in_(keys)))
    connection.execute(sa.delete(found.table).where(going))
    undo_write.write_records(connection, found.shop_id, found.kind, found.outcomes)
    connection.execute(sa.delete(layers).where(*_ours(found), layers.c.import_id == found.import_id))


def _ours(found: Records) -> Iterable[sa.ColumnElement[bool]]:
    return layers.c.shop_id == found.shop_id, layers.c.kind == found.kind


def _going(found: Records) -> sa.ColumnElement[bool]:
    """Records that the import created and on which nothing else stands."""
    table = found.table
    later = sa.select(layers.c.key).where(*_ours(found), layers.c.import_id > found.import_id)
    return sa.and_(
        table.c.shop_id == found.shop_id,
        table.c.created_import_id == found.import_id,
        table.c.import_id == found.import_id,
        table.c.held.is_(None),
        table.c.key.not_in(later),
        *(table.c.key.not_in(keys) for keys in _decisions(found)),
    )


def _decided(connection: sa.Connection, found: Records, since: int = 0) -> set[str]:
    return {key for keys in _decisions(found, since) for key in connection.scalars(keys)}


def _decisions(found: Records, since: int = 0) -> list[sa.Select[Any]]:
    """The keys on which people decided since an instant: of return requests any decision, event or fact; of shipments
    a word that was given for one, or a file that it went out in."""
    shop = found.shop_id
    if found.kind == "returns":
        return [
            sa.select(table.c.key).where(table.c.shop_id == shop, table.c.at >= since)
            for table in (return_decisions, return_events, return_facts)
        ]
    if found.kind == "shipments":
        sent = sa.select(manifest_rows.c.order_number, manifest_rows.c.tracking_number).join_from(
            manifest_rows, manifests, manifests.c.id == manifest_rows.c.manifest_id
        ).where(manifest_rows.c.shop_id == shop, manifests.c.at >= since)  # fmt: skip
        vouched = sa.select(shipment_words.c.order_number, shipment_words.c.tracking_number).where(
            shipment_words.c.shop_id == shop, shipment_words.c.at >= since
        )
        named = sa.select(shipments.c.key).where(shipments.c.shop_id == shop)
        as_written = sa.tuple_(shipments.c.order_number, shipments.c.tracking_number)
        plain = sa.tuple_(shipments.c.order_number, number_spellings.c.number)
        spelled = named.join(number_spellings, number_spellings.c.spelled == shipments.c.tracking_number)
        # A file says plain numbers; a word is given for a number as it is written.
        return [named.where(as_written.in_(sent)), spelled.where(plain.in_(sent)), named.where(as_written.in_(vouched))]
    return []
