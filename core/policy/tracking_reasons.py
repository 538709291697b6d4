"""Why a tracking number got its verdict: codes, how much each weighs, and its sentence.

A sentence has the places {given} and {expected}. No check proves that a parcel exists: at best a number
is well-formed, and no sentence says more.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from core.policy.words import N_


class Verdict(StrEnum):
    """What the desk makes of a shipment; the order of the members is the order of gravity."""

    IMPOSSIBLE = "impossible"
    SUSPECT = "suspect"
    CANNOT_TELL = "cannot_tell"
    PLAUSIBLE = "plausible"


class Evidence(StrEnum):
    """What a plausible number rests on."""

    CHECK_DIGIT = "check_digit"
    SHAPE = "shape"
    NONE = "none"


class Url(StrEnum):
    """Where a tracking link leads."""

    OWN = "own"
    PARTNER = "partner"
    OTHER_CARRIER = "other_carrier"
    AGGREGATOR = "aggregator"
    HOME_PAGE = "home_page"
    UNKNOWN_HOST = "unknown_host"
    ILL_FORMED = "ill_formed"


class Reason(NamedTuple):
    """``level``: the verdict that it alone brings about; plausible is a mere note."""

    level: Verdict
    rule: str
    sentence: str


_IMPOSSIBLE, _SUSPECT, _CANNOT_TELL, _NOTE = Verdict

REASONS: Final[dict[str, Reason]] = {
    # Facts.
    "number_missing": Reason(
        _IMPOSSIBLE, "CD-S2", N_("A tracking number is required ({expected}), and there is none.")
    ),
    "key_wrong": Reason(_IMPOSSIBLE, "XX-T2", N_("Check digit {given}, expected {expected}.")),
    "shape_of_other_closed": Reason(
        _IMPOSSIBLE,
        "XX-T2",
        N_("This is the shape of {expected}; the carrier given is {given}, which has no such numbers."),
    ),
    "shape_unknown_closed": Reason(_IMPOSSIBLE, "XX-T2", N_("{given} has no numbers of this shape.")),
    "digits_lost": Reason(
        _IMPOSSIBLE, "CD-S8", N_("A spreadsheet has rewritten this number ({given}); its digits are lost.")
    ),
    "too_long": Reason(_IMPOSSIBLE, "CD-S8", N_("{given} characters; at most {expected} are taken.")),
    "forbidden_character": Reason(_IMPOSSIBLE, "CD-S8", N_("Holds {given}, which a tracking number must not hold.")),
    "several_numbers": Reason(
        _IMPOSSIBLE, "CD-S8", N_("Another line of this order has the number {expected}; an order is one parcel.")
    ),
    "virtual_needs_demat": Reason(_IMPOSSIBLE, "CD-S8", N_("Virtual goods are sent under the number {expected}.")),
    "virtual_other_carrier": Reason(
        _IMPOSSIBLE, "CD-S8", N_("Virtual goods have no carrier: choose other of the marketplace's list.")
    ),
    "repeat_in_shop": Reason(_IMPOSSIBLE, "XX-T1", N_("The number of another order of this shop: {expected}.")),
    "url_scheme": Reason(_IMPOSSIBLE, "CD-S4", N_("The link does not begin with http:// or https://.")),
    "url_too_long": Reason(_IMPOSSIBLE, "CD-S4", N_("The link has {given} characters; at most {expected} are taken.")),
    "url_user": Reason(_IMPOSSIBLE, "CD-S4", N_("The link hides its real host behind a name: it leads to {given}.")),
    "url_characters": Reason(
        _IMPOSSIBLE, "CD-S4", N_("The link holds a space, a backslash or a sign that nobody sees.")
    ),
    "url_no_host": Reason(_IMPOSSIBLE, "CD-S4", N_("The link names no host that can exist.")),
    # Patterns and contradictions.
    "shape_of_other": Reason(_SUSPECT, "XX-T2", N_("This is the shape of {expected}, the carrier given is {given}.")),
    "key_wrong_weak": Reason(
        _SUSPECT, "XX-T2", N_("Check digit {given}, expected {expected}; how this carrier makes it is only inferred.")
    ),
    "suffix_unknown": Reason(
        _SUSPECT, "XX-T2", N_("The last letters, {given}, are neither a country nor known from any carrier.")
    ),
    "handed_over": Reason(
        _SUSPECT, "XX-T2", N_("{given} may deliver a parcel under this number, but it is the shape of {expected}.")
    ),
    "known_test": Reason(_SUSPECT, "XX-T1", N_("Published as a test or sample number.")),
    "test_family": Reason(_SUSPECT, "XX-T1", N_("Of a family of test numbers: {given}.")),
    "same_digit": Reason(_SUSPECT, "XX-T1", N_("The same digit five times or more in a row.")),
    "rising_digits": Reason(_SUSPECT, "XX-T1", N_("Six digits or more that count up.")),
    "falling_digits": Reason(_SUSPECT, "XX-T1", N_("Six digits or more that count down.")),
    "zeros_inside": Reason(_SUSPECT, "XX-T1", N_("Seven zeros or more in a row.")),
    "zeros_at_end": Reason(_SUSPECT, "XX-T1", N_("Ends in five zeros or more.")),
    "few_digits": Reason(_SUSPECT, "XX-T1", N_("Three different digits at most among ten or more.")),
    "repeated_block": Reason(_SUSPECT, "XX-T1", N_("The same block of digits again and again.")),
    "run_without_key": Reason(
        _SUSPECT,
        "XX-T1",
        N_("One of {given} numbers in a row that count up one by one, with nothing to check them by."),
    ),
    "run_by_steps": Reason(_SUSPECT, "XX-T1", N_("One of {given} numbers in a row that count by steps of {expected}.")),
    "date_impossible": Reason(_SUSPECT, "XX-T1", N_("The date inside the number, {given}, does not exist.")),
    "date_ahead": Reason(_SUSPECT, "XX-T1", N_("The date inside the number, {given}, lies after {expected}.")),
    "date_too_early": Reason(
        _SUSPECT, "XX-T1", N_("The date inside the number, {given}, lies long before the order of {expected}.")
    ),
    "repeat_other_shop": Reason(_SUSPECT, "XX-T1", N_("Also the number of an order of another shop: {expected}.")),
    "repeat_elsewhere": Reason(_SUSPECT, "XX-T1", N_("Also the number of an order of another shop.")),
    "repeat_given_up": Reason(
        _SUSPECT, "XX-T1", N_("A file named this number for {expected} before, which has another one now.")
    ),
    "reuse_early": Reason(
        _SUSPECT,
        "XX-T1",
        N_("Used by this shop before, for {expected}; posts should wait longer before they use a number again."),
    ),
    "reuse_late": Reason(_SUSPECT, "XX-T1", N_("Used by this shop long ago, for {expected}.")),
    "repeat_in_file": Reason(
        _SUSPECT, "XX-T1", N_("The same number stands in another row, and no order numbers tell the two apart.")
    ),
    "order_split": Reason(_SUSPECT, "XX-T1", N_("The order has another number as well: {expected}.")),
    "decimal_number": Reason(
        _SUSPECT, "CD-S8", N_("A spreadsheet took this for an amount ({given}); zeros in front may be lost.")
    ),
    "odd_characters": Reason(_SUSPECT, "CD-S8", N_("Holds {given}, which no carrier prints.")),
    "demat_not_virtual": Reason(
        _SUSPECT, "CD-S8", N_("{given} is for virtual goods, and nothing says that this order is one of them.")
    ),
    "url_other_carrier": Reason(_SUSPECT, "CD-S4", N_("The link leads to {expected}, the carrier given is {given}.")),
    "url_home_page": Reason(_SUSPECT, "CD-S4", N_("The link leads to a page without any number.")),
    "url_number_differs": Reason(_SUSPECT, "CD-S4", N_("The number of this row is not in the link.")),
    "url_other_row": Reason(_SUSPECT, "CD-S4", N_("The link holds the number of another row: {expected}.")),
    "url_unknown_host": Reason(_SUSPECT, "CD-S4", N_("{given} is no host of this carrier, nor of any other we know.")),
    # What nobody can tell.
    "carrier_missing": Reason(_CANNOT_TELL, "CD-S3", N_("No carrier is given.")),
    "carrier_near": Reason(_CANNOT_TELL, "CD-S3", N_("No carrier is called {given}; {expected} is close.")),
    "carrier_unknown": Reason(_CANNOT_TELL, "CD-S3", N_("Nothing is known about a carrier called {given}.")),
    "carrier_formless": Reason(_CANNOT_TELL, "XX-T2", N_("Nothing is known about the numbers of {given}.")),
    "shape_unknown": Reason(
        _CANNOT_TELL,
        "XX-T2",
        N_("No carrier known here has numbers of this shape; {given} may have others than we know."),
    ),
    "shape_inferred": Reason(_CANNOT_TELL, "XX-T2", N_("That {given} has numbers of this shape is only inferred.")),
    "need_unknown": Reason(
        _CANNOT_TELL,
        "CD-S2",
        N_("No number, and nobody can tell whether one is required: delivery mode, value or currency is missing."),
    ),
    # Notes.
    "carrier_unlisted": Reason(
        _NOTE, "CD-S3", N_("{given} is not on the marketplace's list: choose other and write its name.")
    ),
    "url_missing": Reason(_NOTE, "CD-S4", N_("A carrier that is not on the list should come with a link.")),
    "url_aggregator": Reason(
        _NOTE, "CD-S4", N_("The link leads to a page that follows many carriers, not to the carrier's own.")
    ),
    "partner_post": Reason(_NOTE, "XX-T2", N_("The number of a post that {given} hands parcels to.")),
    "label_roll": Reason(
        _NOTE, "XX-T1", N_("One of {given} labels in a row with right check digits: one roll of labels.")
    ),
    "repeat_one_parcel": Reason(_NOTE, "XX-T1", N_("Also the number of {expected}: one parcel for one buyer.")),
    "letter_post": Reason(
        _NOTE, "XX-T2", N_("Numbers that begin with U are letters; they may never be scanned on the last mile.")
    ),
    "cleaned": Reason(_NOTE, "CD-S8", N_("Signs that nobody sees, or wide ones, were taken out or made plain.")),
    "not_needed": Reason(_NOTE, "CD-S1", N_("No tracking number, and none is required.")),
    "virtual": Reason(_NOTE, "CD-S8", N_("Virtual goods: no parcel.")),
}
CODES: Final = tuple(REASONS)
BIT: Final = {code: 1 << n if n < 64 else 0 for n, code in enumerate(CODES)}
"""The last notes find no room in 64 bits and need none: they are told, and change no verdict."""
PATTERNS: Final = (
    "same_digit", "rising_digits", "falling_digits", "zeros_inside", "zeros_at_end", "few_digits", "repeated_block",
)  # fmt: skip
"""What a made-up number looks like; which of them and how long was measured on 164 numbers of real parcels."""


def at_level(level: Verdict) -> int:
    """The codes that bring about this verdict, as bits."""
    return sum(BIT[code] for code, reason in REASONS.items() if reason.level is level)
