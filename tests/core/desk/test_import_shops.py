"""Files that hold rows of several shops: every row goes to the shop that its account is, or is told."""

from pathlib import Path

import pytest

from core.cli import DONE, REJECTED, main
from core.desk import import_shops, imports, mappings, settings, undo
from core.desk.base import Desk, NotAllowed, Person
from core.desk.import_shops import Look
from core.desk.watch import Watch
from core.intake.findings import Refused
from tests.core.desk.conftest import NOON

LEA = Person("Léa", "lead")
HEADER = "包裹号,订单号,订单状态,平台渠道,店铺账号,下单时间,SKU,产品数量\n"
ROWS = (
    "P1,406-1234567-7654321,已发货,亚马逊,FR1,2026-11-18 14:20:00,A,1\n"
    "P2,406-1234567-7654322,已发货,亚马逊,FR2,2026-11-18 14:21:00,A,1\n"
    "P3,8190000000000001,已发货,AliExpress,XinXing,2026-11-18 14:22:00,A,1\n"
    "P4,8190000000000002,已发货,AliExpress,XinXing,2026-11-18 14:23:00,A,2\n"
    "P5,X-1,已发货,eBay,shop1,2026-11-18 14:24:00,A,1\n"
)
FILE = (HEADER + ROWS).encode()


@pytest.fixture
def amazon(desk: Desk) -> int:
    """A shop of which the zone of such files is known."""
    return with_zone(desk, "amazon", "Lumina FR")


def with_zone(desk: Desk, marketplace: str, name: str) -> int:
    shop_id = settings.add_shop(desk, LEA, marketplace, name)
    mappings.answer(desk, LEA, shop_id, "dianxiaomi_orders", mappings.ZONE, "Asia/Shanghai", NOON)
    return shop_id


def look(desk: Desk, shop_id: int, data: bytes = FILE) -> Look:
    return import_shops.look(desk, shop_id, "erp.csv", data, NOON)


def assign(desk: Desk, seen: Look, **shops: int) -> None:
    said = [(part, shops[part.account]) for part in seen.parts if part.account in shops]
    import_shops.assign(desk, LEA, said, NOON)


def orders_of(desk: Desk, shop_id: int) -> list[str]:
    with desk.engine.connect() as connection:
        sql = f"SELECT order_number FROM orders WHERE shop_id = {shop_id} ORDER BY 1"
        return [row[0] for row in connection.exec_driver_sql(sql)]


def test_every_account_is_told_and_nothing_is_guessed_between_two_of_one_marketplace(desk: Desk, amazon: int) -> None:
    seen = look(desk, amazon)
    assert [(part.platform, part.account, part.rows, part.shop_id) for part in seen.parts] == [
        ("亚马逊", "FR1", 1, None), ("亚马逊", "FR2", 1, None), ("AliExpress", "XinXing", 2, None),
        ("eBay", "shop1", 1, None),
    ]  # fmt: skip
    assert seen.previews == ()
    assert [part.account for part in seen.open_parts] == ["FR1", "FR2", "XinXing"]


def test_each_shop_gets_its_rows_in_one_go_and_each_run_is_undone_alone(desk: Desk, amazon: int) -> None:
    second, ali = with_zone(desk, "amazon", "Lumina DE"), with_zone(desk, "aliexpress", "星星")
    assign(desk, look(desk, amazon), FR1=amazon, FR2=second, XinXing=ali)
    seen = look(desk, amazon)
    assert [(one.shop_id, one.read, one.new) for one in seen.previews] == [(amazon, 1, 1), (second, 1, 1), (ali, 2, 2)]
    assert seen.open_parts == ()
    import_shops.write(desk, LEA, seen, NOON)
    assert orders_of(desk, amazon) == ["406-1234567-7654321"]
    assert orders_of(desk, second) == ["406-1234567-7654322"]
    assert orders_of(desk, ali) == ["8190000000000001", "8190000000000002"]
    assert all(one.already for one in look(desk, amazon).previews)
    runs = {row["shop_id"]: row["id"] for row in imports.history(desk).iter_rows(named=True)}
    undo.run(desk, LEA, runs[ali], NOON)
    assert (orders_of(desk, ali), len(orders_of(desk, second))) == ([], 1)


def test_what_an_account_is_is_remembered_whichever_shop_is_chosen_and_can_be_changed(desk: Desk, amazon: int) -> None:
    second = with_zone(desk, "amazon", "Lumina DE")
    assign(desk, look(desk, amazon), FR1=amazon, FR2=second)
    later = (HEADER + ROWS.split("\n")[1].replace("P2", "P9")).encode()
    assert [one.shop_id for one in look(desk, amazon, later).previews] == [second]
    assign(desk, look(desk, amazon), FR2=amazon)
    seen = look(desk, amazon)
    assert [(one.shop_id, one.read) for one in seen.previews] == [(amazon, 2)]


def test_the_one_account_of_the_chosen_shops_marketplace_is_its_own(desk: Desk, amazon: int) -> None:
    alone = (HEADER + "\n".join(ROWS.split("\n")[:1]) + "\n" + ROWS.split("\n")[4]).encode()
    seen = look(desk, amazon, alone)
    assert seen.parts == ()
    assert (seen.previews[0].read, seen.previews[0].findings["code"].to_list()) == (1, ["other_marketplace"])


def test_where_a_row_of_any_shop_is_rejected_a_whole_file_writes_nothing(desk: Desk, amazon: int) -> None:
    ali = with_zone(desk, "aliexpress", "星星")
    bad = FILE.replace(b"2026-11-18 14:23:00", b"2026-13-18")
    assign(desk, look(desk, amazon, bad), FR1=amazon, XinXing=ali)
    with pytest.raises(Refused):
        import_shops.write(desk, LEA, look(desk, amazon, bad), NOON, imports.WHOLE_FILE)
    assert imports.history(desk).is_empty()


def test_an_account_is_no_shop_of_another_marketplace_and_saying_it_needs_the_right(desk: Desk, amazon: int) -> None:
    seen = look(desk, amazon)
    with pytest.raises(ValueError, match="another marketplace"):
        assign(desk, seen, XinXing=amazon)
    with pytest.raises(NotAllowed):
        import_shops.assign(desk, Person("Guest", "viewer"), [(seen.parts[0], amazon)], NOON)


def test_a_person_of_one_shop_is_not_shown_what_a_file_does_in_another(desk: Desk, amazon: int) -> None:
    second = with_zone(desk, "amazon", "Lumina DE")
    assign(desk, look(desk, amazon), FR1=amazon, FR2=second)
    mine = desk.seen_by(Person("Wang", None, {amazon: "operator"}))
    assert [one.shop_id for one in look(mine, amazon).previews] == [amazon]


def test_rows_of_a_sample_go_to_three_marketplaces(desk: Desk) -> None:
    shops = {market: with_zone(desk, market, "Lumina") for market in ("amazon", "aliexpress", "cdiscount")}
    data = (Path(__file__).parents[3] / "data" / "samples" / "dianxiaomi_orders.xlsx").read_bytes()
    seen = import_shops.look(desk, shops["amazon"], "a.xlsx", data, NOON)
    said = [(part, shops[part.marketplace]) for part in seen.parts if part.marketplace]
    import_shops.assign(desk, LEA, said, NOON)
    import_shops.write(desk, LEA, import_shops.look(desk, shops["amazon"], "a.xlsx", data, NOON), NOON)
    assert [len(orders_of(desk, shop_id)) for shop_id in shops.values()] == [1, 1, 1]


def test_the_command_line_says_whose_rows_stay_out_and_remembers_what_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "erp.csv"
    export.write_bytes(FILE)
    command = ["import", str(export), "--shop", "Lumina FR", "--marketplace", "amazon", "--zone", "Asia/Shanghai"]
    command += ["--database", f"sqlite:///{tmp_path}/desk.db"]
    assert main(command) == REJECTED
    assert "1 rows of 亚马逊, account FR2, stay out. Say whose they are with --account" in capsys.readouterr().err
    told = ["--account", "FR1=Lumina FR", "--account", "amazon:FR2=Lumina DE", "--account", "XinXing=星星"]
    assert main([*command, *told]) == DONE
    assert [line.split(": ")[1].split(",")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Lumina FR", "Lumina DE", "星星",
    ]  # fmt: skip
    export.write_bytes(FILE.replace(b"P1", b"P7"))
    assert main(command) == DONE
    assert "2 unchanged" in capsys.readouterr().out


def test_a_watched_folder_shares_a_file_out_and_says_what_is_of_no_shop(
    desk: Desk, amazon: int, tmp_path: Path
) -> None:
    ali = with_zone(desk, "aliexpress", "星星")
    assign(desk, look(desk, amazon), FR1=amazon, XinXing=ali)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "erp.csv").write_bytes(FILE)
    watch = Watch(desk, LEA, amazon, inbox)
    (taken,) = [one for _ in range(2) for one in watch.look(lambda: NOON)]
    assert (taken.clean, taken.path.parent.name) == (False, "rejected")
    assert "account FR2" in (inbox / "rejected" / "erp.csv.why.txt").read_text()
    assert (len(orders_of(desk, amazon)), len(orders_of(desk, ali))) == (1, 2)
