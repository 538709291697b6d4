"""The command line: the same core as the pages.

Results go to standard output, messages to standard error. Exit codes: 0 done, 1 rows were rejected
or the record is broken, 2 wrong use, or a file or base that cannot be used.
"""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.desk import (
    backup_command,
    base,
    command,
    import_command,
    orders,
    people_command,
    privacy_command,
    record_command,
    returns_command,
    rules,
    samples,
    settings,
    tracking_command,
    watch_command,
)
from core.desk.import_command import DONE, REJECTED, WRONG_USE

__all__ = ["DONE", "REJECTED", "WRONG_USE", "instant", "main"]


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
    except (base.StoreUnavailable, base.NotAllowed, base.SignedOut, ValueError, OSError) as trouble:
        _say(str(trouble))
        return WRONG_USE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="The order desk from a shell.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--database", metavar="URL", help="else DESK48_DATABASE_URL, else SQLite in var/")
    acting = argparse.ArgumentParser(add_help=False, parents=[common])
    command.add_as(acting)
    unread = argparse.ArgumentParser(add_help=False)
    unread.add_argument("--database", metavar="URL", help="taken everywhere; this command reads no base")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    import_command.add(commands, acting, instant)

    queue = commands.add_parser("queue", parents=[acting], help="what has to be done, soonest first")
    queue.add_argument("--at", type=instant, metavar="INSTANT", help="judge at this instant instead of now")
    queue.add_argument("--shop", metavar="NAME")
    queue.add_argument("--json", action="store_true")
    queue.set_defaults(run=_queue)

    tracking_command.add(commands, acting)

    returns_command.add(commands, acting)

    sample = commands.add_parser("sample", parents=[unread], help="write the sample month into a folder")
    sample.add_argument("folder", type=Path, metavar="DIR")
    sample.set_defaults(run=_sample)

    listed = commands.add_parser("rules", parents=[unread], help="the rule values in force today")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(run=_rules)

    watch_command.add(commands, acting)

    record_command.add(commands, acting)
    privacy_command.add(commands, acting)

    backup_command.add(commands, acting)
    people_command.add(commands, common)

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


def _queue(chosen: argparse.Namespace) -> int:
    desk, _ = command.opened(chosen)
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
