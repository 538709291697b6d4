"""Words of records that no table of ours knows: a column mapped by hand may bring what a buyer wrote in their place."""

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from core.policy.personal import WORDS, known_words
from core.store.record_tables import TABLES


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
    """Each field of words with the condition that these records have an unknown one in it. The known ones are few,
    however many sentences there are."""
    for name in WORDS.get(kind, ()):
        column = TABLES[kind].c[name]
        said = connection.scalars(sa.select(column).where(these, column.is_not(None)).distinct())
        yield name, sa.and_(column.is_not(None), column.not_in(known_words(kind, name, said)))
