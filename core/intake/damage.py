"""What spreadsheets and web pages do to cells: found by its traces, column by column. Wrong encodings: mojibake.py.

Only what is certain is put right: signs that cannot be seen go, full-width digits become plain ones, zeros come back
where the length is known. Where something is lost for good, the cell is taken as empty, or its row waits; if one
value of the base alone can have become what stands there, :func:`proposals` names it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

IDS: Final = frozenset(
    {"order_number", "line_id", "sku", "seller_sku", "ean", "tracking_number", "rma_id", "merchant_rma_id", "safet_id"}
    | {"inquiry_number", "dispute_number", "document_number", "item_id"}
)
"""Fields of which every sign counts."""
_PLAIN: Final = frozenset(
    {"respond_by", "quantity", "hits", "of", "rate", "target", "currency", "postcode", "billing_postcode"}
)
HIDDEN: Final = r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
UNBROKEN: Final = r"[\u00a0\u2007\u202f]"
WIDE: Final = r"[\uff01-\uff5e\u3000]"
MANGLED: Final = r"^\d[.,]\d+[eE]\+\d+$"
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    "janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc",
)  # fmt: skip
_MONTH: Final = f"(?:{'|'.join(_MONTHS)})"
_DATED: Final = (
    rf"^(?:\d{{4}}-\d\d-\d\d(?: 00:00:00)?|\d\d/\d\d/\d{{4}}|\d{{1,2}}-{_MONTH}\.?(?:-\d\d(?:\d\d)?)?"
    rf"|{_MONTH}\.?-\d\d(?:\d\d)?|(?:\d{{4}}年)?\d{{1,2}}月\d{{1,2}}日)$"
)
_EAN: Final = 13

Mask = pl.Series


def is_plain(field: str) -> bool:
    """Whether a field is an id, a number, an amount or an instant: no free text, in which every sign may be meant."""
    return field in IDS or field in _PLAIN or field.endswith(("_at", "_minor"))


@dataclass(frozen=True)
class Look:
    """One look at a column of ids: what may be found in it, so that clean ones cost nothing more."""

    signed: bool
    zero: bool
    day: bool
    shortest: int

    @classmethod
    def at(cls, column: pl.Series) -> "Look":
        """Days are short, or have a clock."""
        one, size = pl.col(column.name), pl.col(column.name).str.len_bytes()
        sized = size.is_between(5, 12) | (size == 19)
        found = column.to_frame().select(
            signed=one.str.contains("+", literal=True).any(),
            zero=one.str.ends_with(".0").any(),
            day=sized.any(),
            shortest=size.min(),
        )
        signed, zero, day, shortest = found.row(0)
        return cls(bool(signed), bool(zero), bool(day), shortest or 0)


def mangled(column: pl.Series) -> Mask:
    """Numbers that became 1.23E+19: their last digits are gone."""
    return column.str.contains(MANGLED).fill_null(False)


def pointed(column: pl.Series) -> Mask:
    """Ids that were numbers for a while: 123.0; zeros before them may be lost."""
    return column.str.contains(r"^\d+\.0$").fill_null(False)


def dated(column: pl.Series) -> Mask:
    """Ids that became days: 2026-02-01 00:00:00, 1-Feb, févr-26, 2月1日."""
    return column.str.contains(_DATED).fill_null(False)


def short(column: pl.Series, length: int) -> Mask:
    """Numbers with fewer digits than such ids have: their first zeros are gone."""
    some = (column.str.len_bytes() < length).fill_null(False)
    return some & column.str.contains(r"^\d+$").fill_null(False) if some.any() else some


def short_eans(column: pl.Series) -> Mask:
    """EANs whose first zeros are gone: with them the check digit is right. 8 and 12 digits are codes of their own."""
    size = column.str.len_bytes()
    some = ((size < _EAN) & (size != 8) & (size != 12)).fill_null(False)
    if not some.any():
        return some
    some = some & column.str.contains(r"^[1-9]\d{6,}$").fill_null(False)
    good = [raw for raw in column.filter(some).unique() if _is_ean(raw.zfill(_EAN))]
    return some & column.is_in(good).fill_null(False)


def _is_ean(digits: str) -> bool:
    return sum(int(d) * (1, 3)[at % 2] for at, d in enumerate(digits)) % 10 == 0


def padded(column: pl.Series, rows: Mask, length: int) -> pl.Series:
    """The column with its zeros put back in some rows."""
    return column.zip_with(~rows, column.str.zfill(length))


def seen(column: pl.Series) -> tuple[pl.Series, Mask, Mask]:
    """The column without signs that cannot be seen and with plain digits; which cells had hidden signs or spaces
    that do not break, and which had full-width signs."""
    hidden = column.str.contains(f"{HIDDEN}|{UNBROKEN}").fill_null(False)
    wide = column.str.contains(WIDE).fill_null(False)
    if hidden.any():
        bare = column.str.replace_all(HIDDEN, "").str.replace_all(UNBROKEN, " ")
        column = column.zip_with(~hidden, bare)
    if wide.any():
        column = column.zip_with(~wide, column.str.normalize("NFKC"))
    return column, hidden, wide


# What the base knows


def proposals(findings: pl.DataFrame, names: Mapping[str, str], known: Mapping[str, pl.Series]) -> pl.DataFrame:
    """For damaged ids the one value that the base has for them: line, column, value, proposed.

    ``names``: the header cell of each field; ``known``: by field the values that the base has. A cell that several
    values fit has no row here.
    """
    found: list[tuple[int, str, str, str]] = []
    for field, values in known.items():
        column = names.get(field, field)
        here = findings.filter((pl.col("column") == column) & pl.col("code").is_in(list(_FITTING)))
        values = values.drop_nulls().unique()
        for row in here.unique(["line", "value"], maintain_order=True).iter_rows(named=True):
            fitting = list(_FITTING[row["code"]](row["value"].strip(), values))
            if len(fitting) == 1:
                found.append((row["line"], column, row["value"], fitting[0]))
    return pl.DataFrame(found, schema={"line": pl.Int64, "column": pl.String, "value": pl.String,
                                       "proposed": pl.String}, orient="row")  # fmt: skip


def _of_mangled(value: str, known: pl.Series) -> Iterator[str]:
    """Numbers of which 1.23E+19 has the first digits, rounded."""
    mantissa, _, power = value.replace(",", ".").upper().partition("E+")
    size, places = int(power) + 1, len(mantissa.partition(".")[2])
    middle, half = float(mantissa) * 10.0 ** int(power), 0.5 * 10.0 ** (int(power) - places)
    numbers = known.filter((known.str.len_bytes() == size) & known.str.contains(r"^\d+$"))
    yield from numbers.filter((numbers.cast(pl.Float64) - middle).abs() <= half * 1.000001)


def _of_short(value: str, known: pl.Series) -> Iterator[str]:
    """The same number with zeros before it, or with as many as there are."""
    digits = value.removesuffix(".0").lstrip("0")
    yield from known.filter(known.str.strip_chars_start("0") == digits) if digits else ()


def _of_dated(value: str, known: pl.Series) -> Iterator[str]:
    """Ids that a spreadsheet takes for this day: 1-2 for 1 February or 2 January, FEB26 for February 2026."""
    wanted = _days(value)
    like = known.filter(known.str.len_bytes() <= 12)
    yield from (one for one in like if any(_same(day, want) for day in _days(one) for want in wanted))


_Day = tuple[int | None, int, int | None]  # year, month, day


def _same(one: _Day, other: _Day) -> bool:
    """Whether two days agree in all that both say; a spreadsheet adds a first of the month to a year and a month."""
    if one[0] is not None and other[0] is not None:
        return one[:2] == other[:2] and (one[2] == other[2] or {one[2], other[2]} == {None, 1})
    return one[1:] == other[1:]


def _days(text: str) -> set[_Day]:
    """The days that a text can be taken for."""
    parts = [part for part in re.findall(r"\d+|[^\W\d_]+", text.removesuffix(" 00:00:00")) if part not in "年月日"]
    months = {name.lower(): at % 12 + 1 for at, name in enumerate(_MONTHS)}
    number = [months.get(part.lower()) if part.isalpha() else int(part) for part in parts]
    if len(number) not in (2, 3) or None in number:
        return set()
    first, second, *rest = (n or 0 for n in number)
    named = [part.isalpha() for part in parts]
    found: set[_Day] = set()
    if rest:
        year = rest[0] + 2000 * (rest[0] < 100)
        found = {(first, second, rest[0])} if first > 31 else {(year, second, first), (year, first, second)}
    elif named[0]:
        found = {(None, first, second), (second + 2000 * (second < 100), first, None)}
    elif named[1]:
        found = {(None, second, first), (first + 2000 * (first < 100), second, None)}
    else:
        found = {(None, second, first), (None, first, second)}
    return {(y, m, d) for y, m, d in found if 1 <= m <= 12 and (d is None or 1 <= d <= 31)}


_FITTING: Final[dict[str, Callable[[str, pl.Series], Iterator[str]]]] = {
    "mangled_number": _of_mangled,
    "mangled_code": _of_mangled,
    "pointed_number": _of_short,
    "pointed_code": _of_short,
    "short_number": _of_short,
    "dated_number": _of_dated,
    "dated_code": _of_dated,
}
