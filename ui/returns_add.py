"""A return request typed, pasted or out of a file; all three become rows of the same kind."""

import datetime as dt
from typing import Any

import polars as pl
import streamlit as st

from core.desk import imports, return_typing, settings
from core.policy.returns import say
from core.policy.returns.frames import Reason
from ui import import_view, labels, notices, tables
from ui.frame import Page
from ui.refusals import told


def draw(page: Page) -> None:
    """Choose the shop, then one of the three ways."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    if not known:
        st.info(page._("Add a shop on Imports first."), icon=":material/storefront:")
        if st.button(page._("To the imports"), key="to_imports", icon=":material/upload_file:"):
            st.switch_page("../pages/imports.py")
        return
    shop_id = st.selectbox(
        page._("Shop"), list(known), key="returns_shop", width=360,
        format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
    )  # fmt: skip
    form, paste, file = st.columns(3)
    with form, st.container(border=True, height="stretch"):
        st.markdown("**" + page._("One request") + "**")
        _form(page, int(shop_id))
    with paste, st.container(border=True, height="stretch"):
        st.markdown("**" + page._("Paste several") + "**")
        _paste(page, int(shop_id), known[shop_id]["zone"])
    with file, st.container(border=True, height="stretch"):
        st.markdown("**" + page._("A file") + "**")
        _file(page, int(shop_id))


def _form(page: Page, shop_id: int) -> None:
    with st.form("one_return", border=False, clear_on_submit=True):
        number = st.text_input(page._("Order number"), key="new_return_order")
        words = {str(reason): page._(say.REASONS[reason]) for reason in Reason}
        reason = st.selectbox(
            page._("Reason"),
            list(words),
            index=None,
            format_func=words.__getitem__,
            placeholder=page._("unknown"),
            key="new_return_reason",
        )
        asked = st.datetime_input(page._("Received at (the shop's time)"), None, key="new_return_asked")
        delivered = st.date_input(page._("Delivered on"), None, key="new_return_delivered")
        article = st.text_input(page._("Article (your own SKU), where it is not the whole order"), key="new_return_sku")
        wrote = st.text_area(page._("What the buyer wrote"), key="new_return_text", height=70)
        bar = page.bar("decide", shop_id)
        sent = st.form_submit_button(page._("Add it"), type="primary", disabled=bool(bar), help=bar)
    if not sent:
        return
    if not number.strip() or asked is None:
        st.error(page._("An order number and the instant of the notice are needed: the clock starts there."))
        return
    facts: dict[str, Any] = {
        "order_number": number, "reason_word": reason, "requested_at": asked, "seller_sku": article.strip(),
        "delivered_at": dt.datetime.combine(delivered, dt.time(12)) if isinstance(delivered, dt.date) else None,
        "reason_text": wrote.strip(),
    }  # fmt: skip
    _record(page, shop_id, return_typing.typed(page.desk, shop_id, facts))


def _paste(page: Page, shop_id: int, zone: str) -> None:
    st.caption(
        page._(
            "Order number, reason, received at, delivered at, words of the buyer: parted by tabs, one request a line. "
            "With the template's header line, any of its columns."
        )
    )
    text = st.text_area(page._("Lines"), key="pasted_returns", height=200)
    if not text.strip():
        return
    try:
        read = return_typing.pasted(page.desk, shop_id, text, page.now)
    except return_typing.NotReturns as why:
        st.error(page._(str(why)))
        return
    st.dataframe(
        read.rows.select(
            **{
                page._("Order"): pl.col("order_number"),
                page._("Reason"): pl.col("reason_word"),
                page._("Received at ({zone} time)", zone=page.text.city(zone)): tables.moment(
                    "requested_at", zone, page.text
                ),
            }
        ),
        hide_index=True,
        height=150,
        alt=page._("What will be added"),
    )
    for line, code, value in (
        read.findings.filter(pl.col("level") != "note").select("line", "code", "value").iter_rows()
    ):
        sentence, _ = imports.finding_text(code)
        st.warning(page.text.plain(f"{line}: " + page._(sentence, column="", value=value or "", line=line)))
    label, bar = page.n_("Add {n} request", "Add {n} requests", read.rows.height), page.bar("decide", shop_id)
    st.button(
        label,
        type="primary",
        key="add_pasted",
        disabled=bool(read.rows.is_empty() or bar),
        help=bar,
        on_click=_add_pasted,
        args=(page, shop_id, read),
    )


@told
def _add_pasted(page: Page, shop_id: int, read: Any) -> None:
    _record(page, shop_id, read, again=False)
    st.session_state["pasted_returns"] = ""


def _record(page: Page, shop_id: int, read: Any, *, again: bool = True) -> None:
    written = return_typing.record(page.desk, page.person, shop_id, read, page.now)
    notices.leave("done", page.n_("{n} request is new or changed.", "{n} requests are new or changed.", written))
    if again:
        st.rerun()


def _file(page: Page, shop_id: int) -> None:
    st.caption(page._("Desk48's return template, or Amazon's returns report."))
    round_ = st.session_state.get("returns_round", 0)
    file = st.file_uploader(
        page._("File of returns"), ["csv", "tsv", "txt", "xlsx", "xml"], key=f"returns_file_{round_}"
    )
    st.download_button(
        page._("Template (CSV)"), return_typing.template_csv, file_name="desk48_returns.csv", mime="text/csv",
        on_click="ignore", icon=":material/description:", key="returns_template",
    )  # fmt: skip
    if file is None:
        return
    try:
        seen = imports.preview(page.desk, shop_id, file.name, file.getvalue(), page.now)
    except (imports.Refused, imports.WrongShop) as why:
        import_view.refusal(page, file.name, why)
        return
    if getattr(seen.reading, "kind", "orders") != return_typing.KIND:
        st.error(page._("This file holds no return requests; bring it in on Imports."))
        return
    st.caption(
        page._(
            "{new} new, {changed} changed, {unchanged} unchanged, {rejected} rejected.",
            new=seen.new,
            changed=seen.changed,
            unchanged=seen.unchanged,
            rejected=seen.rejected,
        )
    )
    label = page.n_("Write {n} request", "Write {n} requests", seen.new + seen.changed)
    bar = page.bar("import", shop_id)
    st.button(
        label, type="primary", key="write_returns", disabled=bool(seen.already or bar), help=bar,
        on_click=_write, args=(page, seen),
    )  # fmt: skip
    if seen.already:
        st.caption(page._("The same file was imported before."))


@told
def _write(page: Page, seen: imports.ImportPreview) -> None:
    done = imports.write(page.desk, page.person, seen, page.now)
    notices.leave(
        "done", page.n_("{n} request is new or changed.", "{n} requests are new or changed.", done.new + done.changed)
    )
    st.session_state["returns_round"] = st.session_state.get("returns_round", 0) + 1
