"""How big a file, a row and a cell may be; the team may set its own for the file and its rows."""

from dataclasses import dataclass
from typing import Final

from core.intake.findings import Refused

LIMIT_CELL: Final = 1_000_000  # characters
LIMIT_COLUMNS: Final = 250


@dataclass(frozen=True)
class Limits:
    """How big a file may be: bytes, rows and columns."""

    bytes: int = 300 * 1024 * 1024
    rows: int = 1_500_000
    columns: int = LIMIT_COLUMNS

    def check_bytes(self, size: int) -> None:
        """Raises Refused for a file of more bytes."""
        if size > self.bytes:
            raise Refused("too_big", {"size": size >> 20, "limit": self.bytes >> 20})

    def check_rows(self, rows: int) -> None:
        """Raises Refused for more rows."""
        if rows > self.rows:
            raise Refused("too_many_rows", {"rows": rows, "limit": self.rows})

    def check_columns(self, columns: int) -> None:
        """Raises Refused for more columns."""
        if columns > self.columns:
            raise Refused("too_many_columns", {"columns": columns, "limit": self.columns})
