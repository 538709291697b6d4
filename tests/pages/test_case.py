"""Case: one order with its clock, facts and record; text out of files stays text on every page."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import cases, imports, orders
from core.desk.base import Desk, OrderKey, Person
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON, export
from tests.pages import noon
from ui import filters
from ui.text import LANGUAGES, Text

PAGES = sorted(path.stem for path in (noon.ROOT / "pages").glob("*.py"))
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "$\\frac{1}{2}$ :red[x] :material/home: **b** `c` {n} %s",
    "ＳＵＭ＝1 ＝1+1",
)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    data = export(
        ("A-1", noon.hours_ago(40), "À accepter"),
        ("A-2", noon.hours_ago(30), "À accepter"),
        ("DONE", noon.hours_ago(90), "Expédiée"),
    )
    return noon.shop_with(desk, data)


def case(number: str, shop: int, **link: str) -> AppTest:
    return noon.visit("case", order=number, shop_id=str(shop), **link)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_deadline_is_derived_in_words_with_its_rule(shop: int, lang: str) -> None:
    at = case("A-1", shop, lang=lang)
    derivation = next(block.value for block in at.markdown if block.value.startswith("- "))
    assert "CD-O1" in derivation
    assert "48" in derivation
    assert "20:00" in derivation  # Monday 20:00 in Paris, 40 h before noon on Wednesday
    assert at.code[0].value == "A-1"


def test_facts_carry_the_file_they_came_from(shop: int) -> None:
    facts, lines = (table.value for table in case("A-1", shop).dataframe)
    assert set(facts["From"]) == {"export.csv"}
    assert "À accepter" in list(facts["Value"])
    assert lines["SKU"].tolist() == ["SKU-A-1"]


def test_a_note_is_added(shop: int) -> None:
    at = case("A-1", shop)
    assert "Nothing was decided or noted yet." in noon.words(at)
    at.text_area(key="note_text").input("The buyer called *twice*")
    next(button for button in at.button if button.label == "Add the note").click()
    at = noon.run(at)
    assert "**Note**, local" in noon.words(at)
    assert "The buyer called \\*twice\\*" in noon.words(at)


def test_an_order_is_decided_on_its_own_page(desk: Desk, shop: int) -> None:
    at = case("A-1", shop)
    at.segmented_control(key="action").set_value(DecisionKind.ACCEPT)
    noon.run(at).button(key="record").click()
    at = noon.run(at)
    assert "**Accept**" in noon.words(at)
    assert orders.queue(desk, NOON).filter(order_number="A-1")["decision"].item() == "accept"


def test_a_newer_file_that_still_says_to_accept_is_pointed_out(desk: Desk, shop: int) -> None:
    orders.decide(desk, noon.SOMEBODY, DecisionKind.ACCEPT, [OrderKey(shop, "A-1")], noon.hours_ago(6))
    newer = export(
        ("A-1", noon.hours_ago(40), "À accepter"),
        ("A-2", noon.hours_ago(30), "À accepter"),
        ("A-3", noon.hours_ago(1), "À accepter"),
    )
    imports.write(desk, noon.SOMEBODY, imports.preview(desk, shop, "newer.csv", newer, NOON, None), NOON)
    at = case("A-1", shop)
    assert "Decided here 6 h 00 ago" in at.warning[0].value
    assert "still says: to accept" in at.warning[0].value


def test_a_missing_fact_is_typed(desk: Desk) -> None:
    shop = noon.shop_with(desk, export(("S-1", noon.hours_ago(20), "À expédier")))
    at = case("S-1", shop)
    mode = next(box for box in at.main.selectbox if box.label == "Delivery mode")
    mode.select("tracked")
    next(button for button in at.button if button.label == "Record").click()
    at = noon.run(at)
    facts = at.dataframe[0].value
    assert "tracked" in list(facts["Value"])


def test_a_closed_order_has_nothing_left_to_do(shop: int) -> None:
    at = case("DONE", shop)
    assert "Nothing is left to do" in noon.words(at)
    assert not at.segmented_control


@pytest.mark.parametrize(
    "link", [{"order": "nobody", "shop_id": "1"}, {"order": "A-1", "shop_id": "99"}, {"q": "nothing like it"}]
)
@pytest.mark.usefixtures("shop")
def test_an_order_that_is_not_there_is_said(link: dict[str, str]) -> None:
    at = noon.visit("case", **link)
    assert len(at.error) + len(at.warning) == 1


@pytest.mark.parametrize(
    "link", [{"order": "A-1"}, {"order": "A-1", "shop_id": "²"}, {"order": "A-1", "shop_id": "9" * 30}]
)
@pytest.mark.usefixtures("shop")
def test_a_broken_link_is_no_exception(link: dict[str, str]) -> None:
    assert noon.visit("case", **link).title[0].value == "Case"


@pytest.mark.usefixtures("shop")
def test_the_search_opens_one_hit_and_offers_several() -> None:
    assert noon.visit("case", q="A-1").code[0].value == "A-1"
    at = noon.visit("case", q="SKU-A")
    assert sorted(at.dataframe[0].value["Order"]) == ["A-1", "A-2"]


def hostile_export() -> bytes:
    """For each text an order with it in its number and every free cell; one with it as state; one as price."""
    header = (
        "Référence commande;Date de commande;Statut commande;Détail produit;SKU Cdiscount;Quantité;"
        "Prix Total (€ TTC) hors frais de traitement;Prénom;Nom;Adresse;Ville de livraison"
    )
    created = "23/11/2026 13:00:00"  # 47 h before noon in Paris
    rows = []
    for place, text in enumerate(HOSTILE):
        cell = '"' + text.replace('"', '""') + '"'
        free = ";".join([cell] * 4)
        rows += [
            f"{cell};{created};À accepter;{cell};{cell};1;10,00;{free}",
            f"STATE-{place};{created};{cell};{cell};{cell};1;10,00;{free}",
            f"PRICE-{place};{created};À accepter;{cell};{cell};1;{cell};{free}",
        ]
    return "\r\n".join(["Rapport", "", header, *rows, ""]).encode()


def number(text: str) -> str:
    """The order number that is read of such a cell: full-width signs in an id are plain ones."""
    return unicodedata.normalize("NFKC", text)


@pytest.fixture
def hostile(desk: Desk) -> int:
    """A shop, a file, orders, notes and a colleague that all carry hostile names."""
    shop = noon.shop_with(desk, hostile_export(), name=HOSTILE[2], file=HOSTILE[3].replace("/", "_") + ".csv")
    numbered = orders.queue(desk, NOON)["order_number"].to_list()
    assert {number(text) for text in HOSTILE} <= set(numbered)
    for text in HOSTILE:
        key = [OrderKey(shop, number(text))]
        orders.decide(desk, Person(text), DecisionKind.ASSIGN, key, NOON, text)
        cases.add(desk, Person(text), key[0], DecisionKind.NOTE, text, NOON)
    return shop


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("name", PAGES)
def test_text_out_of_files_stays_text_on_every_page(name: str) -> None:
    only_text(noon.visit(name))


def test_text_out_of_files_stays_text_on_a_case(hostile: int) -> None:
    for text in HOSTILE:
        at = case(number(text), hostile)
        assert at.code[0].value == number(text)
        only_text(at)
    only_text(noon.visit("case", q="evil.example"))
    only_text(noon.visit("case", q="[click](javascript:alert(2))"))


@pytest.mark.usefixtures("hostile")
def test_text_out_of_files_stays_text_in_the_actions(desk: Desk) -> None:
    judged = orders.queue(desk, NOON)
    at = noon.visit("orders")
    rows = {"rows": [*range(judged.height)], "columns": [], "cells": []}
    at.session_state[filters.table_key(judged)] = {"selection": rows}
    for kind in (DecisionKind.REFUSE, DecisionKind.MARK_SHIPPED, DecisionKind.ASSIGN):
        noon.run(at).segmented_control(key="action").set_value(kind)
        only_text(noon.run(at))


@pytest.mark.usefixtures("hostile")
def test_text_out_of_files_stays_text_in_findings(desk: Desk) -> None:
    at = noon.visit("imports")
    chosen = {"rows": [0], "columns": [], "cells": []}
    at.session_state[f"history_{imports.history(desk)['id'][0]}"] = {"selection": chosen}
    only_text(noon.run(at))


def only_text(at: AppTest) -> None:
    """Nothing out of a file stands anywhere that Streamlit reads as Markdown, and no HTML is let through."""
    said = markdown(at)
    for text in HOSTILE:
        if Text.plain(text) != text:
            assert [one for one in said if text in one] == []
    assert not any(block.proto.allow_html for block in at.markdown)


def markdown(at: AppTest) -> list[str]:
    """Every string that Streamlit reads as Markdown: texts and the labels of widgets."""
    texts = ("title", "subheader", "markdown", "caption", "info", "success", "warning", "error", "toast")
    widgets = ("button", "selectbox", "multiselect", "text_input", "segmented_control", "metric", "expander")
    said = [str(element.value) for kind in texts for element in getattr(at, kind)]
    return said + [str(element.label) for kind in widgets for element in getattr(at, kind)]
