"""Files that no format knows: suggestions with their reasons, what a mapping keeps, and what moved."""

import json

import pytest

from core.intake.formats import Formats, load
from core.intake.grid import grid, source
from core.intake.header import Unknown
from core.intake.mapping import (
    REASONS,
    REQUIRED,
    Mapping,
    carried,
    date_order,
    from_json,
    moved,
    samples,
    suggest,
)

FORMATS = load()
HEADER = ("No de commande", "Transporteur", "N° de suivi", "Expédié le", "Bemerkung")
MAPPING = Mapping(
    kind="shipments",
    fields={"order_number": HEADER[0], "carrier": HEADER[1], "tracking_number": HEADER[2], "shipped_at": HEADER[3]},
    header=HEADER,
    date_order="day_first",
)


@pytest.mark.parametrize(
    ("cell", "kind", "field", "reason"),
    [
        ("Tracking_Number", "orders", "tracking_number", "exact"),
        ("NUMERO DE SUIVI", "orders", "tracking_number", "known"),
        ("快递单号", "shipments", "tracking_number", "known"),
        ("平台订单编号", "orders", "order_number", "near"),
        ("Trackingnumbers", "orders", "tracking_number", "near"),
        ("No de commande", "orders", "order_number", "near"),
        ("Motif du retour", "returns", "reason_word", "known"),
        ("Motif du retour", "orders", "", ""),  # orders have no such field
        ("虚拟单号", "orders", "", ""),  # known, and not the carrier's number
        ("内部单号", "orders", "", ""),
        ("物流订单号", "shipments", "", ""),
        ("Wetter", "orders", "", ""),
    ],
)
def test_a_cell_is_suggested_by_its_name_a_known_word_or_likeness(
    cell: str, kind: str, field: str, reason: str
) -> None:
    (one,) = suggest([cell], kind, FORMATS)
    assert (one.field, one.reason) == (field, reason)
    if reason:
        assert "{" not in REASONS[reason].format_map(one.params)


def test_a_field_is_suggested_once_and_the_likest_cell_has_it() -> None:
    found = suggest(["Trackingnumbers", "Tracking number", "运单号"], "orders", FORMATS)
    assert [s.field for s in found] == ["", "tracking_number", ""]


def test_required_fields_without_a_cell_are_told_and_keep_the_mapping_from_use() -> None:
    half = Mapping("shipments", {"order_number": "a"}, ("a", "b"))
    assert half.missing() == ("tracking_number",)
    with pytest.raises(ValueError, match="tracking_number"):
        half.format()
    assert REQUIRED.keys() == {"orders", "shipments", "returns", "inquiries", "disputes", "finance", "health"}


def test_a_mapped_file_is_read_by_the_same_code_as_a_known_one() -> None:
    text = "Export\n\n" + ";".join(HEADER) + "\nA-1;Colissimo;6A01;03/04/2026 10:00;x\n"
    form = MAPPING.format()
    found = grid("x.csv", text.encode(), Formats((form,), {}, {}))
    assert found.format is form
    assert found.cells.row(0) == ("A-1", "Colissimo", "6A01", "03/04/2026 10:00", "x")
    assert "%d/%m/%Y %H:%M" in form.instants
    assert not any(f.startswith("%m") for f in form.instants)


def test_a_mapping_goes_out_as_text_and_comes_back_the_same() -> None:
    assert from_json(MAPPING.to_json()) == MAPPING
    assert "N° de suivi" in MAPPING.to_json()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"desk48_mapping": 99}', "[" * 100_000,
        MAPPING.to_json().replace('"shipments"', '"letters"'),
        MAPPING.to_json().replace('"carrier"', '"shoe_size"'),
        MAPPING.to_json().replace('"carrier": "Transporteur"', '"carrier": "gone"'),
        MAPPING.to_json().replace('"day_first"', '"week_first"'),
        json.dumps(json.loads(MAPPING.to_json()) | {"more": 1}),
    ],
)  # fmt: skip
def test_text_that_is_no_mapping_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        (["03/04/2026", "13/04/2026"], ("day_first", None)),
        (["03/04/2026", "03/25/2026"], ("month_first", None)),
        (["2026-04-03"], ("year_first", None)),
        (["05/05/2026", "03/04/2026 10:00"], (None, "03/04/2026 10:00")),
        (["13/04/2026", "04/13/2026", "01/02/2026"], (None, "01/02/2026")),  # the file is at odds with itself
        (["soon", None, ""], (None, None)),
    ],
)
def test_the_order_of_a_dates_parts_is_proved_or_asked(
    values: list[str | None], answer: tuple[str | None, str | None]
) -> None:
    assert date_order(values) == answer


def test_what_moved_between_two_headers_is_told_and_the_fields_follow() -> None:
    new = ("Bemerkung", "N de commande", "N° de suivi", "Poids", "Expédié le")
    change = moved(HEADER, new)
    assert change.renamed == (("No de commande", "N de commande"),)
    assert change.gone == ("Transporteur",)
    assert change.new == ("Poids",)
    assert "Bemerkung" in change.moved
    assert carried(MAPPING, new).fields == {
        "order_number": "N de commande", "tracking_number": "N° de suivi", "shipped_at": "Expédié le",
    }  # fmt: skip


def test_the_fingerprint_knows_a_header_in_any_order() -> None:
    turned = Mapping("shipments", MAPPING.fields, tuple(c.upper() for c in reversed(HEADER)))
    assert turned.fingerprint == MAPPING.fingerprint
    assert Mapping("shipments", {}, (*HEADER, "Poids")).fingerprint != MAPPING.fingerprint


def test_sample_values_are_the_first_that_differ_and_say_something() -> None:
    assert samples([None, " ", "A", "A ", "B", "C", "D"]) == ["A", "B", "C"]


def test_the_separator_of_an_unknown_file_parts_its_rows_as_it_parts_its_header() -> None:
    data = b"No, of sale;Bought, when, and where;Article\nX-1;yesterday;REF-1\nX-2;today;REF-2\n"
    with pytest.raises(Unknown) as told:
        source("sales.csv", data, FORMATS)
    assert told.value.header == ("No, of sale", "Bought, when, and where", "Article")
    assert told.value.samples[2] == ("REF-1", "REF-2")
