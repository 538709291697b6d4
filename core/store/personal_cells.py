"""What cells of files left outside the tables of personal data: a shop's own words for states, and links of parcels."""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable
from typing import Final

import sqlalchemy as sa

from core.policy.personal import bare_link
from core.policy.words import fold
from core.store import chain
from core.store.record_tables import shipments
from core.store.shipment_tables import manifest_rows, manifests, shipment_words
from core.store.tables import orders, state_words
from core.store.undo_tables import undo_layers
from core.store.write import stored

Which = Callable[[sa.Table], sa.ColumnElement[bool]]
"""The condition of a table's rows that are about certain orders of one shop."""
IN_LAYERS: Final = frozenset({"state_word", "tracking_url"})
"""Cells of an order's earlier states that go with the buyer's."""
_LINKED: Final = (orders, shipments, shipment_words, manifest_rows)


def wipe_state_words(connection: sa.Connection, shop_id: int, which: Which) -> int:
    """Forget the shop's own words for states with the last orders that have them: a cell may hold anything. Gives how
    many. The orders keep their state. Call it before the earlier states of the orders go."""
    own = _own(connection, shop_id)
    if not own:
        return 0
    mine = which(orders)
    spelled = {word for word in connection.scalars(sa.select(orders.c.state_word).where(mine).distinct()) if word}
    spelled |= set(_words_before(connection, which(undo_layers)))
    spelled = {word for word in spelled if fold(word) in own}
    connection.execute(sa.update(orders).where(mine, orders.c.state_word.in_(spelled)).values(state_word=None))
    others = sa.select(orders.c.state_word).where(orders.c.shop_id == shop_id, orders.c.state_word.in_(spelled))
    kept = {fold(word) for word in connection.scalars(others.distinct())}
    return _forget(connection, shop_id, {fold(word) for word in spelled} - kept)


def stray_words(connection: sa.Connection, shop_id: int, before: dt.datetime) -> set[str]:
    """The shop's own words of before an instant that no order has any more."""
    old = _own(connection, shop_id, state_words.c.at < stored(before))
    if not old:
        return set()
    said = sa.select(orders.c.state_word).where(orders.c.shop_id == shop_id, orders.c.state_word.is_not(None))
    return old - {fold(word) for word in connection.scalars(said.distinct())}


def wipe_stray_words(connection: sa.Connection, shop_id: int, before: dt.datetime) -> int:
    """Forget :func:`stray_words`; gives how many."""
    return _forget(connection, shop_id, stray_words(connection, shop_id, before))


def wipe_links(connection: sa.Connection, which: Which) -> int:
    """Take out of the links of parcels what does not lead to the parcel; gives from how many. A shipment file that
    says such a link goes, its hash and what it said of each order stay."""
    gone = 0
    for table in _LINKED:
        links = table.c.tracking_url
        query = sa.select(*table.primary_key, table.c.tracking_number, links).where(which(table), links != "")
        for row in connection.execute(query).mappings().fetchall():
            bare = bare_link(row["tracking_url"], row["tracking_number"])
            if bare != row["tracking_url"]:
                gone += 1
                this = sa.and_(*(column == row[column.name] for column in table.primary_key))
                connection.execute(sa.update(table).where(this).values(tracking_url=bare))
                if table is manifest_rows:
                    said_it = manifests.c.id == row["manifest_id"]
                    connection.execute(sa.update(manifests).where(said_it).values(file=b""))
    return gone


def _own(connection: sa.Connection, shop_id: int, *where: sa.ColumnElement[bool]) -> set[str]:
    """The words, folded, that people gave a meaning in the shop."""
    return set(connection.scalars(sa.select(state_words.c.word).where(state_words.c.shop_id == shop_id, *where)))


def _words_before(connection: sa.Connection, these: sa.ColumnElement[bool]) -> Iterable[str]:
    """The words that these orders had before later imports, as files wrote them."""
    told = sa.and_(these, undo_layers.c.cells.contains("state_word", autoescape=True))
    for cells in connection.scalars(sa.select(undo_layers.c.cells).where(told)):
        held = json.loads(cells)
        yield from (value for name, value in zip(held["k"], held["v"], strict=True) if name == "state_word" and value)


def _forget(connection: sa.Connection, shop_id: int, words: Collection[str]) -> int:
    """Take words and their meaning away, in the record too."""
    chain.wipe_values(connection, shop_id, "state_word_mapped", words)
    these = sa.and_(state_words.c.shop_id == shop_id, state_words.c.word.in_(words))
    return connection.execute(sa.delete(state_words).where(these)).rowcount
