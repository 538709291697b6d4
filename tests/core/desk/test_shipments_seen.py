"""What one person saw and another changed meanwhile: nothing goes, is vouched for or is written over unseen."""

import threading

import pytest

from core.desk import shipment_send, shipments
from core.desk.base import Desk
from core.desk.shipment_files import Ending, Layout
from tests.core.desk.conftest import NOON
from tests.core.desk.shipping import GOOD, OPERATOR, SHAPE, SUSPECT, UNKNOWN, as_seen, load, put_in, send, stands


@pytest.mark.rule("CD-S6")
def test_a_confirmation_holds_for_the_numbers_that_were_seen_and_no_others(any_desk: Desk) -> None:
    shop = load(any_desk, "A")
    put_in(any_desk, ("A", GOOD))
    shown = shipment_send.seen(as_seen(any_desk, "A"))
    put_in(any_desk, ("A", ("8U01130342039", "Colissimo")))  # somebody else, meanwhile
    with pytest.raises(shipment_send.Moved):
        shipment_send.hand_out(any_desk, OPERATOR, shop, Layout.DESK48, Ending.XLSX, shown, 1, NOON)
    assert shipment_send.manifests(any_desk).is_empty()
    assert send(any_desk, shop, "A")


@pytest.mark.rule("XX-T3")
def test_a_word_is_given_for_what_was_seen_and_not_for_what_came_after(desk: Desk) -> None:
    load(desk, "A")
    put_in(desk, ("A", SUSPECT))
    seen = as_seen(desk, "A")
    put_in(desk, ("A", UNKNOWN))
    with pytest.raises(shipments.NoWordNeeded):
        shipments.give_word(desk, OPERATOR, seen, "label seen", "", NOON)
    assert stands(desk) == {"A": "needs_word"}


@pytest.mark.rule("CD-S6")
def test_a_number_that_comes_after_the_file_went_out_is_not_recorded(any_desk: Desk) -> None:
    shop = load(any_desk, "A")
    put_in(any_desk, ("A", GOOD))
    late = shipments.match(shipments.look(any_desk, NOON), shipments.read_paste("A\t87778793\tMondial Relay")).taken
    send(any_desk, shop, "A")
    assert shipments.type_shipments(any_desk, OPERATOR, late, NOON) == 0
    assert stands(any_desk, "tracking_number") == {"A": GOOD[0]}


def test_lines_beyond_those_that_are_taken_at_once_are_told(desk: Desk) -> None:
    load(desk, "A")
    pasted = shipments.read_paste("A\t6A61031888418\n" * 5001)
    left = shipments.match(shipments.look(desk, NOON), pasted).left
    assert left["problem"].value_counts().sort("problem").rows() == [("order_again", 4999), ("too_many", 1)]


@pytest.mark.rule("CD-S6")
def test_two_people_at_once_never_send_the_same_order_twice(any_desk: Desk) -> None:
    shop = load(any_desk, "A", "B")
    put_in(any_desk, ("A", GOOD), ("B", SHAPE))
    start, done = threading.Barrier(2), []

    def go() -> None:
        start.wait()
        try:
            done.append(send(any_desk, shop, "A", "B"))
        except shipment_send.Moved:
            done.append(None)

    people = [threading.Thread(target=go) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(done, key=str) == [1, None]
    assert shipment_send.manifests(any_desk)["orders"].to_list() == [2]
