"""The words of the field, in their machine spelling. Everything else speaks in these."""

import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final


def N_(sentence: str) -> str:
    """Mark a sentence for the catalogues; it is translated where it is shown."""
    return sentence


@lru_cache(maxsize=1 << 15)
def fold(text: str) -> str:
    """A word without case, accents, typographic quotes and superfluous white space, to compare it by."""
    plain = text.replace("\u2019", "'").replace("_", " ")
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


class Marketplace(StrEnum):
    CDISCOUNT = "cdiscount"
    AMAZON = "amazon"
    ALIEXPRESS = "aliexpress"


class State(StrEnum):
    """Where an order stands, whatever word its marketplace uses for it."""

    NEW = "new"
    BLOCKED = "blocked"
    TO_ACCEPT = "to_accept"
    AWAITING_PAYMENT = "awaiting_payment"
    TO_SHIP = "to_ship"
    PART_SHIPPED = "part_shipped"
    SENT_UNCONFIRMED = "sent_unconfirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCEL_REQUESTED = "cancel_requested"
    IN_DISPUTE = "in_dispute"
    REFUSED = "refused"
    AUTO_CANCELLED = "auto_cancelled"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


OPEN_STATES: Final = (
    State.NEW,
    State.BLOCKED,
    State.TO_ACCEPT,
    State.AWAITING_PAYMENT,
    State.TO_SHIP,
    State.PART_SHIPPED,
    State.SENT_UNCONFIRMED,
    State.CANCEL_REQUESTED,
    State.IN_DISPUTE,
    State.UNKNOWN,
)
"""States in which somebody may still have something to do; the partial index holds these."""


STEPS: Final = {
    State.NEW: 0,
    State.BLOCKED: 0,
    State.TO_ACCEPT: 1,
    State.AWAITING_PAYMENT: 2,
    State.TO_SHIP: 3,
    State.PART_SHIPPED: 4,
    State.SENT_UNCONFIRMED: 5,
    State.SHIPPED: 6,
    State.DELIVERED: 7,
    State.REFUSED: 8,
    State.AUTO_CANCELLED: 8,
    State.CANCELLED: 8,
}
"""How far along an order is; one that comes back to a smaller number goes backwards. States that come and go
(a dispute, a request to cancel) have no step."""


class DeliveryMode(StrEnum):
    """How the buyer chose to get the parcel. Absent means that no file said it."""

    NORMAL = "normal"
    TRACKED = "tracked"
    REGISTERED = "registered"
    RELAY = "relay"
    EXPRESS = "express"
    BIG_PARCEL = "big_parcel"
    PICKUP = "pickup"
    VIRTUAL = "virtual"


class Band(StrEnum):
    """How near a deadline is; the order of the members is the order of urgency."""

    OVERDUE = "overdue"
    NOW = "now"
    SOON = "soon"
    CALM = "calm"


class Kind(StrEnum):
    """What a work item asks of the team."""

    ACCEPT_ORDER = "accept_order"
    SHIP_ORDER = "ship_order"
    CARRY_OUT = "carry_out"
    ANSWER_CANCELLATION = "answer_cancellation"
    CHECK_CANCELLED = "check_cancelled"
    CHECK_STATE = "check_state"
    AWAIT_PAYMENT = "await_payment"
    AWAIT_MARKETPLACE = "await_marketplace"
    AWAIT_FILE = "await_file"
    ANSWER_RETURN = "answer_return"
    AWAIT_RETURN = "await_return"
    REFUND_RETURN = "refund_return"
    SEND_EXCHANGE = "send_exchange"
    CLOSE_RETURN = "close_return"


class Group(StrEnum):
    """Which part of the queue a work item stands in, most urgent first.

    ``live`` has a running clock; ``cannot_tell`` has none that could be derived and says why;
    ``waiting`` is work nobody can do yet; the last two stand apart from the live queue.
    """

    LIVE = "live"
    CANNOT_TELL = "cannot_tell"
    WAITING = "waiting"
    PROBABLY_CANCELLED = "probably_cancelled"
    PERHAPS_CANCELLED = "perhaps_cancelled"


class Level(StrEnum):
    """How much a finding weighs: an error keeps its row out, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class DecisionKind(StrEnum):
    """What a person recorded about an order. Decisions are appended, never changed."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    MARK_SHIPPED = "mark_shipped"
    SEND_SHIPMENT = "send_shipment"
    WITHDRAW = "withdraw"
    CARRIED_OUT = "carried_out"
    SAY_CANCELLED = "say_cancelled"
    SAY_OPEN = "say_open"
    ASSIGN = "assign"
    NOTE = "note"
