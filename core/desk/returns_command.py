"""``python -m core decide-returns FILE``: the lawful answers to every request of a file, and the cheapest."""

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

from core.desk import base, command, return_files

FIELDS: Final = (
    "order_number", "marketplace", "line_title", "reason", "requested_at", "reply_due_at", "recommended",
    "recommended_cost_minor", "runner_up", "saved_minor", "currency", "return_payer", "refund_minor", "refund_due_at",
    "question",
)  # fmt: skip


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Hang the command into the parser of ``core.cli``."""
    decide = commands.add_parser("decide-returns", parents=[common], help="decide the return requests of a file")
    decide.add_argument("file", type=Path, metavar="FILE", help="the return template, or Amazon's returns report")
    decide.add_argument("--marketplace", choices=[str(name) for name in base.Marketplace], default="cdiscount")
    decide.add_argument("--shop", metavar="NAME", help="judge by this shop's orders, values and rules")
    decide.add_argument("--json", action="store_true")
    decide.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    desk, _ = command.opened(chosen)
    judged, rejected = return_files.judged(
        desk, chosen.marketplace, chosen.shop, chosen.file.name, chosen.file.read_bytes(), base.utc_now()
    )
    for row in judged.iter_rows(named=True):
        told = {name: _plain(row[name]) for name in FIELDS}
        told |= {
            "options": {
                name: {f: row[f"{name}_{f}"] for f in ("status", "why", "rule", "cost_minor")}
                for name in return_files.OPTIONS
            }
        }
        if chosen.json:
            print(json.dumps(told, ensure_ascii=False))  # the command line's own output
        else:
            print("\t".join("" if told[name] is None else str(told[name]) for name in FIELDS))
    return 1 if rejected else 0


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, dt.datetime) else value
