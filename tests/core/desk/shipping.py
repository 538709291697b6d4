"""Shops with orders to ship, numbers put in, files sent: what the tests of shipments share."""

import datetime as dt

import polars as pl

from core.desk import imports, settings, shipment_send, shipments
from core.desk.base import Desk, Person
from core.desk.shipment_files import Ending, Layout
from tests.core.desk.conftest import NOON, export

HOUR = dt.timedelta(hours=1)
OPERATOR, LEAD = Person("Léa", "operator"), Person("王芳", "lead")
GOOD = ("6A61031888418", "Colissimo")
SHAPE = ("87778793", "Mondial Relay")
SUSPECT = ("UL494089685YP", "Colissimo")
UNKNOWN = ("ZX12345", "Foo Freight")
WRONG_KEY = ("6A61031888419", "Colissimo")
WAITING = "En attente d'expédition"
KINDS = {"GOOD": GOOD, "SHAPE": SHAPE, "SUSPECT": SUSPECT, "UNKNOWN": UNKNOWN, "WRONG": WRONG_KEY}


def load(
    desk: Desk, *numbers: str, at: dt.datetime = NOON, state: str = WAITING, price: str = "20,00", name: str = "Lumina"
) -> int:
    """A Cdiscount shop whose orders wait to be shipped; each costs 2.50 EUR more than its article."""
    shop = settings.add_shop(desk, OPERATOR, "cdiscount", name)
    rows = [(number, NOON - (n + 1) * HOUR, state) for n, number in enumerate(numbers)]
    # The newest order of the file says how old the file is.
    data = export((f"{name}-LAST", at, "En attente d'acceptation"), *rows, price=price)
    imports.write(desk, OPERATOR, imports.preview(desk, shop, f"{at:%H%M}-{state}.csv", data, at), at)
    return shop


def put_in(desk: Desk, *pairs: tuple[str, tuple[str, str]], at: dt.datetime = NOON) -> None:
    text = "\n".join(f"{order}\t{number}\t{carrier}" for order, (number, carrier) in pairs)
    matched = shipments.match(shipments.look(desk, at), shipments.read_paste(text))
    assert matched.left.is_empty()
    shipments.type_shipments(desk, OPERATOR, matched.taken, at)


def stands(desk: Desk, column: str = "held_back", at: dt.datetime = NOON) -> dict[str, str | None]:
    looked = shipments.look(desk, at)
    return dict(looked.select("order_number", column).iter_rows())


def send(desk: Desk, shop: int, *numbers: str, count: int | None = None, at: dt.datetime = NOON) -> int:
    typed = len(numbers) if count is None else count
    shown = shipment_send.seen(as_seen(desk, *numbers, at=at))
    return shipment_send.hand_out(desk, OPERATOR, shop, Layout.DESK48, Ending.XLSX, shown, typed, at)


def as_seen(desk: Desk, *numbers: str, at: dt.datetime = NOON) -> pl.DataFrame:
    """What a person sees of these orders."""
    return shipments.look(desk, at).filter(pl.col("order_number").is_in(numbers))
