"""Personal data goes when its days are over or on a person's word; the figures stay, and no file brings it back."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from core.desk import cases, imports, privacy, settings
from core.desk.base import Desk, OrderKey, Person, open_desk
from core.policy.words import DecisionKind
from core.store.engine import reading
from core.store.tables import metadata
from tests.core.desk.conftest import NOON

ANA = Person("Ana", "admin")
LEA = Person("Léa", "lead")
DAY = dt.timedelta(days=1)
OLD = NOON - 1000 * DAY
NAME = "Zylberstein"
ORDERS = "Order number;State;Created at;First name;Last name;Address;City;Seller SKU;Quantity;Price;Currency"
RETURNS = "Order number;Return number;Seller SKU;Requested at;Reason;Reason text"
INQUIRIES = "Inquiry number;Order number;Last buyer message at;Created at;Subject;Body;Needs reply;Buyer"

PLACES = {
    "buyers", "decisions", "findings", "imports", "record_texts", "record_values", "rejected_rows", "undo_layers",
    "undo_records",
}  # fmt: skip
"""The tables in which a buyer's name can stand."""


@pytest.fixture
def any_desk(empty_url: str) -> Iterator[Desk]:
    opened = open_desk(empty_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def shop(any_desk: Desk) -> int:
    return settings.add_shop(any_desk, ANA, "aliexpress", "Lumina")


def order(
    number: str,
    state: str = "shipped",
    created: dt.datetime = OLD,
    *,
    city: str = "Lyon",
    price: str = "10",
    money: str = "EUR",
) -> str:
    return f"{number};{state};{created:%Y-%m-%dT%H:%M:%SZ};Ana;{NAME};1 rue {NAME};{city};S-{number};1;{price};{money}"


def bring(desk: Desk, shop: int, head: str, *rows: str, name: str = "a.csv", at: dt.datetime = OLD) -> int:
    seen = imports.preview(desk, shop, name, "\n".join([head, *rows]).encode(), at)
    assert imports.write(desk, ANA, seen, at).already is None
    return int(imports.history(desk)["id"].max())


def filled(desk: Desk, shop: int) -> None:
    """An order whose buyer stands everywhere: in texts, notes, findings, rejected rows, before-images, a file name."""
    bring(desk, shop, ORDERS, order("A", money=NAME), order("B"), order("R", price=NAME), name=f"{NAME}.csv")
    bring(desk, shop, ORDERS, order("A", city=f"{NAME}-Plage"), order("B"), at=OLD + DAY)
    bring(desk, shop, ORDERS, order("A", city="Nice"), order("B"), at=OLD + 2 * DAY)
    told = f"I am {NAME}"
    at = f"{OLD:%Y-%m-%dT%H:%M:%SZ}"
    bring(desk, shop, INQUIRIES, f"Q1;A;{at};{at};{told};{told};N;{NAME}", f"Q2;;{at};{at};{told};{told};N;{NAME}")
    bring(desk, shop, INQUIRIES, f"Q1;A;{at};{at};again;{told}!;N;{NAME}", at=OLD + DAY)
    cases.add(desk, LEA, OrderKey(shop, "A"), DecisionKind.NOTE, f"{NAME} rang", OLD)


def told(desk: Desk) -> dict[str, list[tuple]]:
    """All rows of all tables."""
    with reading(desk.engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=str)
            for table in metadata.sorted_tables
        }


def naming(desk: Desk) -> set[str]:
    """The tables in which the name stands."""
    return {table for table, rows in told(desk).items() if NAME in str(rows)}


def figures_of(orders: list[tuple]) -> list[tuple]:
    """The rows without the number that was made of all that a file said, the buyer included."""
    place = [column.name for column in metadata.tables["orders"].c].index("digest")
    return [row[:place] + row[place + 1 :] for row in orders]


@pytest.mark.rule("XX-P1")
def test_what_is_older_than_its_days_goes_from_every_table(any_desk: Desk, shop: int) -> None:
    filled(any_desk, shop)
    assert naming(any_desk) == PLACES
    before = told(any_desk)
    orders, gone = privacy.wipe_due(any_desk, ANA, NOON)
    assert orders == 2
    assert naming(any_desk) == set()
    after = told(any_desk)
    for figures in ("order_lines", "order_days", "shops"):
        assert before[figures] == after[figures]
    assert figures_of(before["orders"]) == figures_of(after["orders"])
    assert [row[3] for row in after["decisions"]] == ["note"]
    assert gone["buyers"] == 2
    assert privacy.wipe_due(any_desk, ANA, NOON) == (0, dict.fromkeys(privacy.COUNTS, 0))
