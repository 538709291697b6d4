"""Return requests at the desk: from typed lines to a queue, decisions, events, dated values and a replay."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from core.cli import main
from core.desk import (
    imports,
    replies,
    return_cases,
    return_typing,
    returns,
    returns_reports,
    returns_settings,
    settings,
)
from core.desk.base import Desk, NotAllowed, Person, open_desk
from core.desk.returns import RECOMMENDED, CaseKey
from core.desk.returns_settings import Change
from tests.core.desk.conftest import NOON, export

LEA = Person("Léa")
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
ALWAYS = returns_settings.ALWAYS
OFFERS = {"offer_addresses": "FR", "offer_label": "yes", "offer_informed": "yes", "return_address": "1 rue X, Lyon"}


@pytest.fixture
def shop(desk: Desk) -> int:
    return filled(desk)


def filled(desk: Desk) -> int:
    """A shop that says what it can offer, with three orders sent: A and B of 10 euro, DEAR of 60."""
    shop_id = settings.add_shop(desk, LEA, "cdiscount", "Lumina")
    for price, names in (("10,00", ("A", "B")), ("60,00", ("DEAR",))):
        data = export(*((name, NOON - 20 * DAY, "Expédiée") for name in names), price=price)
        imports.write(desk, LEA, imports.preview(desk, shop_id, f"{names[0]}.csv", data, NOON), NOON)
    for key, amount in OFFERS.items():
        returns_settings.save(desk, LEA, Change(shop_id, key, amount), ALWAYS, "test", NOON)
    return shop_id


def asked(desk: Desk, shop: int, *rows: tuple[str, str, float], now: dt.datetime = NOON) -> None:
    """Requests as (order, reason, hours ago), delivered two days before."""
    lines = []
    for order, reason, hours in rows:
        at = now - hours * HOUR
        lines.append(f"{order}\t{reason}\t{at:%Y-%m-%dT%H:%M:%S}Z\t{at - 2 * DAY:%Y-%m-%dT%H:%M:%S}Z")
    return_typing.record(desk, LEA, shop, return_typing.pasted(desk, shop, "\n".join(lines), now), now)


def key(shop: int, order: str) -> CaseKey:
    return CaseKey(shop, f"{order}||")


def row(desk: Desk, shop: int, order: str, now: dt.datetime = NOON) -> dict[str, object]:
    case = returns.case(desk, key(shop, order), now)
    assert case is not None
    return case.row


@pytest.mark.rule("CD-R1", "XX-D1")
def test_typed_requests_stand_in_the_queue_by_the_reply_clock(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("B", "Retraction", 30), ("A", "Défectueux", 46))
    queue = returns.queue(desk, NOON)
    assert queue["order_number"].to_list() == ["A", "B"]
    assert queue["kind"].unique().to_list() == ["answer_return"]
    assert queue["band"].to_list() == ["now", "soon"]
    assert (queue["goods_minor"][0], queue["shipping_minor"][0], queue["reason"][0]) == (1000, 250, "defective")
    assert queue["due_at"][0] == NOON + 2 * HOUR


def test_the_form_and_a_file_lead_to_the_same_row(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("A", "Retraction", 30))
    facts = {"order_number": "A", "reason_word": "defective", "requested_at": NOON - 30 * HOUR}
    later = NOON + HOUR
    assert return_typing.record(desk, LEA, shop, return_typing.typed(desk, shop, facts), later) == 1
    queue = returns.queue(desk, later)
    assert queue.height == 1
    assert queue["reason"].to_list() == ["defective"]
    with pytest.raises(return_typing.NotReturns):
        return_typing.pasted(desk, shop, "hello", NOON)


@pytest.mark.rule("CD-R2")
def test_the_recommended_option_is_recorded_with_amount_and_rules(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("A", "Défectueux", 3), ("DEAR", "Défectueux", 3))
    seen = returns.preview(desk, [key(shop, "A"), key(shop, "DEAR")], RECOMMENDED, NOON)
    assert dict(seen.taken.select("order_number", "option").iter_rows()) == {"A": "keep_refund", "DEAR": "home_address"}
    assert returns.case(desk, key(shop, "A"), NOON).decisions.is_empty()  # type: ignore[union-attr]
    returns.decide(desk, LEA, [key(shop, "A"), key(shop, "DEAR")], RECOMMENDED, NOON)
    case = returns.case(desk, key(shop, "A"), NOON)
    assert case is not None
    decided = case.decisions.row(0, named=True)
    assert (decided["option"], decided["recommended"], decided["reason"]) == ("keep_refund", "keep_refund", None)
    assert decided["amount_minor"] == case.row["keep_refund_cost_minor"]
    assert "CD-R2" in decided["rules"]
    assert "offer_addresses=FR" in decided["rules"]


def test_overriding_the_recommendation_needs_a_reason_and_an_unlawful_option_none_can_take(
    desk: Desk, shop: int
) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 3))
    dear = [key(shop, "DEAR")]
    assert returns.decide(desk, LEA, dear, "keep_refund", NOON).left["held_back"].to_list() == ["needs_reason"]
    assert returns.decide(desk, LEA, dear, "refuse", NOON, "no").left["held_back"].to_list() == ["unlawful"]
    assert returns.decide(desk, LEA, dear, "keep_refund", NOON, "a good customer").taken.height == 1
    assert row(desk, shop, "DEAR")["decision_reason"] == "a good customer"
    with pytest.raises(NotAllowed):
        returns.decide(desk, Person("Guest", "viewer"), dear, "keep_refund", NOON, "x")


@pytest.mark.rule("CD-R1", "CD-R4", "CD-R6")
def test_each_event_stops_or_starts_its_clock(ready_url: str) -> None:
    desk = open_desk(ready_url)
    shop = filled(desk)
    asked(desk, shop, ("DEAR", "Défectueux", 3))
    dear = [key(shop, "DEAR")]
    steps = [str(row(desk, shop, "DEAR")["kind"])]
    returns.decide(desk, LEA, dear, RECOMMENDED, NOON)
    for event in ("answered", "label_sent", "goods_back", "refund_paid"):
        more = {"complete": True, "condition": "used"} if event == "goods_back" else {}
        returns.happened(desk, LEA, dear, event, NOON, NOON, **more)
        steps.append(str(row(desk, shop, "DEAR")["kind"]))
    assert steps == ["answer_return", "await_return", "await_return", "refund_return", "close_return"]
    assert row(desk, shop, "DEAR")["condition"] == "used"
    returns.happened(desk, LEA, dear, "closed", NOON, NOON)
    assert returns.queue(desk, NOON).is_empty()
    with pytest.raises(ValueError, match="future"):
        returns.happened(desk, LEA, dear, "answered", NOON + DAY, NOON)
    desk.engine.dispose()


def test_a_case_that_was_closed_by_mistake_is_opened_again_and_the_record_says_so(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 3))
    dear = key(shop, "DEAR")
    with pytest.raises(returns.NotReopened, match="open already"):
        returns.reopen(desk, LEA, dear, "by mistake", NOON)
    returns.happened(desk, LEA, [dear], "closed", NOON, NOON)
    assert returns.closed(desk, NOON)["order_number"].to_list() == ["DEAR"]
    assert returns.closed(desk, NOON + 31 * DAY).is_empty()
    with pytest.raises(returns.NotReopened, match="why"):
        returns.reopen(desk, LEA, dear, " ", NOON)
    with pytest.raises(NotAllowed):
        returns.reopen(desk, Person("Guest", "viewer"), dear, "by mistake", NOON)
    returns.reopen(desk, LEA, dear, "closed by mistake", NOON + HOUR)
    assert returns.queue(desk, NOON + HOUR)["closed_at"].to_list() == [None]
    assert returns.closed(desk, NOON + HOUR).is_empty()
    found = returns.case(desk, dear, NOON + HOUR)
    assert found is not None
    told = found.events.select("kind", "text", "person").rows()
    assert told == [("closed", None, "Léa"), ("reopened", "closed by mistake", "Léa")]
    assert returns.decide(desk, LEA, [dear], RECOMMENDED, NOON + HOUR).taken.height == 1


@pytest.mark.rule("CD-R4")
def test_a_refund_past_its_day_shows_its_penalty_growing(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 3))
    returns.decide(desk, LEA, [key(shop, "DEAR")], "keep_refund", NOON, "simple")
    returns.happened(desk, LEA, [key(shop, "DEAR")], "answered", NOON, NOON)
    late = row(desk, shop, "DEAR", NOON + 26 * DAY)
    assert (late["kind"], late["band"], late["refund_days_late"]) == ("refund_return", "overdue", 12)
    assert late["penalty_minor"] == 312  # 5 % of 62.50, half to even


@pytest.mark.rule("CD-R2")
def test_a_rule_saved_today_judges_the_next_case_and_leaves_the_older_one(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 40))
    today = NOON.date()
    ceiling = {"position": 1, "effect": "only", "option": "keep_refund", "up_to_minor": 9000}
    tried = returns_settings.tried(desk, Change(shop, rule=ceiling), 90, NOON)
    assert (tried.differing.height, tried.saved_minor < 0) == (1, True)
    assert returns.case(desk, key(shop, "DEAR"), NOON).row["recommended"] == "home_address"  # type: ignore[union-attr]
    returns_settings.save(desk, LEA, Change(shop, rule=ceiling), today, "team", NOON)
    asked(desk, shop, ("B", "Défectueux", 1), now=NOON)
    facts = {"goods_minor": 6000}
    returns.say(desk, LEA, key(shop, "B"), facts, NOON)
    assert row(desk, shop, "B")["recommended"] == "keep_refund"
    assert str(row(desk, shop, "B")["home_address_status"]) == "not_allowed"
    assert row(desk, shop, "DEAR")["recommended"] == "home_address"


@pytest.mark.rule("CD-R2")
def test_a_cost_is_tried_on_the_past_and_saved_from_a_day_on(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("A", "Défectueux", 40), ("DEAR", "Défectueux", 40))
    change = Change(shop, "label_home_other", "30000:9000")
    tried = returns_settings.tried(desk, change, 30, NOON)
    assert dict(tried.cases.select("order_number", "differs").iter_rows()) == {"A": False, "DEAR": True}
    assert tried.saved_minor > 0
    # The desk is asked again: nothing was written.
    assert row(desk, shop, "DEAR")["recommended"] == "home_address"
    returns_settings.save(desk, LEA, change, NOON.date() - 5 * DAY, "bill", NOON)
    assert row(desk, shop, "DEAR")["recommended"] == "keep_refund"
    with pytest.raises(ValueError, match="label_home_other"):
        returns_settings.save(desk, LEA, Change(shop, "label_home_other", "cheap"), NOON.date(), "", NOON)
    with pytest.raises(NotAllowed):
        returns_settings.save(desk, Person("Max", "operator"), change, NOON.date(), "", NOON)


def test_what_the_shop_can_offer_is_tried_too(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 40))
    tried = returns_settings.tried(desk, Change(shop, "offer_addresses", "DE"), 30, NOON)
    assert tried.cases.select("old_option", "new_option").row(0) == ("home_address", "keep_refund")


@pytest.mark.rule("CD-R2")
def test_what_is_saved_later_judges_no_decided_case_anew(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 3), ("B", "Défectueux", 3))
    later = NOON + HOUR
    returns.say(desk, LEA, key(shop, "B"), {"goods_minor": 6000}, NOON)
    returns.decide(desk, LEA, [key(shop, "DEAR")], RECOMMENDED, NOON)
    before = row(desk, shop, "DEAR", later)
    ceiling = {"position": 1, "effect": "only", "option": "keep_refund", "up_to_minor": 9000}
    returns_settings.save(desk, LEA, Change(shop, rule=ceiling), NOON.date(), "", later)
    for name, amount in (("cost_handling_minor", "9000"), ("offer_addresses", "DE")):
        returns_settings.save(desk, LEA, Change(shop, name, amount), NOON.date() - DAY, "", later)
    after = row(desk, shop, "DEAR", later)
    assert {name: after[name] for name in after if after[name] != before[name]} == {}
    assert row(desk, shop, "B", later)["recommended"] == "keep_refund"
    curve = returns.curve(desk, after, later)
    assert "home_address" in curve["option"].to_list()


def test_the_day_of_a_value_is_the_shops_own(desk: Desk, shop: int) -> None:
    night = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)
    tomorrow = dt.date(2026, 11, 23)
    assert returns_settings.today(desk, shop, night) == tomorrow
    returns_settings.save(desk, LEA, Change(shop, "cost_handling_minor", "9000"), tomorrow, "x", night)
    asked(desk, shop, ("DEAR", "Défectueux", 0), now=night)
    returns.decide(desk, LEA, [key(shop, "DEAR")], "keep_refund", NOON, "x")
    case = returns.case(desk, key(shop, "DEAR"), NOON)
    assert case is not None
    assert "cost_handling_minor=9000" in case.decisions["rules"][0]


@pytest.mark.rule("CD-R4")
def test_a_part_paid_leaves_the_refund_to_be_paid(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("A", "Défectueux", 3))
    mine = [key(shop, "A")]
    returns.decide(desk, LEA, mine, "keep_refund", NOON, "x")
    returns.happened(desk, LEA, mine, "answered", NOON, NOON)
    for minor, kind in ((1, "refund_return"), (1249, "close_return")):
        returns.happened(desk, LEA, mine, "refund_paid", NOON, NOON, amount_minor=minor)
        assert row(desk, shop, "A")["kind"] == kind
    with pytest.raises(returns.BeforeNotice):
        returns.happened(desk, LEA, mine, "refund_paid", NOON - DAY, NOON)


def test_a_share_of_a_price_is_rounded_and_a_buyer_is_known_however_he_is_written() -> None:
    parts = pl.DataFrame({"amount": [1000, 1000, 1001, 1003], "part": [2, 1, 1, 1], "whole": [3, 3, 2, 2]})
    share = return_cases._share(*map(pl.col, parts.columns))
    assert parts.select(share).to_series().to_list() == [667, 333, 500, 502]
    days = [NOON, NOON + DAY, NOON + 2 * DAY]
    buyers = pl.DataFrame(
        {
            "shop_id": [1, 1, 1], "key": ["a", "b", "c"], "requested_at": days, "first_name": ["José", "JOSE ", "Jose"],
            "last_name": ["Dupont-Roy", "Dupont Roy", "Dupond"], "postcode": ["75001", "75 001", "75001"],
            "option": ["keep_refund", None, None],
        }
    )  # fmt: skip
    found = return_cases._with_history(buyers.select("shop_id", "key"), buyers)
    assert found["buyer_keeps"].to_list() == [0, 1, 0]


def test_a_conflict_is_told_whichever_rule_it_is_said_of(desk: Desk, shop: int) -> None:
    today = NOON.date()
    for position, option in ((1, "home_address"), (2, "prepaid_label")):
        rule = {"position": position, "effect": "never", "option": option, "country": "FR"}
        returns_settings.save(desk, LEA, Change(shop, rule=rule), today, "", NOON)
    new = {"position": 3, "effect": "never", "option": "keep_refund", "shop_id": shop, "since": today}
    found = returns_settings.conflicts(desk, new, today)
    assert found.select("code", "blocks").rows() == [("leaves_none", True)]
    assert found["rule_id"][0] != returns_settings.NEW
    with pytest.raises(ValueError, match="leaves_none"):
        returns_settings.save(desk, LEA, Change(shop, rule=new), today, "", NOON)


def test_rules_that_contradict_each_other_are_not_saved(desk: Desk, shop: int) -> None:
    first = {"position": 1, "effect": "only", "option": "keep_refund", "up_to_minor": 9000}
    returns_settings.save(desk, LEA, Change(shop, rule=first), NOON.date(), "", NOON)
    other = first | {"effect": "never"}
    with pytest.raises(ValueError, match="same_position"):
        returns_settings.save(desk, LEA, Change(shop, rule=other), NOON.date(), "", NOON)
    rule_id = returns_settings.rules(desk)["rule_id"][0]
    returns_settings.end_rule(desk, LEA, rule_id, NOON.date(), NOON)
    returns_settings.save(desk, LEA, Change(shop, rule=other), NOON.date(), "", NOON)


@pytest.mark.rule("CD-R1", "CD-R2")
def test_the_answer_is_filled_with_the_facts_and_checked(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("DEAR", "Défectueux", 3))
    returns.decide(desk, LEA, [key(shop, "DEAR")], RECOMMENDED, NOON)
    judged = row(desk, shop, "DEAR")
    text = replies.fitting(judged)[0]
    lines = replies.filled(text, judged, {"buyer_name": "Zoé Petit"})
    french = "\n".join(line[0] for line in lines)
    assert "1 rue X, Lyon" in french
    assert "62,50" in french
    assert "2026年" in lines[1][1]
    assert replies.faults(french, "DEAR", text.option) == []
    wrong = {fault.code for fault in replies.faults("Hello, we keep it and send a label.", "DEAR", text.option)}
    assert {"not_french", "no_order_number"} <= wrong


def test_sums_of_a_replay_are_of_one_currency(desk: Desk, shop: int) -> None:
    pound = export(("P", NOON - 20 * DAY, "Expédiée"), price="10,00")
    imports.write(desk, LEA, imports.preview(desk, shop, "p.csv", pound, NOON), NOON)
    asked(desk, shop, ("A", "Défectueux", 3), ("P", "Défectueux", 3))
    returns.say(desk, LEA, key(shop, "P"), {"currency": "GBP"}, NOON)
    both = returns_settings.tried(desk, Change(shop, "cost_handling_minor", "0"), 30, NOON)
    parts = [both.of(currency) for currency in ("EUR", "GBP")]
    assert [part.cases["order_number"].to_list() for part in parts] == [["A"], ["P"]]
    assert [part.by_option["old_cases"].sum() for part in parts] == [1, 1]


def test_reports_count_reasons_options_months_and_clocks(desk: Desk, shop: int) -> None:
    asked(desk, shop, ("A", "Défectueux", 60), ("DEAR", "Retraction", 3))
    returns.decide(desk, LEA, [key(shop, "A")], RECOMMENDED, NOON)
    returns.happened(desk, LEA, [key(shop, "A")], "answered", NOON, NOON)
    rows = returns_reports.cases(desk, 30, NOON)
    assert dict(returns_reports.by(rows, "reason").select("what", "cases").iter_rows()) == {
        "defective": 1, "withdrawal": 1,
    }  # fmt: skip
    assert returns_reports.by_option(rows).select("option", "share", "against").row(0) == ("keep_refund", 1.0, 0)
    assert returns_reports.by_month(rows)["month"].to_list() == ["2026-11"]
    counted = {(clock, outcome): n for clock, outcome, n in returns_reports.clocks(rows).iter_rows()}
    assert counted[("reply", "missed")] == 1
    assert counted[("reply", "running")] == 1


@pytest.mark.rule("AM-R5", "AM-R13")
def test_the_command_line_decides_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = f"sqlite:///{tmp_path}/cli.db"
    file = Path("data/samples/amazon_returns.txt")
    assert main(["decide-returns", str(file), "--marketplace", "amazon", "--json", "--database", base]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["reason"], first["question"]) == ("defective", "has_address")
    assert first["options"]["exchange"]["status"] == "unlawful"
    assert main(["decide-returns", "data/samples/desk48_returns.csv", "--database", base]) == 0
    assert capsys.readouterr().out.startswith("2611100905AB1CD\tcdiscount")
    assert main(["decide-returns", "data/samples/desk48_inquiries.csv", "--database", base]) == 2
