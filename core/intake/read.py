"""A file of any known kind, from its bytes to typed frames and findings."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from core.intake.by_order import BUYERS as BUYERS
from core.intake.by_order import DIGEST_VERSION as DIGEST_VERSION
from core.intake.by_order import INSTANT as INSTANT
from core.intake.by_order import LINES as LINES
from core.intake.by_order import ORDERS as ORDERS
from core.intake.by_order import apart, together
from core.intake.cells import Cells
from core.intake.choices import NOTHING, Choices, Question, settle
from core.intake.encoding import ENCODINGS, Decoded, first_bad
from core.intake.explode import of_marketplace, position, prepare, prepared_header
from core.intake.findings import Book, Refused
from core.intake.formats import BUYER_FIELDS, Format, Formats
from core.intake.grid import source
from core.intake.recognise import Recognised
from core.intake.records import KINDS, RecordReading, read_records
from core.intake.returned import without_ours
from core.intake.rows import rejects, sift
from core.intake.source import Grid, Source
from core.policy.words import DeliveryMode, State

_FUTURE: Final = dt.timedelta(days=1)  # a clock that is that far ahead is wrong


@dataclass(frozen=True)
class Reading:
    """What a file says. ``read`` = rows of the file = rows of ``lines`` + ``rejected``."""

    format: str
    encoding: str
    orders: pl.DataFrame
    lines: pl.DataFrame
    buyers: pl.DataFrame
    findings: pl.DataFrame
    read: int
    rejected: int
    as_of: dt.datetime | None
    covers_from: dt.datetime | None
    covers_to: dt.datetime | None
    states: frozenset[str]
    unknown_words: pl.DataFrame
    rejects: pl.DataFrame
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # the header cell of each field
    recognised: Recognised = dataclasses.field(default_factory=lambda: Recognised(None))  # why it is of its format
    decoded: Decoded | None = None  # None for files that have no encoding of their own
    questions: tuple[Question, ...] = ()  # nothing may be written before a person has answered them
    choices: Choices = NOTHING  # what a person said, and what the file itself proved


def read(
    name: str,
    data: bytes,
    formats: Formats,
    *,
    choices: Choices = NOTHING,
    state_words: Mapping[str, str] | None = None,
    now: dt.datetime,
    zone: str = "Europe/Paris",
    marketplace: str | None = None,
) -> Reading | RecordReading:
    """Read a file. ``choices``: what a person said about it; ``state_words``: the shop's own folded words;
    ``zone``: the shop's, for wall clocks of formats that follow the shop; ``marketplace``: the shop's, whose rows
    alone are taken from a file of several (None: all). Raises Refused where the file cannot be read at all, Unknown
    where a person has to say which cell of its header is which field."""
    file = source(name, data, formats, choices)
    form = file.format
    if form.kind == "kept_apart":
        raise Refused("kept_apart", {"title": form.title})
    if marketplace and form.marketplace and form.marketplace != marketplace:
        raise Refused("wrong_marketplace", {"title": form.title})
    settled = settle(file, choices, zone)
    if settled.choices != choices:
        file = source(name, data, formats, settled.choices)
    if form.ask_zone and settled.choices.zone:
        zone = settled.choices.zone
    found: Reading | RecordReading
    if form.kind in KINDS:
        found = read_records(without_ours(file).all(), now=now, zone=zone, marketplace=marketplace)
    else:
        found = read_orders(file, formats, state_words=state_words or {}, now=now, zone=zone, marketplace=marketplace)
    return replace(
        found,
        findings=_with_bad_byte(found.findings, data, file.decoded),
        recognised=file.recognised,
        decoded=file.decoded,
        questions=settled.questions,
        choices=settled.choices,
    )


def _with_bad_byte(findings: pl.DataFrame, data: bytes, decoded: Decoded | None) -> pl.DataFrame:
    """The findings with the line and the place of the first byte that is no character."""
    if decoded is None or (decoded.first_bad is None and not (findings["code"] == "bad_character").any()):
        return findings
    name = decoded.encoding.removesuffix("-sig")
    at = decoded.first_bad if decoded.first_bad is not None else first_bad(data, name)
    if at is None:  # the file has the sign for a lost character itself: it was lost before
        return findings
    book = Book()
    book.say("bad_byte", ENCODINGS[name], data.count(b"\n", 0, at) + 1, str(at))
    return pl.concat([findings, book.frame()]).sort("line", maintain_order=True, nulls_last=False)


def read_orders(
    file: Source, formats: Formats, *, state_words: Mapping[str, str], now: dt.datetime, zone: str,
    marketplace: str | None = None,
) -> Reading:  # fmt: skip
    """What a file of orders says whose header is found; see :func:`read`."""
    file = without_ours(file)
    book = Book()
    header = prepared_header(file)
    fields = _fields(file.format, header, book)
    names = {field: header[number] for field, number in fields.items()}
    clock = file.format.zone or zone
    parts = file.each(lambda raw: _part(raw, fields, names, formats, state_words, clock, marketplace))
    rows = sum(part.rows for part in parts)
    if not rows:
        raise Refused("no_rows")
    formats.limits.check_rows(rows)
    for part in parts:
        book.take(part.findings)
    for code in parts[0].skipped:
        if skipped := sum(part.skipped[code] for part in parts):
            book.say(code, None, None, str(skipped))
    kept_out = pl.concat(part.rejects for part in parts).sort("line")
    partial = pl.concat(part.partial for part in parts).unique()
    unknown = _unknown(parts)
    encoding = parts[0].encoding
    flats = apart([part.flat for part in parts])
    del parts  # each flat frame goes as soon as it is used up
    orders, lines, buyers = together(flats, partial, names, book)
    newest, first, last = _span(orders, names, book, now)
    return Reading(
        format=file.format.format,
        encoding=encoding,
        orders=orders,
        lines=lines,
        buyers=buyers,
        findings=book.frame(),
        read=rows,
        rejected=kept_out.height,
        as_of=newest,
        covers_from=first,
        covers_to=last,
        states=frozenset(orders["state"].drop_nulls().unique()),
        unknown_words=unknown,
        rejects=kept_out,
        names=names,
    )


@dataclass(frozen=True)
class _Part:
    """What some rows of a file say. ``flat``: one typed row a file row that was not kept out; ``partial``:
    the orders of those that were; ``words``: unknown state words; ``skipped``: rows that say nothing."""

    encoding: str
    rows: int
    flat: pl.DataFrame
    partial: pl.Series
    findings: pl.DataFrame
    rejects: pl.DataFrame
    words: pl.DataFrame
    skipped: dict[str, int]


def _part(
    raw: Grid, fields: dict[str, int], names: dict[str, str], formats: Formats, state_words: Mapping[str, str],
    zone: str, marketplace: str | None,
) -> _Part:  # fmt: skip
    """Type some rows of a file. Parts are typed side by side: nothing here is shared."""
    book = Book()
    elsewhere = 0
    if marketplace is not None:
        raw, others = of_marketplace(raw, marketplace)
        elsewhere = int(others["rows"].sum())
    ready = prepare(raw)
    raw = ready.grid
    for code, line, value in ready.strange.iter_rows():
        book.say(code, None, line, value)
    rows = sift(raw, fields, "order_number")
    cells = Cells(rows.frame, names, raw.format, book, raw.spaces, rare=raw.rare)
    flat, words = _typed(cells, formats, state_words, zone)
    if raw.damaged:
        cells.find_unreadable()
    book.add("ragged", None, rows.ragged.with_columns(order_number=pl.lit(None, pl.String)))
    return _Part(
        encoding=raw.encoding,
        rows=flat.height + rows.ragged.height,
        flat=flat.filter(~cells.bad) if cells.bad.any() else flat,
        partial=cells.order_number.filter(cells.bad).drop_nulls(),
        findings=book.frame(),
        rejects=rejects(raw, cells.line.filter(cells.bad), rows.ragged),
        words=words,
        skipped=rows.skipped | {"fulfilled_elsewhere": ready.apart.height, "other_marketplace": elsewhere},
    )


def _unknown(parts: Sequence[_Part]) -> pl.DataFrame:
    """The unknown state words of all parts with their rows, the commonest first."""
    words = pl.concat(part.words for part in parts)
    return words.group_by("word", maintain_order=True).agg(pl.col("rows").sum()).sort("rows", descending=True)


def _fields(form: Format, header: Sequence[str], book: Book) -> dict[str, int]:
    """Our fields by the number of their column; unknown and repeated columns are noted, and a missing one
    that would have told which buyers want to cancel."""
    fields: dict[str, int] = {}
    for rule in form.states:
        if rule.state == State.CANCEL_REQUESTED and form.container == "table" and position(header, rule.cell) is None:
            book.say("cannot_tell_cancel", rule.cell, None, None)
    for number, cell in enumerate(header):
        name = form.field_of(cell)
        shown = " ".join(cell.split())
        if name is None:
            if shown and not form.leaves(cell):
                book.say("unknown_column", shown, None, None)
        elif name in fields:
            book.say("repeated_column", shown, None, None)
        else:
            fields[name] = number
    return fields


def _typed(
    cells: Cells, formats: Formats, state_words: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row a file row with every field typed, and the unknown state words with their rows."""
    state, strange = cells.state({**formats.states, **state_words})
    word = cells.text("state_word")
    mode, odd = cells.words("delivery_mode", formats.delivery_modes)
    cells.find("unknown_delivery_mode", "delivery_mode", odd)
    collected = pl.Series(cells.form.pickup_words, dtype=pl.String).implode()
    pickup = cells.text("address").str.contains_any(collected, ascii_case_insensitive=True)
    if pickup.any():
        here = pl.Series([str(DeliveryMode.PICKUP)]).new_from_index(0, len(mode)).set(~pickup.fill_null(False), None)
        mode = mode.fill_null(here)
    created = cells.instant("created_at", zone)
    cells.find("date_missing", "created_at", cells.text("created_at").is_null())
    codes = {f: cells.code(f) for f in ("line_id", "sku", "seller_sku", "ean", "tracking_number")}
    texts = {f: cells.text(f) for f in (*BUYER_FIELDS, "title", "channel", "carrier", "tracking_url")}
    texts |= {f: cells.postcode(f, f.replace("postcode", "country")) for f in ("postcode", "billing_postcode")}
    flat = pl.DataFrame(
        {
            **codes,
            **texts,
            "order_number": cells.order_number,
            "line": cells.line,
            "state": state,
            "state_word": word,
            "created_at": created,
            "paid_at": cells.instant("paid_at", zone),
            "latest_ship_at": cells.instant("latest_ship_at", zone, end_of_day=True),
            "delivery_mode": mode,
            "currency": cells.currency(),
            "quantity": cells.quantity("quantity"),
            "price_minor": cells.money("price_minor"),
            "shipping_minor": cells.money("shipping_minor"),
            "fee": _fee({**codes, "title": texts["title"]}, cells.form.fee_words),
        }
    )
    unknown = word.filter(strange).value_counts(sort=True, name="rows") if strange.any() else None
    empty = pl.DataFrame(schema={"word": pl.String, "rows": pl.Int64})
    return flat, empty if unknown is None else unknown.select(
        pl.col("state_word").alias("word"), pl.col("rows").cast(pl.Int64)
    )


def _fee(columns: dict[str, pl.Series], words: tuple[str, ...]) -> pl.Series:
    """True for a line that is a financing fee, not goods: one of its ids or its title is that word."""
    fee = pl.repeat(False, len(columns["sku"]), dtype=pl.Boolean, eager=True)
    for field in ("sku", "seller_sku", "ean", "title"):
        for word in words:
            fee = fee | (columns[field] == word).fill_null(False)
    return fee


def _span(
    orders: pl.DataFrame, names: Mapping[str, str], book: Book, now: dt.datetime
) -> tuple[dt.datetime | None, dt.datetime | None, dt.datetime | None]:
    """The newest event of the file, and the first and last creation. Events of the future date nothing."""
    limit = now + _FUTURE
    for field in ("created_at", "paid_at"):
        late = orders.select("line", "order_number", value=field).filter(pl.col("value") > limit)
        book.add("in_the_future", names.get(field, field), late.with_columns(pl.col("value").cast(pl.String)))
    past = orders.select(pl.when(pl.col(c) <= limit).then(pl.col(c)).max().alias(c) for c in ("created_at", "paid_at"))
    ends: Any = orders.select(low=pl.col("created_at").min(), high=pl.col("created_at").max()).row(0)
    events = [at for at in past.row(0) if at is not None]
    return max(events, default=None), ends[0], ends[1]
