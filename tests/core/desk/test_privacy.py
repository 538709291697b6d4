"""Personal data goes when its days are over or on a person's word; the figures stay, and no file brings it back."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.cli import main
from core.desk import cases, imports, jobs, privacy, settings, undo
from core.desk.base import Desk, NotAllowed, OrderKey, Person, Stale
from core.policy.words import DecisionKind
from core.store.engine import reading
from core.store.tables import metadata
from tests.core.desk.conftest import NOON

ANA = Person("Ana", "admin")
LEA = Person("Léa", "lead")
DAY = dt.timedelta(days=1)
OLD = NOON - 1000 * DAY
NAME = "Zylberstein"
ORDERS = "Order number;State;Created at;First name;Last name;Address;City;Seller SKU;Quantity;Price;Currency"
RETURNS = "Order number;Return number;Seller SKU;Requested at;Reason;Reason text"
INQUIRIES = "Inquiry number;Order number;Last buyer message at;Created at;Subject;Body;Needs reply;Buyer"

PLACES = {
    "buyers", "decisions", "findings", "imports", "record_texts", "record_values", "rejected_rows", "undo_layers",
    "undo_records",
}  # fmt: skip
"""The tables in which a buyer's name can stand."""


@pytest.fixture
def shop(any_desk: Desk) -> int:
    return settings.add_shop(any_desk, ANA, "aliexpress", "Lumina")


def order(
    number: str,
    state: str = "shipped",
    created: dt.datetime = OLD,
    *,
    city: str = "Lyon",
    price: str = "10",
    money: str = "EUR",
) -> str:
    return f"{number};{state};{created:%Y-%m-%dT%H:%M:%SZ};Ana;{NAME};1 rue {NAME};{city};S-{number};1;{price};{money}"


def bring(desk: Desk, shop: int, head: str, *rows: str, name: str = "a.csv", at: dt.datetime = OLD) -> int:
    seen = imports.preview(desk, shop, name, "\n".join([head, *rows]).encode(), at)
    assert imports.write(desk, ANA, seen, at).already is None
    return int(imports.history(desk)["id"].max())


def filled(desk: Desk, shop: int) -> None:
    """An order whose buyer stands everywhere: in texts, notes, findings, rejected rows, before-images, a file name."""
    bring(desk, shop, ORDERS, order("A", money=NAME), order("B"), order("R", price=NAME), name=f"{NAME}.csv")
    bring(desk, shop, ORDERS, order("A", city=f"{NAME}-Plage"), order("B"), at=OLD + DAY)
    bring(desk, shop, ORDERS, order("A", city="Nice"), order("B"), at=OLD + 2 * DAY)
    told = f"I am {NAME}"
    at = f"{OLD:%Y-%m-%dT%H:%M:%SZ}"
    bring(desk, shop, INQUIRIES, f"Q1;A;{at};{at};{told};{told};N;{NAME}", f"Q2;;{at};{at};{told};{told};N;{NAME}")
    bring(desk, shop, INQUIRIES, f"Q1;A;{at};{at};again;{told}!;N;{NAME}", at=OLD + DAY)
    cases.add(desk, LEA, OrderKey(shop, "A"), DecisionKind.NOTE, f"{NAME} rang", OLD)


def told(desk: Desk) -> dict[str, list[tuple]]:
    """All rows of all tables."""
    with reading(desk.engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=str)
            for table in metadata.sorted_tables
        }


def naming(desk: Desk) -> set[str]:
    """The tables in which the name stands."""
    return {table for table, rows in told(desk).items() if NAME in str(rows)}


def figures_of(orders: list[tuple]) -> list[tuple]:
    """The rows without the number that was made of all that a file said, the buyer included."""
    place = [column.name for column in metadata.tables["orders"].c].index("digest")
    return [row[:place] + row[place + 1 :] for row in orders]


@pytest.mark.rule("XX-P1")
def test_what_is_older_than_its_days_goes_from_every_table(any_desk: Desk, shop: int) -> None:
    filled(any_desk, shop)
    assert naming(any_desk) == PLACES
    before = told(any_desk)
    orders, gone = privacy.wipe_due(any_desk, ANA, NOON)
    assert orders == 2
    assert naming(any_desk) == set()
    after = told(any_desk)
    for figures in ("order_lines", "order_days", "shops"):
        assert before[figures] == after[figures]
    assert figures_of(before["orders"]) == figures_of(after["orders"])
    assert [row[3] for row in after["decisions"]] == ["note"]
    assert gone["buyers"] == 2
    assert privacy.wipe_due(any_desk, ANA, NOON) == (0, dict.fromkeys(privacy.COUNTS, 0))


@pytest.mark.rule("XX-P1")
def test_one_order_goes_on_a_persons_word_and_the_others_stay(any_desk: Desk, shop: int) -> None:
    filled(any_desk, shop)
    key = OrderKey(shop, "A")
    soon = OLD + 3 * DAY
    assert privacy.status(any_desk, key, soon).kept_by == "not_yet"
    at = any_desk.revision()
    looked = privacy.look(any_desk, ANA, key, soon)
    assert any_desk.revision() == at
    assert privacy.wipe_order(any_desk, ANA, key, soon) == looked
    assert looked["buyers"] == 1
    assert looked["notes"] == looked["files"] == 1
    after = told(any_desk)
    assert [row[1] for row in after["buyers"]] == ["B"]
    about = [row for rows in after.values() for row in rows if "A" in row or "Q1" in row]
    assert NAME not in str(about)
    assert privacy.status(any_desk, key, soon).wiped_at == soon
    assert not privacy.wipe_order(any_desk, ANA, key, soon)["buyers"]


@pytest.mark.rule("XX-P1")
def test_what_still_runs_is_not_wiped_before_it_ends(desk: Desk) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    at = f"{OLD:%Y-%m-%dT%H:%M:%SZ}"
    numbers = ["OPEN", "RETURN", "ASKED", "DISPUTE", "DONE"]
    bring(desk, shop, ORDERS, *(order(number, "to_ship" if number == "OPEN" else "shipped") for number in numbers))
    bring(desk, shop, RETURNS, f"RETURN;R1;S;{at};Retraction;I am {NAME}")
    bring(desk, shop, INQUIRIES, f"Q1;ASKED;{at};{at};x;I am {NAME};Y;{NAME}")
    until = f"{NOON + DAY:%Y-%m-%dT%H:%M:%SZ}"
    head = "Dispute number;Order number;Opened at;Respond by;Status;Reason;Note"
    bring(desk, shop, head, f"D1;DISPUTE;{at};{until};OPEN;x;I am {NAME}")
    assert privacy.wipe_due(desk, ANA, NOON)[0] == 1
    why = {"OPEN": "order_open", "RETURN": "return_open", "ASKED": "inquiry_open", "DISPUTE": "dispute_open"}
    for number, kept_by in why.items():
        assert privacy.status(desk, OrderKey(shop, number), NOON).kept_by == kept_by
        with pytest.raises(privacy.Kept, match="afterwards"):
            privacy.wipe_order(desk, ANA, OrderKey(shop, number), NOON)
    assert {row[1] for row in told(desk)["buyers"]} == why.keys()
    names = {"OPEN": [], "RETURN": ["R1"], "ASKED": ["Q1"], "DISPUTE": ["D1"]}
    for number, named in names.items():
        assert privacy.running(desk, OrderKey(shop, number), NOON)["name"].to_list() == named
    held = {row["order_number"]: row for row in privacy.held(desk, shop, NOON).iter_rows(named=True)}
    del names["DISPUTE"]  # its last day to answer is an event of the order: its days are not over
    assert {number: row["kept_by"] for number, row in held.items()} == {number: why[number] for number in names}
    assert {number: row["running"] for number, row in held.items()} == {
        number: ", ".join(named) or None for number, named in names.items()
    }
    days = privacy.retention(desk, shop, NOON).days
    assert privacy.status(desk, OrderKey(shop, "DISPUTE"), NOON + (days + 3) * DAY).kept_by is None


@pytest.mark.rule("XX-P1")
def test_the_last_day_is_kept_whole(desk: Desk) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    bring(desk, shop, ORDERS, order("A"))
    privacy.save_retention(desk, ANA, shop, 30, 0, NOON)
    last = OLD.replace(hour=0) + 31 * DAY
    assert privacy.wipe_due(desk, ANA, last - dt.timedelta(seconds=1))[0] == 0
    assert privacy.wipe_due(desk, ANA, last)[0] == 1


def test_each_shop_sets_its_days_and_the_record_says_who(desk: Desk) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    assert privacy.retention(desk, shop, NOON) == privacy.Retention(730, own=False, version=0)
    privacy.save_retention(desk, ANA, shop, 30, 0, NOON)
    assert privacy.retention(desk, shop, NOON) == privacy.Retention(30, own=True, version=1)
    assert ("Ana", "setting_saved") in [row[2:3] + row[4:5] for row in told(desk)["record"]]
    with pytest.raises(Stale):
        privacy.save_retention(desk, ANA, shop, 60, 0, NOON)
    with pytest.raises(settings.Unclear):
        privacy.save_retention(desk, ANA, shop, 0, 1, NOON)
    key = OrderKey(shop, "A")
    for refused in (
        lambda: privacy.save_retention(desk, LEA, shop, 60, 1, NOON),
        lambda: privacy.wipe_order(desk, LEA, key, NOON),
        lambda: privacy.look(desk, LEA, key, NOON),
        lambda: privacy.wipe_due(desk, LEA, NOON),
    ):
        with pytest.raises(NotAllowed):
            refused()


@pytest.mark.rule("XX-P1")
def test_no_file_brings_a_wiped_buyer_back_and_each_is_counted(any_desk: Desk, shop: int) -> None:
    filled(any_desk, shop)
    key = OrderKey(shop, "A")
    privacy.wipe_due(any_desk, ANA, NOON)
    at = f"{OLD:%Y-%m-%dT%H:%M:%SZ}"
    for n in range(2):  # the second time it only confirms
        bring(any_desk, shop, ORDERS, order("A", city="Metz", money=NAME), order("N"), f"x{n};", at=NOON + n * DAY)
        codes = imports.findings(any_desk, int(imports.history(any_desk)["id"].max()))
        assert codes.filter(code="buyer_wiped")["order_number"].to_list() == ["A"]
    bring(any_desk, shop, INQUIRIES, f"Q1;A;{at};{at};x;I am {NAME};N;{NAME}", at=NOON)
    after = told(any_desk)
    assert [row[1] for row in after["buyers"]] == ["N"]
    assert naming(any_desk) <= {"buyers", "rejected_rows"}
    assert cases.case(any_desk, key, NOON).buyer is None
    new = f"{NOON + DAY:%Y-%m-%dT%H:%M:%SZ}"
    bring(any_desk, shop, INQUIRIES, f"Q9;A;{new};{new};x;now;N;{NAME}", at=NOON + DAY)  # it began after the wipe
    assert len(told(any_desk)["record_texts"]) == 3


def test_a_preview_from_before_the_wipe_brings_nothing_back(desk: Desk) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    bring(desk, shop, ORDERS, order("A"))
    seen = imports.preview(desk, shop, "b.csv", "\n".join([ORDERS, order("A", city="Metz")]).encode(), NOON)
    privacy.wipe_due(desk, ANA, NOON)
    imports.write(desk, ANA, seen, NOON)
    assert NAME not in str(told(desk))


def test_undoing_an_import_says_what_does_not_come_back(any_desk: Desk, shop: int) -> None:
    filled(any_desk, shop)
    privacy.wipe_due(any_desk, ANA, NOON)
    for import_id in reversed(imports.history(any_desk).filter("undoable")["id"].sort().to_list()):
        plan = undo.look(any_desk, import_id)
        assert undo.wiped(any_desk, plan) >= 1
        undo.run(any_desk, ANA, import_id, NOON)
        assert naming(any_desk) == set()
    bring(any_desk, shop, ORDERS, order("A"), at=NOON)  # even when the order itself was undone
    assert naming(any_desk) == set()


def test_the_bytes_are_not_in_the_files_of_the_base_any_more(desk: Desk) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    filled(desk, shop)
    files = [Path(f"{desk.engine.url.database}{end}") for end in ("", "-wal", ".jobs", ".jobs-wal")]

    def written() -> bytes:
        return b"".join(file.read_bytes() for file in files if file.exists())

    jobs.start(desk, ANA, shop, f"{NAME}.csv", b"x", OLD)
    assert NAME.encode() in written()
    privacy.wipe_due(desk, ANA, NOON)
    assert NAME.encode() not in written()


def test_of_several_servers_one_wipes_and_only_once_an_hour(any_desk: Desk, shop: int, ready_url: str) -> None:
    filled(any_desk, shop)
    assert privacy.scheduled(ready_url)
    assert naming(any_desk) == set()
    assert not privacy.scheduled(ready_url)
    assert [row[2] for row in told(any_desk)["record"] if row[4] == "personal_wiped"] == ["schedule"] * 2


def test_the_command_wipes_what_is_due_or_one_order(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    shop = settings.add_shop(desk, ANA, "aliexpress", "Lumina")
    bring(desk, shop, ORDERS, order("A"), order("B"), order("C", "to_ship"))
    base = ["--database", str(desk.engine.url)]
    assert main(["wipe", "--shop", "Lumina", "--order", "A", *base]) == 0
    assert "1 buyers" in capsys.readouterr().out
    assert main(["wipe", "--due", *base]) == 0
    assert "1 orders" in capsys.readouterr().out
    for wrong, said in (("C", "still open"), ("none", "has no order")):
        assert main(["wipe", "--shop", "Lumina", "--order", wrong, *base]) == 2
        assert said in capsys.readouterr().err
    assert main(["wipe", "--shop", "None", "--order", "A", *base]) == 2
    assert main(["wipe", "--order", "A", *base]) == 2
