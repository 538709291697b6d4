"""What each option is expected to cost, line by line (CD-R2), and at which price the answer changes.

Amounts are integers throughout. A line is rounded once, half to even; lines add up to the total.
"""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from core.policy.returns.frames import LINES, Option
from core.policy.returns.terms import LARGEST_MINOR, WHOLE, Line, Terms
from core.policy.values import applies

CURRENCIES: Final = ("EUR", "GBP")
"""A shop's costs are minor units of the order's currency; the defaults fit these two."""
LINE_COLUMNS: Final = [f"{option}:{name}" for option in Option for name in LINES]


def rounded(amount: pl.Expr, coefficient: pl.Expr | int) -> pl.Expr:
    """``amount`` (0 to 4 million) times ``coefficient`` (0 to 10^9) / 10^9, to the nearest unit, half to even.

    In floats, and exact: the product stays below 2^53, so a true half comes out as a half; and whatever is no half
    is at least 10^-9 away from one, more than the quotient's error (below 10^-9 up to 4 million). The divisor is a
    column (see :func:`divisor`): by a constant Polars multiplies with its inverse, which is not exact.
    """
    share = float(coefficient) if isinstance(coefficient, int) else coefficient
    return (amount.cast(pl.Float64) * share / pl.col("whole")).round(0, mode="half_to_even").cast(pl.Int64)


def divisor() -> pl.Expr:
    """Column ``whole``: 10^9 in every row whose price is known."""
    return (pl.col("goods") * 0 + WHOLE).cast(pl.Float64).alias("whole")


def amounts() -> tuple[pl.Expr, pl.Expr]:
    """Price of the articles and of their delivery; null where it or its currency cannot be reckoned with."""
    plain = pl.col("currency").is_in(CURRENCIES)
    goods, shipping = (
        pl.when(plain & pl.col(name).is_between(0, LARGEST_MINOR)).then(pl.col(name))
        for name in ("goods_minor", "shipping_minor")
    )
    return goods, shipping


@applies("CD-R2", "CD-C2", "AM-R7", "AM-R9")
def line_columns(terms: Terms, done: Terms | None = None) -> Iterator[pl.Expr]:
    """One Int64 expression a line, named ``option:line``; lines that an option does not have are left out.

    Needs the columns goods, shipping (null where unknown), both, fault, seller_pays (of the way to an
    address in the country) and those of REQUESTS. A label that the buyer pays costs 0; one for a parcel
    heavier than every band is unknown, so the option has no cost. Left out too: lines that were worked out
    by the terms ``done`` and are the same by these.
    """
    for line in terms.lines:
        if done is not None and line in done.lines and _same_ground(line, terms, done):
            continue
        yield _line(line, terms).alias(f"{line.option}:{line.name}")


def _same_ground(line: Line, terms: Terms, done: Terms) -> bool:
    """Whether what the line stands on beside its own coefficient is the same."""
    if line.base == "commission":
        return terms.commission_rate == done.commission_rate
    if line.base.startswith("label"):
        return (terms.labels, terms.weight_unknown) == (done.labels, done.weight_unknown)
    return True


def _line(line: Line, terms: Terms) -> pl.Expr:
    if line.base in ("label_home", "label_abroad"):
        band = _label(terms, line.base)
        # Who pays is only asked for the way to the address; a prepaid label is the seller's own.
        return pl.when(pl.col("seller_pays")).then(band).otherwise(0) if line.base == "label_home" else band
    if line.base == "fixed":
        return pl.when(pl.col("both").is_not_null()).then(_by_fault(line.unwanted, line.faulty))
    if line.base == "commission":
        share = _by_fault(abs(line.unwanted), abs(line.faulty))
        by_rate = _by_fault(*(abs(x) * terms.commission_rate // WHOLE for x in (line.unwanted, line.faulty)))
        known = pl.col("commission_minor").is_not_null()
        # One product either way, so one rounding.
        amount = pl.coalesce(pl.col("commission_minor").clip(0, LARGEST_MINOR), pl.col("both"))
        return -rounded(amount, pl.when(known).then(share).otherwise(by_rate))
    sign = -1 if line.unwanted < 0 else 1
    amount = pl.col(line.base)
    if line.unwanted == line.faulty == WHOLE:
        return amount
    return sign * rounded(amount, _by_fault(abs(line.unwanted), abs(line.faulty)))


def _by_fault(unwanted: int, faulty: int) -> pl.Expr:
    if unwanted == faulty:
        return pl.lit(unwanted, dtype=pl.Int64)
    return pl.when("fault").then(pl.lit(faulty, dtype=pl.Int64)).otherwise(pl.lit(unwanted, dtype=pl.Int64))


def _label(terms: Terms, base: str) -> pl.Expr:
    """Expected cost of the label by the buyer's country and the weight; other countries share a table."""
    leg, place = ("home_", 1) if base == "label_home" else ("abroad_", 2)
    tables = {key.removeprefix(leg): bands for key, bands in terms.labels if key.startswith(leg)}
    weight = pl.col("weight_g").fill_null(terms.weight_unknown)

    def banded(bands: tuple[tuple[int, int, int], ...]) -> pl.Expr:
        chain: Any = pl
        for band in bands:
            chain = chain.when(weight <= band[0]).then(pl.lit(band[place], dtype=pl.Int64))
        return chain.otherwise(None)  # type: ignore[no-any-return]

    found = banded(tables.pop("other"))
    for country, bands in tables.items():
        found = pl.when(pl.col("country") == country.upper()).then(banded(bands)).otherwise(found)
    return found


def totals(terms: Terms) -> Iterator[pl.Expr]:
    """``{option}_cost_minor`` from the line columns; null as soon as one line is unknown."""
    for option in Option:
        names = [f"{line.option}:{line.name}" for line in terms.lines if line.option == option]
        total = pl.col(names[0])
        for name in names[1:]:
            total = total + pl.col(name)
        yield total.alias(f"{option}_cost_minor")


def slopes(terms: Terms) -> dict[Option, tuple[float, float]]:
    """How fast each option's cost grows with the price of the articles, if unwanted and if faulty."""
    found = {}
    for option in Option:
        parts = [0.0, 0.0]
        for line in terms.lines:
            if line.option == option and line.base in ("goods", "both", "commission"):
                rate = terms.commission_rate / WHOLE if line.base == "commission" else 1.0
                parts[0] += line.unwanted / WHOLE * rate
                parts[1] += line.faulty / WHOLE * rate
        found[option] = parts[0], parts[1]
    return found
