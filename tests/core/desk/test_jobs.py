"""Imports in a process of their own: real processes, watched from outside."""

import contextlib
import datetime as dt
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.desk import imports, job_files, jobs, mappings, record, settings, undo
from core.desk.base import Desk, NotAllowed, Person, open_desk, utc_now
from core.desk.import_shops import Look
from core.store import jobs as store
from core.store.engine import writing
from core.store.write import stored
from tests.core.desk.conftest import NOON, export

LEA = Person("Léa", "lead")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def any_desk(ready_url: str) -> Iterator[Desk]:
    opened = open_desk(ready_url)
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
    return job["stage"] not in (*jobs.RUNNING, "looked")


def orders_in(desk: Desk) -> int:
    with desk.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one()


def worker_of(job_id: str) -> int:
    """The process of a job, as the system lists it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := workers_of(job_id):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(job_id)


def workers_of(job_id: str) -> list[int]:
    """The processes of a job that live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if job_id.encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
    return found


def looked(desk: Desk, shop: int, data: bytes) -> str:
    """A file that was looked at and waits; gives its job."""
    job_id = jobs.start(desk, LEA, shop, "a.csv", data, utc_now())
    until(desk, lambda job: job["id"] == job_id and job["stage"] == "looked")
    until(desk, lambda _: not workers_of(job_id))
    return job_id


def leftovers(desk: Desk) -> list[Path]:
    return list(jobs._spool(desk).iterdir())


def test_a_job_tells_its_rows_and_ends_with_its_import_and_without_the_upload(any_desk: Desk) -> None:
    shop = shop_of(any_desk)
    data = big(300) + "X;31/02/2026 09:00:00;À accepter;Y;1;10,00;2,50\n".encode("cp1252")
    job_id = jobs.start(any_desk, LEA, shop, "../../a.csv", data, utc_now())
    until(any_desk, lambda job: job["stage"] == "looked")
    assert orders_in(any_desk) == 0
    assert jobs.write(any_desk, Person("Wang", "operator", origin="web 192.0.2.7"), job_id, utc_now())
    job = until(any_desk, ended)
    assert record.look(any_desk, record.Wanted(what="file_imported")).rows["origin"].to_list() == ["web 192.0.2.7"]
    assert (job["id"], job["stage"], job["person"], job["file_name"]) == (job_id, "done", "Wang", "../../a.csv")
    assert (job["rows_done"], job["rows_total"], job["error"]) == (300, 300, None)
    history = imports.history(any_desk).row(0, named=True)
    assert (history["id"], history["new"], history["rejected"]) == (job["import_id"], 300, 1)
    until(any_desk, lambda _: not leftovers(any_desk))


def test_while_a_colleague_holds_the_base_the_job_is_seen_and_a_cancel_leaves_nothing(any_desk: Desk) -> None:
    job_id = looked(any_desk, shop_of(any_desk), big(2_000))
    with writing(any_desk.engine):
        jobs.write(any_desk, LEA, job_id, utc_now())
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
    jobs.write(desk, LEA, looked(desk, shop_of(desk), big(3)), utc_now())
    done = until(desk, ended)
    with jobs._board(desk) as board, store.changing(board) as connection:
        store.note(connection, done["id"], stage="writing", import_id=None)
    assert jobs.jobs(desk, utc_now() + 2 * jobs.LEASE).select("stage", "import_id").rows() == [
        ("done", done["import_id"])
    ]


def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(desk: Desk) -> None:
    jobs.start(desk, LEA, shop_of(desk), "a.csv", b"no export\n1\n", utc_now())
    job = until(desk, ended)
    assert (job["stage"], job["error"]["code"]) == ("refused", "no_header")
    until(desk, lambda _: not leftovers(desk))


def test_a_whole_file_of_which_a_row_is_rejected_is_not_written(desk: Desk) -> None:
    data = big(2) + b"X;31/02/2026 09:00:00;A;Y;1;10,00;2,50\n"
    jobs.write(desk, LEA, looked(desk, shop_of(desk), data), utc_now(), imports.WHOLE_FILE)
    job = until(desk, ended)
    assert (job["stage"], job["error"]["code"], orders_in(desk)) == ("refused", "rows_rejected", 0)


def test_what_was_found_is_shown_as_the_page_would_find_it_and_no_row_is_kept_for_it(desk: Desk) -> None:
    shop = shop_of(desk)
    imports.write(desk, LEA, imports.preview(desk, shop, "a.csv", big(20), NOON), NOON)
    data = big(30).replace("À accepter".encode("cp1252"), "Expédiée".encode("cp1252"), 9)
    found = jobs.found(desk, looked(desk, shop, data))
    assert isinstance(found, Look)
    (shown,) = found.previews
    direct = imports.preview(desk, shop, "a.csv", data, utc_now())
    for name in ("read", "new", "changed", "unchanged", "older", "rejected", "as_of", "format"):
        assert getattr(shown, name) == getattr(direct, name)
    assert shown.changes.equals(direct.changes)
    assert shown.findings.equals(direct.findings)
    assert (shown.plan.orders.height, shown.reading.lines.height) == (0, 0)


def test_a_file_that_nobody_knows_waits_to_be_mapped_and_is_read_when_it_was(desk: Desk) -> None:
    shop = shop_of(desk)
    data = b"No of sale;Bought on;Article\nX-1;2026-04-13 10:00;REF-1\n"
    job_id = looked(desk, shop, data)
    found = jobs.found(desk, job_id)
    assert isinstance(found, mappings.Unknown)
    assert found.samples[0] == ("X-1",)
    fields = {"order_number": "No of sale", "created_at": "Bought on"}
    mappings.save(desk, LEA, shop, mappings.Mapping("orders", fields, found.header, zone="UTC"), NOON)
    assert jobs.again(desk, LEA, job_id, utc_now())
    until(desk, lambda job: job["stage"] == "looked")
    mapped = jobs.found(desk, job_id)
    assert isinstance(mapped, Look)
    assert mapped.previews[0].new == 1


def test_a_file_that_was_put_away_or_waited_too_long_leaves_nothing_and_cannot_be_written(desk: Desk) -> None:
    shop = shop_of(desk)
    first = looked(desk, shop, big(3))
    jobs.cancel(desk, LEA, first)
    assert (until(desk, ended)["stage"], leftovers(desk)) == ("cancelled", [])
    looked(desk, shop, big(4))
    late = utc_now() + 2 * jobs.PATIENCE
    assert jobs.jobs(desk, late)["stage"].to_list() == ["expired", "cancelled"]
    jobs.clean(desk, late)
    assert leftovers(desk) == []
    for job_id in jobs.jobs(desk, late)["id"]:
        assert not jobs.write(desk, LEA, job_id, late)
    assert orders_in(desk) == 0


def test_what_another_version_kept_is_looked_at_again_instead_of_shown(desk: Desk) -> None:
    job_id = looked(desk, shop_of(desk), big(3))
    (jobs._spool(desk) / job_id / job_files.SHOWN).write_bytes(b"\x80\x04cno_module\nNothing\n.")
    assert jobs.found(desk, job_id) is None
    assert jobs.again(desk, LEA, job_id, utc_now())
    until(desk, lambda job: job["stage"] == "looked")
    assert isinstance(jobs.found(desk, job_id), Look)


def test_two_people_who_confirm_the_same_file_start_one_write(desk: Desk) -> None:
    job_id = looked(desk, shop_of(desk), big(3))
    assert [jobs.write(desk, LEA, job_id, utc_now()) for _ in range(2)] == [True, False]
    until(desk, ended)
    assert imports.history(desk).height == 1


def confirmed(desk: Desk, job_id: str) -> bool:
    """Whether the process that writes a job has given a sign of life."""
    job = jobs.find(desk, job_id)
    return job is not None and bool(job["options"]["mode"]) and job["heartbeat"] > job["started_at"]


def both_at_once(desk: Desk, shop: int, *files: bytes) -> list[str]:
    """Import files in processes that have all compared with the same base before the first of them may write."""
    waiting = [looked(desk, shop, data) for data in files]
    with writing(desk.engine):
        for job_id in waiting:
            jobs.write(desk, LEA, job_id, utc_now())
        until(desk, lambda _: all(confirmed(desk, job_id) for job_id in waiting))
        time.sleep(1)  # from its first sign of life to waiting for the lock
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


def test_of_many_files_few_are_read_at_once_and_the_oldest_go_first(desk: Desk) -> None:
    shop, now = shop_of(desk), utc_now()
    row = {
        "kind": "import", "person": "Léa", "role": "lead", "shop_id": shop, "file_name": "b.csv", "sha256": "0",
        "options": {}, "started_at": stored(now - SECOND), "stage": "reading", "rows_total": 1,
        "heartbeat": stored(now), "lease_until": stored(now + dt.timedelta(hours=1)),
    }  # fmt: skip
    with jobs._board(desk) as board, store.changing(board) as connection:
        for n in range(jobs.AT_ONCE):
            store.add(connection, row | {"id": f"older-{n}"})
        store.add(connection, row | {"id": "dead", "lease_until": stored(now - SECOND)})
    job_id = jobs.start(desk, LEA, shop, "a.csv", big(5), now)
    seen = until(desk, lambda job: job["id"] == job_id and job["heartbeat"] > now + 2 * SECOND)
    assert seen["stage"] == "waiting"
    with jobs._board(desk) as board, store.changing(board) as connection:
        store.note(connection, "older-1", stage="done")
    until(desk, lambda job: job["id"] == job_id and job["stage"] == "looked")


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
    if at_write:
        job_id = looked(desk, shop, big(rows))
        jobs.write(desk, LEA, job_id, utc_now())
        process = worker_of(job_id)
        until(desk, lambda job: job["stage"] != "waiting")
        time.sleep(chance.random() * 0.4)
    else:
        process = worker_of(jobs.start(desk, LEA, shop, "a.csv", big(rows), utc_now()))
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
    jobs.clean(desk, utc_now() + 2 * jobs.PATIENCE)
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
