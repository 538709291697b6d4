"""Which version of the program runs: screens reload themselves when it is another one."""

import hashlib
from functools import cache
from typing import Final

from core.desk.base import ROOT

FOLDERS: Final = ("core", "ui", "pages", "data")
ENDINGS: Final = frozenset({".py", ".js", ".css", ".toml", ".po"})


@cache
def build_id() -> str:
    """Twelve digits that change with every byte of the program. Read once: the process stays what it was."""
    read = hashlib.sha256()
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS)
    for path in sorted([ROOT / "app.py", *found]):
        read.update(path.relative_to(ROOT).as_posix().encode())
        read.update(hashlib.sha256(path.read_bytes()).digest())
    return read.hexdigest()[:12]
