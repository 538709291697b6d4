"""An unknown file is mapped, imported and undone; rejected rows are fetched, mended and uploaded alone."""

from pathlib import Path
from typing import Any

import pytest

from core.desk import settings
from core.desk.base import Person, open_desk
from tests.browser.conftest import Window, choose, plain, press, rows, settled, shown, started, table, tick, visit

pytestmark = pytest.mark.browser

UNKNOWN = (
    "Numéro de commande;Date de la commande;Quantité;Désignation\n"
    "X-1;03/04/2026 10:00;1;Théière à café\n"
    "X-2;05/04/2026 11:00;2;Lampe\n"
).encode("cp1252")
HEADER = "Order number;State;Created at;SKU;Title;Quantity;Price;Shipping;Currency\n"
ROW = "81000{n};to_ship;{at};A-{n};Lampe;1;24,90;0;EUR\n"


def upload(page: Any, name: str, data: bytes) -> None:
    page.set_input_files('input[type="file"]', [{"name": name, "mimeType": "text/csv", "buffer": data}])
    page.locator('[data-testid="stFileUploaderFile"]').or_(page.get_by_text(name)).first.wait_for()
    page.wait_for_timeout(300)
    settled(page)


def counts(page: Any) -> dict[str, str]:
    cards = page.locator('[data-testid="stMetric"]').all_inner_texts()
    return dict(plain(card).rsplit(" ", 1) for card in cards)


@pytest.fixture(scope="module")
def address(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("imports")
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    settings.add_shop(desk, Person("Léa"), "aliexpress", "XinXing")
    desk.engine.dispose()
    with started(folder) as found:
        yield found


def test_an_unknown_file_is_mapped_imported_and_undone(window: Window, address: str) -> None:
    page = window()
    visit(page, f"{address}/imports?lang=en")
    upload(page, "ventes.csv", UNKNOWN)
    page.get_by_text("No format is known for").wait_for()
    columns = rows(table(page, "Columns of the file and their fields"))
    fields = {row["Column of the file"]: row["Field"] for row in columns}
    assert fields["Numéro de commande"] == "Order number"
    assert fields["Quantité"] == "Quantity"
    choose(page, "Dates are written", "day, month, year")
    choose(page, "Zone of its times", "Europe/Paris")
    press(page, "Keep for this shop and read the file")
    page.get_by_role("button", name="Write 1 file").wait_for()
    assert (counts(page)["Rows read"], counts(page)["New"]) == ("2", "2")
    press(page, "Write 1 file")
    page.get_by_role("button", name="Write 1 file").wait_for(state="detached")

    tick(table(page, "Imports, newest first"), 0)
    page.get_by_role("button", name="Undo this import").wait_for()
    press(page, "Undo this import")
    page.get_by_text("Removed: the import created them: 2").wait_for()
    press(page, "Undo now")
    page.get_by_text("There is nothing more to undo").or_(page.get_by_text("2 orders removed")).first.wait_for()
    visit(page, f"{address}/orders?lang=en")
    assert "X-1" not in shown(page)


def test_rejected_rows_are_fetched_mended_and_uploaded_alone(window: Window, address: str, tmp_path: Path) -> None:
    page = window()
    visit(page, f"{address}/imports?lang=en")
    lines = [ROW.format(n=n, at=at) for n, at in enumerate(("2026-11-20 14:05", "2026-13-45", "2026-11-21 09:00"))]
    upload(page, "orders.csv", (HEADER + "".join(lines)).encode())
    assert (counts(page)["New"], counts(page)["Rejected"]) == ("2", "1")
    page.get_by_role("tab", name="Rejected rows (1)").click()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Rejected rows as CSV").click()
    path = tmp_path / "rejected.csv"
    fetched.value.save_as(path)
    text = path.read_text("utf-8-sig")
    assert "bad_date" in text
    assert "810001" in text
    press(page, "Write 1 file")
    page.get_by_role("button", name="Write 1 file").wait_for(state="detached")
    settled(page)
    upload(page, "rejected.csv", text.replace("2026-13-45", "2026-11-22 10:00", 1).encode())
    page.get_by_role("button", name="Write 1 file").wait_for()
    assert (counts(page)["Rows read"], counts(page)["New"], counts(page)["Rejected"]) == ("1", "1", "0")
    press(page, "Write 1 file")
    page.get_by_role("button", name="Write 1 file").wait_for(state="detached")
    visit(page, f"{address}/orders?lang=en")
    page.get_by_text("810001").or_(table(page, "Open orders, most urgent first")).first.wait_for()
    assert "810001" in {row["Order"] for row in rows(table(page, "Open orders, most urgent first"))}
