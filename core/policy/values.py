"""Dated values of the rules: what they are, where they come from, which one is in force on a day.

``data/policy/*.toml`` holds one table per parameter. :func:`load` reads and checks all of them;
a fault names its file and line. A rule asks for the value in force on the day of the event, so
last year's order is judged by last year's rule.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import polars as pl

from core.policy.words import DeliveryMode

Amount = int | Decimal | bool | str
_Function = TypeVar("_Function", bound=Callable[..., Any])

DIRECTORY: Final = Path(__file__).resolve().parents[2] / "data" / "policy"

UNITS: Final[dict[str, type]] = {
    "hours": int,
    "days": int,
    "minutes": int,
    "months": int,
    "grams": int,
    "characters": int,
    "rows": int,
    "orders": int,
    "EUR_minor": int,
    "GBP_minor": int,
    "fraction": Decimal,
    "yes_no": bool,
    "weekdays": str,
    "delivery_modes": str,
    "categories": str,
    "day_fractions": str,
    "weight_bands": str,
    "signs": str,
    "gate": str,
    "text": str,
}
"""The units a value may have, and the type its amount then has.

``weekdays``: ISO numbers with blanks (Monday is 1). ``delivery_modes``: words of DeliveryMode.
``categories``: words with blanks. ``day_fractions``: "10:0.05 20:0.10", days to a fraction, both rising.
``weight_bands``: "500:735 2000:1070", up to so many grams to minor units, grams rising.
``signs``: signs or one word as they are written, with blanks. ``gate``: what each verdict needs (tracking_gate).
``text``: the rule holds no number; its amount is the rule in words.
"""

_FIELDS: Final = {"rule", "unit", "title", "last_checked", "values"}


class PolicyError(ValueError):
    """A policy file is broken. Its text begins with ``file:line:``."""


class NotInForce(LookupError):
    """No value of the parameter was in force on that day."""


@dataclass(frozen=True, slots=True)
class Value:
    """One amount, in force from the day ``since`` on."""

    since: dt.date
    amount: Amount
    source: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One quantity of one rule with all the values it ever had, oldest first."""

    key: str
    rule: str
    unit: str
    title: str
    last_checked: dt.date
    history: tuple[Value, ...]

    @property
    def text_only(self) -> bool:
        """Whether the rule holds no number: its amount is the rule in words."""
        return self.unit == "text"

    def on(self, day: dt.date) -> Value:
        """The value in force on ``day``; raises :class:`NotInForce` before the first one."""
        for value in reversed(self.history):
            if value.since <= day:
                return value
        raise NotInForce(f"{self.key} has no value on {day}; its first is of {self.history[0].since}")


@dataclass(frozen=True, slots=True)
class Values:
    """All parameters by key."""

    parameters: Mapping[str, Parameter]

    def on(self, key: str, day: dt.date) -> Value:
        """The value of ``key`` in force on ``day``."""
        return self.parameters[key].on(day)

    def in_force(self, key: str, day: pl.Expr) -> pl.Expr:
        """The amount of ``key`` in force on each ``day`` (a Date expression); null before the first one."""
        history = self.parameters[key].history
        chain: Any = pl
        for value in reversed(history):
            chain = chain.when(day >= value.since).then(_literal(value.amount))
        return chain.otherwise(None)  # type: ignore[no-any-return]

    def integer(self, key: str, day: dt.date) -> int:
        """The value of a parameter that is a whole number."""
        amount = self.on(key, day).amount
        if not isinstance(amount, int):
            raise TypeError(f"{key} is not a whole number but {amount!r}")
        return amount

    def fraction(self, key: str, day: dt.date) -> Decimal:
        """The value of a parameter that is a fraction, exact."""
        amount = self.on(key, day).amount
        if not isinstance(amount, Decimal):
            raise TypeError(f"{key} is not a fraction but {amount!r}")
        return amount

    def words(self, key: str, day: dt.date) -> tuple[str, ...]:
        """The value of a parameter that is a list of words."""
        return tuple(str(self.on(key, day).amount).split())


def _literal(amount: Amount) -> pl.Expr:
    if isinstance(amount, int) and not isinstance(amount, bool):
        return pl.lit(amount, dtype=pl.Int64)
    return pl.lit(float(amount) if isinstance(amount, Decimal) else amount)


def applies(*rules: str) -> Callable[[_Function], _Function]:
    """Mark a function with the ids of the rules that it carries out (read by coverage)."""

    def mark(function: _Function) -> _Function:
        function.__dict__["applies"] = rules
        return function

    return mark


def load(directory: Path = DIRECTORY) -> Values:
    """Read and check every ``*.toml`` of ``directory``; raises :class:`PolicyError`."""
    parameters: dict[str, Parameter] = {}
    for file in sorted(directory.glob("*.toml")):
        for parameter, place in _read(file):
            if parameter.key in parameters:
                raise PolicyError(f"{place}: {parameter.key} is defined twice")
            parameters[parameter.key] = parameter
    if not parameters:
        raise PolicyError(f"{directory}:1: no policy files here")
    return Values(parameters)


def _read(file: Path) -> Iterator[tuple[Parameter, str]]:
    text = file.read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = found[1] if found else str(text.count("\n") + 1)
        raise PolicyError(f"{file}:{line}: {error}") from error
    for key, table in tables.items():
        check = _Check(file, text, key)
        yield check.parameter(table), check.place()


@dataclass(frozen=True, slots=True)
class _Check:
    """Checks one table; knows at which line of its file each part of it stands."""

    file: Path
    text: str
    key: str

    def place(self, value: int | None = None, field: str = "") -> str:
        """``file:line`` of the table, of its n-th value, or of a field in either."""
        lines = self.text.splitlines()
        header = f"[{self.key}]" if value is None else f"[[{self.key}.values]]"
        at = [n for n, line in enumerate(lines) if line.split("#")[0].strip() == header]
        start = at[value or 0] if len(at) > (value or 0) else 0
        for n in range(start + 1, len(lines)):
            if lines[n].lstrip().startswith("["):
                break
            if field and re.match(rf"\s*{re.escape(field)}\s*=", lines[n]):
                return f"{self.file}:{n + 1}"
        return f"{self.file}:{start + 1}"

    def fault(self, message: str, value: int | None = None, field: str = "") -> PolicyError:
        return PolicyError(f"{self.place(value, field)}: {self.key}: {message}")

    def parameter(self, table: object) -> Parameter:
        if not isinstance(table, dict):
            raise self.fault("is not a table")
        for field in table.keys() - _FIELDS:
            raise self.fault(f"unknown field {field}", field=field)
        rule = self._text(table, "rule")
        if not re.fullmatch(r"[A-Z]{2}-[A-Z]\d{1,2}", rule):
            raise self.fault(f"rule {rule!r} is not an id of the rulebook", field="rule")
        unit = self._text(table, "unit")
        if unit not in UNITS:
            raise self.fault(f"unknown unit {unit!r}", field="unit")
        title = self._text(table, "title")
        checked = self._date(table, "last_checked")
        rows = table.get("values")
        if not isinstance(rows, list) or not rows:
            raise self.fault("has no values")
        history = tuple(self._value(row, unit, n) for n, row in enumerate(rows))
        for n in range(1, len(history)):
            if history[n].since <= history[n - 1].since:
                raise self.fault("since does not rise", n, "since")
        return Parameter(self.key, rule, unit, title, checked, history)

    def _value(self, row: dict[str, object], unit: str, n: int) -> Value:
        for field in row.keys() - {"since", "amount", "source"}:
            raise self.fault(f"unknown field {field}", n, field)
        amount = row.get("amount")
        if type(amount) is not UNITS[unit] or not isinstance(amount, int | Decimal | str):
            raise self.fault(f"amount {amount!r} does not fit the unit {unit}", n, "amount")
        wrong = wrong_amount(unit, amount)
        if wrong:
            raise self.fault(wrong, n, "amount")
        return Value(self._date(row, "since", n), amount, self._text(row, "source", n))

    def _text(self, table: Mapping[str, object], field: str, n: int | None = None) -> str:
        text = table.get(field)
        if not isinstance(text, str) or not text.strip():
            raise self.fault(f"{field} is missing", n, field)
        return text

    def _date(self, table: Mapping[str, object], field: str, n: int | None = None) -> dt.date:
        date = table.get(field)
        if type(date) is not dt.date:
            raise self.fault(f"{field} is not a date", n, field)
        return date


_PAIRS: Final = {"day_fractions": r"(\d+):(0\.\d+)", "weight_bands": r"(\d+):(\d+)"}


def wrong_amount(unit: str, amount: Amount) -> str | None:
    """What is wrong with an amount that already has the type of its unit."""
    if unit == "fraction" and not 0 <= Decimal(amount) <= 1:
        return f"{amount} is not between 0 and 1"
    if (
        unit in ("hours", "days", "minutes", "months", "grams", "rows", "orders", "EUR_minor", "GBP_minor")
        and Decimal(amount) < 0
    ):
        return f"{amount} is negative"
    if unit in _PAIRS:
        pairs = re.findall(_PAIRS[unit], str(amount))
        rising = [int(step) for step, _ in pairs]
        if not pairs or " ".join(":".join(pair) for pair in pairs) != amount or rising != sorted(set(rising)):
            return f"{amount!r} are not {unit}"
    known = {
        "weekdays": set("1234567"),
        "delivery_modes": {str(mode) for mode in DeliveryMode},
        "gate": {"goes", "operator", "lead_with_evidence", "never"},
    }.get(unit)
    if known is not None and (not str(amount).split() or set(str(amount).split()) - known):
        return f"{amount!r} are not {unit}"
    return None
