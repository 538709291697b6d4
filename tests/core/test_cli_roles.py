"""Who runs a command: the name, its role once the base knows people, and the shops that this shows."""

import argparse
import json
import re
import shutil
import uuid
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from core.cli import DONE, WRONG_USE, main
from core.desk import command, return_typing
from core.desk.access import ACTIONS, ROLES
from core.desk.base import SignedOut, open_desk
from core.store import people_tables as tables
from core.store.engine import writing
from tests.core.test_cli import GOOD

EVERY_SHOP = 0
EVERYWHERE = " everywhere"
SENT = "A1;12/11/2026 09:00:00;Expédiée;Y;1;10,00;2,50\n"
NUMBERS = "order_number,carrier,tracking_number\nX,Colissimo,6A61031888418\n"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base of the shops Lumina and Brico, each with two orders to accept and one that was sent."""
    folder = tmp_path_factory.mktemp("ready")
    for shop in ("Lumina", "Brico"):
        orders = GOOD.replace("A1", f"{shop}1").replace("B2", f"{shop}2") + SENT.replace("A1", f"{shop}3")
        (folder / f"{shop}.csv").write_text(orders, "utf-8")
        words = ["import", str(folder / f"{shop}.csv"), "--shop", shop, "--marketplace", "cdiscount"]
        assert main([*words, "--database", f"sqlite:///{folder}/desk.db"]) == DONE
    return folder


@pytest.fixture
def base(ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A copy of that base; the user of the computer is no person of it."""
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    return ["--database", f"sqlite:///{tmp_path}/desk.db"]


def people(base: list[str], **roles: dict[int, str]) -> None:
    """People with their roles by shop."""
    desk = open_desk(base[1])
    with writing(desk.engine) as connection:
        connection.execute(sa.delete(tables.roles))
        connection.execute(sa.delete(tables.people))
        for number, (name, held) in enumerate(roles.items(), 1):
            connection.execute(sa.insert(tables.people).values(id=number, name=name, created_at=0))
            for shop_id, role in held.items():
                connection.execute(sa.insert(tables.roles).values(person_id=number, shop_id=shop_id, role=role))
    desk.engine.dispose()


def commands(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """Each command that asks a role: the action that it takes ("… everywhere": over every shop), and how it is
    called."""
    (folder / "new.csv").write_text(GOOD.replace("A1", "New1").replace("B2", "New2"), "utf-8")
    (folder / "numbers.csv").write_text(NUMBERS, "utf-8")
    (folder / "returns.csv").write_bytes(return_typing.template_csv())
    (folder / "in").mkdir(exist_ok=True)
    place = ["--shop", "Lumina", "--marketplace", "cdiscount"]
    return {
        "queue": ("look", ["queue"]),
        "check-tracking": ("look", ["check-tracking", str(folder / "numbers.csv"), *place]),
        "decide-returns": ("look", ["decide-returns", str(folder / "returns.csv"), *place]),
        "import": ("import", ["import", str(folder / "new.csv"), *place]),
        "watch": ("import", ["watch", str(folder / "in"), "--once", "--seconds", "0.01", *place]),
        "verify-record": ("backup everywhere", ["verify-record"]),
        "wipe": ("privacy", ["wipe", "--shop", "Lumina", "--order", "Lumina3"]),
        "wipe --due": ("privacy", ["wipe", "--due"]),
        "backup": ("backup everywhere", ["backup", str(folder / f"{uuid.uuid4().hex}.zip")]),
        "restore": ("backup everywhere", ["restore", str(folder / "none.zip"), "--replace"]),
    }


NOBODY_S: Final = {"add-admin", "migrate", "sample", "rules"}
"""What asks no role: it is for whoever owns the server and its files, or reads no base."""


def test_every_command_is_known_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = re.findall(r"^    ([a-z-]+)\b", capsys.readouterr().out, re.MULTILINE)
    assert set(listed) == {name.split()[0] for name in commands(tmp_path)} | NOBODY_S


def test_before_the_base_knows_people_anybody_may_do_everything(base: list[str]) -> None:
    assert main(["queue", "--as", "Whoever", *base]) == DONE


@pytest.mark.parametrize("role", ["", *ROLES])
def test_a_command_asks_the_role(
    base: list[str], tmp_path: Path, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    people(base, Zoe={EVERY_SHOP: role} if role else {}, Lea={1: role} if role else {})
    for who in ("Zoe", "Lea"):
        for name, (action, words) in commands(tmp_path).items():
            capsys.readouterr()
            code = main([*words, "--as", who, *base])
            told = capsys.readouterr()
            everywhere = action.endswith(EVERYWHERE)
            may = action.removesuffix(EVERYWHERE) in ACTIONS.get(role, frozenset())
            if not may or (everywhere and who == "Lea"):
                assert (code, told.out) == (WRONG_USE, ""), (who, name)
                assert who in told.err, (who, name)
            elif name == "restore":  # the role is asked first; there is no such file
                assert "none.zip" in told.err
                assert who not in told.err
            else:
                assert code == DONE, (who, name, told.err)


def test_a_name_that_the_base_does_not_know_is_refused_and_so_is_the_user_of_the_computer(
    base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    people(base, Zoe={EVERY_SHOP: "admin"})
    capsys.readouterr()
    assert main(["queue", *base]) == WRONG_USE
    assert "root" in capsys.readouterr().err
    assert main(["queue", "--as", "Nobody", *base]) == WRONG_USE
    told = capsys.readouterr()
    assert ("Nobody" in told.err, told.out) == (True, "")


def test_a_person_of_one_shop_sees_and_imports_it_alone(
    base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people(base, Zoe={1: "operator"})
    mine = ["--as", "Zoe", *base]
    capsys.readouterr()
    assert main(["queue", "--json", *mine]) == DONE
    assert {row["shop"] for row in json.loads(capsys.readouterr().out)} == {"Lumina"}
    said = {}
    for name in ("Brico", "Nowhere"):
        assert main(["queue", "--shop", name, *mine]) == WRONG_USE
        said[name] = [capsys.readouterr().err.replace(name, "?")]
        words = commands(tmp_path)
        for command_name in ("import", "check-tracking", "decide-returns", "watch"):
            assert main([*(name if word == "Lumina" else word for word in words[command_name][1]), *mine]) == WRONG_USE
            said[name].append(capsys.readouterr().err.replace(name, "?"))
    assert said["Brico"] == said["Nowhere"]


def test_a_long_command_ends_once_the_role_is_another(base: list[str]) -> None:
    people(base, Zoe={EVERY_SHOP: "operator"})
    desk, person = command.opened(argparse.Namespace(database=base[1], name="Zoe"))
    person.require("import", 1)
    people(base, Zoe={EVERY_SHOP: "operator", 1: "viewer"})
    with pytest.raises(SignedOut):
        person.require("import", 2)
    desk.engine.dispose()
