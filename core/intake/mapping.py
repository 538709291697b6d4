"""A file that no format knows: which header cell is which of our fields, as a person settles it once.

A mapping is kept for a shop and for the fingerprint of the header. Suggestions say their reason; nothing that a
file leaves open (the order of a date's parts, the zone of its clock) is guessed in silence.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any, Final

from core.intake.formats import FIELDS_OF, Format, Formats, fold, spellings
from core.intake.recognise import fingerprint
from core.policy.words import N_

VERSION: Final = 1
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "orders": ("order_number",),
    "shipments": ("order_number", "tracking_number"),
    "returns": ("order_number", "requested_at"),
    "inquiries": ("inquiry_number",),
    "disputes": ("dispute_number", "order_number"),
    "finance": ("document_number",),
    "health": ("metric_word",),
}
"""Fields without which no row of a kind can be told from another, or no clock can run."""
REASONS: Final = {
    "exact": N_("It is the field's own name."),
    "known": N_("It is a known word for it."),
    "alias": N_("It is a known word for it: {alias}."),
    "near": N_("It is like a known word for it: {alias} ({likeness} %)."),
}
ORDERS_OF_DATE: Final = {
    "day_first": ("%d{0}%m{0}%Y", "%d{0}%m{0}%y"),
    "month_first": ("%m{0}%d{0}%Y", "%m{0}%d{0}%y"),
    "year_first": ("%Y{0}%m{0}%d",),
}
HEADER_WITHIN: Final = 60  # lines, among which a mapped header is looked for
NEAR: Final = 0.8  # how like a known word a cell has to be, 0 to 1
_SHORTEST: Final = 4  # folded characters; shorter words are all like each other
_DATE: Final = re.compile(r"^\s*(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?!\d)")
_CLOCKS: Final = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%S%.f", "T%H:%M", " %I:%M:%S %p", " %I:%M %p")


@dataclass(frozen=True)
class Suggestion:
    """A header cell and the field that it probably is, "" where nothing is like it. ``reason`` is a key of
    REASONS, ``alias`` the known word, ``likeness`` 0 to 1."""

    cell: str
    field: str
    reason: str
    alias: str
    likeness: float

    @property
    def params(self) -> dict[str, object]:
        """What fills the sentence of its reason."""
        return {"alias": self.alias, "likeness": round(self.likeness * 100)}


@dataclass(frozen=True)
class Mapping:
    """What a person settled about files with one header. ``fields``: the header cell of each of our fields."""

    kind: str
    fields: dict[str, str]
    header: tuple[str, ...]
    date_order: str | None = None  # a key of ORDERS_OF_DATE; None: no cell leaves it open
    zone: str | None = None  # of its wall clocks; None: has to be asked where the file has some
    currency: str | None = None  # where the file names none
    marketplace: str | None = None
    name: str = ""
    decimal: str | None = None  # "," or "." before the decimals of amounts; None: 1.234 is a finding
    line: int | None = None  # that a person chose as the header; then no known format takes such a header

    @property
    def fingerprint(self) -> str:
        """What the header is known by."""
        return fingerprint(self.header)

    def missing(self) -> tuple[str, ...]:
        """The required fields that no cell has; with one of them missing the mapping cannot be used."""
        return tuple(name for name in REQUIRED[self.kind] if name not in self.fields)

    def format(self) -> Format:
        """The mapping as a format, so that the same code reads its files. Raises ValueError where a required
        field has no cell."""
        if self.missing():
            raise ValueError(f"required fields without a cell: {', '.join(self.missing())}")
        orders = (self.date_order,) if self.date_order else ("year_first", "day_first")
        dates = [d.format(sign) for name in orders for d in ORDERS_OF_DATE[name] for sign in "/-."]
        iso = ["%Y-%m-%d", *(d for d in dates if d != "%Y-%m-%d")]
        return Format(
            format=f"mapped_{self.fingerprint}",
            title=self.name or "Mapped file",
            kind=self.kind,
            marketplace=self.marketplace,
            zone=self.zone,
            ask_zone=self.zone is None,
            currency=self.currency,
            decimal=self.decimal,
            required=REQUIRED[self.kind],
            known_cells=len(self.fields),
            header_within_lines=HEADER_WITHIN,
            instants=tuple(d + clock for d in iso for clock in _CLOCKS if clock),
            days=tuple(iso),
            names={name: (cell,) for name, cell in self.fields.items()},
            columns={fold(cell): name for name, cell in self.fields.items()},
            left=frozenset(fold(cell) for cell in self.header) - {fold(c) for c in self.fields.values()},
        )

    def to_json(self) -> str:
        """The mapping as text that another desk can take in."""
        return json.dumps({"desk48_mapping": VERSION, **asdict(self)}, ensure_ascii=False, indent=2)


def from_json(text: str) -> Mapping:
    """A mapping of :meth:`Mapping.to_json`; ValueError says what is wrong with it."""
    try:
        table: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        raise ValueError("no JSON") from wrong
    if not isinstance(table, dict) or table.pop("desk48_mapping", None) != VERSION:
        raise ValueError("not a mapping of Desk48, or of another version")
    known = {"kind", "fields", "header", "date_order", "zone", "currency", "marketplace", "name", "decimal", "line"}
    if strange := sorted(set(table) - known):
        raise ValueError(f"unknown: {', '.join(strange)}")
    kind, fields, header = table.get("kind"), table.get("fields"), table.get("header")
    if kind not in REQUIRED or not isinstance(fields, dict) or not isinstance(header, list):
        raise ValueError("kind, fields and header are needed")
    if strange := sorted(set(fields) - set(FIELDS_OF[kind])):
        raise ValueError(f"unknown fields: {', '.join(strange)}")
    if not {str(cell) for cell in fields.values()} <= set(header):
        raise ValueError("a field has a cell that the header lacks")
    if table.get("date_order") not in (None, *ORDERS_OF_DATE):
        raise ValueError("date_order is unknown")
    if not isinstance(table.get("line"), int | None):
        raise ValueError("line is no number")
    if table.get("decimal") not in (None, ",", "."):
        raise ValueError("decimal is unknown")
    return Mapping(**{**table, "header": tuple(str(cell) for cell in header)})


# Suggestions


def suggest(header: Sequence[str], kind: str, formats: Formats) -> list[Suggestion]:
    """A suggestion for each cell of a header, in its order. No field is suggested twice: the likest cell has it,
    of equal ones the first."""
    words = _words_of(kind, formats)
    left = frozenset(word for form in formats.formats for word in form.left)
    tried = [s for at, cell in enumerate(header) for s in _tries(cell, at, words, left)]
    tried.sort(key=lambda t: (-t[1].likeness, t[0]))
    chosen: dict[int, Suggestion] = {}
    taken: set[str] = set()
    for at, one in tried:
        if at not in chosen and one.field not in taken:
            chosen[at] = one
            taken.add(one.field)
    return [chosen.get(at, Suggestion(cell, "", "", "", 0.0)) for at, cell in enumerate(header)]


def _words_of(kind: str, formats: Formats) -> dict[str, tuple[str, str, str]]:
    """By folded word: our field, the word as written, and the reason that it would be."""
    found: dict[str, tuple[str, str, str]] = {}
    for name in FIELDS_OF[kind]:
        found[fold(name)] = (name, name, "exact")
    for form in formats.formats:
        for name, cells in form.names.items() if form.kind == kind else ():
            for cell in cells:
                found.setdefault(fold(cell), (name, cell, "alias"))
    for name, cells in formats.aliases.items():
        for cell in cells if name in FIELDS_OF[kind] else ():
            found.setdefault(fold(cell), (name, cell, "alias"))
    return found


def _tries(
    cell: str, at: int, words: dict[str, tuple[str, str, str]], left: frozenset[str]
) -> Iterable[tuple[int, Suggestion]]:
    """What a cell may be: exactly, else by a known word, else by what it is like. A cell of ``left`` is known and
    something else: an ERP's own number is no tracking number, however like its name is."""
    for part in spellings(cell):
        if part in words:
            name, alias, reason = words[part]
            reason = "known" if reason == "alias" and part == fold(cell) else reason
            yield at, Suggestion(cell, name, reason, alias, 1.0 if reason == "exact" else 0.99)
            return
    for part in spellings(cell) if left.isdisjoint(spellings(cell)) else ():
        for word, (name, alias, _) in words.items():
            likeness = _likeness(part, word)
            if likeness >= NEAR:
                yield at, Suggestion(cell, name, "near", alias, min(likeness, 0.98))


def _likeness(one: str, other: str) -> float:
    """How like two folded words are: the share of their letters in common order. Chinese words are short, and one
    that holds the other whole is near."""
    if not (one.isascii() and other.isascii()) and min(len(one), len(other)) >= 2:
        shorter, longer = sorted((one, other), key=len)
        if shorter in longer and len(shorter) * 2 >= len(longer):
            return 0.9
    if min(len(one), len(other)) < _SHORTEST:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR else 0.0


def samples(cells: Sequence[str | None], count: int = 3) -> list[str]:
    """The first distinct values of a column that say something, to show beside its header cell."""
    return list(dict.fromkeys(c.strip() for c in cells if c and c.strip()))[:count]


# What a file leaves open


def date_order(values: Iterable[str | None]) -> tuple[str | None, str | None]:
    """The order of day, month and year that the dates of a column prove, and an example where they prove none.

    (order, None): proved. (None, example): 03/04 may be March or April, a person has to say. (None, None): no
    dates with numbers only.
    """
    example, proved = None, set[str]()
    for value in values:
        found = _DATE.match(value or "")
        if found is None:
            continue
        first, second = found.group(1), int(found.group(2))
        if len(first) == 4:
            proved.add("year_first")
        elif int(first) > 12:
            proved.add("day_first")
        elif second > 12:
            proved.add("month_first")
        elif int(first) != second:
            example = example or value
    if len(proved) == 1:
        return proved.pop(), None
    return None, example


# What moved


@dataclass(frozen=True)
class Moved:
    """How a header differs from the one that a mapping was made for. ``renamed`` are pairs of alike cells, old and
    new; ``moved`` are cells at another place, which changes nothing, as cells are known by name."""

    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    moved: tuple[str, ...] = field(default=())


def moved(old: Sequence[str], new: Sequence[str]) -> Moved:
    """What changed between two headers."""
    before, after = _places(old), _places(new)
    gone = [cell for cell in before if cell not in after]
    added = [cell for cell in after if cell not in before]
    alike = sorted(((_likeness(a, b), a, b) for a in gone for b in added), key=lambda t: -t[0])
    renamed: dict[str, str] = {}
    for likeness, a, b in alike:
        if likeness >= NEAR and a not in renamed and b not in renamed.values():
            renamed[a] = b
    kept = [cell for cell in before if cell in after]
    order = {cell: at for at, cell in enumerate(sorted(kept, key=lambda c: after[c][0]))}
    return Moved(
        gone=tuple(before[c][1] for c in gone if c not in renamed),
        new=tuple(after[c][1] for c in added if c not in renamed.values()),
        renamed=tuple((before[a][1], after[b][1]) for a, b in renamed.items()),
        moved=tuple(after[c][1] for at, c in enumerate(kept) if order[c] != at),
    )


def carried(mapping: Mapping, header: Sequence[str]) -> Mapping:
    """The mapping for a changed header: cells that stayed or were renamed keep their field, the others lose it."""
    change = moved(mapping.header, header)
    now = {fold(cell): cell for cell in header}
    renamed = {fold(a): b for a, b in change.renamed}
    fields = {name: now.get(fold(cell)) or renamed.get(fold(cell)) for name, cell in mapping.fields.items()}
    return replace(mapping, header=tuple(header), fields={name: cell for name, cell in fields.items() if cell})


def _places(header: Sequence[str]) -> dict[str, tuple[int, str]]:
    """By folded cell: its place, and the cell as written. Of equal cells the first."""
    found: dict[str, tuple[int, str]] = {}
    for at, cell in enumerate(header):
        if cell.strip():
            found.setdefault(fold(cell), (at, cell))
    return found
