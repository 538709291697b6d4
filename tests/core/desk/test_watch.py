"""A watched folder takes each file once, whatever its name, and leaves its findings beside it."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.cli import main
from core.desk import imports, privacy, settings
from core.desk.base import Desk, Person
from core.desk.watch import Watch
from tests.core.desk.conftest import NOON, export

GOOD = export(("A", NOON, "À accepter"), ("B", NOON, "À accepter"))
BAD_ROW = "X;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n".encode("cp1252")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(desk: Desk, inbox: Path) -> Watch:
    return Watch(desk, Person("Léa"), settings.add_shop(desk, Person("Léa"), "cdiscount", "Lumina"), inbox)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def take(watch: Watch) -> list[str]:
    return [taken.path.name for _ in range(2) for taken in watch.look(lambda: NOON)]


def test_a_file_is_taken_when_it_has_stopped_growing(watch: Watch, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(GOOD[:50])
    assert list(watch.look(lambda: NOON)) == []
    (inbox / "a.csv").write_bytes(GOOD)
    assert list(watch.look(lambda: NOON)) == []
    assert watch.waiting
    assert [taken.said for taken in watch.look(lambda: NOON)] == ["2 new, 0 changed, 0 unchanged, 0 older, 0 rejected"]
    assert names(inbox) == ["done/a.csv"]


def test_findings_and_rejected_rows_lie_beside_a_rejected_file_and_mended_they_go_in(
    watch: Watch, inbox: Path, desk: Desk
) -> None:
    (inbox / "a.csv").write_bytes(GOOD + BAD_ROW)
    (inbox / "b.csv").write_bytes(b"nothing known\n1\n")
    take(watch)
    beside = ["a.csv", "a.csv.findings.csv", "a.csv.rejected.csv", "b.csv", "b.csv.why.txt"]
    assert names(inbox) == [f"rejected/{name}" for name in beside]
    mended = (inbox / "rejected" / "a.csv.rejected.csv").read_bytes().replace(b"31/02/2026", b"28/02/2026")
    (inbox / "mended.csv").write_bytes(mended)
    take(watch)
    assert "done/mended.csv" in names(inbox)
    assert sorted(imports.history(desk)["new"]) == [1, 2]


@pytest.mark.rule("XX-P1")
def test_what_was_taken_goes_when_the_shop_s_days_are_over(watch: Watch, inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.csv").write_bytes(GOOD + BAD_ROW)
    os.utime(inbox / "a.csv", (0, 0))
    (inbox / "waiting.tmp").mkdir()
    take(watch)
    privacy.save_retention(watch.desk, Person("Léa"), watch.shop_id, 30, 0, NOON)
    (inbox / "new.csv").write_bytes(b"nothing known")
    os.utime(inbox / "new.csv", (0, 0))
    day = NOON.replace(hour=0)
    assert list(watch.look(lambda: day + dt.timedelta(days=30, hours=23))) == []
    assert len(names(inbox)) == 4
    list(watch.look(lambda: day + dt.timedelta(days=31, hours=1)))
    assert [name for name in names(inbox) if "a.csv" in name] == []
    assert "rejected/new.csv" in names(inbox)


def test_the_same_bytes_go_in_once_also_after_a_restart(watch: Watch, inbox: Path, desk: Desk) -> None:
    (inbox / "a.csv").write_bytes(GOOD)
    take(watch)
    (inbox / "a.csv").write_bytes(GOOD)
    again = Watch(desk, watch.person, watch.shop_id, inbox)
    assert take(again) == ["a-2.csv"]
    assert imports.history(desk).height == 1


def test_links_hidden_files_and_folders_are_left_alone(watch: Watch, inbox: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_bytes(GOOD)
    (inbox / "link.csv").symlink_to(outside)
    (inbox / ".hidden.csv").write_bytes(GOOD)
    (inbox / "folder").mkdir()
    assert take(watch) == []
    (inbox / "a.csv").write_bytes(GOOD)
    (inbox / "done").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="link"):
        take(watch)


def test_once_takes_all_and_says_with_its_exit_code_whether_all_went_in(tmp_path: Path, inbox: Path) -> None:
    command = ["watch", str(inbox), "--shop", "Lumina", "--marketplace", "cdiscount", "--once", "--seconds", "0.01"]
    command += ["--database", f"sqlite:///{tmp_path}/desk.db"]
    (inbox / "a.csv").write_bytes(GOOD)
    assert main(command) == 0
    (inbox / "b.csv").write_bytes(GOOD + BAD_ROW)
    assert main(command) == 1
    assert names(inbox)[0] == "done/a.csv"


def test_a_signal_ends_it_cleanly(tmp_path: Path, inbox: Path) -> None:
    command = [sys.executable, "-m", "core", "watch", str(inbox), "--shop", "L", "--marketplace", "cdiscount"]
    process = subprocess.Popen([*command, "--seconds", "0.05", "--database", f"sqlite:///{tmp_path}/desk.db"])
    (inbox / "a.csv").write_bytes(GOOD)
    end = time.monotonic() + 30
    while not (inbox / "done" / "a.csv").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
