"""Return requests: the queue by the clock that runs, one case with its options, decisions and what follows them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from core.desk import return_cases, return_work, returns_settings
from core.desk.acting import acting, require_correction
from core.desk.base import Desk, Person, Stale
from core.desk.return_cases import FACTS, KEY, as_said
from core.policy.clocks import INSTANT
from core.policy.returns import recommend
from core.policy.returns.frames import REQUESTS, Option
from core.policy.words import N_
from core.store import return_tables as tables
from core.store import returns as store

EVENTS: Final = {
    "answered": N_("Answered"),
    "label_sent": N_("Label sent"),
    "sent_back": N_("Proof that the buyer sent it"),
    "goods_back": N_("Goods back"),
    "refund_paid": N_("Refund paid"),
    "exchange_sent": N_("Exchange sent"),
    "closed": N_("Closed"),
}
"""What happens after a decision; each stops or starts a clock."""
RECORDED: Final = EVENTS | {store.REOPENED: N_("Opened again")}
"""Every event of a case's record in words."""
CONDITIONS: Final = {
    "new": N_("can be sold as new"),
    "used": N_("can be sold as used"),
    "broken": N_("cannot be sold"),
}
HELD_BACK: Final = {
    "closed": N_("The case is closed."),
    "unlawful": N_("The option is not lawful here."),
    "not_allowed": N_("A rule of the shop keeps from it."),
    "cannot_tell": N_("Nobody can tell yet whether it is lawful."),
    "needs_reason": N_("It is not the recommended one: say why."),
    "nothing_recommended": N_("Nothing can be recommended for it yet."),
    "question": N_("A question is open: decide it alone, or answer the question first."),
    "meanwhile": N_("Somebody decided it meanwhile: that stands, and yours was not recorded."),
}
"""Why a case of the selection is left out of a decision: code -> sentence."""
RECOMMENDED: Final = "recommended"
"""Chosen instead of an Option: each case gets what is recommended for it."""
NEEDS_REASON: Final = N_("Say why it is opened again.")
NOT_CLOSED: Final = N_("It is open already: somebody was quicker.")
BEFORE_NOTICE: Final = N_("A refund before the buyer's notice is none for this return: give a later instant.")


class BeforeNotice(ValueError):
    """A refund that lies before the notice."""


class NotReopened(ValueError):
    """A case that cannot be opened again: no reason was given, or it is open."""


@dataclass(frozen=True, slots=True)
class CaseKey:
    """One return request: its shop and its key in the base."""

    shop_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would record: ``taken`` (cases with ``option``, ``cost_minor`` and ``against``, whether it
    is not the recommended one) and ``left`` with a ``held_back`` code of :data:`HELD_BACK`."""

    taken: pl.DataFrame
    left: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Case:
    """One request with its costs (COST_LINES), decisions and events, oldest first."""

    row: dict[str, Any]
    costs: pl.DataFrame
    decisions: pl.DataFrame
    events: pl.DataFrame


def queue(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """Every open case, judged, most urgent first: ``return_cases.frame``, DECIDED and what ``return_work`` adds."""
    whole = desk.whole()
    return desk.mine(desk.kept("returns", lambda connection: judged(whole, connection, now, store.is_open()), at=now))


def judged(desk: Desk, connection: sa.Connection, now: dt.datetime, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The cases of a condition as this connection sees them, whoever looks, judged at ``now``."""
    return judge(desk, return_cases.frame(connection, *where), connection, now)


def judge(desk: Desk, cases: pl.DataFrame, connection: sa.Connection, now: dt.datetime) -> pl.DataFrame:
    """``return_cases.frame`` judged by the shops' values and rules; a decided case by those saved until then."""
    days = returns_settings.holidays_around(now)
    parts = []
    for until, part in return_cases.as_decided(cases, returns_settings.written(connection)):
        setup = returns_settings.setup(desk, connection, until)
        decided = recommend.decide(part.select(REQUESTS.names()), setup.book, setup.shop_rules, days, now)
        parts.append(pl.concat([part, decided.drop("request_id")], how="horizontal"))
    return return_work.worked(desk, pl.concat(parts), now)


def closed(desk: Desk, now: dt.datetime, days: int = 30) -> pl.DataFrame:
    """The cases that were closed in the last ``days`` and not opened again, newest closing first: columns as
    ``return_cases.frame``."""
    since = now - dt.timedelta(days=days)
    with desk.reading() as connection:
        found = return_cases.frame(connection, store.closed_since(since))
    return desk.mine(found).sort("closed_at", *KEY, descending=[True, False, False])


def case(desk: Desk, key: CaseKey, now: dt.datetime) -> Case | None:
    """One case with everything around it, open or closed; None where the base does not know it."""
    if not desk.sees_shop(key.shop_id):
        return None
    with desk.reading() as connection:
        this = store.this(key.shop_id, key.key)
        rows = judged(desk, connection, now, this)
        if rows.is_empty():
            return None
        cases = rows.select(REQUESTS.names())
        decided, happened = store.decisions(connection, this), store.events(connection, this)
        setup = returns_settings.setup(desk, connection, rows["decided_at"][0])
    days = returns_settings.holidays_around(now)
    costs = recommend.cost_lines(cases, setup.book, setup.shop_rules, days, now)
    return Case(rows.row(0, named=True), costs, decided, happened)


def curve(desk: Desk, row: Mapping[str, Any], now: dt.datetime, points: int = 60) -> pl.DataFrame:
    """What each lawful and allowed option of a case would cost over the price of the articles: goods_minor, option,
    cost_minor. The prices run from 0 to twice the case's own, at least 40 euro. Raises ``NotThere``."""
    desk.look_at(row["shop_id"])
    top = max(2 * int(row["goods_minor"] or 0), 4000)
    one = pl.DataFrame([{name: row[name] for name in REQUESTS}], schema=REQUESTS)
    prices = pl.Series("goods_minor", [top * place // points for place in range(points + 1)])
    many = (
        one.drop("goods_minor")
        .join(prices.to_frame(), how="cross")
        .with_columns(request_id=pl.col("goods_minor").cast(pl.String))
    )
    with desk.reading() as connection:
        setup = returns_settings.setup(desk, connection, row["decided_at"])
    decided = recommend.decide(
        many.select(REQUESTS.names()), setup.book, setup.shop_rules, returns_settings.holidays_around(now), now
    )
    parts = [
        decided.filter(pl.col(f"{option}_status") == "lawful").select(
            goods_minor=pl.col("request_id").cast(pl.Int64),
            option=pl.lit(str(option)),
            cost_minor=f"{option}_cost_minor",
        )
        for option in Option
    ]
    return pl.concat(parts).drop_nulls()


def preview(desk: Desk, keys: Sequence[CaseKey], option: str, now: dt.datetime, reason: str = "") -> Preview:
    """What :func:`decide` would record now, by the same check; nothing is written."""
    with desk.reading() as connection:
        return _split(desk.mine(judged(desk, connection, now, _these(keys))), keys, option, reason.strip())


def decide(
    desk: Desk,
    person: Person,
    keys: Sequence[CaseKey],
    option: str,
    now: dt.datetime,
    reason: str = "",
    shown: Mapping[CaseKey, int | None] | None = None,
) -> Preview:
    """Record an Option (or :data:`RECOMMENDED`) for every case of ``keys`` that allows it, in one transaction.

    The cases are judged anew inside it. One that is not the recommended one needs a reason. ``shown``: the
    ``decision_id`` of each case as the person saw it; one that somebody decided since is left. Raises ``NotAllowed``.
    """
    reason = reason.strip()
    with acting(desk, person, "decide", [key.shop_id for key in keys], now) as act:
        connection = act.connection
        seen = _split(judged(desk, connection, now, _these(keys)), keys, option, reason, shown)
        require_correction(person, seen.taken)
        rows = seen.taken.select(
            *KEY, "option", amount_minor="cost_minor", refund_minor="refund_minor", currency="currency",
            recommended="recommended", recommended_cost_minor="recommended_cost_minor",
            reason=pl.when("against").then(pl.lit(reason or None, dtype=pl.String)),
            rules=_rules_in_force(seen.taken, connection, now), person=pl.lit(person.name),
            at=pl.lit(now).cast(INSTANT),
        )  # fmt: skip
        store.add(connection, tables.return_decisions, rows)
        told = ("option", "amount_minor", "refund_minor", "currency", "recommended", "recommended_cost_minor")
        for row, was in zip(rows.to_dicts(), seen.taken["chosen"], strict=True):
            act.note(
                "return_decided", shop_id=row["shop_id"], subject=row["key"], why=row["reason"], rules=row["rules"],
                before={"option": was}, after={name: row[name] for name in told},
            )  # fmt: skip
    return seen


def _these(keys: Sequence[CaseKey]) -> sa.ColumnElement[bool]:
    shops = {key.shop_id for key in keys}
    return sa.or_(sa.false(), *(store.this(shop, *(key.key for key in keys if key.shop_id == shop)) for shop in shops))


def _split(
    rows: pl.DataFrame,
    keys: Sequence[CaseKey],
    option: str,
    reason: str,
    shown: Mapping[CaseKey, int | None] | None = None,
) -> Preview:
    if option not in {*map(str, Option), RECOMMENDED}:
        raise ValueError(f"no such option: {option}")
    chosen = pl.col("recommended") if option == RECOMMENDED else pl.lit(option)
    rows = rows.with_columns(chosen.alias("option"))

    def of_option(field: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col("option") == str(name)).then(f"{name}_{field}") for name in Option)

    rows = rows.with_columns(
        cost_minor=of_option("cost_minor"), status=of_option("status"), option_rule=of_option("rule"),
        against=pl.col("option").ne_missing(pl.col("recommended")),
    )  # fmt: skip
    stays = pl.col("rules_left_none") & (pl.col("status") == "not_allowed")
    ids = zip(rows.select(*KEY).iter_rows(), rows["decision_id"], strict=True)
    meanwhile = [shown is not None and shown.get(CaseKey(*key)) != standing for key, standing in ids]
    held = (
        pl.when(pl.Series("meanwhile", meanwhile, pl.Boolean)).then(pl.lit("meanwhile"))
        .when(pl.col("closed_at").is_not_null()).then(pl.lit("closed"))
        .when(pl.col("option").is_null()).then(pl.lit("nothing_recommended"))
        .when(pl.col("question").is_not_null() & pl.lit(option == RECOMMENDED)).then(pl.lit("question"))
        .when((pl.col("status") != "lawful") & ~stays).then("status")
        .when(pl.col("against") & pl.lit(not reason)).then(pl.lit("needs_reason"))
    )  # fmt: skip
    rows = rows.with_columns(held_back=held)
    return Preview(rows.filter(pl.col("held_back").is_null()), rows.filter(pl.col("held_back").is_not_null()))


def _rules_in_force(rows: pl.DataFrame, connection: sa.Connection, now: dt.datetime) -> pl.Series:
    """For each case the ids of the rules that it was decided by, and the shop's own values in force on its day.

    The day is that of the shop's zone, as in the judgement.
    """
    own = store.settings(connection).filter(pl.col("key") != "return_address")  # somebody's home, and no rule
    said = []
    for row in rows.iter_rows(named=True):
        ids = [row["option_rule"], row["return_payer_rule"], row["reply_rule"], row["refund_rule"]]
        day = (row["requested_at"] or now).astimezone(ZoneInfo(row["zone"])).date()
        mine = own.filter(pl.col("shop_id") == row["shop_id"], pl.col("since") <= day)
        if row["decided_at"] is not None:
            mine = mine.filter(pl.col("at") <= row["decided_at"])
        values = dict(mine.select("key", "amount").iter_rows())
        told = [f"{key}={amount}" for key, amount in sorted(values.items())]
        said.append(" ".join([*dict.fromkeys(name for name in ids if name), *told]))
    return pl.Series("rules", said, dtype=pl.String)


def happened(
    desk: Desk,
    person: Person,
    keys: Sequence[CaseKey],
    kind: str,
    at: dt.datetime,
    now: dt.datetime,
    shown: Mapping[CaseKey, int] | None = None,
    **more: Any,
) -> None:
    """Record one event of :data:`EVENTS` for each case. ``more``: complete and condition (goods back),
    amount_minor (refund paid; without it all that is owed), text. ``shown``: how many events each case had as the
    person saw it. Raises ``NotAllowed``, ``BeforeNotice``, ``Stale`` where one came since (its values are event,
    at and person), and ``ValueError`` for an event of the future."""
    if kind not in EVENTS or not more.keys() <= {"complete", "condition", "amount_minor", "text"}:
        raise ValueError(f"no such event: {kind} {sorted(more)}")
    if at > now:
        raise ValueError("an event of the future has not happened")
    columns = {
        "complete": pl.Boolean(), "condition": pl.String(), "amount_minor": pl.Int64(), "text": pl.String(),
    }  # fmt: skip
    rows = pl.DataFrame(
        [(key.shop_id, key.key) for key in keys],
        schema=dict(zip(KEY, (pl.Int64, pl.String), strict=True)),
        orient="row",
    )
    rows = rows.with_columns(
        *(pl.lit(more.get(name), dtype=dtype).alias(name) for name, dtype in columns.items()),
        kind=pl.lit(kind), happened_at=pl.lit(at).cast(INSTANT), person=pl.lit(person.name),
        at=pl.lit(now).cast(INSTANT),
    )  # fmt: skip
    with acting(desk, person, "answer" if kind == "answered" else "decide", [key.shop_id for key in keys], now) as act:
        if kind == "refund_paid":
            asked = store.requests(act.connection, _these(keys))
            if (asked["requested_at"] > at).any():
                raise BeforeNotice(BEFORE_NOTICE)
        for key, count in (shown or {}).items():
            _no_news(act.connection, key, count, {"event": kind, "at": at, "person": person.name})
        store.add(act.connection, tables.return_events, rows)
        told = {name: value for name, value in more.items() if name != "text"}
        for key in keys:
            act.note(
                "return_event", shop_id=key.shop_id, subject=key.key, personal={"text": more.get("text")},
                after={"event": kind, "happened_at": at, **told},
            )  # fmt: skip


def reopen(desk: Desk, person: Person, key: CaseKey, reason: str, now: dt.datetime) -> None:
    """Open a closed case again, with its clocks as they stand; closing it stays in the record.

    Raises ``NotAllowed``, and :class:`NotReopened` without a reason or where the case is open.
    """
    reason = reason.strip()
    if not reason:
        raise NotReopened(NEEDS_REASON)
    with acting(desk, person, "decide", [key.shop_id], now) as act:
        if store.requests(act.connection, store.this(key.shop_id, key.key), sa.not_(store.is_open())).is_empty():
            raise NotReopened(NOT_CLOSED)
        row = {"kind": store.REOPENED, "happened_at": now, "text": reason, "person": person.name, "at": now}
        store.add(act.connection, tables.return_events, pl.DataFrame([{"shop_id": key.shop_id, "key": key.key} | row]))
        act.note("return_event", shop_id=key.shop_id, subject=key.key, why=reason, after={"event": store.REOPENED})


def _no_news(connection: sa.Connection, key: CaseKey, shown: int, saving: dict[str, Any]) -> None:
    """Raise ``Stale`` where a case has events that were not ``shown``."""
    known = store.events(connection, store.this(key.shop_id, key.key))
    if known.height != shown:
        last = known.row(-1, named=True)
        raise Stale(saving, {"event": last["kind"], "at": last["happened_at"], "person": last["person"]})


def say(
    desk: Desk,
    person: Person,
    key: CaseKey,
    facts: Mapping[str, Any],
    now: dt.datetime,
    shown: Mapping[str, Any] | None = None,
) -> None:
    """Record what a person found out of a case (fields of ``return_cases.FACTS``). ``shown``: what the person saw in
    these fields. Raises ``NotAllowed``, ``Stale`` where one of them says something else now."""
    if not facts or not facts.keys() <= FACTS.keys():
        raise ValueError(f"only these can be said: {', '.join(FACTS)}")
    rows = pl.DataFrame({"field": list(facts), "value": [as_said(value) for value in facts.values()]}).with_columns(
        shop_id=pl.lit(key.shop_id, pl.Int64), key=pl.lit(key.key), person=pl.lit(person.name),
        at=pl.lit(now).cast(INSTANT),
    )  # fmt: skip
    with acting(desk, person, "decide", [key.shop_id], now) as act:
        held = return_cases.frame(act.connection, store.this(key.shop_id, key.key)).select(list(facts))
        before = held.row(0, named=True) if held.height else dict.fromkeys(facts)
        if shown is not None and any(shown[name] != before[name] for name in facts):
            raise Stale(dict(facts), before)
        store.add(act.connection, tables.return_facts, rows)
        personal = {"before": before, "after": dict(facts)}
        act.note("return_facts", shop_id=key.shop_id, subject=key.key, personal=personal)
