"""When things are due: the accept clock (CD-O1) and the dispatch clock (CD-S9).

Instants are UTC. Local days and midnights are those of the shop's zone; a zone must be a literal in
Polars, so there is one expression a zone that occurs.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from core.policy.values import Values, applies
from core.policy.words import Marketplace

INSTANT: Final[pl.DataType] = pl.Datetime("us", "UTC")
USED: Final = pl.Categorical()
"""The values that a clock used, in words: few words for many rows."""
ASSUMED: Final = pl.Schema({"due_at": INSTANT, "values": USED})


def zones_of(facts: pl.DataFrame) -> list[str]:
    """The zones that occur in ``facts``, sorted."""
    return sorted(facts["zone"].drop_nulls().unique().to_list())


def local_day(instant: pl.Expr, zones: Sequence[str]) -> pl.Expr:
    """The day of an instant on the wall calendar of the row's ``zone``; null without a known zone."""
    if len(zones) == 1:
        return instant.dt.convert_time_zone(zones[0]).dt.date()
    chain: Any = pl
    for zone in zones:
        chain = chain.when(pl.col("zone") == zone).then(instant.dt.convert_time_zone(zone).dt.date())
    return chain.otherwise(None) if zones else pl.lit(None, dtype=pl.Date)


@applies("CD-O1", "CD-O3", "XX-D1", "XX-D2")
def accept_due(rows: pl.DataFrame, values: Values) -> tuple[pl.Expr, pl.Expr]:
    """``due_at`` of acceptance and the values used (USED), from ``created_at`` of each row.

    48 h since 2020-03-01 (seller training deck), as instant time: neither weekends nor daylight
    saving nor vacation mode move it. Null where the creation is unknown, or no value was in force
    on its day in the shop's zone.
    """
    created = pl.col("created_at")
    newest = values.parameters["accept_within_hours"].history[-1]
    oldest = rows["created_at"].min()
    # No zone is a day away from UTC: from the day after on, the newest value holds everywhere.
    settled = dt.datetime.combine(newest.since, dt.time(), dt.UTC) + dt.timedelta(days=1)
    if isinstance(oldest, dt.datetime) and oldest >= settled:
        used = pl.when(created.is_not_null()).then(pl.lit(f"accept_within_hours={newest.amount}", dtype=USED))
        return created + dt.timedelta(hours=float(newest.amount)), used
    hours = values.in_force("accept_within_hours", local_day(created, zones_of(rows)))
    return created + pl.duration(hours=hours), pl.format("accept_within_hours={}", hours).cast(USED)


@applies("CD-S9")
def assumed_ship_due(rows: pl.DataFrame, values: Values, holidays: Sequence[dt.date]) -> pl.DataFrame:
    """``due_at`` and the values used (ASSUMED) of dispatch where no file gives a latest date, row by row.

    ``preparation_days`` of the shop in French working days (Monday to Friday, ``holidays``
    excepted) after the local day of ``paid_at``, or of ``created_at`` if that is all that is known;
    due at the last second of that local day. With 0 days it is that day, or the next working day.
    Null for other marketplaces, without preparation days, without both instants.
    """
    zones = zones_of(rows)
    day = local_day(pl.coalesce("paid_at", "created_at"), zones)
    rows = rows.with_row_index("row").with_columns(day.alias("day"))
    rows = rows.with_columns(values.in_force("preparation_workdays", pl.col("day")).cast(pl.String).alias("workdays"))
    known = rows.filter(
        pl.col("marketplace") == str(Marketplace.CDISCOUNT),
        pl.col("day").is_not_null() & pl.col("preparation_days").is_not_null() & pl.col("workdays").is_not_null(),
    )
    parts = [
        part.select("row", _end_of_day(str(zone), str(workdays), holidays).alias("due_at"), _used().alias("values"))
        for (zone, workdays), part in known.partition_by("zone", "workdays", as_dict=True).items()
    ]
    empty = pl.DataFrame(schema={"row": rows.schema["row"], **ASSUMED})
    due = pl.concat([empty, *parts])
    return rows.select("row").join(due, on="row", how="left", maintain_order="left").drop("row")


def _used() -> pl.Expr:
    start = pl.when(pl.col("paid_at").is_not_null()).then(pl.lit("paid_at")).otherwise(pl.lit("created_at"))
    return pl.format("preparation_days={} from={} preparation_workdays={}", "preparation_days", start, "workdays").cast(
        USED
    )


def _end_of_day(zone: str, workdays: str, holidays: Sequence[dt.date]) -> pl.Expr:
    """The last second of the local day on which preparation ends (columns day, preparation_days)."""
    runs = {int(number) for number in workdays.split()}
    mask = [number in runs for number in range(1, 8)]
    count = pl.col("preparation_days")
    after = pl.col("day").dt.add_business_days(count, week_mask=mask, holidays=holidays, roll="backward")
    same = pl.col("day").dt.add_business_days(0, week_mask=mask, holidays=holidays, roll="forward")
    return last_second(pl.when(count > 0).then(after).otherwise(same), zone)


def last_second(day: pl.Expr, zone: str) -> pl.Expr:
    """The last second of a local day (a Date expression), as an instant."""
    next_day = day.dt.offset_by("1d").cast(pl.Datetime("us"))
    midnight = next_day.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    # Where the clocks skip midnight, the day begins an hour later by the clock.
    one = next_day.dt.offset_by("1h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(midnight, one).dt.convert_time_zone("UTC") - pl.duration(seconds=1)
