"""The answer to a return request: the fitting texts filled with the facts of the case, and checked before copying."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import dates, numbers

from core.desk.language import language_of
from core.policy import replies
from core.policy.replies import Fault, Text
from core.policy.returns.frames import Option, Reason
from core.policy.words import N_

LOCALES: Final = {"fr": "fr_FR", "zh": "zh_Hans_CN", "en": "en_GB"}
TYPED: Final = {
    "buyer_name": N_("Name of the buyer"),
    "article": N_("Article"),
    "return_address": N_("Return address"),
    "label_link": N_("Link of the label"),
    "carrier": N_("Carrier"),
    "tracking_number": N_("Tracking number"),
    "delivery_by": N_("Delivery by"),
}
"""Places that no file of returns fills: a person does, once for all three languages."""


@cache
def texts() -> Mapping[str, Text]:
    """Every text of ``data/replies``. Raises ``RepliesError`` where a file is broken."""
    return replies.load()


def fitting(row: Mapping[str, Any]) -> list[Text]:
    """The texts for a judged case: for its option once it is decided, else to ask what is not known yet."""
    option = row["chosen"] or ""
    situation = _situation(row, option)
    found = replies.fitting(texts(), row["marketplace"], option, situation)
    # Asking goes with every option but the one that is decided.
    return found if option else [text for text in found if text.situation == situation]


def offered(row: Mapping[str, Any], option: str) -> list[Text]:
    """The texts for a case if ``option`` were chosen."""
    return replies.fitting(texts(), row["marketplace"], option, _situation(row, option))


def _situation(row: Mapping[str, Any], option: str) -> str:
    if option == Option.HOME_ADDRESS:
        return "buyer_pays" if row["return_payer"] == "buyer" else "seller_pays"
    if option == Option.REFUSE:
        return str(row["refuse_why"])
    if option == Option.KEEP_REFUND and row["reason"] == Reason.NOT_RECEIVED:
        return "not_received"
    return str(row["question"] or "") if not option else ""


def filled(text: Text, row: Mapping[str, Any], given: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The lines (French, Chinese, English) with the facts in; ``given``: what a person typed for open places."""
    typed = {name: value.strip() for name, value in given.items() if value.strip()}
    return replies.filled(text, {language: _facts(row, language) | typed for language in LOCALES})


def known(row: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a case as French writes them; what is not known is empty."""
    return _facts(row, "fr")


def _facts(row: Mapping[str, Any], language: str) -> dict[str, str]:
    zone, locale = ZoneInfo(row["zone"]), LOCALES[language]

    def day(value: dt.date | dt.datetime | None) -> str:
        if value is None:
            return ""
        local = value.astimezone(zone).date() if isinstance(value, dt.datetime) else value
        return str(dates.format_date(local, "long", locale=locale))

    money = row["refund_minor"] is not None and row["currency"]
    return {
        "buyer_name": " ".join(filter(None, (row["first_name"], row["last_name"]))),
        "shop": row["shop"],
        "order_number": row["order_number"],
        "article": row["line_title"] or "",
        "requested_on": day(row["requested_at"]),
        "goods_by": day(row["goods_due_at"]),
        "refund_amount": _money(row["refund_minor"], row["currency"], locale) if money else "",
        "refund_by": day(row["refund_due_at"]),
        "exchange_by": day(row["repair_due_at"]),
        "withdrawal_until": day(row["withdrawal_until"]),
        "conformity_until": day(row["conformity_until"]),
        "carrier": row["carrier"] or "",
        "tracking_number": row["tracking_number"] or "",
        "return_address": row["return_address"] or "",
    }


def _money(minor: int, currency: str, locale: str) -> str:
    amount = minor / 10 ** numbers.get_currency_precision(currency)
    return str(numbers.format_currency(amount, currency, locale=locale))


def filled_by_hand(text: Text, given: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The lines of a text that no case stands behind, with what a person typed."""
    typed = {name: value.strip() for name, value in given.items() if value.strip()}
    return replies.filled(text, dict.fromkeys(LOCALES, typed))


def faults(text: str, order_number: str, option: str) -> list[Fault]:
    """Why the text may not be copied yet; empty where it may. ``option``: what it may promise ("": nothing)."""
    return replies.faults(text, order_number=order_number, option=option, language=language_of(text))
