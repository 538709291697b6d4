"""Undo of an import that changed 100,000 orders, against the import itself: reading, comparing and writing it.

Every order has a line and a buyer, and the second file changes a cell of each. Processor time counts.

- undo / import: what it costs to take back, next to what it cost to bring in

Run with ``python -m benchmarks.undo``. Limit: see LIMIT.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from typing import Final

from core.desk import imports, settings, undo
from core.desk.base import Person, open_desk

ORDERS: Final = 100_000
LIMIT: Final = 3.0
NOW: Final = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)
HEADER: Final = "Order number;Created at;State;SKU;Quantity;Price;City\n"
PERSON: Final = Person("benchmark")


def export(orders: int, state: str, price: str, city: str) -> bytes:
    """A file of the desk's own kind of orders."""
    rows = (f"{n:09};2026-11-20 10:00;{state};S-{n};1;{price};{city}\n" for n in range(orders))
    return (HEADER + "".join(rows)).encode()


def main() -> int:
    """Exit code 1 where the limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=ORDERS)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(f"sqlite:///{folder}/desk.db")
        shop_id = settings.add_shop(desk, PERSON, "cdiscount", "Benchmark")
        spent = {}
        for name, data in (
            ("first", export(orders, "to_ship", "10,00", "Lyon")),
            ("import", export(orders, "shipped", "11,00", "Nîmes")),
        ):
            start = time.process_time()
            done = imports.write(desk, PERSON, imports.preview(desk, shop_id, "orders.csv", data, NOW), NOW)
            spent[name] = time.process_time() - start
        assert done.changed == orders, done.changed
        newest = max(imports.history(desk)["id"])
        start = time.process_time()
        taken = undo.run(desk, PERSON, newest, NOW)
        spent["undo"] = time.process_time() - start
        assert taken.restored == orders, taken.restored
        desk.engine.dispose()
    ratio = spent["undo"] / spent["import"]
    print(f"import of {orders} changed orders: {spent['import']:.2f} s, its undo: {spent['undo']:.2f} s")
    print(f"undo / import: {ratio:.2f} (limit {LIMIT})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
