"""Handing out a shipment file: what would go, the typed confirmation, the file, its manifest, what became of it."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from core.desk import imports, settings, shipment_files, shipment_template, shipments
from core.desk.acting import acting
from core.desk.base import Desk, NotThere, Person
from core.desk.orders import DECIDED_SCHEMA
from core.desk.shipment_files import ROWS, Ending, Layout
from core.desk.shipment_template import NoTemplate, Template
from core.policy import tracking_gate
from core.policy.words import DecisionKind, Marketplace, N_, State
from core.store import shipments as store
from core.store import write

ENDINGS: Final = {
    Layout.TEMPLATE: (Ending.XLSX, Ending.CSV),
    Layout.AMAZON: (Ending.TXT, Ending.XLSX),
    Layout.DESK48: (Ending.XLSX, Ending.CSV),
}
RULES: Final = ("CD-S2", "CD-S4", "CD-S6", "CD-S7", "CD-S8", "CD-W2", "XX-T1", "XX-T3")
"""The rules whose values in force a manifest keeps."""
OUTCOMES: Final = {
    "confirmed": N_("A newer file shows it shipped."),
    "waiting": N_("No newer file yet."),
    "not_confirmed": N_("A newer file still shows it to be shipped: look in the back office, and send it again."),
    "gone_otherwise": N_("A newer file shows another end."),
}
PAGE_SIZE: Final = "shipment_file_orders"
SIZE_UNCLEAR: Final = N_("A file has at least one order.")


class WrongCount(ValueError):
    """The number that was typed is not that of the orders in the file."""


class Moved(Exception):
    """Something else would go than what was shown; nothing was written."""


Seen = tuple[str, ...]
"""The fields of ``shipments.IN_FILE`` of one order; blank where there is nothing."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What stands to be sent for one shop. ``ready``: every order that the gate lets through, most urgent first;
    ``page``: those of the next file; ``held``: the rest of the shop's orders to ship, with ``held_back``. What is
    already on its way is in none of them."""

    ready: pl.DataFrame
    page: pl.DataFrame
    held: pl.DataFrame


def page_size(desk: Desk, marketplace: str, day: dt.date) -> tuple[int | None, int]:
    """How many orders a file takes, and the version of the team's own number; None without a limit."""
    own, version = settings.all_settings(desk).get(PAGE_SIZE, (None, 0))
    if marketplace != Marketplace.CDISCOUNT:
        return None, version
    return own or desk.values.integer("orders_a_page", day), version


def save_page_size(desk: Desk, person: Person, size: int, version: int, now: dt.datetime) -> None:
    """Save the team's own number of orders a file. Raises ``Unclear`` below 1, ``write.Stale``."""
    if size < 1:
        raise settings.Unclear(SIZE_UNCLEAR)
    settings.save_setting(desk, person, PAGE_SIZE, size, version, now)


def pending(desk: Desk, shop_id: int, now: dt.datetime) -> Pending:
    """What would go for a shop now; nothing is written. Raises ``NotThere``."""
    return _pending(desk, shipments.look(desk, now), shop_id, now)


def _pending(desk: Desk, looked: pl.DataFrame, shop_id: int, now: dt.datetime) -> Pending:
    mine = looked.filter(pl.col("held_back").ne_missing("sent"), shop_id=shop_id)
    ready = mine.filter(pl.col("held_back").is_null())
    shop = settings.shop(desk, shop_id)
    size, _ = page_size(desk, shop["marketplace"], now.date())
    page = tracking_gate.paged(ready, size).filter(page=1).drop("page")
    return Pending(ready, page, mine.filter(pl.col("held_back").is_not_null()))


def seen(page: pl.DataFrame) -> list[Seen]:
    """What the next file says of each order: a person confirms this, and no other number or carrier."""
    return [tuple(value or "" for value in row) for row in page.select(shipments.IN_FILE).iter_rows()]


def layouts(desk: Desk, marketplace: str) -> list[Layout]:
    """The layouts that can be written for a marketplace: its own workbook only once the team uploaded it."""
    with desk.reading() as connection:
        known = marketplace in store.templates(connection)["marketplace"]
    own = [Layout.TEMPLATE] if known else []
    return own + ([Layout.AMAZON] if marketplace == Marketplace.AMAZON else []) + [Layout.DESK48]


def hand_out(
    desk: Desk,
    person: Person,
    shop_id: int,
    layout: Layout,
    ending: Ending,
    shown: Sequence[Seen],
    typed_count: int,
    now: dt.datetime,
) -> int:
    """Build the file of these orders and record that it went out; gives the manifest's id.

    All is judged anew inside the transaction. Raises ``NotAllowed``; :class:`WrongCount`; :class:`Moved` where the
    orders of the page, or what the file says of one, are no longer what was ``shown`` (:func:`seen`);
    ``NoTemplate``; ``Spoilt`` where the file does not read back as it was written. Then nothing is written and no
    order moves.
    """
    if typed_count != len(shown) or not shown:
        raise WrongCount(typed_count)
    with acting(desk, person, "send", [shop_id], now) as act:
        connection = act.connection
        page = _pending(desk, shipments.judged_now(desk, connection, now), shop_id, now).page
        if sorted(seen(page)) != sorted(shown):
            raise Moved
        shop = settings.shop(desk, shop_id)
        lines = store.lines_of(connection, shop_id, page["order_number"])
        rows = file_rows(page, lines, now.astimezone(ZoneInfo(shop["zone"])).date())
        template = _template(connection, shop["marketplace"]) if layout is Layout.TEMPLATE else None
        data = build(rows, layout, ending, template)
        manifest_id = store.add_manifest(
            connection,
            {
                "shop_id": shop_id,
                "layout": str(layout),
                "file_name": f"desk48-shipments-{shop_id}-{now:%Y%m%d-%H%M%S}.{ending}",
                "file": data,
                "sha256": hashlib.sha256(data).hexdigest(),
                "orders": page.height,
                "rules": rule_values(desk, now.date()),
                "surveillance_day": page["surveillance_day"][0],
                "person": person.name,
                "role": person.role_in(shop_id),
                "at": now,
            },
            _sent(page),
        )
        sent = _decisions(page, manifest_id, person, now)
        write.add_decisions(connection, sent)
        told = {"sha256": hashlib.sha256(data).hexdigest(), "orders": page.height, "layout": layout}
        rules = rule_values(desk, now.date())
        act.note("shipment_file_handed_out", shop_id=shop_id, subject=manifest_id, after=told, rules=rules)
        for row, was in zip(sent.to_dicts(), page["decision"], strict=True):
            act.note(
                "order_decided", shop_id=shop_id, subject=row["order_number"], rules=row["rules"],
                before={"decision": was}, after={"decision": row["kind"], "manifest": manifest_id},
            )  # fmt: skip
    return manifest_id


def file_rows(page: pl.DataFrame, lines: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The rows of the file: every line of each order, all with its number; an order without known lines has one.

    A line's own id or SKU that a spreadsheet could run is left out.
    """
    fit = [pl.when(~shipment_files.unfit(pl.col(name))).then(name).alias(name) for name in ("line_id", "sku")]
    return (
        page.select("order_number", "tracking_url", tracking_number="normalised", carrier="file_carrier",
                    carrier_name="file_carrier_name", shipped_at=pl.lit(day))
        .join(lines.with_columns(fit), on="order_number", how="left", maintain_order="left_right")
        .select(pl.col(name).cast(kind) for name, kind in ROWS.items())
    )  # fmt: skip


def build(rows: pl.DataFrame, layout: Layout, ending: Ending, template: Template | None = None) -> bytes:
    """The file, read back before it is given. Raises ``Spoilt``."""
    if layout is Layout.TEMPLATE:
        assert template is not None
        frame = shipment_template.as_frame(template, rows)
        place, header = template.columns["tracking_number"], template.header
        data = shipment_template.filled(template, rows) if ending is Ending.XLSX else None
        first_row, sheet = (template.first_row, template.sheet) if data else (2, "")
    else:
        frame = shipment_files.amazon(rows) if layout is Layout.AMAZON else shipment_files.desk48(rows)
        title = {Layout.AMAZON: "tracking-number", Layout.DESK48: "Tracking number"}[layout]
        place, header = frame.columns.index(title) + 1, tuple(frame.columns)
        data = shipment_files.as_xlsx(frame) if ending is Ending.XLSX else None
        first_row, sheet = 2, ""
    data = data or shipment_files.as_text(frame, ending, header)
    numbers = frame.to_series(place - 1).to_list()
    return shipment_files.checked(data, ending, place, numbers, first_row, sheet)


def rule_values(desk: Desk, day: dt.date) -> str:
    """The values in force on a day of the rules that a shipment file rests on: "CD-S2 tracking_above_minor=1500"."""
    held = [parameter for parameter in desk.values.parameters.values() if parameter.rule in RULES]
    told = [parameter for parameter in held if not parameter.text_only]
    return "\n".join(f"{each.rule} {each.key}={each.on(day).amount}" for each in told)


def _sent(page: pl.DataFrame) -> pl.DataFrame:
    return page.select(
        "order_number", "tracking_url", "carrier", "verdict", "evidence", "gate", "word_id",
        tracking_number="normalised", codes=pl.col("codes").list.join(" "),
    )  # fmt: skip


def _decisions(page: pl.DataFrame, manifest_id: int, person: Person, now: dt.datetime) -> pl.DataFrame:
    return page.select(
        "shop_id",
        "order_number",
        kind=pl.lit(str(DecisionKind.SEND_SHIPMENT)),
        text=pl.format("{} · #{}", "normalised", pl.lit(manifest_id)),
        person=pl.lit(person.name),
        at=pl.lit(now).cast(pl.Datetime("us", "UTC")),
        rules=pl.format("XX-T3 {} {}", "verdict", "gate"),
    ).cast(pl.Schema(DECIDED_SCHEMA))


def manifests(desk: Desk) -> pl.DataFrame:
    """The files that were handed out, newest first: the table's columns without the file, shop, marketplace, and how
    many orders a newer file shows shipped (``confirmed``) or still to be shipped (``not_confirmed``)."""

    def query(connection: sa.Connection) -> pl.DataFrame:
        found = store.all_manifests(connection)
        rows = with_outcome(store.rows_of(connection), found)
        counted = rows.group_by("manifest_id").agg(
            (pl.col("outcome") == name).sum().cast(pl.Int64).alias(name) for name in OUTCOMES
        )
        return found.join(counted.rename({"manifest_id": "id"}), on="id", how="left", maintain_order="left")

    return desk.mine(desk.kept("manifests", query))


def with_outcome(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows of manifests with ``outcome``, a code of :data:`OUTCOMES`. ``found``: their manifests."""
    sent = rows.join(found.select(manifest_id="id", sent_at="at"), on="manifest_id", how="left", maintain_order="left")
    newer = pl.col("as_of") > pl.col("sent_at")
    state = pl.col("state")
    outcome = (
        pl.when(state.is_in([str(State.SHIPPED), str(State.DELIVERED), str(State.SENT_UNCONFIRMED)]))
        .then(pl.lit("confirmed"))
        .when(~newer.fill_null(False))
        .then(pl.lit("waiting"))
        .when(state.is_in([str(State.TO_SHIP), str(State.PART_SHIPPED)]))
        .then(pl.lit("not_confirmed"))
        .otherwise(pl.lit("gone_otherwise"))
    )
    return sent.with_columns(outcome=outcome)


def manifest(desk: Desk, manifest_id: int) -> tuple[dict[str, Any], pl.DataFrame, bytes]:
    """One manifest: its own row, what it says of each order with its outcome, and the file. Raises ``NotThere``."""
    with desk.reading() as connection:
        found = desk.mine(store.all_manifests(connection, manifest_id))
        if found.is_empty():
            raise NotThere(f"there is no manifest {manifest_id}")
        rows = store.rows_of(connection, manifest_id)
        return found.row(0, named=True), with_outcome(rows, found), store.manifest_file(connection, manifest_id)


def as_table(head: dict[str, Any], rows: pl.DataFrame) -> pl.DataFrame:
    """A manifest as one table to keep: every order, with who, when, the file's hash and the rule values beside it."""
    every = {name: head[name] for name in ("shop", "file_name", "sha256", "layout", "person", "role", "at", "rules")}
    said = [pl.lit(value).alias(f"file_{name.removeprefix('file_')}") for name, value in every.items()]
    return rows.drop("shop_id", "manifest_id", "word_id", "sent_at").with_columns(
        *said, surveillance_day=pl.lit(head["surveillance_day"], dtype=pl.Int64)
    )


def templates(desk: Desk) -> pl.DataFrame:
    """The marketplaces' own workbooks, without the file."""
    return desk.kept("shipment_templates", store.templates)


def look_at_template(name: str, data: bytes) -> Template:
    """The header of an uploaded workbook, mapped by names. Raises ``NoTemplate``."""
    return shipment_template.look(name, data, imports.known_formats())


def save_template(
    desk: Desk, person: Person, marketplace: str, template: Template, version: int, now: dt.datetime
) -> None:
    """Keep the workbook of a marketplace. Raises ``NoTemplate`` where it cannot serve, ``write.Stale``."""
    shipment_template.check(template)
    row = {
        "file_name": template.file_name,
        "file": template.file,
        "sheet": template.sheet,
        "header_row": template.header_row,
        "first_row": template.first_row,
        "columns": dict(template.columns),
    }
    with acting(desk, person, "send", [], now) as act:
        held = store.template(act.connection, marketplace)
        store.save_template(act.connection, marketplace, row, version, person.name, now)
        (before, names_before), (after, names) = _told(held), _told(row)
        personal = {"before": names_before, "after": names}
        act.note("workbook_saved", subject=marketplace, before=before, after=after, personal=personal)


def _told(row: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A workbook as the record keeps it: its hash and its places, and apart what people named it."""
    if row is None:
        return {}, {}
    places = {name: row[name] for name in ("header_row", "first_row", "columns")}
    names = {name: row[name] for name in ("file_name", "sheet")}
    return {"sha256": hashlib.sha256(row["file"]).hexdigest(), **places}, names


def _template(connection: sa.Connection, marketplace: str) -> Template:
    row = store.template(connection, marketplace)
    if row is None:
        raise NoTemplate("needed")
    found = shipment_template.header_of(row["file"], row["sheet"], row["header_row"])
    return Template(
        row["file_name"], row["file"], row["sheet"], row["header_row"], row["first_row"], found, row["columns"]
    )
