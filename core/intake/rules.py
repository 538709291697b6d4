"""What a format can say beside its columns: how the cells of a file are put in order. Data only; see explode.py
and trees.py for what is done with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tree:
    """Where the rows of a JSON or XML file are. Paths are names joined by dots, without namespaces.

    ``records``: each list (JSON) or element (XML) of records; "" is the JSON root itself. ``lines``: the list
    inside a record of which each element is a row, "" where the record is the row. ``spread``: the name of a
    cell; every object inside a record that has a member "rate" is a row, and its path stands in that cell.
    """

    records: tuple[str, ...]
    lines: str
    spread: str


@dataclass(frozen=True)
class Articles:
    """A cell that holds several articles: a block each, which starts at ``begins`` or ends at ``between``
    (regular expressions). ``parts``: our field by the expression whose group holds it. ``whole``: cells that
    speak of the whole order; they are blanked where there are several articles, as no line may claim them."""

    cell: str
    begins: str
    between: str
    parts: dict[str, str]
    whole: tuple[str, ...]


@dataclass(frozen=True)
class Halves:
    """A cell "service:number": cut at the first of ``at`` into two of our fields."""

    cell: str
    at: str
    into: tuple[str, str]


@dataclass(frozen=True)
class StateRule:
    """The state of a row whose ``cell`` has one of the folded ``words``; no cell: of every row left."""

    cell: str
    words: frozenset[str]
    state: str


@dataclass(frozen=True)
class Route:
    """The column that names the platform of a row, and the folded words of each marketplace; the columns that may name
    the seller's account there, the first that the file has counts."""

    cell: str
    words: dict[str, str]
    accounts: tuple[str, ...]
