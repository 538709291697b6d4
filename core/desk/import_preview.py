"""What a file brings, before it is written and after."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from core.desk.import_parts import findings as all_findings
from core.intake import classify
from core.intake import read as intake
from core.intake.choices import Question
from core.intake.classify_records import RecordPlan
from core.intake.encoding import Decoded
from core.intake.mapping import Mapping
from core.intake.recognise import Recognised
from core.intake.records import RecordReading


class WrongShop(Exception):
    """Known order numbers of the file belong to another shop; ``shop`` is None where its name may not be seen."""

    def __init__(self, shop: str | None, orders: int) -> None:
        whose = "another shop" if shop is None else f"the shop {shop}"
        super().__init__(f"{orders} order numbers of this file belong to {whose}")
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
    reading: intake.Reading | RecordReading
    plan: classify.Plan | RecordPlan
    already: dict[str, Any] | None
    revision: int
    rejected_rows: pl.DataFrame  # as they stand in the file: core.intake.rejected.ROWS
    layers: pl.DataFrame  # how orders that change stand before, for the undo
    over_typed: frozenset[tuple[str, str]]  # typed fields that the file may overwrite: (order number, field)
    seconds: float  # what reading and comparing took
    mapping_version: str | None  # which state of its format's description reads it
    reread: Callable[[sa.Connection], intake.Reading | RecordReading]  # the same file, by what the base knows now
    newest: dt.datetime | None  # the as-of of the newest file of its kind that the shop has; None before the first

    @property
    def format(self) -> str:
        return self.reading.format

    @property
    def encoding(self) -> str:
        return self.reading.encoding

    @property
    def recognised(self) -> Recognised:
        """Why the file is of its format, and the next best ones."""
        return self.reading.recognised

    @property
    def decoded(self) -> Decoded | None:
        """Its encoding and why; None where it has none of its own (a workbook)."""
        return self.reading.decoded

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the file leaves open; nothing is written before there is an answer."""
        return self.reading.questions

    @property
    def mapping(self) -> Mapping | None:
        """The shop's own mapping that reads it; None for a format that all know."""
        return self.reading.choices.mapping

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
        return all_findings(self.reading, self.plan)

    @property
    def unknown_words(self) -> pl.DataFrame:
        return self.reading.unknown_words

    @property
    def unknown_carriers(self) -> pl.DataFrame:
        return self.reading.unknown_carriers

    @property
    def rejects(self) -> pl.DataFrame:
        return self.reading.rejects
