"""What a row of the record is about, in words: the machine's codes, keys and numbers stand for something."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from core.desk import known_files, mappings, returns_settings
from core.policy.words import N_
from ui import labels
from ui.frame import Page
from ui.text import NOTHING

SETTINGS: Final = {
    "bands": N_("Limits of the bands"),
    "file_intervals": N_("How often files are expected"),
    "intake": N_("Limits of files"),
    "personal_data_days": N_("Days that personal data is kept"),
    "shipment_file_orders": N_("Orders in one shipment file"),
    "sign_in": N_("How long sessions last"),
    "surveillance": N_("Surveillance after a formal notice"),
    "team": N_("Team calendar"),
}
"""What the keys of settings stand for; that of one shop's has the shop's number behind it."""
_OF_SHOP: Final = re.compile(r"_\d+\Z")


def in_words(page: Page, row: Mapping[str, Any]) -> str:
    """What a row (``record.TOLD``) is about, as people call it; an order's number or a person's name as it is."""
    if not row["subject"]:
        return NOTHING
    shown = _SUBJECTS.get(row["what"])
    return shown(page, row) if shown else str(row["subject"])


def _setting(page: Page, row: Mapping[str, Any]) -> str:
    key = _OF_SHOP.sub("", row["subject"])
    return page._(SETTINGS[key]) if key in SETTINGS else str(row["subject"])


def _shop(page: Page, row: Mapping[str, Any]) -> str:
    return str(row["shop"] or page._("shop {n}", n=row["subject"]))


def _import(page: Page, row: Mapping[str, Any]) -> str:
    return page._("import {n}", n=row["subject"])


def _mapping(page: Page, row: Mapping[str, Any]) -> str:
    """The account of an ERP, a known format, or a header: by its fingerprint, for its words are a file's."""
    key = str(row["subject"])
    titles = known_files.titles()
    if key.startswith(mappings.ACCOUNT):
        marketplace, _, account = key.removeprefix(mappings.ACCOUNT).partition(":")
        return page._("account {account}, {marketplace}", account=account, marketplace=_market(marketplace))
    return page._(titles[key]) if key in titles else page._("files with the header {key}", key=key[:8])


def _return(_: Page, row: Mapping[str, Any]) -> str:
    """The order, the request and the article, as far as the key has them."""
    return " · ".join(filter(None, str(row["subject"]).split("|")))


def _value(page: Page, row: Mapping[str, Any]) -> str:
    key = str(row["subject"])
    known = page.desk.values.parameters
    title = returns_settings.OFFER_TITLES.get(key) or (known[key].title if key in known else None)
    return page._(title) if title else key


def _screen(page: Page, row: Mapping[str, Any]) -> str:
    return page._("team screen {n}", n=row["subject"])


def _file(page: Page, row: Mapping[str, Any]) -> str:
    return page._("shipment file {n}", n=row["subject"])


def _workbook(_: Page, row: Mapping[str, Any]) -> str:
    return _market(row["subject"])


def _market(code: str) -> str:
    return labels.MARKETPLACES.get(code, code)


_SUBJECTS: Final[dict[str, Callable[[Page, Mapping[str, Any]], str]]] = {
    **dict.fromkeys(("file_imported", "import_undone", "returns_typed"), _import),
    **dict.fromkeys(("mapping_saved", "mapping_forgotten", "file_question_answered"), _mapping),
    **dict.fromkeys(("shop_added", "shop_saved"), _shop),
    **dict.fromkeys(("return_decided", "return_event", "return_facts"), _return),
    **dict.fromkeys(("screen_made", "screen_changed", "screen_renewed", "screen_revoked"), _screen),
    "return_value_saved": _value,
    "setting_saved": _setting,
    "shipment_file_handed_out": _file,
    "workbook_saved": _workbook,
}
