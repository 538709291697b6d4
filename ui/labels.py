"""What the machine's words are called on screen."""

from typing import Final

from core.policy.words import DecisionKind, DeliveryMode, Kind, Marketplace, N_, State

MARKETPLACES: Final[dict[str, str]] = {
    Marketplace.CDISCOUNT: "Cdiscount",
    Marketplace.AMAZON: "Amazon",
    Marketplace.ALIEXPRESS: "AliExpress",
}
"""Names of firms: the same in every language."""

STATES: Final[dict[str, str]] = {
    State.NEW: N_("new"),
    State.BLOCKED: N_("blocked by the marketplace"),
    State.TO_ACCEPT: N_("to accept"),
    State.AWAITING_PAYMENT: N_("awaiting payment"),
    State.TO_SHIP: N_("to ship"),
    State.PART_SHIPPED: N_("partly shipped"),
    State.SENT_UNCONFIRMED: N_("sent, not confirmed"),
    State.SHIPPED: N_("shipped"),
    State.DELIVERED: N_("delivered"),
    State.CANCEL_REQUESTED: N_("cancellation requested"),
    State.IN_DISPUTE: N_("in dispute"),
    State.REFUSED: N_("refused"),
    State.AUTO_CANCELLED: N_("cancelled by the marketplace"),
    State.CANCELLED: N_("cancelled"),
    State.UNKNOWN: N_("unknown state"),
}

KINDS: Final[dict[str, str]] = {
    Kind.ACCEPT_ORDER: N_("Accept or refuse"),
    Kind.SHIP_ORDER: N_("Ship"),
    Kind.CARRY_OUT: N_("Carry out in the back office"),
    Kind.ANSWER_CANCELLATION: N_("Answer the cancellation request"),
    Kind.CHECK_CANCELLED: N_("Check whether it is cancelled"),
    Kind.CHECK_STATE: N_("Find out the state"),
    Kind.AWAIT_PAYMENT: N_("Wait for the payment"),
    Kind.AWAIT_MARKETPLACE: N_("Wait for the marketplace"),
    Kind.AWAIT_FILE: N_("Wait for a newer file"),
    Kind.ANSWER_RETURN: N_("Answer the return request"),
    Kind.AWAIT_RETURN: N_("Wait for the goods"),
    Kind.REFUND_RETURN: N_("Refund the return"),
    Kind.SEND_EXCHANGE: N_("Send the exchange"),
    Kind.CLOSE_RETURN: N_("Close the return"),
}

DELIVERY_MODES: Final[dict[str, str]] = {
    DeliveryMode.NORMAL: N_("normal mail"),
    DeliveryMode.TRACKED: N_("tracked"),
    DeliveryMode.REGISTERED: N_("registered"),
    DeliveryMode.RELAY: N_("pick-up point"),
    DeliveryMode.EXPRESS: N_("express"),
    DeliveryMode.BIG_PARCEL: N_("big parcel"),
    DeliveryMode.PICKUP: N_("collected in the shop"),
    DeliveryMode.VIRTUAL: N_("virtual goods"),
}

DECISIONS: Final[dict[str, str]] = {
    DecisionKind.ACCEPT: N_("Accept"),
    DecisionKind.REFUSE: N_("Refuse"),
    DecisionKind.MARK_SHIPPED: N_("Mark as shipped"),
    DecisionKind.SEND_SHIPMENT: N_("Send in a shipment file"),
    DecisionKind.WITHDRAW: N_("Withdraw the decision"),
    DecisionKind.CARRIED_OUT: N_("Done in the back office"),
    DecisionKind.SAY_CANCELLED: N_("It is cancelled"),
    DecisionKind.SAY_OPEN: N_("It is still open"),
    DecisionKind.ASSIGN: N_("Assign"),
    DecisionKind.NOTE: N_("Note"),
}
