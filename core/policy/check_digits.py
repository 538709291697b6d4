"""Check digits of tracking numbers, over many numbers of one length at once.

Numbers come as a matrix of ASCII codes (uint8), one row a *place* and one column a number, so that every
step runs over contiguous memory. A :class:`Key` says what stands at which places if the number is right.
Which carrier uses which key, and how well that is known, stands in ``data/carriers.toml``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.uint8]
Sums = NDArray[np.int32]

ALPHABET: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_ZERO: Final = 48
_VALUES: Final = np.zeros(256, dtype=np.int32)
_VALUES[ALPHABET] = np.arange(36)
_UPS_VALUES: Final = np.where(np.arange(256) > 64, (np.arange(256) - 63) % 10, np.arange(256) - _ZERO).astype(np.int32)
"""A digit is itself, a letter its ASCII code less 63, modulo 10 (A is 2, Z is 7)."""


@dataclass(frozen=True, slots=True)
class Key:
    """``expected``: the characters that belong at the places ``at``, as rows of ASCII codes."""

    at: tuple[int, ...]
    expected: Callable[[Matrix], Matrix]


def passes(name: str, numbers: Matrix) -> NDArray[np.bool_]:
    """Whether each number has the right key: all its characters, by any way that the carrier uses."""
    ways = [(numbers[list(key.at)] == key.expected(numbers)).all(axis=0) for key in KEYS[name]]
    found: NDArray[np.bool_] = np.logical_or.reduce(ways)
    return found


def expected(name: str, numbers: Matrix) -> list[str]:
    """What each number's key should be, as text; two ways that differ are both named: ``7/3``."""
    ways = [key.expected(numbers) for key in KEYS[name]]
    return ["/".join(dict.fromkeys(texts)) for texts in zip(*(_texts(way) for way in ways), strict=True)]


def given(name: str, numbers: Matrix) -> list[str]:
    """The key that each number has."""
    return _texts(numbers[list(KEYS[name][0].at)])


def _texts(numbers: Matrix) -> list[str]:
    """Each number of a matrix as text."""
    texts: list[str] = np.ascontiguousarray(numbers.T).view(f"S{len(numbers)}").ravel().astype(str).tolist()
    return texts


def matrix(numbers: Sequence[str] | Any, length: int) -> Matrix:
    """ASCII texts of one length as a matrix, one row a place."""
    text = "".join(numbers).encode("ascii")
    return np.ascontiguousarray(np.frombuffer(text, dtype=np.uint8).reshape(-1, length).T)


def _weighted(places: Matrix, weights: Sequence[int], values: NDArray[np.int32] | None = None) -> Sums:
    """The sum of each number's places times the weights."""
    total = np.zeros(places.shape[1], dtype=np.int32)
    for place, weight in zip(places, weights, strict=True):
        total += weight * (place.astype(np.int32) - _ZERO if values is None else values[place])
    return total


def _digit(values: Sums) -> Matrix:
    return (values + _ZERO).astype(np.uint8)[np.newaxis, :]


def _complement(total: Sums, modulus: int = 10) -> Sums:
    found: Sums = (-total) % modulus
    return found


def _threes(count: int) -> list[int]:
    """Weights 3, 1, 3, 1, ... counted from the right."""
    return [3 if (count - place) % 2 else 1 for place in range(count)]


def _s10(body: Matrix) -> Matrix:
    """UPU S10: weights 8 6 4 2 3 5 9 7; 11 less the rest of division by 11, where 10 is 0 and 11 is 5."""
    rest = 11 - _weighted(body, (8, 6, 4, 2, 3, 5, 9, 7)) % 11
    return _digit(np.where(rest == 10, 0, np.where(rest == 11, 5, rest)).astype(np.int32))


def _gs1(body: Matrix) -> Matrix:
    """GS1 modulo 10 (General Specifications): weights 3, 1, 3, 1, ... from the digit next to the key."""
    return _digit(_complement(_weighted(body, _threes(len(body)))))


def _gs1_after_91(body: Matrix) -> Matrix:
    """As GS1 with "91" put in front, as older labels of USPS leave it out (Publication 199)."""
    front = np.repeat(np.frombuffer(b"91", dtype=np.uint8)[:, np.newaxis], body.shape[1], axis=1)
    return _gs1(np.concatenate([front, body]))


def _mod_37_36(body: Matrix) -> Matrix:
    """ISO 7064 MOD 37,36 (DPD Parcel Label Specification 2.4.1)."""
    rest = np.full(body.shape[1], 36, dtype=np.int32)
    for place in body:
        rest = rest + _VALUES[place]
        rest = np.where(rest > 36, rest - 36, rest) * 2
        rest = np.where(rest > 36, rest - 37, rest)
    return np.asarray(ALPHABET[(37 - rest) % 36], dtype=np.uint8)[np.newaxis, :]


def _mod_11_rising(body: Matrix) -> Matrix:
    """Weights 2 to 7 from the right, repeating; 11 less the rest of division by 11, where 10 and 11 are 0."""
    weights = [(len(body) - 1 - place) % 6 + 2 for place in range(len(body))]
    rest = 11 - _weighted(body, weights) % 11
    return _digit(np.where(rest >= 10, 0, rest).astype(np.int32))


def _mondial_relay(numbers: Matrix) -> Matrix:
    """Label specification 2.3: one key over places 1 to 14, one over places 16 to 25."""
    return np.concatenate([_mod_11_rising(numbers[:14]), _mod_11_rising(numbers[15:25])])


def _gls(body: Matrix) -> Matrix:
    """As GS1, with one added to the sum (paketda.de, Paket-Prüfziffern)."""
    return _digit(_complement(_weighted(body, _threes(len(body))) + 1))


def _mod_7(body: Matrix) -> Matrix:
    """The number before the key, modulo 7."""
    rest = np.zeros(body.shape[1], dtype=np.int32)
    for place in body:
        rest = (rest * 10 + place - _ZERO) % 7
    return _digit(rest)


def _identcode(body: Matrix) -> Matrix:
    """Identcode of Deutsche Post: weights 4, 9, 4, 9, ... from the left."""
    return _digit(_complement(_weighted(body, [9 if place % 2 else 4 for place in range(len(body))])))


def _ups(body: Matrix) -> Matrix:
    """Weights 1, 2, 1, 2, ... from the left, letters by their UPS value, plain products."""
    return _digit(_complement(_weighted(body, [2 if place % 2 else 1 for place in range(len(body))], _UPS_VALUES)))


def _fedex(body: Matrix) -> Matrix:
    """Weights 3, 1, 7, ... from the left, modulo 11, then modulo 10."""
    return _digit(_weighted(body, [(3, 1, 7)[place % 3] for place in range(len(body))]) % 11 % 10)


def _sf(body: Matrix) -> Matrix:
    """Weights 1, 3, 5, 7, ... from the right; tens and units of each product are added."""
    total = np.zeros(body.shape[1], dtype=np.int32)
    for steps, place in enumerate(reversed(body)):
        product = (place.astype(np.int32) - _ZERO) * (2 * steps + 1)
        total += product // 10 + product % 10
    return _digit(_complement(total))


def _evri(body: Matrix) -> Matrix:
    """Weights 2, 1, 2, 1, ... from the left, letters by their UPS value; the sum modulo 10 itself."""
    return _digit(_weighted(body, [1 if place % 2 else 2 for place in range(len(body))], _UPS_VALUES) % 10)


def _over(start: int, stop: int, rule: Callable[[Matrix], Matrix]) -> Key:
    """A key right behind the body that it is made of."""
    return Key((stop,), lambda numbers: rule(numbers[start:stop]))


KEYS: Final[dict[str, tuple[Key, ...]]] = {
    "s10": (_over(2, 10, _s10),),
    "colissimo": (_over(2, 12, _gs1),),
    "gs1": (Key((-1,), lambda numbers: _gs1(numbers[:-1])),),
    "gs1_last_15": (Key((-1,), lambda numbers: _gs1(numbers[-15:-1])),),
    "gs1_last_22": (Key((-1,), lambda numbers: _gs1(numbers[-22:-1])),),
    "gs1_last_26": (Key((-1,), lambda numbers: _gs1(numbers[-26:-1])),),
    "gs1_or_after_91": (
        Key((-1,), lambda numbers: _gs1(numbers[:-1])),
        Key((-1,), lambda numbers: _gs1_after_91(numbers[:-1])),
    ),
    "mod_37_36": (Key((-1,), lambda numbers: _mod_37_36(numbers[:-1])),),
    "mondial_relay": (Key((14, 25), _mondial_relay),),
    "gls": (_over(0, 11, _gls),),
    "mod_7": (Key((-1,), lambda numbers: _mod_7(numbers[:-1])),),
    "identcode": (_over(0, 11, _identcode),),
    "ups": (_over(2, 17, _ups),),
    "ups_waybill": (_over(1, 10, _ups),),
    "fedex_12": (_over(0, 11, _fedex),),
    "fedex_last_12": (Key((-1,), lambda numbers: _fedex(numbers[-12:-1])),),
    "sf": (Key((-1,), lambda numbers: _sf(numbers[5:-1])),),
    "sf_12": (Key((-1,), lambda numbers: _sf(numbers[3:-1])),),
    "evri": (_over(0, 15, _evri),),
    "tnt": (_over(0, 8, _mod_7), _over(0, 8, _s10)),
}
"""By name: the ways in which the key may be made; one that holds is enough."""
