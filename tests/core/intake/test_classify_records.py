"""What a file of records changes: the newest word wins per field, whatever came first, and rows add up."""

import datetime as dt
from dataclasses import replace
from itertools import permutations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.classify_records import RecordPlan
from core.intake.records import TYPED, RecordReading
from tests.core.intake.record_files import NOW, Shop, reading

DAY = dt.timedelta(days=1)
FORM = "amazon_confirmation"


def parcel(number: str = "A", **said: str) -> dict[str, str]:
    cells = {"order-id": number, "ship-date": "2026-11-20", "carrier-code": "UPS", "tracking-number": f"T{number}"}
    return cells | {name.replace("_", "-"): value for name, value in said.items()}


def parcels(*rows: dict[str, str]) -> RecordReading:
    return reading(FORM, *rows)


def returns(*rows: dict[str, str]) -> RecordReading:
    usual = {"Order ID": "A", "Return request date": "20-Nov-2026", "Amazon RMA ID": "R1"}
    return reading("amazon_returns", *(usual | row for row in rows))


def counts(plan: RecordPlan) -> tuple[int, ...]:
    return plan.new, plan.changed, plan.unchanged, plan.older, plan.rejected


def test_a_first_file_is_all_new_and_a_rejected_row_counts() -> None:
    plan = Shop("A", "B").take(parcels(parcel("A"), parcel("B"), parcel("")))
    assert plan.read == sum(counts(plan)) == 3
    assert counts(plan) == (2, 0, 0, 0, 1)
    assert plan.rows["import_id"].to_list() == [3, 3]


def test_the_same_file_again_changes_nothing_and_confirms_it() -> None:
    shop = Shop("A")
    found = parcels(parcel("A"))
    shop.take(found)
    before, told = shop.facts("shipments"), shop.parcels()
    plan = shop.take(found, NOW + DAY)
    assert counts(plan) == (0, 0, 1, 0, 0)
    assert plan.changes.is_empty()
    assert (shop.facts("shipments"), shop.parcels()) == (before, told)
    assert shop.plan(found, NOW).rows.is_empty()  # an older file of the same words says nothing at all


def test_a_newer_file_wins_field_by_field_and_shows_both_values() -> None:
    shop = Shop()
    shop.take(returns({"Return request status": "Pending", "Label type": "AmazonUnPaidLabel"}))
    plan = shop.take(returns({"Return request status": "Approved", "Label type": ""}), NOW + DAY)
    assert counts(plan) == (0, 1, 0, 0, 0)
    assert plan.changes.rows() == [("A", None, "status_word", "Pending", "Approved", False, False)]
    row = shop.kinds["returns"].row(0, named=True)
    assert (row["status_word"], row["label_word"], row["import_id"], row["held"]) == (
        "Approved", "AmazonUnPaidLabel", 2, "label_word:1",
    )  # fmt: skip


def test_at_the_same_instant_the_incoming_file_wins() -> None:
    shop = Shop()
    shop.take(returns({"Return request status": "Pending"}))
    shop.take(returns({"Return request status": "Approved"}))
    assert shop.kinds["returns"]["status_word"].to_list() == ["Approved"]


def test_a_field_keeps_who_gave_it_through_files_that_do_not_say_it() -> None:
    shop = Shop()
    shop.take(returns({"Label type": "AmazonUnPaidLabel"}))
    for days in (2, 4):
        shop.take(returns({"Label type": ""}), NOW + days * DAY)
        assert shop.kinds["returns"]["held"].to_list() == ["label_word:1"]
    assert counts(shop.take(returns({"Label type": "AmazonPrePaidLabel"}), NOW + DAY)) == (0, 1, 0, 0, 0)


def test_an_older_file_fills_blanks_and_overwrites_nothing() -> None:
    shop = Shop()
    shop.take(returns({"Return request status": "Approved"}))
    plan = shop.take(returns({"Return request status": "Pending", "Label type": "AmazonPrePaidLabel"}), NOW - DAY)
    assert counts(plan) == (0, 1, 0, 0, 0)
    assert plan.changes.filter(field="status_word")["kept"].to_list() == [True]
    row = shop.kinds["returns"].row(0, named=True)
    assert (row["status_word"], row["label_word"], row["held"]) == ("Approved", "AmazonPrePaidLabel", "label_word:2")
    assert counts(shop.take(returns({"Return request status": "Pending"}), NOW - 2 * DAY)) == (0, 0, 0, 1, 0)


def test_a_text_moves_the_digest_as_every_field_does() -> None:
    shop = Shop()
    usual = {"discussionId": "1", "createdAt": "2026-11-20T08:00:00Z", "isOpen": "true"}
    first = shop.take(reading("cdiscount_octopia_discussions", usual | {"subject": "Où ?"})).rows["digest"][0]
    again = shop.take(reading("cdiscount_octopia_discussions", usual | {"subject": "Où ?"}), NOW + DAY).rows["digest"][
        0
    ]
    other = shop.take(reading("cdiscount_octopia_discussions", usual | {"subject": "!"}), NOW + 2 * DAY).rows["digest"][
        0
    ]
    assert first == again != other


def test_two_rows_of_one_record_are_one_record_and_count_as_two() -> None:
    plan = Shop().take(returns({"Return request status": "Pending"}, {"Return request status": "", "Label type": "X"}))
    assert counts(plan) == (2, 0, 0, 0, 0)
    assert plan.rows.select("status_word", "label_word").rows() == [("Pending", "X")]


def test_a_shipment_tells_its_order_carrier_and_number_and_the_order_keeps_its_own_import() -> None:
    shop = Shop("A", "B")
    plan = shop.take(parcels(parcel("A", carrier_code="Other", carrier_name="Colis Privé")))
    assert shop.parcels() == {"A": ("Colis Privé", "TA", None), "B": (None, None, None)}
    known = shop.orders.filter(order_number="A").row(0, named=True)
    assert (known["import_id"], known["held"], known["digest"]) == (1, "carrier:3 tracking_number:3", None)
    assert plan.changes.select("order_number", "field", "old", "new").rows() == [
        ("A", "carrier", None, "Colis Privé"),
        ("A", "tracking_number", None, "TA"),
    ]


def test_an_order_that_said_it_later_keeps_what_it_said() -> None:
    shop = Shop()
    shop.order("A", NOW + DAY, carrier="GLS")
    plan = shop.take(parcels(parcel("A")))
    assert shop.parcels() == {"A": ("GLS", "TA", None)}
    assert plan.changes.filter(field="carrier")["kept"].to_list() == [True]


def test_what_a_person_typed_on_the_order_is_kept_and_marked() -> None:
    shop = Shop()
    shop.order("A", NOW - DAY, carrier="GLS", held="carrier:1")
    shop.imports = shop.imports.with_columns(typed=pl.lit(value=True))
    plan = shop.take(parcels(parcel("A")))
    assert shop.parcels() == {"A": ("GLS", "TA", None)}
    assert plan.changes.select("field", "kept", "typed").rows() == [
        ("carrier", True, True),
        ("tracking_number", False, False),
    ]


def test_what_a_person_types_later_replaces_what_one_typed_before() -> None:
    shop = Shop()
    shop.order("A", NOW - DAY, carrier="GLS", held="carrier:1")
    shop.imports = shop.imports.with_columns(typed=pl.lit(value=True))
    shop.take(replace(parcels(parcel("A")), format=TYPED))
    assert shop.parcels() == {"A": ("UPS", "TA", None)}


def test_of_several_parcels_the_one_shipped_last_speaks() -> None:
    later = parcel("A", ship_date="2026-11-22", tracking_number="T9")
    for rows in permutations([parcel("A"), later]):
        shop = Shop("A")
        shop.take(parcels(*rows))
        assert shop.parcels() == {"A": ("UPS", "T9", None)}
        assert shop.kinds["shipments"].height == 2


def test_orders_that_are_not_known_are_kept_and_named() -> None:
    shop = Shop("A")
    plan = shop.take(parcels(parcel("A"), parcel("B2")))
    assert plan.strangers.select("line", "order_number").rows() == [(3, "B2")]
    assert plan.rows.height == 2
    services = [{"N° commande / Service": name, "Total reçu": "1,00"} for name in ("Abonnement 4 fois", "2611AB")]
    money = shop.take(reading("cdiscount_finance", *services))
    assert money.strangers["order_number"].to_list() == ["2611AB"]


WORDS = st.sampled_from(["", "a", "b"])
FILES = st.lists(
    st.lists(st.tuples(st.sampled_from("AB"), WORDS, WORDS), min_size=1, max_size=3), min_size=2, max_size=4
)


def confirmed(rows: list[tuple[str, str, str]]) -> RecordReading:
    return parcels(*(parcel(n, carrier_code=c, ship_method=m, tracking_number="T") for n, c, m in rows))


@settings(max_examples=8, deadline=None)
@given(FILES)
def test_in_whatever_order_files_come_the_base_is_the_same(files: list[list[tuple[str, str, str]]]) -> None:
    dated = [(confirmed(rows), NOW + n * DAY) for n, rows in enumerate(files)]
    ends = []
    for take in (dated, dated[::-1]):
        shop = Shop("A", "B")
        for found, as_of in take:
            plan = shop.plan(found, as_of)
            assert plan.read == sum(counts(plan))
            shop.take(found, as_of)
        ends.append((shop.facts("shipments"), shop.parcels()))
        again = [shop.take(found, as_of) for found, as_of in take]
        assert all((plan.new, plan.changed) == (0, 0) for plan in again)
        assert (shop.facts("shipments"), shop.parcels()) == ends[-1]
    assert ends[0] == ends[1]
