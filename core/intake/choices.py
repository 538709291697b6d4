"""What a person said about a file: its encoding, which cell is which field, what its clock means.

A file may leave open what its dates mean: 03/04 is March or April, and a wall clock needs a zone. That is never
guessed in silence: the reading asks, and nothing may be written before there is an answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from core.intake.formats import Format, fold
from core.intake.mapping import ORDERS_OF_DATE, Mapping, date_order
from core.intake.source import Grid, Source
from core.policy.words import N_

DATE_ORDER: Final = "date_order"
ZONE: Final = "zone"
QUESTIONS: Final = {
    DATE_ORDER: N_("Is {example} in the column {column} written with the day or with the month first?"),
    ZONE: N_("Which clock shows {example} in the column {column}?"),
}
"""A sentence for each kind of question, to translate and to fill with column and example."""
ANSWERS: Final = {
    "day_first": N_("The day first: {meaning}"),
    "month_first": N_("The month first: {meaning}"),
    "year_first": N_("The year first: {meaning}"),
}
"""What an answer about the order of a date means; of a zone the name of the zone is enough."""
ZONES: Final = ("Asia/Shanghai", "Europe/Paris", "America/Los_Angeles", "UTC")
"""Zones that exports are written in: the team's, the marketplace's, none."""
_DAY: Final = r"^\s*(\d{1,4}[./-]\d{1,2}[./-]\d{1,4})(?:\D|$)"
_OFFSET: Final = r"(?:[zZ]|[+-]\d{2}:?\d{2})\s*$"


@dataclass(frozen=True)
class Choices:
    """``encoding``: a key of encoding.ENCODINGS. ``mapping``: for a file that no format knows; it has the answers
    to its questions itself. ``zone``: the answer for a known format that leaves it open. ``header``: the file line that
    is the header, whatever it looks like, of which a person says what its cells are; 0: the likeliest. ``accounts``:
    those of a file of several shops whose rows are taken; None: all of the marketplace."""

    encoding: str | None = None
    mapping: Mapping | None = None
    zone: str | None = None
    header: int | None = None
    accounts: frozenset[str] | None = None


NOTHING: Final = Choices()


@dataclass(frozen=True)
class Question:
    """What a person has to say once: ``ask`` is a key of QUESTIONS, ``example`` a cell as it stands in the file.
    ``options``: each answer with what the example means by it (a day, or "" where the answer says it)."""

    ask: str
    column: str
    example: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Settled:
    """``choices`` with what the file itself proves, and the ``questions`` that it leaves open."""

    choices: Choices
    questions: tuple[Question, ...] = field(default=())


def settle(file: Source, choices: Choices, zone: str) -> Settled:
    """What the cells of a file prove and what they leave open. ``zone``: the shop's own, offered first. A file of a
    format with one form of date and a known clock is not looked at."""
    mapping = choices.mapping
    ask_dates = mapping is not None and mapping.date_order is None
    ask_zone = file.format.ask_zone and choices.zone is None
    if not ask_dates and not ask_zone:
        return Settled(choices)
    columns = {at: cell for at, cell in enumerate(file.header) if _is_instant(file.format, cell)}
    seen = file.each(lambda raw: _look(raw, columns))
    questions: list[Question] = []
    if mapping is not None and ask_dates:
        order, example = date_order(pl.concat(days for days, _ in seen).unique(maintain_order=True))
        if order:
            choices = replace(choices, mapping=replace(mapping, date_order=order))
        elif example:
            column = _column_with(file, columns, example)
            questions.append(Question(DATE_ORDER, column, example, _orders(example)))
    clock = next((one for _, one in seen if one), None)
    if ask_zone and clock:
        zones = dict.fromkeys((zone, *ZONES))
        questions.append(Question(ZONE, *clock, tuple((name, "") for name in zones)))
    return Settled(choices, tuple(questions))


def _is_instant(form: Format, cell: str) -> bool:
    name = form.field_of(cell) or ""
    return name.endswith("_at") or name == "respond_by"


def _look(raw: Grid, columns: dict[int, str]) -> tuple[pl.Series, tuple[str, str] | None]:
    """The distinct days of some rows as they are written, and a column and a cell with a clock without a zone."""
    days, clock = [pl.Series("day", [], pl.String)], None
    for at, column in columns.items():
        cells = raw.cells[f"c{at}"].drop_nulls().rename("day")
        days.append(cells.str.extract(_DAY).drop_nulls().unique(maintain_order=True))
        if clock is None:
            bare = cells.filter(cells.str.contains(r"\d:\d\d|^\D*\d+\D+\d+\D+\d+\s*$") & ~cells.str.contains(_OFFSET))
            clock = (" ".join(column.split()), bare[0]) if len(bare) else None
    return pl.concat(days), clock


def _column_with(file: Source, columns: dict[int, str], example: str) -> str:
    """The header cell of the first column in which a day is found."""

    def found(raw: Grid) -> Sequence[int]:
        return [at for at in columns if raw.cells[f"c{at}"].str.contains(example, literal=True).any()]

    places: Iterable[int] = (at for part in file.each(found) for at in part)
    return " ".join(columns[min(places)].split())


def _orders(example: str) -> tuple[tuple[str, str], ...]:
    """What a day means by each order that fits it."""
    meant: list[tuple[str, str]] = []
    for order, forms in ORDERS_OF_DATE.items():
        for form in forms:
            day = pl.Series([example]).str.to_date(form.format(_sign(example)), strict=False).item()
            if day is not None and order not in dict(meant) and day.year >= 1990:
                meant.append((order, day.isoformat()))
    return tuple(meant)


def _sign(example: str) -> str:
    return next(sign for sign in example if not fold(sign).isdigit())
