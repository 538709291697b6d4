"""The marketplace's own workbook: uploaded once, its columns mapped by their headers."""

import dataclasses

import streamlit as st

from core.desk import shipment_send
from core.desk.base import Stale
from core.desk.shipment_template import FIELDS, REFUSALS, NoTemplate, Template
from core.policy.words import N_
from ui import labels, notices
from ui.frame import Page
from ui.refusals import told

COLUMNS = {
    "order_number": N_("Order"),
    "line_id": N_("Order line"),
    "sku": N_("Product code"),
    "quantity": N_("Quantity"),
    "shipped_at": N_("Day of shipping"),
    "carrier": N_("Carrier"),
    "carrier_name": N_("Name of another carrier"),
    "tracking_number": N_("Tracking number"),
    "tracking_url": N_("Tracking link"),
}


def draw(page: Page, marketplace: str) -> None:
    """Which workbook is in use, and another one in its place."""
    held = shipment_send.templates(page.desk).filter(marketplace=marketplace)
    name = labels.MARKETPLACES[marketplace]
    with st.expander(page._("{marketplace}'s own workbook", marketplace=name), icon=":material/table:"):
        if held.height:
            row = held.row(0, named=True)
            st.caption(
                page._(
                    "In use: {file}, sheet {sheet}, orders from row {row} on. Uploaded by {person}, {at}.",
                    file=page.text.plain(row["file_name"]),
                    sheet=page.text.plain(row["sheet"]),
                    row=row["first_row"],
                    person=page.text.plain(row["person"]),
                    at=page.text.moment(row["at"], page.zone),
                )
            )
        else:
            st.caption(
                page._("Download it empty from the back office and upload it here once: every file is made from it.")
            )
        file = st.file_uploader(
            page._("The workbook as the marketplace gives it, without orders in it"), ["xlsx"], key="template_file"
        )
        if file is not None:
            mapped(page, marketplace, int(held["version"][0]) if held.height else 0, file.name, file.getvalue())


def mapped(page: Page, marketplace: str, version: int, name: str, data: bytes) -> None:
    """The header as it was found, with the column of each field; people may say otherwise."""
    try:
        found = shipment_send.look_at_template(name, data)
    except NoTemplate as why:
        st.error(page._(REFUSALS[why.code], **why.params), icon=":material/block:")
        return
    st.write(page._("Sheet {sheet}, header in row {row}.", sheet=page.text.plain(found.sheet), row=found.header_row))
    if found.lost:
        st.warning(
            page._("Parts of this workbook cannot be kept: {parts}", parts=page.text.plain("; ".join(found.lost)))
        )
    places = range(1, len(found.header) + 1)
    with st.form("template_map", border=False):
        grid = st.grid(3, min_column_width=200)
        for field in FIELDS:
            place = found.columns.get(field)
            grid.selectbox(
                page._(COLUMNS[field]),
                places,
                index=place - 1 if place else None,
                format_func=lambda place: f"{place}. {found.header[place - 1] or '–'}",
                placeholder=page._("not in this workbook"),
                key=f"template_{field}",
            )
        st.number_input(
            page._("First row for orders"), found.header_row + 1, found.header_row + 20, found.first_row,
            key="template_first_row", width=200,
        )  # fmt: skip
        bar = page.bar("send")
        st.form_submit_button(
            page._("Use this workbook"), type="primary", on_click=_save, args=(page, marketplace, version, found),
            disabled=bool(bar), help=bar,
        )  # fmt: skip


@told
def _save(page: Page, marketplace: str, version: int, found: Template) -> None:
    columns = {field: st.session_state[f"template_{field}"] for field in FIELDS}
    chosen = dataclasses.replace(
        found,
        columns={field: place for field, place in columns.items() if place},
        first_row=int(st.session_state["template_first_row"]),
    )
    try:
        shipment_send.save_template(page.desk, page.person, marketplace, chosen, version, page.now)
    except NoTemplate as why:
        notices.leave("error", page._(REFUSALS[why.code], **why.params))
    except Stale as stale:
        yours, kept = (page.text.plain(held["file_name"] or page._("nothing")) for held in (stale.seen, stale.now))
        notices.leave("warning", page._("Somebody saved this meanwhile. Theirs was kept; yours was not saved."))
        said = page._("{field}: yours {yours}, kept {kept}", field=page._("File"), yours=yours, kept=kept)
        notices.leave("warning", said)
    else:
        notices.leave("done", page._("Saved."))
