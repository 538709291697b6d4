"""Forty pasted rows of every kind: the right ones pass, the others say why, the file holds exactly the right ones."""

import datetime as dt
import io
from pathlib import Path
from typing import Any, Final

import fastexcel
import openpyxl
import pytest

from core.desk import imports, settings
from core.desk.base import Person, open_desk
from tests.browser.conftest import Window, plain, rows, settled, shown, started, table, visit
from tests.browser.tracking_rows import ROWS
from tests.core.desk.conftest import export

pytestmark = pytest.mark.browser

TABLE: Final = "Orders to ship, most urgent first"
SHAPES: Final = {
    "plausible": "○ plausible",
    "suspect": "◆ suspect",
    "cannot_tell": "● cannot tell",
    "impossible": "▲ impossible",
}
ORDERS: Final = [f"FR2611{n:02}" for n in range(len(ROWS))]


def seeded(folder: Path) -> None:
    """A shop whose forty orders wait to be shipped."""
    now = dt.datetime.now(dt.UTC)
    waiting = [(number, now - dt.timedelta(hours=2), "En attente d'expédition") for number in ORDERS]
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    shop = settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina")
    data = export(*waiting, price="20,00")
    imports.write(desk, Person("Léa"), imports.preview(desk, shop, "export.csv", data, now), now)
    desk.engine.dispose()


def figures(page: Any) -> dict[str, int]:
    page.locator('[data-testid="stMetric"]').last.wait_for()
    cards = page.locator('[data-testid="stMetric"]').all_inner_texts()
    return {name: int(count) for name, count in (plain(card).rsplit(" ", 1) for card in cards)}


def numbers_in(data: bytes) -> dict[str, str]:
    """Order -> number as fastexcel reads them; openpyxl must find the same, every number a text cell."""
    fast = fastexcel.read_excel(data).load_sheet(0, dtypes="string").to_polars()
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    place = fast.columns.index("Tracking number") + 1
    cells = [sheet.cell(row, place) for row in range(2, fast.height + 2)]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert [cell.value for cell in cells] == fast["Tracking number"].to_list()
    return dict(fast.select("Order number", "Tracking number").iter_rows())


@pytest.mark.rule("XX-T3")
@pytest.mark.rule("CD-S6")
def test_only_the_right_ones_of_forty_pasted_rows_are_in_the_file(
    chromium: Any, window: Window, tmp_path: Path
) -> None:
    assert len(ROWS) == 40
    seeded(tmp_path)
    counted = {shape: sum(row.verdict == verdict for row in ROWS) for verdict, shape in SHAPES.items()}
    right = {
        order: row.number.replace(" ", "").upper()
        for order, row in zip(ORDERS, ROWS, strict=True)
        if row.verdict == "plausible"
    }
    pasted = "\n".join(
        "\t".join((order, row.number, row.carrier, row.link)) for order, row in zip(ORDERS, ROWS, strict=True)
    )
    with started(tmp_path) as server:
        page = window()
        visit(page, f"{server}/tracking?lang=en")
        assert figures(page)["to ship"] == 40
        box = page.get_by_label("Paste a table, or a bare column of numbers")
        box.fill(pasted)
        box.press("Control+Enter")
        page.get_by_role("button", name="Record 40 shipments").click()
        page.get_by_text("40 shipments are recorded.").wait_for()
        settled(page)

        # The verdicts are counted, and the gravest reason stands beside each.
        assert figures(page) == {"to ship": 40, **counted, "held": 40 - len(right)}
        visit(page, f"{server}/tracking?lang=en&verdict=impossible")
        said = {row["Order"]: row for row in rows(table(page, TABLE))}
        assert said  # the rows that are drawn
        wrong = {order for order, row in zip(ORDERS, ROWS, strict=True) if row.verdict == "impossible"}
        assert set(said) <= wrong
        assert all(row["Gate"] == "never goes" and row["Why"] for row in said.values())

        # The file takes the typed number of its orders, and no other.
        visit(page, f"{server}/tracking?lang=en&view=file")
        assert f"{len(right)} orders go into this file." in shown(page)
        for typed in ("40", str(len(right))):
            page.get_by_label("Number of orders").fill(typed)
            page.get_by_role("button", name="Hand out the file").click()
            page.get_by_text("Nothing was handed out." if typed == "40" else "The file is ready.").wait_for()
            settled(page)
        with page.expect_download() as fetched:
            page.get_by_role("button", name="Shipment file", exact=True).last.click()
        assert numbers_in(Path(fetched.value.path()).read_bytes()) == right

        # The orders that went are sent and not confirmed, in the queue too.
        visit(page, f"{server}/orders?lang=en&state=sent_unconfirmed")
        assert {row["Order"] for row in rows(table(page, "Open orders, most urgent first"))} <= set(right)
        assert f"{len(right)} orders" in shown(page)
