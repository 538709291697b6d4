"""Which files the desk knows: formats with their titles, and its own templates."""

from dataclasses import dataclass
from functools import lru_cache

from core.desk.imports import known_formats
from core.intake import mapping as intake
from core.intake import template
from core.intake.encoding import ENCODINGS
from core.intake.encoding import WHY as ENCODING_WHY
from core.intake.extract import extract as words
from core.intake.recognise import WHY, Guess

__all__ = [
    "ENCODINGS", "ENCODING_WHY", "TEMPLATES", "WHY", "Guess", "KnownFile", "columns", "csv", "listed", "suggest",
    "titles", "words", "xlsx",
]  # fmt: skip

TEMPLATES = template.TEMPLATES


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One format. ``title`` is an English sentence to translate; ``container``: table, json or xml."""

    format: str
    title: str
    kind: str
    marketplace: str | None
    container: str


def listed() -> list[KnownFile]:
    """Every format that is known, the templates last."""
    found = [KnownFile(f.format, f.title, f.kind, f.marketplace, f.container) for f in known_formats().formats]
    return sorted(found, key=lambda one: (one.format in TEMPLATES, one.marketplace or "~", one.title))


def titles() -> dict[str, str]:
    """The English title of each format by its name."""
    return {form.format: form.title for form in known_formats().formats}


@lru_cache(maxsize=32)
def suggest(header: tuple[str, ...], kind: str) -> list[intake.Suggestion]:
    """What each header cell of an unknown file probably is, with the reason."""
    return intake.suggest(header, kind, known_formats())


def csv(name: str) -> bytes:
    """A template with one example row, for a spreadsheet."""
    return template.csv_template(known_formats(), name)


def xlsx(name: str) -> bytes:
    """The same as a workbook whose cells are text."""
    return template.xlsx_template(known_formats(), name)


def columns(name: str) -> list[tuple[str, bool, str]]:
    """Each column of a template: name, whether it is required, what goes into it."""
    required = template.required(known_formats(), name)
    return [(cell, cell in required, about) for cell, about in template.columns(known_formats(), name)]
