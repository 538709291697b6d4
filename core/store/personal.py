"""Wiping the personal data of orders. Figures, states and what was decided stay.

What is personal: buyers, what people wrote (notes, reasons, words), texts of returns, inquiries and disputes, and
the copies of all that in findings, in rejected rows, in what an undo needs, in the record, in names of files; and
what ``personal_cells`` and ``personal_words`` know.
"""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import chain, personal_cells, personal_words, staging
from core.store import tables as t
from core.store.frames import typed
from core.store.personal_tables import wiped_orders
from core.store.record_tables import TABLES, TEXTS, record_texts
from core.store.return_tables import return_decisions, return_events
from core.store.shipment_tables import shipment_words
from core.store.undo_tables import rejected_rows, undo_layers, undo_records
from core.store.write import stored

MASK: Final = "***"
"""What stands for a cell, or for the name of a file, that is not kept."""
COUNTS: Final = (
    *("buyers", "notes", "texts", "findings", "rejected_rows", "before", "record", "files"),
    *("words", "state_words", "links"),
)
_SHORTEST: Final = 3  # letters of what is looked for where no order number stands
_PART: Final = 500  # keys in one statement
_INSTANTS: Final = {
    "inquiries": ("created_at", "last_buyer_at", "updated_at"),
    "disputes": ("created_at", "respond_by"),
}

_Numbers = list[str] | sa.TextualSelect
_Personal = Callable[[str, str | None], bool]
Wiped = dict[str, int]
"""How many rows of each of :data:`COUNTS` went."""


def wiped(connection: sa.Connection, shop_id: int, numbers: pl.Series) -> pl.DataFrame:
    """Those of the orders that were wiped: order_number, at."""
    mine = wiped_orders.c
    first, last = (sa.literal(end, sa.Text) for end in (numbers.min(), numbers.max()))  # null where there is none
    near = sa.and_(mine.shop_id == shop_id, mine.order_number >= first, mine.order_number <= last)
    found = typed(connection, sa.select(mine.order_number, mine.at).where(near))
    return found.filter(pl.col("order_number").is_in(numbers.drop_nulls().implode())) if found.height else found


def wipe(connection: sa.Connection, shop_id: int, numbers: Collection[str], at: dt.datetime) -> Wiped:
    """Wipe the personal data of these orders of a shop, known to the base or not; call it in ``writing``."""
    these = _named(connection, numbers)
    keys = {kind: _keys(connection, kind, shop_id, these) for kind in (*TEXTS, "shipments")}
    gone = dict.fromkeys(COUNTS, 0)
    if len(numbers) == 1:
        _wipe_words(connection, shop_id, next(iter(numbers)), gone)
    _wipe_cells(connection, shop_id, lambda column: column.in_(these), gone)
    gone["buyers"] = _delete(connection, t.buyers, _of(t.buyers, shop_id, these))
    gone["notes"] = _wipe_notes(connection, shop_id, these, keys["returns"])
    gone["state_words"] = personal_cells.wipe_state_words(connection, shop_id, lambda table: _of(table, shop_id, these))
    gone["links"] = personal_cells.wipe_links(connection, lambda table: _of(table, shop_id, these))
    gone["before"] = _wipe_layers(connection, shop_id, these)
    for kind, found in keys.items():
        _wipe_texts(connection, kind, shop_id, found, gone)
    gone["record"] += chain.wipe(connection, shop_id, [*numbers, *keys["returns"]])
    # What the last file said of the order, as one number, was made of the buyer too.
    connection.execute(sa.update(t.orders).where(_of(t.orders, shop_id, these)).values(digest=None))
    connection.execute(sa.delete(wiped_orders).where(_of(wiped_orders, shop_id, these)))
    connection.execute(
        sa.insert(wiped_orders),
        [{"shop_id": shop_id, "order_number": number, "at": stored(at)} for number in dict.fromkeys(numbers)],
    )
    return gone


def wipe_strays(connection: sa.Connection, shop_id: int, before: dt.datetime) -> Wiped:
    """Wipe what imports older than ``before`` left of orders that the base does not know: cells of findings and of
    rejected rows, texts and words of inquiries and disputes that name no order; and the names of the files."""
    gone = dict.fromkeys(COUNTS, 0)
    old = sa.and_(t.imports.c.shop_id == shop_id, t.imports.c.imported_at < stored(before))

    def unknown(column: sa.Column[str]) -> sa.ColumnElement[bool]:
        known = sa.exists().where(t.orders.c.shop_id == shop_id, t.orders.c.order_number == column)
        return sa.or_(column.is_(None), ~known)

    _wipe_cells(connection, shop_id, unknown, gone, old)
    _mask(connection, shop_id, sa.and_(old, t.imports.c.file_name != MASK), gone)
    gone["state_words"] = personal_cells.wipe_stray_words(connection, shop_id, before)
    for kind in _INSTANTS:
        _wipe_texts(connection, kind, shop_id, _loose(connection, kind, shop_id, before), gone)
    return gone


def has_strays(connection: sa.Connection, shop_id: int, before: dt.datetime) -> bool:
    """Whether :func:`wipe_strays` would find anything. A file whose name is masked was gone through before."""
    old = sa.and_(t.imports.c.shop_id == shop_id, t.imports.c.imported_at < stored(before))
    named = connection.scalar(sa.select(sa.exists().where(old, t.imports.c.file_name != MASK)))
    words = personal_cells.stray_words(connection, shop_id, before)
    return bool(named or words) or any(_loose(connection, kind, shop_id, before) for kind in _INSTANTS)


def _loose(connection: sa.Connection, kind: str, shop_id: int, before: dt.datetime) -> list[str]:
    """The keys of inquiries or disputes with texts or unknown words that name no order and ended before an instant."""
    table, text = TABLES[kind], record_texts.c
    ended = [sa.or_(table.c[name].is_(None), table.c[name] < stored(before)) for name in _INSTANTS[kind]]
    ended += [table.c[name].is_not(True) for name in ("is_open", "needs_reply") if name in table.c]
    ids = sa.select(t.imports.c.id).where(t.imports.c.shop_id == shop_id, t.imports.c.imported_at < stored(before))
    wrote = sa.exists().where(text.shop_id == shop_id, text.kind == kind, text.key == table.c.key)
    said = sa.or_(wrote, personal_words.unknown(connection, kind, shop_id))
    loose = sa.and_(table.c.shop_id == shop_id, table.c.order_number.is_(None), table.c.import_id.in_(ids), said)
    return list(connection.scalars(sa.select(table.c.key).where(loose, *ended)))


def _named(connection: sa.Connection, numbers: Collection[str]) -> _Numbers:
    """The order numbers as a condition takes them; as a table of this transaction where they are many."""
    if len(numbers) <= _PART:
        return list(numbers)
    frame = pl.DataFrame({"order_number": list(numbers)}, schema={"order_number": pl.String})
    table = staging.staged(connection, "wiping", frame)
    return sa.text(f"SELECT order_number FROM {table}").columns(sa.column("order_number", sa.Text))


def _of(table: sa.Table, shop_id: int, these: _Numbers) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.shop_id == shop_id, table.c.order_number.in_(these))


def _keys(connection: sa.Connection, kind: str, shop_id: int, these: _Numbers) -> list[str]:
    """The keys of the orders' records of a kind."""
    return list(connection.scalars(sa.select(TABLES[kind].c.key).where(_of(TABLES[kind], shop_id, these))))


def _wipe_words(connection: sa.Connection, shop_id: int, number: str, gone: Wiped) -> None:
    """Wipe one order where its number stands in no column of its own: cells and names of files that hold the number,
    the buyer's names or street. Of many orders at once such places go with their import, by :func:`wipe_strays`."""
    buyer = t.buyers.c
    query = sa.select(buyer.first_name, buyer.last_name, buyer.address)
    found = connection.execute(query.where(buyer.shop_id == shop_id, buyer.order_number == number)).one_or_none()
    words = [word for word in (number, *(found or ())) if word and len(word) >= _SHORTEST]
    if not words:
        return

    def says(column: sa.Column[str]) -> sa.ColumnElement[bool]:
        return sa.or_(*(column.icontains(word, autoescape=True) for word in words))

    loose = sa.and_(t.findings.c.order_number.is_(None), says(t.findings.c.value))
    imports = sa.select(t.imports.c.id).where(t.imports.c.shop_id == shop_id)
    gone["findings"] += _blank(connection, t.findings, sa.and_(t.findings.c.import_id.in_(imports), loose), value=MASK)
    torn = sa.and_(rejected_rows.c.line > 0, rejected_rows.c.order_number.is_(None), says(rejected_rows.c.cells))
    gone["rejected_rows"] += _delete(connection, rejected_rows, sa.and_(rejected_rows.c.import_id.in_(imports), torn))
    _mask(connection, shop_id, sa.and_(t.imports.c.shop_id == shop_id, says(t.imports.c.file_name)), gone)


def _mask(connection: sa.Connection, shop_id: int, these: sa.ColumnElement[bool], gone: Wiped) -> None:
    """Mask the names of these imports' files, in the record too."""
    ids = list(connection.scalars(sa.select(t.imports.c.id).where(these)))
    gone["record"] += chain.wipe(connection, shop_id, map(str, ids))
    for some in _parts(ids):
        gone["files"] += _blank(connection, t.imports, t.imports.c.id.in_(some), file_name=MASK)


def _wipe_cells(
    connection: sa.Connection,
    shop_id: int,
    which: Callable[[sa.Column[str]], sa.ColumnElement[bool]],
    gone: Wiped,
    imported: sa.ColumnElement[bool] | None = None,
) -> None:
    """Cells of files that findings and rejected rows repeat; a header names nobody and stays."""
    of_shop = t.imports.c.shop_id == shop_id if imported is None else imported
    imports = sa.select(t.imports.c.id).where(of_shop)
    said, row = t.findings.c, rejected_rows.c
    found = sa.and_(said.import_id.in_(imports), which(said.order_number), said.value != MASK)
    gone["findings"] += _blank(connection, t.findings, found, value=MASK)
    kept_out = sa.and_(row.import_id.in_(imports), which(row.order_number), row.line > 0)
    gone["rejected_rows"] += _delete(connection, rejected_rows, kept_out)


def _wipe_notes(connection: sa.Connection, shop_id: int, these: _Numbers, returns: Collection[str]) -> int:
    """What people of the team wrote about the orders and their returns."""
    said = sa.and_(_of(t.decisions, shop_id, these), t.decisions.c.text.is_not(None))
    gone = _blank(connection, t.decisions, said, text=None)
    word = shipment_words.c
    given = sa.and_(_of(shipment_words, shop_id, these), sa.or_(word.reason != "", word.proof.is_not(None)))
    gone += _blank(connection, shipment_words, given, reason="", proof=None)
    for table, column in ((return_decisions, "reason"), (return_events, "text")):
        for some in _parts(returns):
            about = sa.and_(table.c.shop_id == shop_id, table.c.key.in_(some), table.c[column].is_not(None))
            gone += _blank(connection, table, about, **{column: None})
    return gone


def _wipe_texts(connection: sa.Connection, kind: str, shop_id: int, keys: Collection[str], gone: Wiped) -> None:
    """What buyers wrote (of shipments: links), now and before each import; the number that was made of it goes too."""
    table, text, before = TABLES[kind], record_texts.c, undo_records.c
    texts, strange = TEXTS.get(kind, ("tracking_url",)), personal_words.is_unknown(kind)
    for some in _parts(keys):
        said = sa.and_(text.shop_id == shop_id, text.kind == kind, text.key.in_(some))
        gone["texts"] += _delete(connection, record_texts, said)
        these = sa.and_(table.c.shop_id == shop_id, table.c.key.in_(some))
        gone["words"] += personal_words.wipe(connection, kind, these)
        _blank(connection, table, these, digest=None)
        mine = sa.and_(before.shop_id == shop_id, before.kind == kind, before.key.in_(some))
        gone["before"] += _strip(connection, undo_records, mine, lambda *cell: cell[0] in texts or strange(*cell))


def _wipe_layers(connection: sa.Connection, shop_id: int, these: _Numbers) -> int:
    """Buyers as they stood before an import, by which it could be undone."""

    def goes(name: str, _value: str | None) -> bool:
        return name.startswith("buyer.") or name in personal_cells.IN_LAYERS

    return _strip(connection, undo_layers, _of(undo_layers, shop_id, these), goes)


def _strip(connection: sa.Connection, table: sa.Table, these: sa.ColumnElement[bool], personal: _Personal) -> int:
    """Take personal cells out of what an undo needs; gives from how many rows."""
    gone = 0
    key = list(table.primary_key)
    digested = sa.and_(these, sa.or_(table.c.cells.is_not(None), table.c.digest.is_not(None)))
    for row in connection.execute(sa.select(*key, table.c.cells).where(digested)).mappings().fetchall():
        kept = _without(row["cells"], personal)
        gone += kept != row["cells"]
        this = sa.and_(*(column == row[column.name] for column in key))
        _blank(connection, table, this, cells=kept, digest=None)
    return gone


def _without(cells: str | None, personal: _Personal) -> str | None:
    """Cells as ``undo_tables`` keeps them, without those that are personal."""
    if cells is None:
        return None
    held = json.loads(cells)
    kept = [(name, value) for name, value in zip(held["k"], held["v"], strict=True) if not personal(name, value)]
    if len(kept) == len(held["k"]):
        return cells
    return json.dumps({"k": [name for name, _ in kept], "v": [value for _, value in kept]})


def _blank(connection: sa.Connection, table: sa.Table, these: sa.ColumnElement[bool], **values: Any) -> int:
    return connection.execute(sa.update(table).where(these).values(values)).rowcount


def _delete(connection: sa.Connection, table: sa.Table, these: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(table).where(these)).rowcount


def _parts(keys: Collection[Any]) -> Iterator[list[Any]]:
    """The keys in lists that a statement takes."""
    listed = list(keys)
    return (listed[start : start + _PART] for start in range(0, len(listed), _PART))


def added(one: Wiped, other: Mapping[str, int]) -> Wiped:
    """Both together."""
    return {name: one[name] + other[name] for name in COUNTS}
