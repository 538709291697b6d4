"""The desk: one open base with its rules, and who may do what on it.

Everything a page or the command line does goes through functions of this package. They take the
:class:`Desk` first and, where something is written, the :class:`Person` who does it.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.desk.access import NotAllowed, NotThere, Person, SignedOut
from core.policy import values
from core.policy.words import Marketplace
from core.store import engine as store_engine
from core.store import migrate, queries
from core.store.engine import StoreUnavailable
from core.store.write import Stale

__all__ = [
    "Desk",
    "Marketplace",
    "NotAllowed",
    "NotThere",
    "OrderKey",
    "Person",
    "SignedOut",
    "Stale",
    "StoreUnavailable",
    "open_desk",
    "utc_now",
]

ROOT: Final = Path(__file__).resolve().parents[2]
POLICY_DIR: Final = ROOT / "data" / "policy"
FORMATS_DIR: Final = ROOT / "data" / "formats"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One order: its shop and its number."""

    shop_id: int
    order_number: str


_Key = tuple[str, frozenset[int] | None]
"""What was kept: its name, and for whose shops (None: for all)."""


@dataclass
class Desk:
    """An open base. What was read or judged is kept between looks until the base's revision moves.

    ``sees``: the shops that whoever looks may look at; None: every one. What is kept is kept whole, for all.
    """

    engine: sa.Engine
    values: values.Values
    sees: frozenset[int] | None = None
    _kept: dict[_Key, tuple[tuple[int, dt.datetime | None], pl.DataFrame]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _mine: threading.local = field(default_factory=threading.local)

    def seen_by(self, person: Person) -> "Desk":
        """The same open base as this person may see it."""
        return replace(self, sees=person.sees)

    def whole(self) -> "Desk":
        """The same open base with every shop: for what is kept for all, and for what is judged before it is written."""
        return replace(self, sees=None)

    def mine(self, frame: pl.DataFrame, column: str = "shop_id") -> pl.DataFrame:
        """The rows of the shops that may be seen, which ``column`` names."""
        return frame if self.sees is None else frame.filter(pl.col(column).is_in(list(self.sees)))

    def sees_shop(self, shop_id: int) -> bool:
        """Whether a shop may be seen."""
        return self.sees is None or shop_id in self.sees

    def look_at(self, shop_id: int) -> None:
        """Raise :class:`NotThere` where a shop may not be seen."""
        if not self.sees_shop(shop_id):
            raise NotThere(f"there is no shop {shop_id}")

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A reading connection. A look inside a look shares it: both see one state of the base, and nobody holds
        one connection of the pool while waiting for another."""
        held = getattr(self._mine, "connection", None)
        if held is not None:
            yield held
            return
        with store_engine.reading(self.engine) as connection:
            self._mine.connection = connection
            try:
                yield connection
            finally:
                self._mine.connection = None

    def kept(
        self,
        name: str,
        query: Callable[[sa.Connection], pl.DataFrame],
        at: dt.datetime | None = None,
        *,
        own: bool = False,
    ) -> pl.DataFrame:
        """The frame that ``query(connection)`` gives, asked again only when the revision or ``at`` has moved.

        It holds every shop, and goes through :meth:`mine`; with ``own`` it holds those that may be seen and no other,
        because the query has a limit.
        """
        key = name, self.sees if own else None
        with self.reading() as connection:
            stamp = queries.revision(connection), at
            with self._lock:
                held = self._kept.get(key)
            if held and held[0] == stamp:
                return held[1]
            frame = query(connection)
        with self._lock:
            self._kept[key] = (stamp, frame)
        return frame

    def revision(self) -> int:
        """The number that moves with every write."""
        with store_engine.reading(self.engine) as connection:
            return queries.revision(connection)


def open_desk(url: str | None = None) -> Desk:
    """Open the base at ``url`` (else the environment's, else ``var/``) and bring it up to date.

    Raises ``core.store.engine.StoreUnavailable`` with a sentence where it cannot be opened, and
    ``ValueError`` with file and line where a rule file is broken.
    """
    rules = load_values()
    engine = store_engine.open_engine(store_engine.database_url(url))
    migrate.upgrade(engine)
    return Desk(engine=engine, values=rules)


def load_values() -> values.Values:
    """The dated values of the rules. Raises ``ValueError`` with file and line where one is broken."""
    return values.load(POLICY_DIR)


def migration(desk: Desk) -> str:
    """The version of the base's tables."""
    return migrate.version(desk.engine) or "none"


def utc_now() -> dt.datetime:
    """The clock of the outermost callers; every rule takes it as an argument."""
    return dt.datetime.now(dt.UTC)
