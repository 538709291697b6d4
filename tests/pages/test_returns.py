"""Returns: empty, typed, pasted, decided by and against the advice, answered, closed, replayed; hostile text."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.desk import return_typing, returns, returns_settings, settings, work
from core.desk.base import Desk
from core.desk.returns import CaseKey
from core.desk.returns_settings import Change
from tests.core.desk.conftest import NOON, export
from tests.pages import noon
from ui import filters, returns_table
from ui.text import text

OFFERS = {"offer_addresses": "FR", "offer_label": "yes", "offer_informed": "yes", "return_address": "1 rue X, Lyon"}
HOSTILE = "<script>alert(1)</script> **bold** [x](http://x) =1+1"


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from noon.opened(tmp_path, monkeypatch)


@pytest.fixture
def shop(desk: Desk) -> int:
    """A shop with the delivered orders A and B of 10 euro each, and what it can offer."""
    data = export(*((name, noon.hours_ago(480), "Expédiée") for name in "AB"))
    shop_id = noon.shop_with(desk, data)
    for key, amount in OFFERS.items():
        returns_settings.save(desk, noon.SOMEBODY, Change(shop_id, key, amount), returns_settings.ALWAYS, "test", NOON)
    return shop_id


@pytest.fixture
def asked(desk: Desk, shop: int) -> int:
    """Both are asked back for a defect, A first: two days before they were delivered."""
    add(desk, shop, ("A", "Défectueux", 46, ""), ("B", "Défectueux", 30, HOSTILE))
    return shop


def add(desk: Desk, shop: int, *rows: tuple[str, str, float, str]) -> None:
    lines = []
    for order, reason, hours, words in rows:
        at = noon.hours_ago(hours)
        delivered = at - dt.timedelta(days=2)
        lines.append(f"{order}\t{reason}\t{at:%Y-%m-%dT%H:%M:%S}Z\t{delivered:%Y-%m-%dT%H:%M:%S}Z\t{words}")
    read = return_typing.pasted(desk, shop, "\n".join(lines), NOON)
    return_typing.record(desk, noon.SOMEBODY, shop, read, NOON)


def case(shop: int, order: str) -> dict[str, str]:
    return {"shop_id": str(shop), "return": f"{order}||"}


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return noon.run(at)


def test_an_empty_base_says_what_the_page_is_for_and_leads_on() -> None:
    at = noon.visit("returns")
    assert "No return request is open" in noon.words(at)
    at = press(at, "to_add")
    assert at.query_params["view"] == "add"
    assert "Add a shop on Imports first." in noon.words(at)


@pytest.mark.parametrize(
    ("view", "lang"), [("work", "fr"), ("add", "zh_CN"), ("replay", "fr"), ("reports", "zh_CN"), ("steps", "fr")]
)
@pytest.mark.usefixtures("asked")
def test_every_part_is_drawn_in_every_language(view: str, lang: str) -> None:
    at = noon.visit("returns", view=view, lang=lang)
    assert at.title[0].value == text(lang)._("Returns")


@pytest.mark.usefixtures("shop")
def test_pasted_lines_are_seen_before_they_are_added(desk: Desk) -> None:
    at = noon.visit("returns", view="add")
    at.text_area(key="pasted_returns").input("A\tRetraction\t2026-11-25T08:00:00Z\nB\tDéfectueux\t2026-11-25T07:00:00Z")
    at = noon.run(at)
    assert at.button(key="add_pasted").label == "Add 2 requests"
    assert returns.queue(desk, NOON).is_empty()
    at = press(at, "add_pasted")
    assert "2 requests are new or changed." in noon.words(at)
    assert set(returns.queue(desk, NOON)["order_number"]) == {"A", "B"}
    at.text_area(key="pasted_returns").input("nothing of the kind")
    assert "These lines are no return requests" in noon.words(noon.run(at))


@pytest.mark.usefixtures("shop")
def test_one_is_typed_in_the_form(desk: Desk) -> None:
    at = noon.visit("returns", view="add")
    at.text_input(key="new_return_order").input("A")
    at.selectbox(key="new_return_reason").set_value("withdrawal")
    at = noon.run(at)
    next(button for button in at.main.button if button.label == "Add it").click()
    assert "the clock starts there" in noon.words(noon.run(at))
    at.text_input(key="new_return_order").input("A")
    at.datetime_input(key="new_return_asked").set_value(dt.datetime(2026, 11, 25, 9, 0))
    next(button for button in at.main.button if button.label == "Add it").click()
    noon.run(at)
    assert returns.queue(desk, NOON)["requested_at"].to_list() == [dt.datetime(2026, 11, 25, 8, 0, tzinfo=dt.UTC)]


@pytest.mark.rule("CD-R1", "CD-R2", "CD-R4", "CD-R5")
def test_a_case_shows_three_options_its_clocks_and_the_recommendation(asked: int) -> None:
    said = noon.words(noon.visit("returns", **case(asked, "A")))
    for option in ("Return address in the buyer's country", "Prepaid label", "Full refund, no return"):
        assert f"**{option}**" in said
    assert "Recommended: **Full refund, no return**" in said
    assert "Reply by" in said
    assert "[CD-R1](/rules?lang=en&rule=CD-R1)" in said


def test_what_the_buyer_wrote_is_shown_as_text(asked: int) -> None:
    at = noon.visit("returns", **case(asked, "B"))
    shown = next(caption.value for caption in at.caption if "The buyer wrote" in caption.value)
    assert "\\<script\\>" in shown
    assert "\\*\\*bold" in shown


def test_the_heading_of_a_case_shows_names_as_they_are_written(desk: Desk) -> None:
    shop_id = noon.shop_with(desk, export(("A", noon.hours_ago(480), "Expédiée")), name="Lumina-Maison [1]")
    add(desk, shop_id, ("A", "Défectueux", 30, ""))
    at = noon.visit("returns", **case(shop_id, "A"))
    heading = next(one.value for one in at.markdown if one.value.startswith("**A**"))
    assert "Lumina\\-Maison \\[1\\]" in heading  # escaped once: Markdown shows it as it is


def test_a_case_is_decided_answered_and_closed(desk: Desk, asked: int) -> None:
    at = press(noon.visit("returns", **case(asked, "A")), "record_return")
    assert "Recorded for 1 return." in noon.words(at)
    at.text_input(key="place_buyer_name_A||").input("Zoé Petit")
    at = noon.run(at)
    answer = next(area.value for area in at.text_area if area.label == "French, as it will be sent")
    assert "Bonjour Zoé Petit" in answer
    assert not at.button(key="answered").disabled
    at = press(at, "answered")
    assert "the reply clock has stopped" in noon.words(at)
    at.selectbox(key="event_A||").set_value("refund_paid")
    at = press(noon.run(at), "record_event")
    at = press(at, "close_return")
    assert returns.queue(desk, NOON)["order_number"].to_list() == ["B"]
    assert "Closed" in noon.words(at)


def test_a_closed_case_is_found_again_and_opened_again(desk: Desk, asked: int) -> None:
    returns.happened(desk, noon.SOMEBODY, [CaseKey(asked, "A||")], "closed", NOON, NOON)
    at = noon.visit("returns")
    at.session_state["closed_returns"] = True
    at = noon.run(at)
    closed = returns.closed(desk, NOON)
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.session_state["closed_" + returns_table.table_key(closed)] = chosen
    at = noon.run(at)
    reopen = next(button for button in at.main.button if button.label == "Open it again")
    reopen.click()
    at = noon.run(at)
    assert "Say why it is opened again." in noon.words(at)
    assert returns.queue(desk, NOON)["order_number"].to_list() == ["B"]
    at.text_input(key="reopen_reason").input("by mistake")
    next(button for button in at.main.button if button.label == "Open it again").click()
    at = noon.run(at)
    assert "It is open again" in noon.words(at)
    assert "by mistake" in noon.words(at)
    assert returns.queue(desk, NOON)["order_number"].to_list() == ["A", "B"]


def test_the_answer_is_still_there_after_a_look_elsewhere(asked: int) -> None:
    at = press(noon.visit("returns", **case(asked, "A")), "record_return")
    for view in ("reports", "work"):
        at.query_params["view"] = view
        at = noon.run(at)
    answer = next(area.value for area in at.text_area if area.label == "French, as it will be sent")
    assert answer.startswith("Bonjour")


def test_an_answer_that_promises_something_else_is_not_ticked(asked: int) -> None:
    at = press(noon.visit("returns", **case(asked, "A")), "record_return")
    area = next(area for area in at.text_area if area.label == "French, as it will be sent")
    area.input("Bonjour, pour la commande A nous vous envoyons une étiquette de retour prépayée.")
    at = noon.run(at)
    assert "It promises a label, which the option chosen does not give" in noon.words(at)
    assert at.button(key="answered").disabled


def test_against_the_recommendation_asks_for_a_reason(desk: Desk, asked: int) -> None:
    at = noon.visit("returns", **case(asked, "A"))
    at.segmented_control(key="return_option_A||").set_value("home_address")
    at = noon.run(at)
    assert at.button(key="record_return").disabled
    at.text_input(key="return_reason_A||").input("the buyer asks for it")
    at = press(noon.run(at), "record_return")
    found = returns.case(desk, CaseKey(asked, "A||"), NOON)
    assert found is not None
    assert found.decisions["reason"].to_list() == ["the buyer asks for it"]


@pytest.mark.usefixtures("asked")
def test_several_are_decided_together_after_the_sum_is_shown(desk: Desk) -> None:
    at = noon.visit("returns")
    chosen = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    at.session_state[returns_table.table_key(returns.queue(desk, NOON))] = chosen
    at = noon.run(at)
    assert any("refunds" in caption.value for caption in at.caption)
    at = press(at, "record_return")
    assert returns.queue(desk, NOON)["chosen"].to_list() == ["keep_refund", "keep_refund"]


@pytest.mark.usefixtures("asked")
def test_a_ceiling_is_seen_on_the_past_and_then_saved(desk: Desk) -> None:
    at = noon.visit("returns", view="replay")
    at.segmented_control(key="replay_what").set_value("rule")
    at = noon.run(at)
    at.selectbox(key="rule_option").set_value("home_address")
    at.number_input(key="rule_up_to").set_value(50.0)
    at = noon.run(at)
    figures = {metric.label: metric.value for metric in at.metric}
    assert figures["Decided otherwise"] == "2"
    assert returns_settings.rules(desk).is_empty()
    at = press(at, "save_change")
    assert returns_settings.rules(desk)["up_to_minor"].to_list() == [5000]
    assert "Saved. It holds for cases since" in noon.words(at)
    # Both came before today: they keep what they had.
    assert returns.queue(desk, NOON)["recommended"].to_list() == ["keep_refund", "keep_refund"]


@pytest.mark.usefixtures("shop")
def test_a_value_that_cannot_be_used_is_refused_with_a_sentence() -> None:
    at = noon.visit("returns", view="replay")
    at.selectbox(key="replay_key").set_value("cost_comes_back_home")
    at = noon.run(at)
    field = next(box for box in at.main.text_input if box.label == "New value")
    field.input("three quarters")
    assert "This value cannot be used" in noon.words(noon.run(at))


def test_a_shops_own_values_are_told_in_the_readers_language_whatever_their_source_holds(desk: Desk, shop: int) -> None:
    change = Change(shop, "offer_insured", "yes")
    returns_settings.save(desk, noon.SOMEBODY, change, returns_settings.ALWAYS, "{contract", NOON)
    at = noon.visit("returns", view="replay", lang="fr")
    at.selectbox(key="replay_key").set_value("offer_insured")
    at = noon.run(at)
    assert "En vigueur\N{NO-BREAK SPACE}: oui" in noon.words(at)
    assert "\\{contract" in noon.words(at)
    own = next(table.value for table in at.main.dataframe if "Montant" in table.value.columns)
    assert own["Montant"].to_list() == ["FR", "oui", "oui", "1 rue X, Lyon", "oui"]
    at.selectbox(key="replay_key").set_value("cost_handling_minor")
    assert "1,50 €" in noon.words(noon.run(at))


@pytest.mark.rule("AM-O1")
def test_an_instant_is_typed_on_the_clock_of_the_team(desk: Desk) -> None:
    at = noon.visit("returns", view="steps")
    ordered = next(box for box in at.main.datetime_input if box.key == "situation_ordered")
    assert ordered.label == "Ordered (Paris time)"
    ordered.set_value(dt.datetime(2026, 11, 25, 11, 45))  # 10:45 UTC; the page's noon is 11:00 UTC
    at.selectbox(key="situation_sent").set_value(False)
    assert "until Wed 25 Nov 12\\:15" in noon.words(noon.run(at))


def test_a_text_for_a_situation_is_called_by_its_words(desk: Desk, asked: int) -> None:
    add(desk, asked, ("A", "Non reçu", 3, ""))
    returns.decide(desk, noon.SOMEBODY, [CaseKey(asked, "A||")], "keep_refund", NOON)
    at = noon.visit("returns", **case(asked, "A"))
    titles = next(box.options for box in at.main.selectbox if box.label == "Text")
    assert titles == ["Full refund, no return (Not received)", "Full refund, no return"]


@pytest.mark.rule("AM-O1", "AM-N4", "CD-C2")
def test_other_questions_have_their_steps_and_texts() -> None:
    at = noon.visit("returns", view="steps")
    at.selectbox(key="situation_sent").set_value(True)
    at = noon.run(at)
    assert "It cannot be cancelled any more" in noon.words(at)
    # Nothing can be copied while a place is open.
    assert not at.main.code
    for place, fact in (("order_number", "402-1"), ("shop", "Lumina"), ("buyer_name", "Zoé"), ("article", "Vase")):
        at.text_input(key=f"step_amazon_wrong_order_sent_{place}").input(fact)
    at = noon.run(at)
    assert "402-1" in at.main.code[0].value
    at.selectbox(key="situation").set_value("cancel_after")
    assert "the commission is given back" in noon.words(noon.run(at))


@pytest.mark.rule("AM-N5")
def test_a_shop_that_insures_its_parcels_is_led_to_the_insurance(desk: Desk) -> None:
    amazon = settings.add_shop(desk, noon.SOMEBODY, "amazon", "Lumina DE")
    at = noon.visit("returns", view="steps")
    at.selectbox(key="situation").set_value("not_received")
    assert noon.run(at).selectbox(key=f"situation_insured_{amazon}").value is None
    change = Change(amazon, "offer_insured", "yes")
    returns_settings.save(desk, noon.SOMEBODY, change, returns_settings.ALWAYS, "policy", NOON)
    at = noon.visit("returns", view="steps")
    at.selectbox(key="situation").set_value("not_received")
    at = noon.run(at)
    assert at.selectbox(key=f"situation_insured_{amazon}").value is True
    at.selectbox(key="situation_lost").set_value(True)
    assert "Claim the cost back from the insurance." in noon.words(noon.run(at))


@pytest.mark.rule("AM-C1", "CD-R3")
def test_amazons_clock_says_when_a_claim_may_be_opened_and_how_many_days_were_left(desk: Desk) -> None:
    amazon = settings.add_shop(desk, noon.SOMEBODY, "amazon", "Lumina DE")
    add(desk, amazon, ("402-1000002-2000002", "defective", 3, ""))
    number = returns.queue(desk, NOON)["key"][0]
    shown = noon.words(noon.visit("returns", shop_id=str(amazon), **{"return": number}))
    assert "later the buyer may open a claim" in shown
    assert "Days left on the day of the notice: 12 to withdraw" in shown


def test_today_has_returns_among_the_work_and_leads_to_them(desk: Desk, asked: int) -> None:
    at = noon.visit("today")
    first = work.queue(desk, NOON).filter(pl.col("group").is_in(["live", "cannot_tell"])).head(12)
    assert first["return_key"][0] == "A||"
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.session_state["next_" + filters.table_key(first)] = chosen
    at = press(noon.run(at), "open_return")
    assert at.title[0].value == "Returns"
    assert (at.query_params["return"], at.query_params["shop_id"]) == ("A||", str(asked))


@pytest.mark.usefixtures("asked")
def test_a_link_to_a_case_that_is_not_there_says_so() -> None:
    at = noon.visit("returns", shop_id="1", **{"return": "NOBODY||"})
    assert "The base does not know this return request." in noon.words(at)
