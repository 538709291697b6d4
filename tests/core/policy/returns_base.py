"""What the tests of returns share: a request with defaults, and the rules as they are."""

import datetime as dt
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from core.policy.returns.frames import REQUESTS, SETTINGS, SHOP_RULES
from core.policy.returns.recommend import cost_lines, decide
from core.policy.returns.terms import Book
from core.policy.values import load

PARIS = ZoneInfo("Europe/Paris")
HOLIDAYS = [dt.date(2026, month, day) for month, day in ((5, 1), (5, 8), (7, 14), (11, 11), (12, 25))]
NO_RULES = pl.DataFrame(schema=SHOP_RULES)


def paris(text: str) -> dt.datetime:
    """An instant from a local time in Paris."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(dt.UTC)


COMMON = {name: None for name in REQUESTS} | {
    "request_id": "1", "shop_id": 1, "marketplace": "cdiscount", "zone": "Europe/Paris", "country": "FR",
    "reason": "withdrawal", "ordered_at": paris("2026-11-01 10:00"), "delivered_at": paris("2026-11-05 12:00"),
    "requested_at": paris("2026-11-10 12:00"), "goods_minor": 2990, "shipping_minor": 399, "currency": "EUR",
    "weight_g": 400, "has_address": True, "has_label": True, "buyer_informed": True,
}  # fmt: skip


@lru_cache(maxsize=1)
def book() -> Book:
    return Book(load(), pl.DataFrame(schema=SETTINGS))


def requests(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([COMMON | row for row in rows], schema=REQUESTS, orient="row")


def one(now: str = "2026-11-10 13:00", rules: pl.DataFrame = NO_RULES, **row: Any) -> dict[str, Any]:
    """The decision of one request, at a local time in Paris."""
    return decide(requests(row), book(), rules, HOLIDAYS, paris(now)).row(0, named=True)


def lines(**row: Any) -> dict[str, dict[str, int]]:
    """The cost lines of one request, by option."""
    found: dict[str, dict[str, int]] = {}
    frame = cost_lines(requests(row), book(), NO_RULES, HOLIDAYS, paris("2026-11-10 13:00"))
    for _, option, line, amount in frame.iter_rows():
        found.setdefault(option, {})[line] = amount
    return found


def shop_rules(*rows: dict[str, Any]) -> pl.DataFrame:
    common = dict.fromkeys(SHOP_RULES.names()) | {"since": dt.date(2020, 1, 1), "effect": "never"}
    return pl.DataFrame(
        [common | {"rule_id": f"r{n}", "position": n} | row for n, row in enumerate(rows)], SHOP_RULES, orient="row"
    )
