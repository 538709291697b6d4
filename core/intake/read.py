"""A file of orders, from its bytes to typed frames and findings."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from core.intake.cells import Cells
from core.intake.findings import Book, Refused
from core.intake.formats import BUYER_FIELDS, Formats
from core.intake.grid import Grid, as_text, grid
from core.policy.words import DeliveryMode, State

DIGEST_VERSION: Final = f"polars-{pl.__version__}-1"
"""Names the algorithm of the digest; digests of two versions must not be compared."""

INSTANT: Final[Any] = pl.Datetime("us", "UTC")
ORDERS: Final = pl.Schema(
    {
        "order_number": pl.String, "line": pl.Int64, "state": pl.String, "state_word": pl.String,
        "created_at": INSTANT, "paid_at": INSTANT, "latest_ship_at": INSTANT, "delivery_mode": pl.String,
        "goods_minor": pl.Int64, "shipping_minor": pl.Int64, "currency": pl.String, "channel": pl.String,
        "carrier": pl.String, "tracking_number": pl.String, "tracking_url": pl.String, "digest": pl.Int64,
    }
)  # fmt: skip
LINES: Final = pl.Schema(
    {
        "order_number": pl.String, "line_no": pl.Int64, "line": pl.Int64, "line_id": pl.String,
        "sku": pl.String, "seller_sku": pl.String, "ean": pl.String, "title": pl.String,
        "quantity": pl.Int64, "price_minor": pl.Int64, "shipping_minor": pl.Int64, "fee": pl.Boolean,
    }
)  # fmt: skip
BUYERS: Final = pl.Schema({"order_number": pl.String} | dict.fromkeys(BUYER_FIELDS, pl.String()))
_ORDER_ONLY: Final = tuple(
    n for n in ORDERS if n not in ("order_number", "line", "goods_minor", "shipping_minor", "digest")
)
_LINE_ONLY: Final = tuple(n for n in LINES if n not in ("order_number", "line_no", "line"))
_MUST_AGREE: Final = ("state", "created_at", "paid_at", "latest_ship_at", "delivery_mode")
_HEAD_ONLY: Final = tuple(n for n in (*_ORDER_ONLY, *BUYER_FIELDS) if n not in _MUST_AGREE)
_ASKS: Final = {State.TO_ACCEPT: 0, State.TO_SHIP: 1, State.PART_SHIPPED: 2, State.CANCEL_REQUESTED: 2,
                State.IN_DISPUTE: 2, State.UNKNOWN: 3, State.AWAITING_PAYMENT: 3, State.NEW: 3,
                State.BLOCKED: 3, State.SENT_UNCONFIRMED: 3}  # fmt: skip
_FUTURE: Final = dt.timedelta(days=1)  # a clock that is that far ahead is wrong

Rows = npt.NDArray[np.int64]


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


def read(
    name: str,
    data: bytes,
    formats: Formats,
    *,
    state_words: Mapping[str, str] | None = None,
    now: dt.datetime,
    zone: str = "Europe/Paris",
) -> Reading:
    """Read a file. ``state_words``: the shop's own folded words; ``zone``: the shop's, for wall clocks of
    formats that follow the shop. Raises Refused where the file cannot be read at all."""
    raw = grid(name, data, formats)
    book = Book()
    fields = _fields(raw, book)
    cells = Cells(_rows(raw, fields, book), {f: raw.header[i] for f, i in fields.items()}, raw.format, book)
    if not cells.frame.height and not raw.ragged.height:
        raise Refused("no_rows")
    flat, unknown = _typed(cells, formats, state_words or {}, raw.format.zone or zone)
    _damaged(raw, cells)
    book.add("ragged", None, raw.ragged.with_columns(order_number=pl.lit(None, pl.String)))
    rejects = _rejects(raw, cells)
    rows, form, encoding = flat.height + raw.ragged.height, raw.format.format, raw.encoding
    if cells.bad.any():
        flat = flat.filter(~cells.bad)
    del raw  # the text of a big file is as big as all that follows
    cells.frame = cells.frame.clear()
    partial = cells.order_number.filter(cells.bad).drop_nulls().unique()
    whole = [flat]
    del flat  # so that it goes as soon as it is used up
    orders, lines, buyers = _by_order(whole.pop(), partial, cells)
    newest, first, last = _span(orders, cells, now)
    return Reading(
        format=form,
        encoding=encoding,
        orders=orders,
        lines=lines,
        buyers=buyers,
        findings=book.frame(),
        read=rows,
        rejected=rejects.height,
        as_of=newest,
        covers_from=first,
        covers_to=last,
        states=frozenset(orders["state"].unique()),
        unknown_words=unknown,
        rejects=rejects,
    )


def _fields(raw: Grid, book: Book) -> dict[str, int]:
    """Our fields by the number of their column; unknown and repeated columns are noted."""
    fields: dict[str, int] = {}
    for number, cell in enumerate(raw.header):
        name = raw.format.field_of(cell)
        shown = " ".join(cell.split())
        if name is None:
            if shown:
                book.say("unknown_column", shown, None, None)
        elif name in fields:
            book.say("repeated_column", shown, None, None)
        else:
            fields[name] = number
    return fields


def _rows(raw: Grid, fields: dict[str, int], book: Book) -> pl.DataFrame:
    """The rows that say something, by field, with their file line."""
    frame = raw.cells.select(*(pl.col(f"c{i}").alias(f) for f, i in fields.items()), raw.line.alias("line"))
    number = frame["order_number"]
    head = raw.header[fields["order_number"]]
    if number.null_count():
        blank = raw.cells.select(pl.all_horizontal(pl.all().is_null())).to_series()
        if blank.any():
            book.say("blank_rows", None, None, str(blank.sum()))
            frame = frame.filter(~blank)
    again = frame["order_number"].str.strip_chars().eq(head).fill_null(False)
    if again.any():
        book.say("repeated_header", None, None, str(again.sum()))
        frame = frame.filter(~again)
    return frame


def _typed(
    cells: Cells, formats: Formats, state_words: Mapping[str, str], zone: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row a file row with every field typed, and the unknown state words with their rows."""
    state, strange = cells.state({**formats.states, **state_words})
    word = cells.text("state_word")
    mode, odd = cells.words("delivery_mode", formats.delivery_modes)
    cells.find("unknown_delivery_mode", "delivery_mode", odd)
    address = cells.text("address")
    pickup = address.str.contains_any(list(cells.form.pickup_words), ascii_case_insensitive=True)
    if pickup.any():
        here = pl.Series([str(DeliveryMode.PICKUP)]).new_from_index(0, len(mode)).set(~pickup.fill_null(False), None)
        mode = mode.fill_null(here)
    created = cells.instant("created_at", zone)
    cells.find("date_missing", "created_at", cells.text("created_at").is_null())
    codes = {f: cells.code(f) for f in ("line_id", "sku", "seller_sku", "ean", "tracking_number")}
    texts = {f: cells.text(f) for f in (*BUYER_FIELDS, "title", "channel", "carrier", "tracking_url")}
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


def _damaged(raw: Grid, cells: Cells) -> None:
    if raw.damaged:
        for field in cells.names:
            cells.find(
                "bad_character",
                field,
                cells.frame[field].str.contains("\ufffd", literal=True).fill_null(False),
            )


def _rejects(raw: Grid, cells: Cells) -> pl.DataFrame:
    """The rows kept out: file line and the raw cells as one text."""
    lines = cells.line.filter(cells.bad)
    rows = raw.cells.with_columns(raw.line.alias("line"))[raw.line.search_sorted(lines)] if len(lines) else None
    named = [] if rows is None else [(r.pop("line"), as_text(r)) for r in rows.iter_rows(named=True)]
    own = pl.DataFrame(named, schema={"line": pl.Int64, "cells": pl.String}, orient="row")
    return pl.concat([own, raw.ragged.rename({"value": "cells"})]).sort("line")


def _by_order(flat: pl.DataFrame, partial: pl.Series, cells: Cells) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Orders, lines and buyers of typed rows. ``partial``: orders of which a row was rejected."""
    if not flat.height:
        return ORDERS.to_frame(), LINES.to_frame(), BUYERS.to_frame()
    starts = _starts(flat["order_number"])
    if len(starts) > flat["order_number"].n_unique():
        first = pl.col("row").min().over("order_number")
        flat = flat.with_row_index("row").sort(first, maintain_order=True).drop("row")
        starts = _starts(flat["order_number"])
    sizes = np.diff(np.append(starts, flat.height))
    group = np.repeat(np.arange(len(starts)), sizes)
    picked = {"state": _most_asking(flat["state"], starts)}
    picked["state_word"] = picked["state"]
    head = _heads(flat, starts, sizes, picked)
    flat = flat.drop(_HEAD_ONLY)  # from here on head has them, and a big file's memory is wanted
    if len(starts) < flat.height:
        _disagreements(flat, head, starts, group, cells)
    numbers = flat["order_number"].gather(starts)
    sums = {n: _sum(flat[f], flat["fee"], starts) for n, f in _SUMS.items()}
    cut = numbers.is_in(partial.implode()) if len(partial) else None
    if cut is not None and cut.any():
        sums = {n: s.set(cut, None) for n, s in sums.items()}
    lines = flat.select("order_number", "line", *_LINE_ONLY).with_columns(
        line_no=pl.Series(np.arange(flat.height) - starts[group] + 1, dtype=pl.Int64)
    )
    digest = _digest(flat, head, starts)
    orders = head.with_columns(order_number=numbers, line=flat["line"].gather(starts), digest=digest, **sums).select(
        list(ORDERS)
    )
    buyers = head.with_columns(order_number=numbers).select(list(BUYERS))
    return orders, lines.select(list(LINES)), buyers


def _heads(flat: pl.DataFrame, starts: Rows, sizes: Rows, picked: dict[str, Rows]) -> pl.DataFrame:
    """One row an order, each field from the first of its rows that says it or from the row picked for it."""
    names = (*_ORDER_ONLY, *BUYER_FIELDS)
    if len(starts) == flat.height:
        return flat.select(names)
    begins = np.zeros(flat.height, np.bool_)
    begins[starts] = True
    head = flat.select(names).filter(pl.Series(begins))
    for name in names:
        rows = picked[name] if name in picked else _first_said(flat[name], starts, sizes)
        if rows is not starts and not np.array_equal(rows, starts):
            head = head.with_columns(flat[name].gather(pl.Series(rows)).alias(name))
    return head


_SUMS: Final = {"goods_minor": "price_minor", "shipping_minor": "shipping_minor"}


def _starts(numbers: pl.Series) -> Rows:
    """Row numbers at which another order begins."""
    same = numbers.eq_missing(numbers.shift(1)).to_numpy().copy()
    same[0] = False
    return np.flatnonzero(~same).astype(np.int64)


def _first_said(column: pl.Series, starts: Rows, sizes: Rows) -> Rows:
    """For each order the first of its rows that says something, else its first row."""
    if not column.null_count() or column.null_count() == len(column):
        return starts
    said = np.flatnonzero(column.is_not_null().to_numpy())
    at = np.searchsorted(said, starts)
    found = said[np.minimum(at, len(said) - 1)]
    inside = (at < len(said)) & (found < starts + sizes)
    return np.where(inside, found, starts)


def _most_asking(state: pl.Series, starts: Rows) -> Rows:
    """For each order the row whose state asks most; among equals the first."""
    if len(starts) == len(state):
        return starts
    words = [str(s) for s in _ASKS]
    rank = state.replace_strict(words, list(_ASKS.values()), default=9, return_dtype=pl.Int64).to_numpy()
    key = (rank << 32) | np.arange(len(state))
    return np.minimum.reduceat(key, starts) & 0xFFFFFFFF


def _disagreements(flat: pl.DataFrame, head: pl.DataFrame, starts: Rows, group: Rows, cells: Cells) -> None:
    sizes = np.diff(np.append(starts, flat.height))
    rows = np.flatnonzero(np.repeat(sizes > 1, sizes))
    part = flat.select("line", "order_number", *_MUST_AGREE)[rows]
    chosen = head.select(_MUST_AGREE)[group[rows]]
    for field in _MUST_AGREE:
        differs = (part[field] != chosen[field]).fill_null(False)
        if differs.any():
            shown = part.select("line", "order_number", value=pl.col(field).cast(pl.String)).filter(differs)
            cells.book.add("rows_disagree", cells.names.get(field, field), shown)


def _sum(column: pl.Series, fee: pl.Series, starts: Rows) -> pl.Series:
    """The sum over the goods lines of each order; null where one of them does not say it, or none is goods."""
    goods = ~fee.to_numpy()
    blank = column.is_null().to_numpy() & goods
    total = np.add.reduceat(np.where(goods, column.fill_null(0).to_numpy(), 0), starts)
    unsaid = np.logical_or.reduceat(blank, starts) | ~np.logical_or.reduceat(goods, starts)
    return pl.Series(total, dtype=pl.Int64).set(pl.Series(unsaid), None)


def _digest(flat: pl.DataFrame, head: pl.DataFrame, starts: Rows) -> pl.Series:
    """A number over what an order, its buyer and its lines say; the order of its rows does not matter."""
    lines = _hashed(flat, _LINE_ONLY).to_numpy()
    order = _hashed(head, head.columns).to_numpy()
    return pl.Series((np.add.reduceat(lines, starts) + order).view(np.int64))


def _hashed(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """A hash of each row: that of the sum of its cells' hashes, each column with a seed of its own."""
    seeded = (pl.col(name).hash(seed) for seed, name in enumerate(names, 1))
    return frame.select(total=pl.sum_horizontal(seeded)).select(pl.col("total").hash(0)).to_series()


def _span(
    orders: pl.DataFrame, cells: Cells, now: dt.datetime
) -> tuple[dt.datetime | None, dt.datetime | None, dt.datetime | None]:
    """The newest event of the file, and the first and last creation. Events of the future date nothing."""
    limit = now + _FUTURE
    for field in ("created_at", "paid_at"):
        late = orders.filter(pl.col(field) > limit)
        cells.book.add("in_the_future", cells.names.get(field, field),
                       late.select("line", "order_number", value=pl.col(field).cast(pl.String)))  # fmt: skip
    past = orders.select(pl.when(pl.col(c) <= limit).then(pl.col(c)).max().alias(c) for c in ("created_at", "paid_at"))
    ends: Any = orders.select(low=pl.col("created_at").min(), high=pl.col("created_at").max()).row(0)
    events = [at for at in past.row(0) if at is not None]
    return max(events, default=None), ends[0], ends[1]
