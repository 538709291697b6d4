"""Empty bases that have all their tables: made once, then copied, as the migrations take longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path

from core.store.engine import open_engine
from core.store.migrate import upgrade


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "desk48.db")
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


def sqlite_base(path: Path) -> str:
    """Put a base into a new file; gives its address."""
    path.write_bytes(_made())
    return f"sqlite:///{path}"
