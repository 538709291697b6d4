"""Every use case of ``core.desk`` and how it is called on a shop of ``two_shops``: what a person does, what is read."""

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

import core.desk
from core.desk import (
    backup,
    cases,
    exports,
    freshness,
    import_shops,
    imports,
    jobs,
    mappings,
    order_export,
    orders,
    people,
    presence,
    privacy,
    proposals,
    record,
    rejects,
    return_files,
    return_typing,
    returns,
    returns_reports,
    returns_settings,
    samples,
    screen,
    screens,
    sessions,
    settings,
    shipment_history,
    shipment_send,
    shipments,
    shop_words,
    surveillance,
    tracking,
    undo,
    work,
)
from core.desk.base import Desk, Person
from core.desk.import_shops import Part
from core.desk.mappings import Mapping
from core.desk.returns_settings import Change
from core.desk.screens import Look
from core.desk.shipment_files import Ending, Layout
from core.intake.choices import Choices
from core.policy.words import DecisionKind
from tests.core.desk.conftest import NOON
from tests.core.desk.two_shops import RULE, Shop, file_of

NORA: Final = 1
"""The id of the person whom the base of the test knows."""
Does = Callable[[Desk, Person, Shop], object]
Reads = Callable[[Desk, Shop], object]


def _mapping(shop: Shop) -> Mapping:
    fields = {"order_number": "a", "created_at": "b", "state_word": "c"}
    return Mapping("orders", fields, ("a", "b", "c"), zone="Europe/Paris", name=shop.name)


def _kept(desk: Desk, shop: Shop) -> mappings.Kept:
    return next(one for one in mappings.kept(desk.whole()) if one.shop_id == shop.id)


def _preview(desk: Desk, shop: Shop) -> imports.ImportPreview:
    return imports.preview(desk.whole(), shop.id, "new.csv", file_of(shop.name, "30,00"), NOON)


def _typed(shop: Shop, number: str = "31472959") -> pl.DataFrame:
    row = (shop.id, shop.order("go").order_number, "Mondial Relay", number, None)
    return pl.DataFrame([row], schema=shipments.TYPED, orient="row")


def _version(desk: Desk, shop: Shop) -> int:
    queue = orders.queue(desk.whole(), NOON)
    return int(queue.filter(shop_id=shop.id, order_number=shop.order("new").order_number)["version"][0])


def _template(desk: Desk, person: Person, _: Shop) -> None:
    empty = pl.DataFrame(schema=dict.fromkeys(("Order number", "Carrier", "Tracking number"), pl.String))
    held = shipment_send.look_at_template("book.xlsx", exports.xlsx(empty))
    shipment_send.save_template(desk, person, "cdiscount", held, 0, NOON)


def give_word(desk: Desk, person: Person, shop: Shop, proof: str = "") -> object:
    """A word for what waits for one, as the person sees it (somebody who does not see it: as it is)."""
    own = person.sees is None or shop.id in person.sees
    seen = shipments.look(desk.seen_by(person) if own else desk.whole(), NOON)
    this = seen.filter(shop_id=shop.id, order_number=shop.order("ship").order_number)
    return shipments.give_word(desk, person, this, "seen", proof, NOON)


def _hand_out(desk: Desk, person: Person, shop: Shop) -> object:
    shown = shipment_send.seen(shipment_send.pending(desk.whole(), shop.id, NOON).page)
    return shipment_send.hand_out(desk, person, shop.id, Layout.DESK48, Ending.CSV, shown, len(shown), NOON)


def _other(desk: Desk, person: Person, shop: Shop) -> object:
    return orders.decide(desk, person, DecisionKind.WITHDRAW, [shop.order("decided")], NOON)


def _brought_back(desk: Desk, person: Person) -> None:
    with suppress(FileNotFoundError):  # there is no such backup; the role is asked before
        backup.bring_back(desk, person, NO_FILE, NOON, replace=False)


DONE: Final[dict[str, tuple[str, Does]]] = {
    "backup.make": ("backup everywhere", lambda d, p, s: backup.make(d, p, NO_FILE, NOON)),
    "backup.bring_back": ("backup everywhere", lambda d, p, s: _brought_back(d, p)),
    "cases.add": ("decide", lambda d, p, s: cases.add(d, p, s.order("new"), DecisionKind.NOTE, "x", NOON)),
    "imports.write": ("import", lambda d, p, s: imports.write(d, p, _preview(d, s), NOON)),
    "shop_words.map_state": ("import", lambda d, p, s: shop_words.map_state(d, p, s.id, "x", "shipped", NOON)),
    "shop_words.map_carrier": (
        "import", lambda d, p, s: shop_words.map_carrier(d, p, s.id, "Petit Colis", "Chronopost", NOON),
    ),
    "shop_words.forget": (
        "import", lambda d, p, s: shop_words.forget(d, p, "carrier", s.id, f"{s.name.lower()}express", NOON),
    ),
    "imports.load_samples": (
        "import everywhere", lambda d, p, s: imports.load_samples(d, p, samples.sample_month(NOON)[:1], NOON),
    ),
    "import_shops.write": (
        "import", lambda d, p, s: import_shops.write(d, p, import_shops.Look((_preview(d, s),)), NOON),
    ),
    "import_shops.assign": ("import", lambda d, p, s: import_shops.assign(d, p, [(ACCOUNT, s.id)], NOON)),
    "jobs.again": ("import", lambda d, p, s: jobs.again(d, p, s.job_id, NOON)),
    "jobs.write": ("import", lambda d, p, s: jobs.write(d, p, s.job_id, NOON)),
    "jobs.start": ("import", lambda d, p, s: jobs.start(d, p, s.id, "x.csv", b"x", NOON)),
    "jobs.cancel": ("import", lambda d, p, s: jobs.cancel(d, p, s.job_id)),
    "mappings.save": ("import", lambda d, p, s: mappings.save(d, p, s.id, _mapping(s), NOON)),
    "mappings.answer": (
        "import", lambda d, p, s: mappings.answer(d, p, s.id, "mabang_orders", mappings.ZONE, "Asia/Shanghai", NOON),
    ),
    "mappings.forget": ("import", lambda d, p, s: mappings.forget(d, p, _kept(d, s), NOON)),
    "order_export.template": ("import", lambda d, p, s: order_export.template(d, p, s.id)),
    "orders.decide": ("decide", lambda d, p, s: orders.decide(d, p, DecisionKind.ACCEPT, [s.order("new")], NOON)),
    "orders.decide, of another": ("correct", _other),
    "orders.type_facts": (
        "decide",
        lambda d, p, s: orders.type_facts(d, p, s.order("new"), {"delivery_mode": "normal"}, _version(d, s), NOON),
    ),
    "presence.here": ("look", lambda d, p, s: presence.here(d, p, s.order("new"), NOON)),
    "people.listed": ("people everywhere", lambda d, p, s: people.listed(d, p)),
    "people.roles": ("people everywhere", lambda d, p, s: people.roles(d, p)),
    "people.open_sessions": ("people everywhere", lambda d, p, s: people.open_sessions(d, p, NOON)),
    "people.add": ("people everywhere", lambda d, p, s: people.add(d, p, "Ada", "", {s.id: "viewer"}, NOON)),
    "people.change": ("people everywhere", lambda d, p, s: people.change(d, p, NORA, 1, "", {s.id: "lead"}, NOON)),
    "people.remove": ("people everywhere", lambda d, p, s: people.remove(d, p, NORA, 1, NOON)),
    "people.end_sessions": ("people everywhere", lambda d, p, s: people.end_sessions(d, p, NORA, NOON)),
    "people.make_link": ("people everywhere", lambda d, p, s: people.make_link(d, p, NORA, NOON)),
    "sessions.save_terms": (
        "people everywhere", lambda d, p, s: sessions.save_terms(d, p, sessions.Terms(), 0, NOON),
    ),
    "privacy.save_retention": ("privacy", lambda d, p, s: privacy.save_retention(d, p, s.id, 9, 0, NOON)),
    "privacy.look": ("privacy", lambda d, p, s: privacy.look(d, p, s.order("closed"), NOON)),
    "privacy.wipe_order": ("privacy", lambda d, p, s: privacy.wipe_order(d, p, s.order("closed"), NOON)),
    "privacy.wipe_due": ("privacy", lambda d, p, s: privacy.wipe_due(replace(d, sees=frozenset({s.id})), p, NOON)),
    "record.head": ("backup everywhere", lambda d, p, s: record.head(d, p)),
    "record.verify": ("backup everywhere", lambda d, p, s: record.verify(d, p)),
    "return_typing.record": (
        "decide",
        lambda d, p, s: return_typing.record(
            d, p, s.id, return_typing.typed(d.whole(), s.id, {"order_number": "X", "requested_at": NOON}), NOON
        ),
    ),
    "returns.decide": ("correct", lambda d, p, s: returns.decide(d, p, [s.case()], "home_address", NOON, "x")),
    "returns.happened": ("decide", lambda d, p, s: returns.happened(d, p, [s.case()], "goods_back", NOON, NOON)),
    "returns.happened, answered": (
        "answer", lambda d, p, s: returns.happened(d, p, [s.case()], "answered", NOON, NOON),
    ),
    "returns.reopen": ("decide", lambda d, p, s: returns.reopen(d, p, s.case("closed"), "x", NOON)),
    "returns.say": ("decide", lambda d, p, s: returns.say(d, p, s.case(), {"weight_g": 5}, NOON)),
    "returns_settings.save": (
        "rules",
        lambda d, p, s: returns_settings.save(d, p, Change(s.id, "offer_label", "no"), NOON.date(), "x", NOON),
    ),
    "returns_settings.save, for every shop": (
        "rules everywhere",
        lambda d, p, s: returns_settings.save(
            d, p, Change(None, rule=RULE | {"shop_id": None, "position": 9}), NOON.date(), "x", NOON
        ),
    ),
    "returns_settings.end_rule": (
        "rules", lambda d, p, s: returns_settings.end_rule(d, p, s.rule_id, NOON.date(), NOON),
    ),
    "screens.listed": ("screens everywhere", lambda d, p, s: screens.listed(d, p)),
    "screens.create": (
        "screens everywhere", lambda d, p, s: screens.create(d, p, "TV", [s.id], Look(), None, NOON),
    ),
    "screens.change": (
        "screens everywhere", lambda d, p, s: screens.change(d, p, 1, 1, "TV", [s.id], Look(), None, NOON),
    ),
    "screens.renew": ("screens everywhere", lambda d, p, s: screens.renew(d, p, 1, 1, None, NOON)),
    "screens.revoke": ("screens everywhere", lambda d, p, s: screens.revoke(d, p, 1, 1, NOON)),
    "freshness.save_intervals": (
        "settings everywhere", lambda d, p, s: freshness.save_intervals(d, p, {s.id: 6}, 0, NOON),
    ),
    "settings.save_team": ("settings everywhere", lambda d, p, s: settings.save_team(d, p, settings.team(d.whole()))),
    "settings.save_limits": (
        "settings everywhere", lambda d, p, s: settings.save_limits(d, p, *settings.limits(d.whole())),
    ),
    "settings.save_limits_in_hours": (
        "settings everywhere",
        lambda d, p, s: settings.save_limits_in_hours(d, p, *settings.limits_in_hours(d.whole())),
    ),
    "settings.save_intake_limits": (
        "settings everywhere", lambda d, p, s: settings.save_intake_limits(d, p, settings.IntakeLimits(), 0),
    ),
    "settings.save_setting": ("settings", lambda d, p, s: settings.save_setting(d, p, "x", 1, 0, NOON, s.id)),
    "settings.add_shop": ("import everywhere", lambda d, p, s: settings.add_shop(d, p, "cdiscount", "Brand new")),
    "settings.save_shop": ("settings", lambda d, p, s: settings.save_shop(d, p, s.id, {"vacation": True}, 1)),
    "shipment_send.save_page_size": (
        "settings everywhere", lambda d, p, s: shipment_send.save_page_size(d, p, 5, 0, NOON),
    ),
    "shipment_send.hand_out": ("send", lambda d, p, s: _hand_out(d, p, s)),
    "shipment_send.save_template": ("send everywhere", _template),
    "shipments.type_shipments": ("decide", lambda d, p, s: shipments.type_shipments(d, p, _typed(s), NOON)),
    "shipments.take_proposals": (
        "decide", lambda d, p, s: shipments.take_proposals(d, p, [s.order("ship")], "carrier", NOON),
    ),
    "shipments.give_word": ("vouch", lambda d, p, s: give_word(d, p, s)),
    "surveillance.save_notice": (
        "settings", lambda d, p, s: surveillance.save_notice(d, p, s.id, NOON.date(), 1, NOON),
    ),
    "undo.run": ("undo", lambda d, p, s: undo.run(d, p, s.import_id, NOON)),
}  # fmt: skip
"""What a person does -> the action that it takes ("… everywhere": over every shop), and how to do it."""

SEEN: Final[dict[str, Reads]] = {
    "cases.search": lambda d, s: [cases.search(d, word) for word in ("SKU", "UL494089685YP", "tamaris-")],
    "freshness.sources": lambda d, s: freshness.sources(d),
    "imports.newest": lambda d, s: imports.newest(d),
    "imports.history": lambda d, s: [imports.history(d), imports.history(d, 1)],
    "jobs.jobs": lambda d, s: jobs.jobs(d, NOON),
    "mappings.kept": lambda d, s: mappings.kept(d),
    "shop_words.kept": lambda d, s: shop_words.kept(d),
    "shop_words.unknown": lambda d, s: shop_words.unknown(d),
    "orders.queue": lambda d, s: orders.queue(d, NOON),
    "record.look": lambda d, s: record.look(d, record.Wanted(), limit=500),
    "returns.closed": lambda d, s: returns.closed(d, NOON),
    "returns.queue": lambda d, s: returns.queue(d, NOON),
    "returns_reports.cases": lambda d, s: returns_reports.cases(d, 90, NOON),
    "returns_settings.rules": lambda d, s: returns_settings.rules(d)["rule_id"].to_list(),
    "returns_settings.tried": lambda d, s: returns_settings.tried(
        d, Change(None, rule=RULE | {"shop_id": None, "effect": "allow"}), 90, NOON
    ),
    "screen.picture": lambda d, s: screen.picture(d, NOON, None),
    "settings.shops": lambda d, s: settings.shops(d),
    "shipment_history.verdicts": lambda d, s: shipment_history.verdicts(d, NOON)["shipments"].sum(),
    "shipment_history.pass_rates": lambda d, s: shipment_history.pass_rates(d, NOON)["keyed"].sum(),
    "shipment_send.manifests": lambda d, s: shipment_send.manifests(d),
    "shipments.look": lambda d, s: shipments.look(d, NOON),
    "tracking.check": lambda d, s: tracking.check(d, tracking.read_table(NUMBERS, tracking.Shop()), NOON),
    "work.queue": lambda d, s: work.queue(d, NOON),
}  # fmt: skip
"""What shows several shops."""

SHOWN: Final[dict[str, Reads]] = {
    "cases.case": lambda d, s: cases.case(d, s.order("ship"), NOON),
    "imports.preview": lambda d, s: imports.preview(d, s.id, "x.csv", file_of("Other"), NOON).plan.read,
    "imports.over_typed": lambda d, s: imports.over_typed(d, replace(_any_preview(d), shop_id=s.id), ()).plan.read,
    "imports.findings": lambda d, s: imports.findings(d, s.import_id),
    "imports.rereading": lambda d, s: callable(imports.rereading(d, s.id, "x.csv", b"x", Choices(), NOON)),
    "import_shops.look": lambda d, s: import_shops.look(d, s.id, "x.csv", file_of("Other"), NOON).previews[0].read,
    "jobs.find": lambda d, s: jobs.find(d, s.job_id),
    "mappings.kept": lambda d, s: mappings.kept(d, s.id),
    "mappings.version_at": lambda d, s: mappings.version_at(d, s.id, _fingerprint(d, s)),
    "orders.preview": lambda d, s: orders.preview(d, DecisionKind.ACCEPT, [s.order("new")], NOON).taken,
    "privacy.held": lambda d, s: privacy.held(d, s.id, NOON + dt.timedelta(days=1000)),
    "privacy.knows": lambda d, s: privacy.knows(d, s.order("new"), NOON),
    "privacy.retention": lambda d, s: privacy.retention(d, s.id, NOON),
    "privacy.running": lambda d, s: privacy.running(d, s.order("back"), NOON),
    "privacy.status": lambda d, s: privacy.status(d, s.order("new"), NOON),
    "proposals.proposed": lambda d, s: proposals.proposed(d, _damaged(d, s)),
    "record.about": lambda d, s: record.about(d, s.id, s.order("decided").order_number),
    "rejects.of_import": lambda d, s: rejects.of_import(d, s.import_id),
    "return_files.judged": lambda d, s: return_files.judged(d, "cdiscount", s.name, "x.csv", RETURNS, NOON),
    "return_typing.pasted": lambda d, s: return_typing.pasted(d, s.id, PASTED, NOON),
    "return_typing.typed": lambda d, s: return_typing.typed(d, s.id, {"order_number": "X", "requested_at": NOON}),
    "returns_settings.saved": lambda d, s: returns_settings.saved(d, Change(s.id, "offer_label")),
    "returns.case": lambda d, s: returns.case(d, s.case(), NOON),
    "returns.curve": lambda d, s: returns.curve(d, _any_return(d) | {"shop_id": s.id}, NOON),
    "returns.preview": lambda d, s: returns.preview(d, [s.case()], "home_address", NOON, "x").taken,
    "returns_settings.today": lambda d, s: returns_settings.today(d, s.id, NOON),
    "returns_settings.history": lambda d, s: returns_settings.history(d, s.id),
    "returns_settings.in_force": lambda d, s: returns_settings.in_force(d, s.id, NOON.date()).filter("own"),
    "returns_settings.conflicts": lambda d, s: returns_settings.conflicts(
        d, RULE | {"shop_id": s.id, "since": NOON.date(), "effect": "only"}, NOON.date()
    ),
    "settings.shop": lambda d, s: settings.shop(d, s.id),
    "shipment_send.pending": lambda d, s: shipment_send.pending(d, s.id, NOON),
    "shipment_send.manifest": lambda d, s: shipment_send.manifest(d, s.manifest_id),
    "shipments.if_typed": lambda d, s: shipments.if_typed(d, _typed(s), NOON),
    "surveillance.notice": lambda d, s: surveillance.notice(d, s.id),
    "tracking.shop_called": lambda d, s: tracking.shop_called(d, s.name, "cdiscount"),
    "undo.look": lambda d, s: undo.look(d, s.import_id),
    "undo.wiped": lambda d, s: undo.wiped(d, undo.Plan(s.import_id, s.id, undone_at=None, undone_by=None)),
}  # fmt: skip
"""What shows one thing of one shop, by its id."""

OF_THE_TEAM: Final = frozenset({
    "base.migration", "freshness.intervals", "imports.limited", "jobs.found", "jobs.is_big", "jobs.clean",
    "jobs.forget",
    "people.of_name", "return_work.worked", "people.link_of", "people.use_link", "people.add_admin",
    "sessions.needed", "sessions.terms", "sessions.with_password", "sessions.with_account", "sessions.end",
    "sessions.person_of",
    "returns_settings.wrong",
    "settings.all_settings", "settings.team", "settings.limits", "settings.limits_in_hours", "settings.intake_limits",
    "shipment_history.least_rate", "shipment_send.page_size", "shipment_send.layouts", "shipment_send.rule_values",
    "shipment_send.templates", "surveillance.days", "tracking.known_numbers", "tracking.low_rates",
})  # fmt: skip
"""What shows nothing of a shop, or only what a use case above takes from it."""
NUMBERS: Final = b"tracking_number\n87778793\n"
ACCOUNT: Final = Part("Cdiscount", "cdiscount", "A", 1, None)
NO_FILE: Final = Path("/nowhere/backup.desk48")
PASTED: Final = "X\tRetraction\t2026-11-25T08:00:00Z"
RETURNS: Final = return_typing.template_csv()


def _any_preview(desk: Desk) -> imports.ImportPreview:
    whole = desk.whole()
    return imports.preview(whole, settings.shops(whole)["id"][0], "x.csv", file_of("Other"), NOON)


def _any_return(desk: Desk) -> dict[str, Any]:
    return returns.queue(desk.whole(), NOON).row(0, named=True)


def _fingerprint(desk: Desk, shop: Shop) -> str:
    return next((one.key for one in mappings.kept(desk.whole()) if one.shop_id == shop.id), "none")


def _damaged(desk: Desk, shop: Shop) -> imports.ImportPreview:
    """A preview whose rejected row has an order number that was damaged, for a shop."""
    broken, whole = file_of("Other").replace(b"Other-new", b"1,23E+11"), desk.whole()
    seen = imports.preview(whole, settings.shops(whole)["id"][0], "x.csv", broken, NOON)
    return replace(seen, shop_id=shop.id)


def public() -> Iterator[tuple[str, list[str]]]:
    """Every public function of ``core.desk`` with its parameters, as "module.name"."""
    for found in pkgutil.iter_modules(core.desk.__path__):
        module = importlib.import_module(f"core.desk.{found.name}")
        for name, each in vars(module).items():
            if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name}.{name}", list(inspect.signature(each).parameters)
