"""Languages: sentences, numbers, amounts and times as the reader's language writes them.

The catalogues in ``data/locale`` are the only source; they are compiled in memory.
"""

import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages import mofile, pofile
from babel.support import Translations

from core.policy.explain import Zone

ROOT: Final = Path(__file__).resolve().parents[1]
LOCALE_DIR: Final = ROOT / "data" / "locale"
DOMAIN: Final = "desk48"

LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文", "fr": "Français"}
"""Code -> the language's own name."""

_LOCALES: Final = {"en": "en_GB", "zh_CN": "zh_Hans_CN", "fr": "fr_FR"}
"""English as in Europe: the day before the month and 24 hours, like the two others."""

NOTHING: Final = "–"
"""Stands where there is no value; never an empty cell that could be taken for a fault."""

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=@])")
Param = str | int | float | Decimal | dt.date | dt.datetime | ZoneInfo | None


def catalogue_path(lang: str) -> Path:
    """Where the catalogue of a language is kept."""
    return LOCALE_DIR / lang / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def translations(lang: str) -> Translations:
    """The sentences of one language, compiled from its catalogue."""
    with catalogue_path(lang).open("rb") as source:
        catalogue = pofile.read_po(source, locale=lang, domain=DOMAIN)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def pick(accept: str | None) -> str:
    """The best of our languages for a browser's locale or Accept-Language header; else English."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.strip().replace("_", "-").lower()))
        except ValueError:
            continue
    for rank, _, tag in sorted(wishes):
        found = next((lang for lang in LANGUAGES if lang[:2] == tag.split("-")[0]), None)
        if found and rank < 0:
            return found
    return "en"


@dataclass(frozen=True, slots=True)
class Text:
    """Everything that depends on the reader's language."""

    lang: str

    @property
    def locale(self) -> Locale:
        return Locale.parse(_LOCALES[self.lang])

    def _(self, msgid: str, **params: Param) -> str:
        """The sentence in this language, its ``{named}`` places filled by :meth:`show`."""
        return self._fill(str(translations(self.lang).gettext(msgid)), params) if msgid else ""

    def n_(self, singular: str, plural: str, n: int, **params: Param) -> str:
        """The sentence in the form that the number asks for; ``{n}`` is the number itself."""
        return self._fill(str(translations(self.lang).ngettext(singular, plural, n)), {"n": n, **params})

    def _fill(self, sentence: str, params: dict[str, Param]) -> str:
        return sentence.format(**{name: self.show(value) for name, value in params.items()})

    @staticmethod
    def plain(text: str) -> str:
        """Text from a file, made safe where Markdown is read: it is shown as it was written."""
        return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))

    def show(self, value: Param) -> str:
        """A value inside a sentence: an instant in the zone that it carries, a zone by its city."""
        if isinstance(value, dt.datetime):
            return self.moment(value, None)
        if isinstance(value, dt.date):
            return self.day(value)
        if isinstance(value, (Zone, ZoneInfo)):
            return self.city(str(value))
        if isinstance(value, (int, float, Decimal)):
            return self.number(value)
        return NOTHING if value is None else value

    def number(self, value: float | Decimal | None, digits: int | None = None) -> str:
        """A number with the language's separators; with ``digits`` exactly so many decimals."""
        if value is None:
            return NOTHING
        pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, fraction: float | Decimal | None, digits: int = 1) -> str:
        """A fraction (0.987) as a percentage ("98.7%")."""
        if fraction is None:
            return NOTHING
        pattern = self.locale.percent_formats[None].pattern
        if digits:
            pattern = pattern.replace("##0", "##0." + "0" * digits)
        return numbers.format_percent(fraction, format=pattern, locale=self.locale)

    def money(self, minor: int | None, currency: str | None) -> str:
        """An amount in integer minor units; without its currency it is only a number."""
        if minor is None:
            return NOTHING
        digits = numbers.get_currency_precision(currency) if currency else 2
        amount = Decimal(minor).scaleb(-digits)
        if not currency:
            return self.number(amount, digits)
        return numbers.format_currency(amount, currency, locale=self.locale)

    def moment(self, at: dt.datetime | None, zone: str | None) -> str:
        """An instant with its weekday: "Fri 27 Nov 14:05"; in ``zone``, else the one it carries."""
        if at is None:
            return NOTHING
        local = _in_zone(at, zone)
        day = dates.format_skeleton("MMMEd", local, locale=self.locale)
        return f"{day} {local:%H:%M}"

    def day(self, day: dt.date | None) -> str:
        """A day with its year: "27 Nov 2026"."""
        return NOTHING if day is None else dates.format_date(day, "medium", locale=self.locale)

    def city(self, zone: str) -> str:
        """A time zone by its best-known city: "Shanghai"."""
        return dates.get_timezone_location(zone, locale=self.locale, return_city=True)

    def left(self, seconds: float | None) -> str:
        """A stretch of time by its two largest parts, rounded down: "2 d 3 h", "1 h 20", "20 min".

        What is past comes with a minus sign, so that the length never hides the direction.
        """
        if seconds is None:
            return NOTHING
        minutes = int(abs(seconds)) // 60
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        padded = f"{rest:02}"
        if days:
            shown = self._("{days} d {hours} h", days=days, hours=hours)
        elif hours:
            shown = self._("{hours} h {minutes}", hours=hours, minutes=padded)
        else:
            shown = self._("{minutes} min", minutes=rest)
        return "\N{MINUS SIGN}" + shown if seconds < 0 else shown

    def ago(self, seconds: float | None) -> str:
        """How long ago something was: "1 h 20 ago"."""
        return NOTHING if seconds is None else self._("{time} ago", time=self.left(max(seconds, 0)))


def _in_zone(at: dt.datetime, zone: str | None) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without a zone says nothing")
    return at.astimezone(ZoneInfo(zone)) if zone else at


@cache
def text(lang: str) -> Text:
    """The one Text of a language."""
    if lang not in LANGUAGES:
        raise ValueError(f"no such language: {lang}")
    return Text(lang)
