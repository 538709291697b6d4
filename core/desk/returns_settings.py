"""What a shop sets for its returns: costs, what it can offer, its rules, each dated; and a replay of a change."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from core.desk import return_cases, settings
from core.desk.acting import acting
from core.desk.base import Desk, NotThere, Person, Stale
from core.desk.return_cases import OFFERS
from core.policy.clocks import INSTANT
from core.policy.returns import replay, shop_rules, terms
from core.policy.returns.frames import REQUESTS, SETTINGS, SHOP_RULES
from core.policy.returns.replay import Setup
from core.policy.words import N_
from core.store import return_tables as tables
from core.store import returns as store

OFFER_TITLES: Final = {
    "offer_addresses": N_("Countries with a return address of the shop (two letters, with blanks)"),
    "offer_label": N_("The shop can send prepaid labels"),
    "offer_informed": N_("Buyers are told before the order that a withdrawal's way back is theirs"),
    "offer_insured": N_("Parcels of the shop are insured against loss"),
    "return_address": N_("Return address as it is written to buyers"),
}
NEW: Final = "new"
"""The id of a rule that is not saved yet."""
ALWAYS: Final = dt.date(2020, 1, 1)
"""Since when a first own value holds if nobody says otherwise: before every case."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A change on past cases: ``cases`` (REPLAYED with order_number, shop, line_title, currency), and by option."""

    cases: pl.DataFrame
    by_option: pl.DataFrame

    @property
    def differing(self) -> pl.DataFrame:
        return self.cases.filter("differs")

    @property
    def saved_minor(self) -> int:
        return int(self.cases["saved_minor"].sum())

    def of(self, currency: str) -> "Replayed":
        """The cases of one currency: sums of several say nothing."""
        cases = self.cases.filter(currency=currency)
        return Replayed(cases, replay.by_option(cases))


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried or saved: a shop's value of ``key``, or (without a key) a rule (fields of SHOP_RULES)."""

    shop_id: int | None
    key: str = ""
    amount: str = ""
    rule: Mapping[str, Any] | None = None


def holidays_around(now: dt.datetime) -> list[dt.date]:
    """Public holidays of France in the years that a case can reach."""
    return [day for year in range(now.year - 3, now.year + 4) for day in settings.public_holidays("FR", year)]


def setup(desk: Desk, connection: sa.Connection, until: dt.datetime | None = None) -> Setup:
    """The values and rules in force, as this connection sees them; with ``until`` those saved up to then."""
    own, held = store.settings(connection).filter(~pl.col("key").is_in(OFFERS)), store.rules(connection)
    if until is not None:
        own, held = own.filter(pl.col("at") <= until), held.filter(pl.col("at") <= until)
    return Setup(terms.Book(desk.values, own.select(SETTINGS.names()).cast(SETTINGS)), _as_rules(held))


def written(connection: sa.Connection) -> pl.Series:
    """The instants at which values and rules were saved."""
    return pl.concat([store.settings(connection)["at"], store.rules(connection)["at"]])


def today(desk: Desk, shop_id: int, now: dt.datetime) -> dt.date:
    """The day in the shop's zone, by which its values hold."""
    return now.astimezone(ZoneInfo(settings.shop(desk, shop_id)["zone"])).date()


def _as_rules(held: pl.DataFrame) -> pl.DataFrame:
    return held.select(SHOP_RULES.names()).cast(SHOP_RULES)


def rules(desk: Desk) -> pl.DataFrame:
    """The shops' rules with their person and instant; those for every shop have no shop_id."""
    return _seen_rules(desk, desk.kept("return_rules", store.rules))


def _seen_rules(desk: Desk, held: pl.DataFrame) -> pl.DataFrame:
    return held.filter(pl.col("shop_id").is_null() | pl.col("rule_id").is_in(desk.mine(held)["rule_id"].implode()))


def history(desk: Desk, shop_id: int) -> pl.DataFrame:
    """A shop's own values, oldest first: key, since, amount, source, person, at."""
    return desk.mine(desk.kept("return_settings", store.settings)).filter(shop_id=shop_id).drop("shop_id")


def in_force(desk: Desk, shop_id: int, day: dt.date) -> pl.DataFrame:
    """Every value that a shop may set, as in force on ``day``: key, title, unit, amount, since, source, own."""
    own = {row["key"]: row for row in history(desk, shop_id).filter(pl.col("since") <= day).iter_rows(named=True)}
    rows = []
    for key in terms.overridable(desk.values):
        parameter = desk.values.parameters[key]
        standard = next((v for v in reversed(parameter.history) if v.since <= day), parameter.history[0])
        mine = own.get(key)
        rows.append(
            {
                "key": key, "title": parameter.title, "unit": parameter.unit,
                "amount": mine["amount"] if mine else str(standard.amount),
                "since": mine["since"] if mine else standard.since,
                "source": mine["source"] if mine else standard.source, "own": mine is not None,
            }
        )  # fmt: skip
    for key, title in OFFER_TITLES.items():
        mine = own.get(key)
        given = {name: mine[name] if mine else None for name in ("amount", "since", "source")}
        rows.append({"key": key, "title": title, "unit": "offer", "own": mine is not None, **given})
    schema = dict.fromkeys(("key", "title", "unit", "amount", "source"), pl.String()) | {
        "since": pl.Date(),
        "own": pl.Boolean(),
    }
    return pl.DataFrame(rows, schema=schema)


def wrong(desk: Desk, change: Change) -> str | None:
    """Why a value cannot be saved; None where it can."""
    if change.key == "offer_addresses":
        codes = change.amount.split()
        return None if all(len(code) == 2 and code.isascii() and code.isalpha() for code in codes) else change.amount
    if change.key == "return_address":
        return None if change.amount.strip() else change.key
    if change.key in OFFERS:
        return None if change.amount in ("yes", "no") else change.amount
    return terms.wrong_setting(desk.values, change.key, change.amount)


def conflicts(desk: Desk, rule: Mapping[str, Any], today: dt.date) -> pl.DataFrame:
    """CONFLICTS that a new rule (fields of SHOP_RULES but rule_id; here called NEW) causes among those that hold
    today and later, whichever of them they are said of."""
    with desk.reading() as connection:
        return _conflicts(_seen_rules(desk, store.rules(connection)), rule, today)


def _conflicts(seen: pl.DataFrame, rule: Mapping[str, Any], today: dt.date) -> pl.DataFrame:
    held = _as_rules(seen).filter(pl.col("until").is_null() | (pl.col("until") > today))
    found = shop_rules.conflicts(pl.concat([held, _rule(rule, NEW)]))
    return found.join(shop_rules.conflicts(held), on=found.columns, how="anti", nulls_equal=True, maintain_order="left")


def _rule(rule: Mapping[str, Any], rule_id: str) -> pl.DataFrame:
    return pl.DataFrame([{name: rule.get(name) for name in SHOP_RULES} | {"rule_id": rule_id}], schema=SHOP_RULES)


def tried(desk: Desk, change: Change, days: int, now: dt.datetime) -> Replayed:
    """The cases of the last ``days`` judged by the values and rules in force and by the change; nothing is written."""
    with desk.reading() as connection:
        cases = desk.mine(return_cases.frame(connection, store.since(now - dt.timedelta(days=days))))
        if change.shop_id is not None:
            cases = cases.filter(shop_id=change.shop_id)
        own = store.settings(connection).select(SETTINGS.names()).cast(SETTINGS)
        old = setup(desk, connection)
    costs = own.filter(~pl.col("key").is_in(OFFERS))
    others = cases
    if change.rule is not None:
        since_ever = dict(change.rule) | {"since": replay.ALWAYS, "until": None}
        new = Setup(old.book, pl.concat([old.shop_rules, _rule(since_ever, NEW)]))
    elif change.key in OFFERS:
        new = old
        others = return_cases.offered(cases, replay.tried(own, int(change.shop_id or 0), change.key, change.amount))
    else:
        new = Setup(
            terms.Book(desk.values, replay.tried(costs, int(change.shop_id or 0), change.key, change.amount)),
            old.shop_rules,
        )
    found = _replayed(cases, others, old, new, now)
    named = cases.select(
        "request_id", "shop_id", "key", "order_number", "shop", "line_title", "currency", "goods_minor"
    )
    return Replayed(found.join(named, on="request_id", how="left", maintain_order="left"), replay.by_option(found))


def _replayed(cases: pl.DataFrame, others: pl.DataFrame, old: Setup, new: Setup, now: dt.datetime) -> pl.DataFrame:
    days = holidays_around(now)
    asked = cases.select(REQUESTS.names())
    if others is cases:
        return replay.replay(asked, old, new, days, now)
    # What a shop can offer is a fact of each case: the same rules on other facts.
    before = replay.replay(asked, old, old, days, now)
    after = replay.replay(others.select(REQUESTS.names()), new, new, days, now)
    return before.with_columns(
        new_option=after["new_option"], new_cost_minor=after["new_cost_minor"],
        differs=before["old_option"].ne_missing(after["new_option"]),
        saved_minor=before["old_cost_minor"] - after["new_cost_minor"],
    )  # fmt: skip


def saved(desk: Desk, change: Change) -> int:
    """How often the shop saved the value of a change: it guards against a stale save."""
    return history(desk, int(change.shop_id or 0)).filter(key=change.key).height


def save(
    desk: Desk,
    person: Person,
    change: Change,
    since: dt.date,
    source: str,
    now: dt.datetime,
    version: int | None = None,
) -> None:
    """Save a change: it holds for cases whose notice comes on ``since`` or later; older ones keep theirs.

    ``version`` is what :func:`saved` gave as the person saw the value. Raises ``NotAllowed``, ``Stale`` where it was
    saved since (amount and person), and ``ValueError`` where the value cannot be used or the rule conflicts.
    """
    if change.rule is not None:
        row = dict(change.rule) | {"shop_id": change.shop_id, "since": since}
        frame = _rule(row, f"R-{uuid.uuid4().hex[:8]}").with_columns(
            person=pl.lit(person.name), at=pl.lit(now).cast(INSTANT)
        )
        with acting(desk, person, "rules", _shops(change.shop_id), now) as act:
            blocking = _conflicts(store.rules(act.connection), row, since).filter("blocks")
            if blocking.height:
                raise ValueError(", ".join(blocking["code"]))
            store.add(act.connection, tables.return_rules, frame)
            category = {"category": row.pop("category", None)}  # typed by hand
            act.note(
                "return_rule_saved", shop_id=change.shop_id, subject=frame["rule_id"][0], after=row,
                personal={"after": category},
            )  # fmt: skip
        return
    fault = wrong(desk, change)
    if fault is not None or change.shop_id is None:
        raise ValueError(fault or "whose value?")
    value = {
        "shop_id": change.shop_id,
        "key": change.key,
        "since": since,
        "amount": change.amount.strip(),
        "source": source.strip() or person.name,
    }
    with acting(desk, person, "rules", [change.shop_id], now) as act:
        own = store.settings(act.connection).filter(shop_id=change.shop_id, key=change.key).sort("at")
        before = own.row(-1, named=True) if own.height else None
        if version is not None and version != own.height and before:
            raise Stale(
                {"amount": value["amount"], "person": person.name}, {n: before[n] for n in ("amount", "person")}
            )
        store.add_setting(act.connection, value | {"person": person.name, "at": now})
        (plain, apart), (plain_before, apart_before) = _told(value), _told(before)
        act.note(
            "return_value_saved", shop_id=change.shop_id, subject=change.key, before=plain_before, after=plain,
            personal={"before": apart_before, "after": apart},
        )  # fmt: skip


def _told(value: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A value as the record keeps it, and apart what is free text: its source, and an address."""
    if value is None:
        return {}, {}
    apart = {"source", "amount"} if value["key"] == "return_address" else {"source"}
    told = {name: value[name] for name in ("since", "amount", "source")}
    return {n: v for n, v in told.items() if n not in apart}, {n: v for n, v in told.items() if n in apart}


def end_rule(desk: Desk, person: Person, rule_id: str, until: dt.date, now: dt.datetime) -> None:
    """A rule holds no more for cases of ``until`` or later. Raises ``NotAllowed``; ``NotThere`` for no such rule;
    ``Stale`` where somebody ended it by then already."""
    held = rules(desk.seen_by(person)).filter(rule_id=rule_id)
    if held.is_empty():
        raise NotThere(f"there is no rule {rule_id}")
    shop_id = held["shop_id"][0]
    with acting(desk, person, "rules", _shops(shop_id), now) as act:
        ended = store.rules(act.connection).filter(rule_id=rule_id)["until"][0]
        if ended is not None and ended <= until:
            raise Stale({"until": until}, {"until": ended})
        store.end_rule(act.connection, rule_id, until)
        act.note("return_rule_ended", shop_id=shop_id, subject=rule_id, before={"until": ended}, after={"until": until})


def _shops(shop_id: int | None) -> list[int]:
    """The shops that a rule is for; none named: every one."""
    return [] if shop_id is None else [shop_id]
