"""Check digits: the right key passes, every wrong one fails, and slips are found as often as was measured."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.policy.check_digits import KEYS, expected, matrix, passes
from core.policy.check_digits import given as key_of

DIGITS, ALPHABET = "0123456789", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Key: a body with 9 for a digit and X for a letter or digit, # for the key; share of single wrong digits and
# of swapped neighbours that it finds, at least (research: 40,000 trials each).
SHAPES = {
    "s10": ("LZ99999999#CN", 0.98, 0.97),
    "colissimo": ("6A9999999999#", 1.0, 0.87),
    "gs1": ("0034999999999999999#", 1.0, 0.87),
    "gs1_last_15": ("961102099999999999999#", 1.0, 0.84),
    "gs1_last_22": ("42078745940011999999999999999#", 1.0, 0.84),
    "gs1_last_26": ("420787459261999999999999999999999#", 1.0, 0.84),
    "mod_37_36": ("99999999999999#", 1.0, 0.99),
    "gls": ("99999999999#", 1.0, 0.87),
    "mod_7": ("999999999#", 0.92, 0.92),
    "identcode": ("99999999999#", 0.93, 0.50),
    "ups": ("1ZXXXXXX999999999#", 0.94, 0.87),
    "ups_waybill": ("K999999999#", 0.94, 0.87),
    "fedex_12": ("99999999999#", 0.97, 0.97),
    "fedex_last_12": ("1001921334250001000300999999999999#"[:22] + "99999999999#", 0.97, 0.97),
    "sf": ("SF999999999999#", 0.80, 0.75),
    "sf_12": ("99999999999#", 0.80, 0.75),
    "evri": ("H9999X999999999#", 0.90, 0.85),
}


def drawn(shape, chance):
    marks = {"9": DIGITS, "X": ALPHABET}
    return "".join(chance.choice(marks[sign]) if sign in marks else sign for sign in shape)


def with_key(name, text):
    """The text with its # replaced by the right key."""
    blank = text.replace("#", "0")
    return text.replace("#", expected(name, matrix([blank], len(blank)))[0])


def right(name, *numbers):
    return passes(name, matrix(numbers, len(numbers[0]))).tolist()


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_right_key_passes_and_each_wrong_one_fails(name, seed):
    text = drawn(SHAPES[name][0], random.Random(seed))
    number = with_key(name, text)
    signs = ALPHABET if name == "mod_37_36" else DIGITS
    others = [text.replace("#", sign) for sign in signs]
    assert right(name, *others) == [other == number for other in others]


@pytest.mark.parametrize("name", SHAPES)
def test_slips_are_found_as_often_as_measured(name):
    shape, substitutions, swaps = SHAPES[name]
    chance = random.Random(20261123)
    last = {"gs1_last_15": 15, "gs1_last_22": 22, "gs1_last_26": 26, "fedex_last_12": 12}.get(name, 0)
    body = {"sf": range(5, 14), "sf_12": range(3, 11), "s10": range(2, 10)}.get(name)
    body = range(len(shape) - last, len(shape) - 1) if last else body
    places = body or [place for place in range(len(shape)) if shape[place] == "9"]
    wrong, swapped = [], []
    for _ in range(3000):
        number = with_key(name, drawn(shape, chance))
        place = chance.choice(list(places))
        digit = chance.choice([sign for sign in DIGITS if sign != number[place]])
        wrong.append(number[:place] + digit + number[place + 1 :])
        beside = [p for p in places if p + 1 in places and number[p] != number[p + 1]]
        if beside:
            at = chance.choice(beside)
            swapped.append(number[:at] + number[at + 1] + number[at] + number[at + 2 :])
    assert 1 - np.mean(right(name, *wrong)) >= substitutions
    assert 1 - np.mean(right(name, *swapped)) >= swaps


@pytest.mark.parametrize("name", ["s10", "colissimo", "gls", "mod_7", "ups", "fedex_12", "sf"])
def test_the_next_number_typed_by_adding_one_is_always_found(name):
    chance = random.Random(5)
    numbers = [with_key(name, drawn(SHAPES[name][0], chance)) for _ in range(500)]
    at = KEYS[name][0].at[0] % len(numbers[0])
    typed = [n[:at] + str(int(n[at]) + 1) + n[at + 1 :] for n in numbers if n[at] != "9"]
    assert not any(right(name, *typed))


@settings(max_examples=60, deadline=None)
@given(st.text(DIGITS, min_size=14, max_size=14), st.text(DIGITS, min_size=10, max_size=10))
def test_mondial_relay_has_two_keys_and_both_must_be_right(first, second):
    blank = f"{first}0{second}0"
    one, two = expected("mondial_relay", matrix([blank], 26))[0]
    others = [f"{first}{a}{second}{b}" for a in DIGITS for b in DIGITS]
    assert [other for other, ok in zip(others, right("mondial_relay", *others), strict=True) if ok] == [
        f"{first}{one}{second}{two}"
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(DIGITS, min_size=8, max_size=8))
def test_tnt_takes_either_of_its_keys_and_names_both(body):
    named = expected("tnt", matrix([body + "0"], 9))[0].split("/")
    good = [sign for sign in DIGITS if right("tnt", body + sign)[0]]
    assert sorted(named) == good


def test_usps_labels_that_leave_91_out_pass_with_it():
    assert right("gs1_or_after_91", "71969010756003077385", "03071790000523483741", "71969010756003077386") == [
        True, True, False,
    ]  # fmt: skip


def test_the_mistake_is_shown_with_what_belongs_there():
    numbers = matrix(["6A61031888414"], 13)
    assert (key_of("colissimo", numbers), expected("colissimo", numbers)) == (["4"], ["8"])
