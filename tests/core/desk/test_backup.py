"""The whole base in one file and back, while the desk runs; what is no whole backup touches nothing."""

import hashlib
import json
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.cli import main
from core.desk import backup, cases, imports, privacy, settings
from core.desk.base import ROOT, Desk, NotAllowed, OrderKey, Person, StoreUnavailable, open_desk
from core.policy.words import DecisionKind
from core.store import chain
from core.store.engine import reading
from core.store.tables import metadata
from tests.core.desk.conftest import NOON, export

ANA = Person("Ana", "admin")
LEA = Person("Léa", "lead")
RUNNING = {"jobs", "leases", "password_links", "presence", "sessions", "revision"}


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the record is in its place, whichever base a backup comes back into."""
    monkeypatch.setenv("DESK48_RECORD_KEY", "ab" * 32)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    """Another base, on SQLite."""
    opened = open_desk(f"sqlite:///{tmp_path}/other.db")
    yield opened
    opened.engine.dispose()


def filled(desk: Desk, *numbers: str) -> int:
    shop = settings.add_shop(desk, ANA, "cdiscount", "Lumina")
    data = export(*((number, NOON, "Expédiée") for number in numbers))
    imports.write(desk, ANA, imports.preview(desk, shop, "a.csv", data, NOON), NOON)
    return shop


def told(desk: Desk) -> dict[str, list[tuple]]:
    """All rows of all tables that a backup holds, in their order."""
    with reading(desk.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table.name not in RUNNING
        }


def head(desk: Desk) -> str | None:
    with reading(desk.engine) as connection:
        return chain.head(connection)


def without_last_word(rows: dict[str, list[tuple]]) -> dict[str, list[tuple]]:
    """The same without the row of the record that says that this was restored."""
    return rows | {"record": rows["record"][:-1]}


def test_a_backup_comes_back_row_by_row_into_either_database(any_desk: Desk, other: Desk, tmp_path: Path) -> None:
    filled(any_desk, "A", "B")
    settings.save_intake_limits(any_desk, ANA, settings.IntakeLimits(), 0)
    made = backup.make(any_desk, ANA, tmp_path / "b.zip", NOON)
    held = told(any_desk)
    assert made.head == head(any_desk)
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    back = backup.bring_back(other, ANA, tmp_path / "b.zip", NOON, replace=False)
    assert back == made
    assert without_last_word(told(other)) == held
    filled(other, "C")  # new rows get numbers of their own
    filled(any_desk, "C")
    at = any_desk.revision()
    backup.bring_back(any_desk, ANA, tmp_path / "b.zip", NOON, replace=True)
    assert without_last_word(told(any_desk)) == held
    assert any_desk.revision() > at
    filled(any_desk, "D")


def test_a_backup_replaces_nothing_unasked(any_desk: Desk, tmp_path: Path) -> None:
    filled(any_desk, "A")
    path = tmp_path / "b.zip"
    backup.make(any_desk, ANA, path, NOON)
    with pytest.raises(FileExistsError, match="replaces no other file"):
        backup.make(any_desk, ANA, path, NOON)
    held = told(any_desk)
    with pytest.raises(backup.NotEmpty):
        backup.bring_back(any_desk, ANA, path, NOON, replace=False)
    for refused in (backup.make, lambda *given: backup.bring_back(*given, replace=True)):
        with pytest.raises(NotAllowed):
            refused(any_desk, LEA, tmp_path / "c.zip", NOON)
    assert told(any_desk) == held
    assert [file.name for file in tmp_path.glob("*.zip*")] == ["b.zip"]


def test_without_the_key_of_its_record_a_backup_touches_nothing(
    desk: Desk, other: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk, "A")
    backup.make(desk, ANA, tmp_path / "b.zip", NOON)
    held = told(other)
    monkeypatch.delenv("DESK48_RECORD_KEY")
    with pytest.raises(StoreUnavailable, match="Put it back"):
        backup.bring_back(other, ANA, tmp_path / "b.zip", NOON, replace=False)
    assert told(other) == held


def test_what_was_wiped_since_the_backup_stays_wiped(any_desk: Desk, tmp_path: Path) -> None:
    shop = filled(any_desk, "A", "B")
    cases.add(any_desk, ANA, OrderKey(shop, "A"), DecisionKind.NOTE, "Zylberstein rang", NOON)
    backup.make(any_desk, ANA, tmp_path / "b.zip", NOON)
    privacy.wipe_order(any_desk, ANA, OrderKey(shop, "A"), NOON)
    backup.bring_back(any_desk, ANA, tmp_path / "b.zip", NOON, replace=True)
    assert "Zylberstein" not in str(told(any_desk))


def test_under_writes_a_backup_holds_one_state_and_its_record_goes_to_its_head(
    any_desk: Desk, other: Desk, tmp_path: Path
) -> None:
    filled(any_desk, "A")
    stop = threading.Event()

    def keep_writing() -> None:
        n = 0
        while not stop.is_set():
            filled(any_desk, f"W{n}")
            n += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        made = [backup.make(any_desk, ANA, tmp_path / f"{n}.zip", NOON) for n in range(3)]
    finally:
        stop.set()
        writer.join()
    assert made[0].revision < made[1].revision < made[2].revision
    for n, one in enumerate(made):
        backup.bring_back(other, ANA, tmp_path / f"{n}.zip", NOON, replace=True)
        rows = without_last_word(told(other))
        assert f"{rows['record'][-1][0]}:{rows['record'][-1][-1]}" == one.head
        assert len(rows["orders"]) == len(rows["order_lines"]) == len(rows["imports"])
        said = [row for row in rows["record"] if row[4] == "file_imported"]
        assert len(said) == len(rows["imports"])


def packed(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with other contents: ``change`` gets the parts by name."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def manifest(parts: dict[str, bytes], **more: object) -> None:
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | more).encode()


def refilled(parts: dict[str, bytes], table: str, data: bytes) -> None:
    """Another content of a table, with the checksum that fits it."""
    said = json.loads(parts["manifest.json"])
    said["tables"][table] |= {
        "bytes": len(data), "rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()
    }  # fmt: skip
    parts[f"tables/{table}.jsonl"] = data
    parts["manifest.json"] = json.dumps(said).encode()


def renamed(parts: dict[str, bytes]) -> None:
    said = json.loads(parts["manifest.json"])
    said["tables"]["../../evil"] = said["tables"].pop("shops")
    parts["manifest.json"] = json.dumps(said).encode()
    parts["tables/../../evil.jsonl"] = parts.pop("tables/shops.jsonl")


HOSTILE: dict[str, Callable[[dict[str, bytes]], None]] = {
    "another checksum": lambda parts: parts.update({"tables/orders.jsonl": parts["tables/orders.jsonl"] * 2}),
    "a changed row": lambda parts: parts.update(
        {"tables/shops.jsonl": parts["tables/shops.jsonl"].replace(b"Lumina", b"Lumino")}
    ),
    "a path for a name": renamed,
    "a part more": lambda parts: parts.update({"../../evil": b"x"}),
    "a part less": lambda parts: parts.pop("tables/orders.jsonl"),
    "no manifest": lambda parts: parts.pop("manifest.json"),
    "a manifest that is none": lambda parts: parts.update({"manifest.json": b"[]"}),
    "another format": lambda parts: manifest(parts, format=2),
    "a bomb": lambda parts: refilled(parts, "orders", b" " * 40_000_000 + b"\n"),
    "rows that are none": lambda parts: refilled(parts, "shops", b"{}\n"),
    "rows that do not fit": lambda parts: refilled(parts, "shops", b'[1,null,null,"",1,1,1,1]\n'),
    "rows of nothing": lambda parts: refilled(parts, "shops", b""),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_is_no_whole_backup_touches_nothing(how: str, desk: Desk, tmp_path: Path) -> None:
    filled(desk, "A")
    path = tmp_path / "b.zip"
    backup.make(desk, ANA, path, NOON)
    filled(desk, "B")
    held = told(desk)
    packed(path, HOSTILE[how])
    with pytest.raises(backup.Damaged, match="Nothing was touched"):
        backup.bring_back(desk, ANA, path, NOON, replace=True)
    assert told(desk) == held


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_cut_file_is_refused(kept: float, desk: Desk, tmp_path: Path) -> None:
    filled(desk, "A")
    path = tmp_path / "b.zip"
    backup.make(desk, ANA, path, NOON)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    with pytest.raises(backup.Damaged):
        backup.bring_back(desk, ANA, path, NOON, replace=True)


def test_a_backup_of_newer_tables_is_refused_and_one_of_older_tables_is_brought_up(
    desk: Desk, other: Desk, tmp_path: Path
) -> None:
    filled(desk, "A")
    path = tmp_path / "b.zip"
    backup.make(desk, ANA, path, NOON)
    packed(path, lambda parts: manifest(parts, migration="9999"))
    with pytest.raises(backup.TooNew, match="cannot be restored into an older version"):
        backup.bring_back(other, ANA, path, NOON, replace=False)

    def older(parts: dict[str, bytes]) -> None:
        said = json.loads(parts["manifest.json"])
        for later in ("wiped_orders", "screens", "carrier_words", "number_spellings"):
            assert said["tables"].pop(later)["rows"] == 0
            parts.pop(f"tables/{later}.jsonl")
        parts["manifest.json"] = json.dumps(said | {"migration": "0010"}).encode()

    packed(path, older)
    backup.bring_back(other, ANA, path, NOON, replace=False)
    assert without_last_word(told(other)) == told(desk)


def test_a_backup_knows_every_table_of_the_base_whatever_else_was_imported(desk: Desk) -> None:
    script = "from core.store import backup, tables; print(*tables.metadata.tables)"
    known = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {*known.stdout.split(), "alembic_version"} == set(sa.inspect(desk.engine).get_table_names())


def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["--database", f"sqlite:///{tmp_path}/desk.db"]
    desk = open_desk(base[1])
    filled(desk, "A")
    assert main(["backup", str(tmp_path / "b.zip"), *base]) == 0
    assert (head(desk) or "?") in capsys.readouterr().out
    assert main(["backup", str(tmp_path / "b.zip"), *base]) == 2
    assert "replaces no other file" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "b.zip"), *base]) == 2
    assert "say --replace" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "b.zip"), "--replace", *base]) == 0
    assert main(["restore", str(tmp_path / "none.zip"), "--replace", *base]) == 2
    desk.engine.dispose()


MEASURED = """
import resource, sys
from pathlib import Path
from core.desk import backup
from core.desk.base import Person, open_desk, utc_now
desk, path = open_desk(sys.argv[1]), Path(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if path.exists():
    backup.bring_back(desk, Person("Ana"), path, utc_now(), replace=True)
else:
    backup.make(desk, Person("Ana"), path, utc_now())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.long
def test_a_big_base_is_never_whole_in_memory(any_desk: Desk, tmp_path: Path) -> None:
    filled(any_desk, *(f"N{n:07}" for n in range(150_000)))
    held, url = told(any_desk), any_desk.engine.url.render_as_string(hide_password=False)
    for _ in ("backup", "restore"):
        command = [sys.executable, "-c", MEASURED, url, str(tmp_path / "b.zip")]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert int(run.stdout) < 120  # MB; the rows of this base are 300
    now = told(any_desk)
    assert now["orders"] == held["orders"]
    assert now["order_lines"] == held["order_lines"]


KILLED = """
import os, signal, sys
from pathlib import Path
from core.desk import backup
from core.desk.base import Person, open_desk, utc_now
from core.store import {module}
true = {module}.{function}
calls = 0
def killed(*given, **more):
    global calls
    calls += 1
    if calls == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return true(*given, **more)
{module}.{function} = killed
desk = open_desk(sys.argv[1])
{call}
"""
CALLS = {
    "backup": ("_part", "backup.make(desk, Person('Ana'), Path(sys.argv[2]), utc_now())"),
    "restore": ("_count_on", "backup.bring_back(desk, Person('Ana'), Path(sys.argv[2]), utc_now(), replace=True)"),
}


@pytest.mark.parametrize("module", CALLS)
def test_a_kill_in_the_middle_leaves_the_old_state(module: str, any_desk: Desk, tmp_path: Path) -> None:
    filled(any_desk, "A")
    path = tmp_path / "b.zip"
    if module == "restore":
        backup.make(any_desk, ANA, path, NOON)
        filled(any_desk, "B")
    held = told(any_desk)
    function, call = CALLS[module]
    script = KILLED.format(module=module, function=function, call=call).replace(
        f"from core.store import {module}\n", f"import core.store.{module}\n"
    )
    script = script.replace(f"{module}.{function}", f"core.store.{module}.{function}")
    url = any_desk.engine.url.render_as_string(hide_password=False)
    run = subprocess.run([sys.executable, "-c", script, url, str(path)], cwd=ROOT, check=False)
    assert run.returncode == -signal.SIGKILL
    assert path.exists() == (module == "restore")
    now = told(any_desk)
    if module == "backup":  # that it was begun is in the record
        assert now["record"][-1][4] == "backup_made"
        now = without_last_word(now) | {"record_values": now["record_values"][:-1]}
    assert now == held
    filled(any_desk, "C")
