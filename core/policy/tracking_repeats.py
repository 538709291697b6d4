"""The same number twice: in the file, and against the orders of the base, over shops and years."""

import datetime as dt
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from core.policy.clocks import INSTANT
from core.policy.values import Values, applies

KNOWN: Final = pl.Schema(
    {
        "tracking_number": pl.String(), "shop_id": pl.Int64(), "shop": pl.String(), "order_number": pl.String(),
        "is_open": pl.Boolean(), "at": INSTANT, "buyer": pl.String(), "visible": pl.Boolean(), "given_up": pl.Boolean(),
    }
)  # fmt: skip
"""Orders of the base that have one of these numbers. ``at``: when the number was used, or the order made.
``buyer``: equal texts mean the same buyer at the same address. ``visible``: the person may see the order.
``given_up``: a file said this number of it, and it has another one now."""
_S10: Final = r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$"
Mark = Callable[..., None]


@applies("XX-T1", "CD-S8")
def in_file(rows: pl.DataFrame, mark: Mark) -> None:
    """Marks numbers on several orders, and orders with several numbers.

    ``rows``: row, number, shop (a text that is the same for rows of one shop), order, buyer, merges
    (whether the marketplace lets one parcel serve two orders of one buyer), one_parcel (whether an
    order has to be one parcel).
    """
    twice = rows[_more_than_once(rows["number"])]
    if twice.height:
        _same_number(twice, mark)
    split = rows[_more_than_once(rows["order"])].filter(pl.col("number").is_not_null())
    if split.height:
        _same_order(split, mark)


def _more_than_once(texts: pl.Series) -> pl.Series:
    """The rows whose text stands in another row too. By sorted hashes: few rows are left to compare as texts."""
    hashes = texts.hash()
    ordered = np.sort(hashes.to_numpy())
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    rows = hashes.is_in(pl.Series(again).implode()).arg_true()
    some = texts.gather(rows)
    return rows.filter(some.is_not_null() & some.is_duplicated())


def _same_number(twice: pl.DataFrame, mark: Mark) -> None:
    unnamed = twice.filter(pl.col("order").is_null().any().over("number"))
    mark("repeat_in_file", unnamed["row"].sort())
    named = twice.filter(pl.col("order").is_not_null())
    one_buyer = (pl.col("buyer").n_unique() == 1) & pl.col("buyer").is_not_null().all()
    named = named.with_columns(merged=pl.col("merges") & one_buyer.over("number", "shop"))
    here = _others(named, ["number", "shop"], "order")
    _mark_first("repeat_one_parcel", here.filter("merged"), pl.col("order_other"), mark)
    _mark_first("repeat_in_shop", here.filter(~pl.col("merged")), pl.col("order_other"), mark)
    there = pl.concat_str(pl.col("shop_other").fill_null("?"), pl.col("order_other"), separator=" / ")
    _mark_first("repeat_other_shop", _others(named, ["number"], "shop"), there, mark)


def _same_order(split: pl.DataFrame, mark: Mark) -> None:
    pairs = _others(split, ["shop", "order"], "number")
    for code, holds in (("several_numbers", pl.col("one_parcel")), ("order_split", ~pl.col("one_parcel"))):
        _mark_first(code, pairs.filter(holds), pl.col("number_other"), mark)


def _others(rows: pl.DataFrame, same: list[str], differs: str) -> pl.DataFrame:
    """Each row beside one or two of its group that differ; columns of those end in ``_other``.

    Two of each group are enough to show one that differs, however many there are.
    """
    two = rows.unique([*same, differs], keep="first", maintain_order=True).group_by(same, maintain_order=True).head(2)
    beside = two.select(*same, *(pl.col(name).alias(f"{name}_other") for name in ("shop", "order", "number")))
    pairs = rows.join(beside, on=same, nulls_equal=True, maintain_order="left_right")
    return pairs.filter(~pl.col(differs).eq_missing(pl.col(f"{differs}_other")))


@applies("XX-T1")
def against_base(rows: pl.DataFrame, known: pl.DataFrame, values: Values, now: dt.datetime, mark: Mark) -> None:
    """Marks numbers that orders of the base have. ``rows``: as :func:`in_file` and ``shop_id``; ``known``: KNOWN.

    Posts must not use an S10 number again within 12 months, and should wait 24 (UPU S10); a number
    older than that is no proof of anything, whoever's it is. An open order counts whatever its age.
    """
    used = known.select(
        "is_open",
        "at",
        "visible",
        "given_up",
        number="tracking_number",
        other_shop_id="shop_id",
        other_shop="shop",
        other="order_number",
        other_buyer="buyer",
    )
    met = rows.join(used, on="number", maintain_order="left_right")
    same_shop = (pl.col("shop_id") == pl.col("other_shop_id")).fill_null(False)
    itself = (pl.col("order") == pl.col("other")).fill_null(False) & (same_shop | pl.col("shop_id").is_null())
    met = met.filter(~itself)
    if not met.height:
        return
    hidden = ~pl.col("visible").fill_null(False)
    mark("repeat_elsewhere", met.filter(~same_shop & hidden)["row"].unique().sort())
    there = pl.concat_str(pl.col("other_shop").fill_null("?"), pl.col("other"), separator=" / ")
    _mark_first("repeat_other_shop", met.filter(~same_shop & ~hidden), there, mark)
    here = met.filter(same_shop)
    merged = pl.col("merges") & (pl.col("buyer") == pl.col("other_buyer")).fill_null(False)
    _mark_first("repeat_one_parcel", here.filter(merged), pl.col("other"), mark)
    here = here.filter(~merged)
    given_up = pl.col("given_up").fill_null(False)
    _mark_first("repeat_given_up", here.filter(given_up), pl.col("other"), mark)
    here = here.filter(~given_up)
    day = now.date()
    forbidden = _before(now, values.integer("reuse_forbidden_months", day))
    discouraged = _before(now, values.integer("reuse_discouraged_months", day))
    closed = ~pl.col("is_open").fill_null(True)
    late = (closed & (pl.col("at") < discouraged)).fill_null(False)
    early = (closed & ~late & (pl.col("at") < forbidden) & pl.col("number").str.contains(_S10)).fill_null(False)
    _mark_first("reuse_late", here.filter(late), pl.col("other"), mark)
    _mark_first("reuse_early", here.filter(early), pl.col("other"), mark)
    _mark_first("repeat_in_shop", here.filter(~late & ~early), pl.col("other"), mark)


def _before(now: dt.datetime, months: int) -> pl.Expr:
    return pl.lit(now).cast(INSTANT).dt.offset_by(f"-{months}mo")


def _mark_first(code: str, pairs: pl.DataFrame, shown: pl.Expr, mark: Mark) -> None:
    """Mark each row once, with the first of what it meets."""
    first = pairs.select("row", shown.alias("shown")).unique("row", keep="first", maintain_order=True).sort("row")
    mark(code, first["row"], None, first["shown"])
