"""Rejected rows: as a file, mended and back again, and mended in place."""

import csv
import io
import json

import pytest

from core.desk import imports, rejects, settings
from core.desk.base import Desk, Person
from core.intake.findings import CODES
from tests.core.desk.conftest import HEADER, NOON

HEAD = f"Rapport\n\n{HEADER};Note\n"
GOOD = "A1;10/11/2026 14:05:00;À accepter;X1;1;10,00;2,50;\n"
PARTS = (
    HEAD,
    GOOD,
    "B2;10/11/2026 14:05:00;À accepter;X1;1;10,00;2,50;'=kept\n",
    "B2;10/11/2026 14:05:00;À accepter;X2;1;1 euro;2,50;=1+1\n",
    "C3;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50; +33 1\n",
    "D4;10/11/2026 14:05:00;À accepter;torn\n",
)
FILE = "".join(PARTS).encode()


@pytest.fixture
def shop(desk: Desk) -> int:
    return settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina")


@pytest.fixture
def seen(desk: Desk, shop: int) -> imports.ImportPreview:
    found = imports.preview(desk, shop, "a.csv", FILE, NOON)
    assert found.rejected == 3
    return found


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def bring(desk: Desk, shop: int, data: bytes) -> imports.ImportPreview:
    return imports.write(desk, Person("Léa"), imports.preview(desk, shop, "m.csv", data, NOON), NOON)


def totals(desk: Desk) -> dict[str, int]:
    with desk.engine.connect() as connection:
        return dict(connection.exec_driver_sql("SELECT order_number, goods_minor FROM orders").fetchall())


def test_the_file_has_the_cells_as_they_were_and_beside_them_line_codes_and_sentences(
    seen: imports.ImportPreview,
) -> None:
    head, *rows = table(rejects.as_csv(rejects.of_preview(seen)))
    assert head == [*HEADER.split(";"), "Note", "desk48:line", "desk48:codes", "desk48:why", "desk48:row"]
    assert [(row[0], row[8], row[9]) for row in rows] == [
        ("B2", "5", ""), ("B2", "6", "bad_money"), ("C3", "7", "bad_date"), ("", "8", "cells_missing"),
    ]  # fmt: skip
    assert [row[7] for row in rows] == ["''=kept", "'=1+1", "' +33 1", ""]
    assert rows[3][11] == "D4;10/11/2026 14:05:00;À accepter;torn"
    assert "31/02/2026" in rows[2][10]


def test_sentences_are_in_the_language_of_the_reader(seen: imports.ImportPreview) -> None:
    french = {CODES["bad_date"].sentence: "{value} n’est pas une date ({column})."}
    rows = table(rejects.as_csv(rejects.of_preview(seen), lambda text: french.get(text, text)))
    assert rows[3][10].startswith("31/02/2026 09:00:00 n’est pas une date")


def test_mended_and_uploaded_alone_it_makes_every_order_whole(
    desk: Desk, shop: int, seen: imports.ImportPreview
) -> None:
    imports.write(desk, Person("Léa"), seen, NOON)
    assert totals(desk) == {"A1": 1000, "B2": None}
    mended = rejects.as_csv(rejects.of_preview(seen)).decode().replace("1 euro", "1,00").replace("31/02", "28/02")
    again = bring(desk, shop, mended.encode())
    assert (again.read, again.rejected) == (4, 1)  # the torn line waits for its cells
    assert totals(desk) == {"A1": 1000, "B2": 1100, "C3": 1000}
    assert "desk48:line" not in set(again.findings["column"]) | set(again.findings["value"])


def test_what_was_kept_with_the_import_gives_the_same_file(desk: Desk, seen: imports.ImportPreview) -> None:
    imports.write(desk, Person("Léa"), seen, NOON)
    kept = rejects.of_import(desk, imports.history(desk)["id"][0])
    assert rejects.as_csv(kept) == rejects.as_csv(rejects.of_preview(seen))


def test_rejected_again_a_cell_is_not_guarded_twice(desk: Desk, shop: int, seen: imports.ImportPreview) -> None:
    sheet = rejects.of_preview(seen)
    again = imports.preview(desk, shop, "m.csv", rejects.as_csv(sheet), NOON)
    assert [json.loads(cells)[-1] for cells in rejects.of_preview(again).rows["cells"]][:3] == [
        "'=kept",
        "=1+1",
        " +33 1",
    ]


def test_cells_are_mended_in_place_and_rows_dropped(desk: Desk, shop: int, seen: imports.ImportPreview) -> None:
    sheet = rejects.of_preview(seen)
    assert sheet.cells()["raw"].drop_nulls().to_list() == ["D4;10/11/2026 14:05:00;À accepter;torn"]
    sheet = rejects.fix(sheet, 6, 5, "1,00")
    sheet = rejects.replace_in(sheet, 1, "31/02/2026 09:00:00", "28/02/2026 09:00:00")
    sheet = rejects.drop(sheet, [8])
    again = imports.preview(desk, shop, "m.csv", rejects.as_csv(sheet), NOON)
    assert (again.read, again.new, again.rejected) == (3, 3, 0)
