"""Personal data: how long each shop keeps it, what of an order would go, and the wiping (rule XX-P1)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.desk import jobs, settings
from core.desk.acting import acting
from core.desk.base import Desk, OrderKey, Person, open_desk, utc_now
from core.policy import personal as rule
from core.policy.words import N_
from core.store import leases, personal, personal_age, write
from core.store.engine import trying
from core.store.personal import COUNTS, Wiped
from core.store.scour import scour

__all__ = [
    "COUNTS", "EVERY", "KEPT", "Kept", "Retention", "Status", "held", "knows", "look", "retention", "running",
    "save_retention", "scheduled", "status", "wipe_due", "wipe_order",
]  # fmt: skip

KEPT: Final = rule.KEPT
EVERY: Final = dt.timedelta(hours=1)
"""How often the running servers look for what is due; one of them does it for all."""
LONGEST: Final = 3650
SHOWN: Final = 200
"""Orders that are listed at most, of those that something keeps."""
DAYS_UNCLEAR: Final = N_("Personal data is kept for 1 to 3650 days.")
SCHEDULE: Final = Person("schedule", "admin", origin="schedule")
"""Who wipes when nobody asks for it."""


class Kept(Exception):
    """Something about the order still runs: its personal data stays until then. ``why``: a key of :data:`KEPT`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{KEPT[why]} Its personal data is wiped afterwards.")
        self.why = why


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days a shop keeps personal data; ``own``: set for this shop. ``version`` guards against a stale
    save."""

    days: int
    own: bool
    version: int


@dataclass(frozen=True, slots=True)
class Status:
    """What becomes of the personal data of an order. ``kept_by``: why it stays for now, a key of :data:`KEPT`;
    ``wipe_at``: from when on it goes by itself; ``wiped_at``: when it was wiped."""

    kept_by: str | None
    wipe_at: dt.datetime | None
    wiped_at: dt.datetime | None

    @property
    def possible(self) -> bool:
        """Whether it can be wiped on demand: nothing about the order runs."""
        return self.kept_by in (None, "not_yet")


def retention(desk: Desk, shop_id: int, now: dt.datetime) -> Retention:
    """How long the shop keeps personal data: as saved for it, else by the rule's own value. Raises ``NotThere``."""
    desk.look_at(shop_id)
    value, version = settings.all_settings(desk).get(_key(shop_id), (None, 0))
    if value is not None:
        return Retention(int(value), own=True, version=version)
    return Retention(desk.values.integer("personal_data_days", now.date()), own=False, version=0)


def save_retention(desk: Desk, person: Person, shop_id: int, days: int, version: int, now: dt.datetime) -> None:
    """Save the days of a shop. Raises ``Stale``, ``NotAllowed``, ``settings.Unclear``."""
    if not 1 <= days <= LONGEST:
        raise settings.Unclear(DAYS_UNCLEAR)
    before = retention(desk, shop_id, now).days
    with acting(desk, person, "privacy", [shop_id], now) as act:
        write.save_setting(act.connection, _key(shop_id), days, version, person.name, now)
        act.note(
            "setting_saved", shop_id=shop_id, subject=_key(shop_id), before={"value": before}, after={"value": days}
        )


def _key(shop_id: int) -> str:
    return f"personal_data_days_{shop_id}"


def status(desk: Desk, key: OrderKey, now: dt.datetime) -> Status:
    """How long the personal data of an order is kept, and why. Raises ``NotThere``."""
    desk.look_at(key.shop_id)
    with desk.reading() as connection:
        judged = _judged(desk, connection, key.shop_id, [key.order_number], now).row(0, named=True)
        wiped_at = personal_age.wiped_at(connection, key.shop_id, key.order_number)
    return Status(judged["kept_by"], judged["wipe_at"], wiped_at)


def running(desk: Desk, key: OrderKey, now: dt.datetime) -> pl.DataFrame:
    """The returns, questions and disputes that keep the personal data of an order: the columns of
    ``personal_age.RUNNING``. Raises ``NotThere``."""
    desk.look_at(key.shop_id)
    with desk.reading() as connection:
        return personal_age.running(connection, key.shop_id, [key.order_number], now)


def held(desk: Desk, shop_id: int, now: dt.datetime) -> pl.DataFrame:
    """Orders whose days are over and whose personal data something keeps all the same: order_number, kept_by (a key of
    :data:`KEPT`), wipe_at (when the days were over), running (the numbers of what runs, null where there is none).

    The longest first, at most :data:`SHOWN`. Raises ``NotThere``."""
    days = retention(desk, shop_id, now).days
    before = rule.cutoff(days, now)
    with desk.reading() as connection:
        old = (personal_age.candidates(connection, shop_id, before, "", one) for one in personal_age.SOURCES)
        numbers = sorted({number for some in old for number in some})
        judged = _judged(desk, connection, shop_id, numbers, now)
        kept = judged.filter(pl.col("wipe_at") <= now, pl.col("kept_by").is_not_null()).sort("wipe_at", "order_number")
        kept = kept.head(SHOWN).select("order_number", "kept_by", "wipe_at")
        runs = personal_age.running(connection, shop_id, kept["order_number"].to_list(), now)
    named = runs.group_by("order_number").agg(running=pl.coalesce("name", "key").sort().str.join(", "))
    return kept.join(named, on="order_number", how="left", maintain_order="left")


def look(desk: Desk, person: Person, key: OrderKey, now: dt.datetime) -> Wiped:
    """How much wiping the order would take away, counted by the code that does it; nothing is written.

    Raises ``NotAllowed``."""
    person.require("privacy", key.shop_id)
    with trying(desk.engine) as connection:
        return personal.wipe(connection, key.shop_id, [key.order_number], now)


def knows(desk: Desk, key: OrderKey, now: dt.datetime) -> bool:
    """Whether anything is known of an order: itself, or a return, a question or a dispute about it."""
    desk.look_at(key.shop_id)
    with desk.reading() as connection:
        return _judged(desk, connection, key.shop_id, [key.order_number], now)["last_at"][0] is not None


def wipe_order(desk: Desk, person: Person, key: OrderKey, now: dt.datetime) -> Wiped:
    """Wipe the personal data of one order; gives how much went. Raises :class:`Kept` while something about it runs,
    ``NotAllowed``."""
    with acting(desk, person, "privacy", [key.shop_id], now) as act:
        case = _judged(desk, act.connection, key.shop_id, [key.order_number], now).row(0, named=True)
        if case["kept_by"] not in (None, "not_yet"):
            raise Kept(case["kept_by"])
        gone = personal.wipe(act.connection, key.shop_id, [key.order_number], now)
        act.note("personal_wiped", shop_id=key.shop_id, subject=key.order_number, after=gone)
    jobs.forget(desk, key.shop_id, now)
    scour(desk.engine)
    return gone


def wipe_due(desk: Desk, person: Person, now: dt.datetime) -> tuple[int, Wiped]:
    """Wipe what is older than its shop keeps it; gives of how many orders, and how much. Raises ``NotAllowed``."""
    orders, gone = 0, dict.fromkeys(COUNTS, 0)
    shop_ids = settings.shops(desk)["id"]
    person.require("privacy", *shop_ids)
    for shop_id in shop_ids:
        before = rule.cutoff(retention(desk, shop_id, now).days, now)
        for wiped, count in _wipe_old(desk, person, shop_id, before, now):
            orders, gone = orders + count, personal.added(gone, wiped)
        jobs.forget(desk, shop_id, before)
    if orders or any(gone.values()):
        scour(desk.engine)
    return orders, gone


def _wipe_old(
    desk: Desk, person: Person, shop_id: int, before: dt.datetime, now: dt.datetime
) -> Iterator[tuple[Wiped, int]]:
    """Wipe what a shop has from before an instant, some orders at a time, so that nobody waits long to write."""
    for source in personal_age.SOURCES:
        after = ""
        while True:
            with desk.reading() as connection:
                some = personal_age.candidates(connection, shop_id, before, after, source)
                due = _due(desk, connection, shop_id, some, now)
            if due:
                with acting(desk, person, "privacy", [shop_id], now) as act:
                    due = _due(desk, act.connection, shop_id, due, now)  # what came in between counts
                    gone = personal.wipe(act.connection, shop_id, due, now)
                    act.note("personal_wiped", shop_id=shop_id, after={**gone, "orders": len(due)})
                yield gone, len(due)
            if len(some) < personal_age.AT_ONCE:
                break
            after = some[-1]
    with desk.reading() as connection:
        strays = personal.has_strays(connection, shop_id, before)
    if strays:
        with acting(desk, person, "privacy", [shop_id], now) as act:
            gone = personal.wipe_strays(act.connection, shop_id, before)
            act.note("personal_wiped", shop_id=shop_id, after=gone)
        yield gone, 0


def _due(desk: Desk, connection: sa.Connection, shop_id: int, numbers: list[str], now: dt.datetime) -> list[str]:
    """Those of the orders that go now."""
    judged = _judged(desk, connection, shop_id, numbers, now)
    return judged.filter(pl.col("kept_by").is_null())["order_number"].to_list()


def _judged(desk: Desk, connection: sa.Connection, shop_id: int, numbers: list[str], now: dt.datetime) -> pl.DataFrame:
    return rule.judged(personal_age.cases(connection, shop_id, numbers), retention(desk, shop_id, now).days, now)


def scheduled(url: str | None = None) -> bool:
    """What a running server does every hour: wipe what is due, and the files of imports that died. Whether it was
    this one's turn: of several servers one does it."""
    desk = open_desk(url)
    try:
        now = utc_now()
        if not leases.take(desk.engine, "wipe", now, EVERY):
            return False
        jobs.clean(desk, now)
        wipe_due(desk, SCHEDULE, now)
        return True
    finally:
        desk.engine.dispose()
