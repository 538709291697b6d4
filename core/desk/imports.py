"""Files in: what a file would change, then the write that is done by the same classifier."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import settings
from core.desk.base import FORMATS_DIR, Desk, Person
from core.desk.samples import SampleFile
from core.intake import classify, formats, template
from core.intake import read as intake
from core.intake.findings import CODES, REFUSALS, Refused
from core.policy.words import N_, State
from core.store import compare, queries
from core.store import write as store_write
from core.store.engine import reading, writing

__all__ = ["REFUSALS", "Refused", "WrongShop", "finding_text", "history", "newest", "preview", "write"]

DRY_ID: Final = 0
"""The import id of a preview; no import has it."""
AS_OF_SOURCES: Final = {
    "file": N_("newest instant in the file"),
    "person": N_("said by you"),
    "upload": N_("time of the upload"),
}


class WrongShop(Exception):
    """Known order numbers of the file belong to another shop."""

    def __init__(self, shop: str, orders: int) -> None:
        super().__init__(f"{orders} order numbers of this file belong to the shop {shop}")
        self.shop, self.orders = shop, orders


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What a file brings. The counts are rows of the file and add up: read = new + changed +
    unchanged + older + rejected. ``already`` is the import that wrote the same bytes, or None;
    ``revision`` is the base's, at which all this was found."""

    name: str
    shop_id: int
    sha256: str
    as_of: dt.datetime
    as_of_source: str
    reading: intake.Reading
    plan: classify.Plan
    already: dict[str, Any] | None
    revision: int

    @property
    def format(self) -> str:
        return self.reading.format

    @property
    def encoding(self) -> str:
        return self.reading.encoding

    @property
    def read(self) -> int:
        return self.plan.read

    @property
    def new(self) -> int:
        return self.plan.new

    @property
    def changed(self) -> int:
        return self.plan.changed

    @property
    def unchanged(self) -> int:
        return self.plan.unchanged

    @property
    def older(self) -> int:
        return self.plan.older

    @property
    def rejected(self) -> int:
        return self.plan.rejected

    @property
    def changes(self) -> pl.DataFrame:
        return self.plan.changes

    @property
    def findings(self) -> pl.DataFrame:
        return self.reading.findings

    @property
    def unknown_words(self) -> pl.DataFrame:
        return self.reading.unknown_words

    @property
    def rejects(self) -> pl.DataFrame:
        return self.reading.rejects


def preview(
    desk: Desk, shop_id: int, name: str, data: bytes, now: dt.datetime, as_of: dt.datetime | None = None
) -> ImportPreview:
    """Read a file and tell what writing it would do; nothing is written.

    ``as_of`` counts where the file holds no instant of its own. Raises :class:`Refused` for a file
    that cannot be read, and :class:`WrongShop`.
    """
    shop = settings.shops(desk).filter(id=shop_id).row(0, named=True)
    with ThreadPoolExecutor(1) as beside, reading(desk.engine) as connection:
        digest = beside.submit(hashlib.sha256, data)  # lets go of the interpreter while it works
        revision = queries.revision(connection)
        words = queries.state_words(connection, shop_id)
        read = intake.read(name, data, known_formats(), state_words=words, now=now, zone=shop["zone"])
        others = compare.other_shops(connection, shop_id, shop["marketplace"], read.orders.select("order_number"))
        if others.height:
            raise WrongShop(others["shop"][0], others.height)
        sha256 = digest.result().hexdigest()
        already = _known(connection, shop_id, sha256)
        when, source = _as_of(read, as_of, now)
        plan = _classified(connection, shop_id, read, when, DRY_ID)
    return ImportPreview(name, shop_id, sha256, when, source, read, plan, already, revision)


def _known(connection: sa.Connection, shop_id: int, sha256: str) -> dict[str, Any] | None:
    """The import that wrote the same bytes into the shop, or None."""
    found = queries.known_file(connection, shop_id, sha256)
    return found.row(0, named=True) if found.height else None


def _as_of(read: intake.Reading, said: dt.datetime | None, now: dt.datetime) -> tuple[dt.datetime, str]:
    """The newest instant inside the file, else what the person says, else the time of the upload."""
    if read.as_of is not None:
        return read.as_of, "file"
    return (said, "person") if said is not None else (now, "upload")


def _classified(
    connection: sa.Connection, shop_id: int, read: intake.Reading, as_of: dt.datetime, import_id: int
) -> classify.Plan:
    """The one classifier, for the preview and for the write."""
    digests = read.orders.select("order_number", "digest")
    differing = compare.differing(connection, shop_id, digests, intake.DIGEST_VERSION)
    same = digests.select("order_number").join(differing, on="order_number", how="anti")
    base = compare.base(connection, shop_id, differing.filter("known").select("order_number"))
    return classify.classify(read, classify.Base(**base), same, as_of, import_id)


def write(desk: Desk, person: Person, seen: ImportPreview, now: dt.datetime) -> ImportPreview:
    """Write what was previewed, in one transaction; gives the counts of what was written.

    Where the base has moved since the preview it is classified again inside the transaction: what a
    colleague wrote in between counts. The same bytes again write nothing.
    """
    person.require("import")
    with writing(desk.engine) as connection:
        already = _known(connection, seen.shop_id, seen.sha256)
        if already is not None:
            return replace(seen, already=already)
        import_id = store_write.next_import_id(connection)
        now_at = queries.revision(connection)
        if now_at == seen.revision + 1:  # this transaction's own step
            plan = _as_import(seen.plan, import_id)
        else:
            plan = _classified(connection, seen.shop_id, seen.reading, seen.as_of, import_id)
        store_write.apply(
            connection,
            seen.shop_id,
            _import_row(seen, plan, import_id, person, now),
            _frames(plan, seen.reading),
        )
    return replace(seen, plan=plan, already=None, revision=now_at)


def _as_import(plan: classify.Plan, import_id: int) -> classify.Plan:
    """The plan of a preview under the id that its import gets."""
    own = pl.col("import_id") == DRY_ID
    orders = plan.orders.with_columns(
        import_id=pl.when(own).then(pl.lit(import_id, pl.Int64)).otherwise("import_id"),
        held=pl.col("held").str.replace_all(rf":{DRY_ID}( |$)", f":{import_id}${{1}}"),
    )
    return replace(plan, orders=orders)


def _frames(plan: classify.Plan, read: intake.Reading) -> dict[str, pl.DataFrame]:
    return {
        "orders": plan.orders,
        "lines": plan.lines,
        "buyers": plan.buyers,
        "seen": plan.seen,
        "day_changes": plan.day_changes,
        "findings": read.findings,
    }


def _import_row(
    seen: ImportPreview, plan: classify.Plan, import_id: int, person: Person, now: dt.datetime
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
    }


@cache
def known_formats() -> formats.Formats:
    """The export files we know, from ``data/formats``."""
    return formats.load(FORMATS_DIR)


def map_state_word(desk: Desk, person: Person, shop_id: int, word: str, state: str, now: dt.datetime) -> int:
    """From now on this word means ``state`` in this shop; gives how many orders it settles at once."""
    person.require("import")
    with writing(desk.engine) as connection:
        unknown = queries.unknown_words(connection).filter(shop_id=shop_id)["state_word"]
        spelled = [known for known in unknown if formats.fold(known) == formats.fold(word)]
        return store_write.map_state_word(
            connection, shop_id, formats.fold(word), State(state), person.name, now, spelled or [word]
        )


def load_samples(desk: Desk, person: Person, files: Sequence[SampleFile], now: dt.datetime) -> list[ImportPreview]:
    """Import the sample month, each file into its own shop."""
    written = []
    for file in files:
        shop_id = settings.add_shop(desk, person, file.marketplace, file.shop)
        written.append(write(desk, person, preview(desk, shop_id, file.name, file.data, now), now))
    return written


def newest(desk: Desk) -> Mapping[str, Any] | None:
    """The import with the newest as-of, with its shop's name; None before the first."""
    frame = history(desk).sort("as_of", descending=True)
    return frame.row(0, named=True) if frame.height else None


def history(desk: Desk, limit: int = 100) -> pl.DataFrame:
    """The newest imports: the columns of the table and the shop's name."""
    return desk.kept(f"imports_{limit}", lambda connection: queries.imports(connection, limit))


def findings(desk: Desk, import_id: int) -> pl.DataFrame:
    """The findings of one import: line, column, value, code, level, order_number."""
    with reading(desk.engine) as connection:
        return queries.findings(connection, import_id)


def finding_text(code: str) -> tuple[str, str]:
    """Sentence and hint of a finding; they take the params column, value and line."""
    return CODES[code].sentence, CODES[code].hint


def template_csv() -> bytes:
    """Desk48's own template for orders, with one example row."""
    return template.csv_template(known_formats())


def template_xlsx() -> bytes:
    """The same as a workbook whose cells are text."""
    return template.xlsx_template(known_formats())


def template_columns() -> list[tuple[str, bool, str]]:
    """Each column of the template: name, whether it is required, what goes into it."""
    required = template.required(known_formats())
    return [(name, name in required, about) for name, about in template.columns(known_formats())]
