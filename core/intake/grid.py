"""From the bytes of a file to a grid of text cells under a known header. Nothing is typed here.

What a file is, its content says; its name may not say something else.
"""

from dataclasses import replace
from typing import Final

from core.intake import sheet, text
from core.intake.choices import NOTHING, Choices
from core.intake.findings import Refused
from core.intake.formats import Formats
from core.intake.source import SPACES as SPACES
from core.intake.source import Grid as Grid
from core.intake.source import Source as Source
from core.intake.source import Whole, no_ragged
from core.intake.trees import looks_like, table

_NOTHING: Final = b" \t\r\n\v\f\0\xef\xbb\xbf\xff\xfe"  # white space, and the marks that a text may begin with
_DELIMITED: Final = (".csv", ".tsv", ".tab")
_TREES: Final = {".json": "json", ".xml": "xml"}


def grid(name: str, data: bytes, formats: Formats, choices: Choices = NOTHING) -> Grid:
    """Read all rows of a file of any known format. Raises Refused."""
    return source(name, data, formats, choices).all()


def source(name: str, data: bytes, formats: Formats, choices: Choices = NOTHING) -> Source:
    """Find the header of a file: of any known format, or of the mapping that ``choices`` have. Raises Refused, of
    which Unknown is a table whose header nobody knows."""
    if not data[:4096].strip(_NOTHING) and not data.strip(_NOTHING):
        raise Refused("empty")
    formats.limits.check_bytes(len(data))
    if choices.mapping:
        formats = replace(formats, formats=(choices.mapping.format(),), by_hand=frozenset())
    name = name.lower()
    if sheet.is_workbook(data):
        if not name.endswith(sheet.ENDS):
            raise Refused("zip_as_csv" if data[:2] == b"PK" else "not_spreadsheet", {"why": name})
        return sheet.source(data, formats, choices.header)
    if name.endswith(sheet.ENDS):
        raise Refused("not_spreadsheet", {"why": name})
    container = looks_like(data)
    named = next((kind for end, kind in _TREES.items() if name.endswith(end)), None)
    if named not in (None, container) or (container and name.endswith(_DELIMITED)):
        raise Refused("other_content", {"name": name})
    return _tree(data, formats) if container else text.source(data, formats, choices.encoding, choices.header)


def _tree(data: bytes, formats: Formats) -> Source:
    """All rows of a JSON or XML file."""
    found = table(data, formats, formats.limits.rows)
    rows = Grid(found.format, found.format.container, found.header, found.cells, found.line, no_ragged())
    return Source(found.format, found.header, Whole(rows), found.recognised(formats))
