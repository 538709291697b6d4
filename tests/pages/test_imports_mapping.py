"""Files that no format knows, and files that leave something open: asked once, remembered for the shop."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.desk import imports, known_files, mappings, orders, settings
from core.desk.base import Desk, Person
from tests.pages.files import LEA, ROOT, UNKNOWN, below, counts, drop, edit, editor, opened, page, press, run, write
from tests.pages.noon import words
from tests.pages.test_imports import NOW

FIELDS = {0: "Order number", 1: "Created at", 2: "Your own SKU", 3: "Quantity", 4: "Price of the line"}
KEEP = "Keep for this shop and read the file"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from opened(tmp_path, monkeypatch)


@pytest.fixture
def shop_id(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "aliexpress", "XinXing")


def box(at: object, label: str) -> object:
    return next(one for one in at.selectbox if one.label.startswith(label))  # type: ignore[attr-defined]


def mapped(desk: Desk, data: bytes = UNKNOWN) -> object:
    """The page with an unknown file of which every question is answered."""
    at = drop(page(), ("sales.csv", data))
    edit(at, "field", {row: {"field": field} for row, field in FIELDS.items()})
    box(at, "Dates are written").set_value("day_first")  # type: ignore[attr-defined]
    box(at, "Zone of its times").set_value("Asia/Shanghai")  # type: ignore[attr-defined]
    return run(at)


def test_an_unknown_file_is_mapped_kept_and_read(desk: Desk, shop_id: int) -> None:
    at = press(mapped(desk), KEEP)  # type: ignore[arg-type]
    assert counts(at) == [2, 2, 0, 0, 0, 0]
    write(at)
    rows = orders.queue(desk, NOW).sort("order_number")
    assert rows["order_number"].to_list() == ["X-1", "X-2"]
    assert [f"{at:%Y-%m-%d %H:%M}" for at in rows["created_at"]] == ["2026-04-03 02:00", "2026-04-05 03:00"]
    done = imports.history(desk).row(0, named=True)
    assert (done["mapping_version"], done["format"][:7]) == ("v1", "mapped_")
    known = drop(page(), ("again.csv", UNKNOWN + b"X-3;07/04/2026 10:00;REF-1;1;19,90\n"))
    assert counts(known) == [3, 1, 0, 2, 0, 0]


def test_a_mapping_is_not_kept_while_something_required_is_missing(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("sales.csv", UNKNOWN))
    assert "no column has the field Order number" in at.error[0].value
    keep = next(button for button in at.button if button.label == KEEP)
    assert keep.disabled
    edit(at, "field", {row: {"field": field} for row, field in FIELDS.items()})
    assert "whether the day or the month comes first" in at.error[0].value
    assert "choose the zone" in at.error[0].value


def test_suggestions_say_their_reason_and_show_values(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", b"Order number;Quantite commandee;Qty;Blah\n1;2;3;4\n5;6;7;8\n"))
    _, table = editor(at, "field")
    rows = {row["cell"]: (row["field"], row["samples"], row["why"]) for row in table.to_dict("records")}
    assert rows["Order number"] == ("Order number", "1 · 5", "It is the field's own name.")
    assert rows["Qty"][0] == "Quantity"
    assert rows["Qty"][2].startswith("It is a known word for it")
    assert table.set_index("cell")["field"].isna()["Blah"]


def test_a_header_that_changed_says_what_moved_and_keeps_the_rest(desk: Desk, shop_id: int) -> None:
    press(mapped(desk), KEEP)  # type: ignore[arg-type]
    changed = UNKNOWN.replace(b"No of sale;Bought on;Article", b"Article;Bought on it;No of sale")
    at = drop(page(), ("sales.csv", changed))
    assert "Bought on → Bought on it" in at.info[0].value
    _, table = editor(at, "field")
    kept = dict(zip(table["cell"], table["field"], strict=True))
    assert kept["No of sale"] == "Order number"
    assert kept["Bought on it"] == "Created at"


def test_the_zone_of_a_known_file_is_asked_once(desk: Desk, shop_id: int) -> None:
    data = (ROOT / "data" / "samples" / "aliexpress_orders.xlsx").read_bytes()
    at = drop(page(), ("orders.xlsx", data))
    assert at.button(key="write").disabled
    assert "Which clock shows" in words(at)
    next(one for one in at.selectbox if one.label == "Your answer").set_value("Asia/Shanghai")
    press(at, "Remember for this shop")
    assert not [one for one in at.selectbox if one.label == "Your answer"]
    assert not at.button(key="write").disabled
    assert mappings.kept(desk, shop_id)[0].zone == "Asia/Shanghai"
    assert "Which clock shows" not in words(drop(page(), ("later.xlsx", data)))


def test_a_date_that_turns_ambiguous_later_is_asked_then(desk: Desk, shop_id: int) -> None:
    header = tuple(UNKNOWN.decode().splitlines()[0].split(";"))
    fields = {"order_number": header[0], "created_at": header[1]}
    mappings.save(desk, LEA, shop_id, mappings.Mapping("orders", fields, header, zone="UTC"), NOW)
    at = drop(page(), ("later.csv", UNKNOWN))
    assert "with the day or with the month first" in words(at)
    assert at.button(key="write").disabled
    next(one for one in at.selectbox if one.label == "Your answer").set_value("month_first")
    press(at, "Remember for this shop")
    assert not at.button(key="write").disabled
    (one,) = mappings.kept(desk, shop_id)
    assert (one.version, one.mapping and one.mapping.date_order) == (2, "month_first")


def test_a_mapping_is_edited_fetched_taken_in_and_taken_away(desk: Desk, shop_id: int) -> None:
    press(mapped(desk), KEEP)  # type: ignore[arg-type]
    at = below(page(), "Mappings")
    assert "**sales**" in words(at)  # type: ignore[arg-type]
    press(at, "Edit")  # type: ignore[arg-type]
    box(at, "Zone of its times").set_value("Europe/Paris")  # type: ignore[attr-defined]
    press(run(at), KEEP)  # type: ignore[arg-type]
    (one,) = mappings.kept(desk, shop_id)
    assert (one.version, one.zone) == (2, "Europe/Paris")
    other = settings.add_shop(desk, LEA, "amazon", "Other")
    run(at)  # type: ignore[arg-type]
    uploader = next(one for one in at.get("file_uploader") if one.label == "Mapping as JSON")  # type: ignore[attr-defined]
    uploader.upload("m.json", mappings.export(one))
    at.selectbox(key="take_in_shop").set_value(other)  # type: ignore[attr-defined]
    press(run(at), "Take in")  # type: ignore[arg-type]
    assert {one.shop_id for one in mappings.kept(desk)} == {shop_id, other}
    press(at, "Take away")  # type: ignore[arg-type]
    assert len(mappings.kept(desk)) == 1


def test_what_is_no_mapping_is_not_taken_in(desk: Desk, shop_id: int) -> None:
    at = below(page(), "Mappings")
    uploader = next(one for one in at.get("file_uploader") if one.label == "Mapping as JSON")  # type: ignore[attr-defined]
    uploader.upload("m.json", b'{"desk48_mapping": 1, "kind": "nonsense"}')
    press(run(at), "Take in")  # type: ignore[arg-type]
    assert "not a mapping that a desk exported" in at.error[0].value  # type: ignore[attr-defined]


def test_templates_and_known_files_are_listed(desk: Desk, shop_id: int) -> None:
    at = below(page(), "Templates")
    assert at.dataframe[-1].value["Column"].tolist()[0] == "Order number"  # type: ignore[attr-defined]
    at.get("button_group")[0].set_value("desk48_disputes")  # type: ignore[attr-defined]
    run(at)  # type: ignore[arg-type]
    assert "Dispute number" in at.dataframe[-1].value["Column"].tolist()  # type: ignore[attr-defined]
    known = below(page(), "Known files").dataframe[-1].value  # type: ignore[attr-defined]
    assert len(known) == len(known_files.listed()) > 20


def test_the_second_mapping_is_refused_with_both_columns(desk: Desk, shop_id: int) -> None:
    press(mapped(desk), KEEP)  # type: ignore[arg-type]
    one = mappings.kept(desk, shop_id)[0]
    assert one.mapping is not None
    mappings.forget(desk, LEA, one, NOW)
    at = mapped(desk)
    other = next(cell for cell in one.mapping.header if cell != one.mapping.fields["quantity"])
    theirs = replace(one.mapping, fields={**one.mapping.fields, "quantity": other})
    mappings.save(desk, Person("Wei"), shop_id, theirs, NOW)
    said = words(press(at, KEEP))  # type: ignore[arg-type]
    assert "Somebody else kept a mapping for such files meanwhile" in said
    assert f"Quantity: yours {one.mapping.fields['quantity']}, kept {other}" in said
    assert [kept.person for kept in mappings.kept(desk, shop_id)] == ["Wei"]
