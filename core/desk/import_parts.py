"""Parts of an import's write: how far it is, in which slices it goes, what it says beside the counts."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import polars as pl

from core.desk import records
from core.desk.base import FORMATS_DIR
from core.intake import read as intake
from core.intake.classify import Plan
from core.intake.classify_records import RecordPlan
from core.intake.findings import Book
from core.intake.records import RecordReading
from core.policy.words import STEPS
from core.store import staging

Progress = Callable[[str, int, int], None]
"""Told the stage (reading, comparing, writing), rows done and rows in all; it may raise to stop the work."""


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def slices(frames: Mapping[str, pl.DataFrame], total: int, progress: Progress) -> Iterator[dict[str, pl.DataFrame]]:
    """The frames in slices; each tells how many orders have been handed over before it."""
    done = 0
    seen = {name: frame for name, frame in frames.items() if name == "seen"}  # is merged as a whole
    for number, part in enumerate(staging.cut({name: frames[name] for name in frames if name not in seen})):
        progress("writing", done, total)
        done += part["orders"].height if "orders" in part else 0
        yield part if number else part | seen


def findings(read: intake.Reading | RecordReading, plan: Plan | RecordPlan) -> pl.DataFrame:
    """What the file says wrongly, and which orders it takes back a step."""
    if isinstance(plan, RecordPlan):
        return records.findings(read.findings, plan)
    assert isinstance(read, intake.Reading)  # a plan is of the kind of its reading
    moved = plan.changes.filter((pl.col("field") == "state") & ~pl.col("kept"))
    steps = {str(state): step for state, step in STEPS.items()}
    step = pl.col("old", "new").replace_strict(steps, default=None, return_dtype=pl.Int64).name.suffix("_step")
    back = moved.with_columns(step).filter(pl.col("new_step") < pl.col("old_step"))
    if back.is_empty():
        return read.findings
    book = Book()
    lines = read.orders.select("order_number", "line").join(back, on="order_number", maintain_order="left")
    book.add("state_backwards", None, lines.with_columns(value=pl.format("{} → {}", "old", "new")))
    return pl.concat([read.findings, book.frame()]).sort("line", maintain_order=True, nulls_last=False)


@cache
def mapping_version(name: str) -> str | None:
    """Which state of a format's description this is: the start of its file's hash; None where it has no file."""
    path = FORMATS_DIR / f"{name}.toml"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else None


def digest_of(data: bytes, accounts: frozenset[str] | None) -> str:
    """What the same bytes are known by; of a file of several shops each shop's accounts make it another file."""
    found = hashlib.sha256(data)
    for account in sorted(accounts or ()):
        found.update(b"\0" + account.encode())
    return found.hexdigest()
