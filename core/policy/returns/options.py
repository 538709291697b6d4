"""Which answers are lawful, and who pays the way back (CD-R2, CD-R3, CD-R5, CD-R6, AM-R1 to AM-R13).

Each answer gets the first case of a list that fits: its status, a code of say.WHY and the rule's id. A
condition on an unknown fact fits nothing, so what is not known ends in the last case: cannot tell.
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from core.policy.returns.frames import FAULTS, MARKETPLACES, UNWANTED, Option, Reason
from core.policy.returns.terms import Terms
from core.policy.values import applies
from core.policy.words import Marketplace

Case = tuple[pl.Expr, str, str, str]
"""Condition, status, code, rule."""

SHOWN: Final = ("photo", "inspection", "carrier")
"""Evidence that shows damage; a statement alone does not."""
_ALWAYS: Final = pl.lit(True)


@applies("CD-R3", "CD-R5", "AM-R1")
def periods(terms: Terms, holidays: Sequence[Any]) -> list[pl.Expr]:
    """Last days of the periods, from first_day: withdrawal_last and conformity_last.

    The day of receipt is not counted. A withdrawal whose last day is a Saturday, a Sunday or one of
    ``holidays`` ends on the next working day. 24 months end on the day of the same number, or on the
    month's last day where it has none.
    """
    first = pl.col("first_day")
    last = (first + pl.duration(days=terms.withdrawal_days)).cast(pl.Date)
    return [
        last.dt.add_business_days(0, holidays=list(holidays), roll="forward").alias("withdrawal_last"),
        first.dt.offset_by(f"{terms.conformity_months}mo").alias("conformity_last"),
    ]


@applies("CD-R2", "CD-R3", "CD-R5", "AM-R1", "AM-R13")
def circumstances(terms: Terms) -> list[pl.Expr]:
    """What the cases ask, as Booleans (the aliases below); null where it is not known.

    Where the delivery is not known, first_day is the order's: a notice early enough after it is still surely in
    time, since nobody receives before ordering; a later one cannot be told.
    """
    notice, delivered = pl.col("notice_day"), pl.col("delivered_day")
    inside, conform = notice <= pl.col("withdrawal_last"), notice <= pl.col("conformity_last")
    short = pl.col("category").is_in(terms.short_window_categories).fill_null(False)
    window = pl.when(short).then(terms.short_window_days).otherwise(terms.window_days)
    value = pl.col("goods_minor") + pl.col("shipping_minor")
    small = ((pl.col("currency") == "EUR") & (value < terms.refunds_below_eur)) | (
        (pl.col("currency") == "GBP") & (value < terms.refunds_below_gbp)
    )
    amazon = terms.marketplace == Marketplace.AMAZON
    # Amazon's table lays some faults at the buyer's door; elsewhere its codes say nothing on who pays.
    by_buyer = pl.lit(amazon) & (pl.col("reason_payer") == "buyer").fill_null(False)
    fault = pl.col("reason").is_in(FAULTS) & ~by_buyer
    return [
        fault.fill_null(False).alias("fault"),
        pl.col("reason").is_in(UNWANTED).alias("unwanted"),
        (pl.col("reason") == str(Reason.NOT_RECEIVED)).alias("nothing"),
        (pl.col("reason") == str(Reason.BUYER_DAMAGE)).alias("damage"),
        pl.when(delivered.is_not_null() | inside).then(inside).alias("in_withdrawal"),
        (notice <= delivered + pl.duration(days=terms.never_refuse_through)).alias("never_refuse"),
        pl.when(delivered.is_not_null() | conform).then(conform).alias("in_conformity"),
        pl.coalesce("in_policy", notice <= delivered + pl.duration(days=window)).alias("in_policy_window"),
        (pl.lit(amazon) & pl.col("has_address").not_() & small).fill_null(False).alias("amazon_refunds"),
    ]


@applies("CD-R5", "AM-R2", "AM-R4", "AM-R8", "AM-R12")
def payer(terms: Terms) -> list[pl.Expr]:
    """return_payer and return_payer_rule: of the way back to an address in the buyer's country."""
    unwanted, nothing = pl.col("unwanted") | pl.col("damage"), pl.col("nothing")
    if terms.marketplace != Marketplace.AMAZON:
        cases = [
            (nothing, "nobody", "CD-R2"),
            (pl.col("fault"), "seller", "CD-R5"),
            (unwanted & pl.col("buyer_informed"), "buyer", "CD-R5"),
            (unwanted & pl.col("buyer_informed").not_(), "seller", "CD-R5"),
            (_ALWAYS, "cannot_tell", "CD-R5"),
        ]
    else:
        dear = (pl.col("country") == "DE") & (pl.col("goods_minor") > terms.seller_pays_above)
        always = pl.col("category").is_in(terms.seller_pays_categories)
        buyer = unwanted | (pl.col("reason").is_in(FAULTS) & (pl.col("reason_payer") == "buyer"))
        cases = [
            (nothing, "nobody", "AM-N1"),
            (pl.col("fault"), "seller", "AM-R2"),
            (pl.col("has_address").not_(), "seller", "AM-R8"),
            (buyer & always, "seller", "AM-R8"),
            (buyer & dear & pl.col("in_withdrawal"), "seller", "AM-R8"),
            (buyer & (pl.col("reason_payer") == "seller"), "seller", "AM-R2"),
            (buyer, "buyer", "AM-R4"),
            (_ALWAYS, "cannot_tell", "AM-R12"),
        ]
    return [_first(cases, 1, "return_payer"), _first(cases, 2, "return_payer_rule")]


def _first(cases: Sequence[tuple[Any, ...]], place: int, name: str) -> pl.Expr:
    chain: Any = pl
    for case in cases:
        chain = chain.when(case[0].fill_null(False)).then(pl.lit(case[place]))
    return chain.otherwise(None).alias(name)  # type: ignore[no-any-return]


@applies("CD-R2", "CD-R3", "CD-R5", "CD-R6", "AM-R5", "AM-R6", "AM-R7", "AM-R9", "AM-R13")
def cases_of(terms: Terms) -> dict[Option, list[Case]]:
    """The cases of every option, before the shop's own rules; the first that fits holds."""
    amazon = terms.marketplace == Marketplace.AMAZON
    nothing = pl.col("nothing")
    auto = pl.col("amazon_refunds")
    sent_back: dict[Option, tuple[str, str, str, str]] = {
        Option.HOME_ADDRESS: ("has_address", "address_offered", "no_address", "AM-R5"),
        Option.PREPAID_LABEL: ("has_label", "label_offered", "no_label", "AM-R13"),
    }
    cases: dict[Option, list[Case]] = {}
    for option, (fact, yes, no, rule) in sent_back.items():
        rule = rule if amazon else "CD-R2"
        cases[option] = [
            (nothing, "unlawful", "nothing_to_send_back", rule),
            (auto, "unlawful", "amazon_refunds", "AM-R13"),
            (pl.col(fact), "lawful", yes, rule),
            (pl.col(fact).not_(), "unlawful", no, rule),
            (_ALWAYS, "cannot_tell", fact, rule),
        ]
    cases[Option.KEEP_REFUND] = [
        (auto, "lawful", "amazon_refunds", "AM-R13"),
        (nothing & pl.col("delivered_at").is_null(), "lawful", "not_delivered", "AM-N4" if amazon else "CD-R2"),
        (nothing, "lawful", "always_offered", "AM-N4" if amazon else "CD-R2"),
        (_ALWAYS, "lawful", "always_offered", "AM-R9" if amazon else "CD-R2"),
    ]
    cases[Option.EXCHANGE] = [
        (pl.lit(amazon), "unlawful", "not_on_amazon", "AM-R7"),
        (pl.col("exchange_agreed"), "lawful", "agreed", "CD-R6"),
        (pl.col("exchange_agreed").not_(), "unlawful", "not_agreed", "CD-R6"),
        (_ALWAYS, "cannot_tell", "buyer_agrees", "CD-R6"),
    ]
    cases[Option.REFUSE] = _refusing(amazon)
    return cases


def numbers(cases: dict[Option, list[Case]]) -> list[pl.Expr]:
    """``{option}_case``: the number of the case that holds."""
    found = []
    for option, table in cases.items():
        chain: Any = pl
        for n, case in enumerate(table[:-1]):
            chain = chain.when(case[0].fill_null(False)).then(pl.lit(n, dtype=pl.UInt8))
        found.append(chain.otherwise(pl.lit(len(table) - 1, dtype=pl.UInt8)).alias(f"{option}_case"))
    return found


def is_lawful(cases: dict[Option, list[Case]], terms: Terms) -> list[pl.Expr]:
    """``{option}_lawful`` from ``{option}_case``; nowhere where the marketplace's rules are not known."""
    if terms.marketplace not in MARKETPLACES:
        return [pl.lit(False).alias(f"{option}_lawful") for option in cases]
    return [
        pl.any_horizontal(
            pl.col(f"{option}_case") == n for n, case in enumerate(table) if case[1] == "lawful"
        ).alias(f"{option}_lawful")
        for option, table in cases.items()
    ]  # fmt: skip


def words(cases: dict[Option, list[Case]]) -> list[pl.Expr]:
    """``{option}_status``, ``_why`` and ``_rule`` from ``{option}_case`` and the shop's rule that bars it."""
    found = []
    for option, table in cases.items():
        barred = pl.col(f"{option}_barred")
        for place, field, instead in (
            (1, "status", pl.lit("not_allowed")), (2, "why", pl.lit("shop_rule")), (3, "rule", barred),
        ):  # fmt: skip
            number = pl.col(f"{option}_case")
            word = number.replace_strict(range(len(table)), [case[place] for case in table], return_dtype=pl.String)
            found.append(pl.when(barred.is_not_null()).then(instead).otherwise(word).alias(f"{option}_{field}"))
    return found


def _refusing(amazon: bool) -> list[Case]:
    nothing, fault, damage = pl.col("nothing"), pl.col("fault"), pl.col("damage")
    # A fault by our word that Amazon's table lays at the buyer's door is judged as unwanted.
    unwanted = pl.col("unwanted") | (pl.col("reason").is_in(FAULTS) & ~fault)
    by_seller = unwanted | damage
    inside, in_conformity = pl.col("in_withdrawal"), pl.col("in_conformity")
    not_received = "AM-N4" if amazon else "CD-R2"
    closing = "AM-R6" if amazon else "CD-R3"
    return [
        (nothing & pl.col("delivered_at").is_null(), "unlawful", "not_delivered", not_received),
        (nothing, "cannot_tell", "delivery_proof", "AM-N1" if amazon else "CD-R2"),
        (fault & in_conformity, "unlawful", "seller_at_fault", "CD-R5"),
        (fault & in_conformity.not_(), "lawful", "conformity_over", "CD-R5"),
        (fault, "cannot_tell", "when_delivered", "CD-R5"),
        (pl.lit(amazon) & pl.col("in_policy_window"), "unlawful", "in_policy", "AM-R1"),
        (by_seller & pl.col("withdrawal_excluded"), "lawful", "excluded", closing),
        (inside, "unlawful", "within_withdrawal", "CD-R3"),
        (inside.is_null(), "cannot_tell", "when_delivered", "CD-R3"),
        (pl.col("never_refuse"), "unlawful", "fifteenth_day", "CD-R3"),
        (unwanted, "lawful", "window_over", closing),
        (damage & pl.col("evidence").is_in(SHOWN), "lawful", "damage_shown", closing),
        (damage, "cannot_tell", "evidence", closing),
        (_ALWAYS, "cannot_tell", "what_differs", "AM-R12" if amazon else "CD-R2"),
    ]
