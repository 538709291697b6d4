"""Orders to ship: what each needs, what its number is worth, what the gate asks, and whose word was given."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import imports, orders, records, settings, shipment_judging, shipment_paste, surveillance, tracking
from core.desk.acting import Act, acting
from core.desk.base import Desk, OrderKey, Person
from core.desk.shipment_files import unfit
from core.desk.shipment_judging import KEY
from core.intake.findings import SCHEMA as FINDINGS
from core.intake.records import WORDS, RecordReading, schema
from core.policy import tracking_gate
from core.policy.tracking_gate import Gate, Word
from core.policy.words import DecisionKind, Group, Marketplace, N_, State
from core.store import records as store_records
from core.store import shipments as store
from core.store import write

SHIPMENT: Final = ("carrier", "tracking_number", "tracking_url")
TYPED: Final = pl.Schema({"shop_id": pl.Int64(), "order_number": pl.String(), **dict.fromkeys(SHIPMENT, pl.String())})
"""What a person types or pastes: one row an order. What is null stays as it is known."""
IN_FILE: Final = ("order_number", "normalised", "tracking_url", "file_carrier", "file_carrier_name")
"""What a shipment file says of an order."""
PROPOSED_BY: Final = {"carrier": "CD-S3", "tracking_url": "CD-S4"}
"""What is proposed of a shipment, and the rule that asks for it."""
TO_SHIP: Final = [str(State.TO_SHIP), str(State.PART_SHIPPED)]
HELD_BACK: Final = {
    "sent": N_("It went out in a shipment file; a newer file has to confirm it."),
    "missing_from_newer_file": N_(
        "A newer file lacks it: perhaps the buyer cancelled. Do not ship before it is clear."
    ),
    "marked_shipped": N_("It is marked as shipped without a number."),
    "no_number": N_("No tracking number yet."),
    "not_needed": N_("No tracking number, and none is required: mark it as shipped on Orders (CD-S1)."),
    "never": N_("Impossible: it never goes as it is."),
    "needs_word": N_("It waits for somebody's word."),
    "needs_lead": N_("It waits for a lead's word, with evidence."),
    "no_carrier": N_("No carrier is given, and a blank one would delete what stands at Amazon."),
    "unfit": N_("A spreadsheet could run one of its cells, or take it for a deletion: it never goes as it is."),
}
"""Why an order to ship is not in the next file: code -> sentence."""
NEEDED_WORDS: Final = {str(Gate.OPERATOR): "vouch", str(Gate.LEAD_WITH_EVIDENCE): "vouch_as_lead"}
"""What the gate asks -> the action that a person must be allowed."""


class NoWordNeeded(Exception):
    """The gate asks no word for any of these shipments, or takes none."""


class WordIncomplete(ValueError):
    """A word without its reason or its evidence; ``sentence`` says which."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Matched:
    """Typed rows against the orders to ship. ``taken``: TYPED, one an order; ``left``: line, order_number,
    tracking_number and ``problem``, a code of :data:`PROBLEMS`."""

    taken: pl.DataFrame
    left: pl.DataFrame


PROBLEMS: Final = {
    "no_order": N_("No order stands beside this number."),
    "no_number": N_("No tracking number stands beside this order."),
    "order_not_to_ship": N_("No order to ship has this number."),
    "several_shops": N_("Several shops have an order of this number: choose it above and paste the number alone."),
    "order_again": N_("This order stands here twice; the first row counts."),
    "too_many": N_("More lines than are taken at once: paste this one in a second go."),
}


def look(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """Every order that is to be shipped, or went out from here and is not confirmed, most urgent first.

    The columns of ``orders.queue`` and those of ``shipment_judging.judged``; surveillance_day; gate;
    word_id, word_person; opened; held_back (a code of :data:`HELD_BACK`, null where it would go); flagged
    (sent, and a newer file still shows it to be shipped); file_carrier, file_carrier_name.
    """
    whole = desk.whole()
    looked = desk.kept(
        "shipments",
        lambda connection: _looked(whole, connection, orders.queue(whole, now), now),
        at=now,
    )
    return _seen(desk, looked)


def judged_now(desk: Desk, connection: sa.Connection, now: dt.datetime) -> pl.DataFrame:
    """The same of every shop, read through a connection that is writing: nothing kept is trusted."""
    return _looked(desk.whole(), connection, orders.judged_now(desk, connection, now), now)


def if_typed(desk: Desk, typed: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """How the orders of ``typed`` (TYPED) would stand once it is recorded; nothing is written."""
    given = typed.rename({name: f"typed_{name}" for name in SHIPMENT})
    whole = desk.whole()
    queue = orders.queue(whole, now).join(given, on=KEY, how="left", maintain_order="left")
    changed = queue.with_columns(pl.coalesce(f"typed_{name}", name).alias(name) for name in SHIPMENT)
    with desk.reading() as connection:
        looked = _looked(whole, connection, changed.drop(f"typed_{name}" for name in SHIPMENT), now)
    return _seen(desk, looked.join(typed.select(KEY), on=KEY, how="semi", maintain_order="left"))


def _seen(desk: Desk, looked: pl.DataFrame) -> pl.DataFrame:
    """The rows of the shops that may be seen. All are judged together, and a reason may name an order of a shop that
    may not: it says then that there is one, and nothing of it."""
    if desk.sees is None:
        return looked
    unseen = settings.shops(desk.whole()).filter(~pl.col("id").is_in(list(desk.sees)))["name"]
    code, given, expected = (pl.element().struct.field(name) for name in ("code", "given", "expected"))
    named = expected.str.contains_any([f"{name} / " for name in unseen]).fill_null(False)
    hidden = (code == "repeat_other_shop") & named
    told = pl.struct(
        pl.when(hidden).then(pl.lit("repeat_elsewhere")).otherwise(code).alias("code"),
        given,
        pl.when(hidden).then(pl.lit("")).otherwise(expected).alias("expected"),
    )
    seen = desk.mine(looked).with_columns(pl.col("reasons").list.eval(told))
    return seen.with_columns(codes=pl.col("reasons").list.eval(code))


def _looked(desk: Desk, connection: sa.Connection, queue: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    went = (pl.col("decision") == str(DecisionKind.SEND_SHIPMENT)).fill_null(False)
    mine = queue.filter(pl.col("state").is_in(TO_SHIP) | (went & (pl.col("state") == str(State.SENT_UNCONFIRMED))))
    days = surveillance.days(desk, now).select("shop_id", surveillance_day="day")
    mine = mine.join(days, on="shop_id", how="left", maintain_order="left")
    mine = shipment_judging.judged(desk, connection, mine, now)
    mine = tracking_gate.gate(mine, pl.col("surveillance_day").is_not_null(), desk.values, now.date())
    mine = _with_words(mine, store.words_of_open(connection))
    return mine.with_columns(flagged=went & pl.col("state").is_in(TO_SHIP)).with_columns(held_back=_held_back())


def _with_words(rows: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Adds word_id, word_person and ``opened``: the newest word that covers the shipment as it is now.

    A word holds for the same carrier, number and link, and covers no reason that it was not given against.
    """
    place = ["shop_id", "order_number", "carrier", "tracking_number", "tracking_url"]
    said = words.with_columns(pl.col("codes").str.split(" ").alias("against")).select(
        *place, "against", "proof", word_id="id", word_person="person", word_role="role", word_at="at",
        word_reason="reason",
    )  # fmt: skip
    keyed = rows.with_row_index("row").with_columns(pl.col("carrier", "tracking_url").fill_null(""))
    met = keyed.select("row", "gate", "codes", *place).join(said, on=place)
    covering = met.filter(pl.col("codes").list.set_difference("against").list.len() == 0).sort("word_id")
    opening = [tracking_gate.opens(row["gate"], _word(row)) for row in covering.iter_rows(named=True)]
    held = covering.filter(pl.Series(opening, dtype=pl.Boolean)).unique("row", keep="last")
    return (
        rows.with_row_index("row")
        .join(held.select("row", "word_id", "word_person"), on="row", how="left", maintain_order="left")
        .drop("row")
        .with_columns(opened=(pl.col("gate") == str(Gate.GOES)) | pl.col("word_id").is_not_null())
    )


def _word(row: dict[str, Any]) -> Word:
    return Word(row["word_person"], row["word_role"], row["word_at"], row["word_reason"], row["proof"] or "")


def _held_back() -> pl.Expr:
    """Why an order is not in the next file; null where it is."""
    gate = pl.col("gate")
    cases = [
        (pl.col("state") == str(State.SENT_UNCONFIRMED), "sent"),
        (pl.col("group") == str(Group.PERHAPS_CANCELLED), "missing_from_newer_file"),
        ((pl.col("decision") == str(DecisionKind.MARK_SHIPPED)).fill_null(False), "marked_shipped"),
        (pl.col("tracking_number").is_null() & (pl.col("verdict") == "plausible"), "not_needed"),
        (pl.col("tracking_number").is_null(), "no_number"),
        (gate == str(Gate.NEVER), "never"),
        (~pl.col("opened") & (gate == str(Gate.OPERATOR)), "needs_word"),
        (~pl.col("opened") & (gate == str(Gate.LEAD_WITH_EVIDENCE)), "needs_lead"),
        (pl.col("file_carrier").is_null() & (pl.col("marketplace") == str(Marketplace.AMAZON)), "no_carrier"),
        (pl.any_horizontal(unfit(pl.col(name)) for name in IN_FILE), "unfit"),
    ]
    return pl.coalesce(pl.when(condition).then(pl.lit(code)) for condition, code in cases)


def read_paste(text: str) -> pl.DataFrame:
    """What a person pasted, as shipment_paste.SCHEMA."""
    return shipment_paste.read(text, imports.known_formats())


def is_bare(pasted: pl.DataFrame) -> bool:
    """Whether only numbers were pasted: they fall to orders by :func:`fall_to`."""
    return shipment_paste.bare(pasted)


def fall_to(pasted: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Bare numbers beside the orders of ``targets``, first to first."""
    keys = targets.select(KEY).with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    numbered = pasted.drop("order_number").with_columns(place=pl.int_range(pl.len()))
    return numbered.join(keys, on="place", how="left", maintain_order="left").drop("place")


def match(looked: pl.DataFrame, pasted: pl.DataFrame) -> Matched:
    """Pasted rows (shipment_paste.SCHEMA, with shop_id where they fell to an order) beside the orders they name."""
    mine = looked.filter(pl.col("state").is_in(TO_SHIP)).select(KEY)
    shops = mine.group_by("order_number").agg(pl.col("shop_id").first(), shops=pl.len())
    known = "shop_id" in pasted.columns
    found = pasted.join(shops, on="order_number", how="left", maintain_order="left", suffix="_named")
    problem = pl.coalesce(
        pl.when(condition).then(pl.lit(code))
        for condition, code in (
            (pl.int_range(pl.len()) >= shipment_paste.LIMIT_LINES, "too_many"),
            (pl.col("order_number").is_null(), "no_order"),
            (pl.col("tracking_number").is_null(), "no_number"),
            (pl.col("shops").is_null(), "order_not_to_ship"),
            (pl.lit(not known) & (pl.col("shops") > 1), "several_shops"),
            (~pl.struct(KEY).is_first_distinct(), "order_again"),
        )
    )
    found = found.with_columns(problem=problem)
    taken = found.filter(pl.col("problem").is_null()).select(TYPED.names()).cast(TYPED)
    left = found.filter(pl.col("problem").is_not_null())
    return Matched(taken, left.select("line", "order_number", "tracking_number", "problem"))


def type_shipments(desk: Desk, person: Person, typed: pl.DataFrame, now: dt.datetime) -> int:
    """Record what a person typed or pasted (TYPED), as one import of format "typed" a shop: a shipment an order.

    Gives how many were recorded: an order that went out or was closed meanwhile keeps the number that it has.
    """
    with acting(desk, person, "decide", typed["shop_id"].unique(), now) as act:
        waiting = judged_now(desk, act.connection, now).filter(pl.col("state").is_in(TO_SHIP))
        taken = typed.join(waiting, on=KEY, how="semi", maintain_order="left")
        for (shop_id,), rows in taken.group_by("shop_id", maintain_order=True):
            _record(act, "shipments_typed", int(str(shop_id)), rows)
    return taken.height


def _record(act: Act, what: str, shop_id: int, rows: pl.DataFrame, rules: str | None = None) -> None:
    """Write typed rows of a shop as one import, and note each order with what stood before."""
    connection, person, now = act.connection, act.person, act.at
    held = store.standing(connection, shop_id, rows["order_number"])
    before = {row.pop("order_number"): row for row in held.to_dicts()}
    for row in rows.select("order_number", *SHIPMENT).to_dicts():
        number = row.pop("order_number")
        # A number leads to a door: it stands apart.
        personal = {"before": before.get(number), "after": row}
        act.note(what, shop_id=shop_id, subject=number, rules=rules, personal=personal)
    read = _as_reading(rows)
    import_id = write.next_import_id(connection)
    plan = records.classified(connection, shop_id, read, now, import_id)
    counts = {name: getattr(plan, name) for name in ("read", "new", "changed", "unchanged", "older", "rejected")}
    row = {"id": import_id, "format": write.TYPED, "as_of": now, "as_of_source": "person", "imported_at": now}
    write.apply(connection, shop_id, row | {"person": person.name} | counts, {"orders": plan.orders})
    store_records.upsert(connection, read.kind, shop_id, import_id, plan.rows)


def _as_reading(rows: pl.DataFrame) -> RecordReading:
    """Typed rows as what a file of shipments says."""
    columns = schema("shipments")
    key = pl.concat_str(pl.col("order_number"), pl.lit(""), pl.col("tracking_number").fill_null(""), separator="|")
    given = rows.with_columns(key=key, line=pl.int_range(1, pl.len() + 1))
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns.items() if name not in given.columns]
    return RecordReading(
        kind="shipments",
        format=write.TYPED,
        encoding="",
        rows=given.with_columns(absent).select(columns.names()).cast(columns),
        findings=FINDINGS.to_frame(),
        read=rows.height,
        rejected=0,
        as_of=None,
        rejects=pl.DataFrame(schema={"line": pl.Int64, "cells": pl.String}),
        unknown_words=WORDS.to_frame(),
        unknown_carriers=WORDS.to_frame(),
    )


def take_proposals(desk: Desk, person: Person, keys: Sequence[OrderKey], field: str, now: dt.datetime) -> int:
    """Take the proposed ``carrier`` or ``tracking_url`` of these orders; gives how many had one. It is recorded."""
    if field not in PROPOSED_BY:
        raise ValueError(f"no proposals are made for {field}")
    wanted = _keyed(keys)
    with acting(desk, person, "decide", wanted["shop_id"].unique(), now) as act:
        connection = act.connection
        looked = judged_now(desk, connection, now).join(wanted, on=KEY, how="semi", maintain_order="left")
        given = looked.filter(pl.col(f"proposed_{field}").is_not_null(), pl.col("state").is_in(TO_SHIP))
        typed = given.select(
            *KEY, *(pl.col(f"proposed_{name}" if name == field else name).alias(name) for name in SHIPMENT)
        )
        for (shop_id,), rows in typed.group_by("shop_id", maintain_order=True):
            _record(act, "proposal_taken", int(str(shop_id)), rows, PROPOSED_BY[field])
        write.add_decisions(connection, _notes(given, field, person, now))
    return given.height


def _notes(given: pl.DataFrame, field: str, person: Person, now: dt.datetime) -> pl.DataFrame:
    """The record of a proposal that was taken: what stood there, and what stands there now."""
    return given.select(
        *KEY,
        kind=pl.lit(str(DecisionKind.NOTE)),
        text=pl.format("{} → {}", pl.col(field).fill_null("–"), f"proposed_{field}"),
        person=pl.lit(person.name),
        at=pl.lit(now).cast(pl.Datetime("us", "UTC")),
        rules=pl.lit(PROPOSED_BY[field]),
    ).cast(pl.Schema(orders.DECIDED_SCHEMA))


def give_word(desk: Desk, person: Person, seen: pl.DataFrame, reason: str, proof: str, now: dt.datetime) -> int:
    """Give one's word for these shipments (rows of :func:`look`); gives how many took it.

    One whose carrier, number, link or reasons are others by now takes none: it is not what the person saw. Raises
    ``NotAllowed`` where the gate asks for another role, :class:`WordIncomplete` without a reason (or, where
    a lead vouches, without evidence), :class:`NoWordNeeded`.
    """
    reason, proof = reason.strip(), proof.strip()
    if not reason:
        raise WordIncomplete(N_("A word needs a reason."))
    with acting(desk, person, "vouch", seen["shop_id"].unique(), now) as act:
        looked = judged_now(desk, act.connection, now)
        as_seen = [*KEY, *SHIPMENT, "codes"]
        same = _seen(desk.seen_by(person), looked).join(seen.select(as_seen), on=as_seen, how="semi", nulls_equal=True)
        looked = looked.join(same.select(KEY), on=KEY, how="semi", maintain_order="left")
        asking = looked.filter(pl.col("held_back").is_in(["needs_word", "needs_lead"]))
        if asking.is_empty():
            raise NoWordNeeded
        for shop_id, gate in asking.select("shop_id", "gate").unique().iter_rows():
            person.require(NEEDED_WORDS[gate], shop_id)
        if not proof and (asking["gate"] == str(Gate.LEAD_WITH_EVIDENCE)).any():
            raise WordIncomplete(N_("A lead's word needs evidence."))
        roles = {shop_id: person.role_in(shop_id) for shop_id in asking["shop_id"].unique()}
        words = asking.select(
            *KEY, "tracking_number", "verdict", carrier=pl.col("carrier").fill_null(""),
            tracking_url=pl.col("tracking_url").fill_null(""), codes=pl.col("codes").list.join(" "),
            reason=pl.lit(reason), proof=pl.lit(proof or None, dtype=pl.String), person=pl.lit(person.name),
            role=pl.col("shop_id").replace_strict(roles, return_dtype=pl.String),
            at=pl.lit(now).cast(pl.Datetime("us", "UTC")),
        )  # fmt: skip
        store.add_words(act.connection, words)
        for row, gate in zip(words.to_dicts(), asking["gate"], strict=True):
            act.note(
                "word_given", shop_id=row["shop_id"], subject=row["order_number"], why=reason,
                rules=f"XX-T3 {row['verdict']} {gate}",
                after={name: row[name] for name in ("verdict", "codes", "role")},
                personal={"proof": proof, "after": {name: row[name] for name in SHIPMENT}},
            )  # fmt: skip
    return asking.height


def carrier_names(ids: Sequence[str]) -> list[str]:
    """The carriers of these ids by name."""
    known = tracking.all_carriers().by_id
    return [known[id_].name for id_ in ids]


def _keyed(keys: Sequence[OrderKey]) -> pl.DataFrame:
    rows = [(key.shop_id, key.order_number) for key in keys]
    return pl.DataFrame(rows, schema={"shop_id": pl.Int64, "order_number": pl.String}, orient="row").unique()
