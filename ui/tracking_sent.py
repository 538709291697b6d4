"""What went out: each manifest with its file, and what newer files say of its orders."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import exports, shipment_send
from core.policy.words import N_
from ui import tables, tracking_verdicts
from ui.frame import Page
from ui.text import NOTHING
from ui.tracking_layouts import LAYOUTS

OUTCOMES: Final = {
    "confirmed": N_("confirmed"),
    "waiting": N_("not confirmed yet"),
    "not_confirmed": N_("still to be shipped"),
    "gone_otherwise": N_("ended otherwise"),
}


def draw(page: Page, flagged: pl.DataFrame) -> None:
    """The files, newest first; a chosen one shows its orders."""
    if flagged.height:
        numbers = ", ".join(page.text.plain(number) for number in flagged["order_number"].head(20))
        st.error(
            page.n_(
                "{n} order was sent, and a newer file still shows it to be shipped. Look it up in the back office; it "
                "may go into a file again: {numbers}",
                "{n} orders were sent, and a newer file still shows them to be shipped. Look them up in the back "
                "office; they may go into a file again: {numbers}",
                flagged.height,
                numbers=numbers,
            ),
            icon=":material/flag:",
        )
    found = shipment_send.manifests(page.desk)
    if found.is_empty():
        st.caption(page._("No shipment file was handed out yet."))
        return
    shown = found.select(
        **{
            page._("Handed out"): tables.moment("at", page.zone, page.text),
            page._("Shop"): pl.col("shop"),
            page._("By"): pl.col("person"),
            page._("Layout"): tables.words("layout", LAYOUTS, page.text),
            page._("Orders"): pl.col("orders"),
            **{page._(name): pl.col(code) for code, name in OUTCOMES.items()},
            page._("File"): pl.col("file_name"),
        }
    )
    key, alt = f"manifests_{found['id'][0]}", page._("Shipment files that were handed out, newest first")
    for row in tables.chosen(shown, key=key, selection_mode="single-row", alt=alt):
        one(page, int(found["id"][row]))


def one(page: Page, manifest_id: int) -> None:
    """One manifest: the file, its hash, every order with its verdict."""
    head, rows, _ = shipment_send.manifest(page.desk, manifest_id)
    st.markdown(f"**{page.text.plain(head['file_name'])}**")
    st.caption(page._("SHA-256 of the file: {sha256}", sha256=head["sha256"]))
    downloads(page, manifest_id)
    alt, key = page._("Orders of the file"), f"manifest_{manifest_id}"
    st.dataframe(in_words(page, rows), hide_index=True, key=key, alt=alt, placeholder=NOTHING)


def in_words(page: Page, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a manifest as people read them."""
    return rows.select(
        **{
            page._("Order"): pl.col("order_number"),
            page._("Carrier"): pl.col("carrier"),
            page._("Tracking number"): pl.col("tracking_number"),
            page._("Verdict"): tracking_verdicts.labelled(page.text),
            page._("Evidence"): tables.words("evidence", tracking_verdicts.EVIDENCE, page.text),
            page._("Gate"): tables.words("gate", tracking_verdicts.GATES, page.text),
            page._("Word of"): pl.col("word_person"),
            page._("Reason"): pl.col("word_reason"),
            page._("Became of it"): tables.words("outcome", shipment_send.OUTCOMES, page.text),
            page._("Tracking link"): pl.col("tracking_url"),
        }
    )


def downloads(page: Page, manifest_id: int) -> None:
    """The file as it was handed out, and its manifest."""
    head, rows, data = shipment_send.manifest(page.desk, manifest_id)
    if not data:
        st.caption(page._("The file itself was wiped with an order in it: its links named a buyer's postcode."))
    with st.container(horizontal=True):
        if data:
            st.download_button(
                page._("Shipment file"),
                data,
                head["file_name"],
                key=f"fetch_file_{manifest_id}",
                on_click="ignore",
                icon=":material/download:",
                type="primary",
            )
        st.download_button(
            page._("Manifest"),
            lambda: exports.csv(shipment_send.as_table(head, rows)),
            f"{head['file_name'].rsplit('.', 1)[0]}-manifest.csv",
            tables.CSV_TYPE,
            key=f"fetch_manifest_{manifest_id}",
            on_click="ignore",
            icon=":material/receipt_long:",
        )
