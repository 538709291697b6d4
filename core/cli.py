"""The command line: the same core as the pages.

Results go to standard output, messages to standard error. Exit codes: 0 done, 1 rows were rejected,
2 wrong use, or a file or base that cannot be used.
"""

import argparse
import datetime as dt
import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.desk import base, imports, orders, rules, samples, settings

DONE: Final = 0
REJECTED: Final = 1
WRONG_USE: Final = 2
QUEUE_FIELDS: Final = (
    "kind",
    "marketplace",
    "shop",
    "case",
    "state",
    "due_at",
    "target_at",
    "last_staffed_at",
    "seconds_left",
    "band",
    "action",
    "consequence",
    "rule",
    "reason",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except (base.StoreUnavailable, base.NotAllowed, ValueError, OSError) as trouble:
        _say(str(trouble))
        return WRONG_USE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="The order desk from a shell.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--database", metavar="URL", help="else DESK48_DATABASE_URL, else SQLite in var/")
    unread = argparse.ArgumentParser(add_help=False)
    unread.add_argument("--database", metavar="URL", help="taken everywhere; this command reads no base")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = commands.add_parser("import", parents=[common], help="import export files into one shop")
    add.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add.add_argument("--shop", required=True, metavar="NAME")
    add.add_argument("--marketplace", required=True, choices=[str(name) for name in base.Marketplace])
    add.add_argument("--as-of", type=instant, metavar="INSTANT", help="where the file holds no instant of its own")
    add.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
    add.add_argument("--json", action="store_true")
    add.set_defaults(run=_import)

    queue = commands.add_parser("queue", parents=[common], help="what has to be done, soonest first")
    queue.add_argument("--at", type=instant, metavar="INSTANT", help="judge at this instant instead of now")
    queue.add_argument("--shop", metavar="NAME")
    queue.add_argument("--json", action="store_true")
    queue.set_defaults(run=_queue)

    sample = commands.add_parser("sample", parents=[unread], help="write the sample month into a folder")
    sample.add_argument("folder", type=Path, metavar="DIR")
    sample.set_defaults(run=_sample)

    listed = commands.add_parser("rules", parents=[unread], help="the rule values in force today")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(run=_rules)

    migrate = commands.add_parser("migrate", parents=[common], help="bring the base up to date")
    migrate.set_defaults(run=_migrate)
    return parser


def instant(text: str) -> dt.datetime:
    """An instant in ISO 8601 with an offset or Z."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = dt.datetime.min
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant: write it like 2026-11-23T14:05:00+01:00 or …Z")
    return at.astimezone(dt.UTC)


def _import(chosen: argparse.Namespace) -> int:
    desk = base.open_desk(chosen.database)
    person = base.Person(getpass.getuser())
    shop_id = settings.add_shop(desk, person, chosen.marketplace, chosen.shop)
    results, worst = [], DONE
    for path in chosen.files:
        try:
            result = _import_one(desk, person, shop_id, path, chosen)
        except (imports.Refused, imports.WrongShop, OSError) as trouble:
            _say(f"{path}: {trouble}")
            worst = WRONG_USE
            continue
        results.append(result)
        worst = max(worst, REJECTED if result["rejected"] else DONE)
    _print_imports(results, as_json=chosen.json)
    return worst


def _import_one(
    desk: base.Desk, person: base.Person, shop_id: int, path: Path, chosen: argparse.Namespace
) -> dict[str, Any]:
    now = base.utc_now()
    seen = imports.preview(desk, shop_id, path.name, path.read_bytes(), now, chosen.as_of)
    if chosen.as_of is not None and seen.as_of_source == "file":
        _say(f"{path}: the newest instant in the file counts, not --as-of")
    if seen.already is None and not chosen.dry_run:
        seen = imports.write(desk, person, seen, now)
    if seen.already is not None:
        _say(f"{path}: already imported on {_iso(seen.already['imported_at'])} by {seen.already['person']}")
    return {
        "file": str(path),
        "format": seen.format,
        "as_of": _iso(seen.as_of),
        "read": seen.read,
        "new": seen.new,
        "changed": seen.changed,
        "unchanged": seen.unchanged,
        "older": seen.older,
        "rejected": seen.rejected,
        "findings": [_finding(row) for row in seen.findings.iter_rows(named=True)],
    }


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    sentence, hint = imports.finding_text(row["code"])
    filled = {name: row[name] for name in ("line", "column", "value")}
    return {**row, "sentence": sentence.format(**filled), "hint": hint.format(**filled)}


def _print_imports(results: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for result in results:
            _out(json.dumps(result, ensure_ascii=False))
        return
    for result in results:
        counts = ", ".join(f"{result[name]} {name}" for name in ("new", "changed", "unchanged", "older", "rejected"))
        _out(f"{result['file']}: {result['format']}, as of {result['as_of']}: {result['read']} read, {counts}")
        for found in result["findings"]:
            _say(f"{result['file']}:{found['line']}: {found['column']}: {found['sentence']} {found['hint']}")


def _queue(chosen: argparse.Namespace) -> int:
    desk = base.open_desk(chosen.database)
    found = orders.queue(desk, chosen.at or base.utc_now())
    if chosen.shop is not None:
        if chosen.shop not in settings.shops(desk)["name"].to_list():
            raise ValueError(f"no shop is called {chosen.shop!r}")
        found = found.filter(shop=chosen.shop)
    rows = found.with_columns(case="order_number").select(QUEUE_FIELDS)
    if chosen.json:
        _out(json.dumps([_plain(row) for row in rows.iter_rows(named=True)], ensure_ascii=False))
        return DONE
    for row in rows.iter_rows(named=True):
        _out("\t".join("" if value is None else str(value) for value in _plain(row).values()))
    return DONE


def _sample(chosen: argparse.Namespace) -> int:
    for file, path in samples.write_samples(chosen.folder, base.utc_now()):
        _out(f"{path}\t--shop {file.shop!r} --marketplace {file.marketplace}")
    return DONE


def _rules(chosen: argparse.Namespace) -> int:
    found = rules.in_force(base.load_values(), base.utc_now().date())
    if chosen.json:
        _out(json.dumps([_plain(row) for row in found.iter_rows(named=True)], ensure_ascii=False))
        return DONE
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=60, tbl_width_chars=160, tbl_hide_dataframe_shape=True):
        _out(str(found.select("rule", "title", "value", "unit", "since")))
    return DONE


def _migrate(chosen: argparse.Namespace) -> int:
    desk = base.open_desk(chosen.database)
    _out(base.migration(desk))
    return DONE


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _iso(value) if isinstance(value, dt.date) else value for name, value in row.items()}


def _iso(at: dt.date) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _out(line: str) -> None:
    print(line)  # the command line's own output


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # messages go beside the output
