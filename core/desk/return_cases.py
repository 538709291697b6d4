"""Return requests of the base as the rules judge them: facts of files, orders and people in one frame."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl
import sqlalchemy as sa
from babel import Locale

from core.policy.clocks import INSTANT, local_day
from core.policy.returns import reasons, statuses
from core.policy.returns.frames import REQUESTS, Option
from core.policy.words import fold
from core.store import returns as store

KEY: Final = ["shop_id", "key"]
FACTS: Final[dict[str, pl.DataType]] = {
    "reason": pl.String(), "evidence": pl.String(), "weight_g": pl.Int64(), "category": pl.String(),
    "withdrawal_excluded": pl.Boolean(), "exchange_agreed": pl.Boolean(), "has_address": pl.Boolean(),
    "has_label": pl.Boolean(), "buyer_informed": pl.Boolean(), "goods_minor": pl.Int64(),
    "shipping_minor": pl.Int64(), "currency": pl.String(), "country": pl.String(), "delivered_at": INSTANT,
}  # fmt: skip
"""What a person may say of a request beside the files; a person's word goes before a file's."""
OFFERS: Final = ("offer_addresses", "offer_label", "offer_informed", "offer_insured", "return_address")
"""What a shop can offer, as dated values: countries with a return address (two letters, with blanks), and
yes or no to prepaid labels, to telling the buyer beforehand that a withdrawal's way back is his and to insured
parcels, and the address itself, as it is written to buyers."""
EVENTS: Final = ("answered", "label_sent", "sent_back", "goods_back", "refund_paid", "exchange_sent", "closed")
MORE: Final = {
    "goods_back": {"complete": pl.col("complete"), "condition": pl.col("condition")},
}
"""What an event says beside its instant."""


def frame(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Requests with the columns of REQUESTS, those of ``store.requests``, and:

    contested; line_title; decision_id, decided_at, decided_by, amount_minor (of the decision), decision_reason;
    label_sent_at, exchange_sent_at, closed_at; complete, condition (of the goods back); paid_minor;
    filed_answered, filed_ended, filed_refunded (a file says so, without its instant).
    """
    rows = store.requests(connection, *where)
    return assembled(rows, about(connection, rows, *where))


def about(connection: sa.Connection, rows: pl.DataFrame, *where: sa.ColumnElement[bool]) -> "About":
    """What the base holds around the requests of a condition, which are ``rows``."""
    postcodes = sorted({bare for word in rows["postcode"].unique().drop_nulls() if (bare := _bare(word))})
    return About(
        store.lines(connection, *where), store.buyers(connection, postcodes), store.decisions(connection, *where),
        store.events(connection, *where), store.facts(connection, *where), store.settings(connection),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """What the base holds around requests, each as ``core.store.returns`` gives it."""

    lines: pl.DataFrame
    buyers: pl.DataFrame
    decisions: pl.DataFrame
    events: pl.DataFrame
    facts: pl.DataFrame
    settings: pl.DataFrame


def assembled(rows: pl.DataFrame, about: About) -> pl.DataFrame:
    """The columns of :func:`frame` from ``store.requests`` and what is known around them."""
    rows = _priced(rows, about.lines)
    rows = _with_history(rows, about.buyers)
    rows = _with_record(rows, about.decisions, about.events)
    return _as_requests(rows, about.facts, about.settings)


@cache
def _countries() -> Mapping[str, str]:
    """Names of countries in several languages, folded -> ISO 3166 alpha-2."""
    found: dict[str, str] = {}
    for language in ("en", "fr", "de", "es", "it", "zh"):
        names = Locale(language).territories
        found |= {fold(name): code for code, name in names.items() if len(code) == 2 and code.isalpha()}
    return found


def _bare(word: str) -> str | None:
    """Letters and digits alone, folded; None where there are none."""
    return "".join(letter for letter in fold(word) if letter.isalnum()) or None


def country(word: str | None) -> str | None:
    """The code of a country that a file names or codes; None where nobody knows it."""
    bare = (word or "").strip()
    if len(bare) == 2 and bare.isascii():
        return bare.upper()
    return _countries().get(fold(bare))


def _priced(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Adds line_title, and brings goods_minor and shipping_minor down to what is to go back.

    A request that names no line is about the whole order; one that names a line which the order does not have
    has no price. Without an order the file's own sum of the order, delivery included, is taken.
    """
    names = ("line_id", "seller_sku", "sku")
    both = rows.select(*KEY, "order_number", *names, "quantity").join(
        lines, on=["shop_id", "order_number"], suffix="_of_line"
    )
    own = pl.col("seller_sku")
    same = (
        (pl.col("line_id") == pl.col("line_id_of_line")).fill_null(False)
        | ((own == pl.col("seller_sku_of_line")) | (own == pl.col("sku_of_line"))).fill_null(False)
        | (pl.col("sku") == pl.col("sku_of_line")).fill_null(False)
    )
    pieces = pl.col("quantity_of_line").fill_null(1).clip(1)
    back = pl.min_horizontal(pl.col("quantity").fill_null(pieces), pieces)
    found = both.filter(same).group_by(KEY).agg(
        line_goods=_share(pl.col("price_minor"), back, pieces).sum(), line_shipping=pl.col("shipping_minor").sum(),
        line_title=pl.col("title").first(), unpriced=pl.col("price_minor").has_nulls(),
    )  # fmt: skip
    whole = pl.all_horizontal(pl.col(name).is_null() for name in names)
    unknown = pl.col("order_currency").is_null()
    rows = rows.join(found, on=KEY, how="left", maintain_order="left")
    goods = (
        pl.when(unknown & pl.col("goods_minor").is_null()).then("order_minor")
        .when(whole).then("goods_minor")
        .when(~pl.col("unpriced")).then("line_goods")
    )  # fmt: skip
    all_of_it = whole | (pl.col("line_goods") == pl.col("goods_minor"))
    shipping = (
        pl.when(unknown & pl.col("goods_minor").is_null() & pl.col("order_minor").is_not_null()).then(0)
        .when(all_of_it.fill_null(False)).then("shipping_minor")
        .when(~pl.col("unpriced")).then("line_shipping")
    )  # fmt: skip
    called = pl.coalesce("title", "seller_sku_of_line", "sku_of_line")
    titles = both.group_by(KEY).agg(any_title=called.first())
    rows = rows.with_columns(goods.alias("goods_minor"), shipping.alias("shipping_minor"))
    rows = rows.join(titles, on=KEY, how="left", maintain_order="left")
    named = pl.coalesce("title", "line_title", pl.when(whole).then("any_title"), "seller_sku", "sku")
    return rows.with_columns(named.alias("line_title")).drop("line_goods", "line_shipping", "unpriced", "any_title")


def _share(amount: pl.Expr, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """``part`` of ``whole`` pieces of an amount, to the nearest unit, half to even, in whole numbers."""
    share, rest = amount * part // whole, amount * part % whole
    up = (2 * rest > whole) | ((2 * rest == whole) & (share % 2 == 1))
    return share + up.cast(pl.Int64)


def _with_history(rows: pl.DataFrame, buyers: pl.DataFrame) -> pl.DataFrame:
    """Adds buyer_returns and buyer_keeps: earlier requests of the same name and postcode, over all shops.

    Case, accents, hyphens and blanks make nobody another.
    """
    parts = [
        pl.col(part).replace_strict(
            {word: _bare(word) for word in buyers[part].unique().drop_nulls()}, default=None, return_dtype=pl.String
        )
        for part in ("first_name", "last_name", "postcode")
    ]
    name = pl.concat_str(parts, separator="|")
    known = buyers.with_columns(name.alias("who"), kept=pl.col("option") == str(Option.KEEP_REFUND))
    known = known.drop_nulls(["who", "requested_at"]).sort("requested_at", *KEY)
    before = known.with_columns(
        buyer_returns=pl.int_range(pl.len(), dtype=pl.Int64).over("who"),
        buyer_keeps=(pl.col("kept").fill_null(False).cum_sum().over("who") - pl.col("kept").fill_null(False)).cast(
            pl.Int64
        ),
    )
    return rows.join(before.select(*KEY, "buyer_returns", "buyer_keeps"), on=KEY, how="left", maintain_order="left")


def _with_record(rows: pl.DataFrame, decided: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Adds the standing decision and the newest event of each kind; a file's own words beside them."""
    last = decided.group_by(KEY, maintain_order=True).last().select(
        *KEY, "amount_minor", decision_id="id", chosen="option", decided_at="at", decided_by="person",
        decision_reason="reason", decided_recommended="recommended",
    )  # fmt: skip
    rows = rows.join(last, on=KEY, how="left", maintain_order="left")
    for kind in EVENTS:
        # A case that was opened again is not closed.
        of_kind = pl.col("kind").is_in([kind, store.REOPENED] if kind == store.CLOSED else [kind])
        mine = events.filter(of_kind).group_by(KEY, maintain_order=True).last().filter(kind=kind)
        more = MORE.get(kind, {})
        rows = rows.join(
            mine.select(*KEY, pl.col("happened_at").alias(f"{kind}_on"), **more),
            on=KEY, how="left", maintain_order="left",
        )  # fmt: skip
    # One sum that nobody gave is all that was owed.
    given = pl.col("amount_minor")
    paid = events.filter(kind="refund_paid").group_by(KEY).agg(paid_minor=pl.when(~given.has_nulls()).then(given.sum()))
    rows = rows.join(paid, on=KEY, how="left", maintain_order="left")
    words = rows["status_word"].unique().drop_nulls()
    status = pl.col("status_word")
    return rows.with_columns(
        filed_answered=status.is_in(list(filter(statuses.is_answered, words))).fill_null(False),
        filed_ended=status.is_in(list(filter(statuses.is_ended, words))).fill_null(False),
        filed_refunded=(pl.col("refunded_minor") > 0).fill_null(False),
    ).rename({
        "answered_on": "answered_at", "label_sent_on": "label_sent_at", "sent_back_on": "sent_back_at",
        "goods_back_on": "goods_back_at", "refund_paid_on": "refunded_at", "exchange_sent_on": "exchange_sent_at",
        "closed_on": "closed_at",
    })  # fmt: skip


def _as_requests(rows: pl.DataFrame, said: pl.DataFrame, settings: pl.DataFrame) -> pl.DataFrame:
    words = reasons.load()
    rows = reasons.mapped(rows, words)
    codes = {word: country(word) for name in ("country", "buyer_country") for word in rows[name].unique().drop_nulls()}
    rows = rows.with_columns(
        request_id=pl.format("{}/{}", "shop_id", "key"),
        category=pl.col("category").str.to_lowercase(),
        currency=pl.coalesce("order_currency", "currency"),
        country=pl.coalesce(
            pl.col(name).replace_strict(codes, default=None, return_dtype=pl.String)
            for name in ("country", "buyer_country")
        ),
        ordered_at=pl.coalesce("ordered_at", "created_at"),
        goods_back_at=pl.coalesce("goods_back_at", "received_at"),
    )
    parts = [
        offered(part, settings if until is None else settings.filter(pl.col("at") <= until))
        for until, part in as_decided(rows, settings["at"])
    ]
    rows = _said(pl.concat(parts), said)
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in REQUESTS.items() if name not in rows.columns]
    return rows.with_columns(absent).cast(dict(REQUESTS))  # type: ignore[arg-type]  # types of columns


def as_decided(rows: pl.DataFrame, written: pl.Series) -> Iterator[tuple[dt.datetime | None, pl.DataFrame]]:
    """Cases by what was saved when they were decided: up to which instant of ``written`` it counts for them.

    None: all of it, for cases that nobody has decided yet, or after which nothing was saved.
    """
    saved = written.unique().sort().to_list()
    if rows.is_empty() or not saved:
        yield None, rows
        return
    done = pl.col("decided_at")
    known: Any = pl.when(done.is_null() | (done >= saved[-1])).then(None)
    for at in reversed(saved[:-1]):
        known = known.when(done >= at).then(pl.lit(at).cast(INSTANT))
    known = known.otherwise(pl.lit(_BEFORE).cast(INSTANT)).alias("until")
    for (until,), part in rows.with_columns(known).group_by("until", maintain_order=True):
        yield until, part.drop("until")


_BEFORE: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def offered(rows: pl.DataFrame, settings: pl.DataFrame) -> pl.DataFrame:
    """Adds has_address, has_label and buyer_informed as the shop could offer it on the day of the notice."""
    zones = rows["zone"].unique().to_list()
    today = pl.coalesce("requested_at", "as_of")
    rows = rows.with_columns(
        local_day(today, zones).alias("offer_day") if zones else pl.lit(None, pl.Date).alias("offer_day")
    )
    for name in OFFERS:
        mine = settings.filter(key=name).select("shop_id", "since", pl.col("amount").alias(name)).sort("since")
        mine = mine.unique(["shop_id", "since"], keep="last", maintain_order=True)
        rows = rows.with_row_index("place").sort("offer_day").join_asof(
            mine, left_on="offer_day", right_on="since", by="shop_id", strategy="backward", check_sortedness=False
        ).sort("place").drop("place", "since", strict=False)  # fmt: skip
    # Cdiscount asks for an address in France, wherever the buyer lives.
    place = pl.when(pl.col("marketplace") == "cdiscount").then(pl.lit("FR")).otherwise(pl.col("country"))
    yes = {"yes": True, "no": False}
    return rows.with_columns(
        has_address=pl.col("offer_addresses").str.to_uppercase().str.split(" ").list.contains(place),
        has_label=pl.col("offer_label").replace_strict(yes, default=None, return_dtype=pl.Boolean),
        buyer_informed=pl.col("offer_informed").replace_strict(yes, default=None, return_dtype=pl.Boolean),
    ).drop(*OFFERS[:4], "offer_day")


def _said(rows: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """What people said goes before what files say; a reason of theirs has no payer of the marketplace's."""
    newest = said.group_by(*KEY, "field", maintain_order=True).last()
    for name, kind in FACTS.items():
        mine = newest.filter(field=name).select(*KEY, value_said(name, kind).alias("said"))
        rows = rows.join(mine, on=KEY, how="left", maintain_order="left")
        if name == "reason":
            rows = rows.with_columns(
                reason_payer=pl.when(pl.col("said").is_null()).then("reason_payer"),
                contested=pl.col("contested") & pl.col("said").is_null(),
            )
        known = pl.col(name) if name in rows.columns else pl.lit(None, dtype=kind)
        rows = rows.with_columns(pl.coalesce("said", known).alias(name)).drop("said")
    return rows


def value_said(name: str, kind: pl.DataType) -> pl.Expr:
    """The column ``value`` of facts, written by :func:`as_said`, in its own type."""
    value = pl.col("value")
    if isinstance(kind, pl.Boolean):
        return value == "yes"
    if kind == INSTANT:
        return value.cast(pl.Int64).cast(INSTANT)
    return value.cast(kind)


def as_said(value: object) -> str:
    """A fact as the base keeps it: yes or no, whole numbers, microseconds since 1970, words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return str((value - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1))
    return str(value)
