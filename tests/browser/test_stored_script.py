"""Script in every text of imported files, of a shop's name and of what people write: nowhere does it run."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from core.desk import cases, imports, mappings, return_typing, settings
from core.desk.base import Desk, OrderKey, Person, open_desk, utc_now
from core.desk.mappings import Mapping
from core.policy.words import DecisionKind
from tests.browser import wall
from tests.browser.conftest import Window, shown, started, table, tick, visit

pytestmark = pytest.mark.browser

SCRIPT: Final = (
    "<script>window.ran=1</script><img src=x onerror=window.ran=1><svg onload=window.ran=1>"
    "[a](javascript:window.ran=1) ![b](http://evil.example/x.png) <iframe srcdoc='<script>top.ran=1</script>'></iframe>"
)
SEEN: Final = "<script>window.ran=1</script>"
RUNNING: Final = (
    "main script, main img[onerror], main svg[onload], main iframe[srcdoc], "
    "[href^='javascript:'], [src*='evil.example']"
)
"""What would stand in the page if a text had become a part of it."""
COLUMNS: Final = (
    *("Channel", "Line id", "SKU", "Seller SKU", "EAN", "Title", "Carrier", "Tracking number", "Tracking URL"),
    *("First name", "Last name", "Address", "Postcode", "City", "Country"),
    *("Billing", "Billing postcode", "Billing city", "Billing country"),
)
SHIPMENT: Final = (
    *("Order number", "Line id", "Quantity", "Shipped at", "Carrier", "Tracking number", "Tracking URL"),
)
PAGES: Final = (
    *("/", "/orders", "/returns", "/returns?view=reports", "/returns?view=replay", "/returns?view=add"),
    *("/tracking", "/tracking?view=chosen", "/tracking?view=file", "/tracking?view=sent", "/tracking?view=pictures"),
    *("/imports", "/settings", "/rules", "/record"),
)


Hostile = tuple[str, OrderKey, str]
"""The address of a desk full of script, the key of its good order, and the link of a team screen."""


def table_of(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, dict.fromkeys(name for row in rows for name in row), delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def filled(desk: Desk, now: dt.datetime) -> OrderKey:
    """A shop whose every text is script; the key of its one good order, whose number is script as well."""
    who = Person(SCRIPT)
    shop_id = settings.add_shop(desk, who, "cdiscount", SCRIPT)
    asked = (now - dt.timedelta(hours=3)).isoformat(timespec="seconds")
    order = dict.fromkeys(COLUMNS, SCRIPT) | {
        "Order number": SCRIPT,
        "Created at": asked,
        "Price": "20,00",
        "State": "to_ship",
    }
    strange = order | {"Order number": f"2{SCRIPT}", "State": SCRIPT}
    broken = order | {"Order number": f"3{SCRIPT}", "Created at": SCRIPT, "Price": SCRIPT}
    names = ("Order number", "Reason", "Reason text", "Status", "Return number", "Title", "Seller SKU", "Country")
    sent_back = dict.fromkeys(names, SCRIPT) | {"Requested at": asked}
    question = dict.fromkeys(
        ("Inquiry number", "Order number", "Subject", "Body", "Topic", "Level", "Status", "Channel", "Buyer"), SCRIPT
    )
    dispute = dict.fromkeys(("Dispute number", "Order number", "Status", "Reason", "Type", "Note"), SCRIPT)
    files = {
        "inquiries": table_of(question | {"Last buyer message at": asked}),
        "disputes": table_of(dispute | {"Opened at": asked}),
        "orders": table_of(order, strange, broken),
        "returns": table_of(sent_back),
        "shipments": table_of(dict.fromkeys(SHIPMENT, SCRIPT) | {"Quantity": "1", "Shipped at": asked}),
    }
    for name, data in files.items():
        seen = imports.preview(desk, shop_id, f"{SCRIPT}-{name}.csv", data, now)
        done = imports.write(desk, who, seen, now)
        assert done.read > done.rejected, name
    key = OrderKey(shop_id, SCRIPT)
    cases.add(desk, who, key, DecisionKind.NOTE, SCRIPT, now)
    header = (SCRIPT, "b", "c")
    fields = dict(zip(("order_number", "created_at", "state_word"), header, strict=True))
    mappings.save(desk, who, shop_id, Mapping("orders", fields, header, zone="Europe/Paris", name=SCRIPT), now)
    line = f"{SCRIPT}\tRetraction\t{asked}"
    return_typing.record(desk, who, shop_id, return_typing.pasted(desk, shop_id, line, now), now)
    return key


@pytest.fixture(scope="module")
def hostile(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    key = filled(desk, utc_now())
    desk.engine.dispose()
    with wall.desk_in(folder) as desk:
        screen = wall.link(desk)
    with started(folder) as address:
        yield address, key, screen


def test_script_in_every_text_is_shown_as_text_and_runs_nowhere(
    window: Window, hostile: tuple[str, OrderKey, str]
) -> None:
    address, key, screen = hostile
    page = window()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    this = {"order": key.order_number, "shop_id": str(key.shop_id)}
    case = f"/case?{urlencode(this)}"
    for link in (*PAGES, case, f"/case?{urlencode({'q': SCRIPT})}"):
        visit(page, address + link)
        harmless(page, link)
    visit(page, address + case)
    assert SEEN in shown(page)
    visit(page, f"{address}/imports")
    tick(table(page, "Imports, newest first"), 2)
    page.get_by_text("Undo this import").wait_for()
    harmless(page, "a chosen import")
    page.get_by_role("tab", name="Mappings").click()
    page.get_by_text("Fetch as JSON").wait_for()
    harmless(page, "mappings")
    assert SEEN in shown(page)
    wall.look_at(page, address + screen)
    assert SEEN in page.evaluate(f"{wall.WALL}.innerText")
    assert page.evaluate(f"{wall.WALL}.querySelectorAll('script, img, svg, iframe, a').length") == 0
    harmless(page, "the team screen")


def harmless(page: Any, where: str) -> None:
    """Nothing ran, and nothing of a text is a part of the page."""
    page.wait_for_timeout(300)  # an image that is not there needs a moment to fail
    assert page.evaluate("window.ran") is None, where
    assert page.locator(RUNNING).count() == 0, where
