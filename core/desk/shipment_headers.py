"""How a column of shipments may be headed: by our names, those of known formats, and sellers' own words."""

from collections.abc import Iterable

from core.intake.formats import Formats, fold, spellings

KIND = "shipments"


def names(formats: Formats) -> dict[str, str]:
    """Folded header cell -> field of a shipment."""
    found = {fold(word): field for field, words in formats.aliases.items() for word in words}
    for form in formats.formats:
        if form.kind == KIND:
            found |= {fold(cell): field for field, cells in form.names.items() for cell in (field, *cells)}
    return found


def mapped(header: Iterable[str], known: dict[str, str]) -> dict[str, int]:
    """Field -> place from 0 of the first column that is headed so. ``known``: as :func:`names` gives it."""
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        field = next((known[word] for word in spellings(cell) if word in known), None)
        if field is not None:
            found.setdefault(field, place)
    return found
