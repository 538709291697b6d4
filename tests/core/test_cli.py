"""The command line: output for machines, messages beside it, exit codes that mean something."""

import json
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import DONE, REJECTED, WRONG_USE, main
from core.desk import import_command, imports, mappings, rejects
from core.desk.base import Person, open_desk
from core.desk.mappings import Mapping
from tests.core.desk.conftest import HEADER, NOON

HEAD = "Rapport\n\n" + HEADER + "\n"
GOOD = HEAD + "A1;10/11/2026 14:05:00;À accepter;X;1;10,00;2,50\nB2;11/11/2026 09:00:00;À accepter;Y;1;10,00;2,50\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def base(tmp_path: Path) -> list[str]:
    return ["--database", f"sqlite:///{tmp_path}/desk.db"]


def run_import(export: Path, base: list[str], *more: str) -> int:
    return main(["import", str(export), "--shop", "Lumina", "--marketplace", "cdiscount", "--json", *base, *more])


def test_import_says_its_counts_as_one_object_a_file(
    export: Path, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_import(export, base) == DONE
    said = json.loads(capsys.readouterr().out)
    assert said["as_of"] == "2026-11-11T08:00:00Z"
    assert (said["read"], said["new"], said["changed"], said["unchanged"], said["rejected"]) == (2, 2, 0, 0, 0)
    assert said["format"] == "cdiscount_orders"


def test_a_dry_run_writes_nothing(export: Path, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run_import(export, base, "--dry-run")
    capsys.readouterr()
    assert main(["queue", "--json", *base]) == DONE
    assert json.loads(capsys.readouterr().out) == []


def test_the_queue_comes_soonest_first(export: Path, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run_import(export, base)
    capsys.readouterr()
    assert main(["queue", "--at", "2026-11-12T12:00:00+01:00", "--json", *base]) == DONE
    first, second = json.loads(capsys.readouterr().out)
    assert (first["case"], first["kind"], first["band"], first["rule"]) == ("A1", "accept_order", "now", "CD-O1")
    assert first["due_at"] == "2026-11-12T13:05:00Z"
    assert first["seconds_left"] == 2 * 3600 + 5 * 60
    assert second["case"] == "B2"


def test_rejected_rows_give_exit_code_1(export: Path, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    export.write_text(GOOD + "C3;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n", encoding="utf-8")
    assert run_import(export, base) == REJECTED
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(row["line"], "31/02/2026" in row["sentence"]) for row in found] == [(6, True)]


def test_the_record_is_verified_and_its_head_proves_it_later(
    export: Path, base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-record", *base]) == DONE
    assert capsys.readouterr().out == "0\n"
    run_import(export, base)
    capsys.readouterr()
    assert main(["verify-record", *base]) == DONE
    head, said = capsys.readouterr()
    assert re.fullmatch(r"2:[0-9a-f]{64}\n", head)
    assert said == "2 rows of the record: it holds.\n"
    assert main(["verify-record", "--expect", head.strip(), *base]) == DONE
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        connection.execute("DELETE FROM record_values WHERE n = 2")
        connection.execute("DELETE FROM record WHERE n = 2")
    connection.close()
    capsys.readouterr()
    assert main(["verify-record", *base]) == DONE
    assert main(["verify-record", "--expect", head.strip(), *base]) == REJECTED
    assert "The end was cut off: row 2 and those after it are gone." in capsys.readouterr().err
    assert main(["verify-record", "--expect", "x", *base]) == WRONG_USE
    (tmp_path / "desk.db.key").unlink()
    assert main(["verify-record", *base]) == WRONG_USE
    assert "the key of its record is not there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["queue", "--at", "yesterday"], ["nothing"], [], ["import", "x", "--shop", "a", "--marketplace", "ebay"]]
)
def test_wrong_use_gives_exit_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == WRONG_USE


def test_an_unknown_shop_and_a_missing_file_give_exit_code_2(
    tmp_path: Path, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue", "--shop", "Nobody", *base]) == WRONG_USE
    assert run_import(tmp_path / "absent.csv", base) == WRONG_USE
    assert "absent.csv" in capsys.readouterr().err


def test_the_sample_month_can_be_written_and_imported(
    tmp_path: Path, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", str(tmp_path / "month")]) == DONE
    assert capsys.readouterr().out.count("--marketplace") == 3
    assert run_import(tmp_path / "month" / "lumina-maison.csv", base) == DONE


def test_rules_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--json"]) == DONE
    listed = {row["key"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed["accept_within_hours"]["value"] == "48"
    assert all(row["source"] for row in listed.values())


def test_it_runs_as_a_module(base: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "core", "migrate", *base], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (DONE, "")


SAMPLES = Path(__file__).parents[2] / "data" / "samples"
MARKETPLACES = ("cdiscount", "amazon", "aliexpress")
APART = {"amazon_fba_returns.csv", "amazon_fba_shipments.txt"}
"""Files that are recognised and kept away from a seller's clocks."""


@pytest.mark.parametrize("marketplace", MARKETPLACES)
def test_every_sample_file_is_imported_into_its_marketplace_or_refused_with_a_sentence(
    marketplace: str, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Files of no single marketplace go into each that they have rows of."""
    files = sorted(SAMPLES.iterdir())
    said = ["import", *map(str, files), "--shop", "Lumina", "--marketplace", marketplace, "--zone", "Asia/Shanghai"]
    assert main([*said, "--json", *base]) == WRONG_USE
    told = capsys.readouterr()
    done = {Path(result["file"]).name: result for result in map(json.loads, told.out.splitlines())}
    for name, result in done.items():
        assert result["read"] == sum(result[count] for count in import_command.COUNTS), name
    left_out = {path.name for path in files} - set(done)
    assert left_out >= APART
    assert all(name.startswith((*MARKETPLACES, "mabang")) for name in left_out)
    assert {name for name in done if name.startswith(MARKETPLACES)} == {
        path.name for path in files if path.name.startswith(marketplace)
    } - APART
    assert all(f"{SAMPLES / name}: " in told.err for name in left_out)


def test_what_a_file_leaves_open_is_asked_on_the_command_line_and_remembered(
    base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--shop", "Lumina", "--marketplace", "aliexpress", "--json", *base]
    first = ["import", str(SAMPLES / "aliexpress_orders.xlsx"), *words]
    assert main(first) == WRONG_USE
    told = capsys.readouterr()
    assert told.out == ""
    assert "--zone: " in told.err
    assert "Asia/Shanghai" in told.err
    assert "nothing was written" in told.err
    assert main([*first, "--zone", "Mars"]) == WRONG_USE
    assert main([*first, "--zone", "Asia/Shanghai"]) == DONE
    assert main(["import", str(SAMPLES / "aliexpress_orders_older.xlsx"), *words]) in (DONE, REJECTED)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_order_of_a_date_is_asked_on_the_command_line(
    tmp_path: Path, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["Nr", "Wann", "Was"]
    path = tmp_path / "own.csv"
    path.write_text(";".join(own) + "\nA1;03/04/2026;shipped\n", encoding="utf-8")
    words = ["import", str(path), "--shop", "Lumina", "--marketplace", "amazon", "--json", *base]
    assert main(words) == WRONG_USE
    assert "Imports page" in capsys.readouterr().err
    desk = open_desk(base[1])
    mapping = Mapping("orders", dict(zip(("order_number", "created_at", "state_word"), own, strict=True)), tuple(own))
    mapping = replace(mapping, zone="Europe/Paris")
    mappings.save(desk, Person("Léa"), imports.settings.shops(desk)["id"][0], mapping, NOON)
    desk.engine.dispose()
    assert main(words) == WRONG_USE
    assert "--dates: day-first (2026-04-03), month-first (2026-03-04)" in capsys.readouterr().err
    assert main([*words, "--dates", "month-first"]) == DONE
    assert json.loads(capsys.readouterr().out)["as_of"] == "2026-03-03T23:00:00Z"


def test_an_encoding_can_be_said_and_the_rejected_rows_of_a_file_are_kept(
    export: Path, base: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SMALL", 0)
    export.write_text(GOOD + "C3;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n", encoding="mac-roman")
    assert run_import(export, base, "--encoding", "mac-roman") == REJECTED
    assert json.loads(capsys.readouterr().out)["new"] == 2
    desk = open_desk(base[1])
    assert rejects.of_import(desk, 1).rows["line"].to_list() == [6]
    desk.engine.dispose()


def test_the_whole_file_or_nothing(export: Path, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    export.write_text(GOOD + "C3;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n", encoding="utf-8")
    assert run_import(export, base, "--whole-file") == WRONG_USE
    assert "1 rows were rejected" in capsys.readouterr().err
