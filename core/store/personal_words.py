"""Words of records that no table of ours knows: a column mapped by hand may bring what a buyer wrote in their place."""

from collections.abc import Callable, Iterator
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.policy.personal import WORDS, known_words
from core.store.record_tables import TABLES
from core.store.staging import staged

_PART: Final = 500  # words in one statement


def unknown(connection: sa.Connection, kind: str, shop_id: int) -> sa.ColumnElement[bool]:
    """The condition of a shop's records of a kind in which such a word stands."""
    found = _strange(connection, kind, TABLES[kind].c.shop_id == shop_id)
    return sa.or_(sa.false(), *(strange for _, strange in found))


def wipe(connection: sa.Connection, kind: str, these: sa.ColumnElement[bool]) -> int:
    """Take such words out of these records of a kind; gives how many."""
    return sum(
        connection.execute(sa.update(TABLES[kind]).where(these, strange).values({name: None})).rowcount
        for name, strange in _strange(connection, kind, these)
    )


def is_unknown(kind: str) -> Callable[[str, str | None], bool]:
    """Whether a field with its cell, as an undo keeps it, is such a word."""
    fields = WORDS.get(kind, {})
    return lambda name, word: name in fields and word is not None and not fields[name](word)


def _strange(
    connection: sa.Connection, kind: str, these: sa.ColumnElement[bool]
) -> Iterator[tuple[str, sa.ColumnElement[bool]]]:
    """Each field of words with the condition that these records have an unknown one in it. The known ones are
    named, being few, however many sentences there are."""
    for name in WORDS.get(kind, ()):
        column = TABLES[kind].c[name]
        said = connection.scalars(sa.select(column).where(these, column.is_not(None)).distinct())
        known = _listed(connection, name, known_words(kind, name, said))
        yield name, sa.and_(column.is_not(None), column.not_in(known))


def _listed(connection: sa.Connection, field: str, words: list[str]) -> list[str] | sa.TextualSelect:
    """The words as a condition takes them: as a table of this transaction where a file spells them in many ways."""
    if len(words) <= _PART:
        return words
    table = staged(connection, f"known_{field}", pl.DataFrame({"word": words}))
    return sa.text(f"SELECT word FROM {table}").columns(sa.column("word", sa.Text))
