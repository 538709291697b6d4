"""Which format a header belongs to, and why. Case, accents, spaces and the order of the cells do not matter."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from core.intake.formats import Format, Formats, fold, spellings
from core.policy.words import N_

WHY: Final = N_("{n} of {cells} header cells are those of this format, among them {some}.")
"""Why a format was recognised: a sentence to translate and to fill with :attr:`Guess.params`."""
RUNNERS_UP: Final = 3


@dataclass(frozen=True)
class Guess:
    """One format that a header may belong to. ``matched``: the header cells it knows, with our field or "" for
    a cell that it knows and does not read; ``score``: their share of all cells, 0 to 1."""

    format: Format
    matched: tuple[tuple[str, str], ...]
    cells: int
    score: float

    @property
    def params(self) -> dict[str, object]:
        """What fills the sentence WHY."""
        telling = [cell for cell, _ in self.matched if set(spellings(cell)) & set(self.format.marks)]
        some = dict.fromkeys([*telling, *(cell for cell, name in self.matched if name)])
        return {"n": len(self.matched), "cells": self.cells, "some": ", ".join(list(some)[:3])}


@dataclass(frozen=True)
class Recognised:
    """The best guess, None where no format fits, and the next best, which did not win."""

    best: Guess | None
    others: tuple[Guess, ...] = field(default=())


def recognise(header: Sequence[str], formats: Formats, container: str = "table") -> Recognised:
    """The formats that a header fits, the one that knows most of its cells first, among equals the one that wants more.

    A format fits when the header has all its required fields and marks, none of the cells that rule it out, and
    as many known cells as it wants.
    """
    index = _index(formats.formats)
    said: dict[str, str] = {}  # each spelling once, with the cell that wrote it
    for cell in header:
        for part in spellings(cell):
            said.setdefault(part, cell)
    candidates = {number for part in said for number in index.get(part, ())}
    guesses = [g for n in sorted(candidates) if (g := _guess(formats.formats[n], header, said, container))]
    guesses.sort(key=lambda g: (len(g.matched), len(g.format.marks), len(g.format.required)), reverse=True)
    return Recognised(guesses[0], tuple(guesses[1 : 1 + RUNNERS_UP])) if guesses else Recognised(None)


def fingerprint(header: Sequence[str]) -> str:
    """What a header is known by: the same for the same cells in any order, case and spacing."""
    cells = sorted({fold(cell) for cell in header} - {""})
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:16]


def likely_header(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows of an unknown file is its header, from 0: the first of the widest rows in which
    nearly every cell is a word of its own (no number, no day)."""
    scores = [_headiness(row) for row in rows]
    return scores.index(max(scores)) if scores else 0


def _headiness(row: Sequence[str]) -> float:
    filled = [fold(cell) for cell in row if cell.strip()]
    words = {cell for cell in filled if sum(c.isdigit() for c in cell) * 3 < len(cell)}
    return len(words) * len(words) / len(row) if filled else 0.0


@lru_cache(maxsize=8)
def _index(formats: tuple[Format, ...]) -> dict[str, tuple[int, ...]]:
    """The formats, by number, that know a folded cell."""
    found: dict[str, list[int]] = {}
    for number, form in enumerate(formats):
        for cell in {*form.columns, *form.left}:
            found.setdefault(cell, []).append(number)
    return {cell: tuple(numbers) for cell, numbers in found.items()}


def _guess(form: Format, header: Sequence[str], said: dict[str, str], container: str) -> Guess | None:
    fits = form.container == container and all(m in said for m in form.marks) and not any(n in said for n in form.never)
    if not fits:
        return None
    matched = tuple((c, form.field_of(c) or "") for c in header if form.field_of(c) or form.leaves(c))
    fields = {name for _, name in matched} - {""}
    if len(matched) < form.known_cells or not fields.issuperset(form.required):
        return None
    cells = sum(1 for cell in header if cell.strip())
    return Guess(form, matched, cells, len(matched) / cells)
