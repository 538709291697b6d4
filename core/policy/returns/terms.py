"""What is in force for a shop on a day: numbers of the rules and the lines of each option's cost.

Every line is one amount of the request times one coefficient, or a fixed amount. Coefficients are
exact (parts per 10^9 of products of fractions with three decimals), so a line is rounded once, half
to even, and whoever computes it gets the same cent.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

import polars as pl

from core.policy.returns.frames import Option
from core.policy.values import Amount, Values, applies
from core.policy.values import wrong_amount as wrong_form
from core.policy.words import Marketplace

WHOLE: Final = 10**9
LARGEST_MINOR: Final = 2 * 10**6
"""A price above it (20,000 euro) counts as unknown: up to here floats are exact (see costs.rounded)."""


class SettingError(ValueError):
    """A shop's own value cannot be used; its text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one option: ``base`` times ``unwanted`` or ``faulty`` (per 10^9), or both fixed in minor units.

    ``base``: goods, shipping, both, commission (both times the rate, or the known commission),
    label_home, label_abroad (fixed by weight band), or fixed.
    """

    option: Option
    name: str
    base: str
    unwanted: int
    faulty: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that deciding needs to know beside the request. Hashable: equal terms are one group."""

    marketplace: str
    withdrawal_days: int
    never_refuse_through: int
    refund_within: int
    conformity_months: int
    repair_within: int
    reply_hours: int
    reply_better_hours: int | None
    late_steps: tuple[tuple[int, Fraction], ...]
    late_months_after: int
    late_month_step: Fraction
    legal_rate: Fraction
    window_days: int
    short_window_days: int
    short_window_categories: tuple[str, ...]
    refund_business_days: int
    seller_pays_above: int
    seller_pays_categories: tuple[str, ...]
    refunds_below_eur: int
    refunds_below_gbp: int
    method_within: int
    weight_unknown: int
    commission_rate: int
    labels: tuple[tuple[str, tuple[tuple[int, int, int], ...]], ...]
    """Key (home_fr, home_other, abroad_other) to bands: up to grams, expected cost at home, by prepaid label."""
    lines: tuple[Line, ...]

    @property
    def law(self) -> tuple[object, ...]:
        """The terms without what a shop sets for itself."""
        own = {"weight_unknown", "commission_rate", "labels", "lines"}
        return tuple(getattr(self, field.name) for field in fields(self) if field.name not in own)


def rounded(amount: int, coefficient: int) -> int:
    """``amount`` times ``coefficient`` / 10^9, to the nearest unit, half to even."""
    whole, rest = divmod(amount * coefficient, WHOLE)
    return whole + (2 * rest > WHOLE or (2 * rest == WHOLE and whole % 2 == 1))


def overridable(values: Values) -> list[str]:
    """The keys that a shop may set for itself."""
    return [key for key in values.parameters if key.startswith(("cost_", "label_"))]


def wrong_setting(values: Values, key: str, amount: str) -> str | None:
    """Why a shop cannot set ``key`` to ``amount``; None where it can. To be asked before saving."""
    if key not in overridable(values) and not key.startswith("label_"):
        return f"{key} is not a setting of a shop"
    try:
        _typed(values, key, amount)
    except SettingError as error:
        return str(error)
    return None


def _typed(values: Values, key: str, amount: str) -> Amount:
    unit = values.parameters[key].unit if key in values.parameters else "weight_bands"
    try:
        typed: Amount = amount if unit == "weight_bands" else Decimal(amount) if unit == "fraction" else int(amount)
    except (ValueError, ArithmeticError) as error:
        raise SettingError(f"{key}: {amount!r} is not a number") from error
    if isinstance(typed, Decimal) and not typed.is_finite():
        raise SettingError(f"{key}: {amount!r} is not a number")
    if unit == "fraction" and Fraction(Decimal(amount)) * 1000 % 1:
        raise SettingError(f"{key}: {amount} has more than three decimals")
    wrong = wrong_form(unit, typed)
    if wrong:
        raise SettingError(f"{key}: {wrong}")
    return typed


class Book:
    """The terms of every shop and day, each worked out once."""

    def __init__(self, values: Values, settings: pl.DataFrame) -> None:
        """``settings``: SETTINGS. Raises :class:`SettingError` on a value that cannot be used."""
        self.values = values
        self.own: dict[int, list[tuple[dt.date, str, Amount]]] = {}
        for row in settings.sort("since", maintain_order=True).iter_rows(named=True):
            amount = _typed(values, row["key"], row["amount"])
            self.own.setdefault(row["shop_id"], []).append((row["since"], row["key"], amount))
        self._common = {
            value.since for parameter in values.parameters.values() for value in parameter.history
            if parameter.rule[3:4] in "RC"
        }  # fmt: skip
        self.on = lru_cache(maxsize=None)(self._on)

    def changes(self, shop_id: int) -> list[dt.date]:
        """Days on which something may change for the shop, sorted."""
        return sorted(self._common | {since for since, _, _ in self.own.get(shop_id, [])})

    def _on(self, shop_id: int, marketplace: str, day: dt.date) -> Terms:
        """The terms of a shop on a day; before the first dated value of a rule, its first one holds."""
        amounts: dict[str, Amount] = {}
        for key, parameter in self.values.parameters.items():
            dated = [value for value in parameter.history if value.since <= day] or [parameter.history[0]]
            amounts[key] = dated[-1].amount
        for since, key, amount in self.own.get(shop_id, []):
            if since <= day:
                amounts[key] = amount
        return terms(amounts, marketplace)


def _pairs(text: Amount) -> list[tuple[int, str]]:
    return [(int(step), worth) for step, _, worth in (pair.partition(":") for pair in str(text).split())]


@applies("CD-R2", "CD-R4", "CD-C2", "AM-R7", "AM-R13")
def terms(amounts: Mapping[str, Amount], marketplace: str) -> Terms:
    """The terms from the amount in force of each key of data/policy/returns.toml and amazon.toml."""
    number = {key: value for key, value in amounts.items() if isinstance(value, int)}
    amazon = marketplace == Marketplace.AMAZON
    steps = tuple((days, Fraction(share)) for days, share in _pairs(amounts["late_refund_steps"]))
    rate = Fraction(str(amounts["legal_rate"]))
    return Terms(
        marketplace=marketplace,
        withdrawal_days=number["withdrawal_days"],
        never_refuse_through=number["never_refuse_through_days"],
        refund_within=number["refund_within_days"],
        conformity_months=number["conformity_months"],
        repair_within=number["repair_within_days"],
        reply_hours=number["amazon_answer_within_hours" if amazon else "return_answer_within_hours"],
        reply_better_hours=number["amazon_answer_better_hours"] if amazon else None,
        late_steps=steps,
        late_months_after=number["late_refund_months_after_days"],
        late_month_step=Fraction(str(amounts["late_refund_month_step"])),
        legal_rate=rate,
        window_days=number["amazon_window_days"],
        short_window_days=number["amazon_short_window_days"],
        short_window_categories=tuple(str(amounts["amazon_short_window_categories"]).split()),
        refund_business_days=number["amazon_refund_business_days"],
        seller_pays_above=number["amazon_seller_pays_above_minor"],
        seller_pays_categories=tuple(str(amounts["amazon_seller_pays_categories"]).split()),
        refunds_below_eur=number["amazon_refunds_below_eur_minor"],
        refunds_below_gbp=number["amazon_refunds_below_gbp_minor"],
        method_within=number["amazon_method_within_days"],
        weight_unknown=number["cost_weight_unknown_grams"],
        commission_rate=_parts(Fraction(str(amounts["cost_commission_rate"]))),
        labels=_labels(amounts),
        lines=tuple(_lines(amounts, amazon, steps, rate)),
    )


def _parts(share: Fraction) -> int:
    return round(share * WHOLE)


def _labels(amounts: Mapping[str, Amount]) -> tuple[tuple[str, tuple[tuple[int, int, int], ...]], ...]:
    """Expected cost of a label by key and weight band, for each of the two ways the parcel may come back."""
    home = _parts(Fraction(str(amounts["cost_comes_back_home"])))
    label = _parts(Fraction(str(amounts["cost_comes_back_label"])))
    return tuple(
        (
            key.removeprefix("label_"),
            tuple((grams, rounded(int(cost), home), rounded(int(cost), label)) for grams, cost in _pairs(bands)),
        )
        for key, bands in sorted(amounts.items())
        if key.startswith("label_")
    )


def _lines(
    amounts: Mapping[str, Amount], amazon: bool, steps: tuple[tuple[int, Fraction], ...], rate: Fraction
) -> list[Line]:
    """The cost of each option, line by line. ``comes``: how often the parcel comes back and all this happens."""
    share = {key: Fraction(str(value)) for key, value in amounts.items() if key.startswith("cost_")}
    given_back = share["cost_amazon_commission_given_back" if amazon else "cost_commission_given_back"]
    late = share["cost_late_probability"] * late_share(int(share["cost_late_days"]), steps, rate)
    found: list[Line] = []

    def add(option: Option, name: str, base: str, unwanted: Fraction, faulty: Fraction | None = None) -> None:
        faulty = unwanted if faulty is None else faulty
        found.append(Line(option, name, base, _parts(unwanted), _parts(faulty)))

    def fixed(option: Option, name: str, minor: Fraction, often: Fraction, faulty: Fraction | None = None) -> None:
        cents = [rounded(int(minor), _parts(x)) for x in (often, often if faulty is None else faulty)]
        found.append(Line(option, name, "fixed", cents[0], cents[1]))

    for option, comes in (
        (Option.HOME_ADDRESS, share["cost_comes_back_home"]),
        (Option.PREPAID_LABEL, share["cost_comes_back_label"]),
        (Option.KEEP_REFUND, Fraction(1)),
    ):
        add(option, "refund", "goods", comes)
        add(option, "shipping", "shipping", comes)
        add(option, "commission", "commission", -comes * given_back)
        add(option, "late", "both", comes * late)
        if option == Option.KEEP_REFUND:
            continue
        new, used = ([share[f"cost_{as_}_if_{why}"] for why in ("unwanted", "faulty")] for as_ in ("new", "used"))
        worth = [n * share["cost_value_new"] + u * share["cost_value_used"] for n, u in zip(new, used, strict=True)]
        gone = [max(Fraction(0), 1 - n - u) for n, u in zip(new, used, strict=True)]
        add(option, "resale", "goods", -comes * worth[0], -comes * worth[1])
        fixed(option, "handling", share["cost_handling_minor"], comes)
        fixed(option, "inspection", share["cost_inspection_minor"], comes)
        fixed(option, "disposal", share["cost_disposal_minor"], comes * gone[0], comes * gone[1])
        home = option == Option.HOME_ADDRESS
        found.append(Line(option, "label", "label_home" if home else "label_abroad", 0, 0))
        if not home:
            fixed(option, "customs", share["cost_customs_minor"], comes)
    add(Option.EXCHANGE, "replacement", "goods", share["cost_replacement_share"])
    fixed(Option.EXCHANGE, "shipping", share["cost_resend_minor"], Fraction(1))
    lost = share["cost_refusal_lost"]
    add(Option.REFUSE, "dispute", "both", lost)
    add(Option.REFUSE, "commission", "commission", -lost * given_back)
    return found


def late_share(days: int, steps: tuple[tuple[int, Fraction], ...], rate: Fraction) -> Fraction:
    """Part of the sum added ``days`` late, up to the first month's step: the legal rate by the day, then steps."""
    reached = [share for after, share in steps if days > after]
    return reached[-1] if reached else rate * max(days, 0) / 365
