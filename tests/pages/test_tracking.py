"""Tracking: verdicts beside each order, ways in, words, the shipment file; hostile text; nothing at all."""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.desk import shipment_send, shipments, surveillance
from core.desk.base import Desk
from core.desk.shipment_files import Ending, Layout
from tests.core.desk.conftest import NOON, export
from tests.pages import noon
from ui import filters, tracking_table

NUMBERS = {
    "GOOD": ("6A61031888418", "Colissimo"),
    "ODD": ("UL494089685YP", "Colissimo"),
    "NEW": ("ZX12345", "Foo Freight"),
    "BAD": ("6A61031888419", "Colissimo"),
}
HOSTILE = '=HYPERLINK("http://x") **b** <script>alert(1)</script> $x$ [l](http://x) :red[x]'


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    """Five orders to ship; NONE has no number yet."""
    rows = [
        (name, NOON - dt.timedelta(hours=n), "En attente d'expédition") for n, name in enumerate([*NUMBERS, "NONE"], 1)
    ]
    shop_id = noon.shop_with(desk, export(*rows, price="20,00"))
    put_in(desk, "\n".join(f"{order}\t{number}\t{carrier}" for order, (number, carrier) in NUMBERS.items()))
    return shop_id


def put_in(desk: Desk, text: str) -> None:
    taken = shipments.match(shipments.look(desk, NOON), shipments.read_paste(text)).taken
    shipments.type_shipments(desk, noon.SOMEBODY, taken, NOON)


def seen(desk: Desk) -> list[shipment_send.Seen]:
    """What a person sees of the one order that goes."""
    return shipment_send.seen(shipments.look(desk, NOON).filter(order_number="GOOD"))


def table(at: AppTest, n: int = 0) -> dict[str, dict[str, object]]:
    """A table's rows by their order."""
    return {str(row["Order"]): row for row in at.main.dataframe[n].value.to_dict("records")}


def choose(at: AppTest, desk: Desk, *orders: str) -> AppTest:
    looked = shipments.look(desk, NOON)
    rows = [n for n, number in enumerate(looked["order_number"]) if number in orders]
    key = "shipments_" + filters.table_key(looked)
    at.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return noon.run(at)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.main.button if button.label == label).click()
    return noon.run(at)


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def test_an_empty_base_offers_the_next_step() -> None:
    at = noon.visit("tracking")
    assert "No orders yet" in noon.words(at)


def test_orders_without_any_to_ship_leave_a_page(desk: Desk) -> None:
    noon.shop_with(desk, export(("A", NOON, "À accepter")))
    for view in ("numbers", "file", "pictures"):
        assert figures(noon.visit("tracking", view=view))["to ship"] == "0"


@pytest.mark.usefixtures("shop")
@pytest.mark.rule("XX-T2")
def test_each_verdict_stands_with_word_shape_reason_and_what_the_gate_asks() -> None:
    at = noon.visit("tracking")
    assert figures(at) == {
        **{
            "to ship": "5",
            "○ plausible": "1",
            "● cannot tell": "1",
            "◆ suspect": "1",
            "▲ impossible": "1",
            "held": "3",
        },
    }
    rows = table(at)
    shown = {order: (list(row["Verdict"]), row["Gate"]) for order, row in rows.items()}
    assert shown == {
        "GOOD": (["○ plausible"], "goes"),
        "ODD": (["◆ suspect"], "needs a word"),
        "NEW": (["● cannot tell"], "needs a word"),
        "BAD": (["▲ impossible"], "never goes"),
        "NONE": ([], "no number yet"),
    }
    assert rows["BAD"]["Why"] == "Check digit 9, expected 8."
    assert rows["ODD"]["Why"] == "This is the shape of Yanwen, the carrier given is Colissimo."
    assert rows["NONE"]["Needs"] == "number (CD-S2)"
    assert rows["BAD"]["Rule"] == "/rules?lang=en&rule=XX-T2"


@pytest.mark.usefixtures("shop")
def test_filters_come_with_the_link() -> None:
    every = {*NUMBERS, "NONE"}
    for link, found in (
        ({"verdict": "suspect"}, {"ODD"}),
        ({"code": "number_missing"}, {"NONE"}),
        ({"text": "foo fr", "shop": "Lumina"}, {"NEW"}),
        ({"verdict": "no such", "code": "no such"}, every),
    ):
        assert set(table(noon.visit("tracking", **link))) == found


@pytest.mark.usefixtures("shop")
def test_a_proposal_is_taken_with_one_click(desk: Desk) -> None:
    at = choose(noon.visit("tracking", view="chosen"), desk, "ODD")
    assert "Colissimo" in noon.words(at)
    at = press(at, "Take the proposal for 1 order: Carrier Yanwen")
    assert table(at)["ODD"]["Gate"] == "goes"


@pytest.mark.usefixtures("shop")
@pytest.mark.rule("XX-T3")
def test_a_word_is_given_with_a_reason(desk: Desk) -> None:
    at = choose(noon.visit("tracking", view="chosen"), desk, "NEW", "BAD")
    at = press(at, "Give my word")
    assert "A word needs a reason." in noon.words(at)
    at = choose(at, desk, "NEW", "BAD")
    at.text_input(key="word_reason").input("label seen")
    at = press(at, "Give my word")
    assert {order: row["Gate"] for order, row in table(at).items() if order in ("NEW", "BAD")} == {
        "NEW": "goes on a word",
        "BAD": "never goes",
    }


@pytest.mark.rule("CD-W2")
def test_surveillance_shows_its_day_and_asks_more(desk: Desk, shop: int) -> None:
    surveillance.save_notice(desk, noon.SOMEBODY, shop, NOON.date() - dt.timedelta(days=3), 0, NOON)
    at = noon.visit("tracking", view="chosen")
    assert "day 4 of 30" in noon.words(at)
    assert table(at)["NEW"]["Gate"] == "needs a lead's word"
    assert "day 4 of 30" in noon.words(noon.visit("settings"))


@pytest.mark.usefixtures("shop")
def test_pasted_rows_show_their_verdict_before_they_are_recorded(desk: Desk) -> None:
    at = noon.visit("tracking")
    at.text_area(key="paste_0").input("NONE\t8U01130342039\tColissimo\nBAD\t8U01130342038\tColissimo\nZZZ\t1\tUPS")
    at = noon.run(at)
    assert "1 line is left out:" in noon.words(at)
    seen = table(at, 2)
    assert {order: row["Gate"] for order, row in seen.items()} == {"NONE": "goes", "BAD": "never goes"}
    assert table(at)["NONE"]["Gate"] == "no number yet"
    at = press(at, "Record 2 shipments")
    assert table(at)["NONE"]["Gate"] == "goes"


@pytest.mark.usefixtures("shop")
@pytest.mark.rule("XX-T1")
def test_a_carrier_with_too_few_right_check_digits_is_told(desk: Desk) -> None:
    at = noon.visit("tracking", view="numbers")
    low = [said.value for said in at.warning if "check digits" in said.value]
    assert len(low) == 1
    assert low[0].startswith("Colissimo: only ")


@pytest.mark.usefixtures("shop")
def test_a_bare_column_falls_to_the_chosen_orders_in_order(desk: Desk) -> None:
    at = choose(noon.visit("tracking"), desk, "NONE", "BAD")
    at.text_area(key="paste_0").input("8U01130342039\n6A61031888418")
    at = noon.run(at)
    at.text_input(key="paste_carrier").input("Colissimo")
    at = noon.run(at)
    seen = {order: row["Tracking number"] for order, row in table(at, 1).items()}
    assert list(seen.values()) == ["8U01130342039", "6A61031888418"]
    assert set(seen) == {"NONE", "BAD"}


@pytest.mark.usefixtures("shop")
@pytest.mark.rule("CD-S6")
def test_a_file_goes_out_for_the_typed_number_of_orders_only(desk: Desk) -> None:
    at = noon.visit("tracking", view="file")
    assert "1 order goes into this file." in noon.words(at)
    assert "cannot be changed or taken back (CD-S6)" in noon.words(at)
    for typed in ("2", "１"):
        at.text_input(key="typed_count").input(typed)
        at = press(at, "Hand out the file")
        assert "Nothing was handed out." in noon.words(at)
    assert shipment_send.manifests(desk).is_empty()
    at.text_input(key="typed_count").input("1")
    at = press(at, "Hand out the file")
    assert "The file is ready." in noon.words(at)
    assert shipment_send.manifests(desk)["orders"].to_list() == [1]
    assert "No order of this shop may go at the moment." in noon.words(at)
    assert table(noon.visit("tracking", view="sent"))["GOOD"]["Gate"] == "sent, not confirmed"


def test_what_went_out_can_be_fetched_again_as_it_was(desk: Desk, shop: int) -> None:
    at = noon.visit("tracking", view="sent")
    assert "No shipment file was handed out yet." in noon.words(at)
    id_ = shipment_send.hand_out(desk, noon.SOMEBODY, shop, Layout.DESK48, Ending.XLSX, seen(desk), 1, NOON)
    at = noon.visit("tracking", view="sent")
    at.session_state[f"manifests_{id_}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at = noon.run(at)
    assert shipment_send.manifests(desk)["sha256"][0] in noon.words(at)
    assert table(at, 2)["GOOD"]["Tracking number"] == "6A61031888418"


def test_the_marketplace_s_own_workbook_is_uploaded_once_and_then_offered(desk: Desk, shop: int) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Numéro de commande", "Transporteur", "N° de suivi"])
    data = io.BytesIO()
    book.save(data)
    at = noon.visit("tracking", view="file")
    assert at.selectbox(key="file_layout").options == ["Desk48's own layout"]
    at.file_uploader(key="template_file").upload("suivi.xlsx", data.getvalue())
    at = noon.run(at)
    at = press(at, "Use this workbook")
    assert at.selectbox(key="file_layout").options == ["The marketplace's own workbook", "Desk48's own layout"]
    id_ = shipment_send.hand_out(desk, noon.SOMEBODY, shop, Layout.TEMPLATE, Ending.XLSX, seen(desk), 1, NOON)
    sheet = openpyxl.load_workbook(io.BytesIO(shipment_send.manifest(desk, id_)[2])).active
    assert [cell.value for cell in sheet[2]] == ["GOOD", "Colissimo", "6A61031888418"]


@pytest.mark.usefixtures("shop")
def test_the_second_workbook_is_refused_with_both_names(desk: Desk) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Numéro de commande", "Transporteur", "N° de suivi"])
    data = io.BytesIO()
    book.save(data)
    at = noon.visit("tracking", view="file")
    at.file_uploader(key="template_file").upload("mine.xlsx", data.getvalue())
    at = noon.run(at)
    theirs = shipment_send.look_at_template("theirs.xlsx", data.getvalue())
    shipment_send.save_template(desk, noon.SOMEBODY, "cdiscount", theirs, 0, NOON)
    said = noon.words(press(at, "Use this workbook"))
    assert "File: yours mine.xlsx, kept theirs.xlsx" in said.replace("\\", "")
    assert shipment_send.templates(desk)["file_name"].to_list() == ["theirs.xlsx"]


def test_everything_that_holds_an_order_back_has_its_short_words() -> None:
    assert tracking_table.SHORT.keys() == shipments.HELD_BACK.keys()  # else the table would say that it goes


def test_hostile_text_is_text_and_never_goes(desk: Desk) -> None:
    shop_id = noon.shop_with(desk, export(("H", NOON, "En attente d'expédition"), price="20,00"), name=HOSTILE)
    cells = {"carrier": HOSTILE, "tracking_number": "8" * 10_000, "tracking_url": HOSTILE}
    typed = pl.DataFrame([{"shop_id": shop_id, "order_number": "H"} | cells], schema=shipments.TYPED)
    shipments.type_shipments(desk, noon.SOMEBODY, typed, NOON)
    for view in ("chosen", "file", "pictures"):
        at = choose(noon.visit("tracking", view=view), desk, "H")
        assert table(at)["H"]["Gate"] == "never goes"
        assert not any(element.allow_html for element in at.markdown)
        assert not any("<script>" in str(element.value) for element in at.markdown)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("lang", "title"), [("fr", "Suivi"), ("zh_CN", "运单")])
def test_the_page_speaks_each_language(lang: str, title: str) -> None:
    for view in ("chosen", "file"):
        assert noon.visit("tracking", view=view, lang=lang).title[0].value == title
