"""Checking a table of shipments: what it may hold, what the base knows, and the command."""

import datetime as dt
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from core.cli import main
from core.desk import tracking
from core.desk.base import Desk, load_values
from core.store import migrate, numbers, write
from core.store.engine import immediate, open_engine, reading, writing
from core.store.tables import imports, orders, shops

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
GOOD, WRONG = "6A61031888418", "6A61031888414"


def bring(engine: sa.Engine, shop: int, order: str, number: str) -> None:
    row = {
        "format": "cdiscount",
        "as_of": NOW,
        "as_of_source": "file",
        "imported_at": NOW,
        "person": "Zoé",
        "sha256": order,
    }
    row |= {"states": {"shipped"}, "covers_from": NOW, "covers_to": NOW}
    with writing(engine) as connection:
        held = {
            "order_number": order,
            "state": "shipped",
            "created_at": NOW - dt.timedelta(days=9),
            "tracking_number": number,
        }
        frames = {
            "orders": pl.DataFrame([held | {"import_id": write.next_import_id(connection)}]),
            "lines": pl.DataFrame({"order_number": [order], "line_no": [1], "sku": ["A"], "fee": [False]}),
            "buyers": pl.DataFrame({"order_number": [order], "first_name": ["Élodie"], "last_name": ["Garnier"]}),
        }
        write.apply(connection, shop, row, frames)


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    with writing(engine) as connection:
        one, two = (write.add_shop(connection, "cdiscount", name) for name in ("Lumina", "Outils"))
    bring(engine, one, "A1", GOOD)
    bring(engine, two, "B1", "LZ430297212CN")
    return Desk(engine, load_values())


def codes(desk: Desk, table: str, shop: tracking.Shop, visible: frozenset[int] | None = None) -> list[list[str]]:
    seen = replace(desk, sees=visible)
    judged = tracking.check(seen, tracking.read_table(table.encode(), shop), NOW)
    return tracking.results(judged)["reasons"].to_list()


@pytest.mark.rule("XX-T1")
def test_the_base_is_asked_over_all_shops_and_names_only_what_may_be_seen(desk: Desk) -> None:
    shop = tracking.shop_called(desk, "Lumina", "cdiscount")
    rows = f"X1,Colissimo, {GOOD.lower()}\nX2,China Post,LZ430297212CN\nA1,Colissimo,{GOOD}\n"
    table = "order_number,carrier,tracking_number\n" + rows
    assert shop.shop_id is not None
    seen = codes(desk, table.replace("A1", "X9"), shop)
    assert seen[1] == ["repeat_other_shop"]
    assert codes(desk, table.split("X2")[0], shop) == [["repeat_in_shop"]]
    assert codes(desk, table.split("X2")[0].replace("X1", "A1"), shop) == [[]]
    hidden = codes(desk, table, shop, frozenset({shop.shop_id}))
    assert hidden[1] == ["repeat_elsewhere"]


@pytest.mark.rule("XX-T1")
@pytest.mark.parametrize("written", ["6a61031888418", "6A 610 318 884 18", "6A-6103-1888418", "６Ａ61031888418\u200b"])
def test_a_number_is_the_same_however_the_base_has_it(desk: Desk, written: str) -> None:
    shop = tracking.shop_called(desk, "Outils", "cdiscount")
    assert shop.shop_id is not None
    table = f"order_number,carrier,tracking_number\nX1,Colissimo,{GOOD}\n"
    with writing(desk.engine) as connection:
        connection.execute(sa.delete(orders).where(orders.c.order_number == "A1"))
    assert codes(desk, table, shop) == [[]]
    bring(desk.engine, shop.shop_id, "A2", written)
    assert codes(desk, table, shop) == [["repeat_in_shop"]]
    assert codes(desk, table.replace("X1", "A2"), shop) == [[]]


def test_numbers_of_an_older_base_are_found_however_they_are_written(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with immediate(engine) as connection, connection.begin():
        migrate.run(connection, "0014")
        connection.execute(sa.insert(shops).values(id=1, marketplace="cdiscount", name="Lumina"))
        told = {"shop_id": 1, "as_of": 1, "seen_as_of": 1, "imported_at": 1, "as_of_source": "file"}
        connection.execute(sa.insert(imports).values(id=1, format="cdiscount", person="Zoé", **told))
        row = {"shop_id": 1, "state": "shipped", "import_id": 1}
        numbers = {"A1": GOOD, "A2": "6a 610 318 884 18", "A3": None, "A4": "-"}
        for order, number in numbers.items():
            connection.execute(sa.insert(orders).values(order_number=order, tracking_number=number, **row))
    migrate.upgrade(engine)
    found = tracking.known_numbers(Desk(engine, load_values()), pl.Series([GOOD]))
    assert found["order_number"].sort().to_list() == ["A1", "A2"]
    engine.dispose()


def test_a_shop_that_nobody_has_is_named(desk: Desk) -> None:
    with pytest.raises(ValueError, match="Nobody"):
        tracking.shop_called(desk, "Nobody", "cdiscount")


def test_numbers_are_looked_up_through_the_index(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        assert numbers.used(connection, []).height == 0
        found = numbers.used(connection, [f"{n}" for n in range(1100)])
        assert found.schema["created_at"] == pl.Datetime("us", "UTC")
        if engine.dialect.name == "sqlite":
            for table, made in zip(("orders", "manifest_rows", "shipments"), numbers._queries(["a"]), strict=True):
                query = str(made.compile(engine, compile_kwargs={"literal_binds": True}))
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").fetchall()
                assert any(f"ix_{table}_tracking_number" in str(step) for step in plan)


def test_a_table_is_read_as_it_comes() -> None:
    text = "Tracking_Number;value;delivery_mode;shipped_at;currency\n00123;12,50 €;TRK;2026-11-20;eur\n007;abc;?;x;\n"
    for data in (text.encode("utf-8-sig"), text.encode("cp1252"), text.encode()):
        table = tracking.read_table(data, tracking.Shop())
        assert table["tracking_number"].to_list() == ["00123", "007"]
        assert table["value_minor"].to_list() == [1250, None]
        assert table["delivery_mode"].to_list() == ["tracked", None]
        assert table["shipped_at"].to_list() == [dt.datetime(2026, 11, 20, tzinfo=dt.UTC), None]


def test_a_table_without_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="tracking_number"):
        tracking.read_table(b"order,carrier\n1,UPS\n", tracking.Shop())


@pytest.fixture
def shipments(tmp_path: Path) -> tuple[str, list[str]]:
    text = f"order_number,carrier,tracking_number\n=A1,Colissimo,{WRONG}\n,Colissimo,{GOOD}\n"
    path = tmp_path / "shipments.csv"
    path.write_text(text, "utf-8")
    return text, [str(path), "--database", f"sqlite:///{tmp_path}/desk.db", "--at", "2026-11-23"]


def test_the_command_gives_one_result_a_row_in_order(
    shipments: tuple[str, list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, words = shipments
    assert main(["check-tracking", *words, "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["verdict"], first["evidence"], first["reasons"]) == ("impossible", "none", ["key_wrong"])
    assert (second["verdict"], second["evidence"], second["carriers"]) == ("plausible", "check_digit", ["la-poste"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.replace(WRONG, "6A00000000000").encode())))
    main(["check-tracking", "-", *words[1:]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t") == list(tracking.RESULTS)
    assert lines[1].startswith("'=A1\t")


def test_the_command_writes_a_table_that_runs_nothing(shipments: tuple[str, list[str]], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert main(["check-tracking", *shipments[1], "--csv", str(out)]) == 1
    rows = out.read_text("utf-8-sig").splitlines()
    assert rows[1].startswith("'=A1;Colissimo;6A61031888414;impossible;none;")


def test_the_command_says_what_is_wrong(shipments: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-tracking", *shipments[1], "--shop", "Nobody"]) == 2
    assert "Nobody" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["check-tracking", shipments[1][0], "--at", "yesterday"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("tracking_number,carrier,Tracking_Number \n1,UPS,2\n", "line 1.*tracking_number.*twice"),
        ("tracking_number,carrier\n1,UPS\n\n2,UPS,x\n", "line 4: 3 cells.* 2"),
        ('tracking_number,carrier\n1,"U\nPS"\n2,UPS,x\n', "line 4: 3 cells"),
    ],
    ids=["a column twice", "a cell too many", "after a broken cell"],
)
def test_a_broken_table_is_told_with_its_line(
    table: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.csv").write_text(table, "utf-8")
    assert main(["check-tracking", str(tmp_path / "s.csv"), "--database", f"sqlite:///{tmp_path}/desk.db"]) == 2
    assert re.search(said, capsys.readouterr().err)


@pytest.mark.parametrize("table", ["tracking_number,carrier\n1,UPS\n\n2,UPS\n\n", "tracking_number\n1\n\n2\n\n"])
def test_a_blank_line_is_no_shipment(table: str) -> None:
    assert tracking.read_table(table.encode(), tracking.Shop())["tracking_number"].to_list() == ["1", "2"]


@pytest.mark.rule("XX-T1")
def test_the_command_tells_the_carriers_with_too_few_right_check_digits(
    shipments: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check-tracking", *shipments[1]])
    assert capsys.readouterr().err.startswith("Colissimo: only 1 of 2 check digits")
    Path(shipments[1][0]).write_text(f"carrier,tracking_number\nColissimo,{GOOD}\n", "utf-8")
    main(["check-tracking", *shipments[1]])
    assert capsys.readouterr().err == ""


@pytest.mark.rule("XX-T1")
@pytest.mark.parametrize("missing", ["address", "postcode"])
def test_two_orders_are_of_one_buyer_only_where_the_address_is_known(missing: str) -> None:
    known = {"last_name": "Martin", "first_name": "Zoé", "address": "1 rue A", "postcode": "75001"}
    rows = pl.DataFrame([known, known | {missing: None}, known | {"last_name": "", "first_name": None}])
    assert rows.select(tracking.buyer())["buyer"].to_list() == ["martin zoé 1 rue a 75001", None, None]
