"""``python -m core wipe``: personal data goes, of one order or of all that is older than its shop keeps it."""

import argparse
from typing import Any

from core.desk import base, command, privacy, settings


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser's sub-commands."""
    wipe = commands.add_parser("wipe", parents=[common], help="wipe personal data; orders and figures stay")
    what = wipe.add_mutually_exclusive_group(required=True)
    what.add_argument("--due", action="store_true", help="of all that is older than its shop keeps it")
    what.add_argument("--order", metavar="NUMBER", help="of one order of --shop")
    wipe.add_argument("--shop", metavar="NAME")
    wipe.set_defaults(run=_wipe)


def _wipe(chosen: argparse.Namespace) -> int:
    if (chosen.order is None) != (chosen.shop is None):
        raise ValueError("--order and --shop belong together: the order of that number in that shop is wiped")
    (desk, person), now = command.opened(chosen), base.utc_now()
    if chosen.due:
        orders, gone = privacy.wipe_due(desk, person, now)
        _out(f"{orders} orders: {_said(gone)}")
        return 0
    mine = settings.shops(desk).filter(name=chosen.shop)["id"]
    if mine.is_empty():
        raise ValueError(f"no shop is called {chosen.shop!r}")
    known = [id_ for id_ in mine if privacy.knows(desk, base.OrderKey(id_, chosen.order), now)]
    if not known:
        raise ValueError(f"{chosen.shop!r} has no order {chosen.order!r}")
    for shop_id in known:  # two marketplaces may have a shop of that name each
        try:
            gone = privacy.wipe_order(desk, person, base.OrderKey(shop_id, chosen.order), now)
        except privacy.Kept as why:
            raise ValueError(str(why)) from None
        _out(f"{chosen.order}: {_said(gone)}")
    return 0


def _said(gone: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in gone.items())


def _out(line: str) -> None:
    print(line)  # the command line's own output
