"""The shipments of the last weeks, for pictures: verdicts by carrier and day, and how many check digits are right."""

import datetime as dt
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.desk import settings, shipment_judging
from core.desk import tracking as rules
from core.desk.base import Desk
from core.policy import carriers as carrier_table
from core.policy import tracking
from core.policy.tracking_repeats import KNOWN
from core.store import queries
from core.store import shipments as store

DAYS: Final = 14
MOST: Final = 50_000
CARRIERS: Final = 6
"""So many carriers are shown by name; the rest stands together."""
VERDICTS: Final = pl.Schema({"carrier": pl.String(), "day": pl.Date(), "verdict": pl.String(), "shipments": pl.Int64()})
RATES: Final = pl.Schema(
    {"carrier": pl.String(), "day": pl.Date(), "keyed": pl.Int64(), "right": pl.Int64(), "rate": pl.Float64()}
)


def verdicts(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """:data:`VERDICTS`, by the day on which a number came in; a carrier out of the first ones is null."""
    counted = _judged(desk, now).group_by("carrier", "day", "verdict").agg(shipments=pl.len().cast(pl.Int64))
    return counted.select(VERDICTS.names()).cast(VERDICTS).sort("carrier", "day", "verdict", nulls_last=True)


def pass_rates(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """:data:`RATES`: of the numbers that have a check digit, how many have the right one, by carrier and day."""
    keyed = _judged(desk, now).filter(pl.col("key").is_not_null(), pl.col("carrier").is_not_null())
    right = (pl.col("key") == "right").sum().cast(pl.Int64)
    rates = keyed.group_by("carrier", "day").agg(keyed=pl.len().cast(pl.Int64), right=right)
    rates = rates.with_columns(rate=pl.col("right") / pl.col("keyed"))
    return rates.select(RATES.names()).cast(RATES).sort("carrier", "day")


def least_rate(desk: Desk, now: dt.datetime) -> float:
    """Below this share of right check digits a file is suspect (XX-T1)."""
    return float(desk.values.fraction("key_pass_rate_at_least", now.date()))


def _judged(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """carrier, day, verdict and key of every number of the last weeks, each once an order."""
    zone = settings.team(desk).zone
    hour = now.replace(minute=0, second=0, microsecond=0)

    def query(connection: sa.Connection) -> pl.DataFrame:
        rows = store.recent_shipments(connection, now - dt.timedelta(days=DAYS - 1), MOST, desk.sees)
        # A number that was mended later stands here beside the wrong one: each counts as its own order.
        order = pl.concat_str("order_number", "tracking_number", separator="#")
        rows = rows.unique(["shop_id", "order_number", "tracking_number"], keep="last", maintain_order=True)
        nothing = KNOWN.to_frame()
        carriers = rules.all_carriers()
        shipments = rows.with_columns(order_number=order, delivery_mode=pl.lit(None, dtype=pl.String)).with_columns(
            pl.lit(None, dtype=kind).alias(name)
            for name, kind in tracking.SHIPMENTS.items()
            if name not in rows.columns and name != "delivery_mode"
        )
        shipments = shipments.with_columns(carrier_table.told(shipments, queries.carrier_words(connection)))
        judged = tracking.judge(shipments, nothing, carriers, rules.test_numbers(), desk.values, now)
        named = judged.with_columns(
            pl.Series("carrier", shipment_judging.names_on_list(judged, carriers), dtype=pl.String),
            day=pl.col("imported_at").dt.convert_time_zone(zone).dt.date(),
        )
        first = named["carrier"].drop_nulls().value_counts(sort=True).head(CARRIERS)["carrier"].to_list()
        shown = pl.when(pl.col("carrier").is_in(first)).then("carrier")
        return named.select(shown.alias("carrier"), "day", "verdict", "key")

    return desk.kept(f"shipment_history_{zone}", query, at=hour, own=True)
