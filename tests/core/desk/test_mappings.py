"""What a shop settled about its files: kept with who and when, in versions, and read by afterwards."""

import datetime as dt
from dataclasses import replace

import pytest

from core.desk import imports, known_files, mappings, settings
from core.desk.base import Desk, NotAllowed, Person, Stale
from core.intake.mapping import Mapping
from tests.core.desk.conftest import NOON

LEA, GUEST = Person("Léa", "operator"), Person("Guest", "viewer")
HEADER = ("No of sale", "Bought on", "Pieces")
FILE = b"No of sale;Bought on;Pieces\nX-1;03/04/2026 10:00;1\nX-2;05/04/2026 11:00;2\n"
MAPPING = Mapping(
    "orders",
    {"order_number": "No of sale", "created_at": "Bought on", "quantity": "Pieces"},
    HEADER,
    date_order="day_first",
    zone="Asia/Shanghai",
    name="Sales",
)


@pytest.fixture
def shop(any_desk: Desk) -> int:
    return settings.add_shop(any_desk, LEA, "aliexpress", "XinXing")


def test_a_mapping_is_kept_with_its_version_person_and_instant(any_desk: Desk, shop: int) -> None:
    assert mappings.save(any_desk, LEA, shop, MAPPING, NOON) == 1
    (one,) = mappings.kept(any_desk, shop)
    assert (one.mapping, one.version, one.person, one.at, one.zone) == (MAPPING, 1, "Léa", NOON, "Asia/Shanghai")
    assert mappings.save(any_desk, LEA, shop, MAPPING, NOON, version=1) == 2


def test_a_file_is_read_by_the_mapping_of_its_shop_alone(any_desk: Desk, shop: int) -> None:
    mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    seen = imports.preview(any_desk, shop, "a.csv", FILE, NOON)
    assert (seen.read, seen.new, seen.mapping_version) == (2, 2, "v1")
    assert seen.as_of == dt.datetime(2026, 4, 5, 3, 0, tzinfo=dt.UTC)
    other = settings.add_shop(any_desk, LEA, "aliexpress", "Other")
    with pytest.raises(imports.Unknown):
        imports.preview(any_desk, other, "a.csv", FILE, NOON)


def test_an_amount_that_can_be_read_in_two_ways_is_read_as_a_person_said(any_desk: Desk, shop: int) -> None:
    data = b"No of sale;Bought on;Amount paid\nX-1;03/04/2026 10:00;1.234\n"
    fields = {"order_number": "No of sale", "price_minor": "Amount paid"}
    open_ = Mapping("orders", fields, ("No of sale", "Bought on", "Amount paid"))
    mappings.save(any_desk, LEA, shop, open_, NOON)
    assert imports.preview(any_desk, shop, "a.csv", data, NOON).rejected == 1
    mappings.save(any_desk, LEA, shop, replace(open_, decimal=","), NOON, version=1)
    seen = imports.preview(any_desk, shop, "a.csv", data, NOON)
    assert (seen.rejected, seen.reading.lines["price_minor"].to_list()) == (0, [123_400])  # type: ignore[union-attr]


def test_who_saves_over_another_version_is_told(any_desk: Desk, shop: int) -> None:
    mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    with pytest.raises(Stale):
        mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    (one,) = mappings.kept(any_desk, shop)
    mappings.forget(any_desk, LEA, one, NOON)
    with pytest.raises(Stale):
        mappings.forget(any_desk, LEA, one, NOON)


def test_a_mapping_that_is_taken_away_can_be_made_again(any_desk: Desk, shop: int) -> None:
    mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    mappings.forget(any_desk, LEA, mappings.kept(any_desk, shop)[0], NOON)
    assert mappings.kept(any_desk) == []
    assert mappings.save(any_desk, LEA, shop, MAPPING, NOON) == 3


def test_what_a_known_file_leaves_open_is_answered_once(any_desk: Desk, shop: int) -> None:
    name = "aliexpress_orders"
    mappings.answer(any_desk, LEA, shop, name, mappings.ZONE, "Asia/Shanghai", NOON)
    mappings.answer(any_desk, LEA, shop, name, mappings.ZONE, "UTC", NOON)
    (one,) = mappings.kept(any_desk, shop)
    assert (one.mapping, one.zone, one.version) == (None, "UTC", 2)
    with pytest.raises(mappings.Unusable):
        mappings.answer(any_desk, LEA, shop, name, mappings.ZONE, "Mars/Base", NOON)


def test_a_file_with_an_open_question_is_not_written(any_desk: Desk, shop: int) -> None:
    open_ = Mapping(**{**vars(MAPPING), "date_order": None})
    mappings.save(any_desk, LEA, shop, open_, NOON)
    seen = imports.preview(any_desk, shop, "a.csv", FILE, NOON)
    assert [question.ask for question in seen.questions] == [mappings.DATE_ORDER]
    with pytest.raises(imports.Refused, match="leaves open"):
        imports.write(any_desk, LEA, seen, NOON)
    assert imports.history(any_desk).is_empty()


def test_a_viewer_keeps_nothing(any_desk: Desk, shop: int) -> None:
    with pytest.raises(NotAllowed):
        mappings.save(any_desk, GUEST, shop, MAPPING, NOON)
    with pytest.raises(NotAllowed):
        mappings.answer(any_desk, GUEST, shop, "aliexpress_orders", mappings.ZONE, "UTC", NOON)


def test_a_mapping_goes_to_another_desk_as_a_file(any_desk: Desk, shop: int) -> None:
    mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    assert mappings.take_in(mappings.export(mappings.kept(any_desk, shop)[0])) == MAPPING


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff\xfe", b'{"desk48_mapping": 2}', b'{"desk48_mapping": 1, "kind": "orders"}']
)
def test_what_is_no_mapping_is_not_taken_in(data: bytes) -> None:
    with pytest.raises(mappings.Unusable):
        mappings.take_in(data)


def test_a_mapping_without_a_required_field_is_not_kept(any_desk: Desk, shop: int) -> None:
    with pytest.raises(mappings.Unusable, match="order_number"):
        mappings.save(any_desk, LEA, shop, Mapping("orders", {"quantity": "Pieces"}, HEADER), NOON)


def test_the_mapping_that_a_header_grew_out_of_is_found(any_desk: Desk, shop: int) -> None:
    mappings.save(any_desk, LEA, shop, MAPPING, NOON)
    settled = mappings.kept(any_desk, shop)
    found = mappings.nearest(("Pieces", "No of sale", "Bought on it"), settled)
    assert found is not None
    assert found[1].renamed == (("Bought on", "Bought on it"),)
    assert mappings.nearest(("a", "b", "c"), settled) is None


@pytest.mark.parametrize(("order", "day"), [("day_first", (4, 3)), ("month_first", (3, 4)), ("year_first", None)])
def test_an_example_is_read_by_each_order(order: str, day: tuple[int, int] | None) -> None:
    read = mappings.day_by(order, "03/04/2026 10:00")
    assert (read and (read.month, read.day)) == day


def test_every_known_file_has_a_title_and_each_template_is_one_of_them() -> None:
    names = {one.format for one in known_files.listed()}
    assert set(known_files.TEMPLATES) <= names == set(known_files.titles())
