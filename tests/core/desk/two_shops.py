"""A base with two shops that have something of everything, for tests of who may see and do what.

Every order, file, person and text of a shop begins with the shop's name, so that a trace of it can be found anywhere.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.desk import (
    imports,
    jobs,
    mappings,
    orders,
    return_typing,
    returns,
    returns_settings,
    screens,
    settings,
    shipment_send,
    shipments,
    shop_words,
    surveillance,
)
from core.desk.base import Desk, OrderKey, Person
from core.desk.mappings import Mapping
from core.desk.returns import CaseKey
from core.desk.returns_settings import Change
from core.desk.shipment_files import Ending, Layout
from core.policy.words import DecisionKind
from core.store import jobs as job_rows
from core.store import write
from core.store.engine import writing
from core.store.write import stored
from tests.core.desk.conftest import NOON, export

OURS, THEIRS = "Mimosa", "Tamaris"
NOBODYS: Final = 10**6
"""An id that nothing has."""
TO_SHIP: Final = "En attente d'expédition"
SUSPECT: Final = ("UL494089685YP", "Colissimo")
OK: Final = {OURS: ("6A61031888418", "Colissimo"), THEIRS: ("87778793", "Mondial Relay")}
RULE: Final = {"position": 1, "until": None, "effect": "never", "option": "keep_refund", "up_to_minor": 1}


@dataclass(frozen=True)
class Shop:
    """One shop, and the ids of what it has: ``ship`` waits for a word, ``go`` for its file, ``new`` to be accepted,
    ``decided`` was accepted by another, ``back`` is asked back, ``closed`` was."""

    name: str
    id: int
    import_id: int = NOBODYS
    manifest_id: int = NOBODYS
    rule_id: str = "R-none"
    job_id: str = "none"

    def order(self, which: str) -> OrderKey:
        return OrderKey(self.id, f"{self.name}-{which}")

    def case(self, which: str = "back") -> CaseKey:
        return CaseKey(self.id, f"{self.name}-{which}||")


def nowhere() -> Shop:
    """A shop that does not exist, with nothing in it."""
    return Shop("Nowhere", NOBODYS)


def built(desk: Desk) -> tuple[Shop, Shop]:
    """Ours and theirs, and a team screen that shows both."""
    screens.create(desk, Person("local"), "TV", None, screens.Look(), None, NOON)
    return filled(desk, OURS), filled(desk, THEIRS)


def file_of(name: str, price: str = "20,00") -> bytes:
    """The shop's own file of orders, the last of them without a day that can be read."""
    states = {"ship": TO_SHIP, "go": TO_SHIP, "out": TO_SHIP, "new": "À accepter", "decided": "À accepter"}
    rows = [(f"{name}-{which}", NOON - dt.timedelta(hours=3), state) for which, state in states.items()]
    sent = [(f"{name}-{which}", NOON - dt.timedelta(days=20), "Expédiée") for which in ("back", "closed")]
    data = export(*rows, *sent, price=price)
    return data + f"{name}-bad;99/99/2026 10:00:00;{name}-word;SKU-{name};1;{price};2,50\r\n".encode("cp1252")


def filled(desk: Desk, name: str) -> Shop:
    """A shop with orders, a rejected row, shipments, a manifest, a return, mappings, values, a rule and a job."""
    who = Person(f"{name}-person")
    shop_id = settings.add_shop(desk, who, "cdiscount", name)
    imports.write(desk, who, imports.preview(desk, shop_id, f"{name}.csv", file_of(name), NOON), NOON)
    import_id = imports.history(desk)["id"][0]
    shop = Shop(name, shop_id, import_id)
    put_in(desk, who, shop, {"ship": SUSPECT, "out": OK[name]})
    page = shipment_send.pending(desk, shop_id, NOON).page
    shown = shipment_send.seen(page)
    manifest = shipment_send.hand_out(desk, who, shop_id, Layout.DESK48, Ending.CSV, shown, len(shown), NOON)
    put_in(desk, who, shop, {"go": ("31472958" if name == OURS else "52904716", "Mondial Relay")})
    orders.decide(desk, who, DecisionKind.ACCEPT, [shop.order("decided")], NOON)
    returned(desk, who, shop)
    header = (f"{name}-number", f"{name}-bought", f"{name}-state")
    fields = dict(zip(("order_number", "created_at", "state_word"), header, strict=True))
    mappings.save(desk, who, shop_id, Mapping("orders", fields, header, zone="Europe/Paris", name=name), NOON)
    shop_words.map_carrier(desk, who, shop_id, f"{name} Express", "Chronopost", NOON)
    version = orders.queue(desk, NOON).filter(order_number=f"{name}-decided")["version"][0]
    with writing(desk.engine) as connection:
        write.type_facts(connection, shop_id, f"{name}-decided", {"carrier": f"{name} Vélo"}, version, who.name, NOON)
    surveillance.save_notice(desk, who, shop_id, None, 0, NOON)
    job = {
        "id": f"{name}-job", "kind": "import", "person": who.name, "role": "admin", "shop_id": shop_id,
        "file_name": f"{name}-big.csv", "sha256": "0", "options": {}, "started_at": stored(NOON), "stage": "writing",
        "rows_total": 1, "heartbeat": stored(NOON), "lease_until": stored(NOON + dt.timedelta(days=36500)),
    }  # fmt: skip
    with jobs._board(desk) as board, job_rows.changing(board) as connection:
        job_rows.add(connection, job)
    rules = returns_settings.rules(desk).filter(shop_id=shop_id)
    return Shop(name, shop_id, import_id, manifest, rules["rule_id"][0], str(job["id"]))


def put_in(desk: Desk, who: Person, shop: Shop, numbers: dict[str, tuple[str, str]]) -> None:
    """Type a number for each of these orders."""
    named = [(shop.order(which).order_number, *reversed(pair)) for which, pair in numbers.items()]
    rows = [(shop.id, order, carrier, number, None) for order, carrier, number in named]
    shipments.type_shipments(desk, who, pl.DataFrame(rows, schema=shipments.TYPED, orient="row"), NOON)


def returned(desk: Desk, who: Person, shop: Shop) -> None:
    """One order asked back and decided, by what the shop can offer; and a rule of the shop."""
    always, source = returns_settings.ALWAYS, f"{shop.name}-source"
    for key, amount in {"offer_addresses": "FR", "offer_label": "yes", "offer_informed": "yes"}.items():
        returns_settings.save(desk, who, Change(shop.id, key, amount), always, source, NOON)
    rule = RULE | {"shop_id": shop.id, "since": NOON.date()}
    returns_settings.save(desk, who, Change(shop.id, rule=rule), NOON.date(), "", NOON)
    asked = f"{NOON - dt.timedelta(hours=5):%Y-%m-%dT%H:%M:%S}Z"
    lines = "\n".join(
        f"{shop.order(which).order_number}\tDéfectueux\t{asked}\t\t{shop.name}-words" for which in ("back", "closed")
    )
    return_typing.record(desk, who, shop.id, return_typing.pasted(desk, shop.id, lines, NOON), NOON)
    returns.decide(desk, who, [shop.case()], returns.RECOMMENDED, NOON)
    returns.happened(desk, who, [shop.case("closed")], "closed", NOON, NOON)
