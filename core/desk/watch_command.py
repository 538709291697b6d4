"""``python -m core watch``: a folder whose files are imported as they appear, until a signal ends it."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

from core.desk import base, command, imports, settings
from core.desk.watch import Watch, run

SECONDS: Final = 2.0
"""Between two looks at the folder; a file that is unchanged for so long is whole."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser's sub-commands."""
    watch = commands.add_parser("watch", parents=[common], help="import what appears in a folder")
    watch.add_argument("folder", type=Path, metavar="DIR")
    watch.add_argument("--shop", required=True, metavar="NAME")
    watch.add_argument("--marketplace", required=True, choices=[str(name) for name in base.Marketplace])
    watch.add_argument("--whole-file", action="store_true", help="write nothing of a file where a row is rejected")
    watch.add_argument("--once", action="store_true", help="take what lies there and stop")
    watch.add_argument("--seconds", type=float, default=SECONDS, help="between two looks (%(default)s)")
    watch.set_defaults(run=_watch)


def _watch(chosen: argparse.Namespace) -> int:
    """Exit code 0: every file went to done/; 1: some to rejected/. A signal lets the file at hand be finished."""
    if not chosen.folder.is_dir():
        raise ValueError(f"{chosen.folder} is no folder")
    stop = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        desk, person = command.opened(chosen)
        shop_id = settings.add_shop(desk, person, chosen.marketplace, chosen.shop)
        mode = imports.WHOLE_FILE if chosen.whole_file else imports.GOOD_ROWS
        watch = Watch(desk, person, shop_id, chosen.folder, mode)
        clean = run(watch, once=chosen.once, pause=lambda: stop.wait(chosen.seconds), clock=base.utc_now, say=_say)
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
    return 0 if clean else 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
