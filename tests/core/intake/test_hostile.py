"""Odd files of every kind: each is read without loss or refused with a sentence that says what to do."""

import io
import zipfile
from pathlib import Path

import pytest

from core.intake.findings import REFUSALS, Refused
from core.intake.read import Reading, read
from tests.core.intake.files import FORMATS, HEADERS, NOW, export, row

ROOT = Path(__file__).resolve().parents[3]
LINES = "Order number;State;Created at\nA-1;to_ship;2026-11-20 10:00\nA-2;to_ship;2026-11-20 11:00\n"


def reading(data: bytes, name: str = "a.csv") -> Reading:
    found = read(name, data, FORMATS, now=NOW)
    assert isinstance(found, Reading)
    return found


def code_of(data: bytes, name: str = "a.csv") -> str:
    with pytest.raises(Refused) as told:
        read(name, data, FORMATS, now=NOW)
    assert str(told.value)
    return told.value.code


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf\r\n"])
def test_a_file_of_nothing_is_empty_whatever_marks_it_begins_with(data: bytes) -> None:
    assert code_of(data) == "empty"


@pytest.mark.parametrize("rows", ["", "\n", "\n\n\n", ";;\n"])
def test_a_header_alone_has_no_rows(rows: str) -> None:
    assert code_of((LINES.split("\n")[0] + "\n" + rows).encode()) == "no_rows"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_utf_16_is_read_with_and_without_a_mark(encoding: str, end: str) -> None:
    found = reading(LINES.replace("\n", end).encode(encoding))
    assert found.orders["order_number"].to_list() == ["A-1", "A-2"]


def test_utf_16_that_breaks_off_in_a_character_is_refused() -> None:
    assert code_of(LINES.encode("utf-16")[:-1]) == "bad_encoding"


def test_two_files_of_two_encodings_in_one_say_that_rows_were_not_read() -> None:
    data = export(row("A", title="Théière"), encoding="utf-8") + export(row("B", title="Théière"), encoding="cp1252")
    found = reading(data)
    assert found.read == found.lines.height + found.rejected
    assert found.orders["order_number"].to_list() == ["B"]  # the second header is the one that can be read
    assert found.findings.filter(code="rows_above")["value"].to_list() == ["2"]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a.json", "a.xml"])
def test_a_workbook_under_another_name_says_so(name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    assert code_of(out.getvalue(), name) == "zip_as_csv"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
@pytest.mark.parametrize(
    "data", [LINES.encode(), b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\xd0\xcf\x11\xe0", b"\0" * 900]
)
def test_what_is_no_workbook_is_refused_under_the_name_of_one(name: str, data: bytes) -> None:
    assert code_of(data, name) in ("not_spreadsheet", "empty")


@pytest.mark.parametrize("missing", [98, 400, 1_000, 3_000])
def test_an_old_workbook_that_was_cut_off_is_refused_also_where_its_reader_panics(missing: int) -> None:
    whole = (ROOT / "data" / "samples" / "aliexpress_orders.xls").read_bytes()
    assert code_of(whole[:-missing], "a.xls") == "not_spreadsheet"


def test_external_entities_and_a_million_laughs_are_refused() -> None:
    laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
    remote = '<!DOCTYPE l SYSTEM "http://example.org/x.dtd"><l/>'
    assert [code_of(text.encode(), "a.xml") for text in (laughs, remote)] == ["document_type"] * 2


@pytest.mark.parametrize("count", [250, 251, 300])
def test_three_hundred_columns_are_too_many_and_as_many_as_allowed_are_read(count: int) -> None:
    header = [*LINES.split("\n")[0].split(";"), *(f"x{n}" for n in range(count - 3))]
    data = (
        ";".join(header) + "\n" + ";".join(["A-1", "to_ship", "2026-11-20 10:00"] + [""] * (count - 3)) + "\n"
    ).encode()
    if count > 250:
        assert code_of(data) == "too_many_columns"
    else:
        assert reading(data).read == 1


def test_every_refusal_is_a_sentence_that_can_be_filled() -> None:
    for sentence in REFUSALS.values():
        assert sentence.endswith((".", "{seen}", "{why}"))


def test_the_same_header_in_french_under_a_title_of_another_width_is_found() -> None:
    data = ("Rapport;du;mois\n\n" + ";".join(HEADERS["french"]) + "\n" + ";".join(row("A")) + "\n").encode()
    assert reading(data).orders["order_number"].to_list() == ["A"]
