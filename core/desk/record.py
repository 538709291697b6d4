"""The record: what was done here, by whom, when, from where, and why. Appended by ``core.desk.acting``."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from core.desk import settings
from core.desk.base import Desk, Person
from core.policy.words import N_
from core.store import chain, chain_check, chain_key, chain_read
from core.store.chain_check import Checked
from core.store.chain_read import Place

__all__ = ["FAULTS", "TOLD", "WHAT", "Checked", "Found", "Place", "Wanted", "about", "head", "look", "verify"]


WHAT: Final = {
    "order_decided": N_("Decided about an order"),
    "facts_typed": N_("Typed facts of an order"),
    "file_imported": N_("Imported a file"),
    "import_undone": N_("Undid an import"),
    "state_word_mapped": N_("Gave a state word its meaning"),
    "carrier_word_mapped": N_("Said which carrier a word means"),
    "word_forgotten": N_("Took the meaning of a word away"),
    "mapping_saved": N_("Saved a mapping of files"),
    "mapping_forgotten": N_("Took a mapping of files away"),
    "file_question_answered": N_("Answered a question about files"),
    "shop_added": N_("Added a shop"),
    "shop_saved": N_("Changed a shop"),
    "setting_saved": N_("Changed a setting"),
    "returns_typed": N_("Typed return requests"),
    "return_decided": N_("Decided a return"),
    "return_event": N_("Recorded an event of a return"),
    "return_facts": N_("Recorded facts of a return"),
    "return_value_saved": N_("Saved a cost or an offer of a shop"),
    "return_rule_saved": N_("Saved a rule for returns"),
    "return_rule_ended": N_("Ended a rule for returns"),
    "shipments_typed": N_("Typed shipments"),
    "proposal_taken": N_("Took a proposal for a shipment"),
    "word_given": N_("Gave a word for a shipment"),
    "shipment_file_handed_out": N_("Handed out a shipment file"),
    "workbook_saved": N_("Saved a marketplace's workbook"),
    "screen_made": N_("Made a team screen"),
    "screen_changed": N_("Changed a team screen"),
    "screen_renewed": N_("Gave a team screen a new link"),
    "screen_revoked": N_("Ended the link of a team screen"),
    "personal_wiped": N_("Wiped personal data"),
    "backup_made": N_("Made a backup"),
    "backup_restored": N_("Restored a backup"),
    "person_added": N_("Added a person"),
    "person_changed": N_("Changed a person's address or roles"),
    "person_removed": N_("Removed a person"),
    "password_link_made": N_("Made a link to set a password"),
    "password_set": N_("Set a password"),
    "account_bound": N_("Bound an account of a provider"),
    "sessions_ended": N_("Ended the sessions of a person"),
}
"""Code -> what was done, in words."""

FAULTS: Final = {
    "missing": N_("Row {n} is missing."),
    "changed": N_("Row {n} does not fit: it was changed, put there or moved, or the one before it was."),
    "value": N_("A personal value of row {n} was changed or put there."),
    "stray": N_("A personal value names row {n}, which does not exist."),
    "cut": N_("The end was cut off: row {n} and those after it are gone."),
    "rewritten": N_("Row {n} is another than the one of that head: the record was written anew."),
}
"""What can be wrong with the chain: code -> sentence."""
LOOKED: Final = 2_000
"""How many rows one look reads at most, whatever it finds."""
TOLD: Final = pl.Schema(
    {
        "n": pl.Int64(), "at": pl.Datetime("us", "UTC"), "person": pl.String(), "origin": pl.String(),
        "what": pl.String(), "shop_id": pl.Int64(), "shop": pl.String(), "subject": pl.String(),
        "before": pl.String(), "after": pl.String(), "why": pl.String(), "rules": pl.String(), "more": pl.String(),
        "wiped": pl.Boolean(), "mac": pl.String(),
    }
)  # fmt: skip
"""A row as it is shown: ``before``, ``after`` and ``more`` are JSON objects of fields; ``wiped``: a personal value of
it is gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None stands for all. ``text`` is looked for in everything that a row says; ``until`` is the
    first instant that is too late."""

    person: str | None = None
    shop_id: int | None = None
    what: str | None = None
    subject: str | None = None
    text: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Rows (:data:`TOLD`), newest first. ``older`` is where the next look begins; None: there is nothing older.
    ``reached``: how far back this look went, None where it came to the end."""

    rows: pl.DataFrame
    older: Place | None
    reached: dt.datetime | None


def look(desk: Desk, wanted: Wanted, before: Place | None = None, limit: int = 50) -> Found:
    """The newest rows that fit, at most ``limit``, of the shops that may be seen; team-wide ones for who sees all.

    One look reads at most :data:`LOOKED` rows (or ``limit``, if that is more): where few of them fit, it finds fewer
    and says how far it came.
    """
    most = max(LOOKED, limit)
    by = {name: getattr(wanted, name) for name in chain_read.WALKED if getattr(wanted, name) is not None}
    # Who sees some shops only walks through each of them, not through what all the others did.
    alone = not by and desk.sees is not None
    ways = [{"shop_id": shop_id} for shop_id in sorted(desk.sees or ())] if alone else [by]
    with desk.reading() as connection:
        parts = [chain_read.stretch(connection, way, wanted.since, wanted.until, before, most) for way in ways]
        if not parts:
            return Found(TOLD.to_frame(), None, None)
        walked = pl.concat(parts).sort("at", "n", descending=True).head(most)
        rows = desk.mine(walked).filter(*(pl.col(name) == value for name, value in by.items()))
        if wanted.text.strip():
            rows = _holding(rows, chain_read.values(connection, rows["n"]), wanted.text)
        shown = rows.head(limit)
        told = _told(desk, shown, chain_read.values(connection, shown["n"]), chain_read.macs(connection, shown["n"]))
    if rows.height > limit:
        return Found(told, _place(shown), _place(shown).at)
    if walked.height == most:
        return Found(told, _place(walked), _place(walked).at)
    return Found(told, None, None)


def about(desk: Desk, shop_id: int, subject: str, limit: int = 20) -> pl.DataFrame:
    """The newest rows (:data:`TOLD`) about one order, return or import of a shop."""
    return look(desk, Wanted(shop_id=shop_id, subject=subject), limit=limit).rows


def head(desk: Desk, person: Person) -> str | None:
    """How far the record goes, as ``n:mac``. Raises ``NotAllowed``."""
    person.require("backup")
    with desk.reading() as connection:
        return chain.head(connection)


def verify(desk: Desk, person: Person, expected: str | None = None) -> Checked:
    """Walk the whole record; ``expected`` is a head that was printed earlier.

    Raises ``NotAllowed``, ``StoreUnavailable`` where the key is not there or another, ``ValueError`` for no head.
    """
    person.require("backup")
    with desk.reading() as connection:
        # Where nothing was recorded yet there is no key to ask for.
        key = chain_key.known(connection) if chain.head(connection) else b""
        return chain_check.check(connection, key, expected)


def _place(rows: pl.DataFrame) -> Place:
    return Place(rows["at"][-1], rows["n"][-1])


def _holding(rows: pl.DataFrame, values: pl.DataFrame, text: str) -> pl.DataFrame:
    """The rows that say a text anywhere, personal values included."""
    said = values.group_by("n").agg(values=pl.col("value").str.join("\n"))
    rows = rows.join(said, on="n", how="left", maintain_order="left")
    everything = pl.concat_str("subject", "person", "origin", "body", "values", separator="\n", ignore_nulls=True)
    found = everything.str.to_lowercase().str.contains(text.strip().lower(), literal=True)
    return rows.filter(found).drop("values")


def _told(desk: Desk, rows: pl.DataFrame, values: pl.DataFrame, macs: dict[int, str]) -> pl.DataFrame:
    """Rows as :data:`TOLD`."""
    shops = dict(settings.shops(desk).select("id", "name").iter_rows())
    personal: dict[int, dict[str, Any]] = {n: {} for n in rows["n"]}
    for n, field, value in values.select("n", "field", "value").iter_rows():
        personal[n][field] = json.loads(value)
    told = []
    for row in rows.to_dicts():
        body, apart = json.loads(row.pop("body")), personal[row["n"]]
        hashes = body.pop(chain.HASHES, {})
        before, after = ({**body.get(side, {}), **(apart.pop(side, None) or {})} for side in ("before", "after"))
        row |= {"shop": shops.get(row["shop_id"]), "rules": body.get("rules"), "why": apart.pop("why", None)}
        row |= {"before": _json(before), "after": _json(after), "more": _json(apart)}
        told.append(row | {"wiped": len(hashes) > values.filter(n=row["n"]).height, "mac": macs[row["n"]]})
    return pl.DataFrame(told, schema=TOLD)


def _json(fields: dict[str, Any]) -> str | None:
    return json.dumps(fields, ensure_ascii=False) if fields else None
