"""The process of one job: ``python -m core.desk.worker ID FOLDER``, started by ``core.desk.jobs``."""

import datetime as dt
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core.desk import import_shops, imports, job_files
from core.desk.base import Desk, Person, load_values, utc_now
from core.desk.jobs import LEASE, is_turn
from core.intake.findings import Refused
from core.intake.header import Unknown
from core.store import jobs as store
from core.store.engine import database_url, open_engine, reading
from core.store.write import stored

BEAT: Final = 0.5
"""Seconds between two signs of life; a cancel is seen within one."""


class Cancelled(Exception):
    """Somebody asked the job to stop."""


class Pulse:
    """Renews the lease in a thread, tells stage and rows, and hears of a cancel."""

    def __init__(self, board: sa.Engine, job_id: str) -> None:
        self.board, self.job_id = board, job_id
        self.told: dict[str, Any] = {}
        self.cancelled = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> "Pulse":
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            self._write()

    def _write(self) -> None:
        now = utc_now()
        alive = {"heartbeat": stored(now), "lease_until": stored(now + LEASE)}
        with store.changing(self.board) as connection:
            store.note(connection, self.job_id, **alive, **self.told)
            job = store.one(connection, self.job_id)
        self.cancelled = job is None or bool(job["cancelled"])

    def progress(self, stage: str, done: int, total: int) -> None:
        """As ``imports.Progress``; raises :class:`Cancelled`."""
        self.told = {"stage": stage, "rows_done": done, "rows_total": total}
        self._write()
        if self.cancelled:
            raise Cancelled


def main(job_id: str, folder: Path) -> None:
    """Do the job and write its end."""
    # The base is up to date: who started the job opened it. To look again would wait for whoever writes now.
    desk = Desk(engine=open_engine(database_url()), values=load_values())
    board = store.board(desk.engine)
    with reading(board) as connection:
        job = store.one(connection, job_id)
    if job is None:
        return
    try:
        with Pulse(board, job_id) as pulse:
            desk = replace(desk, sees=frozenset(job["options"]["shops"]))
            _wait(board, job_id, pulse)
            end = (_write if job["options"].get("mode") else _look)(desk, job, folder, pulse)
    except Cancelled:
        end = {"stage": "cancelled"}
    except imports.WrongShop as why:
        end = {"stage": "refused", "error": {"code": "wrong_shop", "params": {"orders": why.orders}}}
    except Refused as why:
        end = {"stage": "refused", "error": {"code": why.code, "params": why.params}}
    except Exception as trouble:  # whatever it is, the job says that it failed
        end = {"stage": "failed", "error": {"code": type(trouble).__name__, "params": {"text": str(trouble)[:500]}}}
    if end["stage"] != "looked":
        shutil.rmtree(folder, ignore_errors=True)
    with store.changing(board) as connection:
        store.note(connection, job_id, **end)


def _wait(board: sa.Engine, job_id: str, pulse: Pulse) -> None:
    """Wait for the job's turn; raises :class:`Cancelled`."""
    while True:
        with reading(board) as connection:
            listed = store.listed(connection)
        if is_turn(listed, job_id, utc_now()):
            return
        if pulse.cancelled:
            raise Cancelled
        time.sleep(BEAT)


def _look(desk: Desk, job: dict[str, Any], folder: Path, pulse: Pulse) -> dict[str, Any]:
    """Read, check and compare; what was found waits for a person."""
    options, data = job["options"], (folder / "file").read_bytes()
    as_of = options["as_of"] and dt.datetime.fromisoformat(options["as_of"])
    over_typed = [(order, field) for order, field in options["over_typed"]]
    told = {"encoding": options["encoding"], "header": options["header"], "over_typed": over_typed}
    found: job_files.Outcome
    try:
        found = import_shops.look(
            desk, job["shop_id"], job["file_name"], data, utc_now(), as_of,
            progress=pulse.progress, keep_rejected=True, **told,
        )  # fmt: skip
    except Unknown as why:
        found = why
    job_files.keep(folder, found)
    pulse.progress("comparing", job["rows_total"], job["rows_total"])  # the last chance to be cancelled
    shares = [(one.shop_id, one.sha256) for one in found.previews] if isinstance(found, import_shops.Look) else []
    return {"stage": "looked", "options": options | {"shares": shares}}


def _write(desk: Desk, job: dict[str, Any], folder: Path, pulse: Pulse) -> dict[str, Any]:
    """Write what was found, as it was found."""
    found = job_files.kept_outcome(folder / job_files.WHOLE)
    assert isinstance(found, import_shops.Look)  # nothing else can be confirmed
    rights = dict.fromkeys(job["options"]["shops"], job["role"])
    person = Person(job["person"], None, rights, origin=job["options"]["origin"])
    mode, now, data = job["options"]["mode"], utc_now(), (folder / "file").read_bytes()
    previews = [
        replace(one, reread=imports.rereading(desk, one.shop_id, one.name, data, one.reading.choices, now))
        for one in found.previews
    ]
    done = import_shops.write(desk, person, replace(found, previews=tuple(previews)), now, mode, pulse.progress)
    with reading(desk.engine) as connection:
        stands = [imports.standing(connection, one.shop_id, one.sha256) for one in done.previews]
    return {"stage": "done", "import_id": max(one["id"] for one in stands if one)}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
