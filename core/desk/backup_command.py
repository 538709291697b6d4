"""``python -m core backup`` and ``restore``: the whole base in one file, and back, while the desk runs."""

import argparse
from pathlib import Path
from typing import Any

from core.desk import backup, base, command


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser's sub-commands."""
    made = commands.add_parser("backup", parents=[common], help="write the whole base into one new file")
    made.add_argument("file", type=Path, metavar="FILE")
    made.set_defaults(run=_backup)
    back = commands.add_parser("restore", parents=[common], help="put a backup into the base")
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument("--replace", action="store_true", help="instead of what is in the base")
    back.set_defaults(run=_restore)


def _backup(chosen: argparse.Namespace) -> int:
    desk, person = command.opened(chosen)
    told = backup.make(desk, person, chosen.file, base.utc_now())
    _out(f"{chosen.file}: {_said(told)}")
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    desk, person = command.opened(chosen)
    try:
        told = backup.bring_back(desk, person, chosen.file, base.utc_now(), replace=chosen.replace)
    except backup.NotEmpty:
        raise ValueError(
            "There is something in this base. Nothing was touched. To have the backup instead of it, say --replace."
        ) from None
    except (backup.Damaged, backup.TooNew) as why:
        raise ValueError(str(why)) from None
    _out(f"{chosen.file} of {told.at}: {_said(told)}")
    return 0


def _said(told: backup.Manifest) -> str:
    rows = sum(part.rows for part in told.tables.values())
    return f"{rows} rows in {len(told.tables)} tables, record {told.head or 'empty'}"


def _out(line: str) -> None:
    print(line)  # the command line's own output
