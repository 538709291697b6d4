"""What the tests of the rules share: made-up orders, calendars, and a judge with defaults."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from core.policy.bands import default_limits
from core.policy.calendar import Calendar, spans
from core.policy.orders import FACTS, judge
from core.policy.values import Values, load


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(*ids): the rules of the rulebook that a test pins")


def utc(text: str) -> dt.datetime:
    """An instant from "2026-11-23 12:00" (UTC)."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


ALWAYS = Calendar("UTC", {day: (("00:00", "24:00"),) for day in range(7)})
OFFICE = Calendar("Asia/Shanghai", {day: (("09:00", "18:00"),) for day in range(5)})


class Desk:
    """judge() with everything given but the orders and the clock."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def facts(self, *orders: Mapping[str, Any]) -> pl.DataFrame:
        """FACTS of orders that say only what matters to the test."""
        common = {name: None for name in FACTS} | {
            "shop_id": 1, "marketplace": "cdiscount", "shop": "Made up", "zone": "Europe/Paris",
            "preparation_days": 2, "vacation": False, "order_number": "2611231405ABC",
            "state": "to_accept", "created_at": utc("2026-11-23 12:00"), "as_of": utc("2026-11-23 12:00"),
            "goods_minor": 1000, "shipping_minor": 300, "currency": "EUR",
        }  # fmt: skip
        return pl.DataFrame([{**common, **order} for order in orders], schema=FACTS, orient="row")

    def judge(
        self,
        *orders: Mapping[str, Any],
        now: dt.datetime,
        calendar: Calendar = ALWAYS,
        holidays: tuple[dt.date, ...] = (),
        values: Values | None = None,
    ) -> pl.DataFrame:
        values = values or self.values
        staffed = spans(calendar, now.date() - dt.timedelta(days=60), now.date() + dt.timedelta(days=60))
        facts = self.facts(*orders)
        return judge(facts, values, staffed, default_limits(values, now.date()), holidays, now)

    def one(self, now: str, calendar: Calendar = ALWAYS, **order: Any) -> dict[str, Any]:
        """The judged row of one order, at an instant in UTC."""
        return self.judge(order, now=utc(now), calendar=calendar).row(0, named=True)


@pytest.fixture(scope="session")
def values() -> Values:
    return load()


@pytest.fixture(scope="session")
def desk(values: Values) -> Desk:
    return Desk(values)
