"""Text cells to typed columns, vectorised; what cannot be typed becomes a finding of its row."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

import polars as pl

from core.intake import damage
from core.intake.dates import FIRST_YEAR, LAST_YEAR, to_instants
from core.intake.findings import CODES, Book
from core.intake.formats import Format, fold
from core.intake.mojibake import garbled
from core.intake.source import SPACES
from core.policy.words import Level, State

_SPACES: Final = r"[\s\u00a0\u202f\u2007]"
_FRANCE: Final = frozenset({"france", "fr", "fra"})
_OFFSET: Final = r"([zZ]|[+-]\d{2}:?\d{2})$"
Strange = Callable[[Iterable[str]], Collection[str]]
"""Gives those of some words that nobody knows."""
_DAY_END: Final = dt.timedelta(days=1) - dt.timedelta(seconds=1)


def nothing_strange(_words: Iterable[str]) -> Collection[str]:
    """Every word is known, or nobody asks."""
    return ()


class Cells:
    """The text columns of a grid by our field names, the rows that errors keep out, and the findings."""

    def __init__(
        self, frame: pl.DataFrame, names: Mapping[str, str], form: Format, book: Book, spaces: str = SPACES,
        *, rare: bool = True,
    ) -> None:  # fmt: skip
        """``frame``: text columns by field and ``line``; ``names``: the header cell of each field; ``spaces``: the
        white space that cells may begin or end with; ``rare``: signs may be hidden, full-width or garbled."""
        self.frame, self.names, self.form, self.book = _stripped(frame, spaces), names, form, book
        self.bad = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
        self.line = frame["line"]
        self.order_number = self.frame["order_number"]
        told = self._seen(rare=rare, unbroken="\u00a0" in spaces)
        self.order_number = self._order_number()
        for code, field, mask, value in told:
            self.find(code, field, mask, value)

    def find(self, code: str, field: str, mask: pl.Series, value: pl.Series | None = None) -> None:
        """A finding for each row of a mask; an error keeps the row out."""
        if not mask.any():
            return
        shown = self.text(field) if value is None else value
        rows = pl.DataFrame({"line": self.line, "value": shown, "order_number": self.order_number})
        self.book.add(code, self.names.get(field, field), rows.filter(mask))
        if CODES[code].level is Level.ERROR:
            self.bad = self.bad | mask

    def keep(self, rows: pl.Series) -> None:
        """Go on with some of the rows only."""
        self.frame, self.bad = self.frame.filter(rows), self.bad.filter(rows)
        self.line, self.order_number = self.line.filter(rows), self.order_number.filter(rows)

    def text(self, field: str) -> pl.Series:
        """A column as text without outer white space; nulls where the file lacks it or the cell is blank."""
        if field not in self.frame.columns:
            return pl.Series(field, [None], pl.String).new_from_index(0, self.frame.height)
        return self.frame[field]

    def _seen(self, *, rare: bool, unbroken: bool) -> list[tuple[str, str, pl.Series, pl.Series]]:
        """Take out what cannot be seen; gives the findings to be told: code, field, rows, values as they stood."""
        told: list[tuple[str, str, pl.Series, pl.Series]] = []
        if not (rare or unbroken) or not self.names:
            return told
        beyond = (pl.col(f).str.len_bytes() != pl.col(f).str.len_chars() for f in self.names)  # ASCII hides nothing
        some = self.frame.select(one.any() for one in beyond).row(0)
        for field in (f for f, has in zip(self.names, some, strict=True) if has):
            raw = self.frame[field]
            if damage.is_plain(field):
                bare, hidden, wide = damage.seen(raw)
                told += [("hidden_signs", field, hidden, raw), ("full_width", field, wide, raw)]
                if hidden.any() or wide.any():
                    self.frame = self.frame.with_columns(bare.replace("", None).alias(field))
            elif rare:
                told.append(("garbled", field, garbled(raw), raw))
        told = [one for one in told if one[2].any()]
        if any(code != "garbled" for code, *_ in told):
            self.frame = _stripped(self.frame, " ")  # what was taken out may leave spaces and blanks behind
        return told

    def _order_number(self) -> pl.Series:
        self.order_number = number = self._code_text("order_number")
        self.find("order_number_missing", "order_number", number.is_null())
        for code, rows in self._lost("order_number", number):
            self.find(f"{code}_number", "order_number", rows)
        return number

    def _lost(self, field: str, column: pl.Series) -> Iterator[tuple[str, pl.Series]]:
        """What a spreadsheet did to an id that cannot be undone: the start of a code, and the rows."""
        look = damage.Look.at(column)
        if look.signed:
            yield "mangled", damage.mangled(column)
        if look.zero:
            yield "pointed", damage.pointed(column)
        if look.day:
            yield "dated", damage.dated(column)
        length = self.form.lengths.get(field, 0)
        if look.shortest < length:
            yield "short", damage.short(column, length)

    def _code_text(self, field: str) -> pl.Series:
        column = self.text(field)
        guarded = column.str.starts_with('="').fill_null(False)
        if guarded.any():  # ="0123" is how exports keep a spreadsheet from making a number of it
            column = column.set(guarded, None).fill_null(column.str.extract(r'^="(.*)"$'))
        return column

    def code(self, field: str) -> pl.Series:
        """An id as text; empty where a spreadsheet made 3.6E+12 or a day of it. An EAN gets its zeros back."""
        raw = column = self._code_text(field)
        if column.null_count() == len(column):
            return column
        for code, rows in self._lost(field, raw):
            if rows.any():
                self.find(f"{code}_code", field, rows, raw)
                column = column.set(rows, None)
        if field == "ean" and (few := damage.short_eans(column)).any():
            self.find("short_code", field, few, raw)
            column = damage.padded(column, few, 13)
        return column

    def postcode(self, field: str, country: str) -> pl.Series:
        """A postcode; a French one gets its first zero back."""
        text = self.text(field)
        few = (text.str.len_bytes() == 4).fill_null(False)
        if not few.any():
            return text
        words = [word for word in self.text(country).drop_nulls().unique() if fold(word) in _FRANCE]
        few = few & self.text(country).is_in(words).fill_null(False) & text.str.contains(r"^\d{4}$").fill_null(False)
        self.find("short_code", field, few)
        return damage.padded(text, few, 5) if few.any() else text

    def find_unreadable(self) -> None:
        """A finding for each cell with a character that could not be read."""
        for field in self.names:
            lost = self.frame[field].str.contains("\ufffd", literal=True).fill_null(False)
            self.find("bad_character", field, lost)

    def instant(self, field: str, zone: str, *, end_of_day: bool = False) -> pl.Series:
        """Wall clock of a zone, or ISO 8601 with offset, as UTC. A bare day is its start or last second."""
        text = self.text(field)
        if text.null_count() == len(text):
            return text.cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
        wall = _tried(text, self.form.instants)
        rest = wall.is_null() & text.is_not_null()
        fixed = pl.Series(field, [None], pl.Datetime("us", "UTC")).new_from_index(0, len(text))
        if rest.any():
            left = text.set(~rest, None)
            days = _tried(left, self.form.days)
            if not end_of_day:
                self.find("time_missing", field, days.is_not_null())
            wall = wall.fill_null(days + _DAY_END if end_of_day else days)
            fixed = _with_offset(left)
            self.find("bad_date", field, rest & wall.is_null() & fixed.is_null())
        years = wall.fill_null(fixed.dt.replace_time_zone(None)).dt.year()
        self.find("date_out_of_range", field, ((years < FIRST_YEAR) | (years > LAST_YEAR)).fill_null(False))
        local, twice, never = to_instants(wall.set((years < FIRST_YEAR) | (years > LAST_YEAR), None), zone)
        self.find("local_time_twice", field, twice)
        self.find("local_time_never", field, never)
        return local.fill_null(fixed).alias(field)

    def money(self, field: str) -> pl.Series:
        """An amount in minor units (hundredths), written with a decimal comma or point."""
        text = self.text(field)
        value = _quick_money(text)
        rest = value.is_null() & text.is_not_null()
        if rest.any():
            hard = text.filter(rest)
            minor = {raw: _hard_money(raw, self.form.decimal) for raw in hard.unique()}
            value = value.scatter(rest.arg_true(), hard.replace_strict(minor, return_dtype=pl.Int64))
            bad = value.is_null() & text.is_not_null()
            odd = bad & text.str.contains(r"\d[.,]\d{3}\D*$").fill_null(False)
            self.find("ambiguous_money", field, odd)
            self.find("bad_money", field, bad & ~odd)
        self.find("negative", field, (value < 0).fill_null(False))
        return value.alias(field)

    def quantity(self, field: str) -> pl.Series:
        """A whole number of pieces, 0 to a million."""
        text = self.text(field)
        value = text.str.replace(r"[.,]0+$", "").cast(pl.Int64, strict=False)
        bad = text.is_not_null() & (value.is_null() | (value > 1_000_000))
        self.find("bad_quantity", field, bad)
        self.find("negative", field, (value < 0).fill_null(False))
        return value.set(bad, None).alias(field)

    def words(self, field: str, known: Mapping[str, str]) -> tuple[pl.Series, pl.Series]:
        """A column of words by their folded meaning, and the mask of those nobody knows."""
        text = self.text(field)
        words = text.drop_nulls().unique()
        meaning = {word: known.get(fold(word)) for word in words}
        found = {word: m for word, m in meaning.items() if m is not None}
        value = text.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.String)
        return value.alias(field), text.is_not_null() & value.is_null()

    def state(self, known: Mapping[str, str]) -> tuple[pl.Series, pl.Series]:
        """The state (unknown where no table knows the word, null where the file says none); which words are unknown."""
        value, strange = self.words("state_word", known)
        self.find("unknown_state", "state_word", strange)
        self.find("state_missing", "state_word", self.text("state_word").is_null())
        unknown = pl.Series([str(State.UNKNOWN)]).new_from_index(0, len(value)).set(~strange, None)
        return value.fill_null(unknown).alias("state"), strange

    def strange_carriers(self, carriers: pl.Series, strange: Strange) -> pl.DataFrame:
        """The carriers that nobody knows: word, rows. They are found, and stay as they are written."""
        words = strange(carriers.drop_nulls().unique(maintain_order=True))
        rows = carriers.is_in(pl.Series(words, dtype=pl.String).implode()).fill_null(False)
        self.find("unknown_carrier", "carrier", rows, carriers)
        counted = carriers.filter(rows).alias("word").value_counts(sort=True, name="rows")
        return counted.cast({"rows": pl.Int64})

    def currency(self) -> pl.Series:
        """Three capital letters; the format's own where the file names none."""
        text = self.text("currency")
        meaning = {w: "EUR" if w == "€" else w.upper() for w in text.drop_nulls().unique()}
        good = {w: m for w, m in meaning.items() if re.fullmatch("[A-Z]{3}", m)}
        value = text.replace_strict(list(good), list(good.values()), default=None, return_dtype=pl.String)
        self.find("bad_currency", "currency", text.is_not_null() & value.is_null())
        return (value.fill_null(self.form.currency) if self.form.currency else value).alias("currency")


def _stripped(frame: pl.DataFrame, spaces: str) -> pl.DataFrame:
    """The same text without outer white space; only columns that have some are written anew."""
    names = [name for name in frame.columns if name != "line"]
    if not frame.height or not spaces:
        return frame
    ends = [
        pl.any_horizontal(pl.col(n).str.starts_with(c) | pl.col(n).str.ends_with(c) for c in spaces).any().alias(n)
        for n in names
    ]
    outer = [n for n, some in zip(names, frame.select(ends).row(0), strict=True) if some]
    bare = frame.with_columns(pl.col(n).str.strip_chars() for n in outer)
    return bare.with_columns(pl.when(pl.col(n) != "").then(pl.col(n)).alias(n) for n in outer)


def _tried(text: pl.Series, forms: tuple[str, ...]) -> pl.Series:
    """Naive times by the first form that fits each cell."""
    found = pl.Series(text.name, [None], pl.Datetime("us")).new_from_index(0, len(text))
    for number, form in enumerate(forms):
        left = text if number == 0 else text.set(found.is_not_null(), None)
        if left.null_count() == len(left):
            break
        if "%H" in form:
            new = left.str.to_datetime(form, strict=False, time_unit="us")
        else:
            new = left.str.to_date(form, strict=False).cast(pl.Datetime("us"))
        found = new if number == 0 else found.fill_null(new)
    return found


def _with_offset(text: pl.Series) -> pl.Series:
    """ISO 8601 with an offset or Z, as UTC; null for everything else."""
    has = text.str.contains(_OFFSET).fill_null(False)
    plain = text.set(~has, None).str.replace(" ", "T", literal=True).str.replace(r"[zZ]$", "+00:00")
    found = pl.Series(text.name, [None], pl.Datetime("us", "UTC")).new_from_index(0, len(text))
    if not has.any():
        return found
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%.f%z"):
        found = found.fill_null(plain.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC"))
    return found


def _quick_money(text: pl.Series) -> pl.Series:
    """Minor units of the amounts written plainly, 0,50 or 1234.50; null for all others."""
    one, size = pl.col("text"), pl.col("text").str.len_bytes()
    number = one.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    # Below 1e13 hundredths are exact. A digit comes first: no sign, and no word that only a computer takes for one.
    plain = (one >= "0") & (one < ":") & size.is_between(4, 15) & one.str.slice(-3, 1).is_in([",", "."])
    minor = pl.when(plain).then((number * 100).round().cast(pl.Int64, strict=False))
    return text.alias("text").to_frame().select(minor.alias(text.name)).to_series()


def _hard_money(raw: str, decimal: str | None = None) -> int | None:
    """Minor units of an amount with currency, grouping or few decimals; None where it is not certain.

    ``decimal``: the sign before the decimals, where a person said it; the other one then parts thousands."""
    text = re.sub(rf"{_SPACES}|€|EUR|eur", "", raw)
    groups = {",": r"\.", ".": ","}.get(decimal or "")
    if groups and re.fullmatch(rf"-?\d{{1,3}}({groups}\d{{3}})+", text):
        text = re.sub(groups, "", text)
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d{1,2}", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d{1,2}", text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    if re.fullmatch(r"-?\d{1,12}\.\d{9,}", text, re.ASCII):
        text = f"{float(text):.2f}"  # a spreadsheet's 12.100000000000001
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,2})?", text, re.ASCII):
        return None
    whole, _, part = text.lstrip("-").partition(".")
    minor = int(whole) * 100 + int(part.ljust(2, "0"))
    return -minor if text.startswith("-") else minor
