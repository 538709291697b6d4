"""Return requests that a person types or pastes: read like a file, recorded as an import of format "typed"."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from core.desk import imports, records, settings
from core.desk.acting import acting
from core.desk.base import Desk, Person
from core.intake import template
from core.intake.findings import SCHEMA as FINDINGS
from core.intake.findings import Refused
from core.intake.formats import fold
from core.intake.grid import source
from core.intake.records import WORDS, RecordReading, read_records, schema
from core.policy.words import N_
from core.store import records as store_records
from core.store import write

KIND: Final = "returns"
PASTED: Final = ("Order number", "Reason", "Requested at", "Delivered at", "Reason text")
"""The columns of pasted lines that have no header of their own, as far as there are cells."""
MARK: Final = "Return number"
"""The column that tells the template from other files; pasted lines seldom have it."""
NOT_RETURNS: Final = N_("These lines are no return requests. Paste order number, reason and instant, parted by tabs.")


class NotReturns(ValueError):
    """The text cannot be read as return requests."""


def pasted(desk: Desk, shop_id: int, text: str, now: dt.datetime) -> RecordReading:
    """What pasted lines say: with the header of the return template, or order number, reason and instant.

    Raises :class:`NotReturns` where they are something else, and ``NotThere``.
    """
    zone = settings.shop(desk, shop_id)["zone"]
    try:
        file = source("pasted.tsv", _with_header(text), imports.known_formats())
        if file.format.kind == KIND:
            return replace(read_records(file.all(), now=now, zone=zone), format=write.TYPED)
    except Refused as why:
        raise NotReturns(NOT_RETURNS) from why
    raise NotReturns(NOT_RETURNS)


def _with_header(text: str) -> bytes:
    """Pasted lines as a file of the return template: under its header, every line as long as the longest."""
    lines = [line for line in text.splitlines() if line.strip()]
    parted = "\t" if "\t" in text else ";"
    rows = list(csv.reader(lines, delimiter=parted))
    widest = max(map(len, rows), default=0)
    if not rows or fold(PASTED[2]) not in {fold(cell) for cell in rows[0]}:
        rows.insert(0, list(PASTED[:widest]))
    if fold(MARK) not in {fold(cell) for cell in rows[0]}:
        rows = [row + [""] * (len(rows[0]) - len(row)) + [MARK if place == 0 else ""] for place, row in enumerate(rows)]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t").writerows(rows)
    return out.getvalue().encode()


def typed(desk: Desk, shop_id: int, facts: Mapping[str, Any]) -> RecordReading:
    """One request out of a form; an instant without a zone is read on the shop's clock. Raises ``NotThere``."""
    zone = ZoneInfo(settings.shop(desk, shop_id)["zone"])
    row = {
        name: value.replace(tzinfo=zone).astimezone(dt.UTC)
        if isinstance(value, dt.datetime) and not value.tzinfo
        else value
        for name, value in facts.items()
        if value not in (None, "")
    }
    number, article = str(row["order_number"]).strip(), str(row.get("seller_sku") or "")
    columns = schema(KIND)
    row |= {"order_number": number, "key": f"{number}||{article}", "line": 1}
    return RecordReading(
        kind=KIND,
        format=write.TYPED,
        encoding="",
        rows=pl.DataFrame([{name: row.get(name) for name in columns}], schema=columns),
        findings=FINDINGS.to_frame(),
        read=1,
        rejected=0,
        as_of=None,
        rejects=pl.DataFrame(schema={"line": pl.Int64, "cells": pl.String}),
        unknown_words=WORDS.to_frame(),
        unknown_carriers=WORDS.to_frame(),
    )


def record(desk: Desk, person: Person, shop_id: int, read: RecordReading, now: dt.datetime) -> int:
    """Write what was typed or pasted as one import; gives how many requests are new or changed."""
    with acting(desk, person, "decide", [shop_id], now) as act:
        connection = act.connection
        import_id = write.next_import_id(connection)
        plan = records.classified(connection, shop_id, read, now, import_id)
        counts = {name: getattr(plan, name) for name in ("read", "new", "changed", "unchanged", "older", "rejected")}
        row = {"id": import_id, "format": write.TYPED, "as_of": now, "as_of_source": "person", "imported_at": now}
        write.apply(connection, shop_id, row | {"person": person.name} | counts, {"orders": plan.orders})
        store_records.upsert(connection, KIND, shop_id, import_id, plan.rows)
        act.note("returns_typed", shop_id=shop_id, subject=import_id, after=counts)
    return plan.new + plan.changed


def template_csv() -> bytes:
    """Desk48's own template for return requests, with one example row."""
    return template.csv_template(imports.known_formats(), "desk48_returns")
