"""A shop's own rules on top of the law: which options it allows, and which rules contradict each other."""

from collections.abc import Sequence
from functools import reduce
from itertools import combinations
from typing import Any, Final

import polars as pl

from core.policy.returns.frames import SHOP_RULES, Option, Reason
from core.policy.values import applies

EFFECTS: Final = ("allow", "never", "only")
CONFLICTS: Final = pl.Schema(
    {"rule_id": pl.String(), "other_id": pl.String(), "code": pl.String(), "blocks": pl.Boolean()}
)
"""What is wrong with a set of rules: a code of say.CONFLICTS; ``blocks`` where it cannot be saved."""
_EQUAL: Final = ("reason", "category", "country")
_AT_LEAST: Final = {
    "from_minor": "goods_minor", "buyer_returns_from": "buyer_returns", "buyer_keeps_from": "buyer_keeps",
}  # fmt: skip


def fits(rule: dict[str, Any]) -> pl.Expr:
    """Whether a rule (a row of SHOP_RULES) fits the case; needs ``notice_day``. An unknown fact fits nothing."""
    tests = [pl.col("notice_day") >= rule["since"]]
    if rule["until"] is not None:
        tests.append(pl.col("notice_day") < rule["until"])
    if rule["shop_id"] is not None:
        tests.append(pl.col("shop_id") == rule["shop_id"])
    tests += [pl.col(name) == rule[name] for name in _EQUAL if rule[name] is not None]
    tests += [pl.col(fact) >= rule[name] for name, fact in _AT_LEAST.items() if rule[name] is not None]
    if rule["up_to_minor"] is not None:
        tests.append(pl.col("goods_minor") <= rule["up_to_minor"])
    return pl.all_horizontal(tests).fill_null(False)


@applies("AM-R9", "AM-R11", "CD-R2")
def barred_by(rules: pl.DataFrame, option: Option) -> pl.Expr:
    """The ``rule_id`` of the shop's rule that keeps from ``option``, null where none does.

    Of the rules that fit a case and say something on the option, the one with the lowest position
    decides: "allow" and "never" speak of their own option, "only" allows its own and no other.
    """
    chain: Any = pl
    found = False
    for rule in rules.sort("position", "rule_id").iter_rows(named=True):
        own = rule["option"] == option
        if not own and rule["effect"] != "only":
            continue
        bars = rule["effect"] == "never" if own else True
        chain = chain.when(fits(rule)).then(pl.lit(rule["rule_id"] if bars else None, dtype=pl.String))
        found = True
    return chain.otherwise(None) if found else pl.lit(None, dtype=pl.String)


def conflicts(rules: pl.DataFrame) -> pl.DataFrame:
    """CONFLICTS of a set of rules, to be shown before it is saved.

    Blocking: an unknown word, an empty range of prices or days, two rules at one position that fit one case
    and disagree, a rule all of whose cases are left no option that is always lawful. Told, not blocking: a
    rule that never decides, because one before it fits whenever it does and speaks of the same; and two or
    three rules that leave no option where all of them fit.
    """
    found: list[tuple[str, str | None, str, bool]] = []
    rows = rules.select(SHOP_RULES.names()).sort("position", "rule_id").to_dicts()
    for n, rule in enumerate(rows):
        found += [(rule["rule_id"], None, code, True) for code in _own_faults(rule)]
        for before in rows[:n]:
            if not _meet(before, rule):
                continue
            differ = _differ(before, rule)
            if differ and before["position"] == rule["position"]:
                found.append((rule["rule_id"], before["rule_id"], "same_position", True))
            elif _covers(before, rule) and (_same_subject(before, rule)):
                found.append((rule["rule_id"], before["rule_id"], "never_decides", False))
    return pl.DataFrame(found + _left_none(rows), schema=CONFLICTS, orient="row")


def _left_none(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str | None, str, bool]]:
    """Where rules (in their order) leave no option: all the cases of one, or those that fit two or three of them.

    More than three rules are not needed to bar the three options that are always lawful.
    """
    sound = [rule for rule in rows if not _own_faults(rule)]
    found: list[tuple[str, str | None, str, bool]] = []
    empty: list[dict[str, Any]] = []
    for many in (1, 2, 3):
        # From the end: what several rules with the same cases do is said once, of the last.
        for some in combinations(reversed(sound), many):
            if not all(_meet(one, other) for one, other in combinations(some, 2)):
                continue
            where = reduce(_both, some)
            if any(_covers(known, where) for known in empty) or not _leaves_none(where, sound):
                continue
            empty.append(where)
            others = ", ".join(rule["rule_id"] for rule in some[1:]) or None
            code = "leaves_none" if many == 1 else "leaves_none_there"
            found.append((some[0]["rule_id"], others, code, many == 1))
    return found


def _leaves_none(where: dict[str, Any], rows: Sequence[dict[str, Any]]) -> bool:
    """Whether the rules that fit every case of ``where`` bar what is always lawful and allow nothing else."""
    said = {}
    for option in Option:
        verdicts = (_says(rule, option) for rule in rows if _covers(rule, where))
        said[option] = next((verdict for verdict in verdicts if verdict is not None), None)
    return not any(said.values()) and all(said[option] is False for option in _ALWAYS_LAWFUL)


_ALWAYS_LAWFUL: Final = (Option.HOME_ADDRESS, Option.PREPAID_LABEL, Option.KEEP_REFUND)


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The conditions of two rules that meet, as one."""

    def of(choose: Any, name: str) -> Any:
        return choose((x[name] for x in (one, other) if x[name] is not None), default=None)

    equal = {name: one[name] if one[name] is not None else other[name] for name in ("shop_id", *_EQUAL)}
    highest = {name: of(max, name) for name in ("since", *_AT_LEAST)}
    return equal | highest | {name: of(min, name) for name in ("until", "up_to_minor")}


def _own_faults(rule: dict[str, Any]) -> list[str]:
    low, high = rule["from_minor"], rule["up_to_minor"]
    faults = {
        "unknown_effect": rule["effect"] not in EFFECTS,
        "unknown_option": rule["option"] not in set(Option),
        "unknown_reason": rule["reason"] is not None and rule["reason"] not in set(Reason),
        "empty_range": low is not None and high is not None and low > high,
        "empty_days": rule["until"] is not None and rule["until"] <= rule["since"],
    }
    return [code for code, wrong in faults.items() if wrong]


def _meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a case can fit both."""
    if any(one[n] is not None and other[n] is not None and one[n] != other[n] for n in ("shop_id", *_EQUAL)):
        return False
    low = max(one["from_minor"] or 0, other["from_minor"] or 0)
    high = min(x["up_to_minor"] for x in (one, other) if x["up_to_minor"] is not None) if (
        one["up_to_minor"] is not None or other["up_to_minor"] is not None
    ) else None  # fmt: skip
    ends = [x["until"] for x in (one, other) if x["until"] is not None]
    return (high is None or low <= high) and (not ends or max(one["since"], other["since"]) < min(ends))


def _covers(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether every case that fits ``other`` fits ``one``."""
    if any(one[n] is not None and one[n] != other[n] for n in ("shop_id", *_EQUAL)):
        return False
    if any(one[n] is not None and (other[n] is None or other[n] < one[n]) for n in _AT_LEAST):
        return False
    high, until = one["up_to_minor"], one["until"]
    if high is not None and (other["up_to_minor"] is None or other["up_to_minor"] > high):
        return False
    return bool(one["since"] <= other["since"]) and (
        until is None or (other["until"] is not None and other["until"] <= until)
    )


def _says(rule: dict[str, Any], option: str) -> bool | None:
    """Whether a rule allows an option; None where it does not speak of it."""
    if rule["option"] == option:
        return bool(rule["effect"] != "never")
    return False if rule["effect"] == "only" else None


def _differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    pairs = [(_says(one, option), _says(other, option)) for option in Option]
    return any(a is not None and b is not None and a != b for a, b in pairs)


def _same_subject(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether ``one`` speaks of every option that ``other`` speaks of."""
    return all(_says(one, option) is not None for option in Option if _says(other, option) is not None)
