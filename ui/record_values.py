"""What a field of the record is called, and what its value says, in words."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.desk import known_files, returns, settings
from core.desk.sessions import EVERY_SHOP
from core.policy.returns import say
from ui import (
    field_labels,
    labels,
    mapping_view,
    people_settings,
    record_words,
    returns_replay,
    screens_settings,
    tracking_layouts,
    tracking_verdicts,
)
from ui.frame import Page
from ui.settings_forms import DAYS
from ui.text import LANGUAGES, NOTHING

WORDS: Final[dict[str, Mapping[str, str]]] = {
    "condition": returns.CONDITIONS,
    "date_order": mapping_view.DATE_ORDERS,
    "decision": labels.DECISIONS,
    "delivery_mode": labels.DELIVERY_MODES,
    "effect": returns_replay.EFFECTS,
    "event": returns.RECORDED,
    "kind": field_labels.ROW_KINDS,
    "language": LANGUAGES,
    "layout": tracking_layouts.LAYOUTS,
    "marketplace": labels.MARKETPLACES,
    "option": say.OPTIONS,
    "reason": say.REASONS,
    "recommended": say.OPTIONS,
    "role": people_settings.ROLE_NAMES,
    "state": labels.STATES,
    "theme": screens_settings.THEMES,
    "verdict": tracking_verdicts.WORDS,
    "views": record_words.VIEWS,
}
"""Fields whose values are words of the machine, with their names."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*[+Z].*")


def name(page: Page, field: str) -> str:
    """What a field is called; one that is a shop's number, by that shop."""
    if field in record_words.FIELDS:
        return page._(record_words.FIELDS[field])
    return _shop(page, int(field)) if field.isdecimal() else field


def value(page: Page, field: str, held: Any, fields: Mapping[str, Any]) -> str:
    """A value of a field in words; ``fields``: those beside it, of which one may be its currency."""
    if field == "shops" and held is None:
        return page._("all")
    if held is None or held in ("", [], {}):
        return NOTHING
    if isinstance(held, bool):
        return page._("yes") if held else page._("no")
    if isinstance(held, dict):
        return " · ".join(
            page._("{name}: {value}", name=_of(page, field, one), value=value(page, one, part, held))
            for one, part in held.items()
        )
    if isinstance(held, list):
        return (" " if field == "hours" else ", ").join(_one(page, field, part) for part in held)
    if isinstance(held, int | float):
        return _number(page, field, held, fields)
    if held in WORDS.get(field, {}):
        return page._(WORDS[field][held])
    if field == "format" and held in known_files.titles():
        return page._(known_files.titles()[held])
    if _INSTANT.fullmatch(str(held)):
        return f"{dt.datetime.fromisoformat(held).astimezone(ZoneInfo(page.zone)):%Y-%m-%d %H:%M}"
    known = WORDS["role"] if field.isdecimal() else {}  # a role stands beside the number of its shop
    return page._(known[held]) if held in known else str(held)


def origin(page: Page, held: str) -> str:
    """From where something was done: a place of the program, or a network address and how the person signed in."""
    if held in record_words.ORIGINS:
        return page._(record_words.ORIGINS[held])
    address, _, way = held.removesuffix(")").partition(" (")
    return f"{address} ({page._(record_words.WAYS[way])})" if way in record_words.WAYS else held


def _one(page: Page, field: str, part: Any) -> str:
    """One of a list: a span of hours, a shop, a word."""
    if isinstance(part, list):
        return "-".join(map(str, part))
    return _shop(page, part) if field == "shops" else value(page, field, part, {})


def _of(page: Page, field: str, key: str) -> str:
    """What stands before a part of a field: the day of hours, else a field's own name."""
    return page._(DAYS[int(key)]) if field == "hours" else name(page, key)


def _number(page: Page, field: str, held: float, fields: Mapping[str, Any]) -> str:
    if field == "shop_id":
        return _shop(page, int(held))
    if field.endswith("_minor"):
        return page.text.money(int(held), fields.get("currency"))
    return page.text.number(held / 3600 if field.endswith("_seconds") and field != "refresh_seconds" else held)


def _shop(page: Page, shop_id: int) -> str:
    if shop_id == EVERY_SHOP:
        return page._("every shop")
    names = dict(settings.shops(page.desk).select("id", "name").iter_rows())
    return str(names.get(shop_id) or page._("shop {n}", n=shop_id))
