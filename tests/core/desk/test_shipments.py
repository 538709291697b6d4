"""From orders to ship to a file that went out: gate, words, proposals, confirmation, and what newer files say."""

import datetime as dt
import hashlib
import threading

import polars as pl
import pytest

from core.desk import cases, imports, orders, settings, shipment_send, shipments, shop_words, surveillance
from core.desk.base import Desk, NotAllowed, OrderKey, Person
from core.desk.shipment_files import Ending, Layout
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON
from tests.core.desk.shipping import (
    GOOD,
    HOUR,
    KINDS,
    LEAD,
    OPERATOR,
    SHAPE,
    SUSPECT,
    UNKNOWN,
    WRONG_KEY,
    as_seen,
    load,
    put_in,
    send,
    stands,
)


@pytest.mark.rule("CD-S2")
@pytest.mark.rule("CD-S1")
def test_each_order_says_whether_it_needs_a_number_and_by_which_rule(desk: Desk) -> None:
    shop = load(desk, "NORMAL", "TRACKED", price="12,50")
    for number, mode in (("NORMAL", "normal"), ("TRACKED", "tracked")):
        version = orders.queue(desk, NOON).filter(order_number=number)["version"][0]
        orders.type_facts(desk, OPERATOR, OrderKey(shop, number), {"delivery_mode": mode}, version, NOON)
    assert stands(desk, "required_rule") == {"NORMAL": "CD-S1", "TRACKED": "CD-S2"}
    assert stands(desk) == {"NORMAL": "not_needed", "TRACKED": "no_number"}


@pytest.mark.rule("XX-T3")
@pytest.mark.rule("CD-W3")
@pytest.mark.parametrize(
    ("watched", "held"),
    [
        (False, {"GOOD": None, "SHAPE": None, "SUSPECT": "needs_word", "UNKNOWN": "needs_word", "WRONG": "never"}),
        (
            True,
            {"GOOD": None, "SHAPE": "needs_word", "SUSPECT": "needs_lead", "UNKNOWN": "needs_lead", "WRONG": "never"},
        ),
    ],
    ids=["normal", "under surveillance"],
)
def test_the_gate_asks_more_of_a_shop_under_surveillance(
    any_desk: Desk, watched: bool, held: dict[str, str | None]
) -> None:
    shop = load(any_desk, *KINDS)
    if watched:
        surveillance.save_notice(any_desk, LEAD, shop, NOON.date() - dt.timedelta(days=29), 0, NOON)
        assert surveillance.days(any_desk, NOON)["day"].to_list() == [30]
    put_in(any_desk, *KINDS.items())
    assert stands(any_desk) == held


@pytest.mark.rule("CD-W2")
def test_surveillance_ends_after_its_days(desk: Desk) -> None:
    shop = load(desk, "A")
    surveillance.save_notice(desk, LEAD, shop, NOON.date() - dt.timedelta(days=30), 0, NOON)
    assert surveillance.days(desk, NOON).is_empty()
    with pytest.raises(settings.Unclear):
        surveillance.save_notice(desk, LEAD, shop, dt.date(2099, 1, 1), 1, NOON)
    with pytest.raises(NotAllowed):
        surveillance.save_notice(desk, OPERATOR, shop, None, 1, NOON)


@pytest.mark.rule("XX-T3")
def test_a_word_opens_the_gate_for_the_number_it_was_given_for_and_no_other(desk: Desk) -> None:
    load(desk, "A")
    put_in(desk, ("A", SUSPECT))
    with pytest.raises(shipments.WordIncomplete):
        shipments.give_word(desk, OPERATOR, as_seen(desk, "A"), "  ", "", NOON)
    with pytest.raises(NotAllowed):
        shipments.give_word(desk, Person("Guest", "viewer"), as_seen(desk, "A"), "seen", "", NOON)
    assert shipments.give_word(desk, OPERATOR, as_seen(desk, "A"), "label seen", "", NOON) == 1
    assert stands(desk) == {"A": None}
    put_in(desk, ("A", UNKNOWN), at=NOON + HOUR)
    assert stands(desk, at=NOON + HOUR) == {"A": "needs_word"}


@pytest.mark.rule("XX-T1")
@pytest.mark.rule("XX-T3")
def test_a_word_covers_no_reason_that_came_up_after_it(desk: Desk) -> None:
    load(desk, "A")
    put_in(desk, ("A", UNKNOWN))
    shipments.give_word(desk, OPERATOR, as_seen(desk, "A"), "label seen", "", NOON)
    assert stands(desk) == {"A": None}
    load(desk, "B", name="Brico")
    put_in(desk, ("B", UNKNOWN))
    assert stands(desk) == {"A": "needs_word", "B": "needs_word"}


@pytest.mark.rule("XX-T3")
def test_a_word_given_before_the_notice_is_not_enough_after_it(any_desk: Desk) -> None:
    shop = load(any_desk, "A")
    put_in(any_desk, ("A", SUSPECT))
    shipments.give_word(any_desk, LEAD, as_seen(any_desk, "A"), "label seen", "", NOON)
    assert stands(any_desk) == {"A": None}
    surveillance.save_notice(any_desk, LEAD, shop, NOON.date(), 0, NOON)
    assert stands(any_desk) == {"A": "needs_lead"}
    with pytest.raises(NotAllowed):
        shipments.give_word(any_desk, OPERATOR, as_seen(any_desk, "A"), "label seen", "photo", NOON)
    with pytest.raises(shipments.WordIncomplete):
        shipments.give_word(any_desk, LEAD, as_seen(any_desk, "A"), "label seen", "", NOON)
    shipments.give_word(any_desk, LEAD, as_seen(any_desk, "A"), "label seen", "photo of the receipt", NOON)
    assert stands(any_desk) == {"A": None}


def test_nobody_s_word_opens_the_gate_for_the_impossible(desk: Desk) -> None:
    load(desk, "A")
    put_in(desk, ("A", WRONG_KEY))
    with pytest.raises(shipments.NoWordNeeded):
        shipments.give_word(desk, LEAD, as_seen(desk, "A"), "trust me", "photo", NOON)


@pytest.mark.rule("CD-S3")
def test_a_proposed_carrier_is_taken_in_one_step_and_the_record_says_so(desk: Desk) -> None:
    key = OrderKey(load(desk, "A"), "A")
    put_in(desk, ("A", SUSPECT))
    assert stands(desk, "proposed_carrier") == {"A": "Yanwen"}
    assert shipments.take_proposals(desk, OPERATOR, [key], "carrier", NOON) == 1
    assert stands(desk, "carrier") == {"A": "Yanwen"}
    assert stands(desk) == {"A": None}
    case = cases.case(desk, key, NOON)
    assert case is not None
    assert case.decisions["text"].to_list() == ["Colissimo → Yanwen"]
    assert shipments.take_proposals(desk, OPERATOR, [key], "carrier", NOON) == 0


@pytest.mark.rule("CD-S4")
def test_a_wrong_link_is_replaced_by_the_carrier_s_own(desk: Desk) -> None:
    key = OrderKey(load(desk, "A"), "A")
    put_in(desk, ("A", (GOOD[0], f"{GOOD[1]}\thttps://www.fedex.com/fedextrack/?trknbr={GOOD[0]}")))
    assert stands(desk) == {"A": "needs_word"}
    shipments.take_proposals(desk, OPERATOR, [key], "tracking_url", NOON)
    assert stands(desk, "tracking_url") == {"A": f"https://www.laposte.fr/outils/suivre-vos-envois?code={GOOD[0]}"}
    assert stands(desk) == {"A": None}


@pytest.mark.rule("CD-S6")
def test_a_file_goes_out_only_for_the_number_of_orders_that_was_typed(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B")
    put_in(any_desk, ("A", GOOD), ("B", WRONG_KEY))
    for count in (0, 2):
        with pytest.raises(shipment_send.WrongCount):
            send(any_desk, shop, "A", count=count)
    with pytest.raises(shipment_send.Moved):
        send(any_desk, shop, "A", "B")
    guest = Person("Guest", "viewer")
    with pytest.raises(NotAllowed):
        shipment_send.hand_out(
            any_desk, guest, shop, Layout.DESK48, Ending.XLSX, shipment_send.seen(as_seen(any_desk, "A")), 1, NOON
        )
    assert shipment_send.manifests(any_desk).is_empty()
    assert stands(any_desk, "state") == {"A": "to_ship", "B": "to_ship"}
    send(any_desk, shop, "A")
    assert stands(any_desk) == {"A": "sent", "B": "never"}


@pytest.mark.rule("CD-S6")
def test_a_manifest_keeps_who_when_what_and_by_which_values(desk: Desk) -> None:
    shop = load(desk, "A", "B")
    put_in(desk, ("A", GOOD), ("B", UNKNOWN))
    shipments.give_word(desk, LEAD, as_seen(desk, "B"), "seen", "receipt", NOON)
    head, rows, data = shipment_send.manifest(desk, send(desk, shop, "A", "B"))
    assert (head["person"], head["at"], head["orders"]) == ("Léa", NOON, 2)
    assert head["sha256"] == hashlib.sha256(data).hexdigest()
    assert "CD-S2 tracking_above_minor=1500" in head["rules"]
    said = {row["order_number"]: row for row in rows.iter_rows(named=True)}
    assert (said["A"]["verdict"], said["A"]["evidence"], said["A"]["gate"]) == ("plausible", "check_digit", "goes")
    assert (said["B"]["verdict"], said["B"]["word_person"], said["B"]["word_proof"]) == (
        "cannot_tell",
        "王芳",
        "receipt",
    )
    assert shipment_send.as_table(head, rows).height == 2


@pytest.mark.rule("CD-S7")
def test_one_page_of_orders_goes_at_a_time(desk: Desk) -> None:
    shop = load(desk, "A", "B", "C")
    put_in(desk, ("A", GOOD), ("B", SHAPE), ("C", ("8U01130342039", "Colissimo")))
    shipment_send.save_page_size(desk, LEAD, 2, 0, NOON)
    pending = shipment_send.pending(desk, shop, NOON)
    assert (pending.ready.height, pending.page.height) == (3, 2)
    send(desk, shop, *pending.page["order_number"])
    assert shipment_send.pending(desk, shop, NOON).page.height == 1


@pytest.mark.rule("CD-S6")
def test_a_newer_file_confirms_what_went_out_or_flags_it_to_be_sent_again(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B")
    put_in(any_desk, ("A", GOOD), ("B", SHAPE))
    send(any_desk, shop, "A", "B", at=NOON + HOUR)
    queue = orders.queue(any_desk, NOON + HOUR).filter(pl.col("order_number").is_in(["A", "B"]))
    assert queue["state"].unique().to_list() == ["sent_unconfirmed"]
    assert queue["group"].unique().to_list() == ["waiting"]
    later = NOON + 5 * HOUR
    load(any_desk, "A", at=later - HOUR, state="Expédiée")
    load(any_desk, "X", "B", at=later)
    assert stands(any_desk, "flagged", later)["B"] is True
    queue = {row["order_number"]: row for row in orders.queue(any_desk, later).iter_rows(named=True)}
    assert "A" not in queue
    assert (queue["B"]["state"], queue["B"]["kind"], queue["B"]["disagrees"]) == ("to_ship", "carry_out", True)
    head = shipment_send.manifests(any_desk).row(0, named=True)
    assert (head["confirmed"], head["not_confirmed"], head["waiting"]) == (1, 1, 0)
    # It may go again, and waits again.
    again = send(any_desk, shop, "B", at=later)
    assert shipment_send.manifest(any_desk, again)[1]["outcome"].to_list() == ["waiting"]
    assert stands(any_desk, at=later)["B"] == "sent"


def test_a_file_that_never_left_is_withdrawn_and_its_orders_stand_to_be_sent(desk: Desk) -> None:
    shop = load(desk, "A")
    put_in(desk, ("A", GOOD))
    send(desk, shop, "A")
    orders.decide(desk, OPERATOR, DecisionKind.WITHDRAW, [OrderKey(shop, "A")], NOON)
    assert stands(desk) == {"A": None}


def test_pasted_rows_are_judged_as_they_would_stand_before_anything_is_written(desk: Desk) -> None:
    load(desk, "A", "B")
    put_in(desk, ("A", GOOD), ("B", SHAPE))
    pasted = shipments.read_paste("A;87778793;Mondial Relay\nB;6A61031888418;Colissimo\nB;1;2\nZ;9;UPS\n;7;UPS")
    matched = shipments.match(shipments.look(desk, NOON), pasted)
    assert matched.left["problem"].to_list() == ["order_again", "order_not_to_ship", "no_order"]
    # Two orders change places: neither number stands on two orders then.
    assert shipments.if_typed(desk, matched.taken, NOON)["verdict"].to_list() == ["plausible", "plausible"]
    assert stands(desk, "tracking_number") == {"A": GOOD[0], "B": SHAPE[0]}


@pytest.mark.rule("XX-T1")
def test_one_number_on_two_orders_of_a_shop_never_goes(desk: Desk) -> None:
    load(desk, "A", "B")
    put_in(desk, ("A", GOOD), ("B", GOOD))
    assert stands(desk) == {"A": "never", "B": "never"}


def test_an_order_of_amazon_goes_out_with_all_its_lines(desk: Desk) -> None:
    shop = settings.add_shop(desk, OPERATOR, "amazon", "Star")
    lines = ["Order number;State;Created at;Line id;Quantity;Price;Shipping;Currency"]
    lines += [f"404-1234567-1234567;to_ship;2026-11-25T09:00:00Z;4000000000000{n};{n};20,00;0,00;EUR" for n in (1, 2)]
    imports.write(desk, OPERATOR, imports.preview(desk, shop, "a.csv", "\n".join(lines).encode(), NOON), NOON)
    put_in(desk, ("404-1234567-1234567", ("1Z035CX1YN17845128", "UPS")))
    assert stands(desk) == {"404-1234567-1234567": None}
    assert shipment_send.layouts(desk, "amazon") == [Layout.AMAZON, Layout.DESK48]
    shown = shipment_send.seen(as_seen(desk, "404-1234567-1234567"))
    id_ = shipment_send.hand_out(desk, OPERATOR, shop, Layout.AMAZON, Ending.TXT, shown, 1, NOON)
    assert shipment_send.manifest(desk, id_)[2].decode().splitlines() == [
        "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\ttracking-number",
        "404-1234567-1234567\t40000000000001\t1\t2026-11-25\tUPS\t1Z035CX1YN17845128",
        "404-1234567-1234567\t40000000000002\t2\t2026-11-25\tUPS\t1Z035CX1YN17845128",
    ]


def test_many_looks_at_once_do_not_wait_for_each_other_s_connections(desk: Desk) -> None:
    load(desk, "A")
    put_in(desk, ("A", GOOD))
    seen: list[int] = []

    def go(n: int) -> None:
        seen.append(shipments.look(desk, NOON + dt.timedelta(seconds=n)).height)

    people = [threading.Thread(target=go, args=(n,)) for n in range(20)]
    for person in people:
        person.start()
    for person in people:
        person.join(25)
    assert seen == [1] * 20


def say(desk: Desk, shop: int, *lines: str, at: dt.datetime) -> None:
    """A file of shipments: order number, line id, carrier, tracking number."""
    head = "Carrier;Tracking number;Order number;Line id;Quantity;Shipped at;Tracking URL"
    rows = ["{2};{3};{0};{1};1;;".format(*line.split(";")) for line in lines]
    data = "\n".join([head, *rows, ""]).encode()
    imports.write(desk, OPERATOR, imports.preview(desk, shop, f"{at:%H%M}.csv", data, at), at)


@pytest.mark.rule("XX-T1")
def test_a_number_that_went_out_or_was_named_by_a_file_stays_known(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B", "C")
    put_in(any_desk, ("A", GOOD))
    send(any_desk, shop, "A")
    orders.decide(any_desk, OPERATOR, DecisionKind.WITHDRAW, [OrderKey(shop, "A")], NOON)
    say(any_desk, shop, "GONE;1;Mondial Relay;87778793", at=NOON + HOUR)
    put_in(any_desk, ("A", ("8U01130342039", "Colissimo")), ("B", GOOD), ("C", SHAPE), at=NOON + HOUR)
    assert stands(any_desk, at=NOON + HOUR) == {"A": None, "B": "needs_word", "C": "never"}
    codes = {"A": [], "B": ["repeat_given_up"], "C": ["repeat_in_shop"]}
    assert stands(any_desk, "codes", NOON + HOUR) == codes


@pytest.mark.rule("CD-S8")
def test_an_order_of_which_a_file_names_two_numbers_is_told_until_it_is_mended(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B")
    say(any_desk, shop, f"A;1;Colissimo;{GOOD[0]}", "A;2;Colissimo;8U01130342039", at=NOON)
    assert stands(any_desk, "codes")["A"] == ["several_numbers"]
    say(any_desk, shop, "A;1;Colissimo;6a 61031888418", at=NOON + HOUR / 2)
    assert stands(any_desk, "codes", NOON + HOUR / 2)["A"] == ["several_numbers"]
    put_in(any_desk, ("B", GOOD), at=NOON + HOUR)
    assert stands(any_desk, at=NOON + HOUR) == {"A": "never", "B": "never"}
    put_in(any_desk, ("A", GOOD), ("B", SHAPE), at=NOON + 2 * HOUR)
    assert stands(any_desk, at=NOON + 2 * HOUR) == {"A": None, "B": None}
    say(any_desk, shop, f"A;1;Colissimo;{GOOD[0]}", "A;2;Colissimo;8U01130342039", at=NOON + 3 * HOUR)
    say(any_desk, shop, "A;1;Colissimo;8U01130342039", "A;2;Colissimo;8U01130342039", at=NOON + 4 * HOUR)
    assert stands(any_desk, at=NOON + 4 * HOUR)["A"] is None


def test_an_order_of_amazon_in_two_parcels_needs_a_word_and_one_without_carrier_waits(desk: Desk) -> None:
    shop = settings.add_shop(desk, OPERATOR, "amazon", "Star")
    split, bare = "404-1234567-1234567", "404-1234567-1234568"
    lines = ["Order number;State;Created at;Line id;Quantity;Price;Shipping;Currency"]
    for number, line in ((split, 1), (split, 2), (bare, 3)):
        lines.append(f"{number};to_ship;2026-11-25T09:00:00Z;4000000000000{line};1;20,00;0,00;EUR")
    imports.write(desk, OPERATOR, imports.preview(desk, shop, "a.csv", "\n".join(lines).encode(), NOON), NOON)
    parcels = ((1, "1Z035CX1YN17845128"), (2, "1ZG2242W6822298280"))
    say(desk, shop, *(f"{split};4000000000000{line};UPS;{number}" for line, number in parcels), at=NOON)
    typed = pl.DataFrame([(shop, bare, None, "ZX12345", None)], schema=shipments.TYPED, orient="row")
    shipments.type_shipments(desk, OPERATOR, typed, NOON)
    assert stands(desk, "codes")[split] == ["order_split"]
    shipments.give_word(desk, OPERATOR, as_seen(desk, bare), "seen", "", NOON)
    assert stands(desk) == {split: "needs_word", bare: "no_carrier"}


def test_every_manifest_is_found_by_its_id_however_many_came_after_it(desk: Desk) -> None:
    shop = load(desk, "A")
    put_in(desk, ("A", SHAPE))
    surveillance.save_notice(desk, LEAD, shop, NOON.date(), 0, NOON)
    shipments.give_word(desk, LEAD, as_seen(desk, "A"), "seen", "receipt", NOON)
    sent = []
    for _ in range(31):
        sent.append(send(desk, shop, "A", at=NOON + HOUR))
        orders.decide(desk, OPERATOR, DecisionKind.WITHDRAW, [OrderKey(shop, "A")], NOON + HOUR)
    head, rows, data = shipment_send.manifest(desk, sent[0])
    assert head["sha256"] == hashlib.sha256(data).hexdigest()
    assert (rows["word_person"][0], rows["word_at"][0]) == ("王芳", NOON)
    assert shipment_send.manifests(desk)["id"].to_list() == sent[::-1]


@pytest.mark.rule("CD-S3")
@pytest.mark.rule("XX-T3")
def test_a_carrier_that_nobody_knows_is_said_once_for_the_shop_and_the_gate_takes_it(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B", "C")
    other = load(any_desk, "D", name="Outils")
    number = "LZ430297212CN"
    put_in(any_desk, ("A", (number, "Bleu Volant")), ("B", GOOD), ("C", ("6A61031888418", "bleu volant")))
    put_in(any_desk, ("D", ("RR123456785CN", "Bleu Volant")))
    assert stands(any_desk, "codes")["A"] == ["carrier_unknown", "url_missing"]
    asked = shop_words.unknown(any_desk).rows()
    mine = [(shop, "carrier", name, 1) for name in ("Bleu Volant", "bleu volant")]
    assert asked == [*mine, (other, "carrier", "Bleu Volant", 1)]
    shop_words.map_carrier(any_desk, OPERATOR, shop, "Bleu Volant", "China Post / EMS / ePacket", NOON)
    looked = shipments.look(any_desk, NOON).filter(order_number="A").row(0, named=True)
    assert (looked["carrier"], looked["meant_carrier"]) == ("Bleu Volant", "China Post / EMS / ePacket")
    assert (looked["verdict"], looked["evidence"], looked["file_carrier"]) == ("plausible", "check_digit", "China Post")
    assert "carrier_unknown" in stands(any_desk, "codes")["D"]
    assert shop_words.unknown(any_desk)["shop_id"].to_list() == [other]
    (kept,) = shop_words.kept(any_desk)
    assert (kept.kind, kept.word, kept.meaning, kept.person) == (
        "carrier",
        "bleuvolant",
        "China Post / EMS / ePacket",
        "Léa",
    )
    shop_words.forget(any_desk, OPERATOR, kept.kind, shop, kept.word, NOON)
    assert stands(any_desk, "codes")["A"] == ["carrier_unknown", "url_missing"]


def test_a_word_means_no_carrier_that_nobody_knows(desk: Desk) -> None:
    shop = load(desk, "A")
    for word, carrier in (("Bleu Volant", "Nobody's"), ("--", "Chronopost")):
        with pytest.raises(ValueError, match="cannot mean"):
            shop_words.map_carrier(desk, OPERATOR, shop, word, carrier, NOON)
