"""Reading of a 1,000,000-line Cdiscount export of which 3 % of the rows have a damaged cell, and of its kin.

The clean export is that of ``benchmarks/intake.py``. In the messy one every hundredth row each has: a wrong date,
amount or quantity; what a spreadsheet leaves of an id; hidden signs, garbled or unknown words. A second messy file
also has torn rows, stray quotes, totals and blank rows, which have to be read with care. Processor time counts.

- messy / clean, torn / clean: how much more damage costs
- openpyxl / ours: 100,000 rows as a workbook, read down to typed rows, against a plain loop over its rows
- recognition: the header of the first 200 MB found and judged, against the same of their first 64 KiB

Run with ``python -m benchmarks.messy``. Limits: see LIMITS.
"""

import argparse
import datetime as dt
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.intake import LINES, NOW, fresh, make

SHARE: Final = 0.03
XLSX_ROWS: Final = 100_000
LIMITS: Final = {
    "messy / clean": (1.6, "<="), "torn / clean": (5.0, "<="), "peak of torn, GB": (1.5, "<="),
    "openpyxl / ours": (8.0, ">="), "recognition, ms": (50.0, "<="),
}  # fmt: skip
# Column of the export, and what stands in it instead.
CELLS: Final = (
    (2, "31/02/2026 10:00:00"), (2, "25/10/2026 02:30:00"), (9, "gratuit"), (9, "1.234"), (8, "1,5"),
    (0, "2,61E+14"), (5, "3,6E+12"), (6, "1-févr"), (7, "12345.0"), (5, "36000291452"), (3, "Parti ailleurs"),
    (6, "VEND\u00a0-1"), (4, "ThÃ©iÃ¨re"), (14, "1000"),
)  # fmt: skip
TORN: Final = ('"only";"two"', '"a stray;quote', '"Total";"12,50"', "", '";";";";";";')


def spoil(folder: str, lines: int) -> dict[str, Any]:
    """Write the clean export, and ``messy.csv`` and ``torn.csv`` made of it."""
    made = make(folder, lines)
    dice = random.Random(48)
    text = Path(folder, "first.csv").read_bytes().decode("cp1252").split("\n")
    top = next(n for n, line in enumerate(text) if line.startswith('"Référence')) + 1
    for at in dice.sample(range(top, len(text) - 1), int(lines * SHARE)):
        column, cell = dice.choice(CELLS)
        cells = text[at].strip('"').split('";"')
        cells[column] = cell
        text[at] = '"' + '";"'.join(cells) + '"'
    Path(folder, "messy.csv").write_bytes("\n".join(text).encode("cp1252", errors="replace"))
    for at in sorted(dice.sample(range(top, len(text) - 1), lines // 1000), reverse=True):
        text.insert(at, dice.choice(TORN))
    Path(folder, "torn.csv").write_bytes("\n".join(text).encode("cp1252", errors="replace"))
    return made


def read(folder: str, file: str) -> dict[str, Any]:
    """Processor seconds from bytes to typed rows, and the process's peak memory."""
    from core.intake import formats
    from core.intake.read import Reading
    from core.intake.read import read as intake

    data, known = Path(folder, file).read_bytes(), formats.load()
    start = time.process_time()
    found = intake(file, data, known, now=NOW)
    seconds = time.process_time() - start
    assert isinstance(found, Reading)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": seconds, "peak": peak, "read": found.read, "rejected": found.rejected,
            "findings": found.findings.height, "codes": found.findings["code"].n_unique()}  # fmt: skip


def workbook(folder: str, rows: int) -> dict[str, Any]:
    """Write the first rows of the export as ``some.xlsx``."""
    import csv

    import xlsxwriter

    text = Path(folder, "first.csv").read_bytes().decode("cp1252").splitlines()[: rows + 6]
    with xlsxwriter.Workbook(str(Path(folder, "some.xlsx")), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate(csv.reader(text, delimiter=";")):
            for column, cell in enumerate(cells):
                sheet.write_string(at, column, cell)
    return {}


def openpyxl(folder: str) -> dict[str, Any]:
    """Processor seconds of a loop over the rows of the workbook, with the dates and amounts typed."""
    from openpyxl import load_workbook

    start = time.process_time()
    sheet = load_workbook(Path(folder, "some.xlsx"), read_only=True).worksheets[0]
    rows = []
    for cells in sheet.iter_rows(min_row=7, values_only=True):
        row = list(cells)
        row[2] = dt.datetime.strptime(row[2], "%d/%m/%Y %H:%M:%S")
        row[8], row[9], row[10] = int(row[8]), float(row[9].replace(",", ".")), float(row[10].replace(",", "."))
        rows.append(row)
    return {"seconds": time.process_time() - start, "read": len(rows)}


def recognition(folder: str) -> dict[str, Any]:
    """Milliseconds until the format of the first 200 MB is known, and of their first 64 KiB."""
    from core.intake import formats
    from core.intake.grid import source

    data, known = Path(folder, "first.csv").read_bytes()[: 200 * 1024 * 1024], formats.load()
    head = data[: 64 * 1024]

    def best(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(7):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
        return min(spent) * 1000

    source("first.csv", head, known)  # what is looked up once a process
    return {"whole": best(lambda: source("first.csv", data, known)), "head": best(lambda: source("x.csv", head, known))}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--lines", type=int, default=LINES)
    asked = options.parse_args()
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        fresh(spoil, folder, asked.lines)
        best: dict[str, dict[str, Any]] = {}
        for _ in range(asked.runs):
            for file in ("first.csv", "messy.csv", "torn.csv"):
                one = fresh(read, folder, file)
                if file not in best or one["seconds"] < best[file]["seconds"]:
                    best[file] = one
        for file, one in best.items():
            print(f"{file}: {one['seconds']:.2f} s, {one['peak']:.2f} GB, read {one['read']}, "
                  f"rejected {one['rejected']}, {one['findings']} findings of {one['codes']} codes")  # fmt: skip
        ratios["messy / clean"] = best["messy.csv"]["seconds"] / best["first.csv"]["seconds"]
        ratios["torn / clean"] = best["torn.csv"]["seconds"] / best["first.csv"]["seconds"]
        ratios["peak of torn, GB"] = best["torn.csv"]["peak"]
        rows = min(XLSX_ROWS, asked.lines - 1)
        fresh(workbook, folder, rows)
        ours, loop = fresh(read, folder, "some.xlsx"), fresh(openpyxl, folder)
        print(f"{rows} rows of a workbook: ours {ours['seconds']:.2f} s, openpyxl {loop['seconds']:.2f} s")
        ratios["openpyxl / ours"] = loop["seconds"] / ours["seconds"]
        known = fresh(recognition, folder)
        print(f"recognition: {known['whole']:.1f} ms, of 64 KiB {known['head']:.1f} ms, "
              f"ratio {known['whole'] / known['head']:.1f}")  # fmt: skip
        ratios["recognition, ms"] = known["whole"]
    failed = False
    for name, (limit, sign) in LIMITS.items():
        good = ratios[name] <= limit if sign == "<=" else ratios[name] >= limit
        failed |= not good
        print(f"{name}: {ratios[name]:.2f} (goal {sign} {limit}) {'ok' if good else 'MISSED'}")
    return int(failed)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``python benchmarks/messy.py``
    sys.exit(main())
