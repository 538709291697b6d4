"""A recognised grid put in order before it is typed, by the rules of its format and by nothing else.

Cells that hold several articles become rows, "service:number" becomes two cells, the state is derived where the
file has no column for it, rows that somebody else fulfils are taken out. New cells stand under the names of
our fields, so that whoever types the grid need not know that they were made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import polars as pl

from core.intake.formats import Format, fold, spellings
from core.intake.rules import Articles
from core.intake.source import Grid, Source

_CUT: Final = "\x1e"  # the sign that separates records; no export writes it
_PART: Final = pl.Schema({"platform": pl.String, "marketplace": pl.String, "account": pl.String, "rows": pl.Int64})
_STRANGE: Final = pl.Schema({"code": pl.String, "line": pl.Int64, "value": pl.String})


@dataclass(frozen=True)
class Prepared:
    """``grid``: what is to be typed. ``apart``: line and value of rows that others fulfil. ``strange``: code, line and
    value of what the rules did not wholly take in (codes of findings.py)."""

    grid: Grid
    apart: pl.DataFrame
    strange: pl.DataFrame


def prepare(grid: Grid) -> Prepared:
    """Apply the rules of the grid's format. The header that comes back depends on the header alone, so that the
    pieces of a file can be prepared apart. A grid whose format has no rules comes back as it is."""
    form = grid.format
    if not (form.apart or form.articles or form.halves or form.first_of or form.joined or form.signs or form.states):
        return Prepared(grid, _nothing(), _STRANGE.to_frame())
    table = _Table(grid)
    apart = table.take_out(form.apart)
    strange = [_STRANGE.to_frame()]
    if form.articles:
        strange.append(table.explode(form.articles).select(pl.lit("articles_unread").alias("code"), "line", "value"))
    for half in form.halves:
        found = table.halve(half.cell, half.at, half.into)
        strange.append(found.select(pl.lit("second_parcel").alias("code"), "line", "value"))
    for name, cells in form.first_of.items():
        table.add(name, pl.coalesce, cells)
    for name, cells in form.joined.items():
        table.add(name, lambda found: pl.concat_str(found, separator=", ", ignore_nulls=True), cells)
    if form.signs:
        table.strip_signs(form)
    if form.states:
        table.derive_state(form)
    return Prepared(table.grid(), apart, pl.concat(strange))


def prepared_header(file: Source) -> list[str]:
    """The header that :func:`prepare` gives to every piece of a file."""
    none = pl.DataFrame(schema={f"c{at}": pl.String for at in range(len(file.header))})
    lines = pl.DataFrame(schema={"line": pl.Int64, "value": pl.String})
    return prepare(Grid(file.format, "", file.header, none, lines["line"], lines)).grid.header


class Whose(NamedTuple):
    """Whose rows are taken from a file of several shops: those of a marketplace, and there of some accounts (None: of
    all)."""

    marketplace: str
    accounts: frozenset[str] | None = None


def of_shop(grid: Grid, whose: Whose) -> tuple[Grid, int]:
    """The rows of one shop, and how many are others'. Grids of formats without a route pass whole."""
    found = _routed(grid)
    if found is None:
        return grid, 0
    mine = (found["marketplace"] == whose.marketplace).fill_null(False)
    if whose.accounts is not None:
        mine = mine & found["account"].is_in(list(whose.accounts))
    taken = replace(grid, cells=grid.cells.filter(mine), line=grid.line.filter(mine))
    return taken, grid.cells.height - taken.cells.height


def parts(file: Source) -> pl.DataFrame:
    """The accounts whose rows a file holds: ``platform`` as it is written, ``marketplace`` (null: one that no table
    knows), ``account`` ("": not said) and ``rows``. Of a format that is one shop's alone no row."""
    if file.format.route is None or position(file.header, file.format.route.cell) is None:
        return _PART.to_frame()
    found = [found for found in file.each(_routed) if found is not None]
    counted = pl.concat([_PART.to_frame().drop("rows"), *found]).drop_nulls("platform")
    grouped = counted.group_by("platform", "marketplace", "account", maintain_order=True).len("rows")
    return grouped.select(list(_PART)).cast(_PART)


def _routed(grid: Grid) -> pl.DataFrame | None:
    """Platform, marketplace and account of each row; None where the file names no platform."""
    route = grid.format.route
    at = None if route is None else position(grid.header, route.cell)
    if route is None or at is None:
        return None
    platform = grid.cells[f"c{at}"].str.strip_chars().alias("platform")
    names = {word: route.words.get(fold(word)) for word in platform.drop_nulls().unique()}
    known = {word: name for word, name in names.items() if name is not None}
    whose = platform.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)
    places = [place for cell in route.accounts if (place := position(grid.header, cell)) is not None]
    account = grid.cells[f"c{places[0]}"].str.strip_chars() if places else pl.Series([None], dtype=pl.String)
    account = account if places else account.new_from_index(0, len(platform))
    return pl.DataFrame({"platform": platform, "marketplace": whose, "account": account.fill_null("")})


def position(header: Sequence[str], cell: str) -> int | None:
    """The column of a header cell, whatever its case, accents and spaces; None where the file lacks it."""
    wanted = fold(cell)
    return next((i for i, own in enumerate(header) if wanted in spellings(own)), None)


def _said(line: pl.Series, value: pl.Series, rows: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"line": line, "value": value}, schema={"line": pl.Int64, "value": pl.String}).filter(rows)


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"line": pl.Int64, "value": pl.String})


class _Table:
    """A grid while it is changed: header and columns grow, rows are taken out and multiplied."""

    def __init__(self, grid: Grid) -> None:
        self._grid, self.header = grid, list(grid.header)
        self.frame = grid.cells.with_columns(grid.line.alias("line"))

    @property
    def line(self) -> pl.Series:
        return self.frame["line"]

    def grid(self) -> Grid:
        return replace(self._grid, header=self.header, cells=self.frame.drop("line"), line=self.line)

    def columns(self, cells: Iterable[str]) -> list[str]:
        """The columns of header cells, in the order of the cells; those that the file lacks are left out."""
        found = (position(self.header, cell) for cell in cells)
        return [f"c{at}" for at in found if at is not None]

    def put(self, name: str, values: pl.Expr | pl.Series) -> None:
        """A new column under the name of a field; the column that had that field loses its name."""
        for at, cell in enumerate(self.header):
            if self._grid.format.field_of(cell) == name:
                self.header[at] = ""
        self.frame = self.frame.with_columns(values.alias(f"c{len(self.header)}"))
        self.header.append(name)

    def add(self, name: str, how: object, cells: Iterable[str]) -> None:
        """A field made of the cells that the file has; none where it has none of them."""
        found = self.columns(cells)
        if found and callable(how):
            self.put(name, how([_filled(column) for column in found]))

    def take_out(self, apart: dict[str, frozenset[str]]) -> pl.DataFrame:
        out = pl.repeat(False, self.frame.height, dtype=pl.Boolean, eager=True)
        value = pl.repeat(None, self.frame.height, dtype=pl.String, eager=True)
        for cell, words in apart.items():
            for column in self.columns([cell]):
                hit = _has(self.frame[column], words)
                value, out = value.fill_null(self.frame[column].set(~hit, None)), out | hit
        taken = _said(self.line, value, out)
        if taken.height:
            self.frame = self.frame.filter(~out)
        return taken

    def explode(self, rule: Articles) -> pl.DataFrame:
        """A row an article. A cell in which no block has any known part keeps its row as it is."""
        found = self.columns([rule.cell])
        if not found:
            return _nothing()
        cell = pl.col(found[0])
        if rule.begins:
            cut = cell.str.replace_all(f"({rule.begins})", f"{_CUT}$1")
        else:
            cut = cell.str.replace_all(rule.between, _CUT)
        blocks = cut.str.split(_CUT).list.eval(pl.element().filter(pl.element().str.strip_chars() != ""))
        frame = self.frame.with_columns(blocks.alias("block")).with_columns(pl.col("block").list.len().alias("many"))
        blank = [pl.when(pl.col("many") > 1).then(None).otherwise(pl.col(c)).alias(c) for c in self.columns(rule.whole)]
        self.frame = frame.with_columns(blank).explode("block", empty_as_null=True)
        for name, pattern in rule.parts.items():
            self.put(name, pl.col("block").str.extract(pattern, 1).str.strip_chars())
        parts = [f"c{self.header.index(name)}" for name in rule.parts]
        lost = self.frame.select(pl.all_horizontal(pl.col(p).is_null() for p in parts) & pl.col("block").is_not_null())
        strange = _said(self.line, self.frame["block"], lost.to_series())
        self.frame = self.frame.drop("block", "many")
        return strange

    def halve(self, cell: str, at: str, into: tuple[str, str]) -> pl.DataFrame:
        """Cut at the first separator; without one the cell is all number. Of several packages, one a line of the
        cell, the first is taken and the cell is told."""
        found = self.columns([cell])
        if not found:
            return _nothing()
        packages = pl.col(found[0]).str.strip_chars().str.split("\n")
        marks = "".join(f"\\u{{{ord(mark):x}}}" for mark in at)
        first = packages.list.first()
        self.put(into[0], first.str.extract(f"^([^{marks}]+)[{marks}]", 1).str.strip_chars())
        self.put(into[1], first.str.replace(f"^[^{marks}]*[{marks}]", "").str.strip_chars())
        several = self.frame.select((packages.list.len() > 1).fill_null(False)).to_series()
        return _said(self.line, self.frame[found[0]], several)

    def strip_signs(self, form: Format) -> None:
        """Amounts without their sign of currency, and the currency of the first of them that has one."""
        fields = [form.field_of(cell) or "" for cell in self.header]
        amounts = [f"c{at}" for at, name in enumerate(fields) if name.endswith("_minor")]
        signs = sorted(form.signs, key=len, reverse=True)
        said = [pl.col(c).str.contains(sign, literal=True) for sign in signs for c in amounts]
        meant = [form.signs[sign] for sign in signs for _ in amounts]
        currency = pl.coalesce([pl.when(s).then(pl.lit(m)) for s, m in zip(said, meant, strict=True)])
        found = self.frame.select(currency.cast(pl.String).alias("currency")).to_series()
        for sign in signs:
            self.frame = self.frame.with_columns(
                pl.col(amounts).str.replace_all(sign, "", literal=True).str.strip_chars()
            )
        self.put("currency", found)

    def derive_state(self, form: Format) -> None:
        """The first rule that fits a row gives its state; where none does, what the file says stays."""
        own = next((f"c{i}" for i, cell in enumerate(self.header) if form.field_of(cell) == "state_word"), None)
        state = pl.repeat(None, self.frame.height, dtype=pl.String, eager=True)
        for rule in form.states:
            open_rows = state.is_null()
            for column in self.columns([rule.cell]) if rule.cell else ():
                open_rows = open_rows & _has(self.frame[column], rule.words)
            if not rule.cell or self.columns([rule.cell]):
                chosen = pl.repeat(rule.state, self.frame.height, dtype=pl.String, eager=True)
                state = state.fill_null(chosen.set(~open_rows, None))
        self.put("state_word", state if own is None else state.fill_null(self.frame[own]))


def _filled(column: str) -> pl.Expr:
    """A column's text without outer white space; null where nothing is left."""
    bare = pl.col(column).str.strip_chars()
    return pl.when(bare != "").then(bare)


def _has(column: pl.Series, words: frozenset[str]) -> pl.Series:
    """Which cells hold one of the folded words."""
    hits = [word for word in column.drop_nulls().unique() if fold(word) in words]
    return column.is_in(hits).fill_null(False)
