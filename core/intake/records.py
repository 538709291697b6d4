"""Files of other kinds than orders, from a grid of text to typed rows: one row a shipment, a return request, ...

What a field is follows from its name (core/intake/formats.py), and from the few tables here. A row is known by
its natural key; what is said of it stands in its own columns.
"""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from core.intake.cells import Cells, Strange, nothing_strange
from core.intake.choices import NOTHING, Choices, Question
from core.intake.encoding import Decoded
from core.intake.explode import Whose, of_shop, prepare
from core.intake.findings import Book, Refused
from core.intake.formats import FIELDS_OF
from core.intake.recognise import Recognised
from core.intake.rows import find_ragged, rejects, sift
from core.intake.source import Grid

INSTANT: Final[Any] = pl.Datetime("us", "UTC")
TYPED: Final = "typed"
"""The format of what a person typed; no file has it."""
WORDS: Final = pl.Schema({"word": pl.String(), "rows": pl.Int64()})
"""Words that nobody knows, and how many rows have each."""
_FUTURE: Final = dt.timedelta(days=1)  # a clock that is that far ahead is wrong


@dataclass(frozen=True)
class Kind:
    """How the rows of a kind are known: ``key`` joins the first that is said of each group of fields.

    A row that says nothing of ``must`` is rejected. ``texts`` is what people wrote or are called: it can be
    wiped. Where ``numbered``, rows alike in all of the key are told apart by their place among each other.
    """

    key: tuple[tuple[str, ...], ...]
    must: tuple[str, ...]
    texts: tuple[str, ...] = ()
    numbered: bool = False


KINDS: Final[dict[str, Kind]] = {
    "shipments": Kind((("order_number",), ("line_id",), ("tracking_number",)), ("order_number",)),
    # One request may be about several articles; older exports have no id of the order's line.
    "returns": Kind(
        (("order_number",), ("rma_id", "merchant_rma_id"), ("seller_sku", "sku", "line_id")),
        ("order_number",),
        texts=("reason_text",),
    ),
    "inquiries": Kind((("inquiry_number",),), ("inquiry_number",), texts=("subject", "body", "buyer")),
    "disputes": Kind((("dispute_number",),), ("dispute_number",), texts=("note",)),
    "finance": Kind(
        (("document_number",), ("order_number",), ("item_id",), ("sku",), ("row_word",), ("booked_at",)),
        ("document_number", "order_number"),
        numbered=True,
    ),
    "health": Kind((("metric_word",), ("marketplace_id",), ("from_at",), ("to_at",)), ("metric_word",)),
}
_CODES: Final = frozenset(
    {"line_id", "sku", "seller_sku", "rma_id", "merchant_rma_id", "tracking_number", "safet_id", "inquiry_number"}
    | {"dispute_number", "document_number", "item_id", "order_number"}
)
_QUANTITIES: Final = frozenset({"quantity", "hits", "of"})
_FLAGS: Final = frozenset({"in_policy", "is_prime", "claim", "is_open", "needs_reply"})
_FRACTIONS: Final = frozenset({"rate", "target"})
_YES: Final = dict.fromkeys(("y", "yes", "true", "1", "oui", "是"), "y")
_NO: Final = dict.fromkeys(("n", "no", "false", "0", "non", "否"), "n")


def dtype(field: str) -> Any:
    """The type of a field's column."""
    if field.endswith("_at") or field == "respond_by":
        return INSTANT
    if field.endswith("_minor") or field in _QUANTITIES:
        return pl.Int64()
    if field in _FLAGS:
        return pl.Boolean()
    return pl.Float64() if field in _FRACTIONS else pl.String()


def schema(kind: str) -> pl.Schema:
    """The columns of the rows of a kind: key, line, order_number, and its fields."""
    named = {"key": pl.String(), "line": pl.Int64(), "order_number": pl.String()}
    return pl.Schema(named | {f: dtype(f) for f in FIELDS_OF[kind]})


@dataclass(frozen=True)
class RecordReading:
    """What a file says. ``read`` = rows of the file = rows of ``rows`` + ``rejected``. Such a file does not
    cover a time: that an order is not in it says nothing about the order."""

    kind: str
    format: str
    encoding: str
    rows: pl.DataFrame
    findings: pl.DataFrame
    read: int
    rejected: int
    as_of: dt.datetime | None
    rejects: pl.DataFrame
    unknown_words: pl.DataFrame
    unknown_carriers: pl.DataFrame
    covers_from: None = None
    covers_to: None = None
    states: frozenset[str] = frozenset()
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # the header cell of each field
    recognised: Recognised = dataclasses.field(
        default_factory=lambda: Recognised(None)
    )  # these four as in the reading of orders
    decoded: Decoded | None = None
    questions: tuple[Question, ...] = ()
    choices: Choices = NOTHING

    @property
    def lines(self) -> pl.DataFrame:
        """The rows that stand or fall with others of their order: none."""
        return self.rows.select("line", "order_number").clear()

    @property
    def order_numbers(self) -> pl.DataFrame:
        """The orders that the rows refer to: order_number, each once."""
        return self.rows.select("order_number").drop_nulls().unique(maintain_order=True)


class _RecordCells(Cells):
    """Cells of which some complaints of the orders' reading do not hold: amounts may be below zero, not each
    row belongs to an order, and days without a time are said once a column."""

    def __init__(self, frame: pl.DataFrame, raw: Grid, fields: dict[str, int], book: Book, *, needs_order: bool):
        self.needs_order = needs_order
        names = {f: raw.header[i] for f, i in fields.items()}
        super().__init__(frame, names, raw.format, book, raw.spaces, rare=raw.rare)

    def find(self, code: str, field: str, mask: pl.Series, value: pl.Series | None = None) -> None:
        if code == "negative" and field.endswith("_minor"):
            return
        if code == "order_number_missing" and not self.needs_order:
            return
        if code == "time_missing":
            if mask.any():
                shown = " ".join(self.names[field].split())
                self.book.say("day_only", shown, None, str(mask.sum()))
            return
        super().find(code, field, mask, value)

    def flag(self, field: str) -> pl.Series:
        """Yes or no; empty where the word is neither."""
        value, odd = self.words(field, _YES | _NO)
        self.find("bad_flag", field, odd)
        return (value == "y").alias(field)

    def fraction(self, field: str) -> pl.Series:
        """A fraction: 0.012, 0,012 or 1.2 %."""
        text = self.text(field)
        percent = text.str.ends_with("%").fill_null(False)
        bare = text.str.replace_all(r"[\s\u00a0\u202f%]", "").str.replace(",", ".", literal=True)
        value = bare.cast(pl.Float64, strict=False)
        value = value.set(~value.is_finite().fill_null(False), None)
        self.find("bad_fraction", field, text.is_not_null() & value.is_null())
        share = pl.when(percent).then(value / 100).otherwise(value)
        return pl.select(share.round(9)).to_series().alias(field)

    def typed(self, field: str, zone: str) -> pl.Series:
        """The column of a field in the type that its name says."""
        if field == "order_number":
            return self.order_number
        if field == "currency":
            return self.currency()
        if field == "respond_by":
            return self.instant(field, zone, end_of_day=True)
        if field.endswith("_at"):
            return self.instant(field, zone)
        if field.endswith("_minor"):
            return self.money(field)
        if field in _QUANTITIES:
            return self.quantity(field)
        if field in _FLAGS:
            return self.flag(field)
        if field in _FRACTIONS:
            return self.fraction(field)
        return self.code(field) if field in _CODES else self.text(field)


def read_records(
    raw: Grid, *, now: dt.datetime, zone: str = "Europe/Paris", whose: Whose | None = None,
    strange_carriers: Strange = nothing_strange,
) -> RecordReading:  # fmt: skip
    """The typed rows of a grid whose format is of one of :data:`KINDS`. ``zone``: the shop's, for wall clocks
    of formats that follow the shop; ``whose``: the shop's rows, which alone are taken from a file of
    several (None: all); ``strange_carriers``: gives those names of carriers of shipments that nobody knows. Raises
    Refused where there is no row."""
    form, kind, book = raw.format, raw.format.kind, Book()
    others = 0
    if whose is not None:
        raw, others = of_shop(raw, whose)
    ready = prepare(raw)
    fields = _fields(ready.grid, book)
    sifted = sift(ready.grid, fields, form.required[0])
    frame, ragged = sifted.frame, sifted.ragged
    if "order_number" not in fields:
        frame = frame.with_columns(order_number=pl.lit(None, pl.String))
    if not frame.height and not ragged.height:
        raise Refused("no_rows")
    how = KINDS[kind]
    for code, line, value in ready.strange.iter_rows():
        book.say(code, None, line, value)
    elsewhere = {"fulfilled_elsewhere": ready.apart.height, "other_marketplace": others}
    for code, count in (sifted.skipped | elsewhere).items():
        if count:
            book.say(code, None, None, str(count))
    cells = _RecordCells(frame, ready.grid, fields, book, needs_order=how.must == ("order_number",))
    typed = {f: cells.typed(f, form.zone or zone) for f in FIELDS_OF[kind]}
    rows = pl.DataFrame(typed).with_columns(line=cells.line, order_number=cells.order_number)
    if how.must != ("order_number",):
        nothing = rows.select(pl.all_horizontal(pl.col(f).is_null() for f in how.must)).to_series()
        cells.find("key_missing", how.must[0], nothing)
    if kind == "shipments":  # the name is filled where the code says "Other"
        rows = rows.with_columns(carrier=pl.coalesce("carrier_name", "carrier"))
    ask = strange_carriers if kind == "shipments" else nothing_strange
    carriers = cells.strange_carriers(rows["carrier"] if "carrier" in rows.columns else cells.text("carrier"), ask)
    rows = rows.filter(~cells.bad).with_columns(key=_key(how)).select(list(schema(kind))).cast(schema(kind))
    again = rows.filter(~pl.col("key").is_first_distinct())
    book.add("record_again", None, again.select("line", "order_number", value="key"))
    find_ragged(ragged, book)
    if raw.damaged:
        cells.find_unreadable()
    kept_out = rejects(raw, cells.line.filter(cells.bad), ragged)
    as_of = _newest(rows, cells, now)
    return RecordReading(
        kind=kind,
        format=form.format,
        encoding=raw.encoding,
        rows=rows,
        findings=book.frame(),
        read=frame.height + ragged.height,
        rejected=kept_out.height,
        as_of=as_of,
        rejects=kept_out,
        unknown_words=WORDS.to_frame(),
        unknown_carriers=carriers,
        names=dict(cells.names),
    )


def _fields(raw: Grid, book: Book) -> dict[str, int]:
    """Our fields by the number of their column; unknown and repeated columns are noted."""
    fields: dict[str, int] = {}
    for number, cell in enumerate(raw.header):
        name, shown = raw.format.field_of(cell), " ".join(cell.split())
        if name is not None and name not in fields:
            fields[name] = number
        elif shown and not raw.format.leaves(cell):
            book.say("unknown_column" if name is None else "repeated_column", shown, None, None)
    return fields


def _key(how: Kind) -> pl.Expr:
    """The natural key as one text; what is not said is empty in it."""
    parts = [pl.coalesce(pl.col(f).cast(pl.String) for f in group).fill_null("") for group in how.key]
    key = pl.concat_str(parts, separator="|")
    if how.numbered:
        place = pl.int_range(pl.len()).over(parts)
        key = pl.concat_str([key, place.cast(pl.String)], separator="|")
    return key


def _newest(rows: pl.DataFrame, cells: Cells, now: dt.datetime) -> dt.datetime | None:
    """The newest event of the rows. Events of the future date nothing and are found; a deadline is no event."""
    newest: list[dt.datetime] = []
    for field in (f for f in rows.columns if f.endswith("_at")):
        late = rows.filter(pl.col(field) > now + _FUTURE)
        shown = late.select("line", "order_number", value=pl.col(field).cast(pl.String))
        cells.book.add("in_the_future", cells.names.get(field, field), shown)
        past: Any = rows.filter(pl.col(field) <= now + _FUTURE)[field].max()
        if past is not None:
            newest.append(past)
    return max(newest, default=None)
