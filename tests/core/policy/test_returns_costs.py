"""What an option costs, which is recommended, what changes it, and what a shop's own rules do."""

import datetime as dt
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import returns_by_hand
from core.policy.returns import costs
from core.policy.returns.frames import DECIDED, REQUESTS, SETTINGS, Option, Reason
from core.policy.returns.recommend import cost_lines, decide
from core.policy.returns.replay import REPLAYED, Setup, by_option, replay, tried
from core.policy.returns.shop_rules import conflicts
from core.policy.returns.terms import Book, SettingError, rounded, wrong_setting
from core.policy.values import load
from tests.core.policy.returns_base import COMMON, HOLIDAYS, NO_RULES, book, lines, one, paris, requests, shop_rules

NOW = paris("2026-11-23 13:00")


@pytest.mark.rule("CD-R2", "CD-C2")
def test_each_line_of_a_withdrawal_is_what_the_defaults_say():
    found = lines()
    # 75 of 100 parcels come back to the address: 29.90, 3.99, 15 % commission on both, 1.50, 2.00, 0.80.
    assert found["home_address"] == {
        "refund": 2242, "shipping": 299, "commission": -381, "resale": -1256, "handling": 112, "inspection": 150,
        "disposal": 6, "late": 3,
    }  # fmt: skip
    assert found["keep_refund"] == {"refund": 2990, "shipping": 399, "commission": -508, "late": 3}
    assert found["prepaid_label"]["label"] == 2025
    assert found["prepaid_label"]["customs"] == 360


@pytest.mark.rule("CD-R2")
def test_a_line_is_rounded_once_and_halves_go_to_even():
    assert [rounded(amount, 500_000_000) for amount in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
    # 0.75 times 2, 6, 10 is 1.5, 4.5, 7.5.
    assert [lines(goods_minor=n)["home_address"]["refund"] for n in (2, 6, 10)] == [2, 4, 8]


@pytest.mark.rule("CD-R5", "AM-R4", "AM-R8")
def test_who_pays_the_way_back_pays_the_label_to_the_address():
    assert "label" not in lines()["home_address"]
    assert lines(reason="defective")["home_address"]["label"] == 551
    assert lines(buyer_informed=None)["home_address"]["label"] == 551
    amazon = {"marketplace": "amazon", "requested_at": paris("2026-11-25 12:00")}
    assert "shipping" not in lines(**amazon)["keep_refund"]
    assert lines(**amazon, reason="defective")["keep_refund"]["shipping"] == 399


def test_a_parcel_heavier_than_every_label_has_no_price_and_says_so():
    found = one(weight_g=30_001, reason="defective")
    assert found["home_address_cost_minor"] is None
    assert (found["recommended"], found["question"]) == ("keep_refund", "weight")


@pytest.mark.rule("AM-R9")
def test_cheap_goods_are_kept_and_dear_ones_come_back():
    assert one(goods_minor=300, reason="defective")["recommended"] == "keep_refund"
    assert one(goods_minor=9000, reason="defective")["recommended"] == "home_address"


@pytest.mark.parametrize("reason", ["withdrawal", "defective"])
def test_the_answer_changes_at_the_turning_point(reason):
    found = one(goods_minor=5000, shipping_minor=400, reason=reason)
    below = found["below_minor"]
    assert (found["recommended"], found["below_option"]) == ("home_address", "keep_refund")
    assert one(goods_minor=below - 15, shipping_minor=400, reason=reason)["recommended"] == "keep_refund"
    assert one(goods_minor=below + 15, shipping_minor=400, reason=reason)["recommended"] == "home_address"
    cheap = one(goods_minor=below - 15, shipping_minor=400, reason=reason)
    assert cheap["above_option"] == "home_address"
    assert abs(cheap["above_minor"] - below) <= 15


def test_refusing_is_never_recommended_where_it_is_not_lawful():
    assert one()["refuse_cost_minor"] < one()["recommended_cost_minor"]
    assert one()["recommended"] == "home_address"


@pytest.mark.rule("AM-R9", "CD-R2")
def test_a_ceiling_and_an_abuse_guard_keep_from_options():
    rules = shop_rules({"option": "keep_refund", "from_minor": 1000}, {"option": "keep_refund", "buyer_keeps_from": 2})
    cheap = {"goods_minor": 999, "reason": "defective"}
    assert one(rules=rules, **cheap)["recommended"] == "keep_refund"
    assert one(rules=rules, **cheap | {"goods_minor": 1000})["keep_refund_rule"] == "r0"
    guarded = one(rules=rules, **cheap, buyer_keeps=2)
    assert (guarded["keep_refund_status"], guarded["keep_refund_rule"]) == ("not_allowed", "r1")
    assert one(rules=rules, **cheap, buyer_keeps=None)["keep_refund_status"] == "lawful"


def test_the_rule_with_the_lowest_position_decides():
    rules = shop_rules(
        {"option": "keep_refund", "effect": "allow", "category": "toys"},
        {"option": "keep_refund"},
        {"option": "home_address", "effect": "only", "reason": "defective"},
    )
    assert one(rules=rules, category="toys", reason="defective")["keep_refund_status"] == "lawful"
    found = one(rules=rules, reason="defective")
    assert [found[f"{option}_status"] for option in Option][:3] == ["lawful", "not_allowed", "not_allowed"]


def test_rules_never_leave_the_buyer_without_a_lawful_answer():
    found = one(rules=shop_rules(*({"option": str(option)} for option in Option)))
    assert found["rules_left_none"] is True
    assert found["recommended"] == "home_address"


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([{"option": "keep_refund", "from_minor": 500}, {"option": "keep_refund", "up_to_minor": 499}], []),
        ([{"option": "keep_refund", "from_minor": 500, "up_to_minor": 400}], ["empty_range"]),
        ([{"option": "gift"}], ["unknown_option"]),
        ([{"option": "refuse", "until": dt.date(2019, 1, 1)}], ["empty_days"]),
        (
            [{"option": "keep_refund", "position": 1}, {"option": "keep_refund", "position": 1, "effect": "allow"}],
            ["same_position"],
        ),
        ([{"option": "keep_refund"}, {"option": "keep_refund", "effect": "allow", "country": "FR"}], ["never_decides"]),
        ([{"option": option} for option in ("keep_refund", "home_address", "prepaid_label")], ["leaves_none"]),
        ([{"option": "keep_refund"}, {"option": "keep_refund", "effect": "only"}], ["leaves_none"]),
        # The first rule that speaks of an option decides: here the money back is allowed.
        (
            [
                {"option": option, "effect": "allow" if n == 0 else "never"}
                for n, option in enumerate(("keep_refund", "home_address", "prepaid_label", "keep_refund"))
            ],
            ["never_decides"],
        ),
        (
            [
                {"option": "keep_refund", "buyer_keeps_from": 3},
                {"option": "keep_refund", "effect": "only", "up_to_minor": 900},
            ],
            ["leaves_none_there"],
        ),
    ],
)
def test_conflicts_are_told_before_saving(rows, codes):
    assert conflicts(shop_rules(*rows))["code"].to_list() == codes


def test_a_case_is_judged_by_the_setting_of_its_day():
    own = pl.DataFrame(
        [(1, "cost_handling_minor", dt.date(2026, 11, 10), "300", "ours")], schema=SETTINGS, orient="row"
    )
    changed = Book(load(), own)
    asked = [paris("2026-11-09 23:59"), paris("2026-11-10 00:00")]
    frame = cost_lines(
        requests(*({"request_id": str(n), "requested_at": at} for n, at in enumerate(asked))), changed, NO_RULES,
        HOLIDAYS, NOW,
    ).filter(line="handling", option="home_address")  # fmt: skip
    assert frame["amount_minor"].to_list() == [112, 225]


@pytest.mark.parametrize(
    ("key", "amount"),
    [("cost_handling_minor", "-1"), ("cost_comes_back_home", "0.7505"), ("cost_comes_back_home", "2"),
     ("label_home_fr", "500:a"), ("label_home_fr", "500:700 400:800"), ("withdrawal_days", "7"), ("cost_x", "1")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused(key, amount):
    assert wrong_setting(load(), key, amount)
    assert wrong_setting(load(), "label_abroad_de", "500:1200 2000:2400") is None


def test_a_stored_setting_that_cannot_be_used_stops_the_book():
    own = pl.DataFrame([(1, "cost_handling_minor", dt.date(2026, 1, 1), "much", "")], schema=SETTINGS, orient="row")
    with pytest.raises(SettingError):
        Book(load(), own)


def test_replay_shows_what_a_new_ceiling_would_have_changed():
    cases = requests({"request_id": "cheap", "goods_minor": 500, "reason": "defective"}, {"request_id": "dear"})
    old, new = Setup(book(), NO_RULES), Setup(book(), shop_rules({"option": "keep_refund", "from_minor": 400}))
    cheap, dear = replay(cases, old, new, HOLIDAYS, NOW).rows(named=True)
    assert (cheap["old_option"], cheap["new_option"], cheap["differs"]) == ("keep_refund", "home_address", True)
    assert cheap["saved_minor"] == cheap["old_cost_minor"] - cheap["new_cost_minor"] < 0
    assert (dear["differs"], dear["saved_minor"]) == (False, 0)
    table = by_option(replay(cases, old, new, HOLIDAYS, NOW))
    assert table.select("option", "old_cases", "new_cases").rows() == [("home_address", 1, 2), ("keep_refund", 1, 0)]


def instants(first, days):
    return st.integers(0, days * 86_400).map(lambda s: paris(first) + dt.timedelta(seconds=s))


def maybe(values):
    return st.none() | values


random_requests = st.fixed_dictionaries(
    {
        "shop_id": st.sampled_from([1, 2]), "marketplace": st.sampled_from(["cdiscount", "amazon"]),
        "category": maybe(st.sampled_from(["camera", "clothing", "toys"])),
        "country": maybe(st.sampled_from(["FR", "DE", "BE"])),
        "reason": maybe(st.sampled_from([str(reason) for reason in Reason])),
        "reason_payer": maybe(st.sampled_from(["buyer", "seller"])),
        "evidence": maybe(st.sampled_from(["photo", "statement"])),
        "ordered_at": maybe(instants("2024-02-20 00:00", 30)), "delivered_at": maybe(instants("2026-10-05 00:00", 60)),
        "requested_at": maybe(instants("2026-10-20 00:00", 60)), "goods_minor": maybe(st.integers(0, 2_100_000)),
        "shipping_minor": maybe(st.integers(0, 2000)), "commission_minor": maybe(st.integers(0, 5000)),
        "currency": st.sampled_from(["EUR", "GBP", "PLN"]), "weight_g": maybe(st.integers(0, 40_000)),
        "in_policy": maybe(st.booleans()), "withdrawal_excluded": maybe(st.booleans()),
        "exchange_agreed": maybe(st.booleans()), "has_address": maybe(st.booleans()),
        "has_label": maybe(st.booleans()), "buyer_informed": maybe(st.booleans()),
        "buyer_returns": maybe(st.integers(0, 4)), "buyer_keeps": maybe(st.integers(0, 4)),
    }
)  # fmt: skip
RULES = shop_rules(
    {"option": "keep_refund", "buyer_keeps_from": 3},
    {"option": "prepaid_label", "effect": "only", "category": "camera", "shop_id": 2},
    {"option": "keep_refund", "effect": "allow", "up_to_minor": 1500},
    {"option": "keep_refund", "from_minor": 4000, "until": dt.date(2026, 11, 15)},
    {"option": "refuse", "country": "FR"},
)
OWN = tried(tried(pl.DataFrame(schema=SETTINGS), 2, "cost_comes_back_home", "0.333"), 2, "label_home_de", "2000:777")


@settings(max_examples=15, deadline=None)
@given(st.lists(random_requests, min_size=1, max_size=40))
def test_the_recommended_option_is_the_cheapest_and_lines_add_up(rows):
    frame = requests(*(row | {"request_id": str(n)} for n, row in enumerate(rows)))
    own = Book(load(), OWN)
    found = decide(frame, own, RULES, HOLIDAYS, NOW)
    assert found.schema == DECIDED
    sums = (
        cost_lines(frame, own, RULES, HOLIDAYS, NOW).group_by("request_id", "option").agg(pl.col("amount_minor").sum())
    )
    totals = {(request, option): amount for request, option, amount in sums.rows()}
    by_hand = [COMMON | row for row in rows]
    rules = RULES.sort("position").to_dicts()
    for row, request in zip(found.rows(named=True), by_hand, strict=True):
        offered = [o for o in Option if row[f"{o}_status"] == ("not_allowed" if row["rules_left_none"] else "lawful")]
        prices = [row[f"{o}_cost_minor"] for o in offered if row[f"{o}_cost_minor"] is not None]
        assert row["recommended_cost_minor"] == min(prices, default=None)
        assert row["keep_refund_status"] in ("lawful", "not_allowed")
        for option in Option:
            if row[f"{option}_cost_minor"] is not None:
                assert row[f"{option}_cost_minor"] == totals.get((row["request_id"], str(option)), 0)
        # The same case in plain Python.
        day = returns_by_hand._day(request["requested_at"] or NOW, "Europe/Paris")
        terms = own.on(request["shop_id"], request["marketplace"], day)
        option, cost, _ = returns_by_hand.decided(request, terms, rules, frozenset(HOLIDAYS))
        assert (row["recommended"], row["recommended_cost_minor"]) == (option, cost)


@settings(max_examples=8, deadline=None)
@given(st.lists(random_requests, min_size=1, max_size=25))
def test_a_replay_is_the_two_decisions_side_by_side(rows):
    frame = requests(*(row | {"request_id": str(n)} for n, row in enumerate(rows)))
    old, new = Setup(book(), NO_RULES), Setup(Book(load(), OWN), RULES)
    found = replay(frame, old, new, HOLIDAYS, NOW)
    was, becomes = (decide(frame, setup.book, setup.shop_rules, HOLIDAYS, NOW) for setup in (old, new))
    assert found.schema == REPLAYED
    assert found["old_option"].to_list() == was["recommended"].to_list()
    assert found["new_option"].to_list() == becomes["recommended"].to_list()
    assert found["new_cost_minor"].to_list() == becomes["recommended_cost_minor"].to_list()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=50), st.integers(0, 1000), st.integers(0, 1000))
def test_a_rounded_line_is_the_exact_fraction_half_to_even(amounts, one_share, other_share):
    coefficient = one_share * other_share * 1000
    frame = pl.DataFrame({"goods": amounts}).with_columns(costs.divisor())
    found = frame.select(costs.rounded(pl.col("goods"), coefficient)).to_series().to_list()
    assert found == [round(Fraction(amount * one_share * other_share, 10**6)) for amount in amounts]


def test_an_empty_frame_gives_an_empty_decision():
    assert decide(pl.DataFrame(schema=REQUESTS), book(), NO_RULES, HOLIDAYS, NOW).schema == DECIDED


@pytest.mark.rule("CD-R5", "AM-R2")
def test_amazons_table_of_payers_says_nothing_on_cdiscount():
    late = {"reason": "wrong_size", "reason_payer": "buyer", "requested_at": paris("2026-12-20 12:00")}
    ours, theirs = one(**late), one(**late, marketplace="amazon")
    assert (ours["return_payer"], ours["refuse_status"]) == ("seller", "unlawful")
    assert (theirs["return_payer"], theirs["refuse_status"]) == ("buyer", "lawful")


def test_an_address_whose_label_has_no_price_is_asked_about():
    small = pl.DataFrame([(1, "label_home_fr", dt.date(2020, 1, 1), "250:525", "")], schema=SETTINGS, orient="row")
    frame = requests({"reason": "defective", "weight_g": 400, "has_label": False})
    found = decide(frame, Book(load(), small), NO_RULES, HOLIDAYS, NOW).row(0, named=True)
    assert (found["home_address_status"], found["question"]) == ("lawful", "weight")


def test_what_is_no_number_is_no_setting():
    for amount in ("nan", "inf", "-Infinity"):
        assert "not a number" in str(wrong_setting(load(), "cost_value_new", amount))


def test_a_marketplace_whose_rules_are_not_known_gets_no_answer():
    found = one(marketplace="aliexpress")
    assert {name: value for name, value in found.items() if value is not None} == {
        "request_id": "1", "question": "marketplace",
    }  # fmt: skip
    setup = Setup(book(), NO_RULES)
    assert replay(requests({"marketplace": "aliexpress"}), setup, setup, HOLIDAYS, NOW)["old_option"].to_list() == [
        None
    ]
