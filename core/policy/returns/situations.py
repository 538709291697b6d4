"""Problems of an Amazon order that are no return: the situation in, the lawful steps out, in order (AM-O, AM-N)."""

import datetime as dt
from typing import Any, Final

import polars as pl

from core.policy.clocks import INSTANT
from core.policy.values import Values, applies
from core.policy.words import N_

SITUATIONS: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "kind": pl.String(),  # wrong_order, faster_shipping, other_address or not_received
        "dispatched": pl.Boolean(),
        "ordered_at": INSTANT,
        "latest_delivery_at": INSTANT,  # end of the delivery window
        "lost": pl.Boolean(),  # the carrier says so; null: not asked
        "insured": pl.Boolean(),
    }
)
"""One row a situation; null means not known."""

STEPS: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "step": pl.Int64(),  # 1 is the first to take
        "code": pl.String(),  # of STEP_WORDS
        "rule": pl.String(),
        "reply": pl.String(),  # id of the text in data/replies to send with it; null: none
        "until": INSTANT,  # when the step ends to be possible or starts to be due; null: no instant
    }
)
"""One row a step, by case in the order of SITUATIONS."""

STEP_WORDS: Final = {
    "buyer_cancels": N_("The buyer can still cancel the order himself."),
    "cancel": N_("Cancel the order, on the buyer's official request."),
    "cannot_cancel": N_("It cannot be cancelled any more: say so."),
    "ask_return": N_("Ask the buyer to return it."),
    "refund_when_back": N_("Refund when the goods are back."),
    "faster_if_you_like": N_("Ship faster if you like; bill nothing extra."),
    "say_how_it_travels": N_("Say how it travels and when it should arrive."),
    "order_again": N_("Cancel, and let the buyer order again with the right address."),
    "same_address_only": N_("Ship to the address of the order only."),
    "forward_or_back": N_("The carrier may forward it, or it comes back."),
    "give_tracking": N_("Give the carrier and the tracking number."),
    "explain_window": N_("Explain the delivery window."),
    "carrier_search": N_("Ask the carrier to search for it, and for redress."),
    "refund": N_("Refund the buyer."),
    "claim_insurance": N_("Claim the cost back from the insurance."),
    "find_dispatched": N_("Cannot tell until it is known whether the order was dispatched."),
    "find_latest_delivery": N_("Cannot tell until the latest delivery date is known."),
}


@applies(
    "AM-O1", "AM-O2", "AM-O3", "AM-O4", "AM-O5", "AM-O6", "AM-N1", "AM-N2", "AM-N3", "AM-N4", "AM-N5",
)  # fmt: skip
def steps(situations: pl.DataFrame, values: Values, now: dt.datetime) -> pl.DataFrame:
    """SITUATIONS to STEPS: what may lawfully be done, in order. Unknown facts give the step to find them out.

    A wrong order is its buyer's to cancel for 30 minutes. A parcel not received is traced before its window
    ends and refunded after it; one really lost and insured is claimed back after that.
    """
    at = pl.lit(now).cast(INSTANT)
    day = pl.col("ordered_at").dt.date().fill_null(now.date())
    own = pl.col("ordered_at") + pl.duration(minutes=values.in_force("amazon_buyer_cancels_minutes", day))
    sent, here = pl.col("dispatched"), pl.col("kind")
    never = pl.lit(None, dtype=INSTANT)
    window = pl.col("latest_delivery_at")
    late = at > window
    wrong, faster = here == "wrong_order", here == "faster_shipping"
    address, lost = here == "other_address", here == "not_received"
    really = pl.col("lost").fill_null(False)
    table: list[tuple[pl.Expr, str, str, str | None, pl.Expr]] = [
        (~lost & sent.is_null(), "find_dispatched", "AM-O1", None, never),
        (wrong & ~sent & (at <= own), "buyer_cancels", "AM-O1", "amazon_cancel_yourself", own),
        (wrong & ~sent, "cancel", "AM-O1", "amazon_cancelled", never),
        (wrong & sent, "cannot_cancel", "AM-O2", "amazon_wrong_order_sent", never),
        (wrong & sent, "ask_return", "AM-O2", "amazon_wrong_order_sent", never),
        (wrong & sent, "refund_when_back", "AM-O2", None, never),
        (faster & ~sent, "faster_if_you_like", "AM-O3", "amazon_faster_not_sent", never),
        (faster & sent, "say_how_it_travels", "AM-O4", "amazon_faster_sent", never),
        (address & ~sent, "same_address_only", "AM-O5", "amazon_address_not_sent", never),
        (address & ~sent, "order_again", "AM-O5", "amazon_address_not_sent", never),
        (address & sent, "cannot_cancel", "AM-O6", "amazon_address_sent", never),
        (address & sent, "forward_or_back", "AM-O6", "amazon_address_sent", never),
        (address & sent, "refund_when_back", "AM-O6", None, never),
        (lost, "give_tracking", "AM-N1", "amazon_where_is_it", never),
        (lost & window.is_null(), "find_latest_delivery", "AM-N2", None, never),
        (lost & ~late & ~really, "explain_window", "AM-N2", "amazon_window", window),
        (lost & (really | late), "carrier_search", "AM-N3", "amazon_lost", never),
        (lost & late, "refund", "AM-N4", "amazon_refunded_late", window),
        (lost & really & pl.col("insured"), "claim_insurance", "AM-N5", None, never),
    ]
    rows = situations.select(SITUATIONS.names()).cast(SITUATIONS).with_row_index("row")
    parts = [
        rows.filter(condition.fill_null(False)).select(
            "row", "case_id", pl.lit(place).alias("place"), *_step(code, rule, reply), until.alias("until")
        )
        for place, (condition, code, rule, reply, until) in enumerate(table)
    ]
    found = pl.concat(parts).sort("row", "place")
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("row").alias("step")
    return found.with_columns(number).select(STEPS.names()).cast(STEPS)


def _step(code: str, rule: str, reply: str | None) -> list[Any]:
    words = {"code": code, "rule": rule, "reply": reply}
    return [pl.lit(word, dtype=pl.String).alias(name) for name, word in words.items()]
