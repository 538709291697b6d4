"""Tracking numbers: 1,000,000 mixed shipments fully judged at least 6 times faster than ``tracking-numbers`` reads
the bare numbers; and 10,000,000 known numbers in the base slow the look for 1,000 new ones at most 1.5 times.

The rival (PyPI, 0.1.8) does far less: it looks for one carrier whose shape and check digit fit. Here carriers,
names, links, duplicates, runs, made-up patterns and field rules are judged as well. Both run in one process on
the same numbers, one after the other; the processor's seconds of each, all threads together, are printed beside.

Run: python -m benchmarks.tracking [SHIPMENTS [KNOWN]].
"""

import datetime as dt
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.policy import carriers, check_digits, values
from core.policy.tracking import SHIPMENTS, judge
from core.policy.tracking_repeats import KNOWN
from core.policy.tracking_shapes import load_test_numbers
from core.store import migrate, numbers
from core.store.engine import open_engine, reading, writing

SHIPPED: Final = 1_000_000
FEW: Final = 100_000
MANY: Final = 10_000_000
NEW: Final = 1_000
ROUNDS: Final = 15
FASTER: Final = 6.0
SLOWER: Final = 1.5
NOW: Final = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
CARRIERS: Final = carriers.load()
KINDS: Final = (
    # typed name, id, shape (9 is a digit, X any sign), key, weight
    ("Colissimo", "la-poste", "6A99999999999", "colissimo", 22),
    ("La Poste", "la-poste", "LD999999999FR", "s10", 5),
    ("Chronopost", "chronopost", "XW999999999JF", "s10", 6),
    ("Mondial Relay", "mondial-relay", "99999999", None, 14),
    ("China Post", "china-post", "LZ999999999CN", "s10", 10),
    ("燕文", "yanwen", "UL999999999YP", "s10", 10),
    ("Yun Express", "yunexpress", "YT26325999999999" + "99", None, 8),
    ("4PX", "4px", "4PX3999999999999CN", None, 4),
    ("UPS", "ups", "1ZXXXXXX9999999999", "ups", 5),
    ("FedEx", "fedex", "999999999999", "fedex_12", 4),
    ("GLS", "gls-fr", "999999999999", "gls", 4),
    ("DHL", "dhl", "00340434999999999999", "gs1", 3),
    ("Cainiao", "cainiao", "LP00999999999999", None, 3),
    ("Colis Privé", "colis-prive", "HS9999999999", None, 2),
)
FILL = """
INSERT INTO orders (shop_id, order_number, state, created_at, tracking_number, import_id, digest)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
SELECT 1, printf('26%010d', i), 'shipped', 1700000000000000 + (i - {count}) * 1000000,
       printf('6A%011d', (i * 7919) % 100000000000), 1, i
FROM n
"""


def drawn(count: int, seed: int = 1) -> pl.DataFrame:
    """Shipments of every kind: right numbers with links, one in twenty with a fault."""
    chance = random.Random(seed)
    by_kind = chance.choices(range(len(KINDS)), [kind[4] for kind in KINDS], k=count)
    parts = []
    for n, (name, carrier, shape, key, _) in enumerate(KINDS):
        rows = [row for row, kind in enumerate(by_kind) if kind == n]
        texts = [_number(shape, chance) for _ in rows]
        if key is not None and texts:
            texts = _keyed(texts, key)
        url = CARRIERS.by_id[carrier].url
        links = [None if row % 3 == 0 else url.replace("{n}", text) for row, text in zip(rows, texts, strict=True)]
        parts.append(pl.DataFrame({"row": rows, "carrier": name, "tracking_number": texts, "tracking_url": links}))
    frame = pl.concat(parts).sort("row")
    fault = pl.col("row") % 20
    number = pl.col("tracking_number")
    return frame.with_columns(
        pl.when(fault == 3).then(number.str.head(-1) + "0").when(fault == 7).then(number.str.to_lowercase() + " ")
        .when(fault == 11).then(number.first()).otherwise(number).alias("tracking_number"),
        marketplace=pl.lit("cdiscount"), shop_id=pl.lit(1, dtype=pl.Int64), shop=pl.lit("Lumina"),
        order_number=pl.format("26{}", "row"), value_minor=500 + pl.col("row") % 5000, currency=pl.lit("EUR"),
        delivery_mode=pl.lit("tracked"), buyer=pl.format("buyer {}", "row"), ordered_at=pl.lit(NOW),
        shipped_at=pl.lit(NOW),
    ).select(SHIPMENTS.names()).cast(dict(SHIPMENTS))  # fmt: skip


def _number(shape: str, chance: random.Random) -> str:
    if "X" in shape[2:8]:
        shape = shape[:2] + "".join(chance.choices("ABCDEFGHJKLMNPRSTVWXYZ0123456789", k=6)) + shape[8:]
    return "".join(str(chance.randrange(10)) if sign == "9" else sign for sign in shape)


def _keyed(texts: list[str], key: str) -> list[str]:
    """The same numbers with their right check digit."""
    at = check_digits.KEYS[key][0].at[0] % len(texts[0])
    right = check_digits.expected(key, check_digits.matrix(texts, len(texts[0])))
    return [text[:at] + sign + text[at + 1 :] for text, sign in zip(texts, right, strict=True)]


def speed(count: int) -> bool:
    """Judge ``count`` shipments, and let the rival read their numbers."""
    from tracking_numbers import get_tracking_number

    rules, tests, known = values.load(), load_test_numbers(), pl.DataFrame(schema=KNOWN)
    shipments = drawn(count)
    ours, cpu = [], []
    for _ in range(3):
        start, used = time.perf_counter(), time.process_time()
        judged = judge(shipments, known, CARRIERS, tests, rules, NOW)
        ours.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    texts = shipments["tracking_number"].to_list()
    start, used = time.perf_counter(), time.process_time()
    recognised = sum(get_tracking_number(text) is not None for text in texts)
    rival, rival_cpu = time.perf_counter() - start, time.process_time() - used
    seconds = statistics.median(ours)
    print(judged["verdict"].value_counts(sort=True).rows(), f"rival recognises {recognised}")
    print(
        f"tracking: {count} judged in {seconds:.2f} s ({statistics.median(cpu):.2f} s CPU), tracking-numbers"
        f" {rival:.2f} s ({rival_cpu:.2f} s CPU), ratio {rival / seconds:.1f} (at least {FASTER:.0f};"
        f" {rival_cpu / statistics.median(cpu):.1f} by the processor)"
    )
    return rival >= FASTER * seconds


def base(folder: str, count: int) -> sa.Engine:
    """A base with ``count`` shipped orders, each with a number of its own."""
    engine = open_engine(f"sqlite:///{Path(folder, f'{count}.db')}")
    migrate.upgrade(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO shops (id, marketplace, name) VALUES (1, 'cdiscount', 'A')")
        connection.exec_driver_sql(
            "INSERT INTO imports (id, shop_id, format, as_of, as_of_source, seen_as_of, imported_at, person)"
            " VALUES (1, 1, 'cdiscount', 1, 'file', 1, 1, 'A')"
        )
        connection.exec_driver_sql(FILL.format(count=count))
    return engine


def once(engine: sa.Engine, asked: list[str]) -> float:
    """CPU seconds of one look for these numbers."""
    start = time.process_time()
    with reading(engine) as connection:
        found = numbers.used(connection, asked)
    taken = time.process_time() - start
    assert found.height == NEW // 10, found.height
    return taken


def history(many: int) -> bool:
    """Look for 1,000 numbers, a tenth of which the base knows, behind few and behind many."""
    known = [f"6A{(n * 997 * 7919) % 100_000_000_000:011d}" for n in range(NEW // 10)]
    asked = known + [f"8Z{n * 104_729:011d}" for n in range(NEW - len(known))]
    with tempfile.TemporaryDirectory() as folder:
        engines = base(folder, FEW), base(folder, many)
        for engine in engines:
            once(engine, asked)
        pairs = [tuple(once(engine, asked) for engine in engines) for _ in range(ROUNDS)]
        few, more = (statistics.median(times) for times in zip(*pairs, strict=True))
        for engine in engines:
            engine.dispose()
    print(
        f"known numbers: {NEW} looked for behind {FEW} in {few * 1000:.1f} ms, behind {many} in {more * 1000:.1f} ms,"
        f" ratio {more / few:.2f} (at most {SLOWER})"
    )
    return more <= SLOWER * few


def main(shipped: int = SHIPPED, known: int = MANY) -> int:
    return 0 if all([speed(shipped), history(known)]) else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
