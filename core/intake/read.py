"""A file of any known kind, from its bytes to typed frames and findings."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from core.intake.by_order import BUYERS as BUYERS
from core.intake.by_order import INSTANT as INSTANT
from core.intake.by_order import LINES as LINES
from core.intake.by_order import ORDERS as ORDERS
from core.intake.by_order import apart, together
from core.intake.cells import Cells, Strange, nothing_strange
from core.intake.choices import NOTHING, Choices, Question, settle
from core.intake.digest import AGAIN, context, of_rows, recognised
from core.intake.digest import DIGEST_VERSION as DIGEST_VERSION
from core.intake.encoding import ENCODINGS, Decoded, first_bad
from core.intake.explode import Whose, of_shop, position, prepare, prepared_header
from core.intake.findings import Book, Refused
from core.intake.formats import BUYER_FIELDS, Format, Formats
from core.intake.grid import source
from core.intake.recognise import Recognised
from core.intake.records import KINDS, RecordReading, read_records
from core.intake.returned import without_ours
from core.intake.rows import find_ragged, rejects, sift
from core.intake.source import Grid, Source
from core.policy.words import DeliveryMode, State

_FUTURE: Final = dt.timedelta(days=1)  # a clock that is that far ahead is wrong
_EVENTS: Final = ("created_at", "paid_at")
_TOLD: Final = ("state", *_EVENTS)

Known = Callable[[], pl.Series]
"""Gives the sorted digests of orders that need not be typed; it may be waited for while the file is cut into cells."""


def no_digests() -> pl.Series:
    """Nothing is known: everything is typed."""
    return pl.Series(dtype=pl.Int64)


@dataclass(frozen=True)
class Reading:
    """What a file says. ``read`` = rows of the file = rows of ``lines`` + of ``again`` + ``rejected``."""

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
    unknown_carriers: pl.DataFrame
    rejects: pl.DataFrame
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # the header cell of each field
    recognised: Recognised = dataclasses.field(default_factory=lambda: Recognised(None))  # why it is of its format
    decoded: Decoded | None = None  # None for files that have no encoding of their own
    questions: tuple[Question, ...] = ()  # nothing may be written before a person has answered them
    choices: Choices = NOTHING  # what a person said, and what the file itself proved
    again: pl.DataFrame = dataclasses.field(default_factory=AGAIN.to_frame)  # orders that the base has word for word


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
    known: Known = no_digests,
    strange_carriers: Strange = nothing_strange,
) -> Reading | RecordReading:
    """Read a file. ``choices``: what a person said about it; ``state_words``: the shop's own folded words;
    ``zone``: the shop's, for wall clocks of formats that follow the shop; ``marketplace``: the shop's, whose rows
    alone are taken from a file of several (None: all); ``known``: gives the digests, sorted, of orders of which the
    base has all that a file said, and no finding: they are not typed again; ``strange_carriers``: gives those names
    of carriers that nobody knows. Raises Refused where the file cannot be read at all, Unknown where a person has to
    say which cell of its header is which field."""
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
    whose = Whose(marketplace, choices.accounts) if marketplace else None
    found: Reading | RecordReading
    if form.kind in KINDS:
        rows = without_ours(file).all()
        found = read_records(rows, now=now, zone=zone, whose=whose, strange_carriers=strange_carriers)
    else:
        how = _How(formats, state_words or {}, file.format.zone or zone, whose, known, strange_carriers)
        found = read_orders(file, how, now)
    return replace(
        found,
        findings=_with_unread(_with_bad_byte(found.findings, data, file.decoded), file),
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


def _with_unread(findings: pl.DataFrame, file: Source) -> pl.DataFrame:
    """The findings with the sheets of a workbook, and the lines above the header, that are not read."""
    book = Book()
    if file.left:
        book.say("other_sheets", None, None, ", ".join(file.left))
    if file.above:
        book.say("rows_above", None, None, str(file.above))
    return pl.concat([book.frame(), findings])


@dataclass(frozen=True)
class _How:
    """How the rows of a file of orders are typed. ``zone``: that of its wall clocks."""

    formats: Formats
    state_words: Mapping[str, str]
    zone: str
    whose: Whose | None
    known: Known
    strange_carriers: Strange


def read_orders(file: Source, how: _How, now: dt.datetime) -> Reading:
    """What a file of orders says whose header is found; see :func:`read`."""
    bare = without_ours(file)
    book = Book()
    header = prepared_header(bare)
    fields = _fields(bare.format, header, book)
    names = {field: header[number] for field, number in fields.items()}
    about = context(bare.format, how.formats, how.zone)
    parts = bare.each(lambda raw: _part(raw, fields, names, how, about))
    rows = sum(part.rows for part in parts)
    if not rows:
        raise Refused("no_rows")
    how.formats.limits.check_rows(rows)
    again = pl.concat(part.again for part in parts)
    if _are_torn(again, parts):
        return read_orders(file, replace(how, known=no_digests), now)
    for part in parts:
        book.take(part.findings)
    for code in parts[0].skipped:
        if skipped := sum(part.skipped[code] for part in parts):
            book.say(code, None, None, str(skipped))
    kept_out = pl.concat(part.rejects for part in parts).sort("line")
    partial = pl.concat(part.partial for part in parts).unique()
    words, carriers = _counted([part.words for part in parts]), _counted([part.carriers for part in parts])
    encoding = parts[0].encoding
    flats = apart([part.flat for part in parts])
    del parts  # each flat frame goes as soon as it is used up
    orders, lines, buyers = together(flats, partial, names, book)
    _find_future(orders, names, book, now)
    told = pl.concat([orders.select(_TOLD), again.select(_TOLD)])
    newest, first, last = _span(told, now)
    return Reading(
        format=bare.format.format,
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
        states=frozenset(told["state"].drop_nulls().unique()),
        unknown_words=words,
        unknown_carriers=carriers,
        rejects=kept_out,
        names=names,
        again=again.select(list(AGAIN)),
    )


@dataclass(frozen=True)
class _Part:
    """What some rows of a file say. ``flat``: one typed row a file row that was not kept out; ``partial``:
    the orders of those that were; ``again``: orders that need not be typed; ``words``: unknown state words,
    and ``carriers``; ``skipped``: rows that say nothing."""

    encoding: str
    rows: int
    flat: pl.DataFrame
    partial: pl.Series
    again: pl.DataFrame
    findings: pl.DataFrame
    rejects: pl.DataFrame
    words: pl.DataFrame
    carriers: pl.DataFrame
    skipped: dict[str, int]


def _part(raw: Grid, fields: dict[str, int], names: dict[str, str], how: _How, about: int) -> _Part:
    """Type some rows of a file. Parts are typed side by side: nothing here is shared."""
    book = Book()
    elsewhere = 0
    if how.whose is not None:
        raw, elsewhere = of_shop(raw, how.whose)
    ready = prepare(raw)
    raw = ready.grid
    for code, line, value in ready.strange.iter_rows():
        book.say(code, None, line, value)
    rows = sift(raw, fields, "order_number")
    cells = Cells(rows.frame, names, raw.format, book, raw.spaces, rare=raw.rare)
    told, words = _told(cells, how, about)
    again = told.clear().with_columns(rows=pl.lit(None, pl.Int64), digest=pl.lit(None, pl.Int64))
    known = how.known().to_numpy()
    if len(known) and told.height:
        again, theirs = recognised(told, known)
        told = told.filter(~theirs)
        cells.keep(~theirs)
    flat = _typed(cells, told, how) if told.height else told  # to type nothing is slow too
    carriers = cells.strange_carriers(cells.text("carrier"), how.strange_carriers)
    if raw.damaged:
        cells.find_unreadable()
    find_ragged(rows.ragged, book)
    return _Part(
        encoding=raw.encoding,
        rows=rows.frame.height + rows.ragged.height,
        flat=flat.filter(~cells.bad) if cells.bad.any() else flat,
        partial=cells.order_number.filter(cells.bad).drop_nulls(),
        again=again,
        findings=book.frame(),
        rejects=rejects(raw, cells.line.filter(cells.bad), rows.ragged),
        words=words,
        carriers=carriers,
        skipped=rows.skipped | {"fulfilled_elsewhere": ready.apart.height, "other_marketplace": elsewhere},
    )


def _are_torn(again: pl.DataFrame, parts: Sequence[_Part]) -> bool:
    """Whether an order that seemed known has more rows elsewhere in the file: it is not known then."""
    if again.is_empty():
        return False
    others = pl.concat([series for part in parts for series in (part.flat["order_number"], part.partial)])
    return bool(again["digest"].is_duplicated().any() or again["order_number"].is_in(others.implode()).any())


def _counted(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The words of all parts with their rows, the commonest first."""
    words = pl.concat(parts)
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


def _told(cells: Cells, how: _How, about: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is needed of every row, also of a known one: its order, line, state, instants and the numbers of its
    text; and the unknown state words with their rows."""
    state, strange = cells.state({**how.formats.states, **how.state_words})
    created = cells.instant("created_at", how.zone)
    cells.find("date_missing", "created_at", cells.text("created_at").is_null())
    digests = of_rows(cells.frame.drop("line").with_columns(state), about)
    told = digests.with_columns(
        cells.order_number.alias("order_number"), cells.line.alias("line"), state, created,
        cells.instant("paid_at", how.zone),
    )  # fmt: skip
    words = cells.text("state_word").filter(strange).alias("word").value_counts(sort=True, name="rows")
    return told, words.cast({"rows": pl.Int64})


def _typed(cells: Cells, told: pl.DataFrame, how: _How) -> pl.DataFrame:
    """One row a file row with every field typed. ``told``: what is typed already."""
    mode, odd = cells.words("delivery_mode", how.formats.delivery_modes)
    cells.find("unknown_delivery_mode", "delivery_mode", odd)
    collected = pl.Series(cells.form.pickup_words, dtype=pl.String).implode()
    pickup = cells.text("address").str.contains_any(collected, ascii_case_insensitive=True)
    if pickup.any():
        here = pl.Series([str(DeliveryMode.PICKUP)]).new_from_index(0, len(mode)).set(~pickup.fill_null(False), None)
        mode = mode.fill_null(here)
    codes = {f: cells.code(f) for f in ("line_id", "sku", "seller_sku", "ean", "tracking_number")}
    texts = {f: cells.text(f) for f in (*BUYER_FIELDS, "state_word", "title", "channel", "carrier", "tracking_url")}
    texts |= {f: cells.postcode(f, f.replace("postcode", "country")) for f in ("postcode", "billing_postcode")}
    return told.with_columns(
        **codes,
        **texts,
        latest_ship_at=cells.instant("latest_ship_at", how.zone, end_of_day=True),
        delivery_mode=mode,
        currency=cells.currency(),
        quantity=cells.quantity("quantity"),
        price_minor=cells.money("price_minor"),
        shipping_minor=cells.money("shipping_minor"),
        fee=_fee({**codes, "title": texts["title"]}, cells.form.fee_words),
    )


def _fee(columns: dict[str, pl.Series], words: tuple[str, ...]) -> pl.Series:
    """True for a line that is a financing fee, not goods: one of its ids or its title is that word."""
    fee = pl.repeat(False, len(columns["sku"]), dtype=pl.Boolean, eager=True)
    for field in ("sku", "seller_sku", "ean", "title"):
        for word in words:
            fee = fee | (columns[field] == word).fill_null(False)
    return fee


def _find_future(orders: pl.DataFrame, names: Mapping[str, str], book: Book, now: dt.datetime) -> None:
    for field in _EVENTS:
        late = orders.select("line", "order_number", value=field).filter(pl.col("value") > now + _FUTURE)
        book.add("in_the_future", names.get(field, field), late.with_columns(pl.col("value").cast(pl.String)))


def _span(told: pl.DataFrame, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None, dt.datetime | None]:
    """The newest event of the file, and the first and last creation. Events of the future date nothing."""
    past = told.select(pl.when(pl.col(c) <= now + _FUTURE).then(pl.col(c)).max().alias(c) for c in _EVENTS)
    ends: Any = told.select(low=pl.col("created_at").min(), high=pl.col("created_at").max()).row(0)
    events = [at for at in past.row(0) if at is not None]
    return max(events, default=None), ends[0], ends[1]
