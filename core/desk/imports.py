"""Files in: what a file would change, then the write that is done by the same classifier."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import mappings, records, settings, shop_words, withheld
from core.desk.acting import acting
from core.desk.base import FORMATS_DIR, Desk, NotThere, Person
from core.desk.import_parts import Progress, digest_of, mapping_version, no_progress, slices
from core.desk.import_parts import findings as all_findings
from core.desk.import_preview import ImportPreview, WrongShop
from core.desk.samples import SampleFile
from core.intake import classify, formats, rejected
from core.intake import read as intake
from core.intake.choices import QUESTIONS, Choices
from core.intake.classify_records import RecordPlan
from core.intake.findings import CODES, REFUSALS, Refused
from core.intake.header import Unknown
from core.intake.records import KINDS, RecordReading
from core.policy.words import N_
from core.store import compare, queries, undo
from core.store import records as store_records
from core.store import write as store_write

__all__ = [
    "QUESTIONS", "REFUSALS", "ImportPreview", "Refused", "Unknown", "WrongShop", "finding_text", "history", "newest",
    "over_typed", "preview", "write",
]  # fmt: skip

SMALL: Final = 5 * 1024 * 1024
"""Bytes of a file whose rejected rows are kept without being asked for."""
MANY: Final = 1024 * 1024
"""Bytes of a file from which on it pays to ask the base first which rows it knows word for word."""
DRY_ID: Final = 0
"""The import id of a preview; no import has it."""
AS_OF_SOURCES: Final = {
    "file": N_("newest instant in the file"),
    "person": N_("said by you"),
    "upload": N_("time of the upload"),
}
ORDERS: Final = "orders"
"""The kind of a file of orders; the others are those of ``core.intake.records.KINDS``."""
GOOD_ROWS: Final = "good_rows"
WHOLE_FILE: Final = "whole_file"
MODES: Final = {
    GOOD_ROWS: N_("The good rows; rejected ones wait in a file of their own"),
    WHOLE_FILE: N_("The whole file, or nothing where a row is rejected"),
}


def preview(
    desk: Desk,
    shop_id: int,
    name: str,
    data: bytes,
    now: dt.datetime,
    as_of: dt.datetime | None = None,
    *,
    over_typed: Collection[tuple[str, str]] = (),
    encoding: str | None = None,
    header: int | None = None,
    accounts: frozenset[str] | None = None,
    progress: Progress = no_progress,
    keep_rejected: bool | None = None,
) -> ImportPreview:
    """Read a file and tell what writing it would do; nothing is written.

    ``as_of`` counts where the file holds no instant of its own. ``over_typed``: (order number, field) that a person
    typed and that the file may overwrite all the same. ``encoding``: what a person chose, a key of
    ``core.intake.encoding.ENCODINGS``. ``header``: the line that a person chose (0: the likeliest), to be mapped
    whatever it looks like. ``accounts``: those whose rows are this shop's, in a file of several shops.
    ``keep_rejected``: whether the rejected rows are kept as they stand in the file, for which it is read once more;
    None: if it is small. Raises :class:`Refused` for a file that cannot be read, of which :class:`Unknown` is one
    that can be mapped, :class:`WrongShop`, and ``NotThere``.
    """
    shop = settings.shop(desk, shop_id)
    reread = rereading(desk, shop_id, name, data, Choices(encoding, header=header, accounts=accounts), now)
    with ThreadPoolExecutor(1) as beside, desk.reading() as connection:
        start = time.monotonic()
        progress("reading", 0, data.count(b"\n"))
        digest = beside.submit(digest_of, data, accounts)  # lets go of the interpreter while it works
        revision = queries.revision(connection)
        settled = mappings.of_shop(connection, shop_id)
        read, wiped = withheld.withhold(connection, shop_id, reread(connection))
        others = compare.other_shops(connection, shop_id, shop["marketplace"], _order_numbers(read))
        progress("comparing", read.read, read.read)
        if others.height:
            named = others["shop"][0] if others["shop"][0] in settings.shops(desk)["name"] else None
            raise WrongShop(named, others.height)
        sha256 = digest.result()
        already = standing(connection, shop_id, sha256)
        newest = queries.newest_as_of(connection, shop_id, kind_of(read))
        when, dated = _as_of(read, as_of, now)
        chosen = frozenset(over_typed)
        plan, layers = _classified(connection, shop_id, read, when, DRY_ID, chosen)
    keep = len(data) <= SMALL if keep_rejected is None else keep_rejected
    known = mappings.as_formats(limited(desk), settled)
    rows = rejected.rows_of(name, data, read, known) if keep else rejected.ROWS.to_frame()
    rows = rows.filter(~pl.col("order_number").is_in(wiped.implode()).fill_null(value=False))
    version = mapping_version(read.format) or mappings.version_of(settled, read.format)
    seconds = time.monotonic() - start
    return ImportPreview(
        name, shop_id, sha256, when, dated, read, plan, already, revision, rows, layers, chosen, seconds, version,
        reread, newest,
    )  # fmt: skip


def over_typed(desk: Desk, seen: ImportPreview, chosen: Collection[tuple[str, str]]) -> ImportPreview:
    """The same preview with another choice of the typed fields that the file may overwrite; it is not read again."""
    given = frozenset(chosen)
    desk.look_at(seen.shop_id)
    with desk.reading() as connection:
        revision = queries.revision(connection)
        seen = _up_to_date(connection, seen)
        plan, layers = _classified(connection, seen.shop_id, seen.reading, seen.as_of, DRY_ID, given)
    return replace(seen, plan=plan, layers=layers, over_typed=given, revision=revision)


def standing(connection: sa.Connection, shop_id: int, sha256: str) -> dict[str, Any] | None:
    """The import that wrote the same bytes into the shop, or None."""
    found = queries.known_file(connection, shop_id, sha256)
    return found.row(0, named=True) if found.height else None


def rereading(
    desk: Desk, shop_id: int, name: str, data: bytes, choices: Choices, now: dt.datetime
) -> Callable[[sa.Connection], intake.Reading | RecordReading]:
    """How a file is read, once or again, by what holds in the base at that moment."""
    shop = settings.shop(desk, shop_id)
    return partial(_read, desk, shop, name, data, choices, now)


def _read(
    desk: Desk,
    shop: Mapping[str, Any],
    name: str,
    data: bytes,
    choices: Choices,
    now: dt.datetime,
    connection: sa.Connection,
) -> intake.Reading | RecordReading:
    """What the file says: by a format that all know, else by the shop's own mapping for its header."""
    settled = mappings.of_shop(connection, shop["id"])
    forms = mappings.as_formats(limited(desk), settled)
    told: dict[str, Any] = {
        "now": now, "zone": shop["zone"], "marketplace": shop["marketplace"],
        "state_words": queries.state_words(connection, shop["id"]),
        "strange_carriers": shop_words.strange_carriers(connection, shop["id"], shop["marketplace"]),
    }  # fmt: skip
    with ThreadPoolExecutor(1) as beside:
        if len(data) >= MANY:
            told["known"] = beside.submit(compare.digests, connection, shop["id"], intake.DIGEST_VERSION).result
        try:
            return intake.read(name, data, forms, choices=choices, **told)
        except Unknown as why:
            mapping = mappings.of_header(settled, why.fingerprint) if choices.header is None else None
            if mapping is None:
                raise
            return intake.read(name, data, forms, choices=replace(choices, mapping=mapping), **told)


def _up_to_date(connection: sa.Connection, seen: ImportPreview) -> ImportPreview:
    """The preview, its file read anew where the base does not have all as it was that the file says again."""
    read = seen.reading
    if isinstance(read, RecordReading) or read.again.is_empty():
        return seen
    known = compare.digests(connection, seen.shop_id, intake.DIGEST_VERSION)
    stands = read.again["digest"].is_in(known.implode()).all()
    if stands:
        return seen
    return _without_wiped(connection, replace(seen, reading=seen.reread(connection)))


def _order_numbers(read: intake.Reading | RecordReading) -> pl.DataFrame:
    """The orders that a file names: order_number."""
    if isinstance(read, RecordReading):
        return read.order_numbers
    return pl.concat([read.orders.select("order_number"), read.again.select("order_number")])


def kind_of(read: intake.Reading | RecordReading) -> str:
    """What the rows of a file are: ORDERS, or one of ``core.intake.records.KINDS``."""
    return read.kind if isinstance(read, RecordReading) else ORDERS


def _as_of(read: intake.Reading | RecordReading, said: dt.datetime | None, now: dt.datetime) -> tuple[dt.datetime, str]:
    """The newest instant inside the file, else what the person says, else the time of the upload."""
    if read.as_of is not None:
        return read.as_of, "file"
    return (said, "person") if said is not None else (now, "upload")


def _classified(
    connection: sa.Connection,
    shop_id: int,
    read: intake.Reading | RecordReading,
    as_of: dt.datetime,
    import_id: int,
    over_typed: frozenset[tuple[str, str]],
) -> tuple[classify.Plan | RecordPlan, pl.DataFrame]:
    """The one classifier, for the preview and for the write; and what an undo needs of the orders that change."""
    if isinstance(read, RecordReading):
        return records.with_layers(connection, shop_id, read, as_of, import_id)
    digests = read.orders.select("order_number", "digest")
    differing = compare.differing(connection, shop_id, digests, intake.DIGEST_VERSION)
    same = digests.clear()
    if differing.height < digests.height:
        same = digests.join(differing, on="order_number", how="anti")
    base = compare.base(connection, shop_id, differing.filter("known").select("order_number"))
    typed = queries.typed_imports(connection, shop_id)
    known = classify.Base(**base, typed=typed, over_typed=over_typed)
    plan = classify.classify(read, known, same, as_of, import_id)
    layers = undo.layers(base["orders"], plan.orders, plan.changes)
    plan, parcels = records.with_waiting_parcels(connection, shop_id, plan, as_of)
    return plan, pl.concat([layers, parcels], how="diagonal")


def write(
    desk: Desk,
    person: Person,
    seen: ImportPreview,
    now: dt.datetime,
    mode: str = GOOD_ROWS,
    progress: Progress = no_progress,
) -> ImportPreview:
    """Write what was previewed, in one transaction; gives the counts of what was written.

    Where the base has moved since the preview it is classified again inside the transaction: what a
    colleague wrote in between counts. The same bytes again write nothing. In ``mode`` whole_file a file
    of which a row was rejected raises :class:`Refused`, and so does one that leaves a question open.
    """
    if seen.questions:
        raise Refused("questions_open")
    if mode == WHOLE_FILE and seen.rejected:
        raise Refused("rows_rejected", {"rejected": seen.rejected})
    start = time.monotonic()
    with acting(desk, person, "import", [seen.shop_id], now) as act:
        connection = act.connection
        already = standing(connection, seen.shop_id, seen.sha256)
        if already is not None:
            return replace(seen, already=already)
        now_at = queries.revision(connection)
        if now_at != seen.revision + 1:  # not only by this transaction's own step
            seen = _up_to_date(connection, seen)
        seen = _without_wiped(connection, seen)
        import_id = store_write.next_import_id(connection)
        plan: classify.Plan | RecordPlan
        if now_at == seen.revision + 1 and isinstance(seen.plan, classify.Plan):  # this transaction's own step
            plan, layers = _as_import(seen.plan, seen.layers, import_id)
        else:
            plan, layers = _classified(connection, seen.shop_id, seen.reading, seen.as_of, import_id, seen.over_typed)
        row = _import_row(seen, plan, import_id, person, now)
        frames = _frames(plan, seen.reading) | {"layers": layers, "rejected_rows": seen.rejected_rows}
        store_write.apply(connection, seen.shop_id, row, slices(frames, plan.orders.height, progress))
        if isinstance(plan, RecordPlan):
            store_records.upsert(connection, plan.kind, seen.shop_id, import_id, plan.rows, undoable=True)
        store_write.note_duration(connection, import_id, seen.seconds + time.monotonic() - start)
        counts = {name: row[name] for name in ("read", "new", "changed", "unchanged", "older", "rejected")}
        told = {"format": row["format"], "sha256": seen.sha256, "as_of": seen.as_of, "mode": mode, **counts}
        told["over_typed"] = sorted(map(list, seen.over_typed))
        act.note(
            "file_imported", shop_id=seen.shop_id, subject=import_id, after=told,
            rules=seen.mapping_version, personal={"file_name": seen.name},
        )  # fmt: skip
        progress("writing", plan.orders.height, plan.orders.height)
    return replace(seen, plan=plan, layers=layers, already=None, revision=now_at)


def _without_wiped(connection: sa.Connection, seen: ImportPreview) -> ImportPreview:
    """The preview without the buyers of orders that were wiped since."""
    read, wiped = withheld.withhold(connection, seen.shop_id, seen.reading)
    kept = ~pl.col("order_number").is_in(wiped.implode()).fill_null(value=False)
    return replace(seen, reading=read, rejected_rows=seen.rejected_rows.filter(kept))


def _as_import(plan: classify.Plan, layers: pl.DataFrame, import_id: int) -> tuple[classify.Plan, pl.DataFrame]:
    """The plan of a preview, and what its undo needs, under the id that its import gets."""

    def own(name: str) -> pl.Expr:
        return pl.when(pl.col(name) == DRY_ID).then(pl.lit(import_id, pl.Int64)).otherwise(name)

    held = pl.col("held").str.replace_all(rf":{DRY_ID}( |$)", f":{import_id}${{1}}")
    orders = plan.orders.with_columns(import_id=own("import_id"), held=held)
    return replace(plan, orders=orders), layers.with_columns(owner=own("owner"))


def _frames(plan: classify.Plan | RecordPlan, read: intake.Reading | RecordReading) -> dict[str, pl.DataFrame]:
    if isinstance(plan, RecordPlan):
        return {"orders": plan.orders, "findings": all_findings(read, plan)}
    return {
        "orders": plan.orders,
        "lines": plan.lines,
        "buyers": plan.buyers,
        "seen": plan.seen,
        "day_changes": plan.day_changes,
        "findings": all_findings(read, plan),
    }


def _import_row(
    seen: ImportPreview, plan: classify.Plan | RecordPlan, import_id: int, person: Person, now: dt.datetime
) -> dict[str, Any]:
    read = seen.reading
    return {
        "id": import_id,
        "format": read.format,
        "file_name": seen.name,
        "sha256": seen.sha256,
        "encoding": read.encoding,
        "digest_version": intake.DIGEST_VERSION,
        "as_of": seen.as_of,
        "as_of_source": seen.as_of_source,
        "imported_at": now,
        "person": person.name,
        "covers_from": read.covers_from,
        "covers_to": read.covers_to,
        "states": read.states,
        "read": plan.read,
        "new": plan.new,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "older": plan.older,
        "rejected": plan.rejected,
        "mapping_version": seen.mapping_version,
        "kind": kind_of(read),
        "undoable": True,
    }


@cache
def known_formats() -> formats.Formats:
    """The export files we know, from ``data/formats``."""
    return formats.load(FORMATS_DIR)


def limited(desk: Desk) -> formats.Formats:
    """The formats, with the limits that the team set for files."""
    limits = settings.intake_limits(desk)
    return replace(known_formats(), limits=formats.Limits(limits.megabytes << 20, limits.rows))


def load_samples(desk: Desk, person: Person, files: Sequence[SampleFile], now: dt.datetime) -> list[ImportPreview]:
    """Import the sample month, each file into its own shop."""
    written = []
    for file in files:
        shop_id = settings.add_shop(desk, person, file.marketplace, file.shop)
        written.append(write(desk, person, preview(desk, shop_id, file.name, file.data, now), now))
    return written


def newest(desk: Desk) -> Mapping[str, Any] | None:
    """The import of orders with the newest as-of, with its shop's name; None before the first."""

    def of_orders(_: sa.Connection) -> pl.DataFrame:
        others = [form.format for form in known_formats().formats if form.kind in KINDS]
        return history(desk).filter(~pl.col("format").is_in(others)).sort("as_of", descending=True).head(1)

    frame = desk.kept("newest_import", of_orders, own=True)
    return frame.row(0, named=True) if frame.height else None


def history(desk: Desk, limit: int = 100) -> pl.DataFrame:
    """The newest imports: the columns of the table and the shop's name."""
    return desk.kept(f"imports_{limit}", lambda connection: queries.imports(connection, limit, desk.sees), own=True)


def findings(desk: Desk, import_id: int) -> pl.DataFrame:
    """The findings of one import: line, column, value, code, level, order_number. Raises ``NotThere``."""
    with desk.reading() as connection:
        seen_import(desk, connection, import_id)
        return queries.findings(connection, import_id)


def seen_import(desk: Desk, connection: sa.Connection, import_id: int) -> None:
    """Raise ``NotThere`` for an import that the base does not have, or that may not be seen."""
    if desk.mine(queries.imports_by_id(connection, [import_id])).is_empty():
        raise NotThere(f"there is no import {import_id}")


def finding_text(code: str) -> tuple[str, str]:
    """Sentence and hint of a finding; they take the params column, value and line."""
    return CODES[code].sentence, CODES[code].hint
