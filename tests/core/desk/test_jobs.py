"""Imports in a process of their own: real processes, watched from outside."""

import contextlib
import datetime as dt
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.desk import imports, jobs, record, settings, undo
from core.desk.base import Desk, NotAllowed, Person, open_desk, utc_now
from core.store import jobs as store
from core.store.engine import writing
from tests.core.desk.conftest import NOON, export

LEA = Person("Léa", "lead")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def any_desk(empty_url: str) -> Iterator[Desk]:
    opened = open_desk(empty_url)
    yield opened
    shutil.rmtree(jobs._spool(opened))
    opened.engine.dispose()


def big(rows: int, first: int = 0) -> bytes:
    return export(*((f"N{n:06}", NOON - n % 9_000 * SECOND, "À accepter") for n in range(first, first + rows)))


def shop_of(desk: Desk) -> int:
    return settings.add_shop(desk, LEA, "cdiscount", "Lumina")


def until(
    desk: Desk, done: Callable[[dict[str, Any]], bool], at: Callable[[], dt.datetime] = utc_now
) -> dict[str, Any]:
    """The newest job as soon as it is as wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        job = jobs.jobs(desk, utc_now()).row(0, named=True)
        if done(job):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def ended(job: dict[str, Any]) -> bool:
    return job["stage"] not in jobs.RUNNING


def orders_in(desk: Desk) -> int:
    with desk.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()


def worker_of(job_id: str) -> int:
    """The process of a job, as the system lists it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if job_id.encode() in entry.read_bytes():
                    return int(entry.parent.name)
            except OSError:
                continue
        time.sleep(0.02)
    raise AssertionError(job_id)


def leftovers(desk: Desk) -> list[Path]:
    return list(jobs._spool(desk).iterdir())


def test_a_job_tells_its_rows_and_ends_with_its_import_and_without_the_upload(any_desk: Desk) -> None:
    shop = shop_of(any_desk)
    data = big(300) + "X;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n".encode("cp1252")
    from_afar = replace(LEA, origin="web 192.0.2.7")
    job_id = jobs.start(any_desk, from_afar, shop, "../../a.csv", data, utc_now())
    job = until(any_desk, ended)
    assert record.look(any_desk, record.Wanted(what="file_imported")).rows["origin"].to_list() == ["web 192.0.2.7"]
    assert (job["id"], job["stage"], job["person"], job["file_name"]) == (job_id, "done", "Léa", "../../a.csv")
    assert (job["rows_done"], job["rows_total"], job["error"]) == (300, 300, None)
    history = imports.history(any_desk).row(0, named=True)
    assert (history["id"], history["new"], history["rejected"]) == (job["import_id"], 300, 1)
    until(any_desk, lambda _: not leftovers(any_desk))


def test_while_a_colleague_holds_the_base_the_job_is_seen_and_a_cancel_leaves_nothing(any_desk: Desk) -> None:
    shop = shop_of(any_desk)
    with writing(any_desk.engine):
        job_id = jobs.start(any_desk, LEA, shop, "a.csv", big(2_000), utc_now())
        until(any_desk, lambda job: job["stage"] != "waiting" or job["heartbeat"] > job["started_at"])
        jobs.cancel(any_desk, LEA, job_id)
    assert until(any_desk, ended)["stage"] == "cancelled"
    assert orders_in(any_desk) == 0
    until(any_desk, lambda _: not leftovers(any_desk))


def test_a_run_that_was_killed_is_dead_when_its_lease_is_over_and_what_it_left_is_removed(desk: Desk) -> None:
    shop = shop_of(desk)
    job_id = jobs.start(desk, LEA, shop, "a.csv", big(50_000), utc_now())
    os.kill(worker_of(job_id), signal.SIGKILL)
    later = utc_now() + 2 * jobs.LEASE
    assert jobs.jobs(desk, utc_now())["stage"][0] in jobs.RUNNING
    assert jobs.jobs(desk, later)["stage"].to_list() == ["dead"]
    assert leftovers(desk)
    jobs.clean(desk, later)
    assert (leftovers(desk), orders_in(desk)) == ([], 0)


def test_a_run_that_died_after_its_commit_is_shown_with_its_import(desk: Desk) -> None:
    shop = shop_of(desk)
    jobs.start(desk, LEA, shop, "a.csv", big(3), utc_now())
    done = until(desk, ended)
    with jobs._board(desk) as board, store.changing(board) as connection:
        store.note(connection, done["id"], stage="writing", import_id=None)
    assert jobs.jobs(desk, utc_now() + 2 * jobs.LEASE).select("stage", "import_id").rows() == [
        ("done", done["import_id"])
    ]


@pytest.mark.parametrize(
    ("data", "mode", "code"),
    [
        (b"no export\n1\n", imports.GOOD_ROWS, "no_header"),
        (big(2) + b"X;31/02/2026 09:00:00;A;Y;1;10,00;2,50\n", imports.WHOLE_FILE, "rows_rejected"),
    ],
)
def test_a_refused_file_says_why_and_writes_nothing(desk: Desk, data: bytes, mode: str, code: str) -> None:
    jobs.start(desk, LEA, shop_of(desk), "a.csv", data, utc_now(), mode=mode)
    job = until(desk, ended)
    assert (job["stage"], job["error"]["code"]) == ("refused", code)
    assert orders_in(desk) == 0


def both_at_once(desk: Desk, shop: int, *files: bytes) -> list[str]:
    """Import files in processes that have all compared with the same base before the first of them may write."""
    with writing(desk.engine):
        for data in files:
            jobs.start(desk, LEA, shop, "a.csv", data, utc_now())
        until(desk, lambda _: set(jobs.jobs(desk, utc_now())["stage"]) == {"comparing"})
        time.sleep(1)  # from telling the stage to waiting for the lock
    until(desk, lambda _: not set(jobs.jobs(desk, utc_now())["stage"]) & set(jobs.RUNNING))
    return list(jobs.jobs(desk, utc_now())["stage"])


def test_two_imports_at_once_both_end_right_whoever_writes_first(any_desk: Desk) -> None:
    """A thousand orders are in both files, and the newer file says otherwise of them."""
    shop = shop_of(any_desk)
    newest = utc_now().replace(microsecond=0) - dt.timedelta(days=1)
    made = {f"N{n:06}": newest - n * SECOND for n in range(3_000)}
    newer = export(*((number, at, "À accepter") for number, at in made.items() if at > newest - 2_000 * SECOND))
    older = export(*((number, at, "Expédiée") for number, at in made.items() if at <= newest - 1_000 * SECOND))
    assert both_at_once(any_desk, shop, newer, older) == ["done", "done"]
    history = imports.history(any_desk).sort("id")
    assert history["new"].to_list() == [2_000, 1_000]
    second = {name: history[name][1] for name in ("changed", "older", "unchanged")}
    changed, left = (1_000, 0) if history["as_of"][1] == newest else (0, 1_000)
    assert second == {"changed": changed, "older": left, "unchanged": 0}
    with any_desk.engine.connect() as connection:
        for table in (
            "SELECT state, count(*) FROM orders GROUP BY 1",
            "SELECT state, sum(orders) FROM order_days GROUP BY 1",
        ):
            assert dict(map(tuple, connection.exec_driver_sql(table))) == {"to_accept": 2_000, "shipped": 1_000}
    for number in history["id"]:
        undo.run(any_desk, LEA, number, utc_now())
    assert orders_in(any_desk) == 0


def test_two_people_with_the_same_file_at_once_write_it_once(any_desk: Desk) -> None:
    shop = shop_of(any_desk)
    assert both_at_once(any_desk, shop, big(500), big(500)) == ["done", "done"]
    assert imports.history(any_desk)["new"].to_list() == [500]
    assert jobs.jobs(any_desk, utc_now())["import_id"].to_list() == [imports.history(any_desk)["id"][0]] * 2


def test_jobs_need_permission(desk: Desk) -> None:
    guest = Person("Guest", "viewer")
    with pytest.raises(NotAllowed):
        jobs.start(desk, guest, 1, "a.csv", b"x", utc_now())
    with pytest.raises(NotAllowed):
        jobs.cancel(desk, guest, "x")


def test_a_big_file_is_one_above_the_setting(desk: Desk) -> None:
    assert [jobs.is_big(desk, size) for size in (5 * 1024 * 1024, 5 * 1024 * 1024 + 1)] == [False, True]
    settings.save_intake_limits(desk, Person("Léa"), settings.IntakeLimits(job_megabytes=6), 0)
    assert not jobs.is_big(desk, 5 * 1024 * 1024 + 1)


def server_at_work(desk: Desk) -> bool:
    """Whether PostgreSQL still does what the killed process asked for last."""
    if desk.engine.dialect.name == "sqlite":
        return False
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with desk.engine.connect() as connection:
        return connection.exec_driver_sql(f"{busy} AND state <> 'idle'").scalar_one() > 0


def killed_somewhere(desk: Desk, shop: int, chance: random.Random, rows: int, at_write: bool) -> None:
    """Start an import of ``rows`` orders and kill its process at a random moment; then nothing or all is there."""
    job_id = jobs.start(desk, LEA, shop, "a.csv", big(rows), utc_now())
    process = worker_of(job_id)
    if at_write:
        until(desk, lambda job: job["stage"] not in ("waiting", "reading", "comparing"))
        time.sleep(chance.random() * 0.4)
    else:
        time.sleep(chance.random() * 2.5)
    with contextlib.suppress(ProcessLookupError):  # it may have ended
        os.kill(process, signal.SIGKILL)
    until(desk, lambda _: not server_at_work(desk))
    with desk.engine.connect() as connection:
        counts = {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("imports", "orders", "order_lines", "order_days", "findings", "rejected_rows")
        }
        days = connection.exec_driver_sql("SELECT coalesce(sum(orders), 0) FROM order_days").scalar_one()
    if counts["imports"]:
        assert (counts["orders"], counts["order_lines"], days) == (rows, rows, rows)
        undo.run(desk, LEA, imports.history(desk)["id"][0], utc_now())
    else:
        assert set(counts.values()) == {0}
    jobs.clean(desk, utc_now() + 2 * jobs.LEASE)
    assert leftovers(desk) == []


@pytest.mark.parametrize("at_write", [False, True], ids=["anywhere", "while writing"])
def test_a_killed_import_leaves_nothing_and_the_next_one_goes_in(any_desk: Desk, at_write: bool) -> None:
    shop = shop_of(any_desk)
    killed_somewhere(any_desk, shop, random.Random(48), 40_000, at_write)
    assert orders_in(any_desk) == 0
    assert imports.write(any_desk, LEA, imports.preview(any_desk, shop, "a.csv", big(10), NOON), NOON).new == 10


@pytest.mark.long
def test_killed_many_times_at_random_moments_it_never_leaves_a_part(any_desk: Desk) -> None:
    """As often as goes into a minute on each base, at least ten times."""
    chance = random.Random()  # other moments in every run; that a kill leaves nothing holds at each
    shop = shop_of(any_desk)
    end, turns = time.monotonic() + 60, 0
    while turns < 10 or time.monotonic() < end:
        with any_desk.engine.begin() as connection:  # what an undo leaves of the run before
            for table in ("rejected_rows", "findings", "undo_raises", "undo_layers", "orders", "imports"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql("DELETE FROM order_days")
        killed_somewhere(any_desk, shop, chance, chance.choice((8_000, 20_000, 40_000)), at_write=chance.random() < 0.6)
        turns += 1
