"""Tracking numbers before they leave: a verdict on every shipment, with its reasons.

No check proves that a parcel exists. A number is well-formed at best: "plausible", by its check digit or by
its shape. "Impossible" rests on facts alone, "suspect" on patterns and contradictions, and where nothing is
known of a carrier or a shape the answer is "cannot tell". Words, weights and sentences: tracking_reasons.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import polars as pl

from core.policy.carriers import Carriers
from core.policy.clocks import INSTANT
from core.policy.tracking_findings import REASON, Findings, worded
from core.policy.tracking_forms import Bits, distinct_sets, match
from core.policy.tracking_kinds import Kinds, kinds_of
from core.policy.tracking_numbers import CDISCOUNT, NEED, UNLISTED, field_rules, need, normalised
from core.policy.tracking_repeats import against_base, in_file
from core.policy.tracking_shapes import (
    Flags,
    TestNumbers,
    judge_dates,
    judge_fakes,
    judge_shapes,
    own_fits,
)
from core.policy.tracking_urls import bare, judge_urls
from core.policy.values import Values, applies
from core.policy.words import DeliveryMode, Marketplace

SHIPMENTS: Final = pl.Schema(
    {
        "marketplace": pl.String(), "shop_id": pl.Int64(), "shop": pl.String(), "order_number": pl.String(),
        "value_minor": pl.Int64(), "currency": pl.String(), "delivery_mode": pl.String(), "carrier": pl.String(),
        "tracking_number": pl.String(), "tracking_url": pl.String(), "buyer": pl.String(), "ordered_at": INSTANT,
        "shipped_at": INSTANT,
    }
)  # fmt: skip
"""One row a line to be shipped; null where nobody said it, further columns pass through. ``value_minor``:
articles and shipping of the whole order, VAT included. ``carrier``: as typed. ``buyer``: equal texts mean
the same buyer at the same address. ``delivery_mode``: words of DeliveryMode."""

ADDED: Final = pl.Schema(
    {
        "normalised": pl.String(), "required": pl.Boolean(), "required_rule": pl.String(),
        "required_values": pl.String(), "verdict": pl.String(), "evidence": pl.String(), "key": pl.String(),
        "carriers": pl.List(pl.String()), "proposed_carrier": pl.String(), "url_result": pl.String(),
        "reasons": pl.List(REASON),
    }
)  # fmt: skip
"""``required``: null where nobody can tell. ``key``: right, wrong, null without one. ``carriers``: ids of those
whose number it may be. ``proposed_carrier``: a name, where another than the one given is likely."""

RATES: Final = pl.Schema(
    {"carrier": pl.String(), "keyed": pl.Int64(), "right": pl.Int64(), "rate": pl.Float64(), "too_low": pl.Boolean()}
)


def judge(
    shipments: pl.DataFrame,
    known: pl.DataFrame,
    carriers: Carriers,
    tests: TestNumbers,
    values: Values,
    now: dt.datetime,
) -> pl.DataFrame:
    """SHIPMENTS with ADDED, in the same order. ``known``: orders of the base that have these numbers
    (tracking_repeats.KNOWN); ``tests``: published test numbers; ``now``: aware, its day picks the values."""
    day = now.date()
    found = Findings(shipments.height)
    kinds = _kinds(shipments, carriers, values, day)
    numbers = normalised(shipments["tracking_number"], found.mark)
    virtual = _judge_virtual(kinds, numbers, values, day, found)
    has = numbers.is_not_null().to_numpy()
    checked = has & ~virtual & ~found.has("digits_lost")
    stated: Bits = kinds.of("stated").to_numpy()
    named = kinds.of("named")
    # Two things at a time, on two processors: numpy and Polars let each other run.
    with ThreadPoolExecutor(max_workers=1) as beside:
        matching = beside.submit(match, numbers, carriers)
        needs = [kinds.of(name) for name in NEED]
        _mark_missing(numbers, kinds, virtual, found)
        _mark_carriers(kinds, has & ~virtual, found)
        _judge_repeats(shipments, kinds, numbers, checked, known, values, now, found)
        matched = matching.result()
        fits = own_fits(matched, carriers)
        links = beside.submit(
            _judge_links, shipments, kinds, has & ~virtual, numbers, named, stated, fits, carriers, values, day, found
        )
        field_rules(numbers, has & ~matched.plain, kinds.holds(CDISCOUNT), values, day, found.mark)
        shaped = judge_shapes(numbers, stated, named, matched, fits, checked, carriers, found.mark)
        least = values.integer("run_at_least_rows", day)
        judge_fakes(numbers, stated, matched, shaped, checked, least, tests, found.mark, found.mark_bits)
        shipped, ordered = shipments["shipped_at"], shipments["ordered_at"]
        judge_dates(numbers, shipped, ordered, stated, carriers, values, now, found.mark)
        urls = links.result()
    asked = has & ~found.has("partner_post")
    return shipments.with_columns(
        numbers,
        *needs,
        found.verdicts(),
        shaped.evidence,
        shaped.key,
        *_carriers_of(kinds, stated, fits, carriers, asked),
        urls,
        found.reasons(),
    )


def _kinds(shipments: pl.DataFrame, carriers: Carriers, values: Values, day: dt.date) -> Kinds:
    """What is known of a shipment but for its number, link and order: Carriers.meant, ``named`` (the carrier, for
    sentences) and what it needs."""
    above = pl.col("value_minor") > values.integer("tracking_above_minor", day)
    kinds = kinds_of(shipments, ["marketplace", "carrier", "delivery_mode", "currency", above.alias("above")])
    named = kinds.frame.with_columns(meant_of(kinds.frame, carriers)).with_columns(named=pl.col("meant").fill_null(""))
    return Kinds(named.with_columns(need(named, values, day).get_columns()), kinds.which)


def meant_of(shipments: pl.DataFrame, carriers: Carriers) -> list[pl.Series]:
    """``stated`` (carriers, as bits), ``status`` and ``meant`` of each shipment's carrier: Carriers.meant."""
    named = carriers.meant(shipments)
    keys = ["marketplace", "carrier"]
    joined = shipments.select(keys).join(named, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return [joined["stated"], joined["status"], joined["meant"].fill_null(joined["carrier"]).alias("meant")]


@applies("CD-S8")
def _judge_virtual(kinds: Kinds, numbers: pl.Series, values: Values, day: dt.date, found: Findings) -> Flags:
    """Virtual goods have no parcel: DEMAT stands for its number. Gives the rows that are settled by that."""
    word = values.words("virtual_number", day)[0]
    goods = kinds.holds(CDISCOUNT & (pl.col("delivery_mode") == DeliveryMode.VIRTUAL))
    said = (numbers == word).fill_null(False).to_numpy()
    found.mark("virtual", np.flatnonzero(goods & said))
    found.mark("virtual_needs_demat", np.flatnonzero(goods & ~said), None, word)
    found.mark("demat_not_virtual", np.flatnonzero(said & ~goods), word)
    carried = kinds.holds(CDISCOUNT & pl.col("status").is_in(["listed", "formless", "missing"]))
    found.mark("virtual_other_carrier", np.flatnonzero((goods | said) & carried))
    settled: Flags = goods | said
    return settled


def _mark_missing(numbers: pl.Series, kinds: Kinds, virtual: Flags, found: Findings) -> None:
    missing = numbers.is_null().to_numpy() & ~virtual
    if not missing.any():
        return
    required = pl.col("required")
    must = np.flatnonzero(missing & kinds.holds(required))
    found.mark("number_missing", must, None, kinds.of("required_rule").gather(must))
    found.mark("not_needed", np.flatnonzero(missing & kinds.holds(~required)))
    found.mark("need_unknown", np.flatnonzero(missing & kinds.holds(required.is_null())))


@applies("CD-S3")
def _mark_carriers(kinds: Kinds, numbered: Flags, found: Findings) -> None:
    """Marks carriers that nobody knows, and those that the marketplace does not list."""
    typed, meant = kinds.frame["carrier"].str.slice(0, 60), kinds.frame["meant"]
    for word, code in (("missing", "carrier_missing"), ("other", "carrier_missing"), ("unknown", "carrier_unknown"),
                       ("near", "carrier_near"), ("formless", "carrier_formless")):  # fmt: skip
        at = np.flatnonzero(kinds.holds(pl.col("status") == word) & numbered)
        which = kinds.which.gather(at)
        found.mark(code, at, typed.gather(which), meant.gather(which) if word == "near" else None)
    at = np.flatnonzero(kinds.holds(pl.col("status") == "unlisted"))
    found.mark("carrier_unlisted", at, meant.gather(kinds.which.gather(at)))


def _judge_links(
    rows: pl.DataFrame, kinds: Kinds, numbered: Flags, numbers: pl.Series, named: pl.Series, stated: Bits, fits: Bits,
    carriers: Carriers, values: Values, day: dt.date, found: Findings,
) -> pl.Series:  # fmt: skip
    urls = bare(rows["tracking_url"])
    unlisted = kinds.holds(pl.col("status").is_in(UNLISTED) & CDISCOUNT)
    found.mark("url_missing", np.flatnonzero(unlisted & urls.is_null().to_numpy() & numbered))

    def mark(code: str, at: object, given: object = None, expected: object = None) -> None:
        if code == "url_other_carrier":
            given = named.gather(np.asarray(at, dtype=np.int64))
        found.mark(code, at, given, expected)  # type: ignore[arg-type]

    longest = values.integer("link_at_most_characters", day)
    return judge_urls(urls, numbers, stated, fits, carriers, longest, mark)


def _judge_repeats(
    rows: pl.DataFrame, kinds: Kinds, numbers: pl.Series, checked: Flags, known: pl.DataFrame, values: Values,
    now: dt.datetime, found: Findings,
) -> None:  # fmt: skip
    shop = pl.coalesce(pl.col("shop"), pl.col("shop_id").cast(pl.String))
    amazon = kinds.holds(pl.col("marketplace") == Marketplace.AMAZON)
    frame = rows.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        "shop_id",
        "buyer",
        number=numbers if checked.all() else pl.when(pl.Series(checked)).then(numbers),
        shop=shop,
        order="order_number",
        merges=pl.Series(~amazon),
        one_parcel=pl.Series(kinds.holds(CDISCOUNT)),
    )
    in_file(frame, found.mark)
    if known.height:
        against_base(frame, known, values, now, found.mark)


def _carriers_of(kinds: Kinds, stated: Bits, fits: Bits, carriers: Carriers, asked: Flags) -> list[pl.Series]:
    """The ids of the carriers that each number fits, and another carrier's name: the close one of a name nobody
    has, or the only one that the number fits."""
    sets, which = distinct_sets(fits)
    members = [carriers.members(one) for one in sets]
    ids = pl.Series("carriers", [[carrier.id for carrier in some] for some in members], pl.List(pl.String))
    single = [some if one != carriers.any_post else [] for one, some in zip(sets, members, strict=True)]
    names = [some[0].name if len(some) == 1 else None for some in single]
    other = asked & ((fits & stated) == 0)
    proposed = worded("proposed_carrier", [*names, None], np.where(other, which, len(names)))
    near = np.flatnonzero(kinds.holds(pl.col("status") == "near"))
    meant = kinds.frame["meant"].gather(kinds.which.gather(near))
    return [ids.gather(pl.Series(which)), proposed.scatter(near, meant) if len(near) else proposed]


@applies("XX-T1")
def pass_rates(judged: pl.DataFrame, values: Values, day: dt.date) -> pl.DataFrame:
    """RATES of one file: how many numbers of each carrier (as typed) that have a check digit have the right one.

    ``too_low``: below 90 %, which points to invented numbers or to digits lost on the way.
    """
    least = float(values.fraction("key_pass_rate_at_least", day))
    keyed = judged.filter(pl.col("key").is_not_null())
    right = (pl.col("key") == "right").sum().cast(pl.Int64)
    rates = keyed.group_by("carrier").agg(pl.len().cast(pl.Int64).alias("keyed"), right.alias("right")).sort("carrier")
    return (
        rates.with_columns(rate=pl.col("right") / pl.col("keyed"))
        .with_columns(too_low=pl.col("rate") < least)
        .cast(RATES)
    )
