"""The verdict on a shipment: facts, patterns, what nobody can tell, links, repeats and the gate."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.policy import carriers as carrier_file
from core.policy.check_digits import expected, matrix
from core.policy.tracking import ADDED, SHIPMENTS, judge, pass_rates
from core.policy.tracking_gate import Gate, Word, gate, opens, paged, surveillance_day, table
from core.policy.tracking_reasons import REASONS, Verdict
from core.policy.tracking_repeats import KNOWN
from core.policy.tracking_shapes import load_test_numbers
from core.policy.values import load

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
CARRIERS, TESTS, VALUES = carrier_file.load(), load_test_numbers(), load()
COMMON = {
    "marketplace": "cdiscount",
    "shop_id": 1,
    "shop": "Lumina",
    "carrier": "Colissimo",
    "currency": "EUR",
    "value_minor": 2000,
}
GOOD, GOOD_CN, GOOD_YP = "6A61031888418", "LZ430297212CN", "UL494089685YP"


def judged(*rows, known=()):
    frame = pl.DataFrame(
        [dict.fromkeys(SHIPMENTS) | COMMON | {"order_number": f"O{n}"} | row for n, row in enumerate(rows)],
        schema=SHIPMENTS, orient="row",
    )  # fmt: skip
    base = pl.DataFrame([dict.fromkeys(KNOWN) | {"visible": True} | row for row in known], schema=KNOWN, orient="row")
    return judge(frame, base, CARRIERS, TESTS, VALUES, NOW)


def one(number=GOOD, known=(), **row):
    return judged({"tracking_number": number} | row, known=known).row(0, named=True)


def codes(row):
    return {reason["code"] for reason in row["reasons"]}


def colissimo(n):
    text = f"6A{n:010d}0"
    return text[:-1] + expected("colissimo", matrix([text], 13))[0]


@pytest.mark.rule("XX-T2")
@pytest.mark.parametrize(
    ("carrier", "number", "verdict", "evidence", "reason"),
    [
        ("Colissimo", GOOD, "plausible", "check_digit", None),
        ("Colissimo", "6A61031888414", "impossible", "none", "key_wrong"),  # the catch-all of 13 does not help
        ("Colissimo", "1A61031888418", "cannot_tell", "none", "shape_inferred"),
        ("Colissimo", "61031888", "impossible", "none", "shape_of_other_closed"),
        ("Colissimo", "61031", "impossible", "none", "shape_unknown_closed"),
        ("Colissimo", GOOD_YP, "suspect", "none", "shape_of_other"),  # Yanwen hands parcels to La Poste
        ("Colissimo", "201298452277", "suspect", "none", "handed_over"),
        ("Mondial Relay", "87778793", "plausible", "shape", None),
        ("Mondial Relay", GOOD, "suspect", "none", "shape_of_other"),
        ("Mondial Relay", "77", "cannot_tell", "none", "shape_unknown"),
        ("DPD", "250617283940516", "plausible", "shape", None),  # another carrier of that name has the form
        ("DPD", "01015026003653D", "impossible", "none", "key_wrong"),
        ("4PX", "OJ791502074GB", "plausible", "check_digit", "partner_post"),
        ("Evri", "H06R4A1011299623", "suspect", "none", "key_wrong_weak"),
        ("China Post", "LZ430297212QQ", "impossible", "none", "suffix_unknown"),
        ("Med Africa", GOOD, "cannot_tell", "none", "carrier_formless"),
        ("Zorglub", GOOD, "cannot_tell", "none", "carrier_unknown"),
        ("Colisimo", GOOD, "cannot_tell", "none", "carrier_near"),
        (None, GOOD, "cannot_tell", "none", "carrier_missing"),
        ("La Poste", "LZ712917377US", "suspect", "none", "known_test"),
        ("FedEx", "449044304137821", "suspect", "check_digit", "known_test"),
        ("UPS", "1Z035CX1YN17845128", "plausible", "check_digit", None),
        ("China Post", "UA430297212CN", "plausible", "check_digit", "letter_post"),
    ],
)
def test_verdicts(carrier, number, verdict, evidence, reason):
    row = one(number, carrier=carrier)
    assert (row["verdict"], row["evidence"]) == (verdict, evidence)
    assert reason in codes(row) if reason else codes(row) == set()


@pytest.mark.rule("XX-T2")
def test_a_reason_says_what_is_there_and_what_belongs_there():
    assert one("6A61031888414")["reasons"] == [{"code": "key_wrong", "given": "4", "expected": "8"}]
    reason = one(GOOD_YP)["reasons"][0]
    sentence = REASONS[reason["code"]].sentence.format(**reason)
    assert sentence == "This is the shape of Yanwen, the carrier given is Colissimo."
    assert one(GOOD_YP)["proposed_carrier"] == "Yanwen"
    assert not any("valid" in entry.sentence.lower() for entry in REASONS.values())


@pytest.mark.rule("CD-S8")
@pytest.mark.parametrize(
    ("typed", "normalised", "verdict", "reason"),
    [
        (" 6a 6103-1888.418\u00a0", GOOD, "plausible", None),
        ("\u200f6A61031888418\u200b", GOOD, "plausible", "cleaned"),
        ("６Ａ６１０３１８８８４１８", GOOD, "plausible", "cleaned"),
        ('="0034043463375142811"', "0034043463375142811", "impossible", "shape_unknown_closed"),
        ("6.1031E+11", "61031E+11", "impossible", "digits_lost"),
        ("87778793.0", "87778793", "impossible", "decimal_number"),
        ("٦A٦١٠٣١٨٨٨٤١٨", "٦A٦١٠٣١٨٨٨٤١٨", "impossible", "odd_characters"),
        ("6A6103&1888418", "6A6103&1888418", "impossible", "forbidden_character"),
        ("6A6103*1888418", "6A6103*1888418", "impossible", "forbidden_character"),
        ("6A6103$1888418", "6A6103$1888418", "impossible", "forbidden_character"),
        ("A" * 51, "A" * 51, "impossible", "too_long"),
        ("A1" * 5000, "A1" * 5000, "impossible", "too_long"),
    ],
)
def test_numbers_are_made_plain_and_field_rules_kept(typed, normalised, verdict, reason):
    row = one(typed)
    assert (row["normalised"], row["verdict"]) == (normalised, verdict)
    assert reason is None or reason in codes(row)
    assert "too_long" not in codes(one("A" * 50))


@pytest.mark.rule("CD-S1")
@pytest.mark.rule("CD-S2")
@pytest.mark.rule("CD-S3")
@pytest.mark.parametrize(
    ("order", "required", "rule", "verdict"),
    [
        ({"value_minor": 1500, "delivery_mode": "normal"}, False, "CD-S1", "plausible"),
        ({"value_minor": 1501, "delivery_mode": "normal"}, True, "CD-S2", "impossible"),
        ({"value_minor": 100, "delivery_mode": "relay"}, True, "CD-S2", "impossible"),
        ({"value_minor": 100, "delivery_mode": "normal", "carrier": "autre : Zorglub"}, True, "CD-S3", "impossible"),
        ({"value_minor": 100, "delivery_mode": None}, None, None, "cannot_tell"),
        ({"value_minor": None, "delivery_mode": "normal"}, None, None, "cannot_tell"),
        ({"value_minor": 100, "delivery_mode": "normal", "currency": "GBP"}, None, None, "cannot_tell"),
        ({"marketplace": "amazon", "delivery_mode": "normal"}, None, None, "cannot_tell"),
    ],
)
def test_a_missing_number_is_judged_by_what_the_order_needs(order, required, rule, verdict):
    row = one(None, **order)
    assert (row["required"], row["required_rule"], row["verdict"]) == (required, rule, verdict)


@pytest.mark.rule("CD-S8")
def test_virtual_goods_go_under_demat_and_nothing_else_does():
    assert one("demat", delivery_mode="virtual", carrier="autre")["verdict"] == "plausible"
    assert codes(one(GOOD, delivery_mode="virtual")) >= {"virtual_needs_demat"}
    assert one("DEMAT", delivery_mode="tracked", carrier="Autre")["verdict"] == "suspect"
    for carrier in ("Colissimo", None):
        for mode in ("virtual", None):
            assert "virtual_other_carrier" in codes(one("DEMAT", delivery_mode=mode, carrier=carrier))
    assert "virtual_other_carrier" in codes(one(None, delivery_mode="virtual", carrier=None))
    assert (
        judged(*[{"tracking_number": "DEMAT", "delivery_mode": "virtual", "carrier": "Autre"}] * 2)["verdict"].to_list()
        == ["plausible"] * 2
    )


LINK = "https://www.laposte.fr/outils/suivre-vos-envois?code="


@pytest.mark.rule("CD-S4")
@pytest.mark.rule("CD-S5")
@pytest.mark.parametrize(
    ("url", "result", "reason"),
    [
        (LINK + GOOD, "own", None),
        (LINK + GOOD.lower(), "own", None),
        (LINK + "6A%361031888418", "own", None),
        (LINK + "6A 61031888418", "ill_formed", "url_characters"),
        ("HTTPS://WWW.LAPOSTE.FR./x#" + GOOD, "own", None),
        (LINK + GOOD + "1", "own", "url_number_differs"),
        (LINK, "home_page", "url_home_page"),
        ("https://www.laposte.fr", "home_page", "url_home_page"),
        ("https://www.chronopost.fr/t?n=" + GOOD, "partner", None),
        ("https://www.ups.com/track?tracknum=" + GOOD, "other_carrier", "url_other_carrier"),
        ("https://t.17track.net/en#nums=" + GOOD, "aggregator", "url_aggregator"),
        ("https://evil-laposte.fr/?code=" + GOOD, "unknown_host", "url_unknown_host"),
        ("https://laposte.fr.evil.tld/?code=" + GOOD, "unknown_host", "url_unknown_host"),
        ("https://laposte.fr@evil.tld/?code=" + GOOD, "ill_formed", "url_user"),
        ("https://laposte.fr\\@evil.tld/" + GOOD, "ill_formed", "url_characters"),
        ("https://lapo\u200bste.fr/" + GOOD, "ill_formed", "url_characters"),
        ("javascript:alert(1)//" + GOOD, "ill_formed", "url_scheme"),
        ("laposte.fr/" + GOOD, "ill_formed", "url_scheme"),
        ("https:///" + GOOD, "ill_formed", "url_no_host"),
        ("https://-x-.fr/" + GOOD, "ill_formed", "url_no_host"),
        ("https://www.laposte.fr:65536/?code=" + GOOD, "ill_formed", "url_no_host"),
        (LINK + GOOD + "&" + "x" * 255, "ill_formed", "url_too_long"),
        ("https://лапосте.fr/" + GOOD, "unknown_host", "url_unknown_host"),
    ],
)
def test_links(url, result, reason):
    row = one(tracking_url=url)
    assert row["url_result"] == result
    assert codes(row) == ({reason} if reason else set())
    assert (row["verdict"] == "impossible") is (result == "ill_formed")


@pytest.mark.rule("CD-S4")
@pytest.mark.parametrize(
    ("between", "result"),
    [(".", "home_page"), ("", "home_page"), (":", "ill_formed"), ("?", "own"), ("#", "own"), ("/", "own")],
)
def test_a_number_that_touches_the_host_is_a_part_of_it(between, result):
    assert one(GOOD, tracking_url=f"https://www.laposte.fr{between}{GOOD}")["url_result"] == result


@pytest.mark.rule("CD-S4")
def test_the_longest_link_and_one_more_and_the_link_of_the_row_before():
    link = LINK + GOOD + "&a="
    assert one(tracking_url=link + "x" * (255 - len(link)))["verdict"] == "plausible"
    assert "url_too_long" in codes(one(tracking_url=link + "x" * (256 - len(link))))
    other = colissimo(7_204_931_558)
    rows = judged({"tracking_number": GOOD}, {"tracking_number": other, "tracking_url": LINK + GOOD})
    assert rows["reasons"][1][0]["expected"] == GOOD
    assert "url_missing" in codes(one(carrier="Swiss Post", delivery_mode="tracked"))


@pytest.mark.rule("XX-T1")
def test_one_number_on_two_orders():
    two = [{"tracking_number": GOOD, "buyer": "a"}, {"tracking_number": GOOD.lower(), "buyer": "b"}]
    assert judged(*two)["verdict"].to_list() == ["impossible"] * 2
    merged = [row | {"buyer": "a"} for row in two]
    assert [codes(row) for row in judged(*merged).to_dicts()] == [{"repeat_one_parcel"}] * 2
    amazon = [row | {"marketplace": "amazon", "carrier": "La Poste"} for row in merged]
    assert all("repeat_in_shop" in codes(row) for row in judged(*amazon).to_dicts())
    apart = [two[0], two[1] | {"shop": "Outils", "shop_id": 2}]
    assert judged(*apart)["verdict"].to_list() == ["suspect"] * 2
    lines = [row | {"order_number": "A1"} for row in two]
    assert judged(*lines)["verdict"].to_list() == ["plausible"] * 2
    nameless = [row | {"order_number": None} for row in two]
    assert all(codes(row) == {"repeat_in_file"} for row in judged(*nameless).to_dicts())


@pytest.mark.rule("CD-S8")
def test_an_order_is_one_parcel_for_cdiscount_and_perhaps_two_elsewhere():
    rows = [{"tracking_number": GOOD, "order_number": "A"}, {"tracking_number": colissimo(7654), "order_number": "A"}]
    assert [codes(row) for row in judged(*rows).to_dicts()] == [{"several_numbers"}] * 2
    amazon = [row | {"marketplace": "amazon"} for row in rows]
    assert all("order_split" in codes(row) for row in judged(*amazon).to_dicts())


@pytest.mark.rule("XX-T1")
@pytest.mark.parametrize(
    ("held", "code"),
    [
        ({"is_open": True, "at": NOW - dt.timedelta(days=2000)}, "repeat_in_shop"),
        ({"at": dt.datetime(2025, 11, 23, 12, tzinfo=dt.UTC)}, "repeat_in_shop"),
        ({"at": dt.datetime(2025, 11, 23, 11, 59, tzinfo=dt.UTC)}, "reuse_early"),
        ({"at": dt.datetime(2024, 11, 23, 12, tzinfo=dt.UTC)}, "reuse_early"),
        ({"at": dt.datetime(2024, 11, 23, 11, 59, tzinfo=dt.UTC)}, "reuse_late"),
        ({"at": None}, "repeat_in_shop"),
        ({"buyer": "a", "is_open": True}, "repeat_one_parcel"),
        ({"given_up": True}, "repeat_given_up"),
        ({"given_up": True, "buyer": "a"}, "repeat_one_parcel"),
        ({"shop_id": 2, "shop": "Outils"}, "repeat_other_shop"),
        ({"shop_id": 2, "shop": "Outils", "visible": False}, "repeat_elsewhere"),
        ({"order_number": "O0"}, None),
    ],
)
def test_numbers_of_the_base(held, code):
    known = {
        "tracking_number": GOOD_CN,
        "shop_id": 1,
        "shop": "Lumina",
        "order_number": "Z9",
        "is_open": False,
        "at": NOW,
    } | held
    row = one(GOOD_CN, carrier="China Post", buyer="a", known=[known])
    assert codes(row) == ({code} if code else set())
    assert "Z9" not in str(row["reasons"]) or code != "repeat_elsewhere"


@pytest.mark.rule("XX-T1")
def test_a_month_apart_matters_to_s10_only_and_years_to_all():
    known = {"tracking_number": "87778793", "shop_id": 1, "order_number": "Z9", "is_open": False}
    ages = {NOW - dt.timedelta(days=500): "repeat_in_shop", NOW - dt.timedelta(days=800): "reuse_late"}
    for at, code in ages.items():
        assert codes(one("87778793", carrier="Mondial Relay", known=[known | {"at": at}])) == {code}


@pytest.mark.rule("XX-T1")
def test_runs_are_judged_with_and_without_a_key():
    def of(carrier, numbers):
        return [codes(row) for row in judged(*({"carrier": carrier, "tracking_number": n} for n in numbers)).to_dicts()]

    assert of("Colissimo", [colissimo(1870430 + n) for n in range(5)]) == [{"label_roll"}] * 5
    assert of("Colissimo", [colissimo(1870430 + n) for n in range(4)]) == [set()] * 4
    whole = of("Colissimo", [f"6A{61031888418 + n}" for n in range(5)])
    assert sum("key_wrong" in row for row in whole) == 4
    assert of("Relais Colis", [f"{1880000220 + n}" for n in range(4)]) == [set()] * 4
    assert of("Mondial Relay", [f"{87778793 + n}" for n in range(5)]) == [{"run_without_key"}] * 5
    assert of("Mondial Relay", [f"{87778793 + 111 * n}" for n in range(5)]) == [{"run_by_steps"}] * 5
    assert of("Mondial Relay", ["87778793", "87779904", "87778801", "87781134", "87770012"]) == [set()] * 5


@pytest.mark.rule("XX-T1")
@pytest.mark.parametrize(
    ("number", "shipped", "ordered", "reason"),
    [
        ("YT2632600705470145", "2026-11-23", "2026-11-20", None),
        ("YT2632900705470145", "2026-11-23", "2026-11-20", "date_ahead"),
        ("YT2636600705470145", "2026-11-23", "2026-11-20", "date_impossible"),
        ("YT2600000705470145", "2026-11-23", "2026-11-20", "date_impossible"),
        ("YT2626400705470145", "2026-11-23", "2026-11-20", None),
        ("YT2626300705470145", "2026-11-23", "2026-11-20", "date_too_early"),
    ],
)
def test_dates_inside_yunexpress_numbers(number, shipped, ordered, reason):
    days = {name: dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for name, day in
            (("shipped_at", shipped), ("ordered_at", ordered))}  # fmt: skip
    row = one(number, carrier="Yun Express", **days)
    assert codes(row) == ({reason} if reason else set())


@pytest.mark.rule("XX-T1")
def test_the_pass_rate_of_a_file_falls_below_nine_in_ten():
    numbers = [colissimo(n * 7919) for n in range(9)]
    one_wrong = [*numbers, "6A61031888414"]
    rates = pass_rates(judged(*({"tracking_number": n} for n in one_wrong)), VALUES, NOW.date())
    assert rates.row(0) == ("Colissimo", 10, 9, 0.9, False)
    rates = pass_rates(judged(*({"tracking_number": n} for n in one_wrong[1:])), VALUES, NOW.date())
    assert rates["too_low"].to_list() == [True]


@pytest.mark.rule("XX-T3")
@pytest.mark.rule("CD-S6")
@pytest.mark.rule("CD-W3")
def test_the_gate():
    cases = [("plausible", "check_digit"), ("plausible", "none"), ("plausible", "shape"), ("suspect", "check_digit"),
             ("cannot_tell", "none"), ("impossible", "check_digit")]  # fmt: skip
    frame = pl.DataFrame(cases, schema=["verdict", "evidence"], orient="row")

    def through(surveillance):
        return gate(frame, pl.lit(surveillance, dtype=pl.Boolean), VALUES, NOW.date())["gate"].to_list()

    lead = "lead_with_evidence"
    assert through(False) == ["goes", "goes", "goes", "operator", "operator", "never"]
    assert through(True) == ["goes", "goes", "operator", lead, lead, "never"]
    assert through(None) == through(True)
    assert set(table(VALUES, "normal", NOW.date()).values()) <= {str(word) for word in Gate}


@pytest.mark.rule("XX-T3")
def test_whose_word_is_enough():
    operator, lead = Word("Zoé", "operator", NOW, "seen"), Word("Ana", "lead", NOW, "seen", "photo of the receipt")
    needs = ("goes", "operator", "lead_with_evidence", "never")
    assert [opens(need, None) for need in needs] == [True, False, False, False]
    assert [opens(need, operator) for need in needs] == [True, True, False, False]
    assert [opens(need, lead) for need in needs] == [True, True, True, False]
    assert not opens("lead_with_evidence", Word("Ana", "lead", NOW, "seen"))
    assert not opens("operator", Word("Zoé", "viewer", NOW, "seen"))
    assert not opens("operator", Word("Zoé", "operator", NOW, " "))


@pytest.mark.rule("CD-W2")
def test_surveillance_lasts_thirty_days_from_the_notice():
    notice = dt.date(2026, 11, 1)
    days = [dt.date(2026, 10, 31), notice, dt.date(2026, 11, 30), dt.date(2026, 12, 1)]
    assert [surveillance_day(notice, day, VALUES) for day in days] == [None, (1, 30), (30, 30), None]
    assert surveillance_day(None, notice, VALUES) is None


@pytest.mark.rule("CD-S7")
def test_orders_go_by_pages_and_stay_whole():
    rows = pl.DataFrame({"shop_id": [1] * 102, "order_number": [f"{n:03}" for n in range(101)] + ["000"]})
    pages = paged(rows, VALUES.integer("orders_a_page", NOW.date()))["page"].to_list()
    assert (pages[0], pages[99], pages[100], pages[101]) == (1, 1, 2, 1)
    assert paged(rows, None)["page"].unique().to_list() == [1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(max_size=60), st.none() | st.text(max_size=300), st.none() | st.text(max_size=30)
        ),
        max_size=8,
    )
)
def test_whatever_is_typed_gets_a_verdict(rows):
    found = judged(*({"tracking_number": n, "tracking_url": link, "carrier": c} for n, link, c in rows))
    assert found.height == len(rows)
    assert set(found["verdict"]) <= {str(verdict) for verdict in Verdict}
    assert found.select(ADDED.names()).schema == ADDED
    for row in found.to_dicts():
        assert all(REASONS[r["code"]].sentence.format(**r) for r in row["reasons"])
        levels = [str(REASONS[r["code"]].level) for r in row["reasons"]]
        assert row["verdict"] == min([*levels, "plausible"], key=[str(v) for v in Verdict].index)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=255))
def test_hostile_links_are_findings(tail):
    row = one(tracking_url="https://" + tail)
    assert row["url_result"] is not None
