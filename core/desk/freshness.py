"""How old the files behind the figures are, and how often the team means to bring new ones."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import polars as pl

from core.desk import settings
from core.desk.base import Desk, Person
from core.desk.settings import Unclear
from core.policy.words import N_
from core.store import screens as store

STANDARD_HOURS: Final = 4.0
"""A new export twice in a working day; overnight the figures are then rightly called old."""
LONGEST_HOURS: Final = 24 * 31
OLD: Final = 2
"""Intervals after which a figure is old."""
GONE: Final = 4
"""Intervals after which a figure is no longer shown."""
HOURS_UNCLEAR: Final = N_("{text} hours: a new file is expected after more than 0 hours and within 31 days.")
_KEY: Final = "file_intervals"
SCHEMA: Final = pl.Schema(
    {
        "shop_id": pl.Int64(),
        "shop": pl.String(),
        "marketplace": pl.String(),
        "kind": pl.String(),
        "as_of": pl.Datetime("us", "UTC"),
        "old_at": pl.Datetime("us", "UTC"),
        "gone_at": pl.Datetime("us", "UTC"),
    }
)


def intervals(desk: Desk) -> tuple[dict[int, float], int]:
    """Hours after which each shop's next file is expected, by shop id; and the version that guards a save."""
    saved, version = settings.all_settings(desk).get(_KEY, ({}, 0))
    ids = settings.shops(desk)["id"].to_list()
    return {shop_id: float(saved.get(str(shop_id), STANDARD_HOURS)) for shop_id in ids}, version


def save_intervals(desk: Desk, person: Person, hours: Mapping[int, float], version: int, now: dt.datetime) -> None:
    """Save the hours by shop id. Raises ``Unclear`` where one cannot be, ``Stale`` and ``NotAllowed``."""
    for wanted in hours.values():
        if not 0 < wanted <= LONGEST_HOURS:
            raise Unclear(HOURS_UNCLEAR, f"{wanted:g}")
    value = {str(shop_id): wanted for shop_id, wanted in hours.items()}
    settings.save_setting(desk, person, _KEY, value, version, now)


def sources(desk: Desk) -> pl.DataFrame:
    """What each shop's newest files say of (:data:`SCHEMA`): one row a shop and kind (orders, returns).

    ``old_at`` and ``gone_at``: from then on its figures are old, and no longer shown. A shop without
    a file has no row.
    """
    hours, _ = intervals(desk)
    named = settings.shops(desk).select(shop_id="id", shop="name", marketplace="marketplace")
    if named.is_empty():
        return SCHEMA.to_frame()
    hour = pl.col("shop_id").replace_strict(hours, return_dtype=pl.Float64)
    found = desk.kept("newest_files", store.newest_files).join(named, on="shop_id", maintain_order="left")

    def after(count: int) -> pl.Expr:
        return pl.col("as_of") + pl.duration(seconds=(hour * 3600 * count).round().cast(pl.Int64))

    return found.with_columns(old_at=after(OLD), gone_at=after(GONE)).select(SCHEMA.names()).cast(SCHEMA)
