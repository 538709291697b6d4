"""What made-up numbers look like: repeated digits, counting, blocks; and runs of numbers that follow each other.

All of it arouses suspicion and proves nothing: see PATTERNS for how seldom real numbers look so.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.policy.check_digits import Matrix
from core.policy.tracking_reasons import BIT
from core.policy.values import applies

Bits = NDArray[np.uint64]
Serials = NDArray[np.uint32]
Flags = NDArray[np.bool_]

SAME: Final = 5
COUNTING: Final = 6
ZEROS: Final = 7
ZEROS_AT_END: Final = 5
DISTINCT: Final = 3
AMONG: Final = 10
PADDED: Final = b"JD"
"""Licence plates (JD..., JJD...) are padded with zeros."""
_ZERO: Final = 48
_DIGITS: Final = np.uint16(0x3FF)


@applies("XX-T1")
def patterns(numbers: Matrix) -> Bits:
    """The PATTERNS of each number, as bits. ``numbers``: ASCII codes, one row a place."""
    digits = numbers - np.uint8(_ZERO)  # letters become 17 and more
    is_digit = digits < 10
    size = numbers.shape[1]
    longest = {name: np.zeros(size, dtype=np.uint8) for name in ("same", "up", "down", "zeros", "pairs", "threes")}
    run = {name: np.zeros(size, dtype=np.uint8) for name in longest}
    seen = np.zeros(size, dtype=np.uint16)
    for place in range(len(numbers)):
        here, known = digits[place], is_digit[place]
        seen |= np.uint16(1) << np.minimum(here, 15).astype(np.uint16)
        _count(run, longest, "zeros", here == 0)
        if place:
            both = known & is_digit[place - 1]
            step = here - digits[place - 1]  # over 256: 247 is nine down
            _count(run, longest, "same", both & (step == 0) & (here != 0))
            _count(run, longest, "up", both & ((step == 1) | (step == 247)))
            _count(run, longest, "down", both & ((step == 255) | (step == 9)))
        if place > 1:
            _count(run, longest, "pairs", known & (here == digits[place - 2]))
        if place > 2:
            _count(run, longest, "threes", known & (here == digits[place - 3]))
    padded = (numbers[0] == PADDED[0]) & (
        (numbers[1 % len(numbers)] == PADDED[1]) | (numbers[1 % len(numbers)] == PADDED[0])
    )
    few = (np.bitwise_count(seen & _DIGITS) <= DISTINCT) & (is_digit.sum(axis=0) >= AMONG)
    found: dict[str, Flags] = {
        "same_digit": longest["same"] >= SAME - 1,
        "rising_digits": longest["up"] >= COUNTING - 1,
        "falling_digits": longest["down"] >= COUNTING - 1,
        "zeros_inside": (longest["zeros"] >= ZEROS) & ~padded,
        "zeros_at_end": run["zeros"] >= ZEROS_AT_END,
        "few_digits": few,
        "repeated_block": (longest["pairs"] >= 6) | (longest["threes"] >= 6),
    }
    bits = np.zeros(size, dtype=np.uint64)
    for code, holds in found.items():
        bits |= np.where(holds, np.uint64(BIT[code]), np.uint64(0))
    return bits


def _count(run: dict[str, Any], longest: dict[str, Any], name: str, holds: Flags) -> None:
    run[name] += np.uint8(1)
    run[name] *= holds.view(np.uint8)
    np.maximum(longest[name], run[name], out=longest[name])


def serials(numbers: Matrix) -> tuple[Serials, Serials, Bits]:
    """Of each number: all its digits, its digits without the key's place, and its letters, as whole numbers.

    The key's place is the last one, or the last digit where two letters of a country follow. Sums run
    over 2^32 (letters: 2^64); only small differences of them mean something.
    """
    length, size = numbers.shape
    is_digit = (numbers - np.uint8(_ZERO)) < 10
    two = ~is_digit[-1] & ~is_digit[-2 % length]
    whole, letters = np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.uint64)
    before: dict[int, Serials] = {}  # what stands before each place where a key may stand
    for place in range(length):
        if place in (length - 3, length - 1):
            before[place] = whole.copy()
        value = (numbers[place] - np.uint8(_ZERO)).astype(np.uint32)
        known = is_digit[place]
        if known.all():
            whole *= np.uint32(10)
            whole += value
            continue
        whole *= np.where(known, np.uint32(10), np.uint32(1))
        whole += np.where(known, value, np.uint32(0))
        letters *= np.where(known, np.uint64(1), np.uint64(41))
        letters += np.where(known, np.uint64(0), value + np.uint64(place))
    bare = np.where(two, before.get(length - 3, whole), before[length - 1])
    return whole, bare, letters


def runs(
    serial: Serials, family: NDArray[np.int64], at_least: int
) -> tuple[Flags, NDArray[np.int64], NDArray[np.int64]]:
    """Rows that stand in a run: ``at_least`` neighbours in the order of the file, by one step throughout.

    Gives whether, the length of the run and its step (never 0). ``family``: what has to be the same for
    two rows to be neighbours (whole number; -1 stands alone).
    """
    size = len(serial)
    found, lengths, steps = np.zeros(size, dtype=bool), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    rows = np.flatnonzero(family != -1)
    if len(rows) < at_least:
        return found, lengths, steps
    rows = rows[_by_family(family[rows])]
    step = np.diff(serial[rows]).view(np.int32).astype(np.int64)
    linked = (np.diff(family[rows]) == 0) & (step != 0) & (np.abs(step) < 10_000)
    starts = np.flatnonzero(np.concatenate([[True], (step[1:] != step[:-1]) | ~linked[1:] | ~linked[:-1]]))
    ends = np.concatenate([starts[1:], [len(step)]])
    long = ((ends - starts) >= at_least - 1) & linked[starts]
    for start, end in zip(starts[long], ends[long], strict=True):
        members = rows[start : end + 1]
        found[members] = True
        lengths[members] = end - start + 1
        steps[members] = step[start]
    return found, lengths, steps


def _by_family(family: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in the order of their families, and of the file inside one.

    The place is sorted with the end of the family's number before it: plain numbers sort many times faster
    than places by a key. Two families that end alike would hide runs of each other, and nothing worse.
    """
    bits = len(family).bit_length()
    packed = np.sort((family.view(np.uint64) << np.uint64(bits)) | np.arange(len(family), dtype=np.uint64))
    return (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
