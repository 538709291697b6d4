"""Words of a shop that nobody else knows: of states, and of carriers. A person says once what each means there.

What a state word means is settled when a file is read. What a carrier is called stays as it was said: its meaning is
told on every look, so that it holds at once for all that is known.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from core.desk import tracking
from core.desk.acting import acting
from core.desk.base import Desk, Person
from core.intake.formats import fold
from core.policy import carriers
from core.policy.words import State
from core.store import queries, tables, write

STATE: Final = "state"
CARRIER: Final = "carrier"
UNKNOWN: Final = pl.Schema({"shop_id": pl.Int64(), "kind": pl.String(), "word": pl.String(), "rows": pl.Int64()})


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a shop settled it. ``kind``: STATE or CARRIER; ``meaning``: a state, or the name of a carrier."""

    kind: str
    shop_id: int
    word: str
    meaning: str
    person: str
    at: dt.datetime


def map_state(desk: Desk, person: Person, shop_id: int, word: str, state: str, now: dt.datetime) -> int:
    """From now on this word means ``state`` in this shop; gives how many orders it settles at once."""
    with acting(desk, person, "import", [shop_id], now) as act:
        unknown = queries.unknown_words(act.connection).filter(shop_id=shop_id)["state_word"]
        spelled = [known for known in unknown if fold(known) == fold(word)]
        before = {"state": queries.state_words(act.connection, shop_id).get(fold(word))}
        # The word is a cell of a file: it may hold anything.
        act.note(
            "state_word_mapped", shop_id=shop_id, before=before, after={"state": state}, personal={"word": fold(word)}
        )
        return write.map_state_word(
            act.connection, shop_id, fold(word), State(state), person.name, now, spelled or [word]
        )


def map_carrier(desk: Desk, person: Person, shop_id: int, word: str, carrier: str, now: dt.datetime) -> None:
    """From now on this word means ``carrier`` in this shop, wherever it stands. Raises ``ValueError`` for a carrier
    that is none of :func:`carrier_choices`, or a word without a letter or digit."""
    folded = carriers.fold(word)
    with acting(desk, person, "import", [shop_id], now) as act:
        market = queries.shops(act.connection).filter(id=shop_id)["marketplace"][0]
        if not folded or carrier not in carrier_choices(market):
            raise ValueError(f"{word!r} cannot mean the carrier {carrier!r}")
        before = {"carrier": _of_shop(act.connection, shop_id).get(folded)}
        act.note(
            "carrier_word_mapped", shop_id=shop_id, before=before, after={"carrier": carrier},
            personal={"word": folded},
        )  # fmt: skip
        write.map_carrier_word(act.connection, shop_id, folded, carrier, person.name, now)


def forget(desk: Desk, person: Person, kind: str, shop_id: int, word: str, now: dt.datetime) -> None:
    """Take a meaning away. Orders keep the state that a word gave them; the next file asks again."""
    table = tables.state_words if kind == STATE else tables.carrier_words
    with acting(desk, person, "import", [shop_id], now) as act:
        if write.forget_word(act.connection, table, shop_id, word):
            act.note("word_forgotten", shop_id=shop_id, before={"kind": kind}, personal={"word": word})


def kept(desk: Desk) -> list[Word]:
    """Every word that a shop settled, newest first."""
    with desk.reading() as connection:
        states, named = queries.mapped_state_words(connection), queries.carrier_words(connection)
    found = [
        Word(kind, *row)
        for kind, frame, meaning in ((STATE, states, "state"), (CARRIER, named, "carrier"))
        for row in desk.mine(frame).select("shop_id", "word", meaning, "person", "at").iter_rows()
    ]
    return sorted(found, key=lambda word: word.at, reverse=True)


def unknown(desk: Desk) -> pl.DataFrame:
    """UNKNOWN: the words of open orders that nobody knows, the commonest of each shop first."""
    with desk.reading() as connection:
        states = desk.mine(queries.unknown_words(connection))
        carried = desk.mine(queries.open_carriers(connection))
        strange = [
            some.filter(pl.col("carrier").is_in(strange_carriers(connection, shop_id, market)(some["carrier"])))
            for (shop_id, market), some in carried.group_by("shop_id", "marketplace", maintain_order=True)
        ]
    named = [states.select("shop_id", kind=pl.lit(STATE), word="state_word", rows="orders")]
    named += [some.select("shop_id", kind=pl.lit(CARRIER), word="carrier", rows="orders") for some in strange]
    return pl.concat(named).cast(UNKNOWN).sort("shop_id", "kind", "rows", descending=[False, False, True])


def strange_carriers(connection: sa.Connection, shop_id: Any, marketplace: Any) -> Callable[[Iterable[str]], list[str]]:
    """What gives those names of carriers, as typed, that neither the desk nor the shop knows."""
    settled = _of_shop(connection, shop_id)

    def strange(typed: Iterable[str]) -> list[str]:
        known = tracking.all_carriers()
        return [name for name in known.strange(typed, marketplace) if carriers.fold(name) not in settled]

    return strange


def carrier_choices(marketplace: str) -> list[str]:
    """The carriers that a word may mean, by name."""
    return tracking.all_carriers().choices(marketplace)


def near_carrier(word: str, marketplace: str) -> str | None:
    """The carrier that a word which nobody knows is like; it is proposed, never taken."""
    return tracking.all_carriers().near(word, marketplace)


def _of_shop(connection: sa.Connection, shop_id: int) -> dict[str, str]:
    """What a shop calls carriers: folded word -> carrier."""
    return dict(queries.carrier_words(connection).filter(shop_id=shop_id).select("word", "carrier").iter_rows())
