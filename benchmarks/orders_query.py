"""Orders query and judgement, 2,000 open: with 5,000,000 orders behind at most 1.2 times the time with 50,000.

Open orders are recent ones, so they lie among the newest 50,000 in both bases.

Run: python -m benchmarks.orders_query [ORDERS_BEHIND]. Prints one line with the ratio of the medians.
"""

import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core.desk import orders
from core.desk.base import Desk, load_values
from core.store import migrate
from core.store.engine import open_engine, writing

OPEN: Final = 2_000
FEW: Final = 50_000
MANY: Final = 5_000_000
ROUNDS: Final = 15
LIMIT: Final = 1.2
VALUES: Final = load_values()
NEWEST: Final = dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)

FILL = """
INSERT INTO orders (shop_id, order_number, state, created_at, paid_at, goods_minor, shipping_minor,
                    currency, channel, carrier, import_id, digest)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
SELECT 1, printf('26%010d', i), CASE WHEN i >= {first} AND i % {every} = 0 THEN 'to_ship' ELSE 'delivered' END,
       1700000000000000 + (i - {count}) * 1000000, 1700000000000000 + (i - {count}) * 1000000, 1990 + i % 5000,
       490, 'EUR', 'Cdiscount', 'colissimo', 1, i
FROM n
"""


def base(folder: str, behind: int) -> sa.Engine:
    """A base with ``behind`` delivered orders; the open ones are spread among the newest 50,000."""
    engine = open_engine(f"sqlite:///{Path(folder, f'{behind}.db')}")
    migrate.upgrade(engine)
    count = behind + OPEN
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO shops (id, marketplace, name, preparation_days) VALUES (1, 'cdiscount', 'A', 2)"
        )
        connection.exec_driver_sql(
            "INSERT INTO imports (id, shop_id, format, as_of, as_of_source, seen_as_of, imported_at, person)"
            " VALUES (1, 1, 'cdiscount', 1, 'file', 1, 1, 'A')"
        )
        connection.exec_driver_sql(FILL.format(count=count, first=count - FEW, every=FEW // OPEN))
    return engine


def once(engine: sa.Engine) -> float:
    """Seconds for one look at the queue by a desk that keeps nothing from before."""
    desk = Desk(engine, VALUES)
    start = time.perf_counter()
    found = orders.queue(desk, NEWEST)
    taken = time.perf_counter() - start
    assert found.height == OPEN, found.height
    return taken


def main(many: int = MANY) -> float:
    """Measure in turns, so that other load on the machine meets both alike; print and give the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        few_behind, many_behind = base(folder, FEW), base(folder, many)
        for engine in (few_behind, many_behind):
            once(engine)
        pairs = [(once(few_behind), once(many_behind)) for _ in range(ROUNDS)]
        few, more = (statistics.median(times) for times in zip(*pairs, strict=True))
        few_behind.dispose()
        many_behind.dispose()
    print(
        f"orders query and judgement, {OPEN} open: {many} behind {more * 1000:.1f} ms, "
        f"{FEW} behind {few * 1000:.1f} ms, ratio {more / few:.2f} (at most {LIMIT})"
    )
    return more / few


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])) > LIMIT)
