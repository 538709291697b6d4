"""Shapes of numbers, read from a small part of regular expressions and tried place by place with numpy.

A shape is a row of characters, classes (``[6-9A-F]``) and groups (``(?:LP|CNG)``), each with ``{n}``, ``{n,m}`` or
``+``. It stands for *options*: rows of classes, one a place. Looking at single bytes, the rarest first, is many
times faster than a regular expression over as many numbers.
"""

import itertools
import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.policy.check_digits import Matrix

Flags = NDArray[np.bool_]
Option = tuple[str, ...]
"""One class a place: the characters that may stand there."""

_PART: Final = re.compile(r"(\[[^\]]+\]|\(\?:[^)]*\)|[A-Z0-9])(?:\{(\d+)(?:,(\d+))?\}|(\+))?")
_MOST: Final = 30  # of what may repeat without end
_FEW: Final = 8


def options(shape: str) -> list[Option]:
    """Every row of classes that a shape stands for. Raises ``ValueError`` where it is more than we read."""
    parts: list[list[Option]] = []
    at = 0
    for found in _PART.finditer(shape):
        if found.start() != at:
            break
        at = found.end()
        least, most = int(found[2] or 1), _MOST if found[4] else int(found[3] or found[2] or 1)
        some = (
            [one for text in found[1][3:-1].split("|") for one in options(text)]
            if found[1][0] == "("
            else [(_characters(found[1]),)]
        )
        parts.append([tuple(itertools.chain(*[one] * times)) for one in some for times in range(least, most + 1)])
    if at != len(shape):
        raise ValueError(f"cannot read the shape {shape!r} from {shape[at:]!r} on")
    return [tuple(itertools.chain(*row)) for row in itertools.product(*parts)]


def fits(numbers: Matrix, some: list[Option]) -> Flags:
    """Which numbers (a matrix of ASCII codes, one row a place) are one of these options, all of their length."""
    if len(some) > _FEW:
        return _one_of_many(numbers, some)
    found = np.zeros(numbers.shape[1], dtype=bool)
    for option in some:
        found |= _those(numbers, option)
    return found


def holds(numbers: Matrix, characters: str) -> Flags:
    """Which numbers have one of these characters (a class) at any place."""
    allowed = _characters(characters)
    found = np.zeros(numbers.shape[1], dtype=bool)
    for place in numbers:
        found |= _is_one(place, allowed)
    return found


def _those(numbers: Matrix, option: Option) -> Flags:
    """The columns that fit, by the places with the fewest characters first: most often none is left after one."""
    order = sorted(range(len(option)), key=lambda place: len(option[place]))
    left = _is_one(numbers[order[0]], option[order[0]])
    for place in order[1:]:
        if not left.any():
            break
        left &= _is_one(numbers[place], option[place])
    return left


def _one_of_many(numbers: Matrix, some: list[Option]) -> Flags:
    """Many options that differ in few places (the countries at the end): those places are looked up together."""
    differ = [place for place in range(len(some[0])) if len({option[place] for option in some}) > 1]
    if len(differ) > 2 or any(len(option[place]) > 1 for option in some for place in differ):
        found = np.zeros(numbers.shape[1], dtype=bool)
        for option in some:
            found |= _those(numbers, option)
        return found
    anything = "".join(map(chr, range(256)))
    found = _those(numbers, tuple(anything if at in differ else classes for at, classes in enumerate(some[0])))
    left = np.flatnonzero(found)
    if len(left):
        known = np.zeros((256, 256), dtype=bool)
        for option in some:
            known[ord(option[differ[0]]), ord(option[differ[-1]])] = True
        found[left] = known[numbers[differ[0]][left], numbers[differ[-1]][left]]
    return found


def _is_one(place: Matrix, allowed: str) -> Flags:
    found: Flags | None = None
    for low, high in _ranges(allowed):
        inside: Flags = (place - np.uint8(low)) <= np.uint8(high - low)
        found = inside if found is None else found | inside
    assert found is not None
    return found


@lru_cache(maxsize=512)
def _ranges(allowed: str) -> list[tuple[int, int]]:
    """Neighbouring characters together, as first and last code."""
    codes = sorted(set(map(ord, allowed)))
    cuts = [n for n in range(1, len(codes)) if codes[n] != codes[n - 1] + 1]
    return [(codes[a], codes[b - 1]) for a, b in zip([0, *cuts], [*cuts, len(codes)], strict=True)]


def _characters(text: str) -> str:
    """The characters of a class, or of a single one."""
    inside = text.removeprefix("[").removesuffix("]")
    pairs = re.findall(r"(.)-(.)|(.)", inside)
    return "".join(one or "".join(map(chr, range(ord(low), ord(high) + 1))) for low, high, one in pairs)
