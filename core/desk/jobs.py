"""Files that are looked at and written in a process of their own: started, watched and stopped from any page.

First the process reads and checks the file and keeps what it found, with the uploaded bytes, in a private folder
outside the base; the job then waits for a person, on any page and for a day. What the person confirms is written
as it was found, by a second process. The file's own name is never used as a path. A run holds a lease that it
renews; one whose lease is over is dead, and left nothing in the base.
"""

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import imports, settings
from core.desk.base import ROOT, Desk, Person
from core.desk.job_files import SHOWN, Outcome, Unreadable, kept_outcome
from core.intake.header import Unknown
from core.policy.words import N_
from core.store import jobs as store
from core.store.engine import ENVIRONMENT, reading
from core.store.scour import scour
from core.store.write import stored

LEASE: Final = dt.timedelta(seconds=30)
PATIENCE: Final = dt.timedelta(hours=24)
"""How long a file that was looked at waits for a person."""
AT_ONCE: Final = 3
"""How many files of a base are read or written at the same time, whoever sends how many; the others wait."""
STAGES: Final = {
    "waiting": N_("Waiting to start"),
    "reading": N_("Reading the file"),
    "comparing": N_("Comparing with the base"),
    "looked": N_("Looked at: it waits to be confirmed"),
    "writing": N_("Writing"),
    "done": N_("Done"),
    "cancelled": N_("Cancelled: nothing was written"),
    "refused": N_("Refused: nothing was written"),
    "failed": N_("Failed: nothing was written"),
    "dead": N_("Died: nothing was written"),
    "partly": N_("Died half-way: the shops that stand in the history are written, the others are not"),
    "expired": N_("Nobody confirmed it in time: nothing was written"),
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
    encoding: str | None = None,
) -> str:
    """Look at a file in a process of its own, arguments as in ``import_shops.look``; gives the job's id."""
    person.require("import", shop_id)
    clean(desk, now)
    job_id = uuid.uuid4().hex
    options: dict[str, Any] = {
        "as_of": as_of and as_of.isoformat(),
        "encoding": encoding,
        "header": None,
        "over_typed": [],
        "shops": _open_to(desk, person),
        "origin": person.origin,
    }
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


def again(desk: Desk, person: Person, job_id: str, now: dt.datetime, **options: Any) -> bool:
    """Look once more at a file that waits, with other options or by what holds in the base now. False where it does
    not wait any more."""
    return _go_on(desk, person, job_id, now, options, confirmed=False)


def write(desk: Desk, person: Person, job_id: str, now: dt.datetime, mode: str = imports.GOOD_ROWS) -> bool:
    """Write what was found in a file, as ``import_shops.write``. False where it does not wait any more: a colleague
    was faster, or it was put away."""
    return _go_on(desk, person, job_id, now, {"mode": mode}, confirmed=True)


def _go_on(
    desk: Desk, person: Person, job_id: str, now: dt.datetime, options: dict[str, Any], *, confirmed: bool
) -> bool:
    """Start the process of a job that waits once more. Who confirms it does the work from then on."""
    folder = _spool(desk) / job_id
    mine = find(desk.seen_by(person), job_id)
    person.require("import", *([mine["shop_id"]] if mine else []))
    with _board(desk) as board, store.changing(board) as connection:
        job = store.one(connection, job_id)
        if job is None or job["stage"] != "looked" or not folder.is_dir():
            return False
        begun = {"stage": "waiting", "heartbeat": stored(now), "lease_until": stored(now + LEASE), "rows_done": 0}
        who = {"person": person.name, "role": person.role_in(job["shop_id"])} if confirmed else {}
        options = job["options"] | options | {"shops": _open_to(desk, person), "origin": person.origin}
        store.note(connection, job_id, **begun, **who, options=options)
    _launch(desk, job_id, folder)
    return True


def _open_to(desk: Desk, person: Person) -> list[int]:
    """The shops into which a person may import: no more does the process do for them."""
    return [shop_id for shop_id in settings.shops(desk)["id"] if person.may("import", shop_id)]


def found(desk: Desk, job_id: str) -> Outcome | None:
    """What was found in a file that waits for the shops that may be seen, without its rows; None where it does not wait
    any more, or was looked at by another version of the program."""
    if find(desk, job_id) is None:
        return None
    path = _spool(desk) / job_id / SHOWN
    try:
        outcome = kept_outcome(path)
    except (FileNotFoundError, Unreadable):
        return None
    if isinstance(outcome, Unknown):
        return outcome
    return replace(outcome, previews=tuple(one for one in outcome.previews if desk.sees_shop(one.shop_id)))


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
    """The last jobs of the shops that may be seen, newest first: the columns of the table. ``stage`` is one of
    :data:`STAGES`; ``dead`` where the lease is over. ``import_id`` is set where the import stands."""
    with _board(desk) as board, reading(board) as connection:
        found = desk.mine(store.listed(connection))
    over = pl.col("stage").is_in(RUNNING) & (pl.col("lease_until") < now)
    waited = (pl.col("stage") == "looked") & (pl.col("heartbeat") < now - PATIENCE)
    stage = pl.when(over).then(pl.lit("dead")).when(waited).then(pl.lit("expired")).otherwise("stage")
    found = found.with_columns(stage=stage)
    died = found.filter(pl.col("stage").is_in(["dead", "failed"]) & pl.col("import_id").is_null())
    for job_id in died["id"]:
        written, whole = _written(desk, job_id)
        if written:
            this = pl.col("id") == job_id
            found = found.with_columns(
                stage=pl.when(this).then(pl.lit("done" if whole else "partly")).otherwise("stage"),
                import_id=pl.when(this).then(pl.lit(max(written))).otherwise("import_id"),
            )
    return found


def _written(desk: Desk, job_id: str) -> tuple[list[int], bool]:
    """The imports of a job that died, maybe between a commit and its last word, and whether these are all."""
    job = find(desk, job_id)
    shares = job["options"].get("shares", []) if job else []
    with desk.reading() as connection:
        stands = [imports.standing(connection, shop_id, sha256) for shop_id, sha256 in shares]
    return [one["id"] for one in stands if one], all(stands)


def is_turn(listed: pl.DataFrame, job_id: str, now: dt.datetime) -> bool:
    """Whether a job may begin among those that are ``listed``: the oldest of those alive go first."""
    alive = listed.filter(pl.col("stage").is_in(RUNNING), pl.col("lease_until") >= now)
    return job_id in alive.sort("started_at", "id")["id"].head(AT_ONCE)


def cancel(desk: Desk, person: Person, job_id: str) -> None:
    """Ask a job to stop, or put away a file that waits. It leaves nothing, unless all was written already."""
    mine = find(desk.seen_by(person), job_id)
    person.require("import", *([mine["shop_id"]] if mine else []))
    with _board(desk) as board, store.changing(board) as connection:
        job = store.one(connection, job_id)
        waits = job is not None and job["stage"] == "looked"
        store.note(connection, job_id, cancelled=True, **({"stage": "cancelled"} if waits else {}))
    if waits:
        shutil.rmtree(_spool(desk) / job_id, ignore_errors=True)


def clean(desk: Desk, now: dt.datetime) -> None:
    """Remove what dead runs, and files that nobody confirmed, left in the spool folder."""
    folders = list(_spool(desk).glob("*"))  # before the list: a job is listed before it has a folder
    listed = jobs(desk.whole(), now)
    alive = set(listed.filter(pl.col("stage").is_in([*RUNNING, "looked"]))["id"])
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
