"""Clocks and bands on 1,000,000 orders: judge() against a plain Python loop and one DuckDB query.

All three give back the same whole rows (every column of JUDGED), most urgent first; that the rows are
the same is asserted. The rivals have it easier: they know that these orders have no decisions, that no
file lacks one, and that there is one zone. Prints one ratio line a rival: medians of five runs each,
in one process. Limits: 30 and 3.

Run with ``python -m benchmarks.clocks``.
"""

import bisect
import datetime as dt
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl

from core.policy.bands import default_limits
from core.policy.calendar import Calendar, spans
from core.policy.orders import FACTS, judge
from core.policy.values import load

ORDERS = 1_000_000
RUNS = 5
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
VALUES = load()
LIMITS = default_limits(VALUES, NOW.date())
CALENDAR = Calendar("Asia/Shanghai", {day: (("09:00", "12:00"), ("13:30", "18:00")) for day in range(5)})
SPANS = spans(CALENDAR, dt.date(2026, 10, 1), dt.date(2026, 12, 31))
BY_STATE = {
    "to_accept": ("accept_order", "accept_or_refuse", "auto_cancelled", "CD-O1", "accept_within_hours=48", None),
    "to_ship": ("ship_order", "ship", "late_shipment", "CD-S9", "latest_ship_at=file", None),
    "awaiting_payment": ("await_payment", "wait", "none", "CD-O4", "", "awaiting_debit"),
    "gone": ("check_cancelled", "check_in_back_office", "do_not_ship", "XX-D3", "accept_within_hours=48", "past_due"),
}
CODES = ("kind", "action", "consequence", "rule", "rule_values", "reason")


def made_up_facts(count: int) -> pl.DataFrame:
    """FACTS of Cdiscount orders: to accept, to ship with the file's date, awaiting payment."""
    random = np.random.default_rng(48)
    age = pl.Series(random.integers(0, 60 * 3_600_000_000, count)).cast(pl.Duration("us"))
    ahead = pl.Series(random.integers(-86_400_000_000, 6 * 86_400_000_000, count)).cast(pl.Duration("us"))
    state = pl.Series(["to_accept", "to_ship", "awaiting_payment"]).gather(random.choice(3, count, p=[0.6, 0.3, 0.1]))
    given = {
        "shop_id": pl.lit(1, dtype=pl.Int64), "marketplace": pl.lit("cdiscount"), "shop": pl.lit("Made up"),
        "zone": pl.lit("Europe/Paris"), "preparation_days": pl.lit(2, dtype=pl.Int64), "vacation": pl.lit(False),
        "order_number": pl.Series([f"2611{n:08d}" for n in range(count)]), "state": state,
        "created_at": pl.lit(NOW).dt.cast_time_unit("us") - age, "as_of": pl.lit(NOW).dt.cast_time_unit("us"),
        "latest_ship_at": pl.when(state == "to_ship").then(pl.lit(NOW).dt.cast_time_unit("us") + ahead),
        "goods_minor": pl.lit(1290, dtype=pl.Int64), "shipping_minor": pl.lit(390, dtype=pl.Int64),
    }  # fmt: skip
    frame = pl.select(order_number=given.pop("order_number")).with_columns(**given)
    missing = [pl.lit(None, dtype=FACTS[name]).alias(name) for name in FACTS if name not in frame.columns]
    return frame.with_columns(missing).select(FACTS.names())


def ours(facts: pl.DataFrame) -> pl.DataFrame:
    return judge(facts, VALUES, SPANS, LIMITS, [], NOW)


def loop(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rule, order by order."""
    starts, ends = SPANS["start"].to_list(), SPANS["end"].to_list()
    accept = dt.timedelta(hours=VALUES.integer("accept_within_hours", NOW.date()))
    found = []
    for row in rows:
        state, due, source = row["state"], None, None
        if state == "to_accept":
            due, source = row["created_at"] + accept, "rule"
        elif state == "to_ship":
            due, source = row["latest_ship_at"], "file"
        until = last = reason = band = left = None
        if due is not None:
            place = bisect.bisect_left(starts, due) - 1
            until = min(ends[place], due) if place >= 0 else None
            if until is not None and until > NOW:
                last = until
            else:
                reason = "past_due" if due <= NOW else "nobody_before_due"
            limit = LIMITS["accept_order" if state == "to_accept" else "ship_order"]
            left = (due - NOW) // dt.timedelta(seconds=1)
            staffed_left = (last - NOW).total_seconds() if last else None
            if due < NOW:
                band = "overdue"
            elif (
                (due - NOW).total_seconds() <= limit.now_seconds
                or last is None
                or staffed_left <= limit.staffed_seconds
            ):
                band = "now"
            else:
                band = "soon" if (due - NOW).total_seconds() <= limit.soon_seconds else "calm"
        if state == "awaiting_payment":
            group = "waiting"
        elif state == "to_accept" and due is not None and due < NOW:
            group = "probably_cancelled"
        else:
            group = "live"
        codes = BY_STATE["gone" if group == "probably_cancelled" else state]
        judged = {
            **row, "group": group, "band": band, "due_at": due, "due_source": source, "target_at": None,
            "last_staffed_at": last, "staffed_until": until, "staffed_reason": reason, "seconds_left": left,
            "disagrees": False, "order_value_minor": row["goods_minor"] + row["shipping_minor"],
        }  # fmt: skip
        judged.update(zip(CODES, codes, strict=True))
        found.append(judged)
    rank = {("live", "overdue"): 0, ("live", "now"): 1, ("live", "soon"): 2, ("live", "calm"): 4}
    apart = {"waiting": 5, "probably_cancelled": 6}
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    found.sort(key=lambda row: (apart.get(row["group"]) or rank[row["group"], row["band"]], row["due_at"] or far))
    return found


QUERY = """
WITH due AS (
  SELECT *,
    CASE state WHEN 'to_accept' THEN created_at + INTERVAL 48 HOUR WHEN 'to_ship' THEN latest_ship_at END AS due_at,
    CASE state WHEN 'to_accept' THEN 'rule' WHEN 'to_ship' THEN 'file' END AS due_source
  FROM facts),
reached AS (
  SELECT due.*, CASE WHEN due_at IS NULL THEN NULL ELSE least(spans."end", due_at) END AS staffed_until
  FROM due ASOF LEFT JOIN spans ON due.due_at > spans.start),
staffed AS (
  SELECT *, CASE WHEN staffed_until > $now THEN staffed_until END AS last_staffed_at,
    CASE WHEN due_at IS NULL OR staffed_until > $now THEN NULL WHEN due_at <= $now THEN 'past_due'
      ELSE 'nobody_before_due' END AS staffed_reason
  FROM reached),
banded AS (
  SELECT *, CASE WHEN due_at IS NULL THEN NULL WHEN due_at < $now THEN 'overdue'
      WHEN due_at <= $now + INTERVAL 4 HOUR OR coalesce(last_staffed_at <= $now + INTERVAL 1 HOUR, true) THEN 'now'
      WHEN due_at <= $now + INTERVAL 24 HOUR THEN 'soon' ELSE 'calm' END AS band,
    CASE WHEN state = 'awaiting_payment' THEN 'waiting'
      WHEN state = 'to_accept' AND due_at < $now THEN 'probably_cancelled' ELSE 'live' END AS "group",
    CASE WHEN state = 'to_accept' AND due_at < $now THEN 'gone' ELSE state END AS case_of
  FROM staffed)
SELECT banded.*, CAST(floor((epoch_us(due_at) - epoch_us($now)) / 1000000) AS BIGINT) AS seconds_left,
  codes.* EXCLUDE (case_of), CAST(NULL AS TIMESTAMPTZ) AS target_at, false AS disagrees,
  goods_minor + shipping_minor AS order_value_minor
FROM banded JOIN codes USING (case_of)
ORDER BY CASE WHEN "group" = 'waiting' THEN 5 WHEN "group" = 'probably_cancelled' THEN 6 WHEN band = 'overdue' THEN 0
  WHEN band = 'now' THEN 1 WHEN band = 'soon' THEN 2 ELSE 4 END, due_at NULLS LAST
"""


def median(run: Callable[[], object]) -> float:
    """Median seconds of five runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    facts = made_up_facts(ORDERS)
    rows = facts.to_dicts()
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    codes = pl.DataFrame([(case, *words) for case, words in BY_STATE.items()], ["case_of", *CODES], orient="row")
    for name, frame in (("facts", facts), ("spans", SPANS), ("codes", codes)):
        base.register("arrow", frame.to_arrow())
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM arrow")

    def duck() -> pl.DataFrame:
        return pl.DataFrame(base.sql(QUERY, params={"now": NOW}).to_arrow_table())

    expected = ours(facts).sort("order_number")
    by_hand = pl.DataFrame(loop(rows), schema=expected.schema).sort("order_number")
    assert expected.equals(by_hand)
    assert expected.equals(duck().select(expected.columns).cast(expected.schema).sort("order_number"))
    del expected, by_hand
    seconds, by_loop, by_duck = median(lambda: ours(facts)), median(lambda: loop(rows)), median(duck)
    print(f"clocks: judge {seconds:.3f} s, Python loop {by_loop:.3f} s, ratio {by_loop / seconds:.1f} (at least 30)")
    print(f"clocks: judge {seconds:.3f} s, DuckDB query {by_duck:.3f} s, ratio {by_duck / seconds:.1f} (at least 3)")
    return 0 if by_loop >= 30 * seconds and by_duck >= 3 * seconds else 1


if __name__ == "__main__":
    sys.exit(main())
