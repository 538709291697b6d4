"""The decision of one return in plain Python, by the same terms: the rival of the benchmark, and its check."""

import datetime as dt
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from core.policy.returns.frames import FAULTS, MARKETPLACES, UNWANTED, Option
from core.policy.returns.terms import LARGEST_MINOR, WHOLE, Book, Terms

Row = dict[str, Any]
OPTIONS = [str(option) for option in Option]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _day(instant: dt.datetime | None, zone: str) -> dt.date | None:
    return None if instant is None else instant.astimezone(_zone(zone)).date()


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last))


def _working(day: dt.date, holidays: frozenset[dt.date]) -> dt.date:
    """The day itself, or the next working one."""
    while day.weekday() > 4 or day in holidays:
        day += dt.timedelta(days=1)
    return day


def _rounded(amount: int, coefficient: int) -> int:
    """Half to even, once."""
    whole, rest = divmod(amount * coefficient, WHOLE)
    if 2 * rest > WHOLE or (2 * rest == WHOLE and whole % 2 == 1):
        return whole + 1
    return whole


def facts(row: Row, terms: Terms, holidays: frozenset[dt.date]) -> Row:
    """What the options stand on."""
    zone = row["zone"]
    notice, delivered = _day(row["requested_at"], zone), _day(row["delivered_at"], zone)
    ordered = _day(row["ordered_at"], zone)
    inside = conform = policy = never = None
    if delivered and notice:
        inside = notice <= _working(delivered + dt.timedelta(days=terms.withdrawal_days), holidays)
        conform = notice <= _months_later(delivered, terms.conformity_months)
        never = notice <= delivered + dt.timedelta(days=terms.never_refuse_through)
        short = row["category"] in terms.short_window_categories
        policy = notice <= delivered + dt.timedelta(days=terms.short_window_days if short else terms.window_days)
    elif ordered and notice:
        inside = notice <= _working(ordered + dt.timedelta(days=terms.withdrawal_days), holidays) or None
        conform = notice <= _months_later(ordered, terms.conformity_months) or None
    goods, shipping, currency = row["goods_minor"], row["shipping_minor"], row["currency"]
    amazon = terms.marketplace == "amazon"
    small = {"EUR": terms.refunds_below_eur, "GBP": terms.refunds_below_gbp}.get(currency)
    auto = False
    if amazon and row["has_address"] is False and small and goods is not None and shipping is not None:
        auto = goods + shipping < small
    return {
        "notice": notice, "inside": inside, "conform": conform, "never": never, "auto": auto, "amazon": amazon,
        "policy": policy if row["in_policy"] is None else row["in_policy"],
        "fault": row["reason"] in FAULTS and not (amazon and row["reason_payer"] == "buyer"),
    }  # fmt: skip


def payer(row: Row, terms: Terms, of: Row) -> str:
    reason = row["reason"]
    if reason == "not_received":
        return "nobody"
    if of["fault"]:
        return "seller"
    unwanted = reason in UNWANTED or reason == "buyer_damage"
    if not of["amazon"]:
        if unwanted and row["buyer_informed"] is not None:
            return "buyer" if row["buyer_informed"] else "seller"
        return "cannot_tell"
    if row["has_address"] is False:
        return "seller"
    if unwanted or reason in FAULTS:
        dear = (
            row["country"] == "DE" and row["goods_minor"] is not None and row["goods_minor"] > terms.seller_pays_above
        )
        by_policy = row["category"] in terms.seller_pays_categories or (dear and of["inside"])
        return "seller" if by_policy or row["reason_payer"] == "seller" else "buyer"
    return "cannot_tell"


def refusing(row: Row, of: Row) -> str:
    reason, fault = row["reason"], of["fault"]
    if reason == "not_received":
        return "unlawful" if row["delivered_at"] is None else "cannot_tell"
    if fault:
        return {True: "unlawful", False: "lawful", None: "cannot_tell"}[of["conform"]]
    if of["amazon"] and of["policy"]:
        return "unlawful"
    damage = reason == "buyer_damage"
    unwanted = reason in UNWANTED or reason in FAULTS
    if (unwanted or damage) and row["withdrawal_excluded"]:
        return "lawful"
    if of["inside"]:
        return "unlawful"
    if of["inside"] is None:
        return "cannot_tell"
    if of["never"]:
        return "unlawful"
    if unwanted or (damage and row["evidence"] in ("photo", "inspection", "carrier")):
        return "lawful"
    return "cannot_tell"


def statuses(row: Row, of: Row) -> dict[str, str]:
    found = {}
    for option, fact in (("home_address", "has_address"), ("prepaid_label", "has_label")):
        has = row[fact]
        if row["reason"] == "not_received" or of["auto"] or has is False:
            found[option] = "unlawful"
        else:
            found[option] = "lawful" if has else "cannot_tell"
    found["keep_refund"] = "lawful"
    agreed = row["exchange_agreed"]
    if of["amazon"] or agreed is False:
        found["exchange"] = "unlawful"
    else:
        found["exchange"] = "lawful" if agreed else "cannot_tell"
    found["refuse"] = refusing(row, of)
    return found


def fits(rule: Row, row: Row, notice: dt.date | None) -> bool:
    if notice is None or notice < rule["since"] or (rule["until"] is not None and notice >= rule["until"]):
        return False
    for name in ("shop_id", "reason", "category", "country"):
        if rule[name] is not None and rule[name] != row[name]:
            return False
    for name, fact in (("from_minor", "goods_minor"), ("buyer_returns_from", "buyer_returns"),
                       ("buyer_keeps_from", "buyer_keeps")):  # fmt: skip
        if rule[name] is not None and (row[fact] is None or row[fact] < rule[name]):
            return False
    high = rule["up_to_minor"]
    return high is None or (row["goods_minor"] is not None and row["goods_minor"] <= high)


def barred(option: str, rules: list[Row], row: Row, notice: dt.date | None) -> bool:
    for rule in rules:
        own = rule["option"] == option
        if (own or rule["effect"] == "only") and fits(rule, row, notice):
            return bool(rule["effect"] == "never" if own else True)
    return False


def costs(row: Row, terms: Terms, of: Row, who: str) -> dict[str, int | None]:
    """The total of every option; None where a price or a weight band is not known."""
    goods, shipping = row["goods_minor"], row["shipping_minor"]
    if row["currency"] not in ("EUR", "GBP") or goods is None or shipping is None:
        return dict.fromkeys(OPTIONS)
    if not 0 <= goods <= LARGEST_MINOR or not 0 <= shipping <= LARGEST_MINOR:
        return dict.fromkeys(OPTIONS)
    if of["amazon"] and who == "buyer" and of["inside"] is False:
        shipping = 0
    both, known, fault = goods + shipping, row["commission_minor"], of["fault"]
    found: dict[str, int | None] = dict.fromkeys(OPTIONS, 0)
    for line in terms.lines:
        coefficient = line.faulty if fault else line.unwanted
        amount: int | None
        if line.base == "fixed":
            amount = coefficient
        elif line.base == "goods":
            amount = _rounded(goods, coefficient)
        elif line.base == "shipping":
            amount = _rounded(shipping, coefficient)
        elif line.base == "both":
            amount = _rounded(both, coefficient)
        elif line.base == "commission":
            if known is None:
                amount = -_rounded(both, -coefficient * terms.commission_rate // WHOLE)
            else:
                amount = -_rounded(min(max(known, 0), LARGEST_MINOR), -coefficient)
        elif line.base == "label_home" and who == "buyer":
            amount = 0
        else:
            amount = label(row, terms, line.base)
        total = found[line.option]
        found[line.option] = None if amount is None or total is None else total + amount
    return found


def label(row: Row, terms: Terms, base: str) -> int | None:
    leg, place = ("home_", 1) if base == "label_home" else ("abroad_", 2)
    tables = dict(terms.labels)
    bands = tables.get(leg + (row["country"] or "").lower()) or tables[leg + "other"]
    weight = terms.weight_unknown if row["weight_g"] is None else row["weight_g"]
    return next((band[place] for band in bands if weight <= band[0]), None)


def decided(
    row: Row, terms: Terms, rules: list[Row], holidays: frozenset[dt.date]
) -> tuple[str | None, int | None, Row]:
    """Recommended option, its cost, and the costs of all; nothing where the marketplace's rules are not known."""
    of = facts(row, terms, holidays)
    cost = costs(row, terms, of, payer(row, terms, of))
    known = terms.marketplace in MARKETPLACES
    lawful = [option for option, status in statuses(row, of).items() if known and status == "lawful"]
    allowed = [option for option in lawful if not barred(option, rules, row, of["notice"])] or lawful
    best = None
    for option in allowed:
        mine = cost[option]
        if mine is not None and (best is None or mine < cost[best]):  # type: ignore[operator]
            best = option
    return best, None if best is None else cost[best], cost


def replayed(
    cases: list[Row], books: tuple[Book, Book], rules: tuple[list[Row], list[Row]], holidays: frozenset[dt.date]
) -> list[tuple[Any, ...]]:
    """Rows of REPLAYED, case by case."""
    found = []
    changes = {id(book): {} for book in books}  # type: ignore[var-annotated]
    for row in cases:
        day = _day(row["requested_at"], row["zone"])
        terms = []
        for book in books:
            kept = changes[id(book)]
            key = row["shop_id"], row["marketplace"], day
            if key not in kept:
                kept[key] = book.on(*key)
            terms.append(kept[key])
        old, old_cost, _ = decided(row, terms[0], rules[0], holidays)
        new, new_cost, cost = decided(row, terms[1], rules[1], holidays)
        former = None if old is None else cost[old]
        saved = None if former is None or new_cost is None else former - new_cost
        found.append((row["request_id"], old, old_cost, new, new_cost, old != new, saved))
    return found
