"""What a job keeps between looking at a file and writing it: files in its own private folder, outside the base.

They are pickles: only a job's own process writes into its folder, which nobody else may enter, and only for the same
version of the program. One has all rows and is for the write; the other, for the page, has none.
"""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core.desk.import_preview import ImportPreview
from core.desk.import_shops import Look
from core.intake.classify_records import RecordPlan
from core.intake.header import Unknown
from core.intake.read import Reading
from core.intake.records import RecordReading

Outcome = Look | Unknown
"""What looking at a file comes to: what it brings, or a header that a person has to map."""
WHOLE: Final = "whole"
SHOWN: Final = "shown"


class Unreadable(Exception):
    """An outcome that another version of the program kept."""


def keep(folder: Path, outcome: Outcome) -> None:
    """Keep an outcome for the write and for the page."""
    shown = Look(tuple(map(without_rows, outcome.previews)), outcome.parts) if isinstance(outcome, Look) else outcome
    whole = outcome
    if isinstance(outcome, Look):
        whole = replace(outcome, previews=tuple(replace(one, reread=not_here) for one in outcome.previews))
    for name, kept in ((WHOLE, whole), (SHOWN, shown)):
        part = folder / f"{name}.part"
        part.write_bytes(pickle.dumps(kept, protocol=pickle.HIGHEST_PROTOCOL))
        part.rename(folder / name)  # a page never finds half a file


def not_here(_connection: sa.Connection) -> Reading:
    """How a preview that was kept is read again: not without the file, which the process of the job has."""
    raise RuntimeError("a preview that was kept is not read again: its file is with the process of the job")


def kept_outcome(path: Path) -> Outcome:
    """An outcome that was kept. Raises ``FileNotFoundError`` and :class:`Unreadable`."""
    data = path.read_bytes()
    try:
        outcome: Outcome = pickle.loads(data)
    except Exception as wrong:  # whatever its classes raise that are not what they were
        raise Unreadable(path.name) from wrong
    return outcome


def without_rows(seen: ImportPreview) -> ImportPreview:
    """A preview with all that is shown of it, and without the rows that are to be written."""
    found, plan = seen.reading, seen.plan
    findings = seen.findings
    if isinstance(found, RecordReading):
        assert isinstance(plan, RecordPlan)  # a plan is of the kind of its reading
        bare = replace(found, rows=found.rows.clear(), findings=findings)
        planned = replace(plan, rows=plan.rows.clear(), orders=plan.orders.clear(), strangers=plan.strangers.clear())
        return replace(seen, reading=bare, plan=planned, layers=seen.layers.clear(), reread=not_here)
    assert not isinstance(plan, RecordPlan)
    orders = replace(
        found,
        orders=found.orders.clear(),
        lines=found.lines.clear(),
        buyers=found.buyers.clear(),
        again=found.again.clear(),
        findings=findings,
    )
    frames = {name: getattr(plan, name).clear() for name in ("orders", "lines", "buyers", "seen", "day_changes")}
    return replace(seen, reading=orders, plan=replace(plan, **frames), layers=seen.layers.clear(), reread=not_here)
