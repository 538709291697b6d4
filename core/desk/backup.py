"""Backup and restore, while the desk runs."""

import datetime as dt
import tomllib
from pathlib import Path

from core.desk.acting import acting
from core.desk.base import ROOT, Desk, Person
from core.store import backup, restore
from core.store.archive import Archive, Damaged
from core.store.backup import Manifest
from core.store.restore import NotEmpty, TooNew
from core.store.scour import scour

__all__ = ["Damaged", "Manifest", "NotEmpty", "TooNew", "bring_back", "make"]


def make(desk: Desk, person: Person, path: Path, now: dt.datetime) -> Manifest:
    """Write the whole base into one new file, as it stands now; the record says so in it already.

    Raises ``NotAllowed``, ``FileExistsError``, ``OSError``.
    """
    with acting(desk, person, "backup", [], now) as act:
        act.note("backup_made", personal={"file_name": path.name})
    return backup.write(desk.engine, path, _version(), now)


def bring_back(desk: Desk, person: Person, path: Path, now: dt.datetime, *, replace: bool) -> Manifest:
    """Put a backup into the base: the file is checked whole first, then all of it is written or nothing.

    ``replace``: instead of what is there; else only into a base in which nothing was ever kept. Raises
    ``NotAllowed``, :class:`NotEmpty`, :class:`TooNew`, :class:`Damaged`, ``OSError``.
    """
    person.require("backup")
    with Archive(path) as archive:
        restore.restore(desk.engine, archive, replace=replace)
        told = archive.manifest
    with acting(desk, person, "backup", [], now) as act:
        act.note("backup_restored", after={"at": told.at, "head": told.head, "tables": told.migration})
    scour(desk.engine)
    return told


def _version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
