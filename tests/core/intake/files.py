"""Small order files for the tests, in the marketplace's and in Desk48's own form."""

import datetime as dt
from typing import Any

import polars as pl

from core.intake.classify import BASE_LINES, BASE_ORDERS, Base, Plan, classify
from core.intake.formats import load
from core.intake.read import BUYERS, Reading, read

FORMATS = load()
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
PREAMBLE = "Rapport des commandes\r\n\r\nBoutique\r\nPériode\r\n\r\n"

HEADERS = {
    "french": ["Référence commande", "Date de commande", "Statut commande", "SKU Cdiscount", "Détail produit",
               "Quantité", "Prix Total (€ TTC) hors frais de traitement",
               "Montant Frais de livraison (€ TTC)", "Adresse"],
    "bilingual": ["Référence commande /\nOrder ID", "Date de commande /\nOrder date",
                  "Statut commande /\nOrder status", "Référence vendeur /\nSeller reference",
                  "Détail produit /\nProduct details", "Quantité /\nQuantity",
                  "Prix Total (€ TTC) hors frais de traitement /\nUnit price (incl. tax) excluded processing fee",
                  "Montant Frais de livraison (€ TTC) /\nShipping fee (incl. tax)", "Adresse /\nAddress"],
    "english": ["Order Number", "Order date", "Order status", "SKU", "Product detail", "Quantity",
                "Total price (VAT incl.)", "Delivery fees (VAT incl.)", "Address"],
}  # fmt: skip


def quoted(cells: list[str], separator: str = ";") -> str:
    return separator.join('"' + c.replace('"', '""') + '"' for c in cells)


def export(*rows: list[str], header: str = "french", separator: str = ";", encoding: str = "utf-8") -> bytes:
    """A Cdiscount export with quotes."""
    lines = [quoted(cells, separator) for cells in (HEADERS[header], *rows)]
    return (PREAMBLE + "\r\n".join(lines) + "\r\n").encode(encoding)


def row(number: str = "2611200905AB1CD", **cells: str) -> list[str]:
    """One row of the export; cells by the names of our fields."""
    usual = {
        "created_at": "20/11/2026 09:05:12", "state": "Expédiée", "sku": "LAMP1", "title": "Théière",
        "quantity": "2", "price": "12,50", "shipping": "4,99", "address": "1 rue de l'Église",
    }  # fmt: skip
    return [number, *(usual | cells).values()]


def template(*rows: dict[str, str]) -> bytes:
    """A file in Desk48's own form with the columns that its rows have."""
    names = list(dict.fromkeys(name for r in rows for name in r))
    lines = [quoted(names), *(quoted([r.get(n, "") for n in names]) for r in rows)]
    return "\r\n".join(lines).encode()


def reading(data: bytes, name: str = "orders.csv", **more: Any) -> Reading:
    found = read(name, data, FORMATS, now=NOW, **more)
    assert isinstance(found, Reading)
    return found


def codes(found: Reading) -> list[str]:
    return found.findings["code"].to_list()


class Shop:
    """A base in memory that does with a plan what the store does."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.lines: dict[tuple[str, int], dict[str, Any]] = {}
        self.buyers: dict[str, dict[str, Any]] = {}
        self.as_of: dict[int, dt.datetime] = {}
        self.days: dict[tuple[int, str], int] = {}

    def base(self) -> Base:
        orders = [o | {"as_of": self.as_of[o["import_id"]]} for o in self.orders.values()]
        return Base(
            pl.DataFrame(orders, schema=BASE_ORDERS),
            pl.DataFrame(list(self.lines.values()), schema=BASE_LINES),
            pl.DataFrame(list(self.buyers.values()), schema=BUYERS),
            pl.DataFrame({"id": list(self.as_of), "seen_as_of": list(self.as_of.values())},
                         schema={"id": pl.Int64, "seen_as_of": pl.Datetime("us", "UTC")}),
        )  # fmt: skip

    def take(self, found: Reading, as_of: dt.datetime = NOW, *, skip_same: bool = False) -> Plan:
        number = len(self.as_of) + 1
        known = {n: o["digest"] for n, o in self.orders.items()}
        same = [n for n, d in found.orders.select("order_number", "digest").iter_rows() if known.get(n, 0) == d]
        frame = pl.DataFrame({"order_number": same if skip_same else []}, schema={"order_number": pl.String})
        plan = classify(found, self.base(), frame, as_of, number)
        self.as_of[number] = as_of
        for order in plan.orders.iter_rows(named=True):
            self.orders[order["order_number"]] = order
        for line in plan.lines.iter_rows(named=True):
            self.lines[line["order_number"], line["line_no"]] = line
        for buyer in plan.buyers.iter_rows(named=True):
            self.buyers[buyer["order_number"]] = buyer
        for day, state, delta in plan.day_changes.iter_rows():
            self.days[day, state] = self.days.get((day, state), 0) + delta
        for seen in plan.seen["order_number"]:
            if self.as_of[self.orders[seen]["import_id"]] < as_of:
                self.orders[seen]["import_id"] = number
        return plan

    def facts(self) -> Any:
        """All that is known, without who said it."""
        apart = {"import_id", "held", "version", "digest", "line_no", "as_of"}
        plain = [{k: v for k, v in r.items() if k not in apart}
                 for r in (*self.orders.values(), *self.lines.values(), *self.buyers.values())]  # fmt: skip
        return sorted(map(str, plain))
