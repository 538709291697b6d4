"""From a file's bytes to the base, and what is said on the way."""

import datetime as dt

import pytest

from core.desk import imports, known_files, orders, samples, settings, shop_words
from core.desk.base import Desk, NotAllowed, Person
from core.intake.read import Reading
from core.store.engine import writing
from core.store.write import type_facts
from tests.core.desk.conftest import NOON, export

HOUR = dt.timedelta(hours=1)
ROWS = (("A", NOON - 10 * HOUR, "À accepter"), ("B", NOON - 9 * HOUR, "Bizarre"))


@pytest.fixture
def shop(desk: Desk) -> int:
    return settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina")


def counts(seen: imports.ImportPreview) -> tuple[int, ...]:
    return seen.read, seen.new, seen.changed, seen.unchanged, seen.older, seen.rejected


def test_the_preview_counts_what_the_write_then_does(desk: Desk, somebody: Person, shop: int) -> None:
    seen = imports.preview(desk, shop, "a.csv", export(*ROWS), NOON)
    assert counts(seen) == (2, 2, 0, 0, 0, 0)
    assert orders.queue(desk, NOON).is_empty()
    assert counts(imports.write(desk, somebody, seen, NOON)) == counts(seen)
    assert (seen.as_of, seen.as_of_source) == (NOON - 9 * HOUR, "file")


def test_the_same_bytes_again_write_nothing(desk: Desk, somebody: Person, shop: int) -> None:
    imports.write(desk, somebody, imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    again = imports.preview(desk, shop, "copy.csv", export(*ROWS), NOON)
    assert again.already is not None
    assert again.already["person"] == "Léa"
    imports.write(desk, somebody, again, NOON)
    assert imports.history(desk).height == 1


def test_a_changed_cell_shows_its_old_and_its_new_value(desk: Desk, somebody: Person, shop: int) -> None:
    imports.write(desk, somebody, imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    newer = export(("A", NOON - 10 * HOUR, "En attente d'expédition"), ROWS[1], ("C", NOON, "À accepter"))
    seen = imports.preview(desk, shop, "b.csv", newer, NOON)
    assert counts(seen) == (3, 1, 1, 1, 0, 0)
    changed = seen.changes.filter(field="state").row(0, named=True)
    assert (changed["order_number"], changed["old"], changed["new"]) == ("A", "to_accept", "to_ship")


def test_several_orders_of_one_import_can_change_at_once(desk: Desk, somebody: Person, shop: int) -> None:
    imports.write(desk, somebody, imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    newer = export(*((number, made, "En attente d'expédition") for number, made, _ in ROWS))
    seen = imports.preview(desk, shop, "b.csv", newer, NOON)
    assert counts(seen) == (2, 0, 2, 0, 0, 0)
    assert counts(imports.write(desk, somebody, seen, NOON)) == counts(seen)
    with desk.engine.connect() as connection:
        givers = connection.exec_driver_sql("SELECT DISTINCT import_id, held FROM orders").fetchall()
    assert [tuple(row) for row in givers] == [(2, None)]


def test_a_preview_is_judged_anew_where_a_colleague_wrote_in_between(desk: Desk, somebody: Person, shop: int) -> None:
    seen = imports.preview(desk, shop, "a.csv", export(*ROWS), NOON)
    other = export(ROWS[0], ("C", NOON - 8 * HOUR, "À accepter"))
    imports.write(desk, somebody, imports.preview(desk, shop, "c.csv", other, NOON), NOON)
    assert counts(imports.write(desk, somebody, seen, NOON)) == (2, 1, 0, 1, 0, 0)


def test_what_a_big_file_says_again_is_recognised_and_its_findings_are_told_again(
    desk: Desk, somebody: Person, shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MANY", 0)
    first = imports.preview(desk, shop, "a.csv", export(*ROWS), NOON)
    imports.write(desk, somebody, first, NOON)
    again = imports.preview(desk, shop, "b.csv", export(*ROWS, ("C", NOON, "À accepter")), NOON)
    assert isinstance(again.reading, Reading)
    assert again.reading.again["order_number"].to_list() == ["A"]
    assert (counts(again), again.findings["code"].to_list()) == ((3, 1, 0, 2, 0, 0), first.findings["code"].to_list())
    assert counts(imports.write(desk, somebody, again, NOON)) == counts(again)


def test_a_recognised_order_that_somebody_types_into_meanwhile_is_read_after_all(
    desk: Desk, somebody: Person, shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MANY", 0)
    imports.write(desk, somebody, imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    newer = imports.preview(desk, shop, "b.csv", export(*ROWS, ("C", NOON, "À accepter")), NOON)
    with writing(desk.engine) as connection:
        type_facts(connection, shop, "A", {"carrier": "Colissimo"}, 1, "Hugo", NOON)
    done = imports.write(desk, somebody, newer, NOON)
    assert isinstance(done.reading, Reading)
    assert done.reading.again.is_empty()
    assert counts(done) == counts(newer)
    facts = orders.queue(desk, NOON).filter(order_number="A")
    assert (facts["carrier"].item(), facts["as_of"].item()) == ("Colissimo", NOON)


def test_a_file_of_another_shop_stops(desk: Desk, somebody: Person, shop: int) -> None:
    imports.write(desk, somebody, imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    other = settings.add_shop(desk, Person("Léa"), "cdiscount", "Brico")
    with pytest.raises(imports.WrongShop) as stop:
        imports.preview(desk, other, "a.csv", export(*ROWS), NOON)
    assert (stop.value.shop, stop.value.orders) == ("Lumina", 2)


def test_a_word_nobody_knows_can_be_mapped_once_for_the_shop(desk: Desk, somebody: Person, shop: int) -> None:
    seen = imports.preview(desk, shop, "a.csv", export(*ROWS), NOON)
    assert seen.unknown_words["word"].to_list() == ["Bizarre"]
    imports.write(desk, somebody, seen, NOON)
    assert shop_words.map_state(desk, somebody, shop, "Bizarre", "to_ship", NOON) == 1
    assert set(orders.queue(desk, NOON)["state"]) == {"to_accept", "to_ship"}
    again = imports.preview(desk, shop, "b.csv", export(*ROWS, ("C", NOON, "BIZARRE")), NOON)
    assert again.unknown_words.is_empty()


def shipped(*carriers: str) -> bytes:
    rows = [f"{n};6A6103188841{n};{carrier}" for n, carrier in enumerate(carriers)]
    return "\n".join(["Order number;Tracking number;Carrier", *rows]).encode()


def test_a_carrier_that_nobody_knows_is_found_kept_and_asked_for(desk: Desk, somebody: Person, shop: int) -> None:
    data = shipped("Bleu Volant", "Colissimo", "bleu-volant", "Autre")
    seen = imports.preview(desk, shop, "s.csv", data, NOON)
    assert seen.unknown_carriers.sort("word").rows() == [("Bleu Volant", 1), ("bleu-volant", 1)]
    found = seen.findings.filter(code="unknown_carrier").select("line", "column", "value", "level", "order_number")
    assert found.rows()[0] == (2, "Carrier", "Bleu Volant", "warning", "0")
    assert (seen.rejected, imports.write(desk, somebody, seen, NOON).new) == (0, 4)
    shop_words.map_carrier(desk, somebody, shop, "Bleu Volant", "China Post / EMS / ePacket", NOON)
    again = imports.preview(desk, shop, "t.csv", data + b"\n", NOON)
    assert again.unknown_carriers.is_empty()
    assert again.findings.filter(code="unknown_carrier").is_empty()


def test_a_carrier_in_a_file_of_orders_is_found_too(desk: Desk, somebody: Person, shop: int) -> None:
    data = b"Order number;State;Created at;Carrier\nA;to_ship;2026-11-20 09:05;Bleu Volant\n"
    seen = imports.preview(desk, shop, "o.csv", data, NOON)
    assert seen.unknown_carriers.rows() == [("Bleu Volant", 1)]
    imports.write(desk, somebody, seen, NOON)
    assert shop_words.unknown(desk).rows() == [(shop, "carrier", "Bleu Volant", 1)]


def test_a_word_that_was_settled_can_be_taken_away(desk: Desk, somebody: Person, shop: int) -> None:
    shop_words.map_state(desk, somebody, shop, "Bizarre", "to_ship", NOON)
    assert imports.preview(desk, shop, "a.csv", export(*ROWS), NOON).unknown_words.is_empty()
    (word,) = shop_words.kept(desk)
    assert (word.kind, word.word, word.meaning) == ("state", "bizarre", "to_ship")
    shop_words.forget(desk, somebody, word.kind, shop, word.word, NOON)
    assert imports.preview(desk, shop, "a.csv", export(*ROWS), NOON).unknown_words["word"].to_list() == ["Bizarre"]


def test_a_viewer_imports_nothing(desk: Desk, shop: int) -> None:
    with pytest.raises(NotAllowed):
        imports.write(desk, Person("Guest", "viewer"), imports.preview(desk, shop, "a.csv", export(*ROWS), NOON), NOON)
    assert imports.history(desk).is_empty()


def test_the_sample_month_is_the_same_for_everybody_and_fills_every_band(desk: Desk, somebody: Person) -> None:
    assert samples.sample_month(NOON) == samples.sample_month(NOON)
    loaded = imports.load_samples(desk, somebody, samples.sample_month(NOON), NOON)
    assert [seen.rejected for seen in loaded] == [0, 0, 0]
    queue = orders.queue(desk, NOON)
    assert queue["shop"].n_unique() == 3
    assert {"now", "soon", "calm"} <= set(queue["band"])
    assert {"live", "waiting", "cannot_tell", "probably_cancelled"} <= set(queue["group"])
    assert imports.newest(desk)["as_of"] <= NOON


def test_the_template_can_be_read_back(desk: Desk, somebody: Person, shop: int) -> None:
    for name in known_files.TEMPLATES:
        assert imports.preview(desk, shop, "t.csv", known_files.csv(name), NOON).format == name
        assert imports.preview(desk, shop, "t.xlsx", known_files.xlsx(name), NOON).format == name
        assert all(about for _, _, about in known_files.columns(name))
