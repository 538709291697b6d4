"""JSON and XML files to the same grid of text cells as a table: a column a path, a row a line of a record.

XML is read element by element and a record is forgotten once its rows are written; documents that declare a
type (the door of external entities and of entity bombs) are refused unread. JSON has to be held whole, so it
may be smaller. Depth, columns and cells are bounded in both. Numbers stay the text that the file has.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias
from xml.parsers import expat

import polars as pl

from core.intake.findings import Refused
from core.intake.formats import Format, Formats
from core.intake.limits import LIMIT_CELL, LIMIT_COLUMNS
from core.intake.recognise import Recognised, recognise
from core.intake.rules import Tree

LIMIT_JSON: Final = 64 * 1024 * 1024  # bytes; parsed JSON takes some ten times that
LIMIT_DEPTH: Final = 32
_PEEK: Final = 50  # records whose paths tell the format
_BETWEEN: Final = "\n"  # several values under one path stand in one cell, a line each

Node: TypeAlias = "dict[str, Node] | list[Node] | str | None"
Row = dict[str, str]


def looks_like(data: bytes) -> str | None:
    """The container, json or xml, by the first sign of the file; None for everything else."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return {b"{": "json", b"[": "json", b"<": "xml"}.get(start)


@dataclass(frozen=True)
class Table:
    """The rows of a tree. ``cells``: text columns c0, c1, ... under ``header``, the paths of their values;
    ``line``: the number of the record in a JSON file, the line on which it starts in an XML file."""

    format: Format
    header: list[str]
    cells: pl.DataFrame
    line: pl.Series

    def recognised(self, formats: Formats) -> Recognised:
        """Why it is of its format."""
        return recognise(self.header, formats, self.format.container)


def table(data: bytes, formats: Formats, limit_rows: int) -> Table:
    """Read a JSON or XML file of any known format. Raises Refused."""
    container = looks_like(data)
    forms = [f for f in formats.formats if f.container == container and f.tree]
    records = _json_records(data) if container == "json" else None
    for form in sorted(forms, key=lambda f: len(f.marks), reverse=True):
        assert form.tree  # only those were chosen
        rows = _Rows(form.tree, limit_rows)
        found = _of_json(records, form.tree) if container == "json" else _xml_records(data, form.tree)
        for number, (line, path, record) in enumerate(found, 1):
            rows.take(line, path, record)
            if number == _PEEK and not _is(rows, formats, form):
                break
        if rows.starts and _is(rows, formats, form):
            return rows.table(form)
    raise Refused("no_records", {"seen": data[:300].decode(errors="replace")})


def _is(rows: "_Rows", formats: Formats, form: Format) -> bool:
    best = recognise(list(rows.names), formats, form.container).best
    return best is not None and best.format is form


# Records to rows


@dataclass
class _Rows:
    """The rows of records, and every path that occurs in them in the order of appearance."""

    tree: Tree
    limit_rows: int
    rows: list[Row] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def take(self, line: int, path: str, record: Node) -> None:
        """The rows of one record: one a line, or one a metric, or the record itself."""
        spread = list(_metrics(record, "")) if self.tree.spread else []
        if self.tree.spread:
            own = _flat(record, "", without="" if not spread else "*")
            rows = [own | {self.tree.spread: name} | _flat(part, "") for name, part in spread]
            rows = rows or [own | {self.tree.spread: path}]
        else:
            lines = _at(record, self.tree.lines) if self.tree.lines else []
            own = _flat(record, "", without=self.tree.lines if lines else "")
            rows = [own | _flat(part, self.tree.lines) for part in lines] or [own]
        for row in rows:
            self.names.update(dict.fromkeys(row))
            self.rows.append(row)
            self.starts.append(line)
        if len(self.names) > LIMIT_COLUMNS:
            raise Refused("too_many_columns", {"columns": len(self.names), "limit": LIMIT_COLUMNS})
        if len(self.rows) > self.limit_rows:
            raise Refused("too_many_rows", {"rows": len(self.rows), "limit": self.limit_rows})

    def table(self, form: Format) -> Table:
        names = list(self.names)
        columns = {f"c{at}": pl.Series([row.get(name) for row in self.rows], dtype=pl.String)
                   for at, name in enumerate(names)}  # fmt: skip
        return Table(form, names, pl.DataFrame(columns), pl.Series("line", self.starts, pl.Int64))


def _at(record: Node, path: str) -> list[Node]:
    """The elements under a path; one that is no list is a list of one."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    if record is None or record == "":
        return []
    return record if isinstance(record, list) else [record]


def _metrics(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Each object inside a record that has a rate, with its path."""
    for name, part in node.items() if isinstance(node, dict) else ():
        own = f"{path}.{name}" if path else name
        if isinstance(part, dict) and "rate" in part:
            yield own, part
        else:
            yield from _metrics(part, own)


def _flat(node: Node, path: str, *, without: str = "", depth: int = 0) -> Row:
    """The texts of a tree by their path. ``without``: a path to leave out, "*" for everything that is no text."""
    if depth > LIMIT_DEPTH:
        raise Refused("too_deep", {"limit": LIMIT_DEPTH})
    row: Row = {}
    if isinstance(node, str):
        if len(node) > LIMIT_CELL:
            raise Refused("cell_too_big", {"limit": LIMIT_CELL})
        return {path or "value": node} if node.strip() else {}
    for name, part in node.items() if isinstance(node, dict) else ():
        own = f"{path}.{name}" if path else name
        if own != without and (without != "*" or isinstance(part, str)):
            row |= _flat(part, own, without=without, depth=depth + 1)
    for part in node if isinstance(node, list) else ():
        for own, text in _flat(part, path, without=without, depth=depth + 1).items():
            row[own] = f"{row[own]}{_BETWEEN}{text}" if own in row else text
    return row


# JSON


def _json_records(data: bytes) -> Node:
    if len(data) > LIMIT_JSON:
        raise Refused("too_big", {"size": len(data) >> 20, "limit": LIMIT_JSON >> 20})
    try:
        text = data.decode("utf-8-sig")
        root: Node = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_no_number, object_pairs_hook=_object
        )
    except RecursionError:
        raise Refused("too_deep", {"limit": LIMIT_DEPTH}) from None
    except UnicodeDecodeError as wrong:
        raise Refused("bad_encoding", {"encoding": "UTF-8"}) from wrong
    except json.JSONDecodeError as wrong:
        raise Refused("bad_json", {"line": wrong.lineno, "column": wrong.colno}) from wrong
    return root


def _no_number(word: str) -> NoReturn:
    raise Refused("not_a_number", {"value": word})


def _object(pairs: "list[tuple[str, Node | bool]]") -> dict[str, Node]:
    """An object with its true and false as text. A name that comes twice would lose a value: refused."""
    found = {name: str(part).lower() if isinstance(part, bool) else part for name, part in pairs}
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise Refused("name_twice", {"value": next(n for n in names if names.count(n) > 1)[:100]})
    return found


def _of_json(root: Node, tree: Tree) -> Iterator[tuple[int, str, Node]]:
    """The records of the first list that the file has (of every list where each record is spread); a root
    that is a list is a list of records."""
    taken = 0
    for path in tree.records:
        found = root if isinstance(root, list) else _at(root, path) if path else [root]
        for record in found:
            taken += 1
            yield taken, path, record
        if found and not tree.spread:
            return


# XML


class _Stop(Exception):
    """Enough of the file was read."""


def _xml_records(data: bytes, tree: Tree) -> Iterator[tuple[int, str, Node]]:
    """The records of an XML file, each once its element ends."""
    reader = _Reader(set(tree.records))
    for at in range(0, len(data), 1 << 16):
        reader.feed(data[at : at + (1 << 16)], final=at + (1 << 16) >= len(data))
        while reader.done:
            yield reader.done.pop(0)


class _Reader:
    """Builds the records of an XML file and nothing else. Names go without their namespace and attributes are
    not read, except "nil", which says that an element is empty."""

    def __init__(self, records: set[str]) -> None:
        self.records, self.done = records, list[tuple[int, str, Node]]()
        self._depth, self._line = 0, 0
        self._open: list[tuple[str, dict[str, Node], list[str]]] = []
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._no_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def feed(self, part: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(part, final)
        except expat.ExpatError as wrong:
            raise Refused("bad_xml", {"line": wrong.lineno, "column": wrong.offset + 1}) from wrong
        except (LookupError, ValueError) as wrong:  # an encoding that nobody knows, or that has several bytes a sign
            raise Refused("bad_encoding", {"encoding": str(wrong)[:100]}) from wrong

    def _no_type(self, *_: object) -> None:
        raise Refused("document_type")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > LIMIT_DEPTH:
            raise Refused("too_deep", {"limit": LIMIT_DEPTH})
        name = name.rpartition(":")[2]
        if self._open or name in self.records:
            if not self._open:
                self._line = self._parser.CurrentLineNumber
            self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        if self._open:
            texts = self._open[-1][2]
            texts.append(text)
            if len(texts) > 100 and sum(map(len, texts)) > LIMIT_CELL:
                raise Refused("cell_too_big", {"limit": LIMIT_CELL})

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        name, parts, texts = self._open.pop()
        node: Node = parts or "".join(texts)
        if not self._open:
            self.done.append((self._line, name, node))
            return
        above = self._open[-1][1]
        before = above.get(name)
        if name not in above:
            above[name] = node
        elif isinstance(before, list):
            before.append(node)
        else:
            above[name] = [before, node]
