"""The command line: output for machines, messages beside it, exit codes that mean something."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli import DONE, REJECTED, WRONG_USE, main
from tests.core.desk.conftest import HEADER

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
