"""Which carriers' forms a number fits, with which key: all forms over all numbers at once.

Numbers are sorted by length; only the forms of that length are tried on them, and each shape and each key once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.policy import check_digits
from core.policy.carriers import LONGEST, Carrier, Carriers, Form
from core.policy.check_digits import Matrix
from core.policy.shapes import fits, holds
from core.policy.tracking_kinds import distinct
from core.policy.tracking_patterns import patterns, serials

Bits = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Serials = NDArray[np.uint32]
_ZERO, _A = np.uint8(48), np.uint8(65)
_BLOCK: Final = 32_768
"""Numbers at once: so few that all that is counted of them stays in the processor's own memory."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Per number: sets of carriers (bits), pattern bits, and its serials.

    ``keyed``: a strong key is right. ``wrong``: a strong key is wrong. ``weak``: a weak key is wrong.
    ``shaped``: a form without a key (or with a weak one that is right) fits. ``inferred``: as shaped,
    but the form itself is only inferred. ``handover``, ``partner``: a number of somebody else that
    the carrier may have, its key right. ``whole``, ``bare``, ``letters``: tracking_patterns.serials.
    ``plain``: A-Z and 0-9 alone, and no longer than any form. Absent numbers have nothing set.
    """

    keyed: Bits
    wrong: Bits
    weak: Bits
    shaped: Bits
    inferred: Bits
    handover: Bits
    partner: Bits
    patterns: Bits
    letters: Bits
    whole: Serials
    bare: Serials
    plain: Flags

    @property
    def fits(self) -> Bits:
        """The carriers whose own number it may be."""
        return self.keyed | (self.shaped | self.inferred | self.weak) & ~self.wrong

    @property
    def right(self) -> Bits:
        """The carriers of which it has the shape for certain: a right key, or a form that has none."""
        return self.keyed | self.shaped & ~self.wrong


def match(numbers: pl.Series, carriers: Carriers) -> Matched:
    """``numbers``: normalised. Those longer than any form, or with other signs than A-Z and 0-9, fit nothing."""
    kinds = {"whole": np.uint32, "bare": np.uint32, "plain": np.bool_}
    empty: dict[str, Any] = {n: np.zeros(len(numbers), dtype=kinds.get(n, np.uint64)) for n in Matched.__slots__}
    found = Matched(**empty)
    for rows, places in _by_length(numbers):
        at = len(places)
        shapes: dict[tuple[str, ...], Flags] = {}
        keys: dict[str, Flags] = {}
        local = {name: np.zeros(len(rows), dtype=np.uint64) for name in Matched.__slots__[:7]}
        for carrier, form in _forms(carriers, at):
            shape = (form.shape, *form.require)
            if shape not in shapes:
                shapes[shape] = _has_shape(places, form)
            hit = shapes[shape]
            if not hit.any():
                continue
            if form.key is not None and form.key not in keys:
                keys[form.key] = check_digits.passes(form.key, places)
            _note(local, carrier, form, hit, None if form.key is None else keys[form.key])
        for name, bits in local.items():
            if bits.any():
                getattr(found, name)[rows] = bits
        found.patterns[rows] = patterns(places)
        found.whole[rows], found.bare[rows], found.letters[rows] = serials(places)
        found.plain[rows] = True
    return found


def wrong_keys(numbers: pl.Series, stated: Bits, carriers: Carriers, *, strong: bool) -> tuple[list[str], list[str]]:
    """The key of each number, and the one that the form of its stated carriers demands."""
    given, expected = [""] * len(numbers), [""] * len(numbers)
    for rows, places in _by_length(numbers):
        for carrier, form in _forms(carriers, len(places)):
            if form.key is None or form.strong is not strong or form.role != "own":
                continue
            theirs = (stated[rows] & np.uint64(carrier.mask)) != 0
            hit = np.flatnonzero(_has_shape(places, form) & theirs & ~check_digits.passes(form.key, places))
            if not len(hit):
                continue
            part = places[:, hit]
            pairs = zip(check_digits.given(form.key, part), check_digits.expected(form.key, part), strict=True)
            for row, (has, should) in zip(rows[hit], pairs, strict=True):
                given[row], expected[row] = has, should
    return given, expected


def _by_length(numbers: pl.Series) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
    """Rows and the matrix of their numbers for each length that a form can have."""
    length = numbers.str.len_bytes().fill_null(0).to_numpy()
    length = np.where(length <= LONGEST, length, 0).astype(np.uint8)
    for size in np.flatnonzero(np.bincount(length)):
        if not size:
            continue
        rows = np.flatnonzero(length == size)
        for at in range(0, len(rows), _BLOCK):
            some = rows[at : at + _BLOCK]
            row = numbers.gather(some).cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, int(size)))
            places = np.ascontiguousarray(row.to_numpy().T)
            plain = ((places - _ZERO < 10) | (places - _A < 26)).all(axis=0)
            yield (some, places) if plain.all() else (some[plain], np.ascontiguousarray(places[:, plain]))


def _forms(carriers: Carriers, length: int) -> Iterator[tuple[Carrier, Form]]:
    for carrier in carriers.carriers:
        for form in carrier.forms:
            if length in form.options:
                yield carrier, form


def _has_shape(places: Matrix, form: Form) -> Flags:
    hit = fits(places, form.options[len(places)])
    for characters in form.require:
        hit &= holds(places, characters)
    return hit


def _note(bits: dict[str, Bits], carrier: Carrier, form: Form, hit: Flags, ok: Flags | None) -> None:
    """Set the carrier's bit in the sets that this form's outcome belongs to."""
    right = hit if ok is None else hit & ok
    if form.role != "own":
        bits[form.role] |= right.astype(np.uint64) << np.uint64(carrier.bit)
        return
    soft = "inferred" if form.evidence == "inferred" else "shaped"
    bits["keyed" if form.strong else soft] |= right.astype(np.uint64) << np.uint64(carrier.bit)
    if ok is not None:
        bits["wrong" if form.strong else "weak"] |= (hit & ~ok).astype(np.uint64) << np.uint64(carrier.bit)


def distinct_sets(sets: Bits) -> tuple[list[int], NDArray[np.uint32]]:
    """The sets of carriers that occur, and which of them each row has."""
    first, which = distinct(pl.Series(sets))
    return sets[first].tolist(), which
