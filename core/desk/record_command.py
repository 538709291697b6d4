"""``python -m core verify-record``: does the record hold, from its first row to its last?"""

import argparse
import sys
from typing import Any, Final

from core.desk import command, record

DONE: Final = 0
BROKEN: Final = 1


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser's sub-commands."""
    verify = commands.add_parser("verify-record", parents=[common], help="find what was changed in the record")
    verify.add_argument("--expect", metavar="HEAD", help="a head that was printed earlier: its row has to be there")
    verify.set_defaults(run=_verify)


def _verify(chosen: argparse.Namespace) -> int:
    """Exit code 0: it holds, and its head is printed; 1: it does not, each fault is told."""
    desk, person = command.opened(chosen)
    found = record.verify(desk, person, chosen.expect)
    for fault in found.faults:
        _say(record.FAULTS[fault.code].format(n=fault.n))
    if found.count > len(found.faults):
        _say(f"… and {found.count - len(found.faults)} more.")
    print(found.head or "0")  # the command's output: what to keep for the next --expect
    _say(f"{found.rows} rows of the record: " + ("it is broken." if found.count else "it holds."))
    return BROKEN if found.count else DONE


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # messages go beside the output
