"""The Imports page: what a file would do is shown first, then written as it was shown."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import imports, orders, settings
from core.desk.base import Desk, OrderKey
from tests.pages.files import LEA, below, counts, drop, edit, editor, file, opened, page, press, run, table, write
from tests.pages.noon import words

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from opened(tmp_path, monkeypatch)


@pytest.fixture
def shop_id(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "aliexpress", "XinXing 星星")


def test_the_first_shop_is_added_on_the_page(desk: Desk) -> None:
    at = page()
    at.selectbox(key="new_shop_marketplace").set_value("amazon")
    at.text_input(key="new_shop_name").set_value("Lumina")
    press(at, "Add")
    shop = settings.shops(desk).row(0, named=True)
    assert (shop["marketplace"], shop["name"]) == ("amazon", "Lumina")
    assert at.selectbox(key="import_shop").value == shop["id"]


def test_a_shop_without_a_name_is_refused(desk: Desk) -> None:
    assert press(page(), "Add").error[0].value == "A shop needs a name."


def test_the_limits_stand_on_the_page_as_the_team_set_them(desk: Desk, shop_id: int) -> None:
    assert "at most 300 MB and 1,500,000 rows" in page().get("file_uploader")[0].label
    settings.save_intake_limits(desk, LEA, settings.IntakeLimits(7, 9), 0)
    at = page()
    assert "at most 7 MB and 9 rows" in at.get("file_uploader")[0].label
    drop(at, ("a.csv", file(*["to_ship"] * 10)))
    assert "The file has 10 rows; at most 9 can be read." in at.error[0].value


def test_nothing_is_written_before_the_button(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("to_ship", "shipped")))
    assert counts(at) == [2, 2, 0, 0, 0, 0]
    assert "absent rows are no deletions" in words(at)
    assert imports.history(desk).is_empty()
    write(at)
    assert imports.history(desk)["new"].to_list() == [2]
    assert "2 rows written" in at.toast[0].value
    assert not at.metric


def test_a_file_is_read_once_however_often_the_page_is_drawn(
    desk: Desk, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = imports.preview

    def counted(*given: object, **options: object) -> imports.ImportPreview:
        read.append(str(given[2]))
        return real(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "preview", counted)
    at = drop(page(), ("a.csv", file("to_ship")))
    run(run(at))
    drop(at, ("b.csv", file("shipped")))
    assert read == ["a.csv", "b.csv"]


def test_a_changed_cell_shows_old_and_new_in_words(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship"))))
    at = drop(page(), ("b.csv", file("shipped", "to_ship")))
    read, *parts = counts(at)
    assert (read, sum(parts), parts[1]) == (2, 2, 1)
    changed = table(at, "Old value")
    state = changed[changed["Field"] == "State"]
    assert state[["Old value", "New value", "What happens"]].to_numpy().tolist() == [["to ship", "shipped", "changes"]]


def test_a_state_that_goes_back_is_found(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("shipped"))))
    at = drop(page(), ("b.csv", file("to_ship")))
    assert "state_backwards" in set(table(at, "What to do")["Code"])


def test_what_a_person_typed_stays_unless_it_is_chosen(desk: Desk, shop_id: int) -> None:
    data = file("to_ship").replace(b"Currency\n", b"Currency;Delivery mode\n").replace(b"EUR\n", b"EUR;express\n")
    write(drop(page(), ("a.csv", file("to_ship"))))
    orders.type_facts(desk, LEA, OrderKey(shop_id, "8100000"), {"delivery_mode": "tracked"}, 1, NOW)
    at = drop(page(), ("b.csv", data))
    _, typed = editor(at, "take")
    assert typed[["field", "old", "new", "take"]].to_numpy().tolist() == [
        ["Delivery mode", "tracked", "express", False]
    ]
    edit(at, "take", {0: {"take": True}})
    happens = table(at, "What happens")
    assert happens[happens["Field"] == "Delivery mode"]["What happens"].tolist() == ["changes"]
    write(at)
    assert orders.queue(desk, NOW)["delivery_mode"].to_list() == ["express"]


def test_the_same_bytes_again_are_not_written(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship"))))
    at = drop(page(), ("copy.csv", file("to_ship")))
    assert any("already imported" in info.value for info in at.info)
    assert at.button(key="write").disabled


def test_the_second_of_two_people_is_told_that_the_file_is_in(desk: Desk, shop_id: int) -> None:
    mine, yours = (drop(page(), (name, file("to_ship"))) for name in ("mine.csv", "yours.csv"))
    write(mine)
    write(yours)
    assert "was imported meanwhile" in yours.warning[0].value
    assert imports.history(desk).height == 1


def test_a_file_of_another_shop_stops(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship"))))
    other = settings.add_shop(desk, LEA, "aliexpress", "Other")
    at = page()
    at.selectbox(key="import_shop").set_value(other)
    drop(run(at), ("a2.csv", file("shipped", "to_ship")))
    assert "XinXing" in at.error[0].value
    assert not [button for button in at.button if button.key == "write"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rubbish", b"nothing but one line", b'{"broken": '])
@pytest.mark.parametrize("lang", ["en", "fr", "zh_CN"])
def test_a_file_that_cannot_be_read_says_why(desk: Desk, shop_id: int, data: bytes, lang: str) -> None:
    at = drop(page(lang), ("a.txt", data))
    assert "a\\.txt" in at.error[0].value
    assert not [button for button in at.button if button.key == "write"]


def test_a_good_file_beside_a_bad_one_can_be_written(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("bad.csv", b""), ("good.csv", file("to_ship")))
    assert len(at.error) == 1
    write(at)
    assert imports.history(desk)["file_name"].to_list() == ["good.csv"]


def test_findings_are_counted_by_code_and_can_be_filtered(desk: Desk, shop_id: int) -> None:
    data = file("mystery", "to_ship").replace(b"2026-11-21 14:05", b"2026-13-45")
    at = drop(page(), ("a.csv", data))
    assert counts(at)[-1] == 1
    found = table(at, "What to do")
    row = found[found["Code"] == "bad_date"].iloc[0]
    assert (row["Line"], row["Value"]) == (3, "2026-13-45")
    assert row["What is wrong"].startswith("2026-13-45 in ")
    code = next(box for box in at.selectbox if box.label == "Code")
    assert set(code.options) == {"bad_date (1)", "unknown_state (1)"}
    code.set_value("unknown_state")
    assert set(table(run(at), "What to do")["Code"]) == {"unknown_state"}
    next(box for box in at.selectbox if box.label == "Code").set_value(None)
    next(pills for pills in at.get("button_group") if pills.label == "Weight").set_value(["error"])
    assert set(table(run(at), "What to do")["Code"]) == {"bad_date"}


def test_a_file_with_a_bad_row_can_be_kept_out_whole(desk: Desk, shop_id: int) -> None:
    bad = file("to_ship", "to_ship").replace(b"2026-11-21 14:05", b"2026-13-45")
    at = drop(page(), ("bad.csv", bad), ("good.csv", file("shipped", title="Vase")))
    assert at.radio(key="import_mode").value == imports.GOOD_ROWS
    at.radio(key="import_mode").set_value(imports.WHOLE_FILE)
    assert "1 file with rejected rows stays out." in words(run(at))
    write(at)
    assert imports.history(desk)["file_name"].to_list() == ["good.csv"]


def test_a_rejected_row_is_mended_on_the_page_and_written(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("to_ship", "to_ship").replace(b"2026-11-21 14:05", b"2026-13-45")))
    _, rejected = editor(at, "why")
    assert rejected[["line", "c0", "c2"]].to_numpy().tolist() == [[3, "8100001", "2026-13-45"]]
    key, _ = editor(at, "why")
    at.session_state[key] = {"edited_rows": {0: {"c2": "2026-11-21 14:05"}}, "added_rows": [], "deleted_rows": []}
    press(at, "Look at the mended rows")
    assert counts(at) == [2, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    write(at)
    assert sorted(orders.queue(desk, NOW)["order_number"]) == ["8100000", "8100001"]
    assert set(imports.history(desk)["file_name"]) == {"a.csv", "a-mended.csv"}


def test_one_value_is_replaced_in_a_whole_column_and_a_row_is_dropped(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("to_ship", "to_ship", "to_ship").replace(b"24,90", b"2,4,9")))
    stem = "desk48-a-0"
    at.selectbox(key=f"column_{stem}").set_value(6)
    at.text_input(key=f"old_{stem}").set_value("2,4,9")
    at.text_input(key=f"new_{stem}").set_value("24,90")
    press(at, "Replace")
    key, mended = editor(at, "why")
    assert mended["c6"].tolist() == ["24,90"] * 3
    at.session_state[key] = {"edited_rows": {1: {"drop": True}}, "added_rows": [], "deleted_rows": []}
    press(at, "Look at the mended rows")
    assert counts(at)[6:] == [2, 2, 0, 0, 0, 0]


def test_a_mangled_order_number_gets_the_one_that_the_base_knows(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("a.csv", file("to_ship", "to_ship").replace(b"8100001", b"8177777"))))
    at = drop(page(), ("b.csv", file("shipped", title="Vase").replace(b"8100000", b"8,18E+06")))
    _, rejected = editor(at, "why")
    assert rejected["proposed"].tolist() == ["8177777"]
    press(at, "Take the proposed value")
    _, mended = editor(at, "why")
    assert mended["c0"].tolist() == ["8177777"]


def test_a_word_that_nobody_knows_is_mapped_once(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("mystery", "to_ship")))
    choice = next(box for box in at.selectbox if box.label.startswith("mystery"))
    choice.set_value("to_ship")
    press(at, "Remember for this shop")
    assert not [box for box in at.selectbox if box.label.startswith("mystery")]
    later = imports.preview(desk, shop_id, "b.csv", file("mystery"), NOW)
    assert later.unknown_words.is_empty()


def test_a_carrier_that_nobody_knows_is_mapped_once_and_can_be_taken_back(desk: Desk, shop_id: int) -> None:
    data = b"Order number;State;Created at;Carrier\nA;to_ship;2026-11-20 09:05;Chronopst\n"
    at = drop(page(), ("a.csv", data))
    choice = next(box for box in at.selectbox if box.label == "Chronopst (1 row) · like Chronopost")
    assert choice.value is None
    write(at)
    at = below(page(), "Mappings")
    next(box for box in at.selectbox if box.label.startswith("Chronopst")).set_value("Chronopost")
    press(at, "Remember for this shop")
    assert "**chronopst** → Chronopost · XinXing 星星 · word for a carrier" in words(at)
    later = imports.preview(desk, shop_id, "b.csv", data + b"\n", NOW)
    assert later.unknown_carriers.is_empty()
    press(at, "Take this meaning away")
    assert imports.preview(desk, shop_id, "b.csv", data + b"\n", NOW).unknown_carriers["word"].to_list() == [
        "Chronopst"
    ]


def test_a_file_that_is_older_than_one_before_says_so(desk: Desk, shop_id: int) -> None:
    write(drop(page(), ("new.csv", file("to_ship", "shipped"))))
    at = drop(page(), ("old.csv", file("to_ship")))
    assert any("A newer file of this shop is imported already" in info.value for info in at.info)


def test_a_file_that_was_garbled_before_is_told_where_it_is_mapped(desk: Desk, shop_id: int) -> None:
    data = "订单编码;商品名称\n1;手机壳\n".encode("gbk").decode("cp1252").encode()
    at = drop(page(), ("g.csv", data))
    assert any("read in a wrong encoding before" in warning.value for warning in at.warning)


def test_it_says_why_a_format_and_an_encoding_were_recognised(desk: Desk, shop_id: int) -> None:
    at = drop(page(), ("a.csv", file("to_ship", title="Théière à café, été").decode().encode("cp1252")))
    said = words(at)
    assert "header cells are those of this format" in said
    assert "Header cells and letters make the most sense in it." in said
    assert any("Théière" in code.value for code in at.code)
    next(box for box in at.selectbox if box.label == "Read the file in another encoding").set_value("gb18030")
    run(at)
    assert "You chose it." in words(at)
    assert not any("Théière" in code.value for code in at.code)


HOSTILE = "[x](http://x) <b>*x*</b> $a$ {line} :material/bug:"


@pytest.mark.parametrize("lang", ["en", "fr", "zh_CN"])
def test_text_from_a_file_is_shown_as_text(desk: Desk, shop_id: int, lang: str) -> None:
    bad = file("to_ship", HOSTILE, title=HOSTILE).replace(b"2026-11-20 14:05", HOSTILE.encode())
    strange = f"{HOSTILE};b;c\n{HOSTILE};2;3\n".encode()
    at = drop(page(lang), (f"{HOSTILE}.csv".replace("/", "_"), bad), ("strange.csv", strange), ("b.csv", file(HOSTILE)))
    code = {element.value for element in at.code}
    shown = [text for text in words(at).split("\n") if not any(text in lines for lines in code)]
    assert [text for text in shown if "[x](http" in text or "<b>" in text or "$a$" in text] == []
    assert any("\\[x\\]\\(http" in text for text in shown)
    assert HOSTILE in editor(at, "why")[1]["c4"].tolist()
