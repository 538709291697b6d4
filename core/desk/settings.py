"""What the team sets: its people and hours, the limits of the bands, its shops."""

import datetime as dt
import itertools
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import holidays
import polars as pl

from core.desk.acting import acting
from core.desk.base import Desk, NotThere, Person, utc_now
from core.policy import bands
from core.policy.calendar import Calendar, minutes
from core.policy.words import Marketplace, N_
from core.store import queries, write

OFFICE: Final = [["09:00", "12:00"], ["13:00", "18:00"]]
DEFAULT_TEAM: Final[dict[str, Any]] = {
    "zone": "Europe/Paris",
    "country": "FR",
    "hours": {str(day): OFFICE for day in range(5)},
    "days_off": [],
    "people": [],
}

NAMES: Final = frozenset({"people"})
"""Fields of settings that name people: in the record they stand apart."""
AREAS: Final = frozenset({"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
HOURS: Final = ("kind", "now_hours", "soon_hours", "staffed_hours")
HOURS_UNCLEAR: Final = N_("{text} is not a span of hours. Write them like 09:00-12:00 13:00-18:00.")
HOURS_OVERLAP: Final = N_("{text}: one span begins before the other ends.")
DAY_UNCLEAR: Final = N_("{text} is not a day. Write it like 2026-12-24, one a line.")
ZONE_UNKNOWN: Final = N_("{text} is not a time zone.")
LIMITS_UNCLEAR: Final = N_("The hours of now have to be more than 0 and less than those of soon.")
INTAKE_UNCLEAR: Final = N_("The limits of files have to be more than 0.")
NAME_MISSING: Final = N_("A shop needs a name.")


class Unclear(ValueError):
    """Something that was typed cannot be saved. ``sentence`` is a msgid with a place for ``text``."""

    def __init__(self, sentence: str, text: str = "") -> None:
        super().__init__(sentence.format(text=text))
        self.sentence, self.text = sentence, text


@dataclass(frozen=True, slots=True)
class Team:
    """The team's own calendar and people; ``version`` guards against a stale save (0: never saved)."""

    zone: str
    country: str
    hours: dict[int, tuple[tuple[str, str], ...]]
    days_off: tuple[dt.date, ...]
    people: tuple[str, ...]
    version: int

    def calendar(self, years: range) -> Calendar:
        """The calendar that the clocks read: public holidays and own days off as one set."""
        public = [day for year in years for day in public_holidays(self.country, year)]
        return Calendar(zone=self.zone, hours=self.hours, days_off=frozenset([*public, *self.days_off]))

    def as_setting(self) -> dict[str, Any]:
        return {
            "zone": self.zone,
            "country": self.country,
            "hours": {str(day): [list(span) for span in spans] for day, spans in self.hours.items()},
            "days_off": [day.isoformat() for day in self.days_off],
            "people": list(self.people),
        }


@cache
def public_holidays(country: str, year: int) -> tuple[dt.date, ...]:
    """Public holidays of a country, as the ``holidays`` package knows them; none for ''."""
    return tuple(sorted(holidays.country_holidays(country, years=year))) if country else ()


@cache
def countries() -> tuple[str, ...]:
    """Country codes whose public holidays can be chosen."""
    return tuple(sorted(holidays.list_supported_countries()))


@cache
def zones() -> tuple[str, ...]:
    """IANA time zones that can be chosen: the named cities, and UTC."""
    cities = (zone for zone in zoneinfo.available_timezones() if zone.split("/")[0] in AREAS)
    return (*sorted(cities), "UTC")


def _known_zone(zone: str) -> None:
    if zone not in zoneinfo.available_timezones():
        raise Unclear(ZONE_UNKNOWN, zone)


def parse_hours(text: str) -> tuple[tuple[str, str], ...]:
    """Spans of one day out of "9:00-12:00 13:00-18:00", sorted; nothing for a day off.

    Full-width signs, long dashes and commas are read as well. A span that ends at or before its
    start ends on the next day. Raises :class:`Unclear`.
    """
    plain = re.sub(r"\s*[-\u2010-\u2015\u2212~]\s*", "-", unicodedata.normalize("NFKC", text))
    spans = sorted(_span(part) for part in re.split(r"[\s,;\u3001]+", plain) if part)
    for (start, end), (following, _) in itertools.pairwise(spans):
        if minutes(end) <= minutes(start) or minutes(following) < minutes(end):
            raise Unclear(HOURS_OVERLAP, text.strip())
    return tuple(spans)


def _span(text: str) -> tuple[str, str]:
    """One span, its hours of two digits."""
    found = re.fullmatch(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", text, re.ASCII)
    if found is None:
        raise Unclear(HOURS_UNCLEAR, text)
    start, end = f"{found[1]:0>2}:{found[2]}", f"{found[3]:0>2}:{found[4]}"
    try:
        same = minutes(start) == minutes(end)
    except ValueError as error:
        raise Unclear(HOURS_UNCLEAR, text) from error
    if same or minutes(start) == 24 * 60:
        raise Unclear(HOURS_UNCLEAR, text)
    return start, end


def format_hours(spans: Iterable[tuple[str, str]]) -> str:
    """Spans of one day as :func:`parse_hours` reads them."""
    return " ".join(f"{start}-{end}" for start, end in spans)


def parse_days(text: str) -> tuple[dt.date, ...]:
    """Days, one a line or parted by blanks or commas, sorted. Raises :class:`Unclear`."""
    days = set()
    for part in re.split(r"[\s,;\u3001]+", unicodedata.normalize("NFKC", text).strip()):
        try:
            days |= {dt.date.fromisoformat(part)} if part else set()
        except ValueError as error:
            raise Unclear(DAY_UNCLEAR, part) from error
    return tuple(sorted(days))


def parse_people(text: str) -> tuple[str, ...]:
    """Names, one a line; each once, in the order written."""
    names = (" ".join(line.split()) for line in text.splitlines())
    return tuple(dict.fromkeys(name for name in names if name))


def days_off_ahead(team: Team, today: dt.date, count: int) -> list[dt.date]:
    """The next public holidays and own days off, at most ``count``, today included."""
    known = team.calendar(range(today.year, today.year + 2)).days_off
    return sorted(day for day in known if day >= today)[:count]


def all_settings(desk: Desk) -> dict[str, tuple[Any, int]]:
    """Every saved setting: key -> (value, version); none for somebody who sees no shop."""
    if desk.sees == frozenset():
        return {}
    frame = desk.kept("settings", queries.settings)
    return {row["key"]: (row["value"], row["version"]) for row in frame.iter_rows(named=True)}


def team(desk: Desk) -> Team:
    """The team's calendar as saved, else Monday to Friday in Paris."""
    value, version = all_settings(desk).get("team", (DEFAULT_TEAM, 0))
    return Team(
        zone=value["zone"],
        country=value["country"],
        hours={int(day): tuple((a, b) for a, b in spans) for day, spans in value["hours"].items()},
        days_off=tuple(dt.date.fromisoformat(day) for day in value["days_off"]),
        people=tuple(value["people"]),
        version=version,
    )


def save_team(desk: Desk, person: Person, changed: Team) -> None:
    """Save the team's calendar. Raises ``write.Stale`` when somebody else saved in between."""
    _known_zone(changed.zone)
    _save(desk, person, "team", changed.as_setting(), changed.version)


def limits(desk: Desk) -> tuple[dict[str, bands.Limits], int]:
    """Band limits per kind of work: those of the rules, with the team's own on top, and their version."""
    own, version = all_settings(desk).get("bands", ({}, 0))
    standard = bands.default_limits(desk.values, utc_now().date())
    return {kind: bands.Limits(**{**_as_dict(standard[kind]), **own.get(kind, {})}) for kind in standard}, version


def limits_in_hours(desk: Desk) -> tuple[pl.DataFrame, int]:
    """The limits as people set them: kind, now_hours, soon_hours, staffed_hours; and their version."""
    held, version = limits(desk)
    rows = [
        (kind, limit.now_seconds / 3600, limit.soon_seconds / 3600, limit.staffed_seconds / 3600)
        for kind, limit in held.items()
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(HOURS, pl.Float64()) | {"kind": pl.String()}, orient="row"), version


def save_limits_in_hours(desk: Desk, person: Person, hours: pl.DataFrame, version: int) -> None:
    """Save a frame like that of :func:`limits_in_hours`."""
    if hours.null_count().sum_horizontal().item():
        raise Unclear(LIMITS_UNCLEAR)
    changed = {
        kind: bands.Limits(*(round(amount * 3600) for amount in amounts)) for kind, *amounts in hours.iter_rows()
    }
    save_limits(desk, person, changed, version)


def save_limits(desk: Desk, person: Person, changed: dict[str, bands.Limits], version: int) -> None:
    """Save band limits per kind of work, seconds. Raises ``Unclear`` where now is not before soon."""
    if not all(0 < limit.now_seconds < limit.soon_seconds for limit in changed.values()):
        raise Unclear(LIMITS_UNCLEAR)
    _save(desk, person, "bands", {kind: _as_dict(limit) for kind, limit in changed.items()}, version)


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """How big a file may be (MB, rows), and from how many MB on it is imported in a process of its own."""

    megabytes: int = 300
    rows: int = 1_500_000
    job_megabytes: int = 5


def intake_limits(desk: Desk) -> IntakeLimits:
    """The limits of files as saved, else the standard ones."""
    value, _ = all_settings(desk).get("intake", ({}, 0))
    return IntakeLimits(**value)


def save_intake_limits(desk: Desk, person: Person, changed: IntakeLimits, version: int) -> None:
    """Save the limits of files. Raises ``Unclear`` where one is not more than 0."""
    value = asdict(changed)
    if min(value.values()) <= 0:
        raise Unclear(INTAKE_UNCLEAR)
    _save(desk, person, "intake", value, version)


def _as_dict(limit: bands.Limits) -> dict[str, int]:
    return {
        "now_seconds": limit.now_seconds,
        "soon_seconds": limit.soon_seconds,
        "staffed_seconds": limit.staffed_seconds,
    }


def _save(desk: Desk, person: Person, key: str, value: Any, version: int) -> None:
    save_setting(desk, person, key, value, version, utc_now())


def save_setting(
    desk: Desk, person: Person, key: str, value: Any, version: int, now: dt.datetime, shop_id: int | None = None
) -> None:
    """Save one setting of the team, or of a shop. Raises ``write.Stale``, ``NotAllowed``."""
    with acting(desk, person, "settings", [] if shop_id is None else [shop_id], now) as act:
        held = queries.settings(act.connection).filter(key=key)["value"].to_list()
        write.save_setting(act.connection, key, value, version, person.name, now)
        (before, names_before), (after, names) = _told(held[0] if held else None), _told(value)
        personal = {"before": names_before, "after": names}
        act.note("setting_saved", shop_id=shop_id, subject=key, before=before, after=after, personal=personal)


def _told(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A setting's value by its fields: those that the record may keep, and those that name people."""
    fields = value if isinstance(value, dict) else {} if value is None else {"value": value}
    return (
        {name: held for name, held in fields.items() if name not in NAMES},
        {name: held for name, held in fields.items() if name in NAMES},
    )


def shops(desk: Desk) -> pl.DataFrame:
    """Every shop: id, marketplace, name, zone, preparation_days, vacation, auto_accept, version."""
    return desk.mine(desk.kept("shops", queries.shops), "id")


def shop(desk: Desk, shop_id: int) -> dict[str, Any]:
    """One shop, as a row of :func:`shops`. Raises ``NotThere``."""
    found = shops(desk).filter(id=shop_id)
    if found.is_empty():
        raise NotThere(f"there is no shop {shop_id}")
    return found.row(0, named=True)


def add_shop(desk: Desk, person: Person, marketplace: str, name: str) -> int:
    """The id of the shop of that name, made if it is new. Raises ``NotAllowed``, and ``Unclear`` on an empty name."""
    name = name.strip()
    if not name:
        raise Unclear(NAME_MISSING)
    market = Marketplace(marketplace)
    known = shops(desk.seen_by(person)).filter(marketplace=str(market), name=name)
    if known.height:
        person.require("import", known["id"][0])
        return int(known["id"][0])
    # A new shop is in nobody's shops yet, and one that the person does not see is as good as new: over every shop.
    with acting(desk, person, "import", [], utc_now()) as act:
        shop_id = write.add_shop(act.connection, str(market), name)
        act.note("shop_added", shop_id=shop_id, subject=shop_id, after={"marketplace": str(market), "name": name})
    return shop_id


def save_shop(desk: Desk, person: Person, shop_id: int, changes: dict[str, Any], version: int) -> None:
    """Save what the team says of a shop. Raises ``write.Stale`` when somebody else saved in between."""
    if "name" in changes and not changes["name"].strip():
        raise Unclear(NAME_MISSING)
    if "zone" in changes:
        _known_zone(changes["zone"])
    with acting(desk, person, "settings", [shop_id], utc_now()) as act:
        held = queries.shops(act.connection).filter(id=shop_id).select(list(changes))
        write.save_shop(act.connection, shop_id, changes, version)
        act.note("shop_saved", shop_id=shop_id, subject=shop_id, before=held.row(0, named=True), after=changes)
