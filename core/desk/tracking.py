"""Tracking numbers on the desk: a table of shipments judged with what the base knows of their numbers."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from core.desk.base import FORMATS_DIR, Desk, Marketplace
from core.intake.encoding import as_utf8, decide
from core.intake.formats import fold
from core.intake.formats import load as load_formats
from core.policy import carriers, tracking, tracking_shapes
from core.policy.clocks import INSTANT
from core.policy.tracking_numbers import normalised
from core.policy.tracking_repeats import KNOWN
from core.policy.words import OPEN_STATES, N_
from core.store import numbers as store_numbers
from core.store import queries

COLUMNS: Final = (
    "order_number", "carrier", "tracking_number", "tracking_url", "value", "currency", "delivery_mode", "buyer",
    "shipped_at",
)  # fmt: skip
"""What a table of shipments may have; all but tracking_number may be absent."""
RESULTS: Final = (
    "order_number",
    "carrier",
    "tracking_number",
    "verdict",
    "evidence",
    "normalised",
    "carriers",
    "reasons",
)
LOW_RATE: Final = N_(
    "{carrier}: only {right} of {keyed} check digits are right. The numbers were made up, or digits were lost (XX-T1)."
)
_MONEY: Final = r"^\s*(\d{1,12})(?:[.,](\d{1,2}))?\s*(?:€|EUR)?\s*$"


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose shipments they are; ``shop_id`` is None where nobody said it."""

    marketplace: str = str(Marketplace.CDISCOUNT)
    shop_id: int | None = None
    name: str | None = None


def shop_called(desk: Desk, name: str, marketplace: str) -> Shop:
    """The shop of this name. Raises ``ValueError`` where there is none."""
    with desk.reading() as connection:
        found = desk.mine(queries.shops(connection), "id").filter(name=name, marketplace=marketplace)
    if not found.height:
        raise ValueError(f"no shop of {marketplace} is called {name!r}")
    return Shop(marketplace, int(found["id"][0]), name)


def read_table(data: bytes, shop: Shop) -> pl.DataFrame:
    """A CSV with COLUMNS (comma, semicolon or tab; text as typed) as SHIPMENTS, one row a row.

    Raises ``ValueError`` where there is no column tracking_number, a column stands there twice, or a row has more
    cells than the header. Rows without any cell filled are left out. An amount, a day or a delivery mode that cannot
    be read is null: nobody said it.
    """
    text = as_utf8(data, decide(data).encoding)
    head = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    separator = max(",;\t", key=head.count)
    try:
        rows = pl.read_csv(io.BytesIO(text), separator=separator, infer_schema=False, has_header=False, n_rows=1)
        titles = [(title or "").strip().casefold() for title in rows.row(0)]
        raw = pl.read_csv(io.BytesIO(text), separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as trouble:
        where = _too_long(text.decode("utf-8", "replace"), separator)
        raise ValueError(where or f"not a table: {str(trouble).splitlines()[0]}") from trouble
    twice = [title for title in COLUMNS if titles.count(title) > 1]
    if twice:
        raise ValueError(f"line 1: the column {twice[0]} stands there twice")
    raw = raw.select(pl.nth(place).alias(title) for place, title in enumerate(titles) if title in COLUMNS)
    raw = raw.filter(~pl.all_horizontal(pl.all().is_null()))
    if "tracking_number" not in raw.columns:
        raise ValueError(f"no column tracking_number; the columns may be {', '.join(COLUMNS)}")
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in COLUMNS if name not in raw.columns]
    raw = raw.with_columns(missing)
    return raw.select(
        pl.lit(shop.marketplace).alias("marketplace"),
        pl.lit(shop.shop_id, dtype=pl.Int64).alias("shop_id"),
        pl.lit(shop.name, dtype=pl.String).alias("shop"),
        pl.col("order_number").str.strip_chars().replace("", None),
        _minor("value").alias("value_minor"),
        pl.col("currency").str.strip_chars().str.to_uppercase().replace("€", "EUR"),
        _mode(raw["delivery_mode"]).alias("delivery_mode"),
        "carrier",
        "tracking_number",
        "tracking_url",
        pl.col("buyer").str.strip_chars().str.to_lowercase().replace("", None),
        pl.lit(None, dtype=INSTANT).alias("ordered_at"),
        _instant("shipped_at"),
    ).cast(tracking.SHIPMENTS)  # fmt: skip


def _too_long(text: str, separator: str) -> str | None:
    """The first line with more cells than the header, told with its number; None where there is none."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    width = len(next(lines, []))
    try:
        for cells in lines:
            if len(cells) > width:
                return f"line {lines.line_num}: {len(cells)} cells, the header has {width}"
    except csv.Error as trouble:
        return f"line {lines.line_num}: {trouble}"
    return None


def _minor(name: str) -> pl.Expr:
    parts = pl.col(name).str.extract_groups(_MONEY)
    cents = parts.struct.field("2").fill_null("0").str.pad_end(2, "0").cast(pl.Int64, strict=False)
    return parts.struct.field("1").cast(pl.Int64, strict=False) * 100 + cents


def _mode(words: pl.Series) -> pl.Expr:
    """The delivery mode, by our words or a marketplace's; null for a word nobody knows."""
    known = load_formats(FORMATS_DIR).delivery_modes
    meaning = {word: known.get(fold(word)) for word in words.drop_nulls().unique()}
    return pl.col("delivery_mode").replace_strict(meaning, default=None, return_dtype=pl.String)


def _instant(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    instant = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", strict=False, time_unit="us", time_zone="UTC")
    return pl.coalesce(instant, day).alias(name)


@cache
def all_carriers() -> carriers.Carriers:
    """The carriers of ``data/carriers.toml``. Raises ``ValueError`` where the file is broken."""
    return carriers.load()


@cache
def test_numbers() -> tracking_shapes.TestNumbers:
    """The published test numbers of ``data/test_numbers.toml``."""
    return tracking_shapes.load_test_numbers()


def check(desk: Desk, shipments: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """SHIPMENTS judged at ``now`` with the base's numbers: core.policy.tracking.judge.

    Orders of shops that may not be seen count, and are not named. A carrier is the one that its shop's words mean.
    """
    known = known_numbers(desk, shipments["tracking_number"])
    with desk.reading() as connection:
        told = shipments.with_columns(carriers.told(shipments, queries.carrier_words(connection)))
    judged = tracking.judge(told, known, all_carriers(), test_numbers(), desk.values, now)
    return judged.with_columns(shipments["carrier"])


def known_numbers(desk: Desk, typed: pl.Series, at_hand: pl.DataFrame | None = None) -> pl.DataFrame:
    """KNOWN: the orders of the base that have these numbers, or had them in a file, as typed or made plain.

    ``at_hand``: shop_id and order_number of orders that are compared with each other anyway; of them only
    counts what went out.
    """
    plain = normalised(typed, lambda *_: None)
    asked = pl.concat([plain, typed.alias("normalised")]).drop_nulls().unique(maintain_order=True)
    with desk.reading() as connection:
        found = store_numbers.used(connection, asked.filter(asked != "").to_list())
    if at_hand is not None:
        went, rest = found.filter(source="sent"), found.filter(pl.col("source") != "sent")
        found = pl.concat([went, rest.join(at_hand, on=["shop_id", "order_number"], how="anti")])
    plain = normalised(found["tracking_number"], lambda *_: None)
    current = normalised(found["current_number"], lambda *_: None)
    return found.select(
        plain.alias("tracking_number"),
        "shop_id",
        "shop",
        "order_number",
        pl.col("state").is_in([str(state) for state in OPEN_STATES]).fill_null(False).alias("is_open"),
        (current.is_not_null() & (current != plain)).fill_null(False).alias("given_up"),
        pl.col("created_at").alias("at"),
        buyer(),
        (pl.lit(value=True) if desk.sees is None else pl.col("shop_id").is_in(list(desk.sees))).alias("visible"),
    ).cast(KNOWN)  # fmt: skip


def low_rates(desk: Desk, judged: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """core.policy.tracking.RATES of the carriers of whose numbers too few have the right check digit (XX-T1)."""
    return tracking.pass_rates(judged, desk.values, now.date()).filter("too_low")


def buyer() -> pl.Expr:
    """Name and address as one text, equal for the same buyer at the same address.

    Null where the name, the address or the postcode is not known: then nobody can tell that two buyers are one.
    """
    who = ("last_name", "first_name", "address", "postcode")
    last, first, *place = [pl.col(name).fill_null("").str.strip_chars().str.to_lowercase() for name in who]
    known = pl.all_horizontal(*(part != "" for part in place), (last != "") | (first != ""))
    return pl.when(known).then(pl.concat_str(last, first, *place, separator=" ")).alias("buyer")


def results(judged: pl.DataFrame) -> pl.DataFrame:
    """RESULTS of judged shipments, carriers and reasons as lists of ids and codes."""
    codes = pl.col("reasons").list.eval(pl.element().struct.field("code"))
    return judged.with_columns(codes.alias("reasons")).select(RESULTS)
