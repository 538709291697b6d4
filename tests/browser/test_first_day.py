"""The first day at the desk, in a real browser: from an export to decisions, and to the next export."""

import datetime as dt
import re
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import Window, plain, rows, settled, shown, table, tick, visit

pytestmark = pytest.mark.browser

PARIS: Final = ZoneInfo("Europe/Paris")
QUEUE: Final = "Open orders, most urgent first"
HEADER: Final = (
    '"Référence commande /\nOrder ID";"Date de commande /\nOrder date";"Statut commande /\nOrder status";'
    '"Détail produit /\nProduct details";"EAN";"Référence vendeur /\nSeller reference";"Quantité /\nQuantity";'
    '"Prix Total (€ TTC) hors frais de traitement /\nUnit price (incl. tax) excluded processing fee";'
    '"Montant Frais de livraison (€ TTC) /\nShipping fee (incl. tax)";"Prénom /\nFirst name";"Nom";'
    '"Adresse /\nAddress";"Code postal de livraison / \nShipping ZIP code";'
    '"Ville de livraison / Shipping city";"Pays de livraison / Shipping Country"'
)
Order = tuple[str, dt.datetime, str]


def export(*orders: Order) -> bytes:
    """A bilingual order export as the back office writes it: preamble, semicolons, Windows-1252."""
    lines = ["Rapport des commandes", "", "Boutique : Maison d'été", "Canal de vente : Cdiscount", "", HEADER]
    for number, created, state in orders:
        known = state != "En attente d'acceptation"
        buyer = ("Zoé", "Lefèvre", "12 rue de l'Église", "01000", "Bourg-en-Bresse") if known else ("",) * 5
        cells = (
            *(number, f"{created.astimezone(PARIS):%d/%m/%Y %H:%M:%S}", state, "Théière en fonte – 1 L"),
            *("3600000000017", f"REF-{number[-2:]}", "1", "1 059,80 €", "4,99", *buyer, "France"),
        )
        lines.append(";".join(f'"{cell}"' for cell in cells))
    return "\r\n".join([*lines, ""]).encode("cp1252")


def upload(page: Any, name: str, data: bytes) -> None:
    page.set_input_files('input[type="file"]', [{"name": name, "mimeType": "text/csv", "buffer": data}])
    page.get_by_role("button", name="Write 1 file").wait_for()
    settled(page)


def write(page: Any) -> None:
    page.get_by_role("button", name="Write 1 file").click()
    page.get_by_role("button", name="Write 1 file").wait_for(state="detached")
    settled(page)


def counts(page: Any) -> dict[str, str]:
    """The figures of the import preview by their labels."""
    cards = page.locator('[data-testid="stMetric"]').all_inner_texts()
    return dict(plain(card).rsplit(" ", 1) for card in cards)


def case(page: Any, server: str, number: str) -> str:
    visit(page, f"{server}/case?lang=en&order={number}&shop_id=1")
    page.get_by_text("Decisions and notes").wait_for()
    return plain(shown(page))


def test_from_an_export_to_decisions_and_to_the_next_export(window: Window, server: str) -> None:
    now = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
    first, second, third = ("FR2611A01", "FR2611A02", "FR2611A03")
    ages = {first: 46.5, second: 44.0, third: 5.0}
    created = {number: now - dt.timedelta(hours=age) for number, age in ages.items()}
    shipped = ("FR2611A00", now - dt.timedelta(hours=90), "Expédiée")
    to_accept = [(number, at, "En attente d'acceptation") for number, at in created.items()]
    page = window()

    # A shop, then its first export: seen before it is written.
    visit(page, f"{server}/imports?lang=en")
    page.get_by_label("Name of the shop").fill("Maison d'été")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("""input[aria-label="Shop of the files"][value="Maison d'été · Cdiscount"]""").wait_for()
    settled(page)
    upload(page, "export-1.csv", export(shipped, *to_accept))
    assert counts(page) == {
        **{"Rows read": "4", "New": "4", "Changed": "0"},
        **{"Unchanged": "0", "Older than known": "0", "Rejected": "0"},
    }
    assert "Windows-1252" in shown(page) or "cp1252" in shown(page)
    write(page)
    page.locator('[data-testid="stMain"]').get_by_text("No file was imported yet.").wait_for(state="detached")

    # The queue: the order that dies first stands first, with its deadline in the shop's wall clock.
    page.get_by_role("link", name="Orders").click()
    page.get_by_role("heading", name="Orders").wait_for()
    settled(page)
    queue = rows(table(page, QUEUE))
    assert [row["Order"] for row in queue] == [first, second, third]
    due = (created[first] + dt.timedelta(hours=48)).astimezone(PARIS)
    assert queue[0]["Due (shop)"] == f"{due:%a %d/%m %H:%M}"
    assert re.fullmatch(r"1 h 2\d|1 h 30", queue[0]["Time left"])
    assert {row["Next step"] for row in queue} == {"Accept or refuse"}

    # Two are chosen and accepted after a preview.
    tick(table(page, QUEUE), 0)
    page.get_by_text("1 order chosen").wait_for()
    settled(page)
    tick(table(page, QUEUE), 1)
    page.get_by_text("2 orders chosen").wait_for()
    page.get_by_role("radio", name="Accept").or_(page.get_by_role("button", name="Accept", exact=True)).click()
    page.get_by_text("The marketplace is not connected").wait_for()
    settled(page)
    page.get_by_role("button", name="Record for 2 orders").click()
    page.get_by_text("Recorded for 2 orders.").wait_for()
    settled(page)
    queue = rows(table(page, QUEUE))
    assert [row["Next step"] for row in queue][:2] == ["Carry out in the back office"] * 2
    assert queue[0]["Due (shop)"] == f"{due:%a %d/%m %H:%M}"
    text = case(page, server, first)
    assert "Accept, local" in text
    assert "CD-O1" in text

    # The newer file: one has moved on, the other has not.
    newest = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=2)
    visit(page, f"{server}/imports?lang=en")
    newer = export(
        shipped,
        (first, created[first], "En attente d'expédition"),
        (second, created[second], "En attente d'acceptation"),
        (third, created[third], "En attente d'acceptation"),
        ("FR2611A04", newest, "En attente d'acceptation"),
    )
    upload(page, "export-2.csv", newer)
    assert counts(page)["Changed"] == "1"
    write(page)
    visit(page, f"{server}/orders?lang=en")
    step = {row["Order"]: row["Next step"] for row in rows(table(page, QUEUE))}
    assert step[first] == "Ship"
    assert step[second] == "Carry out in the back office"
    assert "still says: to accept" not in case(page, server, first)
    assert "still says: to accept" in case(page, server, second)
