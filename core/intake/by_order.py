"""Typed rows of a file, one a line, to orders, lines and buyers."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from core.intake.digest import OWN, Rows, of_orders, starts_of
from core.intake.findings import Book
from core.intake.formats import BUYER_FIELDS
from core.policy.words import State

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


def apart(flats: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """The same rows, so that the rows of each order stand together in one frame."""
    flats = [flat for flat in flats if flat.height]
    if not flats:
        return []
    numbers = pl.concat([flat["order_number"] for flat in flats])
    if len(starts_of(numbers)) > numbers.n_unique():
        first = pl.col("row").min().over("order_number")
        flat = pl.concat(flats).with_row_index("row").sort(first, maintain_order=True).drop("row")
        return [flat]
    for at in range(len(flats) - 1):
        flat, after = flats[at], flats[at + 1]
        number = after["order_number"][0]
        cut = int(starts_of(flat["order_number"])[-1])
        if flat["order_number"][cut] == number:
            flats[at], flats[at + 1] = flat[:cut], pl.concat([flat[cut:], after])
    return [flat for flat in flats if flat.height]


def together(
    flats: list[pl.DataFrame], partial: pl.Series, names: Mapping[str, str], book: Book
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Orders, lines and buyers of frames that share no order; the list of frames is used up."""
    tables = [(ORDERS.to_frame(), LINES.to_frame(), BUYERS.to_frame())]
    while flats:
        tables.append(_by_order(flats.pop(0), partial, names, book))
    orders, lines, buyers = (pl.concat(parts) for parts in zip(*tables, strict=True))
    return orders, lines, buyers


def _by_order(
    flat: pl.DataFrame, partial: pl.Series, names: Mapping[str, str], book: Book
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Orders, lines and buyers of typed rows in which those of an order stand together. ``partial``: orders
    of which a row was rejected."""
    starts = starts_of(flat["order_number"])
    sizes = np.diff(np.append(starts, flat.height))
    group = np.repeat(np.arange(len(starts)), sizes)
    picked = {"state": _most_asking(flat["state"], starts)}
    picked["state_word"] = picked["state"]
    head = _heads(flat, starts, sizes, picked)
    flat = flat.drop(_HEAD_ONLY)  # from here on head has them, and a big file's memory is wanted
    if len(starts) < flat.height:
        _disagreements(flat, head, starts, group, names, book)
        _repeats(flat, book)
    numbers = flat["order_number"].gather(starts)
    sums = {n: _sum(flat[f], flat["fee"], starts) for n, f in _SUMS.items()}
    cut = numbers.is_in(partial.implode()) if len(partial) else None
    if cut is not None and cut.any():
        sums = {n: s.set(cut, None) for n, s in sums.items()}
    lines = flat.select("order_number", "line", *_LINE_ONLY).with_columns(
        line_no=pl.Series(np.arange(flat.height) - starts[group] + 1, dtype=pl.Int64)
    )
    orders = head.with_columns(
        order_number=numbers, line=flat["line"].gather(starts), digest=pl.Series(of_orders(flat, starts)), **sums
    ).select(list(ORDERS))
    buyers = head.with_columns(order_number=numbers).select(list(BUYERS))
    return orders, lines.select(list(LINES)), buyers


def _heads(flat: pl.DataFrame, starts: Rows, sizes: Rows, picked: dict[str, Rows]) -> pl.DataFrame:
    """One row an order, each field from the first of its rows that says it or from the row picked for it."""
    names = (*_ORDER_ONLY, *BUYER_FIELDS)
    if len(starts) == flat.height:
        return flat.select(names)
    begins = np.zeros(flat.height, np.bool_)
    begins[starts] = True
    said = [name for name in names if name == "state" or flat[name].null_count() < flat.height]
    head = flat.select(said).filter(pl.Series(begins))
    # A column that says nothing takes no room as long as no row is picked from it.
    head = head.with_columns(pl.lit(None, flat.schema[name]).alias(name) for name in names if name not in said)
    for name in said:
        rows = picked[name] if name in picked else _first_said(flat[name], starts, sizes)
        if rows is not starts and not np.array_equal(rows, starts):
            head = head.with_columns(flat[name].gather(pl.Series(rows)).alias(name))
    return head


_SUMS: Final = {"goods_minor": "price_minor", "shipping_minor": "shipping_minor"}


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


def _disagreements(
    flat: pl.DataFrame, head: pl.DataFrame, starts: Rows, group: Rows, names: Mapping[str, str], book: Book
) -> None:
    sizes = np.diff(np.append(starts, flat.height))
    rows = np.flatnonzero(np.repeat(sizes > 1, sizes))
    part = flat.select("line", "order_number", *_MUST_AGREE)[rows]
    chosen = head.select(_MUST_AGREE)[group[rows]]
    for field in _MUST_AGREE:
        differs = (part[field] != chosen[field]).fill_null(False)
        if differs.any():
            shown = part.select("line", "order_number", value=pl.col(field).cast(pl.String)).filter(differs)
            book.add("rows_disagree", names.get(field, field), shown)


def _repeats(flat: pl.DataFrame, book: Book) -> None:
    """Lines of an order that stand in the file twice: by the marketplace's id of the line, else in every cell."""
    told = pl.coalesce("line_id", "seller_sku", "sku", "title")
    rows = flat.select("line", "order_number", "line_id", OWN, value=told).filter(pl.col("value").is_not_null())
    by_id, own = pl.struct("order_number", "line_id"), pl.struct("order_number", OWN)
    again = pl.when(pl.col("line_id").is_null()).then(~own.is_first_distinct()).otherwise(~by_id.is_first_distinct())
    book.add("line_again", None, rows.filter(again))


def _sum(column: pl.Series, fee: pl.Series, starts: Rows) -> pl.Series:
    """The sum over the goods lines of each order; null where one of them does not say it, or none is goods."""
    goods = ~fee.to_numpy()
    blank = column.is_null().to_numpy() & goods
    total = np.add.reduceat(np.where(goods, column.fill_null(0).to_numpy(), 0), starts)
    unsaid = np.logical_or.reduceat(blank, starts) | ~np.logical_or.reduceat(goods, starts)
    return pl.Series(total, dtype=pl.Int64).set(pl.Series(unsaid), None)
