"""Returns in a real browser: upload, decide by and against the recommendation, answer, try a ceiling, save it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core.desk import imports, returns_settings, settings
from core.desk.base import Person, open_desk
from core.desk.returns_settings import Change
from tests.browser.conftest import Window, plain, rows, settled, shown, started, table, tick, visit
from tests.core.desk.conftest import export

pytestmark = pytest.mark.browser
QUEUE = "Open returns, most urgent first"
OFFERS = {
    "offer_addresses": "FR",
    "offer_label": "yes",
    "offer_informed": "yes",
    "return_address": "1 rue X, Lyon",
}
HEADER = "Order number;Return number;Requested at;Reason;Delivered at;Reason text"


def requests(*cells: tuple[str, float]) -> bytes:
    """The return template with one defect a line: (order number, hours since the notice)."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    lines = [HEADER]
    for number, hours in cells:
        asked = now - dt.timedelta(hours=hours)
        delivered = asked - dt.timedelta(days=3)
        lines.append(f"{number};;{asked.isoformat()};Produit défectueux;{delivered.isoformat()};Il ne marche pas.")
    return "\n".join(lines).encode()


@pytest.fixture
def address(chromium: Any, tmp_path: Path) -> Any:
    """A desk with one shop that says what it can offer, and four orders of 30 euro that were sent."""
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    me, now = Person("Léa"), dt.datetime.now(dt.UTC)
    shop = settings.add_shop(desk, me, "cdiscount", "Lumina")
    sent = now - dt.timedelta(days=20)
    data = export(*((f"FR2611R0{n}", sent, "Expédiée") for n in range(1, 5)), price="30,00")
    imports.write(desk, me, imports.preview(desk, shop, "orders.csv", data, now), now)
    for key, amount in OFFERS.items():
        returns_settings.save(desk, me, Change(shop, key, amount), returns_settings.ALWAYS, "test", now)
    desk.engine.dispose()
    with started(tmp_path) as found:
        yield found


def upload(page: Any, address: str, data: bytes, count: int) -> None:
    visit(page, f"{address}/returns?lang=en&view=add")
    page.set_input_files('input[type="file"]', [{"name": "returns.csv", "mimeType": "text/csv", "buffer": data}])
    button = page.get_by_role("button", name=f"Write {count} request")
    button.click()
    page.get_by_text("new or changed.").wait_for()
    settled(page)


def choose(page: Any, row: int, number: str) -> None:
    tick(table(page, QUEUE), row)
    page.get_by_text("Decide 1 return").wait_for()
    page.locator('[data-testid="stMarkdown"] strong').filter(has_text=number).wait_for()
    settled(page)


def record(page: Any) -> None:
    page.get_by_role("button", name="Record the decision for 1 return").click()
    page.get_by_text("Recorded for 1 return.").wait_for()
    settled(page)


def recommended(page: Any) -> dict[str, str]:
    return {row["Order"]: row["Recommended"] for row in rows(table(page, QUEUE))}


@pytest.mark.rule("CD-R1", "CD-R2")
def test_from_an_upload_to_a_new_ceiling_that_judges_the_next_case_alone(window: Window, address: str) -> None:
    page = window(height=1400, width=1500)
    upload(page, address, requests(("FR2611R01", 50), ("FR2611R02", 30), ("FR2611R03", 28)), 3)

    # One by the recommendation, one against it: that asks for a reason.
    visit(page, f"{address}/returns?lang=en")
    assert set(recommended(page).values()) == {"Return address in the buyer's country"}
    choose(page, 0, "FR2611R01")
    assert "Recommended: Return address in the buyer's country" in plain(shown(page))
    record(page)
    visit(page, f"{address}/returns?lang=en")
    choose(page, 1, "FR2611R02")
    page.get_by_role("radio", name="Full refund, no return").or_(
        page.get_by_role("button", name="Full refund, no return", exact=True)
    ).click()
    page.get_by_label("Why not the recommended one").fill("A good customer")
    page.get_by_label("Why not the recommended one").press("Enter")
    settled(page)
    record(page)

    # The answer in French is filled, checked, copied; then the reply clock stops.
    page.get_by_label("Name of the buyer").fill("Zoé Petit")
    page.get_by_label("Name of the buyer").press("Enter")
    page.get_by_text("Nothing is open, it is French").wait_for()
    settled(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = page.locator('[data-testid="stCode"]').filter(has_text="Bonjour Zoé Petit")
    code.hover()
    code.get_by_role("button").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "FR2611R02" in copied
    assert "32,50" in copied
    page.get_by_role("button", name="Answered", exact=True).click()
    page.get_by_text("the reply clock has stopped").wait_for()
    settled(page)
    clock = {row["Order"]: row["Clock"] for row in rows(table(page, QUEUE))}
    assert clock == {"FR2611R01": "reply", "FR2611R02": "refund", "FR2611R03": "reply"}

    # A ceiling is tried on the past, then saved.
    visit(page, f"{address}/returns?lang=en&view=replay")
    page.get_by_role("radio", name="A rule of the shop").or_(
        page.get_by_role("button", name="A rule of the shop", exact=True)
    ).click()
    ceiling = page.get_by_label("Ceiling: price of the article at most")
    ceiling.fill("40")
    ceiling.press("Enter")
    page.get_by_text("Cases that would be decided otherwise").or_(
        page.get_by_text("cases that would be decided otherwise")
    ).first.wait_for()
    settled(page)
    figures = [plain(card) for card in page.locator('[data-testid="stMetric"]').all_inner_texts()]
    assert figures[:2] == ["Cases 3", "Decided otherwise 3"]
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. It holds for cases since").wait_for()
    settled(page)

    # The next case is judged by it; the older ones are as they were.
    upload(page, address, requests(("FR2611R04", 0.01)), 1)
    visit(page, f"{address}/returns?lang=en")
    found = recommended(page)
    assert found.pop("FR2611R04") == "Full refund, no return"
    assert set(found.values()) == {"Return address in the buyer's country"}
