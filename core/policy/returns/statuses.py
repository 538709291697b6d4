"""Words of files for where a return request stands, without case and accents."""

from typing import Final

from core.policy.words import fold

ENDED: Final = frozenset({"completed", "closed", "rejected", "denied", "cancelled", "canceled", "cloturee", "fermee"})
"""The request is over, which needs an answer too."""
ANSWERED: Final = ENDED | {
    *("approved", "authorized", "authorised", "refunded", "accepted", "refused", "acceptee", "refusee"),
}
"""The seller has answered it. No word outside of these tells the desk anything."""


def is_answered(word: str) -> bool:
    """Whether the word says that the seller has answered."""
    return fold(word) in ANSWERED


def is_ended(word: str) -> bool:
    """Whether the word says that nothing more will come."""
    return fold(word) in ENDED
