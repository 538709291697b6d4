"""What a shop settled about its files: which column is which field, and what a file leaves open.

A file that no format knows is mapped once; the mapping is found again by the fingerprint of the header. Of a
known format that leaves its zone open, the answer is kept under the format's name. Either is a format then,
read by the same code as all others.
"""

import datetime as dt
import json
import re
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from core.desk.acting import acting
from core.desk.base import Desk, Person
from core.intake import mapping as intake
from core.intake.choices import ANSWERS, DATE_ORDER, QUESTIONS, ZONE, ZONES, Question
from core.intake.formats import FIELDS_OF, Formats, fold
from core.intake.header import Unknown
from core.intake.mapping import ORDERS_OF_DATE, REASONS, REQUIRED, Mapping, Moved, Suggestion
from core.policy.words import N_
from core.store import mappings as store

__all__ = [
    "ANSWERS", "DATE_ORDER", "FIELDS_OF", "KINDS", "QUESTIONS", "REASONS", "ZONE", "ZONES", "Kept", "Mapping", "Moved",
    "Question", "Suggestion", "Unknown", "Unusable", "answer", "as_formats", "export", "forget", "kept", "save",
    "take_in",
]  # fmt: skip

KINDS: Final = tuple(REQUIRED)
"""The kinds of rows that an unknown file may hold."""
ACCOUNT: Final = "account:"
"""Begins the key of what a person said about an account of an ERP: which shop it is."""
REQUIRED_MISSING: Final = N_("Fields without which no row can be read have no column yet: {text}.")
ZONE_OPEN: Final = N_("Say which zone the times of the file belong to.")
NOT_A_MAPPING: Final = N_("This is not a mapping that a desk exported: {text}.")


class Unusable(ValueError):
    """A mapping that cannot be kept. ``sentence`` is a msgid with a place for ``text``."""

    def __init__(self, sentence: str, text: str = "") -> None:
        super().__init__(sentence.format(text=text))
        self.sentence, self.text = sentence, text


@dataclass(frozen=True, slots=True)
class Kept:
    """One mapping as it holds in a shop. ``mapping`` is None for the answer about a known format; ``zone`` is
    that answer, or the mapping's own. ``account``: the account of an ERP that is this shop; then it is nothing else."""

    shop_id: int
    key: str
    version: int
    person: str
    at: dt.datetime
    mapping: Mapping | None
    zone: str | None
    account: str | None = None

    @property
    def format(self) -> str:
        """The name of the format that its files are read by."""
        return self.mapping.format().format if self.mapping else self.key


def kept(desk: Desk, shop_id: int | None = None) -> list[Kept]:
    """The mappings that hold, newest first; of one shop, or of all."""
    with desk.reading() as connection:
        return [one for one in of_shop(connection, shop_id) if desk.sees_shop(one.shop_id)]


def of_shop(connection: sa.Connection, shop_id: int | None) -> list[Kept]:
    """As :func:`kept`, on an open connection, whoever looks."""
    return [_kept(row) for row in store.newest(connection, shop_id).iter_rows(named=True)]


def _kept(row: dict[str, object]) -> Kept:
    content = str(row["content"])
    said = json.loads(content)
    mapping = intake.from_json(content) if "desk48_mapping" in said else None
    zone = mapping.zone if mapping else said.get("zone")
    named = {name: row[name] for name in ("shop_id", "key", "version", "person", "at")}
    return Kept(**named, mapping=mapping, zone=zone, account=said.get("account"))  # type: ignore[arg-type]  # the columns have these types


def as_formats(formats: Formats, settled: Iterable[Kept]) -> Formats:
    """The formats with the zones that a shop answered for those that leave theirs open, and the headers that it mapped
    by hand."""
    answers = {one.key: one.zone for one in settled if one.mapping is None and one.account is None}
    by_hand = frozenset(one.key for one in settled if one.mapping and one.mapping.line)
    formats = replace(formats, by_hand=by_hand)
    if not answers:
        return formats
    known = (
        replace(form, zone=answers[form.format], ask_zone=False) if form.format in answers else form
        for form in formats.formats
    )
    return replace(formats, formats=tuple(known))


def of_header(settled: Iterable[Kept], fingerprint: str) -> Mapping | None:
    """The mapping for files with this header; None where nobody made one."""
    return next((one.mapping for one in settled if one.key == fingerprint), None)


def save(desk: Desk, person: Person, shop_id: int, mapping: Mapping, now: dt.datetime, version: int = 0) -> int:
    """Keep a mapping for the files of a shop; gives its version. ``version``: the one that it was made from.

    Raises :class:`Unusable` where a required field has no column, ``Stale`` where somebody else saved one
    in between, and ``NotAllowed``.
    """
    if missing := mapping.missing():
        raise Unusable(REQUIRED_MISSING, ", ".join(missing))
    if mapping.zone is not None and mapping.zone not in zoneinfo.available_timezones():
        raise Unusable(ZONE_OPEN)
    with acting(desk, person, "import", [shop_id], now) as act:
        before = _content(act.connection, shop_id, mapping.fingerprint)
        saved = store.save(act.connection, shop_id, mapping.fingerprint, mapping.to_json(), version, person.name, now)
        # A header is text of a file: it stands apart.
        act.note(
            "mapping_saved", shop_id=shop_id, subject=mapping.fingerprint, before={"version": version},
            after={"version": saved}, personal={"before": before, "after": json.loads(mapping.to_json())},
        )  # fmt: skip
        return saved


def answer(
    desk: Desk,
    person: Person,
    shop_id: int,
    about: Mapping | str,
    asked: str,
    said: str,
    now: dt.datetime,
    version: int | None = None,
) -> int:
    """Remember what a person said about files of a mapping, or of a known format (its name): DATE_ORDER or ZONE.

    ``version``: of what stood about them as the question was seen; None: whatever stands is replaced. Gives the new
    one. Raises ``Unusable``, ``Stale`` and ``NotAllowed``.
    """
    if version is None:
        version = version_at(desk, shop_id, about if isinstance(about, str) else about.fingerprint)
    if isinstance(about, Mapping):
        changed = replace(about, zone=said) if asked == ZONE else replace(about, date_order=said)
        return save(desk, person, shop_id, changed, now, version)
    if asked != ZONE or said not in zoneinfo.available_timezones():
        raise Unusable(ZONE_OPEN)
    with acting(desk, person, "import", [shop_id], now) as act:
        before = _content(act.connection, shop_id, about)
        act.note("file_question_answered", shop_id=shop_id, subject=about, before=before, after={"zone": said})
        return store.save(act.connection, shop_id, about, json.dumps({"zone": said}), version, person.name, now)


def forget(desk: Desk, person: Person, one: Kept, now: dt.datetime) -> None:
    """Take a mapping away; what was imported by it stays. Raises ``Stale``, ``NotAllowed``."""
    with acting(desk, person, "import", [one.shop_id], now) as act:
        before = _content(act.connection, one.shop_id, one.key)
        store.save(act.connection, one.shop_id, one.key, None, one.version, person.name, now)
        act.note(
            "mapping_forgotten", shop_id=one.shop_id, subject=one.key, before={"version": one.version},
            personal={"before": before},
        )  # fmt: skip


def _content(connection: sa.Connection, shop_id: int, key: str) -> dict[str, Any]:
    """What stands about these files, as it was saved; nothing where there is none."""
    held = store.newest(connection, shop_id).filter(key=key)["content"]
    return dict(json.loads(held[0])) if held.len() else {}


def export(one: Kept) -> bytes:
    """A mapping as a file that another desk can take in. Only for one of an unknown file."""
    assert one.mapping is not None
    return one.mapping.to_json().encode()


def take_in(data: bytes) -> Mapping:
    """A mapping that a desk exported. Raises :class:`Unusable` with what is wrong with it."""
    try:
        return intake.from_json(data.decode("utf-8-sig"))
    except (ValueError, TypeError) as wrong:
        raise Unusable(NOT_A_MAPPING, str(wrong)) from wrong


# The way to a mapping


def nearest(header: Sequence[str], settled: Iterable[Kept]) -> tuple[Kept, Moved] | None:
    """The mapping whose header this one grew out of, with what moved; None where less than half is alike."""
    cells = {fold(cell) for cell in header if cell.strip()}
    best: tuple[Kept, Moved] | None = None
    most = 0.5
    for one in settled:
        if one.mapping is None:
            continue
        change = intake.moved(one.mapping.header, header)
        gone = len(change.gone) + len(change.new) + len(change.renamed) / 2
        alike = 1 - gone / max(len(cells | {fold(cell) for cell in one.mapping.header}), 1)
        if alike >= most:
            most, best = alike, (one, change)
    return best


def carried(one: Kept, header: Sequence[str]) -> Mapping:
    """A kept mapping for a changed header."""
    assert one.mapping is not None
    return intake.carried(one.mapping, header)


def date_order(columns: Iterable[Iterable[str | None]]) -> tuple[str | None, str | None]:
    """The order of day and month that these columns prove, and an example where they leave it open."""
    return intake.date_order(value for column in columns for value in column)


def is_moved(change: Moved) -> bool:
    """Whether anything about a header changed."""
    return bool(change.gone or change.new or change.renamed or change.moved)


def version_of(settled: Iterable[Kept], format_name: str) -> str | None:
    """Which version of a shop's own mapping reads files of this format; None where it has none."""
    found = next((one.version for one in settled if one.format == format_name), None)
    return None if found is None else f"v{found}"


def version_at(desk: Desk, shop_id: int, fingerprint: str) -> int:
    """The version of the mapping for this header that holds; 0 where there is none."""
    return next((one.version for one in kept(desk, shop_id) if one.key == fingerprint), 0)


def day_by(order: str, example: str) -> dt.date | None:
    """The day that an example is by an order of day and month; None where it is none."""
    found = re.match(r"\s*\d+([./-])\d+[./-]\d+", example)
    if found is None:
        return None
    for form in ORDERS_OF_DATE[order]:
        try:
            return dt.datetime.strptime(found[0].strip(), form.format(found[1])).date()
        except ValueError:
            continue
    return None
