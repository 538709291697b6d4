"""The gate: what goes, what needs whose word, what never goes; and the days of surveillance after a notice."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from core.policy.tracking_reasons import Evidence, Verdict
from core.policy.values import Values, applies

CASES: Final = ("plausible_check_digit", "plausible_shape", "suspect", "cannot_tell", "impossible")


class Gate(StrEnum):
    """What a shipment needs before it may be sent."""

    GOES = "goes"
    OPERATOR = "operator"
    LEAD_WITH_EVIDENCE = "lead_with_evidence"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Word:
    """Somebody's word for a shipment: kept with it."""

    name: str
    role: str
    at: dt.datetime
    reason: str
    evidence: str = ""


@applies("XX-T3", "XX-T2", "CD-S6", "CD-W3")
def gate(judged: pl.DataFrame, surveillance: pl.Expr, values: Values, day: dt.date) -> pl.DataFrame:
    """Adds ``gate`` (a word of Gate). ``judged``: verdict and evidence; ``surveillance``: Boolean, null counts as true.

    A row that needs no number (plausible without evidence) goes as one with a check digit.
    """
    verdict, evidence = pl.col("verdict"), pl.col("evidence")
    by_shape = (verdict == Verdict.PLAUSIBLE) & (evidence == Evidence.SHAPE)
    case = (
        pl.when(by_shape)
        .then(pl.lit("plausible_shape"))
        .when(verdict == Verdict.PLAUSIBLE)
        .then(pl.lit("plausible_check_digit"))
        .otherwise(verdict)
    )
    found = [
        case.replace_strict(table(values, name, day), return_dtype=pl.String) for name in ("normal", "surveillance")
    ]
    return judged.with_columns(gate=pl.when(surveillance.fill_null(True)).then(found[1]).otherwise(found[0]))


def table(values: Values, name: str, day: dt.date) -> dict[str, str]:
    """The gate in force: case -> what it needs. ``name``: normal or surveillance."""
    return dict(zip(CASES, values.words(f"gate_{name}", day), strict=True))


def opens(needed: str, word: Word | None) -> bool:
    """Whether a word is enough: an operator's, or a lead's with evidence; nothing opens "never"."""
    if needed == Gate.GOES:
        return True
    if word is None or not word.name.strip() or not word.reason.strip():
        return False
    if needed == Gate.OPERATOR:
        return word.role in ("operator", "lead", "admin")
    return needed == Gate.LEAD_WITH_EVIDENCE and word.role in ("lead", "admin") and bool(word.evidence.strip())


@applies("CD-W2")
def surveillance_day(notice: dt.date | None, today: dt.date, values: Values) -> tuple[int, int] | None:
    """Day n of how many of surveillance, from the day of the notice (day 1); None outside of it."""
    if notice is None or today < notice:
        return None
    days = values.integer("surveillance_days", notice)
    n = (today - notice).days + 1
    return (n, days) if n <= days else None


@applies("CD-S7")
def paged(rows: pl.DataFrame, size: int | None) -> pl.DataFrame:
    """Adds ``page`` (from 1): which shipment file an order stands in, by the sequence in which the orders come.

    ``size``: orders a file, ``orders_a_page`` or the team's own; None is no limit. All rows of an order share its page.
    """
    key = ["shop_id", "order_number"]
    orders = rows.select(key).unique(maintain_order=True)
    page = pl.lit(1, dtype=pl.Int64) if size is None else pl.int_range(pl.len(), dtype=pl.Int64) // size + 1
    return rows.join(orders.with_columns(page=page), on=key, how="left", maintain_order="left")
