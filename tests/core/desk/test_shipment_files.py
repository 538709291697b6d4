"""The shipment file in its layouts: every number a text cell, digit for digit; nothing runs, nothing else moves."""

import csv
import dataclasses
import datetime as dt
import io
from pathlib import Path

import fastexcel
import openpyxl
import polars as pl
import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from core.desk import imports, shipment_files, shipment_send, shipment_template, shipments
from core.desk.shipment_files import ROWS, Ending, Layout
from core.desk.shipment_template import NoTemplate, Template

DAY = dt.date(2026, 11, 25)
NUMBERS = ["00340434633751428115", "6A61031888418", "0123456789", "123456789012345678901234567890", "1E10", "=1+1"]


def rows(*numbers: str, lines: int = 1) -> pl.DataFrame:
    """Orders O0, O1, ... with so many lines each."""
    made = [
        (f"O{n}", f"L{n}-{line}", f"SKU{line}", line + 1, DAY, "Colissimo", None, number, None)
        for n, number in enumerate(numbers)
        for line in range(lines)
    ]
    return pl.DataFrame(made, schema=ROWS, orient="row")


def read_back(data: bytes, title: str, sheet: str | int = 0, header_row: int = 0) -> list[str | None]:
    """A column by fastexcel; and openpyxl must find the same, each cell of it text."""
    fast = fastexcel.read_excel(data).load_sheet(sheet, header_row=header_row, dtypes="string").to_polars()[title]
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]
    place = next(cell.column for cell in cells[header_row + 1] if cell.value == title)
    found = [cells.cell(row, place) for row in range(header_row + 2, header_row + 2 + len(fast))]
    assert all(cell.data_type == "s" and cell.number_format == "@" for cell in found if cell.value is not None)
    assert [cell.value for cell in found] == fast.to_list()
    return fast.to_list()


def template(path: Path) -> bytes:
    """A workbook as a marketplace may give it: a note, a header on row 3, colours, a list to choose from, a sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Expéditions"
    sheet["A1"] = "Fichier d'expédition"
    sheet["A1"].font = Font(bold=True)
    titles = ["Numéro de commande", "Statut", "Transporteur", "Numéro de suivi", "URL de suivi", "=1+1"]
    for place, title in enumerate(titles, start=1):
        sheet.cell(3, place, title).fill = PatternFill("solid", fgColor="FFDD00")
    choice = DataValidation(type="list", formula1='"Colissimo,UPS"')
    choice.add("C4:C200")
    sheet.add_data_validation(choice)
    sheet.column_dimensions["D"].width = 33
    book.create_sheet("Aide")["B2"] = "Ne pas modifier"
    book.save(path)
    return path.read_bytes()


def looked_at(data: bytes) -> Template:
    return shipment_template.look("suivi.xlsx", data, imports.known_formats())


@pytest.mark.rule("CD-S8")
@pytest.mark.parametrize("layout", [Layout.AMAZON, Layout.DESK48])
def test_every_number_is_a_text_cell_digit_for_digit(layout: Layout) -> None:
    title = {Layout.AMAZON: "tracking-number", Layout.DESK48: "Tracking number"}[layout]
    data = shipment_send.build(rows(*NUMBERS), layout, Ending.XLSX)
    assert read_back(data, title) == NUMBERS


def test_every_line_of_an_order_stands_in_the_file_with_its_number() -> None:
    frame = shipment_files.amazon(rows("1", "2", lines=3))
    assert frame.columns == [
        *("order-id", "order-item-id", "quantity", "ship-date", "carrier-code", "tracking-number"),
    ]
    assert frame["order-item-id"].to_list() == [f"L{n}-{line}" for n in range(2) for line in range(3)]
    assert frame["tracking-number"].to_list() == ["1"] * 3 + ["2"] * 3
    assert frame["quantity"].to_list() == ["1", "2", "3"] * 2


def test_amazon_s_file_has_tabs_and_no_blank_that_deletes() -> None:
    some = rows("1", "2").with_columns(line_id=pl.lit(None, pl.String))
    data = shipment_send.build(some, Layout.AMAZON, Ending.TXT)
    assert data.decode().splitlines() == [
        "order-id\tship-date\tcarrier-code\ttracking-number",
        "O0\t2026-11-25\tColissimo\t1",
        "O1\t2026-11-25\tColissimo\t2",
    ]


def test_no_cell_of_amazon_s_file_is_blank_where_orders_differ() -> None:
    some = rows("1", "2", "3").with_columns(
        line_id=pl.Series(["L", None, "M"]),
        carrier=pl.Series(["UPS", "Other", "UPS"]),
        carrier_name=pl.Series([None, "Foo", None], dtype=pl.String),
    )
    frame = shipment_files.amazon(some)
    assert frame.columns == ["order-id", "ship-date", "carrier-code", "carrier-name", "tracking-number"]
    assert frame["carrier-name"].to_list() == ["UPS", "Foo", "UPS"]


@pytest.mark.parametrize(
    "titles",
    [
        ["Numéro de commande", "Transporteur", "Numéro\nde suivi"],
        ["Numéro de commande", "Transporteur", "  Numéro de suivi "],
        ["Note", "Numéro de commande", "Transporteur", "Note", "Numéro de suivi", None, "Numéro de suivi"],
        [None, None, "Numéro de commande", "Transporteur", "Numéro de suivi"],
    ],
    ids=["line break", "outer blanks", "titles twice", "blank columns before"],
)
@pytest.mark.parametrize("ending", [Ending.XLSX, Ending.CSV])
def test_a_workbook_s_columns_go_by_their_place(titles: list[str | None], ending: Ending) -> None:
    book = openpyxl.Workbook()
    for place, title in enumerate(titles, start=1):
        book.active.cell(2, place, title)
    book.active.cell(3, 1, "hint")
    book.active.cell(3, len(titles), "50")
    data = io.BytesIO()
    book.save(data)
    held = dataclasses.replace(looked_at(data.getvalue()), first_row=4)
    built = shipment_send.build(rows(*NUMBERS), Layout.TEMPLATE, ending, held)
    place = held.columns["tracking_number"]
    if ending is Ending.CSV:
        read = list(csv.reader(io.StringIO(built.decode("utf-8-sig")), delimiter=";"))
        assert read[0] == [" ".join((title or "").split()) for title in titles]
        assert [line[place - 1] for line in read[1:]] == NUMBERS
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(built)).active
        assert [sheet.cell(row, place).value for row in range(4, 4 + len(NUMBERS))] == NUMBERS


def test_a_file_that_would_not_read_back_is_never_given() -> None:
    with pytest.raises(shipment_files.Spoilt):
        shipment_files.checked(b"Tracking number\r\n1\r\n", Ending.CSV, 1, ["01"])


@pytest.mark.parametrize("text", ["=1+1", " @SUM(A1)", "+33", "-1", "a\tb", 'a"b', "null", "＝1"])
def test_what_could_run_or_delete_is_found(text: str) -> None:
    assert pl.select(shipment_files.unfit(pl.lit(text))).item() is True
    assert pl.select(shipment_files.unfit(pl.lit("6A61031888418"))).item() is False


@pytest.mark.rule("CD-S7")
def test_the_team_s_workbook_is_filled_and_all_else_stays_as_it_was(tmp_path: Path) -> None:
    before = template(tmp_path / "t.xlsx")
    held = looked_at(before)
    assert (held.sheet, held.header_row, held.first_row) == ("Expéditions", 3, 4)
    assert dict(held.columns) == {"order_number": 1, "carrier": 3, "tracking_number": 4, "tracking_url": 5}
    shipment_template.check(held)
    after = shipment_send.build(rows(*NUMBERS, lines=2), Layout.TEMPLATE, Ending.XLSX, held)
    assert read_back(after, "Numéro de suivi", "Expéditions", 2) == NUMBERS  # one row an order: no line is asked for
    old, new = (openpyxl.load_workbook(io.BytesIO(data)) for data in (before, after))
    assert old.sheetnames == new.sheetnames
    for sheet in old.sheetnames:
        for row in old[sheet].iter_rows():
            for cell in row:
                twin = new[sheet].cell(cell.row, cell.column)
                assert (cell.value, repr(cell.font), repr(cell.fill)) == (twin.value, repr(twin.font), repr(twin.fill))
    page = new["Expéditions"]
    assert page.column_dimensions["D"].width == 33
    assert str(page.data_validations.dataValidation[0].sqref) == "C4:C200"
    assert page["B4"].value is None  # a column that is not ours


def test_a_workbook_with_rows_below_its_header_is_refused(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(tmp_path / "t.xlsx")))
    book["Expéditions"]["A9"] = "2611240001ABCDE"
    book.save(tmp_path / "rows.xlsx")
    with pytest.raises(NoTemplate) as why:
        shipment_template.check(looked_at((tmp_path / "rows.xlsx").read_bytes()))
    assert (why.value.code, why.value.params) == ("rows_below", {"row": 9})


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"a;b\n1;2"])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(NoTemplate, match="no workbook"):
        looked_at(data)


def test_desk48_s_own_file_is_read_back_by_its_own_imports() -> None:
    formats = imports.known_formats()
    known = formats.named("desk48_shipments").columns
    frame = shipment_files.desk48(rows("1").with_columns(tracking_url=pl.lit("https://www.ups.com/")))
    assert all(title.casefold() in known for title in frame.columns)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A1\t6A\tUPS\thttps://x.y/1", [("A1", "6A", "UPS", "https://x.y/1")]),
        ("A1;6A;https://x.y/1;UPS", [("A1", "6A", "UPS", "https://x.y/1")]),
        ("A1 6A\n\nB2 7B", [("A1", "6A", None, None), ("B2", "7B", None, None)]),
        ("0012\n0340", [(None, "0012", None, None), (None, "0340", None, None)]),
        ("Tracking number\tOrder number\n0012\tA1", [("A1", "0012", None, None)]),
        ("订单号,物流单号,承运商\nA1,0012,UPS", [("A1", "0012", "UPS", None)]),
        ("Numéro de suivi\n0012", [(None, "0012", None, None)]),
        ("  \n\t\n", []),
    ],
    ids=["tabs", "link anywhere", "blanks", "bare", "header", "Chinese header", "bare with header", "nothing"],
)
def test_a_paste_is_read_as_it_was_meant(text: str, found: list[tuple[str | None, ...]]) -> None:
    assert shipments.read_paste(text).drop("line").rows() == found
