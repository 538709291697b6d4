"""The decision of a return: lawful options, their costs, the cheapest, what would change it, the clocks."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from core.policy.clocks import INSTANT, local_day
from core.policy.returns import clocks, costs, options
from core.policy.returns.days import days
from core.policy.returns.frames import COST_LINES, DECIDED, MARKETPLACES, Option
from core.policy.returns.shop_rules import barred_by
from core.policy.returns.terms import Book, Terms
from core.policy.values import applies
from core.policy.words import Marketplace

ROW: Final = "row"


@applies("CD-R2", "AM-R1", "AM-R3", "AM-R10", "AM-R11")
def decide(
    requests: pl.DataFrame, book: Book, shop_rules: pl.DataFrame, holidays: Sequence[dt.date], now: dt.datetime
) -> pl.DataFrame:
    """REQUESTS to DECIDED, row by row, in the same order. ``shop_rules``: SHOP_RULES. ``now``: aware.

    Each request is judged by the values, the shop's settings and the shop's rules in force on the day of its
    notice (today where that is not known), so older cases keep theirs. Other marketplaces than those of
    MARKETPLACES get a row of nulls with the question "marketplace".
    """
    return judged_columns(requests, book, shop_rules, holidays, now, DECIDED.names()).cast(DECIDED)


def cost_lines(
    requests: pl.DataFrame, book: Book, shop_rules: pl.DataFrame, holidays: Sequence[dt.date], now: dt.datetime
) -> pl.DataFrame:
    """COST_LINES of every option whose cost is known (also of options that are not lawful), zeros left out."""
    wide = judged_columns(requests, book, shop_rules, holidays, now, ["request_id", *costs.LINE_COLUMNS])
    long = wide.unpivot(index="request_id", variable_name="name", value_name="amount_minor")
    parts = pl.col("name").str.split_exact(":", 1)
    return (
        long.filter(pl.col("amount_minor") != 0)
        .with_columns(parts.struct.field("field_0").alias("option"), parts.struct.field("field_1").alias("line"))
        .select(COST_LINES.names()).cast(COST_LINES)
    )  # fmt: skip


def judged_columns(
    requests: pl.DataFrame, book: Book, shop_rules: pl.DataFrame, holidays: Sequence[dt.date], now: dt.datetime,
    columns: Sequence[str],
) -> pl.DataFrame:  # fmt: skip
    """``columns`` of the judged requests, in order; rows that share zone and terms are judged together."""
    plans = []
    schema = pl.Schema({name: DECIDED.get(name, pl.Int64()) for name in columns})
    for (terms,), zone, part in groups(requests, [book], now):
        if terms.marketplace not in MARKETPLACES:
            plans.append(part.select(ROW, *_cannot_tell(schema)))
            continue
        rows = weighed(facts(part, terms, holidays), terms, shop_rules)
        plans.append(in_words(rows, terms, zone, holidays, now).select(ROW, *columns))
    return in_order(plans, schema)


def _cannot_tell(schema: pl.Schema) -> list[pl.Expr]:
    """The columns of a request on a marketplace whose rules are not known here."""
    told = {"request_id": pl.col("request_id"), "question": pl.lit("marketplace")}
    return [told.get(name, pl.lit(None, dtype=kind)).alias(name) for name, kind in schema.items()]


def in_order(plans: Sequence[pl.LazyFrame], schema: pl.Schema) -> pl.DataFrame:
    """The groups' rows as one frame in the order of the requests, without ROW."""
    frames = pl.collect_all(plans)
    return pl.concat(frames).sort(ROW).drop(ROW) if frames else pl.DataFrame(schema=schema)


def groups(
    requests: pl.DataFrame, books: Sequence[Book], now: dt.datetime
) -> Iterator[tuple[tuple[Terms, ...], str, pl.LazyFrame]]:
    """Requests that share zone and terms (one of each book), with ROW, notice_day and first_day.

    ROW: the place in the frame. ``first_day``: of the delivery, or of the order where that is not known.
    """
    combos = requests.select(_SHOP).unique(maintain_order=True)
    zones = combos["zone"].unique().to_list()
    which: Any = pl
    for place, shop in enumerate(combos.iter_rows()):
        same = [pl.col(name).eq_missing(value) for name, value in zip(_SHOP, shop, strict=True)]
        which = which.when(pl.all_horizontal(same)).then(pl.lit(place, dtype=pl.Int64))
    span = requests.select(
        first=pl.min_horizontal(*(pl.col(name).min() for name in _DATED)),
        last=pl.max_horizontal(*(pl.col(name).max() for name in _DATED)),
    )
    first, last = (moment or now for moment in span.row(0))
    rows = requests.with_row_index(ROW).with_columns(
        (which.otherwise(None) if combos.height else pl.lit(None, dtype=pl.Int64)).alias("combo"),
        days(pl.col("requested_at"), zones, first, last).alias("notice_day"),
        # The order's day matters only where the delivery's is not known.
        days(pl.coalesce("delivered_at", "ordered_at"), zones, first, last).alias("first_day"),
    )
    edges = sorted({day for book in books for shop in combos["shop_id"] for day in book.changes(shop)})
    # A value changes with the day in the shop's own zone.
    today = local_day(pl.lit(now).cast(INSTANT), zones)
    number = rows.select(pl.col("notice_day").fill_null(today).cast(pl.Int32)).to_series().to_numpy()
    period = np.searchsorted(np.array([edge.toordinal() - _EPOCH for edge in edges]), number, side="right")
    rows = rows.with_columns((pl.col("combo") * (len(edges) + 1) + pl.Series(period)).alias("key"))
    found: dict[tuple[tuple[Terms, ...], str], list[int]] = {}
    for key in rows["key"].unique(maintain_order=True):
        combo, place = divmod(key, len(edges) + 1)
        shop, marketplace, zone = combos.row(combo)
        terms = tuple(book.on(shop, marketplace, edges[max(place - 1, 0)]) for book in books)
        found.setdefault((terms, zone), []).append(key)
    for (terms, zone), keys in found.items():
        yield terms, zone, rows.lazy().filter(pl.any_horizontal(pl.col("key") == key for key in keys))


_SHOP: Final = ["shop_id", "marketplace", "zone"]
_DATED: Final = ["requested_at", "delivered_at", "ordered_at"]
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def facts(rows: pl.LazyFrame, terms: Terms, holidays: Sequence[dt.date]) -> pl.LazyFrame:
    """What follows from the law alone: days, periods, payer, amounts owed and the case of every option."""
    goods, shipping = costs.amounts()
    delivered = pl.col("delivered_at").is_not_null()
    rows = rows.with_columns(
        goods.alias("goods"),
        pl.when(delivered).then(pl.col("first_day")).alias("delivered_day"),
        *options.periods(terms, holidays),
    )
    rows = rows.with_columns(options.circumstances(terms)).with_columns(options.payer(terms))
    cases = options.cases_of(terms)
    rows = rows.with_columns(
        (pl.col("return_payer") != "buyer").alias("seller_pays"),
        _shipping_owed(terms, shipping).alias("shipping"),
        *options.numbers(cases),
    )
    both = (pl.col("goods") + pl.col("shipping")).alias("both")
    return rows.with_columns(both, costs.divisor(), *options.is_lawful(cases, terms))


def weighed(rows: pl.LazyFrame, terms: Terms, shop_rules: pl.DataFrame, done: Terms | None = None) -> pl.LazyFrame:
    """Adds what the shop makes of it: its rules, the cost of every option line by line, the cheapest one.

    ``best``: a place in Option. The shop's rules keep from lawful options, never more than that. ``done``: terms
    by which the rows were weighed before; lines that come out the same stay.
    """
    rows = rows.with_columns(
        pl.when(f"{option}_lawful").then(barred_by(shop_rules, option)).alias(f"{option}_barred") for option in Option
    )
    allowed = [pl.col(f"{option}_lawful") & pl.col(f"{option}_barred").is_null() for option in Option]
    rows = rows.with_columns((~pl.any_horizontal(allowed)).alias("rules_left_none"), *costs.line_columns(terms, done))
    rows = rows.with_columns(costs.totals(terms))
    rows = rows.with_columns(
        pl.when(may | (pl.col("rules_left_none") & pl.col(f"{option}_lawful")))
        .then(pl.col(f"{option}_cost_minor"))
        .alias(f"{option}_in")
        for option, may in zip(Option, allowed, strict=True)
    )
    offers = [f"{option}_in" for option in Option]
    rows = rows.with_columns(pl.min_horizontal(offers).alias("recommended_cost_minor"))
    return rows.with_columns(_which(offers, pl.col("recommended_cost_minor")).alias("best"))


def in_words(
    rows: pl.LazyFrame, terms: Terms, zone: str, holidays: Sequence[dt.date], now: dt.datetime
) -> pl.LazyFrame:
    """Every other column of DECIDED, and the line columns that the options do not have, as zeros."""
    missing = [name for name in costs.LINE_COLUMNS if name not in _names(terms)]
    delivered = pl.col("delivered_day").is_not_null()
    rows = rows.with_columns(
        pl.when(delivered).then(pl.col(f"{period}_last")).alias(f"{period}_until")
        for period in ("withdrawal", "conformity")
    )
    rows = rows.with_columns(
        (pl.col("withdrawal_until") - pl.col("notice_day")).dt.total_days().alias("withdrawal_days_left"),
        (pl.col("conformity_until") - pl.col("notice_day")).dt.total_days().alias("conformity_days_left"),
        pl.col("both").alias("refund_minor"),
        option_word("best").alias("recommended"),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in missing),
        *options.words(options.cases_of(terms)),
        *(
            pl.when(pl.col("best") != place).then(pl.col(f"{option}_in")).alias(f"{option}_other")
            for place, option in enumerate(Option)
        ),
    )
    names = [f"{option}_other" for option in Option]
    rows = rows.with_columns(pl.min_horizontal(names).alias("second"))
    rows = rows.with_columns(
        _which(names, pl.col("second")).alias("next"),
        (pl.col("second") - pl.col("recommended_cost_minor")).alias("saved_minor"),
    ).with_columns(option_word("next").alias("runner_up"))
    rows = _turning_points(rows, terms).with_columns(_question())
    return _clocks(rows, terms, zone, holidays, pl.lit(now).cast(INSTANT))


def _names(terms: Terms) -> set[str]:
    return {f"{line.option}:{line.name}" for line in terms.lines}


def _shipping_owed(terms: Terms, shipping: pl.Expr) -> pl.Expr:
    """Amazon, nothing wrong and past the lawful withdrawal: the buyer pays both ways (AM-R4)."""
    if terms.marketplace != Marketplace.AMAZON:
        return shipping
    both_ways = (pl.col("return_payer") == "buyer") & pl.col("in_withdrawal").not_() & shipping.is_not_null()
    return pl.when(both_ways.fill_null(False)).then(pl.lit(0, dtype=pl.Int64)).otherwise(shipping)


def _which(names: Sequence[str], amount: pl.Expr) -> pl.Expr:
    """The place of the first column that has this amount; null where there is no amount."""
    chain: Any = pl
    for place, name in enumerate(names):
        chain = chain.when(pl.col(name) == amount).then(pl.lit(place, dtype=pl.UInt8))
    return chain.otherwise(None)  # type: ignore[no-any-return]


def option_word(name: str) -> pl.Expr:
    """The Option at a place that stands in column ``name``."""
    return pl.col(name).cat.to(pl.Enum([str(option) for option in Option])).cast(pl.String)


def _turning_points(rows: pl.LazyFrame, terms: Terms) -> pl.LazyFrame:
    """At which price of the articles another of the offered options would be the cheapest.

    Costs are straight lines over the price but for the rounding of each line, so a point is right to a few cents.
    """
    slope = {
        option: pl.when("fault").then(faulty).otherwise(unwanted)
        for option, (unwanted, faulty) in costs.slopes(terms).items()
    }
    own = pl.coalesce(pl.when(pl.col("best") == place).then(slope[option]) for place, option in enumerate(Option))
    rows = rows.with_columns(own.alias("own_slope"))
    below, above = [], []
    for option in Option:
        steeper = slope[option] - pl.col("own_slope")
        gap = (pl.col(f"{option}_other") - pl.col("recommended_cost_minor")).cast(pl.Float64)
        point = pl.col("goods") - gap / steeper
        below.append(pl.when((steeper > 0) & (point > 0)).then(point.floor()).cast(pl.Int64).alias(f"{option}_below"))
        above.append(pl.when(steeper < 0).then(point.ceil()).cast(pl.Int64).alias(f"{option}_above"))
    rows = rows.with_columns(*below, *above)
    lower, upper = ([f"{option}_{side}" for option in Option] for side in ("below", "above"))
    rows = rows.with_columns(
        pl.max_horizontal(lower).alias("below_minor"), pl.min_horizontal(upper).alias("above_minor")
    )
    return rows.with_columns(
        _which(lower, pl.col("below_minor")).alias("below_place"),
        _which(upper, pl.col("above_minor")).alias("above_place"),
    ).with_columns(option_word("below_place").alias("below_option"), option_word("above_place").alias("above_option"))


@applies("AM-R12", "CD-R3")
def _question() -> pl.Expr:
    """The first thing to find out, as a code; null where nothing that matters is unknown."""
    home = pl.col("home_address_status")
    cases = [
        (pl.col("requested_at").is_null(), pl.lit("when_requested")),
        (pl.col("reason").is_null() | (pl.col("reason") == "other"), pl.lit("what_differs")),
        (pl.col("refuse_status") == "cannot_tell", pl.col("refuse_why")),
        (home == "cannot_tell", pl.lit("has_address")),
        (pl.col("prepaid_label_status") == "cannot_tell", pl.lit("has_label")),
        (home.is_in(["lawful", "not_allowed"]) & (pl.col("return_payer") == "cannot_tell"), pl.lit("buyer_informed")),
        (pl.col("currency").is_in(costs.CURRENCIES).fill_null(False).not_(), pl.lit("currency")),
        (pl.col("both").is_null(), pl.lit("price")),
        *(
            ((pl.col(f"{option}_status") == "lawful") & pl.col(f"{option}_cost_minor").is_null(), pl.lit("weight"))
            for option in (Option.HOME_ADDRESS, Option.PREPAID_LABEL)
        ),
    ]
    return pl.coalesce(pl.when(condition).then(code) for condition, code in cases).alias("question")


def _clocks(rows: pl.LazyFrame, terms: Terms, zone: str, holidays: Sequence[dt.date], now: pl.Expr) -> pl.LazyFrame:
    rows = rows.with_columns(
        local_day(pl.col("goods_back_at"), [zone]).alias("goods_back_day"),
        local_day(pl.min_horizontal("sent_back_at", "goods_back_at"), [zone]).alias("released_day"),
    )
    rows = rows.with_columns(
        *clocks.reply(terms, now),
        *clocks.due_dates(terms, zone, holidays),
        (pl.col("goods_minor") + pl.col("shipping")).alias("due_sum"),
    )
    rows = rows.with_columns(clocks.paid_at().alias("paid_at")).with_columns(clocks.refund_state(now))
    return rows.with_columns(clocks.days_late(zone, now)).with_columns(clocks.penalties(terms))
