"""What goes into the decision of a return, and what comes out: words and schemas.

Instants are UTC, days are of the shop's zone, money is minor units of the request's currency.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from core.policy.clocks import INSTANT
from core.policy.words import Marketplace

MARKETPLACES: Final = (str(Marketplace.CDISCOUNT), str(Marketplace.AMAZON))
"""Those whose rules of returns are known here."""


class Option(StrEnum):
    """An answer to a return request. The order of the members settles equal costs."""

    HOME_ADDRESS = "home_address"
    PREPAID_LABEL = "prepaid_label"
    KEEP_REFUND = "keep_refund"
    EXCHANGE = "exchange"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why the buyer sends something back, whatever word the marketplace has for it."""

    WITHDRAWAL = "withdrawal"
    NOT_AS_DESCRIBED = "not_as_described"
    WRONG_SIZE = "wrong_size"
    DEFECTIVE = "defective"
    DAMAGED_IN_TRANSIT = "damaged_in_transit"
    WRONG_ARTICLE = "wrong_article"
    MISSING_PART = "missing_part"
    NOT_RECEIVED = "not_received"
    CHANGED_MIND_LATE = "changed_mind_late"
    BUYER_DAMAGE = "buyer_damage"
    OTHER = "other"


FAULTS: Final = tuple(
    str(reason)
    for reason in (
        Reason.NOT_AS_DESCRIBED, Reason.WRONG_SIZE, Reason.DEFECTIVE, Reason.DAMAGED_IN_TRANSIT,
        Reason.WRONG_ARTICLE, Reason.MISSING_PART,
    )
)  # fmt: skip
"""Reasons whose cause is not the buyer's (CD-R2)."""
UNWANTED: Final = (str(Reason.WITHDRAWAL), str(Reason.CHANGED_MIND_LATE))

STATUSES: Final = ("lawful", "not_allowed", "unlawful", "cannot_tell")
"""``not_allowed``: lawful, but a rule of the shop keeps from it."""

LINES: Final = (
    "refund", "shipping", "commission", "label", "customs", "handling", "inspection", "resale", "disposal",
    "late", "replacement", "dispute",
)  # fmt: skip
"""The lines of an option's expected cost; commission and resale are money that comes back (negative)."""

REQUESTS: Final = pl.Schema(
    {
        "request_id": pl.String(),  # unique in the frame
        "shop_id": pl.Int64(),
        "marketplace": pl.String(),
        "zone": pl.String(),  # of the shop; days are counted in it
        "order_number": pl.String(),
        "category": pl.String(),  # a word of the shop's own categories, in lower case
        "country": pl.String(),  # ISO 3166 alpha-2 of the buyer
        "reason": pl.String(),  # Reason; null: not understood yet
        "reason_payer": pl.String(),  # buyer or seller, where Amazon's own code says it; counts on Amazon only
        "evidence": pl.String(),  # photo, inspection, carrier or statement; null: none noted
        "ordered_at": INSTANT,
        "delivered_at": INSTANT,
        "requested_at": INSTANT,  # the buyer's notice
        "goods_minor": pl.Int64(),  # price of the articles that are to go back, VAT included
        "shipping_minor": pl.Int64(),  # standard delivery paid by the buyer
        "commission_minor": pl.Int64(),  # on both; null: by the shop's rate
        "currency": pl.String(),
        "weight_g": pl.Int64(),  # null: the shop's assumed weight
        "in_policy": pl.Boolean(),  # what Amazon's file says
        "withdrawal_excluded": pl.Boolean(),  # made to order, perishable, unsealed hygiene; null: no
        "exchange_agreed": pl.Boolean(),  # the buyer agreed to an exchange; null: not asked
        "has_address": pl.Boolean(),  # the shop has a return address in the buyer's country (Cdiscount: in France)
        "has_label": pl.Boolean(),  # the shop has a contract for prepaid labels
        "buyer_informed": pl.Boolean(),  # told before the order that a withdrawal's way back is his
        "buyer_returns": pl.Int64(),  # earlier returns of this buyer; null: unknown, counts as none
        "buyer_keeps": pl.Int64(),  # earlier refunds of this buyer without return
        "chosen": pl.String(),  # the Option decided; null: none yet
        "answered_at": INSTANT,
        "sent_back_at": INSTANT,  # proof that the buyer sent the goods
        "goods_back_at": INSTANT,
        "refunded_at": INSTANT,  # of the last payment
        "paid_minor": pl.Int64(),  # sum of the payments; null: all that is owed, where something was paid
    }
)
"""One row a request. Null always means "not known", never zero and never no."""

_PER_OPTION: Final = {
    f"{option}_{field}": dtype
    for option in Option
    for field, dtype in {
        "status": pl.String(), "why": pl.String(), "rule": pl.String(), "cost_minor": pl.Int64(),
    }.items()
}  # fmt: skip

DECIDED: Final = pl.Schema(
    {
        "request_id": pl.String(),
        # Days.
        "withdrawal_until": pl.Date(),  # last day on which the buyer may withdraw
        "withdrawal_days_left": pl.Int64(),  # from the day of the notice; negative: so many days late
        "conformity_until": pl.Date(),
        "conformity_days_left": pl.Int64(),
        "return_payer": pl.String(),  # buyer, seller or cannot_tell: of the way to an address in the country
        "return_payer_rule": pl.String(),
        "refund_minor": pl.Int64(),  # what a refund in full is: the articles and, where owed, their delivery
        # For each Option: a status of STATUSES, a code of say.WHY, the rule's id (or the shop's rule), the cost.
        **_PER_OPTION,
        # The answer.
        "recommended": pl.String(),  # the cheapest Option that is lawful and allowed; null: cannot tell
        "recommended_cost_minor": pl.Int64(),
        "runner_up": pl.String(),
        "saved_minor": pl.Int64(),  # runner-up less recommended
        "rules_left_none": pl.Boolean(),  # the shop's rules keep from every lawful option; the law goes first
        "question": pl.String(),  # a code of say.QUESTIONS: cannot tell until it is answered; null: all is known
        "below_minor": pl.Int64(),  # under this price of the articles …
        "below_option": pl.String(),  # … this option would be cheaper
        "above_minor": pl.Int64(),
        "above_option": pl.String(),
        # Clocks.
        "reply_due_at": INSTANT,
        "reply_target_at": INSTANT,  # better by then
        "reply_rule": pl.String(),
        "reply_state": pl.String(),  # running, overdue, answered, answered_late
        "method_due_at": INSTANT,  # Amazon, no address in the country: choose a way by then (AM-R13)
        "goods_due_at": INSTANT,  # the buyer sends a withdrawal back by then
        "repair_due_at": INSTANT,  # conformity: repaired or replaced by then
        "refund_due_at": INSTANT,
        "refund_state": pl.String(),  # waits_for_goods, running, overdue, paid, paid_late, none
        "refund_rule": pl.String(),
        "refund_days_late": pl.Int64(),  # past refund_due_at
        "penalty_days": pl.Int64(),  # past the day of the law (CD-R4), from which the penalty counts
        "penalty_minor": pl.Int64(),  # owed on top if it is paid today (or was, on the day it was paid)
        "penalty_tomorrow_minor": pl.Int64(),
    }
)
"""One row a request, in the order of REQUESTS. A cost is null where a price or the currency is unknown."""

COST_LINES: Final = pl.Schema(
    {"request_id": pl.String(), "option": pl.String(), "line": pl.String(), "amount_minor": pl.Int64()}
)
"""One row a line of an option's cost; the lines of an option add up to its ``{option}_cost_minor``."""

SETTINGS: Final = pl.Schema(
    {"shop_id": pl.Int64(), "key": pl.String(), "since": pl.Date(), "amount": pl.String(), "source": pl.String()}
)
"""A shop's own dated values of cost_* and label_* keys; they win over data/policy from ``since`` on."""

SHOP_RULES: Final = pl.Schema(
    {
        "rule_id": pl.String(),
        "shop_id": pl.Int64(),  # null: every shop
        "position": pl.Int64(),  # the lowest that fits a case decides
        "since": pl.Date(),
        "until": pl.Date(),  # the first day on which it holds no more; null: open
        "effect": pl.String(),  # allow, never or only
        "option": pl.String(),
        "reason": pl.String(),  # a Reason; null: every one
        "category": pl.String(),
        "country": pl.String(),
        "from_minor": pl.Int64(),  # price of the articles at least
        "up_to_minor": pl.Int64(),  # price of the articles at most
        "buyer_returns_from": pl.Int64(),  # abuse guard: earlier returns at least
        "buyer_keeps_from": pl.Int64(),
    }
)
"""A shop's own rules. An empty condition fits every case; an unknown fact fits no condition."""
