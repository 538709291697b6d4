"""Shops under surveillance after a formal notice: the notice's day as the team typed it, and which day it is."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from core.desk import settings
from core.desk.base import Desk, Person
from core.policy import tracking_gate
from core.policy.words import Marketplace, N_

SCHEMA: Final = pl.Schema(
    {"shop_id": pl.Int64(), "shop": pl.String(), "noticed_on": pl.Date(), "day": pl.Int64(), "days": pl.Int64()}
)
NOTICE_AHEAD: Final = N_("{text} lies ahead: a notice has a day that has come.")


def _key(shop_id: int) -> str:
    return f"surveillance_{shop_id}"


def notice(desk: Desk, shop_id: int) -> tuple[dt.date | None, int]:
    """The day of the shop's last formal notice, or None; and the version that guards its save. Raises ``NotThere``."""
    desk.look_at(shop_id)
    value, version = settings.all_settings(desk).get(_key(shop_id), (None, 0))
    return (dt.date.fromisoformat(value["day"]) if value and value["day"] else None), version


def save_notice(desk: Desk, person: Person, shop_id: int, day: dt.date | None, version: int, now: dt.datetime) -> None:
    """Save the day, or None to take it back. Raises ``Unclear`` for a day to come, ``write.Stale``."""
    zone = ZoneInfo(settings.shop(desk, shop_id)["zone"])
    if day is not None and day > now.astimezone(zone).date():
        raise settings.Unclear(NOTICE_AHEAD, day.isoformat())
    value = {"day": day.isoformat() if day else None}
    settings.save_setting(desk, person, _key(shop_id), value, version, now, shop_id)


def days(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """The shops under surveillance today (:data:`SCHEMA`): ``day`` n of ``days``, the day of the notice is 1."""
    found = []
    for shop in settings.shops(desk).filter(marketplace=str(Marketplace.CDISCOUNT)).iter_rows(named=True):
        noticed, _ = notice(desk, shop["id"])
        day = tracking_gate.surveillance_day(noticed, now.astimezone(ZoneInfo(shop["zone"])).date(), desk.values)
        if day is not None:
            found.append((shop["id"], shop["name"], noticed, *day))
    return pl.DataFrame(found, schema=SCHEMA, orient="row")
