"""Intake of a 1,000,000-line Cdiscount export into a fresh SQLite base, against the usual ways.

The export is made up, always the same: cp1252, ";", decimal comma, five preamble lines, a French header,
in the order of the days. Each run is a fresh process, the ways take turns, and medians are compared:

- ours: bytes -> preview and write, all checks on, with the base's own checks
- floor: the same order, line and buyer rows, typed already, through sqlite3's executemany as upsert,
  with the same pragmas into the same tables
- pandas: read_csv of the same bytes, the date typed, and to_sql of the flat rows through SQLAlchemy
- again: the same data in other bytes into the base that ours has just filled

Run with ``python -m benchmarks.intake``; ``--runs 1`` for a quick look. Limits: see LIMITS.
"""

import argparse
import datetime as dt
import io
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

LINES: Final = 1_000_000
NOW: Final = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LIMITS: Final = {"ours / floor": 0.6, "pandas / ours": 8.0, "again / first": 0.4, "peak of ours, GB": 1.5}
PREAMBLE: Final = ("Rapport des commandes", "", "Boutique : Maison d'exemple", "Période : année 2026", "")
HEADER: Final = (
    "Référence commande", "Enseigne", "Date de commande", "Statut commande", "Détail produit", "EAN",
    "Référence vendeur", "SKU Cdiscount", "Quantité", "Prix Total (€ TTC) hors frais de traitement",
    "Montant Frais de livraison (€ TTC)", "Prénom", "Nom", "Adresse", "Code postal de livraison",
    "Ville de livraison", "Pays de livraison", "Nom et Adresse de facturation", "Code postal de facturation",
    "Ville de facturation", "Pays de facturation",
)  # fmt: skip
STATES: Final = {"Expédiée": 0.93, "Annulée": 0.04, "Refusée": 0.01, "En attente d'acceptation": 0.005,
                 "En attente de préparation": 0.015}  # fmt: skip
GOODS: Final = ("Lampe de bureau à LED", "Théière en fonte émaillée", "Coussin brodé Étoile 40 cm",
                "Câble USB 2 m", "Étagère murale en chêne", "Rideau thermique gris", "Bouée de piscine",
                "Tapis à poils longs")  # fmt: skip
STREETS: Final = ("rue de l'Église", "avenue du Général Leclerc", "place de la République", "chemin des Prés")
CITIES: Final = (
    "Bourg-en-Bresse",
    "Lyon",
    "Orléans",
    "Angoulême",
    "Saint-Étienne",
    "Nîmes",
    "Besançon",
    "Paris",
)


def make(folder: str, lines: int) -> dict[str, Any]:
    """Write the export twice: ``first.csv``, and ``again.csv`` in which one preamble line differs."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(48)
    count = int(lines * 0.77)
    of_line = np.sort(np.concatenate([np.arange(count), random.integers(0, count, lines - count)]))
    made = np.sort(random.integers(0, 320 * 86_400, count))
    created = pl.Series(made).cast(pl.Duration("ms")) * 1000 + dt.datetime(2026, 1, 5)
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"))
    ends = pl.Series(letters[random.integers(0, len(letters), (count, 3))].view("U3").ravel())
    serial = pl.Series(np.arange(count) % 1296)  # two signs that keep the numbers of one minute apart
    pair = pl.Series([a + b for a in letters[:18] for b in letters]).gather(serial % (18 * len(letters)))

    def some(words: tuple[str, ...], size: int = count) -> pl.Series:
        return pl.Series(words).gather(random.integers(0, len(words), size))

    postcode = pl.Series(random.integers(1000, 95_999, count)).cast(pl.String).str.zfill(5)
    address = pl.select(pl.format("{} {}", pl.Series(random.integers(1, 300, count)), some(STREETS))).to_series()
    first = some(("Zoé", "Anaïs", "Léa", "Paul", "Hélène", "Noël"))
    last = some(("Lefèvre", "Dupré", "Martin", "Béranger", "Garçon"))
    city = some(CITIES)
    orders = pl.select(
        pl.concat_str(created.dt.strftime("%y%m%d%H%M"), pair, ends).alias(HEADER[0]),
        pl.lit("Cdiscount").alias(HEADER[1]),
        created.dt.strftime("%d/%m/%Y %H:%M:%S").alias(HEADER[2]),
        pl.Series(list(STATES)).gather(random.choice(len(STATES), count, p=list(STATES.values()))).alias(HEADER[3]),
        first.alias(HEADER[11]),
        last.alias(HEADER[12]),
        address.alias(HEADER[13]),
        postcode.alias(HEADER[14]),
        city.alias(HEADER[15]),
        pl.lit("France").alias(HEADER[16]),
        pl.format("{} {} {}", first, last, address).alias(HEADER[17]),
        postcode.alias(HEADER[18]),
        city.alias(HEADER[19]),
        pl.lit("France").alias(HEADER[20]),
    )
    article = pl.Series(random.integers(0, 20_000, lines))
    cents = pl.Series(random.integers(490, 29_900, lines))
    shipping = pl.Series(random.choice([0, 299, 499, 690], lines))
    flat = orders[of_line].with_columns(
        pl.format("{} n° {}", some(GOODS, lines), article).alias(HEADER[4]),
        pl.format("36{}", (article + 10_000_000_000).cast(pl.String)).alias(HEADER[5]),
        pl.format("VEND-{}", article).alias(HEADER[6]),
        pl.format("SKU{}", article.cast(pl.String).str.zfill(8)).alias(HEADER[7]),
        pl.Series(random.choice([1, 1, 1, 2, 3], lines)).cast(pl.String).alias(HEADER[8]),
        _decimal(cents).alias(HEADER[9]),
        _decimal(shipping).alias(HEADER[10]),
    )
    body = flat.select(HEADER).write_csv(separator=";", quote_style="always").encode("cp1252")
    for name, shop in (("first.csv", PREAMBLE[2]), ("again.csv", PREAMBLE[2] + " bis")):
        top = [shop if line is PREAMBLE[2] else line for line in PREAMBLE]
        Path(folder, name).write_bytes("".join(f"{line}\n" for line in top).encode("cp1252") + body)
    distinct = orders[HEADER[0]].n_unique()
    return {"bytes": len(body), "orders": distinct}


def _decimal(cents: Any) -> Any:
    import polars as pl

    return pl.format("{},{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2))


def _desk(base: str) -> Any:
    from core.desk.base import open_desk

    return open_desk(f"sqlite:///{base}")


def ours(folder: str, base: str, file: str = "first.csv") -> dict[str, Any]:
    """Seconds from bytes to committed rows, and the process's peak memory."""
    from core.desk import imports, settings
    from core.desk.base import Person

    desk, person = _desk(base), Person("benchmark")
    shop = settings.add_shop(desk, person, "cdiscount", "Maison d'exemple")
    data = Path(folder, file).read_bytes()
    start = time.perf_counter()
    seen = imports.preview(desk, shop, file, data, NOW)
    between = time.perf_counter()
    done = imports.write(desk, person, seen, NOW)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    counts = {name: getattr(done, name) for name in ("read", "new", "changed", "unchanged", "older", "rejected")}
    return {"seconds": end - start, "preview": between - start, "peak": peak, "counts": counts}


def again(folder: str, base: str) -> dict[str, Any]:
    """The same for the other bytes with the same orders."""
    return ours(folder, base, "again.csv")


def floor(folder: str, base: str) -> dict[str, Any]:
    """Seconds that sqlite3's executemany takes for the rows that ours writes."""
    import polars as pl

    from core.desk import imports, settings
    from core.desk.base import Person
    from core.store.staging import storable
    from core.store.tables import buyers, order_lines, orders

    desk, person = _desk(base), Person("benchmark")
    shop = settings.add_shop(desk, person, "cdiscount", "Maison d'exemple")
    plan: Any = imports.preview(desk, shop, "first.csv", Path(folder, "first.csv").read_bytes(), NOW).plan
    jobs = []
    for table, frame in ((orders, plan.orders), (order_lines, plan.lines), (buyers, plan.buyers)):
        names = ["shop_id", *(n for n in frame.columns if n in table.columns)]
        key = [column.name for column in table.primary_key]
        told = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in key)
        sql = (
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {told}"
        )
        typed = storable(frame.with_columns(shop_id=pl.lit(shop)).select(names))
        if "import_id" in names:
            typed = typed.with_columns(import_id=pl.lit(1, pl.Int64))
        jobs.append((sql, typed.rows()))
    del plan
    raw: Any = desk.engine.raw_connection().driver_connection
    raw.execute(
        "INSERT INTO imports (id, shop_id, format, as_of, as_of_source, seen_as_of, imported_at, person) "
        "VALUES (1, ?, 'benchmark', 0, 'file', 0, 0, 'benchmark')", (shop,)
    )  # fmt: skip
    start = time.perf_counter()
    raw.execute("BEGIN IMMEDIATE")
    for sql, rows in jobs:
        raw.executemany(sql, rows)
    raw.execute("COMMIT")
    return {"seconds": time.perf_counter() - start}


def pandas(folder: str, base: str) -> dict[str, Any]:
    """Seconds of read_csv and to_sql of the flat rows, no checks."""
    import pandas as pd  # type: ignore[import-untyped]
    import sqlalchemy as sa

    data = Path(folder, "first.csv").read_bytes()
    start = time.perf_counter()
    flat = pd.read_csv(
        io.BytesIO(data),
        sep=";",
        decimal=",",
        encoding="cp1252",
        skiprows=len(PREAMBLE),
        skip_blank_lines=False,
        parse_dates=["Date de commande"],
        date_format="%d/%m/%Y %H:%M:%S",
    )
    engine = sa.create_engine(f"sqlite:///{base}")
    flat.to_sql("orders", engine, index=False)
    engine.dispose()
    end = time.perf_counter()
    assert len(flat) > 0
    assert list(flat.columns) == list(HEADER)
    return {"seconds": end - start}


def fresh(task: Callable[..., dict[str, Any]], *given: object) -> dict[str, Any]:
    """Run a task in a process of its own, spawned."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *given).result()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--lines", type=int, default=LINES)
    options.add_argument("--skip", nargs="*", default=[], choices=["floor", "pandas", "again"])
    options.add_argument("--verbose", action="store_true")
    asked = options.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}

    def run(task: Callable[..., dict[str, Any]], *given: object) -> None:
        if task.__name__ in asked.skip:
            return
        result = fresh(task, *given)
        found.setdefault(task.__name__, []).append(result)
        if asked.verbose:
            print(task.__name__, result, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        made = fresh(make, folder, asked.lines)
        print(f"{asked.lines} lines, {made['orders']} orders, {made['bytes'] / 1e6:.0f} MB; {asked.runs} runs")
        for turn in range(asked.runs):
            bases = {name: str(Path(folder, f"{name}{turn}.db")) for name in ("ours", "floor", "pandas")}
            run(ours, folder, bases["ours"])
            run(again, folder, bases["ours"])
            run(floor, folder, bases["floor"])
            run(pandas, folder, bases["pandas"])
            for left in Path(folder).glob("*.db*"):
                left.unlink()
    seconds = {name: statistics.median(one["seconds"] for one in many) for name, many in found.items()}
    print("seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    for name, word in (("ours", "new"), ("again", "unchanged")):  # the rest lies in the hour that never was
        for counts in (one["counts"] for one in found.get(name, ())):
            assert counts["read"] == asked.lines == counts[word] + counts["rejected"], counts
            assert counts["rejected"] < asked.lines / 1000, counts
    ratios = {"peak of ours, GB": max(one["peak"] for one in found["ours"])}
    for name, (over, under) in {
        "ours / floor": ("ours", "floor"), "pandas / ours": ("pandas", "ours"), "again / first": ("again", "ours")
    }.items():  # fmt: skip
        if over in seconds and under in seconds:
            ratios[name] = seconds[over] / seconds[under]
    failed = False
    for name, limit in LIMITS.items():
        if name in ratios:
            good = ratios[name] >= limit if name == "pandas / ours" else ratios[name] <= limit
            failed |= not good
            sign = ">=" if name == "pandas / ours" else "<="
            print(f"{name}: {ratios[name]:.2f} (goal {sign} {limit}) {'ok' if good else 'MISSED'}")
    return int(failed)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``python benchmarks/intake.py``
    sys.exit(main())
