"""What the shape and the check digit of a number say about the carrier that is given for it."""

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.policy.carriers import Carriers
from core.policy.tracking_findings import worded
from core.policy.tracking_forms import Matched, distinct_sets, wrong_keys
from core.policy.tracking_patterns import runs
from core.policy.tracking_reasons import PATTERNS, Evidence
from core.policy.values import Values, applies

Bits = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Mark = Callable[..., None]

TEST_NUMBERS: Final = Path(__file__).resolve().parents[2] / "data" / "test_numbers.toml"
_S10: Final = r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$"
_S10_BUT_YP: Final = r"^[A-Z]{2}[0-9]{9}(?:[A-XZ][A-Z]|Y[A-OQ-Z])$"
_NAMES: Final = 3
_DATED: Final = "yunexpress"


@dataclass(frozen=True, slots=True)
class TestNumbers:
    """Published test numbers, and the beginnings of whole families of them."""

    numbers: frozenset[str]
    families: tuple[str, ...]


def load_test_numbers(file: Path = TEST_NUMBERS) -> TestNumbers:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    numbers = frozenset(number for table in tables["numbers"].values() for number in table["numbers"])
    return TestNumbers(numbers, tuple(begin for table in tables["families"].values() for begin in table["begins"]))


@dataclass(frozen=True, slots=True)
class Shaped:
    """Per row: what the number rests on, its key (right, wrong, or null where it has none), and whether it is right."""

    evidence: pl.Series
    key: pl.Series
    right: Flags


@applies("XX-T2")
def judge_shapes(
    numbers: pl.Series, stated: Bits, names: pl.Series, found: Matched, fits: Bits, checked: Flags,
    carriers: Carriers, mark: Mark,
) -> Shaped:  # fmt: skip
    """Marks what a number's form says of the stated carriers (``names``). ``fits``: own_fits; ``checked``: rows that
    have a number to check.

    A wrong key is a fact where a document or real numbers prove the key, unless another form of the
    same carrier with an equally strong key fits; a form without a key does not help.
    """
    some = checked & (stated != 0)
    closed = (stated & ~np.uint64(carriers.closed)) == 0
    key = some & ((stated & found.keyed) != 0)
    left = some & ~key
    shape = left & ((stated & found.right) != 0)
    left &= ~shape
    wrong = left & ((stated & found.wrong) != 0)
    left &= ~wrong
    weak = left & ((stated & found.weak) != 0)
    left &= ~weak
    partner = left & ((stated & found.partner) != 0)
    left &= ~partner
    inferred = left & ((stated & found.inferred) != 0)
    left &= ~inferred
    handover = left & ((stated & found.handover) != 0)
    left &= ~handover

    for code, rows, strong in (("key_wrong", wrong, True), ("key_wrong_weak", weak, False)):
        at = np.flatnonzero(rows)
        if len(at):
            mark(code, at, *wrong_keys(numbers.gather(at), stated[at], carriers, strong=strong))
    _mark_typed("partner_post", partner, names, mark)
    _mark_typed("shape_inferred", inferred, names, mark)
    _mark_both("handed_over", handover, names, fits, carriers, mark)
    other = left & (fits != 0)
    related = _partners(fits, stated, carriers, other) | _partners(stated, fits, carriers, other)
    _mark_both("shape_of_other", other & (~closed | related), names, fits, carriers, mark)
    _mark_both("shape_of_other_closed", other & closed & ~related, names, fits, carriers, mark)
    nothing = left & (fits == 0)
    _mark_typed("shape_unknown_closed", nothing & closed, names, mark)
    _mark_typed("shape_unknown", nothing & ~closed, names, mark)
    _suffixes(numbers, checked & (fits == 0) & (found.keyed == 0), found, mark)
    at = np.flatnonzero(key & numbers.str.starts_with("U").fill_null(False).to_numpy())
    mark("letter_post", at[numbers.gather(at).str.contains(_S10_BUT_YP).to_numpy()])

    right = key | partner
    evidence = worded("evidence", [Evidence.NONE, Evidence.SHAPE, Evidence.CHECK_DIGIT], shape + 2 * right)
    return Shaped(evidence, worded("key", [None, "wrong", "right"], wrong + 2 * right), right)


def own_fits(found: Matched, carriers: Carriers) -> Bits:
    """The carriers whose number it may be; "another post" only where no post is known."""
    fits = found.fits
    post = np.uint64(carriers.any_post)
    rest = fits & ~post
    return np.where(rest != 0, rest, fits)


def names_of(sets: Bits, carriers: Carriers) -> list[str]:
    """The names of the carriers of each set, three at most."""
    some, which = distinct_sets(sets)
    names = [" / ".join(carrier.name for carrier in carriers.members(one)[:_NAMES]) for one in some]
    return [names[n] for n in which]


def _mark_typed(code: str, rows: Flags, typed: pl.Series, mark: Mark) -> None:
    at = np.flatnonzero(rows)
    mark(code, at, typed.gather(at))


def _mark_both(code: str, rows: Flags, typed: pl.Series, fits: Bits, carriers: Carriers, mark: Mark) -> None:
    at = np.flatnonzero(rows)
    if len(at):
        mark(code, at, typed.gather(at), names_of(fits[at], carriers))


def _partners(some: Bits, of: Bits, carriers: Carriers, rows: Flags) -> Flags:
    """Of these rows, whether one of ``some`` carriers is a partner (for the last mile) of one of the others."""
    found = np.zeros(len(some), dtype=bool)
    at = np.flatnonzero(rows)
    found[at] = (partners_of(of[at], carriers) & some[at]) != 0
    return found


def partners_of(sets: Bits, carriers: Carriers) -> Bits:
    """The partners of the carriers of each set."""
    some, which = distinct_sets(sets)
    return np.array([carriers.partners(one) for one in some], dtype=np.uint64)[which]


def _suffixes(numbers: pl.Series, rows: Flags, found: Matched, mark: Mark) -> None:
    """Marks S10 numbers whose last letters nobody has."""
    at = np.flatnonzero(rows & (found.wrong == 0) & (found.handover == 0))
    some = numbers.gather(at)
    odd = some.str.contains(_S10).fill_null(False).to_numpy() if len(at) else np.zeros(0, dtype=bool)
    mark("suffix_unknown", at[odd], some.filter(pl.Series(odd, dtype=pl.Boolean)).str.slice(-2))


@applies("XX-T1")
def judge_fakes(
    numbers: pl.Series, stated: Bits, found: Matched, shaped: Shaped, checked: Flags, least: int, known: TestNumbers,
    mark: Mark, mark_bits: Callable[[Sequence[str], Bits], None],
) -> None:  # fmt: skip
    """Marks test numbers, made-up patterns and runs of ``least`` or more neighbouring numbers."""
    tests = numbers.is_in(list(known.numbers)).fill_null(False).to_numpy() & checked
    mark("known_test", np.flatnonzero(tests))
    begins = f"^({'|'.join(map(re.escape, known.families))})"
    at = np.flatnonzero(numbers.str.contains(begins).fill_null(False).to_numpy() & checked)
    mark("test_family", at, numbers.gather(at).str.extract(begins))
    mark_bits(PATTERNS, np.where(checked, found.patterns, np.uint64(0)))
    right = shaped.right
    length = numbers.str.len_bytes().fill_null(0).to_numpy().astype(np.uint64)
    alike = (found.letters * np.uint64(1_000_003) + length) * np.uint64(1_000_003) + stated
    kin = (alike >> np.uint64(1)).astype(np.int64)
    some = checked & ((found.whole | found.letters) != 0)
    hit, count, step = runs(found.whole, np.where(some & ~right, kin, -1), least)
    one = hit & (np.abs(step) == 1)
    mark("run_without_key", np.flatnonzero(one), _text(count[one]))
    steps = hit & ~one
    mark("run_by_steps", np.flatnonzero(steps), _text(count[steps]), _text(np.abs(step[steps])))
    hit, count, step = runs(found.bare, np.where(some & right, kin, -1), least)
    hit &= np.abs(step) == 1
    mark("label_roll", np.flatnonzero(hit), _text(count[hit]))


def _text(values: NDArray[Any]) -> pl.Series:
    return pl.Series(values).cast(pl.String)


@applies("XX-T1")
def judge_dates(
    numbers: pl.Series, shipped: pl.Series, ordered: pl.Series, stated: Bits, carriers: Carriers, values: Values,
    now: dt.datetime, mark: Mark,
) -> None:  # fmt: skip
    """Marks dates inside YunExpress numbers (YT, year, day of the year: inferred from five published ones)
    that do not exist, lie after dispatch (or now), or long before the order."""
    theirs = (stated & np.uint64(carriers.by_id[_DATED].mask)) != 0
    at = np.flatnonzero(theirs)
    at = at[numbers.gather(at).str.contains("^YT[0-9]{16}$").fill_null(False).to_numpy()]
    if not len(at):
        return
    inside = numbers.gather(at).str.slice(2, 5)
    # Whole days from here on: there are few dates, and many numbers that hold them.
    year, nth = np.divmod(inside.cast(pl.Int32).to_numpy(), 1000)
    firsts = np.array([dt.date(2000 + n, 1, 1) for n in range(101)], dtype="datetime64[D]")
    day = firsts[year] + (nth - 1)
    exists = (nth >= 1) & (day < firsts[year + 1])
    end = shipped.gather(at).fill_null(now).dt.date().to_numpy()
    order = ordered.gather(at).dt.date().to_numpy()  # NaT where nobody knows: not later than anything
    mark("date_impossible", at[~exists], inside.filter(pl.Series(~exists)))
    ahead = exists & (day > end + 1)
    mark("date_ahead", at[ahead], _text(day[ahead]), _text(end[ahead]))
    early = exists & (day < order - values.integer("date_inside_before_order_days", now.date()))
    mark("date_too_early", at[early], _text(day[early]), _text(order[early]))
