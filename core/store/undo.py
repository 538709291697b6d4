"""Undo of an import: what it created goes, what it changed gets its earlier values.

What later imports, people's facts and decisions gave stays. :func:`plan` looks (for the preview and for the
write alike), :func:`apply` writes. Orders on which nothing stands but the import itself are taken in
one statement a table; only those with a history of their own are judged one by one.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.store import undo_chain as chain
from core.store import undo_records, undo_write
from core.store.record_tables import TABLES as RECORD_TABLES
from core.store.tables import buyers, decisions, imports, order_lines, orders
from core.store.undo_chain import Outcome, State
from core.store.undo_records import Records
from core.store.undo_tables import undo_layers, undo_raises, value_of
from core.store.write import TYPED, move_day, stored

MICROSECONDS_A_DAY: Final = 86_400_000_000
INSTANT_FIELDS: Final = ("created_at", "paid_at", "latest_ship_at")
BUYER_FIELDS: Final = [f"{column.name}" for column in buyers.c if not column.primary_key]


class CannotUndo(Exception):
    """The import keeps nothing to undo it by: it was typed, or written before undo was kept."""


@dataclass
class Plan:
    """What an undo does. The five counts are orders (of a file of records: records) and add up to all that
    the import wrote:
    ``removed`` + ``restored`` + ``aged`` (only their as-of goes back) + ``later`` (a later import says all
    that this one said) + ``kept`` (people edited or decided since). ``undone_at`` is set where it was done
    before; then nothing is to do. ``parcels``: orders that lose what a file of shipments said of their parcel."""

    import_id: int
    shop_id: int
    removed: int = 0
    restored: int = 0
    aged: int = 0
    later: int = 0
    kept: int = 0
    parcels: int = 0
    undone_at: int | None = None
    undone_by: str | None = None
    confirmed_by: list[int] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    states: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # state, created_at now
    decided: set[str] = field(default_factory=set)
    days: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    typed: set[int] = field(default_factory=set)  # what people typed for the shop, as imports
    records: Records | None = None  # None: the import is of orders


def layers(before: pl.DataFrame, written: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """How known orders stand before they are changed, as frame ``layers`` of an import.

    ``before``: orders of the base (order_number, import_id, held, digest); ``written``: those that are
    upserted; ``changes``: order_number, line_no, field, old, kept of each cell that differs.
    """
    moved = changes.filter(~pl.col("kept")).select(
        "order_number",
        k=pl.when(pl.col("line_no").is_not_null())
        .then(pl.format("line{}.{}", "line_no", "field"))
        .when(pl.col("field").is_in(BUYER_FIELDS))
        .then(pl.format("buyer.{}", "field"))
        .otherwise("field"),
        v=pl.when(pl.col("field").is_in(INSTANT_FIELDS))
        .then(
            pl.col("old").str.slice(0, 26).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
            .dt.timestamp("us").cast(pl.String)
        )
        .otherwise("old"),
    )  # fmt: skip
    cells = moved.group_by("order_number").agg("k", "v")
    cells = cells.select("order_number", cells=pl.struct("k", "v").struct.json_encode())
    known = before.join(written.select("order_number"), on="order_number", how="semi") if before.height else before
    return known.select("order_number", "held", "digest", owner="import_id").join(
        cells, on="order_number", how="left"
    ).with_columns(pl.col("cells").fill_null('{"k":[],"v":[]}'))  # fmt: skip


def state_of(connection: sa.Connection, import_id: int) -> tuple[int, bool]:
    """The shop of an import, and whether it was taken back before. Raises ``LookupError``."""
    this = sa.select(imports.c.shop_id, imports.c.undone_at).where(imports.c.id == import_id)
    row = connection.execute(this).one_or_none()
    if row is None:
        raise LookupError(import_id)
    return row.shop_id, row.undone_at is not None


def plan(connection: sa.Connection, import_id: int) -> Plan:
    """What undoing an import would do now. Raises ``LookupError`` and :class:`CannotUndo`."""
    row = connection.execute(sa.select(imports).where(imports.c.id == import_id)).mappings().one_or_none()
    if row is None:
        raise LookupError(import_id)
    found = Plan(import_id, row["shop_id"], undone_at=row["undone_at"], undone_by=row["undone_by"])
    if found.undone_at is not None:
        return found
    if not row["undoable"]:
        raise CannotUndo(import_id)
    found.confirmed_by = list(
        connection.scalars(
            sa.select(undo_raises.c.by_import)
            .where(undo_raises.c.import_id == import_id)
            .order_by(undo_raises.c.by_import)
        )
    )
    since = sa.select(decisions.c.order_number).where(
        decisions.c.shop_id == found.shop_id, decisions.c.at >= row["imported_at"]
    )
    decided = set(connection.scalars(since))
    by_hand = sa.select(imports.c.id).where(imports.c.shop_id == found.shop_id, imports.c.format == TYPED)
    found.typed = set(connection.scalars(by_hand))
    if row["kind"] in RECORD_TABLES:
        found.records = undo_records.judge(connection, found.shop_id, import_id, row["kind"], row["imported_at"])
    _judge(connection, found, decided)
    _count(connection, found)
    touched = sa.or_(orders.c.created_import_id == import_id, orders.c.order_number.in_(_layered(found)))
    names = sa.select(orders.c.order_number).where(orders.c.shop_id == found.shop_id, touched)
    found.decided = decided & set(connection.scalars(names)) if decided else set()
    return found


def apply(
    connection: sa.Connection, found: Plan, person: str, at: dt.datetime, meaning: Callable[[str], str | None]
) -> None:
    """Write a plan made in the same transaction. ``meaning``: what a state word means in the shop by now."""
    if found.undone_at is not None:
        return
    if found.records is not None:
        undo_records.apply(connection, found.records)
    _remove(connection, found)
    _hand_over(connection, found)
    _age(connection, found)
    for number, outcome in found.outcomes.items():
        _settle(outcome, meaning)
        _recount(found, number, outcome)
    undo_write.write_orders(connection, found.shop_id, found.outcomes)
    _move_days(connection, found)
    _lower(connection, found)
    mine = sa.and_(undo_layers.c.shop_id == found.shop_id, undo_layers.c.import_id == found.import_id)
    connection.execute(sa.delete(undo_layers).where(mine))
    this = sa.update(imports).where(imports.c.id == found.import_id)
    connection.execute(this.values(undone_at=stored(at), undone_by=person))


def _layered(found: Plan) -> sa.Select[Any]:
    return sa.select(undo_layers.c.order_number).where(
        undo_layers.c.shop_id == found.shop_id, undo_layers.c.import_id == found.import_id
    )


def _created(found: Plan) -> sa.ColumnElement[bool]:
    """Orders that the import created and on which no other import stands."""
    later = sa.select(undo_layers.c.order_number).where(
        undo_layers.c.shop_id == found.shop_id, undo_layers.c.import_id > found.import_id
    )
    return sa.and_(
        orders.c.shop_id == found.shop_id,
        orders.c.created_import_id == found.import_id,
        orders.c.import_id == found.import_id,
        orders.c.held.is_(None),
        orders.c.order_number.not_in(later),
    )


def _going(found: Plan) -> sa.ColumnElement[bool]:
    """Those of them that go: nobody decided anything on them, and no later file has them too."""
    decided = sa.select(decisions.c.order_number).where(decisions.c.shop_id == found.shop_id)
    return sa.and_(_created(found), orders.c.order_number.not_in(decided), sa.literal(not found.confirmed_by))


def _aging(found: Plan) -> sa.ColumnElement[bool]:
    """Layers of orders that the import only confirmed and that nothing happened to since."""
    later = undo_layers.alias("later")
    again = sa.exists().where(
        later.c.shop_id == found.shop_id,
        later.c.import_id > found.import_id,
        later.c.order_number == undo_layers.c.order_number,
    )
    return sa.and_(
        undo_layers.c.shop_id == found.shop_id,
        undo_layers.c.import_id == found.import_id,
        undo_layers.c.cells.is_(None),
        ~again,
        sa.literal(not found.confirmed_by),
    )


def _judge(connection: sa.Connection, found: Plan, decided: set[str]) -> None:
    """The orders with a history, one by one."""
    bare = sa.select(undo_layers.c.order_number).where(_aging(found))
    simple = _going(found) if not found.confirmed_by else _created(found)
    mine = sa.or_(orders.c.created_import_id == found.import_id, orders.c.order_number.in_(_layered(found)))
    these = sa.and_(orders.c.shop_id == found.shop_id, mine, ~sa.func.coalesce(simple, sa.false()))
    these = sa.and_(these, orders.c.order_number.not_in(bare))
    columns = (orders.c.order_number, orders.c.import_id, orders.c.held, orders.c.digest, orders.c.state,
               orders.c.created_at, orders.c.created_import_id)  # fmt: skip
    current = connection.execute(sa.select(*columns).where(these)).fetchall()
    numbers = sa.select(orders.c.order_number).where(these)
    kept = sa.and_(undo_layers.c.shop_id == found.shop_id, undo_layers.c.order_number.in_(numbers))
    rows = connection.execute(
        sa.select(undo_layers).where(kept).order_by(undo_layers.c.order_number, undo_layers.c.import_id)
    )
    history = {
        number: [chain.state_of(row) for row in each] for number, each in groupby(rows, lambda r: r.order_number)
    }
    shipping = sa.select(imports.c.id).where(imports.c.shop_id == found.shop_id, imports.c.kind == "shipments")
    parcels = frozenset(connection.scalars(shipping))
    staying = set() if found.records is None else found.records.staying
    for number, owner, held, digest, state, created_at, creator in current:
        now = State(0, owner, chain.parse_held(held), digest)
        past = history.get(number, [])
        if creator != found.import_id:  # else older ones are of shipments that had come before the order
            past = [each for each in past if each.before >= found.import_id]
        mine_first = bool(past) and past[0].before == found.import_id
        if not mine_first and creator != found.import_id:
            continue
        states = chain.resolve([*past, now])
        before = states.pop(0) if mine_first else None
        states = chain.spell_out(states, found.import_id, found.confirmed_by)
        if number in staying:
            outcome = Outcome(chain.KEPT, states[-1])
        elif before is not None:
            outcome = chain.without_changer(states, found.import_id, before)
        else:
            outcome = chain.without_creator(states, found.import_id, decided=number in decided, parcels=parcels)
        found.outcomes[number] = outcome
        found.states[number] = (state, created_at)


def _count(connection: sa.Connection, found: Plan) -> None:
    verdicts = Counter(outcome.verdict for outcome in found.outcomes.values())
    if found.records is not None:
        found.parcels, verdicts = verdicts[chain.RESTORED], found.records.counts
    simple = connection.scalar(sa.select(sa.func.count()).select_from(orders).where(_created(found))) or 0
    going = connection.scalar(sa.select(sa.func.count()).select_from(orders).where(_going(found))) or 0
    aging = connection.scalar(sa.select(sa.func.count()).select_from(undo_layers).where(_aging(found))) or 0
    found.removed = verdicts[chain.GONE] + going
    found.restored = verdicts[chain.RESTORED]
    found.aged = verdicts[chain.AGED] + aging
    found.later = verdicts[chain.LATER] + (simple if found.confirmed_by else 0)
    found.kept = verdicts[chain.KEPT]


def _remove(connection: sa.Connection, found: Plan) -> None:
    going = _going(found)
    day = orders.c.created_at / MICROSECONDS_A_DAY
    gone = sa.select(sa.cast(sa.func.floor(day), sa.Integer), orders.c.state, sa.func.count())
    if connection.dialect.name == "sqlite":
        day = orders.c.created_at // MICROSECONDS_A_DAY
        gone = sa.select(day, orders.c.state, sa.func.count())
    counted = connection.execute(
        gone.where(going, orders.c.created_at.is_not(None)).group_by(sa.text("1"), orders.c.state)
    ).fetchall()
    numbers = sa.select(orders.c.order_number).where(going)
    for table in (order_lines, buyers):
        these = sa.and_(table.c.shop_id == found.shop_id, table.c.order_number.in_(numbers))
        connection.execute(sa.delete(table).where(these))
    connection.execute(sa.delete(orders).where(going))
    for at, state, count in counted:
        move_day(connection, found.shop_id, int(at), state, -count)


def _hand_over(connection: sa.Connection, found: Plan) -> None:
    """Orders that a later file has too belong to it from now on."""
    if not found.confirmed_by:
        return
    first, last = found.confirmed_by[0], found.confirmed_by[-1]
    connection.execute(sa.update(orders).where(_created(found)).values(import_id=last, created_import_id=first))
    named = sa.select(undo_layers.c.order_number).where(
        undo_layers.c.shop_id == found.shop_id, undo_layers.c.import_id == last
    )
    handed = sa.and_(
        orders.c.shop_id == found.shop_id,
        orders.c.created_import_id == first,
        orders.c.import_id == last,
        orders.c.order_number.not_in(named),
    )
    for owner, importer in pairwise(found.confirmed_by):
        row = sa.select(orders.c.shop_id, sa.literal(importer), orders.c.order_number, sa.literal(owner))
        names = ["shop_id", "import_id", "order_number", "owner"]
        connection.execute(sa.insert(undo_layers).from_select(names, row.where(handed)))


def _age(connection: sa.Connection, found: Plan) -> None:
    """Orders that were only confirmed point at the import that they had before."""
    aging = _aging(found)
    owner = sa.select(undo_layers.c.owner).where(aging, undo_layers.c.order_number == orders.c.order_number)
    these = sa.and_(
        orders.c.shop_id == found.shop_id,
        orders.c.import_id == found.import_id,
        orders.c.order_number.in_(sa.select(undo_layers.c.order_number).where(aging)),
    )
    connection.execute(sa.update(orders).where(these).values(import_id=owner.scalar_subquery()))


def _settle(outcome: Outcome, meaning: Callable[[str], str | None]) -> None:
    """A state word that people explained since the order had it keeps its meaning."""
    word = outcome.back.get("state_word")
    if outcome.back.get("state") == "unknown" and word is not None:
        outcome.back["state"] = meaning(word) or "unknown"


def _recount(found: Plan, number: str, outcome: Outcome) -> None:
    """Note that an order moves from one day's count and state to another's, or that it goes."""
    if outcome.verdict == chain.KEPT:
        return
    was = state, created_at = found.states[number]
    found.days[was] -= 1
    if outcome.verdict != chain.GONE:
        back = outcome.back
        if "created_at" in back:
            created_at = value_of(orders.c.created_at, back["created_at"])
        found.days[back.get("state", state) or "unknown", created_at] += 1


def _move_days(connection: sa.Connection, found: Plan) -> None:
    days: Counter[tuple[int, str]] = Counter()
    for (state, created_at), delta in found.days.items():
        if created_at is not None:
            days[created_at // MICROSECONDS_A_DAY, state] += delta
    for (day, state), delta in days.items():
        move_day(connection, found.shop_id, day, state, delta)


def _lower(connection: sa.Connection, found: Plan) -> None:
    """Imports whose as-of this one raised get the earlier one back, or leave it to the next that raised them."""
    raised = connection.execute(
        sa.select(undo_raises.c.import_id, undo_raises.c.seen_as_of).where(undo_raises.c.by_import == found.import_id)
    ).fetchall()
    for import_id, seen_as_of in raised:
        again = sa.select(sa.func.min(undo_raises.c.by_import)).where(
            undo_raises.c.import_id == import_id, undo_raises.c.by_import > found.import_id
        )
        following = connection.scalar(again)
        if following is None:
            connection.execute(sa.update(imports).where(imports.c.id == import_id).values(seen_as_of=seen_as_of))
        else:
            this = sa.and_(undo_raises.c.import_id == import_id, undo_raises.c.by_import == following)
            connection.execute(sa.update(undo_raises).where(this).values(seen_as_of=seen_as_of))
    either = sa.or_(undo_raises.c.by_import == found.import_id, undo_raises.c.import_id == found.import_id)
    connection.execute(sa.delete(undo_raises).where(either))
