"""The export files we know, as data: header aliases, date forms, words. Read from data/formats/*.toml."""

import tomllib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.policy.words import DeliveryMode, State

ORDER_FIELDS: Final = (
    "order_number", "state_word", "created_at", "paid_at", "latest_ship_at", "delivery_mode", "currency",
    "channel", "carrier", "tracking_number", "tracking_url",
)  # fmt: skip
LINE_FIELDS: Final = (
    "line_id", "sku", "seller_sku", "ean", "title", "quantity", "price_minor", "shipping_minor",
)  # fmt: skip
BUYER_FIELDS: Final = (
    "first_name", "last_name", "address", "postcode", "city", "country",
    "billing", "billing_postcode", "billing_city", "billing_country",
)  # fmt: skip
FIELDS: Final = (*ORDER_FIELDS, *LINE_FIELDS, *BUYER_FIELDS)
FOLDER: Final = Path(__file__).parents[2] / "data" / "formats"


def fold(text: str) -> str:
    """A word without case, accents, typographic quotes and superfluous white space, to compare it by."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'").replace("_", " "))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


@dataclass(frozen=True)
class Format:
    """One kind of export file. ``columns`` maps folded header cells to our fields."""

    format: str
    title: str
    zone: str | None  # None: the wall clock of the shop
    currency: str | None  # where the file names none
    separators: tuple[str, ...]
    header_within_lines: int
    known_cells: int
    required: tuple[str, ...]
    fee_words: tuple[str, ...]
    pickup_words: tuple[str, ...]
    instants: tuple[str, ...]
    days: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    about: dict[str, str]
    columns: dict[str, str] = field(default_factory=dict)

    def field_of(self, cell: str) -> str | None:
        """Our field for a header cell, known by its whole text or by either side of its slash."""
        for part in (cell, *cell.split("/")):
            found = self.columns.get(fold(part))
            if found:
                return found
        return None


@dataclass(frozen=True)
class Formats:
    """All known formats and the words of the marketplaces, folded."""

    formats: tuple[Format, ...]
    states: dict[str, str]
    delivery_modes: dict[str, str]


def load(folder: Path = FOLDER) -> Formats:
    """Read every format of a folder; an unknown field or state raises ValueError with the file."""
    words = _toml(folder / "states.toml")
    paths = sorted(p for p in folder.glob("*.toml") if p.name != "states.toml")
    return Formats(
        tuple(_format(path) for path in paths),
        _words(words["states"], {str(s) for s in State}, folder / "states.toml"),
        _words(words["delivery_modes"], {str(m) for m in DeliveryMode}, folder / "states.toml"),
    )


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _words(table: dict[str, list[str]], known: set[str], path: Path) -> dict[str, str]:
    folded: dict[str, str] = {}
    for meaning, words in table.items():
        if meaning not in known:
            raise ValueError(f"{path}: {meaning} is not one of our words")
        for word in (meaning, *words):
            if folded.setdefault(fold(word), meaning) != meaning:
                raise ValueError(f"{path}: {word} has two meanings")
    return folded


def _format(path: Path) -> Format:
    table = _toml(path)
    names = {name: tuple(cells) for name, cells in table["columns"].items()}
    strange = set(names) - set(FIELDS)
    if strange:
        raise ValueError(f"{path}: unknown fields {sorted(strange)}")
    zone = table["zone"]
    return Format(
        format=table["format"],
        title=table["title"],
        zone=None if zone == "shop" else zone,
        currency=table.get("currency"),
        separators=tuple(table["separators"]),
        header_within_lines=table["header_within_lines"],
        known_cells=table["known_cells"],
        required=tuple(table["required"]),
        fee_words=tuple(table["fee_words"]),
        pickup_words=tuple(table["pickup_words"]),
        instants=tuple(table["instants"]),
        days=tuple(table["days"]),
        names=names,
        about=dict(table.get("about", {})),
        columns={fold(cell): name for name, cells in names.items() for cell in (name, *cells)},
    )
