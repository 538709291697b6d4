"""Any form of a file reads the same, what it leaves open is asked, and what harms is refused."""

import datetime as dt
import io
import zipfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from core.intake import sheet
from core.intake.choices import ANSWERS, QUESTIONS, Choices
from core.intake.encoding import as_utf8, decide
from core.intake.findings import REFUSALS, Refused
from core.intake.grid import source
from core.intake.header import Unknown
from core.intake.limits import LIMIT_CELL, LIMIT_COLUMNS
from core.intake.mapping import Mapping
from core.intake.read import Reading, read
from core.intake.records import RecordReading
from tests.core.intake.files import FORMATS, HEADERS, NOW, codes, export, reading, row

SAMPLES = Path(__file__).parents[3] / "data" / "samples"


# Encodings


@pytest.mark.parametrize(
    ("text", "encoding", "found", "runner_up"),
    [
        # The trap: these bytes decode as GB18030 without an error.
        ("Numéro de commande;Référence;Désignation", "cp1252", "cp1252", "iso8859-15"),
        ("Numéro de commande;Référence;Désignation", "gb18030", "gb18030", "utf-8"),
        ("Numéro de commande;Référence;Désignation", "mac-roman", "mac-roman", "utf-8"),
        ("订单号,订单状态,付款时间", "gb18030", "gb18030", "utf-8"),
        ("订单号,订单状态,付款时间", "utf-8", "utf-8", ""),
        ("Order;Prix (€)\n1;œuvre à 12 €", "iso8859-15", "iso8859-15", "mac-roman"),
        ("Order;Prix (€)\n1;œuvre à 12 €", "utf-16-le", "utf-16-le", ""),
        ("Order;Prix (€)\n1;œuvre à 12 €", "utf-16-be", "utf-16-be", ""),
        ("Order;Price", "ascii", "utf-8", ""),
    ],
)
def test_an_encoding_is_judged_by_the_text_that_comes_out(text: str, encoding: str, found: str, runner_up: str) -> None:
    data = text.encode(encoding)
    guess = decide(data, FORMATS.words)
    assert (guess.encoding, guess.runner_up) == (found, runner_up)
    assert as_utf8(data, guess.encoding).decode() == text
    assert sorted(guess.lines) == sorted(text.split("\n"))


def test_a_person_may_switch_the_encoding() -> None:
    data = export(row(title="Théière"), encoding="cp1252")
    assert reading(data).lines["title"].item() == "Théière"
    chosen = reading(data, choices=Choices(encoding="mac-roman"))
    assert chosen.lines["title"].item() == "ThÈiËre"
    assert chosen.decoded is not None
    assert chosen.decoded.why == "person"
    with pytest.raises(Refused) as told:
        reading(data, choices=Choices(encoding="rot13"))
    assert told.value.code == "bad_encoding"


def test_a_byte_astray_is_told_with_its_line_and_place_and_the_rest_reads_right() -> None:
    data = export(row("A", title="Théière"), row("B", title="Bou\x00e")).replace(b"\0", b"\xe9")
    found = reading(data)
    assert found.lines["title"].to_list() == ["Théière", "Bou\ufffde"]
    told = found.findings.filter(code="bad_byte").row(0, named=True)
    assert (told["line"], told["column"], told["value"]) == (8, "UTF-8", str(data.index(b"\xe9e")))
    assert "bad_character" in codes(found)


ENDS = {"unix": "\n", "windows": "\r\n", "mac": "\r"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp1252")
MABANG = "订单编号,订单状态,货运单号,付款时间,SKU明细\n406-1,已发货,YT01,2026-11-20 16:05:12,LAMP1*2\n"
MATRIX = [
    (encoding, language)
    for encoding, language in product(ENCODINGS, ("french", "english", "chinese"))
    if (encoding, language) != ("cp1252", "chinese")
]


@pytest.mark.parametrize(("encoding", "language"), MATRIX)
def test_every_encoding_separator_line_end_and_language_reads_the_same(encoding: str, language: str) -> None:
    for separator, end in product(";,\t|", ENDS.values()):
        if language == "chinese":
            text, sku = MABANG.replace(",", separator).replace("\n", end), "seller_sku"
        else:
            text, sku = export(row(), header=language, separator=separator).decode().replace("\r\n", end), "sku"
        found = reading(text.encode(encoding), choices=Choices(zone="Asia/Shanghai"))
        order, line = found.orders.row(0, named=True), found.lines.row(0, named=True)
        assert order["state"] == "shipped", (separator, end)
        assert (order["paid_at"] or order["created_at"]) == dt.datetime(2026, 11, 20, 8, 5, 12, tzinfo=dt.UTC)
        assert (line[sku], line["quantity"]) == ("LAMP1", 2)
        assert found.rejected == 0


# Rows that say nothing, and rows that are torn


def test_totals_are_skipped_and_counted_wherever_they_stand() -> None:
    rows = [row("A"), ["Total", *[""] * 6, "12,50", ""], row("B"), ["", *[""] * 3, "Sous-total :", *[""] * 4]]
    found = reading(export(*rows) + b'"TOTAL";"25,00"\r\n' + "合计;25".encode())
    assert codes(found) == ["totals_row"]
    assert found.findings["value"].to_list() == ["4"]
    assert (found.read, found.rejected) == (2, 0)


def test_a_torn_row_costs_itself_only_and_its_neighbours_keep_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    good = [row(f"N{n}", title="two\nlines" if n % 7 == 0 else "one") for n in range(60)]
    lines = export(*good).decode().split("\r\n")
    torn = "\r\n".join([*lines[:20], '"T1";"only two"', *lines[20:40], '"T2";"stray', *lines[40:]]).encode()
    whole = reading(torn)
    assert [r for r in whole.rejects["cells"] if r.startswith('"T')] == ['"T1";"only two"', '"T2";"stray']
    assert whole.orders.height == 60
    for size in (100, 400, 3000):
        monkeypatch.setattr("core.intake.text.PIECE", size)
        found = reading(torn)
        assert found.orders["line"].to_list() == whole.orders["line"].to_list()
        assert found.rejects.equals(whole.rejects)


# Questions


def mapped(**more: Any) -> Mapping:
    header = ("No", "Jour", "Colis")
    return Mapping(
        "shipments", {"order_number": "No", "shipped_at": "Jour", "tracking_number": "Colis"}, header, **more
    )


def shipments(*days: str, mapping: Mapping) -> RecordReading:
    text = "No;Jour;Colis\n" + "".join(f"A-{n};{day};6A{n}\n" for n, day in enumerate(days))
    found = read("x.csv", text.encode(), FORMATS, now=NOW, choices=Choices(mapping=mapping))
    assert isinstance(found, RecordReading)
    return found


def test_a_date_that_can_be_read_both_ways_is_asked_with_both_meanings() -> None:
    found = shipments("05/05/2026 10:00", "03/04/2026 10:00", mapping=mapped(zone="Europe/Paris"))
    (question,) = found.questions
    assert (question.ask, question.column, question.example) == ("date_order", "Jour", "03/04/2026")
    assert question.options == (("day_first", "2026-04-03"), ("month_first", "2026-03-04"))
    assert "03/04/2026" in QUESTIONS[question.ask].format(example=question.example, column=question.column)
    assert set(dict(question.options)) <= set(ANSWERS)


@pytest.mark.parametrize(("order", "month"), [("day_first", 4), ("month_first", 3)])
def test_the_answer_is_kept_with_the_mapping_and_nothing_is_asked_again(order: str, month: int) -> None:
    found = shipments("03/04/2026 10:00", mapping=mapped(zone="UTC", date_order=order))
    assert found.questions == ()
    assert found.rows["shipped_at"].item().month == month


@pytest.mark.parametrize(("proof", "month"), [("25/04/2026 10:00", 4), ("04/25/2026 10:00", 3)])
def test_what_the_file_itself_proves_is_not_asked(proof: str, month: int) -> None:
    found = shipments("03/04/2026 10:00", proof, mapping=mapped(zone="UTC"))
    assert found.questions == ()
    assert found.rows["shipped_at"][0].month == month


def test_a_clock_without_a_zone_is_asked_and_one_with_an_offset_is_not() -> None:
    (question,) = shipments("2026-11-20 10:00", mapping=mapped()).questions
    assert (question.ask, question.example) == ("zone", "2026-11-20 10:00")
    assert shipments("2026-11-20T10:00:00Z", mapping=mapped()).questions == ()


def test_a_format_with_one_form_of_date_asks_nothing() -> None:
    assert reading(export(row(created_at="03/04/2026 10:00"))).questions == ()


# Files that nobody knows


def test_an_unknown_file_tells_its_header_samples_and_suggestions() -> None:
    text = "Export du jour\n\nNo de commande;Suivi;Bemerkung\nA-1;6A1;x\nA-2;;y\n"
    with pytest.raises(Unknown) as told:
        reading(text.encode())
    unknown = told.value
    assert unknown.header == ("No de commande", "Suivi", "Bemerkung")
    assert unknown.line == 3
    assert unknown.samples == (("A-1", "A-2"), ("6A1",), ("x", "y"))
    assert unknown.suggestions("shipments", FORMATS)[0].field == "order_number"
    assert unknown.code == "no_header"


# What harms


def book(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        page = made.add_worksheet()
        for at, cells in enumerate(rows):
            page.write_row(at, 0, cells)
    return out.getvalue()


def bomb(*, lying: bool) -> bytes:
    """A workbook of which one part is 40 MB of zeros, told truly or as one byte."""
    out = io.BytesIO(book([HEADERS["french"], row()]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", b"\0" * 40_000_000)
    data = out.getvalue()
    size = (40_000_000).to_bytes(4, "little")
    return data.replace(size, (1).to_bytes(4, "little")) if lying else data


def far(cell: str) -> bytes:
    """A workbook of 7 kB with one more cell, somewhere far away."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        page = made.add_worksheet()
        for at, cells in enumerate([HEADERS["french"], row()]):
            page.write_row(at, 0, cells)
        page.write(cell, "x")
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


WIDE = ["Order Number", "Order date", "Order status", *(f"c{n}" for n in range(LIMIT_COLUMNS))]
HUGE = "x" * (2 * LIMIT_CELL)
SOAP = "<OrderList><Order><OrderNumber>7</OrderNumber>{}</Order></OrderList>"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", book([HEADERS["french"], row()]), "zip_as_csv"),
        ("a.xlsx", bomb(lying=False), "unpacks_too_big"),
        ("a.xlsx", bomb(lying=True), "unpacks_too_big"),
        ("a.xlsx", archive("mail.txt"), "not_spreadsheet"),
        ("a.xlsx", book([HEADERS["french"], row()])[:-300], "not_spreadsheet"),
        ("a.xlsx", book([WIDE, WIDE]), "too_many_columns"),
        ("a.xlsx", far("XFD1048576"), "takes_too_much"),
        ("a.xlsx", far("XFD2"), "too_many_columns"),
        ("a.xls", b"<html><table><tr><td>Order Number</td></tr></table></html>", "not_spreadsheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "not_spreadsheet"),
        ("a.csv", ";".join(WIDE).encode(), "too_many_columns"),
        ("a.csv", ";".join(f"c{n}" for n in range(400)).encode(), "too_many_columns"),
        ("a.csv", export(row(), row(title=HUGE)), "cell_too_big"),
        ("a.csv", export(row(), row(title="\n".join(["y" * 99] * 20_000))), "cell_too_big"),
        ("a.csv", export(row(), [*row(), HUGE]), "cell_too_big"),
        ("a.csv", export(row(title="a\0b")), "null_bytes"),
        ("a.csv", b'{"items": []}', "other_content"),
        ("a.json", export(row()), "other_content"),
        ("a.xml", b"[1]", "other_content"),
        ("a.xml", ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SOAP).encode(), "document_type"),
        ("a.xml", SOAP.format("<a>" * 100_000).encode(), "too_deep"),
        ("a.xml", b'<?xml version="1.0" encoding="TTF-8"?>' + SOAP.encode(), "bad_encoding"),
        ("a.json", b"[" * 100_000, "too_deep"),
        ("a.csv", b"%PDF-1.7\n\x00\x01\x02", "null_bytes"),
        ("a.csv", b"\x1f\x8b\x08" + bytes(range(1, 255)) * 9, "no_header"),
    ],
)
def test_what_harms_is_refused_with_a_sentence(name: str, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as told:
        read(name, data, FORMATS, now=NOW)
    assert told.value.code == code
    assert code in REFUSALS
    assert str(told.value)


def test_an_archive_is_refused_before_anything_is_built_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "LIMIT_UNPACKED", 1000)
    with pytest.raises(Refused) as told:
        source("a.xlsx", book([HEADERS["french"], row()]), FORMATS)
    assert told.value.code == "unpacks_too_big"


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "LIMIT_SECONDS", 0.01)
    with pytest.raises(Refused) as told:
        source("a.xlsx", book([HEADERS["french"], row()]), FORMATS)
    assert told.value.code == "takes_too_much"


def test_an_old_workbook_that_claims_a_far_cell_is_refused() -> None:
    """The reader lays out all that lies before that cell: four thousand million of them."""
    sample = (SAMPLES / "aliexpress_orders.xls").read_bytes()
    record = sample.index(b"\xfd\x00\x0a\x00") + 4  # a cell with a text: row, column
    with pytest.raises(Refused) as told:
        source("a.xls", sample[:record] + b"\xff\xff\xff\xff" + sample[record + 4 :], FORMATS)
    assert told.value.code == "takes_too_much"


def test_an_open_document_that_repeats_a_cell_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader has a bound of its own for them; below it ours is the number of cells."""
    with pytest.raises(Refused) as told:
        source("a.ods", repeating(500_000, 200), FORMATS)
    assert told.value.code == "not_spreadsheet"
    assert "desk48-" not in str(told.value)  # where the file lay is nobody's business
    monkeypatch.setattr(sheet, "LIMIT_CELLS", 10_000)
    with pytest.raises(Refused) as told:
        source("a.ods", repeating(500, 30), FORMATS)
    assert told.value.code == "takes_too_much"


def repeating(rows: int, columns: int) -> bytes:
    """An open document of orders whose last cell says that it stands there so many times."""
    repeated = (
        f'<table:table-row table:number-rows-repeated="{rows}">'
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )
    sample = (SAMPLES / "desk48_orders.ods").read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample)) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for part in whole.infolist():
            text = whole.read(part).replace(b"</table:table>", repeated.encode(), 1)
            made.writestr(part, text if part.filename == "content.xml" else whole.read(part))
    return out.getvalue()


def sheets(*pages: tuple[str, bool, list[list[str]]], merged: str = "") -> bytes:
    """A workbook of several sheets: name, hidden, rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        for name, hidden, rows in pages:
            page = made.add_worksheet(name)
            for at, cells in enumerate(rows):
                page.write_row(at, 0, cells)
            if merged:
                page.merge_range(merged, rows[0][0])
            if hidden:
                page.hide()
        made.worksheets()[-1].activate()
    return out.getvalue()


ORDERS = [HEADERS["french"], row("A"), row("B")]


@pytest.mark.parametrize(
    ("pages", "left"),
    [
        ((("Lisez-moi", False, [["Bonjour", "voici l'export"]]), ("Export", False, ORDERS)), ["Lisez-moi"]),
        ((("Export", False, ORDERS), ("Suite", False, ORDERS)), ["Suite"]),
        ((("vieux", True, ORDERS), ("Export", False, [*ORDERS, row("C")])), ["vieux"]),
        ((("Export", False, ORDERS), ("vide", False, [])), []),
    ],
)
def test_the_sheet_that_is_shown_and_known_is_read_and_the_others_are_named(
    pages: tuple[tuple[str, bool, list[list[str]]], ...], left: list[str]
) -> None:
    found = reading(sheets(*pages), "a.xlsx")
    assert found.read == len(dict((name, rows) for name, _, rows in pages)["Export"]) - 1
    assert found.findings.filter(code="other_sheets")["value"].to_list() == left


def test_a_workbook_with_a_merged_title_and_one_whose_only_sheet_is_hidden_are_read() -> None:
    titled = sheets(("Export", False, [["Rapport des commandes"], *ORDERS]), merged="A1:E1")
    assert reading(titled, "a.xlsx").orders["order_number"].to_list() == ["A", "B"]
    data = sheets(("Export", True, ORDERS), ("vide", False, []))
    with pytest.raises(Refused) as told:
        reading(data, "a.xlsx")
    assert told.value.code == "empty"


@pytest.mark.parametrize("ending", [".xlsx", ".xls"])
def test_a_workbook_with_a_password_says_so(ending: str) -> None:
    """It is no archive then but a compound file with the archive in it, whatever it is called."""
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1016 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 3000
    with pytest.raises(Refused) as told:
        reading(locked, f"a{ending}")
    assert told.value.code == "locked"


def test_the_limit_of_columns_is_the_teams_to_set() -> None:
    few = replace(FORMATS, limits=replace(FORMATS.limits, columns=5))
    with pytest.raises(Refused) as told:
        read("a.csv", export(row()), few, now=NOW)
    assert told.value.params == {"columns": 9, "limit": 5}


def test_a_workbook_reads_as_the_text_does() -> None:
    one = reading(book([HEADERS["french"], row("A"), row("B")]), "a.xlsx")
    two = reading(export(row("A"), row("B")))
    assert isinstance(one, Reading)
    assert one.orders.drop("line").equals(two.orders.drop("line"))
