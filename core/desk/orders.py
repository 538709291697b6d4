"""The queue of orders, and what a person can decide about them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import settings
from core.desk.acting import acting, require_correction
from core.desk.base import Desk, OrderKey, Person
from core.policy import calendar, decisions, explain, orders, rates
from core.policy.words import DecisionKind, Group, N_
from core.store import queries, write

DECIDED_SCHEMA: Final = {
    "shop_id": pl.Int64(),
    "order_number": pl.String(),
    "kind": pl.String(),
    "text": pl.String(),
    "person": pl.String(),
    "at": pl.Datetime("us", "UTC"),
    "rules": pl.String(),
}
APART: Final = (str(Group.PROBABLY_CANCELLED), str(Group.PERHAPS_CANCELLED))
NEEDS_TEXT: Final = frozenset({DecisionKind.REFUSE, DecisionKind.NOTE})
HELD_BACK: Final = explain.REASONS | {
    "not_open": N_("It is no longer in the queue: a file or a colleague has moved it on."),
    "not_to_accept": N_("It is not waiting for acceptance, or a decision stands already."),
    "no_decision": N_("No decision stands that could be withdrawn."),
    "nothing_to_tick": N_("No decision is waiting to be carried out."),
    "not_apart": N_("It does not stand under probably or perhaps cancelled."),
    "meanwhile": N_("Somebody decided it meanwhile: that stands, and yours was not recorded."),
}
"""Why an order of the selection is left out of a decision: code -> sentence."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would record: the orders it takes, those it leaves with a ``held_back`` code,
    and for a refusal the rates of each shop over 30 and 60 days before and after."""

    taken: pl.DataFrame
    left: pl.DataFrame
    effects: tuple[tuple[str, rates.RefusalEffect], ...]


def queue(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """Every open order, judged: most urgent first. Columns: those of ``core.policy.orders.judge``."""
    whole = desk.whole()
    return desk.mine(desk.kept("queue", lambda _: _judged(whole, whole.kept("facts", _facts), now), at=now))


def judged_now(desk: Desk, connection: sa.Connection, now: dt.datetime) -> pl.DataFrame:
    """The queue of every shop as a writing connection sees it: nothing that was kept is trusted."""
    return _judged(desk.whole(), _facts(connection), now)


def _facts(connection: sa.Connection) -> pl.DataFrame:
    standing = decisions.standing(queries.decisions_of_open(connection))
    facts = queries.open_orders(connection)
    return decisions.sent(facts.join(standing, on=["shop_id", "order_number"], how="left", maintain_order="left"))


def _judged(desk: Desk, facts: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    years = range(now.year - 1, now.year + 2)
    team = settings.team(desk).calendar(years)
    first, last = now.date() - dt.timedelta(days=14), now.date() + dt.timedelta(days=60)
    return orders.judge(
        facts,
        values=desk.values,
        spans=calendar.spans(team, first, last),
        limits=settings.limits(desk)[0],
        holidays=[day for year in years for day in settings.public_holidays("FR", year)],
        now=now,
    )


def preview(desk: Desk, kind: DecisionKind, keys: Sequence[OrderKey], now: dt.datetime) -> Preview:
    """What :func:`decide` would record now, by the same check; nothing is written."""
    # Not the kept queue: a preview asks for the exact instant, and would push the minute's queue out.
    judged = _judged(desk, desk.mine(desk.kept("facts", _facts)), now)
    taken, left = _split(desk, judged, kind, keys, now)
    return Preview(taken, left, _effects(desk, taken, now) if kind is DecisionKind.REFUSE else ())


def decide(
    desk: Desk,
    person: Person,
    kind: DecisionKind,
    keys: Sequence[OrderKey],
    now: dt.datetime,
    text: str = "",
    shown: pl.DataFrame | None = None,
) -> Preview:
    """Record one decision for every order of ``keys`` that allows it, in one transaction.

    The orders are judged anew inside the transaction, so that a decision never rests on an old
    picture. ``shown``: what the person saw (shop_id, order_number, decision_id, assignee); an order that somebody
    decided since, or for an assignment took since, is left. Raises ``NotAllowed``, and ``ValueError`` where a
    reason or a note is missing.
    """
    text = text.strip()
    if kind in NEEDS_TEXT and not text:
        raise ValueError(f"{kind}: give a reason")
    with acting(desk, person, "decide", [key.shop_id for key in keys], now) as act:
        taken, left = _split(desk, judged_now(desk, act.connection, now), kind, keys, now, shown)
        if kind is DecisionKind.WITHDRAW:
            require_correction(person, taken)
        rows = _records(taken, kind, text, person, now)
        write.add_decisions(act.connection, rows)
        for row, was in zip(rows.iter_rows(named=True), taken["decision"], strict=True):
            act.note(
                "order_decided", shop_id=row["shop_id"], subject=row["order_number"], why=text, rules=row["rules"],
                before={"decision": was}, after={"decision": row["kind"]},
            )  # fmt: skip
    return Preview(taken, left, ())


def _records(taken: pl.DataFrame, kind: DecisionKind, text: str, person: Person, now: dt.datetime) -> pl.DataFrame:
    return taken.select(
        "shop_id",
        "order_number",
        kind=pl.lit(str(kind)),
        text=pl.lit(text or None, dtype=pl.String),
        person=pl.lit(person.name),
        at=pl.lit(now).cast(pl.Datetime("us", "UTC")),
        rules=pl.concat_str("rule", "rule_values", separator=" ", ignore_nulls=True).fill_null(""),
    ).cast(pl.Schema(DECIDED_SCHEMA))


def _split(
    desk: Desk,
    judged: pl.DataFrame,
    kind: DecisionKind,
    keys: Sequence[OrderKey],
    now: dt.datetime,
    shown: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The chosen orders, apart: those that allow the decision, and the rest with its reason."""
    chosen = pl.DataFrame(
        {"shop_id": [key.shop_id for key in keys], "order_number": [key.order_number for key in keys]},
        schema={"shop_id": pl.Int64, "order_number": pl.String},
    ).unique(maintain_order=True)
    held_back = _obstacle(kind)
    if shown is not None:
        seen = "assignee" if kind is DecisionKind.ASSIGN else "decision_id"
        chosen = chosen.join(
            shown.select("shop_id", "order_number", shown=seen),
            on=["shop_id", "order_number"], how="left", maintain_order="left",
        )  # fmt: skip
        held_back = pl.when(pl.col("shown").ne_missing(pl.col(seen))).then(pl.lit("meanwhile")).otherwise(held_back)
    found = chosen.join(
        decisions.may(judged, desk.values, now).with_columns(known=pl.lit(value=True)),
        on=["shop_id", "order_number"],
        how="left",
        maintain_order="left",
    ).with_columns(held_back=pl.when(pl.col("known").is_null()).then(pl.lit("not_open")).otherwise(held_back))
    return found.filter(pl.col("held_back").is_null()), found.filter(pl.col("held_back").is_not_null())


def _obstacle(kind: DecisionKind) -> pl.Expr:
    """The code of what forbids the decision, null where nothing does."""

    def unless(allowed: pl.Expr, code: pl.Expr | str) -> pl.Expr:
        return pl.when(~allowed).then(pl.lit(code) if isinstance(code, str) else code)

    standing = pl.col("decision").is_not_null()
    obstacles: dict[DecisionKind, pl.Expr] = {
        DecisionKind.ACCEPT: unless(pl.col("can_accept"), "not_to_accept"),
        DecisionKind.REFUSE: unless(pl.col("can_refuse"), "not_to_accept"),
        DecisionKind.MARK_SHIPPED: unless(pl.col("can_ship"), pl.col("cannot_ship_reason")),
        DecisionKind.WITHDRAW: unless(standing, "no_decision"),
        DecisionKind.CARRIED_OUT: unless(standing & pl.col("carried_out_at").is_null(), "nothing_to_tick"),
        DecisionKind.SAY_CANCELLED: unless(pl.col("group").is_in(APART), "not_apart"),
        DecisionKind.SAY_OPEN: unless(pl.col("group").is_in(APART), "not_apart"),
    }
    return obstacles.get(kind, pl.lit(None, dtype=pl.String))


def _effects(desk: Desk, taken: pl.DataFrame, now: dt.datetime) -> tuple[tuple[str, rates.RefusalEffect], ...]:
    days = desk.kept("order_days", queries.day_counts)
    since = dict(desk.kept("covered_since", queries.covered_since).iter_rows())
    found = []
    for (shop_id, shop), rows in sorted(taken.group_by("shop_id", "shop")):
        for window in ("indicator_short_days", "indicator_long_days"):
            effect = rates.refusal_effect(
                days.filter(shop_id=shop_id),
                covered_since=since.get(shop_id),
                refusing=rows.height,
                window_days=desk.values.integer(window, now.date()),
                threshold=Decimal(str(desk.values.on("acceptance_rate_at_least", now.date()).amount)),
                today=now.date(),
            )
            found.append((str(shop), effect))
    return tuple(found)


def type_facts(
    desk: Desk, person: Person, key: OrderKey, facts: dict[str, Any], version: int, now: dt.datetime
) -> None:
    """Record what a person knows of an order and no file said: delivery_mode, latest_ship_at, paid_at.

    Raises ``write.Stale`` with both values when the order changed since ``version`` was read.
    """
    allowed = {"delivery_mode", "latest_ship_at", "paid_at"}
    if not facts or not facts.keys() <= allowed:
        raise ValueError(f"only these can be typed: {', '.join(sorted(allowed))}")
    with acting(desk, person, "decide", [key.shop_id], now) as act:
        held = queries.one_order(act.connection, key.shop_id, key.order_number).select(list(facts))
        write.type_facts(act.connection, key.shop_id, key.order_number, facts, version, person.name, now)
        before = held.row(0, named=True)
        act.note("facts_typed", shop_id=key.shop_id, subject=key.order_number, before=before, after=facts)
