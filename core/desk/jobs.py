"""Imports that run in a process of their own: started, watched and stopped from any page.

The uploaded bytes lie in a private folder until the end; the file's own name is never used as a path.
A run holds a lease that it renews; one whose lease is over is dead, and left nothing in the base.
"""

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import imports, settings
from core.desk.base import ROOT, Desk, Person
from core.policy.words import N_
from core.store import jobs as store
from core.store import queries
from core.store.engine import ENVIRONMENT, reading
from core.store.scour import scour
from core.store.write import stored

LEASE: Final = dt.timedelta(seconds=30)
STAGES: Final = {
    "waiting": N_("Waiting to start"),
    "reading": N_("Reading the file"),
    "comparing": N_("Comparing with the base"),
    "writing": N_("Writing"),
    "done": N_("Done"),
    "cancelled": N_("Cancelled: nothing was written"),
    "refused": N_("Refused: nothing was written"),
    "failed": N_("Failed: nothing was written"),
    "dead": N_("Died: nothing was written"),
}
RUNNING: Final = ("waiting", "reading", "comparing", "writing")


def is_big(desk: Desk, size: int) -> bool:
    """Whether a file of so many bytes is imported in a process of its own."""
    return size > settings.intake_limits(desk).job_megabytes * 1024 * 1024


def start(
    desk: Desk,
    person: Person,
    shop_id: int,
    name: str,
    data: bytes,
    now: dt.datetime,
    as_of: dt.datetime | None = None,
    mode: str = imports.GOOD_ROWS,
    over_typed: Collection[tuple[str, str]] = (),
    encoding: str | None = None,
) -> str:
    """Import a file in a process of its own, arguments as in ``imports.preview`` and ``write``; gives the job's id."""
    person.require("import", shop_id)
    clean(desk, now)
    job_id = uuid.uuid4().hex
    options = {
        "as_of": as_of and as_of.isoformat(), "mode": mode, "over_typed": sorted(map(list, over_typed)),
        "encoding": encoding, "origin": person.origin,
    }  # fmt: skip
    row = {
        "id": job_id,
        "kind": "import",
        "person": person.name,
        "role": person.role_in(shop_id),
        "shop_id": shop_id,
        "file_name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "options": options,
        "started_at": stored(now),
        "stage": "waiting",
        "rows_total": data.count(b"\n"),
        "heartbeat": stored(now),
        "lease_until": stored(now + LEASE),
    }
    with _board(desk) as board, store.changing(board) as connection:
        store.add(connection, row)
    folder = _spool(desk) / job_id
    folder.mkdir(mode=0o700)
    spooled = os.open(folder / "file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(spooled, "wb") as file:
        file.write(data)
    _launch(desk, job_id, folder)
    return job_id


def _launch(desk: Desk, job_id: str, folder: Path) -> None:
    """A process of its own, that outlives the page. Its temporary files lie in the job's folder."""
    own = {ENVIRONMENT: desk.engine.url.render_as_string(hide_password=False), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "core.desk.worker", job_id, str(folder)],
        cwd=ROOT,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name=f"job {job_id}", daemon=True).start()  # so that no zombie stays


def jobs(desk: Desk, now: dt.datetime) -> pl.DataFrame:
    """The last jobs, newest first: the columns of the table. ``stage`` is one of :data:`STAGES`; ``dead`` where
    the lease is over. ``import_id`` is set where the import stands."""
    with _board(desk) as board, reading(board) as connection:
        found = desk.mine(store.listed(connection))
    over = pl.col("stage").is_in(RUNNING) & (pl.col("lease_until") < now)
    found = found.with_columns(stage=pl.when(over).then(pl.lit("dead")).otherwise("stage"))
    died = found.filter((pl.col("stage") == "dead") & pl.col("import_id").is_null())
    for job in died.select("id", "shop_id", "sha256").iter_rows(named=True):
        with desk.reading() as connection:  # it may have died between its commit and its last word
            stands = queries.known_file(connection, job["shop_id"], job["sha256"])
        if stands.height:
            this = pl.col("id") == job["id"]
            found = found.with_columns(
                stage=pl.when(this).then(pl.lit("done")).otherwise("stage"),
                import_id=pl.when(this).then(pl.lit(stands["id"][0])).otherwise("import_id"),
            )
    return found


def cancel(desk: Desk, person: Person, job_id: str) -> None:
    """Ask a job to stop. It leaves nothing, unless it had already written everything."""
    job = find(desk.seen_by(person), job_id)
    person.require("import", *([job["shop_id"]] if job else []))
    with _board(desk) as board, store.changing(board) as connection:
        store.note(connection, job_id, cancelled=True)


def clean(desk: Desk, now: dt.datetime) -> None:
    """Remove what dead runs left in the spool folder."""
    folders = list(_spool(desk).glob("*"))  # before the list: a job is listed before it has a folder
    listed = jobs(desk.whole(), now)
    alive = set(listed.filter(pl.col("stage").is_in(RUNNING))["id"])
    for folder in folders:
        if folder.is_dir() and folder.name not in alive:
            shutil.rmtree(folder, ignore_errors=True)


def forget(desk: Desk, shop_id: int, before: dt.datetime) -> None:
    """Remove the shop's jobs that were over before an instant from the list: they name files."""
    with _board(desk) as board, store.changing(board) as connection:
        gone = store.forget(connection, shop_id, stored(before))
    if gone and desk.engine.dialect.name == "sqlite":
        with _board(desk) as board:
            scour(board)


def _spool(desk: Desk) -> Path:
    """The private folder of uploads to this base: beside a SQLite file, else in ``var``."""
    url = desk.engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        folder = Path(f"{url.database}.spool")
    else:
        base = hashlib.sha256(url.render_as_string().encode()).hexdigest()[:12]
        folder = ROOT / "var" / f"spool-{base}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _board(desk: Desk) -> Iterator[sa.Engine]:
    board = store.board(desk.engine)
    try:
        yield board
    finally:
        if board is not desk.engine:
            board.dispose()


def find(desk: Desk, job_id: str) -> dict[str, Any] | None:
    """One job as it was written last; None where there is none, or none that may be seen."""
    with _board(desk) as board, reading(board) as connection:
        job = store.one(connection, job_id)
    return job if job and desk.sees_shop(job["shop_id"]) else None
