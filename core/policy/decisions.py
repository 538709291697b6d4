"""What people decided: which decision stands, and what may be decided."""

import datetime as dt
from typing import Final

import polars as pl

from core.policy.clocks import INSTANT, local_day, zones_of
from core.policy.values import Values, applies
from core.policy.words import DecisionKind, Marketplace, State

DECISIONS: Final = pl.Schema(
    {
        "id": pl.Int64(), "shop_id": pl.Int64(), "order_number": pl.String(), "kind": pl.String(),
        "text": pl.String(), "person": pl.String(), "at": INSTANT,
    }
)  # fmt: skip
STANDING: Final = pl.Schema(
    {
        "shop_id": pl.Int64(), "order_number": pl.String(), "decision": pl.String(), "decision_id": pl.Int64(),
        "decided_at": INSTANT, "decided_by": pl.String(), "decision_reason": pl.String(),
        "carried_out_at": INSTANT, "said": pl.String(), "said_at": INSTANT, "assignee": pl.String(),
    }
)  # fmt: skip
_ORDER: Final = ["shop_id", "order_number"]
_DECIDING: Final = [
    str(kind)
    for kind in (DecisionKind.ACCEPT, DecisionKind.REFUSE, DecisionKind.MARK_SHIPPED, DecisionKind.SEND_SHIPMENT)
]
_SAYING: Final = [str(kind) for kind in (DecisionKind.SAY_CANCELLED, DecisionKind.SAY_OPEN)]


def standing(decisions: pl.DataFrame) -> pl.DataFrame:
    """DECISIONS (append-only) to STANDING: one row an order, what holds now.

    Later means a higher ``id``. A withdrawal ends the accept, refuse, mark_shipped or send_shipment before it; a
    ``carried_out`` belongs to the decision it follows. The newest say_* and assign hold; an
    assignment with a blank name is none.
    """
    frame = decisions.sort("id")
    deciding = frame.filter(pl.col("kind").is_in([*_DECIDING, str(DecisionKind.WITHDRAW)]))
    last = deciding.group_by(_ORDER, maintain_order=True).last()
    last = last.filter(pl.col("kind") != str(DecisionKind.WITHDRAW)).select(
        *_ORDER, decision="kind", decision_id="id", decided_at="at", decided_by="person", decision_reason="text"
    )
    ticks = frame.filter(pl.col("kind") == str(DecisionKind.CARRIED_OUT)).select(
        *_ORDER, tick="id", carried_out_at="at"
    )
    carried = ticks.join(last, on=_ORDER).filter(pl.col("tick") > pl.col("decision_id"))
    carried = carried.group_by(_ORDER, maintain_order=True).agg(pl.col("carried_out_at").first())
    says = frame.filter(pl.col("kind").is_in(_SAYING)).group_by(_ORDER, maintain_order=True).last()
    assigned = frame.filter(pl.col("kind") == str(DecisionKind.ASSIGN)).group_by(_ORDER, maintain_order=True).last()
    name = pl.col("text").str.strip_chars()
    return (
        frame.select(_ORDER).unique(maintain_order=True)
        .join(last, on=_ORDER, how="left", maintain_order="left")
        .join(carried, on=_ORDER, how="left", maintain_order="left")
        .join(says.select(*_ORDER, said="kind", said_at="at"), on=_ORDER, how="left", maintain_order="left")
        .join(
            assigned.select(*_ORDER, pl.when(name != "").then(name).alias("assignee")),
            on=_ORDER, how="left", maintain_order="left",
        )
        .select(STANDING.names()).cast(STANDING)
    )  # fmt: skip


@applies("CD-S6")
def sent(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts with their standing decision: what went out in a shipment file is sent_unconfirmed, not to_ship any more.

    That holds until a file newer than the decision says what became of it: an order that such a file still shows
    to be shipped keeps that state, and its decision disagrees with the file.
    """
    gone = (
        (pl.col("decision") == str(DecisionKind.SEND_SHIPMENT))
        & pl.col("state").is_in([str(State.TO_SHIP), str(State.PART_SHIPPED)])
        & (pl.col("as_of") <= pl.col("decided_at"))
    )
    state = pl.when(gone).then(pl.lit(str(State.SENT_UNCONFIRMED))).otherwise("state")
    return facts.with_columns(state.alias("state"))


@applies("CD-O2", "CD-S1", "CD-S2")
def may(facts: pl.DataFrame, values: Values, now: dt.datetime) -> pl.DataFrame:
    """Adds can_accept, can_refuse, can_ship (Boolean) and cannot_ship_reason (code, null where it can).

    An order is marked shipped only where CD-S1 needs no number: Cdiscount, normal mail, order value
    (articles and shipping, VAT included) at or below the threshold in force today. Above it, or with a
    tracked mode, CD-S2 needs one. An unknown mode, value or currency is "cannot tell", never a yes.
    """
    frame = facts.with_columns(_needs_number(values, zones_of(facts), now).alias("cannot_ship_reason"))
    undecided = ~pl.col("decision").is_in(_DECIDING[:2]).fill_null(False)
    decide = (pl.col("state") == str(State.TO_ACCEPT)) & undecided
    return frame.with_columns(
        decide.alias("can_accept"),
        decide.alias("can_refuse"),
        pl.col("cannot_ship_reason").is_null().alias("can_ship"),
    )


def _needs_number(values: Values, zones: list[str], now: dt.datetime) -> pl.Expr:
    today = local_day(pl.lit(now).dt.cast_time_unit("us").dt.convert_time_zone("UTC"), zones)
    threshold = values.in_force("tracking_above_minor", today)
    mode = pl.col("delivery_mode")
    tracked = values.in_force("modes_with_number", today).cast(pl.String).str.split(" ").list.contains(mode)
    plain = values.in_force("modes_without_number", today).cast(pl.String).str.split(" ").list.contains(mode)
    # What is known of the value is at least this much.
    floor = pl.sum_horizontal(pl.col("goods_minor").fill_null(0), pl.col("shipping_minor").fill_null(0))
    whole = pl.col("goods_minor").is_not_null() & pl.col("shipping_minor").is_not_null()
    euro = pl.col("currency") == "EUR"
    number = (tracked | (euro & (floor > threshold))).fill_null(False)
    cases: list[tuple[pl.Expr, str]] = [
        (~pl.col("state").is_in([str(State.TO_SHIP), str(State.PART_SHIPPED)]), "not_to_ship"),
        ((pl.col("decision") == str(DecisionKind.MARK_SHIPPED)).fill_null(False), "already_marked"),
        (pl.col("marketplace") != str(Marketplace.CDISCOUNT), "other_marketplace"),
        (number & pl.col("tracking_number").is_not_null(), "number_unchecked"),
        (number, "needs_tracking"),
        (mode.is_null(), "mode_unknown"),
        (~plain.fill_null(False), "mode_not_covered"),
        (~euro.fill_null(False), "currency_unknown"),
        (~whole, "value_unknown"),
        (threshold.is_null(), "no_value_in_force"),
    ]
    return pl.coalesce(pl.when(condition).then(pl.lit(code)) for condition, code in cases)
