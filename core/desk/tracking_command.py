"""``python -m core check-tracking``: one verdict a shipment, before anything is sent for good."""

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

from core.desk import base, command, exports, tracking

DONE, IMPOSSIBLE = 0, 1


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser's commands."""
    check = commands.add_parser(
        "check-tracking", parents=[common], help="judge the tracking numbers of a table of shipments",
        description=f"A CSV with the columns {', '.join(tracking.COLUMNS)}; all may be absent but tracking_number."
        " Exit code 1 where a number is impossible."
        " A carrier with too few right check digits is told on standard error.",
    )  # fmt: skip
    check.add_argument("file", metavar="FILE", help="the table; - is standard input")
    check.add_argument("--marketplace", default=str(base.Marketplace.CDISCOUNT), choices=[*map(str, base.Marketplace)])
    check.add_argument("--shop", metavar="NAME", help="whose shipments they are; else no shop's")
    check.add_argument("--at", type=_at, metavar="DATE", help="judge on this day, or at this instant, instead of now")
    out = check.add_mutually_exclusive_group()
    out.add_argument("--json", action="store_true")
    out.add_argument("--csv", type=Path, metavar="OUT", help="write a table that a spreadsheet opens")
    check.set_defaults(run=_run)


def _at(text: str) -> dt.datetime:
    """A day (its noon, UTC) or an instant in ISO 8601 with an offset."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it like 2026-11-23") from wrong
    if at.tzinfo is None and len(text) > len("2026-11-23"):
        raise argparse.ArgumentTypeError(f"{text!r} says no offset: write it like 2026-11-23T14:05:00+01:00 or …Z")
    return at.astimezone(dt.UTC) if at.tzinfo else at.replace(hour=12, tzinfo=dt.UTC)


def _printable(carrier: str | None) -> str:
    """A carrier as it was typed, without signs that a terminal obeys; a dash for none."""
    return "".join(sign for sign in carrier or "" if sign.isprintable()).strip()[:60] or "–"


def _run(chosen: argparse.Namespace) -> int:
    desk, _ = command.opened(chosen)
    named = chosen.shop is not None
    shop = tracking.shop_called(desk, chosen.shop, chosen.marketplace) if named else tracking.Shop(chosen.marketplace)
    data = sys.stdin.buffer.read() if chosen.file == "-" else Path(chosen.file).read_bytes()
    shipments = tracking.read_table(data, shop)
    now = chosen.at or base.utc_now()
    judged = tracking.check(desk, shipments, now)
    for rate in tracking.low_rates(desk, judged, now).iter_rows(named=True):
        print(tracking.LOW_RATE.format_map(rate | {"carrier": _printable(rate["carrier"])}), file=sys.stderr)
    found = tracking.results(judged)
    if chosen.json:
        print(json.dumps(found.to_dicts(), ensure_ascii=False))
    else:
        flat = found.with_columns(pl.col("carriers", "reasons").list.join(" "))
        if chosen.csv:
            chosen.csv.write_bytes(exports.csv(flat))
        else:
            print(exports.clipboard(flat), end="")
    return IMPOSSIBLE if (found["verdict"] == "impossible").any() else DONE
