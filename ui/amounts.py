"""Values of rules and shops as the reader's language writes them."""

from decimal import Decimal
from typing import Final

from core.policy.words import N_
from ui import labels, tables, tracking_verdicts
from ui.frame import Page

ASSUMED: Final = N_("assumed")
"""The one source that is a word; all others are citations and stay as they are."""


def amount(page: Page, unit: str, value: str | None) -> str:
    """A value with its unit, as the reader's language writes it; a rule in words is its sentence."""
    if value is None:
        return page._("not in force yet")
    match unit:
        case "hours":
            return page.n_("{n} hour", "{n} hours", int(value))
        case "days":
            return page.n_("{n} day", "{n} days", int(value))
        case "grams":
            return page.n_("{n} gram", "{n} grams", int(value))
        case "months":
            return page.n_("{n} month", "{n} months", int(value))
        case "characters":
            return page.n_("{n} character", "{n} characters", int(value))
        case "rows":
            return page.n_("{n} row", "{n} rows", int(value))
        case "orders":
            return page.n_("{n} order", "{n} orders", int(value))
        case "EUR_minor":
            return page.text.money(int(value), "EUR")
        case "fraction":
            return page.text.percent(Decimal(value))
        case "yes_no":
            return page._("yes") if value == "True" else page._("no")
        case "weekdays":
            return ", ".join(page._(tables.WEEKDAYS[int(day) - 1]) for day in value.split())
        case "gate":
            return " · ".join(gate_of(page, str(value)))
        case "offer":
            return page._("yes") if value == "yes" else page._("no") if value == "no" else value
        case "weight_bands":
            return value
        case "delivery_modes":
            return ", ".join(page._(labels.DELIVERY_MODES[mode]) for mode in value.split())
    return page._(value)


def gate_of(page: Page, value: str) -> list[str]:
    """What the gate asks in each of its cases, in words; the title of the value names the cases."""
    return [page._(tracking_verdicts.GATES[word]) for word in value.split()]
