"""A buyer's every word, marked: it goes from wherever imports, cases, undo and rejected rows left it, to the byte."""

import datetime as dt
import itertools
from pathlib import Path
from typing import Final

import polars as pl
import pytest
import sqlalchemy as sa

from core.desk import (
    cases,
    jobs,
    privacy,
    return_typing,
    returns,
    settings,
    shipment_send,
    shipments,
    shop_words,
    undo,
)
from core.desk.base import Desk, OrderKey
from core.desk.returns import CaseKey
from core.desk.shipment_files import Ending, Layout
from core.policy.words import DecisionKind
from core.store.engine import reading
from core.store.personal_words import unknown
from tests.core.desk.conftest import NOON
from tests.core.desk.test_privacy import ANA, DAY, INQUIRIES, LEA, OLD, bring, told

POSTCODE: Final = "97431"
PERSONAL: Final = {
    name: POSTCODE if name.endswith("ostcode") else f"Zq{name.title().replace(' ', '')}"
    for name in (
        *("First name", "Last name", "Address", "Postcode", "City", "Country"),
        *("Billing", "Billing postcode", "Billing city", "Billing country"),
        *("E-mail", "Phone"),  # no format reads them: they stand in rejected rows only
    )
}
HEAD: Final = (
    *("Order number", "State", "Created at", "Seller SKU", "Quantity", "Price", "Currency", "Tracking number"),
    *("Tracking URL", *PERSONAL),
)
SHIPPED: Final = "Order number;Shipped at;Carrier;Tracking number;Tracking URL"
DISPUTES: Final = "Dispute number;Order number;Opened at;Respond by;Status;Reason;Type;Note"
ASKED: Final = "Inquiry number;Order number;Last buyer message at;Created at;Topic;Level;Status;Needs reply"
RETURNS: Final = "Order number;Return number;Requested at;Reason;Status;Resolution;Label paid by"
NUMBER: Final = "6A61031888418"
LINK: Final = f"https://www.colissimo.fr/portail/suivi.html?colis={NUMBER}&codePostal={POSTCODE}&lang=fr"
AT: Final = f"{OLD:%Y-%m-%dT%H:%M:%SZ}"
WORD: Final = "Zq Mapped Word"


def row(number: str, state: str = "shipped", city: str = PERSONAL["City"], **cells: str) -> str:
    """An order whose personal cells are all marked."""
    said = dict(zip(HEAD, [number, state, AT, f"S-{number}", "1", "30", "EUR", NUMBER, LINK], strict=False))
    return ";".join((said | PERSONAL | {"City": city} | cells).values())


def sent(desk: Desk, shop: int, at: dt.datetime) -> None:
    """A typed number with such a link, a word for it, and the file that it goes out in."""
    typed = (shop, "SENT", "Colissimo", "UL494089685YP", LINK.replace(NUMBER, "UL494089685YP"))
    shipments.type_shipments(desk, ANA, pl.DataFrame([typed], schema=shipments.TYPED, orient="row"), at)
    looked = shipments.look(desk, at).filter(order_number="SENT")
    shipments.give_word(desk, ANA, looked, "ZqReason", "ZqProof", at)
    page = shipment_send.pending(desk, shop, at).page
    assert page.height == 1
    shipment_send.hand_out(desk, ANA, shop, Layout.DESK48, Ending.CSV, shipment_send.seen(page), 1, at)


def asked_back(desk: Desk, shop: int, at: dt.datetime) -> None:
    """A return with what the buyer wrote and what people wrote of it, closed."""
    lines = f"M\tRetraction\t{AT}\t\tZqBuyerWrote"
    return_typing.record(desk, ANA, shop, return_typing.pasted(desk, shop, lines, at), at)
    case = CaseKey(shop, "M||")
    returns.decide(desk, ANA, [case], "home_address", at, "ZqWhyThat")
    returns.happened(desk, ANA, [case], "closed", at, at, text="ZqClosing")


def filled(desk: Desk) -> int:
    """A shop whose buyers stand marked wherever they can; nothing about them runs any more."""
    shop, head = settings.add_shop(desk, ANA, "cdiscount", "Lumina"), ";".join(HEAD)
    to_ship = row("SENT", "to_ship", **{"Tracking number": "", "Tracking URL": ""})
    bad = row("BAD", Price="ZqPrice"), row("NOTE", Currency="ZqMoney")
    bring(desk, shop, head, row("M", WORD), row("WORD", WORD), to_ship, *bad, name="ZqFile.csv")
    shop_words.map_state(desk, ANA, shop, WORD, "shipped", OLD)
    bring(desk, shop, head, row("M", "delivered", city="ZqOther", **{"Tracking URL": LINK + "&x=Zq1"}), at=OLD + DAY)
    undone = bring(desk, shop, head, row("M", "delivered", city="ZqThird"), at=OLD + 2 * DAY)
    bring(desk, shop, head, row("M", "delivered", city="ZqFourth"), at=OLD + 3 * DAY)
    undo.run(desk, ANA, undone, OLD + 3 * DAY)
    sent(desk, shop, OLD + 3 * DAY)
    bring(desk, shop, head, row("SENT", **{"Tracking number": "UL494089685YP"}), at=OLD + 4 * DAY)
    bring(desk, shop, SHIPPED, f"M;{AT};Colissimo;{NUMBER};{LINK}&x=1")
    bring(desk, shop, SHIPPED, f"M;{AT};Colissimo;{NUMBER};{LINK}", at=OLD + DAY)
    asked_back(desk, shop, OLD + 4 * DAY)
    bring(desk, shop, INQUIRIES, f"Q1;M;{AT};{AT};ZqSubject;ZqBody;N;ZqBuyer")
    bring(desk, shop, DISPUTES, f"D1;M;{AT};{AT};ZqState;ZqReason;ZqKind;ZqNote", f"D2;;{AT};{AT};OPEN;ZqLoose;;")
    bring(desk, shop, ASKED, f"Q2;M;{AT};{AT};ZqTopic;ZqLevel;ZqStatus;N", f"Q3;;{AT};{AT};ZqAlone;;;N")
    bring(desk, shop, RETURNS, f"M;R1;{AT};ZqWhy;ZqStands;ZqWay;ZqWho", f"NOBODY;R2;{AT};ZqStray;;;")
    bring(desk, shop, RETURNS, f"M;R1;{AT};Rétractation;COMPLETED;;", at=OLD + DAY)
    for key in ("M|R1|", "NOBODY|R2|"):
        returns.happened(desk, ANA, [CaseKey(shop, key)], "closed", OLD + DAY, OLD + DAY)
    cases.add(desk, LEA, OrderKey(shop, "M"), DecisionKind.NOTE, "ZqNoted", OLD)
    jobs.start(desk, ANA, shop, "ZqWaiting.csv", f"{head}\n{row('W')}".encode(), OLD)
    return shop


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that nobody looks at any more: its file lies in the spool folder."""
    monkeypatch.setattr(jobs, "_launch", lambda *_: None)


MARKED_IN: Final = {
    *("buyers", "decisions", "disputes", "findings", "imports", "inquiries", "orders", "record_texts"),
    *("record_values", "rejected_rows", "return_events", "return_requests", "shipment_words", "state_words"),
    *("undo_layers", "undo_records"),
}
POSTCODE_IN: Final = {"manifest_rows", "manifests", "orders", "shipments", "undo_layers", "undo_records"}
"""The tables that hold a marked word, and those that a parcel's link brings a postcode into beside them."""


def holding(desk: Desk, *texts: str) -> set[str]:
    return {table for table, rows in told(desk).items() if any(text in str(rows).lower() for text in texts)}


@pytest.mark.rule("XX-P1")
def test_every_mark_goes_from_every_table_and_every_file(any_desk: Desk, ready_url: str, tmp_path: Path) -> None:
    filled(any_desk)
    everything = str(told(any_desk))
    assert [mark for mark in PERSONAL.values() if mark not in everything] == []
    assert holding(any_desk, "zq") - {"jobs"} == MARKED_IN
    assert holding(any_desk, POSTCODE) >= POSTCODE_IN
    assert privacy.scheduled(ready_url)
    assert holding(any_desk, "zq", POSTCODE) == set()
    if ready_url.startswith("sqlite"):
        said = bytes_in(tmp_path).lower()
        assert (b"zq" in said, POSTCODE.encode() in said) == (False, False)


@pytest.mark.rule("XX-P1")
def test_a_word_that_a_table_knows_stays_and_no_file_brings_another_back(desk: Desk) -> None:
    shop = filled(desk)
    said = {row[1]: row for row in told(desk)["return_requests"]}
    assert {"Rétractation", "COMPLETED", "ZqWay", "ZqWho"} <= set(said["M|R1|"])
    privacy.wipe_due(desk, ANA, NOON)
    later = NOON + dt.timedelta(hours=1)
    bring(desk, shop, RETURNS, f"M;R1;{AT};ZqWhy;Closed;ZqWay;ZqWho", f"M;R3;{later:%FT%TZ};ZqNew;;;", at=later)
    said = {row[1]: str(row) for row in told(desk)["return_requests"]}
    assert ("Rétractation" in said["M|R1|"], "Closed" in said["M|R1|"], "Zq" in said["M|R1|"]) == (True, True, False)
    assert "ZqNew" in said["M|R3|"]
    assert privacy.wipe_due(desk, ANA, later) == (0, dict.fromkeys(privacy.COUNTS, 0))


@pytest.mark.rule("XX-P1")
def test_no_file_brings_a_link_with_the_postcode_back(desk: Desk) -> None:
    shop = filled(desk)
    privacy.wipe_due(desk, ANA, NOON)
    bring(desk, shop, ";".join(HEAD), row("M", "delivered"), at=NOON)
    bring(desk, shop, SHIPPED, f"M;{AT};Colissimo;{NUMBER};{LINK[:-2]}de", at=NOON)
    assert holding(desk, "zq", POSTCODE) == set()
    assert f"suivi.html?colis={NUMBER}&lang=de" in str(told(desk)["shipments"])


def test_a_shop_s_own_word_stays_while_an_order_has_it_and_goes_with_the_last(desk: Desk) -> None:
    shop, head = settings.add_shop(desk, ANA, "cdiscount", "Lumina"), ";".join(HEAD)
    bring(desk, shop, head, row("A", WORD), row("B", WORD))
    shop_words.map_state(desk, ANA, shop, WORD, "shipped", OLD)
    privacy.wipe_order(desk, ANA, OrderKey(shop, "A"), OLD)
    assert [line[1] for line in told(desk)["state_words"]] == ["zq mapped word"]
    privacy.wipe_order(desk, ANA, OrderKey(shop, "B"), OLD)
    assert told(desk)["state_words"] == []
    assert [line[2] for line in told(desk)["orders"]] == ["shipped", "shipped"]
    # A word whose orders were undone stands on none: it goes when its days are over.
    only = bring(desk, shop, head, row("C", WORD))
    shop_words.map_state(desk, ANA, shop, WORD, "shipped", OLD)
    undo.run(desk, ANA, only, OLD)
    privacy.wipe_due(desk, ANA, OLD + DAY)
    assert len(told(desk)["state_words"]) == 1
    privacy.wipe_due(desk, ANA, NOON)
    assert told(desk)["state_words"] == []


def test_a_word_spelled_in_more_ways_than_a_statement_takes_is_known_in_all_of_them(any_desk: Desk) -> None:
    shop = settings.add_shop(any_desk, ANA, "cdiscount", "Lumina")
    ways = [(letter, letter.upper(), f" {letter}", f"-{letter}", f"_{letter}") for letter in "fective"]
    spelled = ["".join(("de", *each)) for each in itertools.islice(itertools.product(*ways), 70_000)]
    bring(any_desk, shop, RETURNS, *(f"N{n};R;{AT};{word};;;" for n, word in enumerate(spelled)), f"M;R;{AT};Zq;;;")
    with reading(any_desk.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(unknown(connection, "returns", shop))) == 1
