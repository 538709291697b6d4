"""From facts to work: what each order asks of the team, by when, and why.

One frame in, one frame out; nothing is read but the arguments. The steps run in this order: where
the order stands (with what people decided and files confirmed), its clock, the staffed hours before
it, its band, its group, then the codes that say it in words (sentences in ``explain``).
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from core.policy.bands import Limits, band
from core.policy.calendar import staffed
from core.policy.clocks import INSTANT, USED, accept_due, assumed_ship_due
from core.policy.explain import ACTIONS, CONSEQUENCES, REASONS
from core.policy.values import Values, applies
from core.policy.words import OPEN_STATES, Band, DecisionKind, Group, Kind, Marketplace, State

FACTS: Final = pl.Schema(
    {
        "shop_id": pl.Int64(), "marketplace": pl.String(), "shop": pl.String(), "zone": pl.String(),
        "preparation_days": pl.Int64(), "vacation": pl.Boolean(), "order_number": pl.String(),
        "state": pl.String(), "state_word": pl.String(), "created_at": INSTANT, "paid_at": INSTANT,
        "latest_ship_at": INSTANT, "delivery_mode": pl.String(), "goods_minor": pl.Int64(),
        "shipping_minor": pl.Int64(), "currency": pl.String(), "channel": pl.String(),
        "carrier": pl.String(), "tracking_number": pl.String(), "tracking_url": pl.String(),
        "as_of": INSTANT, "import_id": pl.Int64(), "version": pl.Int64(), "missing_since": INSTANT,
        "decision": pl.String(), "decision_id": pl.Int64(), "decided_at": INSTANT,
        "decided_by": pl.String(), "decision_reason": pl.String(), "carried_out_at": INSTANT,
        "said": pl.String(), "said_at": INSTANT, "assignee": pl.String(),
    }
)  # fmt: skip
"""What judge needs of each order; further columns pass through."""

ADDED: Final = pl.Schema(
    {
        "kind": pl.String(), "group": pl.String(), "band": pl.String(), "due_at": INSTANT,
        "due_source": pl.String(), "target_at": INSTANT, "last_staffed_at": INSTANT,
        "staffed_until": INSTANT, "staffed_reason": pl.String(), "seconds_left": pl.Int64(),
        "action": pl.String(), "consequence": pl.String(), "rule": pl.String(),
        "rule_values": pl.String(), "reason": pl.String(), "disagrees": pl.Boolean(),
        "order_value_minor": pl.Int64(),
    }
)  # fmt: skip
JUDGED: Final = pl.Schema({**FACTS, **ADDED})

TO_SHIP: Final = (State.TO_SHIP, State.PART_SHIPPED)
CONTRARY: Final[dict[DecisionKind, tuple[State, ...]]] = {
    DecisionKind.ACCEPT: (State.REFUSED, State.AUTO_CANCELLED),
    DecisionKind.REFUSE: (
        State.AWAITING_PAYMENT, State.TO_SHIP, State.PART_SHIPPED, State.SENT_UNCONFIRMED, State.SHIPPED,
        State.DELIVERED, State.CANCEL_REQUESTED, State.IN_DISPUTE, State.AUTO_CANCELLED,
    ),
    DecisionKind.MARK_SHIPPED: (State.REFUSED, State.AUTO_CANCELLED, State.CANCELLED),
    DecisionKind.SEND_SHIPMENT: (State.REFUSED, State.AUTO_CANCELLED, State.CANCELLED),
}  # fmt: skip
"""States that a decision does not lead to: a file that shows one disagrees with it."""

_WAITING: Final = {
    State.NEW: "not_released",
    State.BLOCKED: "blocked",
    State.IN_DISPUTE: "in_dispute",
    State.SENT_UNCONFIRMED: "sent_unconfirmed",
}
_SORT: Final = (
    (Group.LIVE, Band.OVERDUE), (Group.LIVE, Band.NOW), (Group.LIVE, Band.SOON), (Group.CANNOT_TELL, None),
    (Group.LIVE, Band.CALM), (Group.WAITING, None), (Group.PROBABLY_CANCELLED, None),
    (Group.PERHAPS_CANCELLED, None),
)  # fmt: skip


_RULES: Final = ("CD-O1", "CD-S9", "CD-O4", "CD-C1", "CD-C2", "XX-D1", "XX-D3")
_SOURCES: Final = ("rule", "file", "assumed")


def _enum(*words: Iterable[str]) -> pl.Enum:
    return pl.Enum(list(dict.fromkeys(str(word) for word in itertools.chain(*words))))


_CODES: Final = _enum(Kind, Group, Band, _SOURCES, _RULES, REASONS, ACTIONS, CONSEQUENCES)
"""Every code that judge gives; each reason, action and consequence has its sentence."""
_WORDS: Final = {
    "state": _enum(State),
    "decision": _enum(DecisionKind),
    "said": _enum(DecisionKind),
    "marketplace": _enum(Marketplace),
}
"""Words of FACTS that the steps compare (columns ``word_*``): small numbers compare faster than text."""


def order_value() -> pl.Expr:
    """Articles plus shipping, VAT included, of the whole order (minor units); null where one is unknown."""
    return pl.col("goods_minor") + pl.col("shipping_minor")


def judge(
    facts: pl.DataFrame,
    values: Values,
    spans: pl.DataFrame,
    limits: Mapping[str, Limits],
    holidays: Sequence[dt.date],
    now: dt.datetime,
) -> pl.DataFrame:
    """FACTS to JUDGED, most urgent first.

    ``spans``: the team's staffed spans (calendar.spans). ``limits``: by kind of work.
    ``holidays``: public holidays of France (CD-S9). ``now``: aware. Orders that a person said are
    cancelled drop out until a newer file shows them; closed states keep a null kind and group, last.
    """
    frame = facts.filter(_still_open())
    words = [pl.col(name).cast(words, strict=False).alias(f"word_{name}") for name, words in _WORDS.items()]
    frame = frame.with_columns(words).with_columns(_place())
    frame = _due(frame, values, holidays)
    frame = frame.with_columns(staffed(frame["due_at"], spans, now).get_columns())
    frame = frame.with_columns(
        band(limits, now).alias("band"),
        ((pl.col("due_at") - pl.lit(now)).dt.total_microseconds() // 1_000_000).alias("seconds_left"),
        pl.lit(None, dtype=INSTANT).alias("target_at"),
        order_value().alias("order_value_minor"),
        _disagrees().alias("disagrees"),
    )
    frame = frame.with_columns(_group(now).alias("group"))
    frame = frame.with_columns(_kind_apart().alias("kind"), _rule_apart().alias("rule"), _reason().alias("reason"))
    frame = frame.with_columns(_action().alias("action"), _consequence().alias("consequence"))
    # Rows are put in order while codes are small numbers; their words are looked up last.
    return _spelt(frame.select(*facts.columns, *ADDED.names())[_order(frame)]).cast(ADDED)


def _spelt(frame: pl.DataFrame) -> pl.DataFrame:
    """ADDED's codes as text: looked up by number, a sixth of what the cast costs."""
    codes = {name: kind for name, kind in frame.schema.items() if name in ADDED and isinstance(kind, pl.Enum)}
    return frame.with_columns(
        pl.lit(kind.categories).gather(pl.col(name).to_physical()).alias(name) for name, kind in codes.items()
    )


def _in(column: str, words: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(_is(column, word) for word in words)


def _is(column: str, word: str) -> pl.Expr:
    return pl.col(f"word_{column}" if column in _WORDS else column) == str(word)


def _choose(*cases: tuple[pl.Expr, pl.Expr | str | None], otherwise: pl.Expr | str | None = None) -> pl.Expr:
    """The first case that holds; strings are codes."""
    chain: Any = pl
    for condition, then in cases:
        chain = chain.when(condition).then(_code(then))
    return chain.otherwise(_code(otherwise))  # type: ignore[no-any-return]


def _code(word: pl.Expr | str | None) -> pl.Expr:
    return word if isinstance(word, pl.Expr) else pl.lit(None if word is None else str(word), dtype=_CODES)


def _still_open() -> pl.Expr:
    """A person's word that an order is cancelled holds until a newer file shows the order."""
    said = (pl.col("said") == str(DecisionKind.SAY_CANCELLED)) & (pl.col("as_of") <= pl.col("said_at"))
    return ~said.fill_null(False)


def _unmoved() -> pl.Expr:
    """Whether the files still show the state that the standing decision was to change."""
    accept = _in("decision", (DecisionKind.ACCEPT, DecisionKind.REFUSE)) & _is("state", State.TO_ACCEPT)
    ship = _in("decision", (DecisionKind.MARK_SHIPPED, DecisionKind.SEND_SHIPMENT)) & _in("state", TO_SHIP)
    return (accept | ship).fill_null(False)


def _awaits_file() -> pl.Expr:
    return _unmoved() & (pl.col("as_of") <= pl.col("carried_out_at")).fill_null(False)


def _disagrees() -> pl.Expr:
    """Whether a file newer than the decision (or than its tick) still shows the old state, or another end."""
    newer = pl.col("as_of") > pl.coalesce("carried_out_at", "decided_at")
    other = [_is("decision", decision) & _in("state", states) for decision, states in CONTRARY.items()]
    return (_unmoved() & newer).fill_null(False) | pl.any_horizontal(other).fill_null(False)


@applies("CD-O4")
def _place() -> list[pl.Expr]:
    """Kind of work by state and standing decision, and why nobody can act or tell."""
    waiting = [(_is("state", state), code) for state, code in _WAITING.items()]
    kind = _choose(
        (_awaits_file(), Kind.AWAIT_FILE),
        (_unmoved(), Kind.CARRY_OUT),
        (_is("state", State.TO_ACCEPT), Kind.ACCEPT_ORDER),
        (_in("state", TO_SHIP), Kind.SHIP_ORDER),
        (_is("state", State.AWAITING_PAYMENT), Kind.AWAIT_PAYMENT),
        (_is("state", State.CANCEL_REQUESTED), Kind.ANSWER_CANCELLATION),
        (_in("state", tuple(_WAITING)), Kind.AWAIT_MARKETPLACE),
        (_in("state", tuple(set(State) - set(OPEN_STATES))), None),
        otherwise=Kind.CHECK_STATE,
    )
    reason = _choose(
        (_awaits_file(), "carried_out"),
        (_is("state", State.AWAITING_PAYMENT), "awaiting_debit"),
        (_is("state", State.CANCEL_REQUESTED), "no_clock_known"),
        *waiting,
    )
    return [kind.alias("kind"), reason.alias("why")]


def _due(frame: pl.DataFrame, values: Values, holidays: Sequence[dt.date]) -> pl.DataFrame:
    """Adds due_at, due_source, rule, rule_values from the clock of each state."""
    due, used = accept_due(frame, values)
    to_accept = _is("state", State.TO_ACCEPT) & _is("marketplace", Marketplace.CDISCOUNT)
    to_ship = _in("state", TO_SHIP)
    given = to_ship & pl.col("latest_ship_at").is_not_null()
    need = frame.select((to_ship & ~given).fill_null(False).alias("need"))["need"]
    assumed = assumed_ship_due(frame.filter(need), values, holidays)
    frame = frame.with_columns(_spread(need, assumed[name]).alias(f"assumed_{name}") for name in assumed.columns)
    is_assumed = pl.col("assumed_due_at").is_not_null()
    frame = frame.with_columns(
        pl.when(to_accept).then(due).when(given).then("latest_ship_at").otherwise("assumed_due_at").alias("due_at"),
    )
    cdiscount = _is("marketplace", Marketplace.CDISCOUNT)
    return frame.with_columns(
        _choose(
            (pl.col("due_at").is_null(), None), (to_accept, "rule"), (given, "file"), (is_assumed, "assumed")
        ).alias("due_source"),
        _choose(
            (to_accept, "CD-O1"),
            (to_ship & cdiscount, "CD-S9"),
            (_is("state", State.AWAITING_PAYMENT) & cdiscount, "CD-O4"),
            (_is("state", State.CANCEL_REQUESTED) & cdiscount, "CD-C2"),
            otherwise="XX-D1",
        ).alias("rule"),
        pl.when(to_accept)
        .then(used)
        .when(given)
        .then(pl.lit("latest_ship_at=file", dtype=USED))
        .otherwise("assumed_values")
        .fill_null(pl.lit("", dtype=USED))
        .alias("rule_values"),
    )


def _spread(need: pl.Series, found: pl.Series) -> pl.Expr | pl.Series:
    """The values of ``found`` at the rows where ``need`` holds, null elsewhere."""
    if found.is_empty():
        return pl.lit(None, dtype=found.dtype)
    empty = pl.Series([None], dtype=found.dtype).new_from_index(0, len(need))
    return empty.scatter(need.arg_true(), found)


@applies("XX-D3", "CD-C1")
def _group(now: dt.datetime) -> pl.Expr:
    """Which part of the queue.

    Missing from a newer file: perhaps cancelled by the buyer. Past the acceptance deadline: probably
    cancelled. A person's "still open" holds against what was known when it was said: against the
    deadline if said after it, against a file if said at or after its as-of. Files of a state that
    has moved on need no word.
    """
    open_said = _is("said", DecisionKind.SAY_OPEN)
    missing = pl.col("missing_since").is_not_null() & ~(open_said & (pl.col("said_at") >= pl.col("missing_since")))
    past = (pl.col("due_at") < pl.lit(now)) & ~(open_said & (pl.col("said_at") > pl.col("due_at"))).fill_null(False)
    waiting = (Kind.AWAIT_FILE, Kind.AWAIT_PAYMENT, Kind.AWAIT_MARKETPLACE)
    return _choose(
        (pl.col("kind").is_null(), None),
        (pl.col("missing_since").is_not_null() & missing.fill_null(True), Group.PERHAPS_CANCELLED),
        (_in("kind", waiting), Group.WAITING),
        (_is("state", State.TO_ACCEPT) & past.fill_null(False), Group.PROBABLY_CANCELLED),
        (pl.col("due_at").is_null(), Group.CANNOT_TELL),
        otherwise=Group.LIVE,
    )


def _kind_apart() -> pl.Expr:
    apart = _in("group", (Group.PROBABLY_CANCELLED, Group.PERHAPS_CANCELLED))
    carried = _is("kind", Kind.CARRY_OUT) & _is("group", Group.PROBABLY_CANCELLED)
    return _choose((apart & ~carried, Kind.CHECK_CANCELLED), otherwise=pl.col("kind"))


def _rule_apart() -> pl.Expr:
    return _choose(
        (_is("group", Group.PROBABLY_CANCELLED), "XX-D3"),
        (_is("group", Group.PERHAPS_CANCELLED) & _is("state", State.TO_ACCEPT), "CD-C1"),
        (_is("group", Group.PERHAPS_CANCELLED), "XX-D3"),
        otherwise=pl.col("rule"),
    )


def _reason() -> pl.Expr:
    """Why an order waits, stands apart or has no clock; null in the live queue."""
    cdiscount = _is("marketplace", Marketplace.CDISCOUNT)
    accept, ship = _is("state", State.TO_ACCEPT), _in("state", TO_SHIP)
    return _choose(
        (pl.col("kind").is_null() | _is("group", Group.LIVE), None),
        (_is("group", Group.PROBABLY_CANCELLED), "past_due"),
        (_is("group", Group.PERHAPS_CANCELLED), "missing_from_newer_file"),
        (pl.col("why").is_not_null(), pl.col("why")),
        ((accept | ship) & ~cdiscount, _choose((accept, "no_clock_known"), otherwise="no_latest_ship_date")),
        (accept & pl.col("created_at").is_null(), "created_unknown"),
        (ship & pl.col("paid_at").is_null() & pl.col("created_at").is_null(), "dates_unknown"),
        (ship & pl.col("preparation_days").is_null(), "preparation_unknown"),
        (accept | ship, "no_value_in_force"),
        otherwise="state_unknown",
    )


def _action() -> pl.Expr:
    decided = (
        (_is("decision", DecisionKind.ACCEPT), "accept_in_back_office"),
        (_is("decision", DecisionKind.REFUSE), "refuse_in_back_office"),
    )
    return _choose(
        (pl.col("kind").is_null(), None),
        (_is("kind", Kind.CHECK_CANCELLED), "check_in_back_office"),
        (_is("kind", Kind.CARRY_OUT), _choose(*decided, otherwise="ship_in_back_office")),
        (_is("kind", Kind.ACCEPT_ORDER), "accept_or_refuse"),
        (_is("kind", Kind.SHIP_ORDER), "ship"),
        (_is("kind", Kind.ANSWER_CANCELLATION), "answer_cancellation"),
        (_is("kind", Kind.CHECK_STATE), "map_state_word"),
        (_is("kind", Kind.AWAIT_FILE), "import_newer_file"),
        otherwise="wait",
    )


def _consequence() -> pl.Expr:
    return _choose(
        (pl.col("kind").is_null(), None),
        (_is("kind", Kind.CHECK_CANCELLED), "do_not_ship"),
        (_in("kind", (Kind.AWAIT_FILE, Kind.AWAIT_PAYMENT, Kind.AWAIT_MARKETPLACE)), "none"),
        (_is("kind", Kind.ANSWER_CANCELLATION), "dispute"),
        (_is("state", State.TO_ACCEPT), "auto_cancelled"),
        (_in("state", TO_SHIP), "late_shipment"),
        otherwise="clock_unseen",
    )


def _order(frame: pl.DataFrame) -> pl.Series:
    """Row numbers, most urgent first: one whole number a row holds the rank and then the instant."""
    chain: Any = pl
    for rank, (group, in_band) in enumerate(_SORT):
        here = _is("group", group) & (_is("band", in_band) if in_band else pl.lit(True))
        chain = chain.when(here).then(pl.lit(rank * 2**54, dtype=pl.Int64))
    rank = chain.otherwise(pl.lit(len(_SORT) * 2**54, dtype=pl.Int64))
    key = rank + pl.col("due_at").to_physical().fill_null(2**53 - 1)
    return pl.Series(np.argsort(frame.select(key.alias("key"))["key"].to_numpy()))
