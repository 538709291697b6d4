"""Replay of 1,000,000 returns under a new ceiling and a new cost: replay() against plain Python, case by case.

Both start from what the base gives them (a frame; a list of rows), both give back the same rows of REPLAYED,
and that they are the same is asserted. Median of five runs against one run of the loop, in one process, by the
time of the clock and of the processor. Limit: 50 by the clock.
"""

import datetime as dt
import statistics
import sys
import time

import numpy as np
import polars as pl

from benchmarks.returns_by_hand import replayed
from core.policy.returns.frames import REQUESTS, SETTINGS, SHOP_RULES
from core.policy.returns.replay import REPLAYED, Setup, replay, tried
from core.policy.returns.terms import Book
from core.policy.values import load

CASES = 1_000_000
RUNS = 5
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HOLIDAYS = [dt.date(2026, 11, 11), dt.date(2026, 7, 14), dt.date(2025, 12, 25)]


def made_up(count: int) -> pl.DataFrame:
    """REQUESTS of the last 365 days: two shops, every reason, here and there a fact that is not known."""
    random = np.random.default_rng(48)
    day_us = 86_400_000_000

    def some(values: list[object], odds: list[float]) -> pl.Series:
        return pl.Series(values).gather(random.choice(len(values), count, p=odds))

    asked = pl.Series(random.integers(0, 365 * day_us, count)).cast(pl.Duration("us"))
    held = pl.Series(random.integers(0, 60 * day_us, count)).cast(pl.Duration("us"))
    sent = pl.Series(random.integers(0, 20 * day_us, count)).cast(pl.Duration("us"))
    amazon = pl.Series(random.random(count) < 0.4)
    reasons: list[object] = [
        "withdrawal", "defective", "wrong_size", "not_as_described", "not_received", "buyer_damage", "other", None,
    ]  # fmt: skip
    frame = pl.select(
        request_id=pl.int_range(count).cast(pl.String),
        shop_id=pl.when(amazon).then(pl.lit(2)).otherwise(pl.lit(1)).cast(pl.Int64),
        marketplace=pl.when(amazon).then(pl.lit("amazon")).otherwise(pl.lit("cdiscount")),
        zone=pl.lit("Europe/Paris"),
        category=some(["toys", "clothing", "camera", None], [0.5, 0.2, 0.2, 0.1]),
        country=some(["FR", "DE", "BE"], [0.8, 0.15, 0.05]),
        reason=some(reasons, [0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]),
        evidence=some(["photo", "statement", None], [0.3, 0.2, 0.5]),
        requested_at=pl.lit(NOW).dt.cast_time_unit("us") - asked,
        goods_minor=pl.Series(random.integers(300, 12_000, count)),
        shipping_minor=pl.Series(random.integers(0, 900, count)),
        currency=pl.lit("EUR"),
        weight_g=pl.Series(random.integers(50, 6_000, count)),
        has_address=some([True, False], [0.7, 0.3]),
        has_label=some([True, False], [0.6, 0.4]),
        buyer_informed=some([True, None], [0.9, 0.1]),
        buyer_keeps=pl.Series(random.integers(0, 4, count)),
    )
    late = pl.Series(random.random(count) < 0.05)
    frame = frame.with_columns(delivered_at=pl.when(~late).then(pl.col("requested_at") - held))
    frame = frame.with_columns(ordered_at=pl.col("requested_at") - held - sent)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in REQUESTS.items() if name not in frame.columns]
    return frame.with_columns(missing).select(REQUESTS.names()).cast(REQUESTS)


def rules(ceiling: int) -> pl.DataFrame:
    common = dict.fromkeys(SHOP_RULES.names()) | {"since": dt.date(2020, 1, 1), "option": "keep_refund"}
    rows = [
        {**common, "rule_id": "keeps", "position": 1, "effect": "never", "buyer_keeps_from": 3},
        {**common, "rule_id": "ceiling", "position": 2, "effect": "never", "from_minor": ceiling},
    ]
    return pl.DataFrame(rows, schema=SHOP_RULES, orient="row")


def main() -> int:
    cases = made_up(CASES)
    rows = cases.to_dicts()
    values = load()
    plain = pl.DataFrame(schema=SETTINGS)
    settings = plain, tried(plain, 1, "cost_handling_minor", "250")
    own = rules(3_000), rules(4_000)

    def ours() -> pl.DataFrame:
        old, new = (Setup(Book(values, mine), rule) for mine, rule in zip(settings, own, strict=True))
        return replay(cases, old, new, HOLIDAYS, NOW)

    times, expected = [], ours()
    for _ in range(RUNS):
        start, cpu = time.perf_counter(), time.process_time()
        expected = ours()
        times.append((time.perf_counter() - start, time.process_time() - cpu))
    start, cpu = time.perf_counter(), time.process_time()
    lists = [rule.sort("position").to_dicts() for rule in own]
    books = Book(values, settings[0]), Book(values, settings[1])
    by_hand = replayed(rows, books, (lists[0], lists[1]), frozenset(HOLIDAYS))
    loop = time.perf_counter() - start, time.process_time() - cpu
    assert expected.equals(pl.DataFrame(by_hand, schema=REPLAYED, orient="row"))
    seconds, processor = (statistics.median(run[n] for run in times) for n in (0, 1))
    print(f"replay: {seconds:.2f} s, one by one {loop[0]:.1f} s, ratio {loop[0] / seconds:.1f} (at least 50)")
    print(f"replay: processor {processor:.2f} s, {loop[1]:.1f} s, ratio {loop[1] / processor:.1f}")
    return 0 if loop[0] >= 50 * seconds else 1


if __name__ == "__main__":
    sys.exit(main())
