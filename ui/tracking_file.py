"""The shipment file: what would go, what stays and why, the typed confirmation."""

import polars as pl
import streamlit as st

from core.desk import settings, shipment_send, shipments
from core.desk.shipment_files import Ending, Layout, Spoilt
from core.desk.shipment_send import Seen
from core.desk.shipment_template import REFUSALS, NoTemplate
from ui import labels, notices, tracking_sent, tracking_table, tracking_template
from ui.frame import Page
from ui.refusals import told
from ui.tracking_layouts import ENDINGS, LAYOUTS


def draw(page: Page, looked: pl.DataFrame) -> None:
    """One shop at a time: choose, look, confirm, fetch."""
    ready = looked.group_by("shop_id").agg(goes=pl.col("held_back").is_null().sum())
    shops = settings.shops(page.desk).join(ready, left_on="id", right_on="shop_id").sort("goes", descending=True)
    known = {row["id"]: row for row in shops.iter_rows(named=True)}
    handed_out(page)
    if not known:
        st.caption(page._("No order is to be shipped."))
        return
    left, middle, right = st.columns([2, 2, 1])
    with left:
        shop_id = st.selectbox(
            page._("Shop of the file"),
            list(known),
            format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
            key="file_shop",
        )
    market = known[shop_id]["marketplace"]
    with middle:
        layout = st.selectbox(
            page._("Layout"),
            shipment_send.layouts(page.desk, market),
            format_func=lambda name: page._(LAYOUTS[name]),
            key="file_layout",
        )
    with right:
        ending = st.selectbox(
            page._("File type"), shipment_send.ENDINGS[layout], format_func=ENDINGS.__getitem__, key="file_ending"
        )
    pending = shipment_send.pending(page.desk, shop_id, page.minute)
    counts(page, pending)
    if pending.page.height:
        confirm(page, pending, shop_id, layout, ending)
    tracking_template.draw(page, market)


def counts(page: Page, pending: shipment_send.Pending) -> None:
    """What goes in this file, what in the next ones, and what stays with its reason."""
    n, rest = pending.page.height, pending.ready.height - pending.page.height
    said = [page.n_("{n} order goes into this file.", "{n} orders go into this file.", n)]
    if rest:
        said.append(page.n_("{n} more fits the next file (CD-S7).", "{n} more wait for the next files (CD-S7).", rest))
    st.markdown(" ".join(said) if n else page._("No order of this shop may go at the moment."))
    held = pending.held.group_by("held_back").len().sort("len", descending=True)
    if held.height:
        told = [(count, page._(shipments.HELD_BACK[code])) for code, count in held.iter_rows()]
        lines = [f"- {page._('{name}: {value}', name=count, value=why)}" for count, why in told]
        st.markdown(page._("What stays:") + "\n" + "\n".join(lines))
    if n:
        with st.expander(page._("The orders of this file"), icon=":material/list:"):
            shown, style = tracking_table.drawn(page, tracking_table.in_words(page, pending.page))
            st.dataframe(
                shown, hide_index=True, alt=page._("The orders of this file"), key="file_rows",
                column_order=tracking_table.brief(page), **style,
            )  # fmt: skip


def confirm(page: Page, pending: shipment_send.Pending, shop_id: int, layout: Layout, ending: Ending) -> None:
    """The irreversible step, said plainly; it takes the number of orders, typed."""
    shown = shipment_send.seen(pending.page)
    st.warning(
        page.n_(
            "Once the file is uploaded, the marketplace keeps what it says of {n} order: it cannot be changed or "
            "taken back (CD-S6). Type the number of orders to hand it out.",
            "Once the file is uploaded, the marketplace keeps what it says of {n} orders: it cannot be changed or "
            "taken back (CD-S6). Type the number of orders to hand it out.",
            len(shown),
        ),
        icon=":material/lock:",
    )
    bar = page.bar("send", shop_id)
    with st.form("hand_out", border=False, clear_on_submit=True):
        st.text_input(page._("Number of orders"), key="typed_count", width=200)
        st.form_submit_button(
            page._("Hand out the file"),
            type="primary",
            on_click=_hand_out,
            args=(page, shop_id, layout, ending, shown),
            disabled=bool(bar),
            help=bar,
        )


@told
def _hand_out(page: Page, shop_id: int, layout: Layout, ending: Ending, shown: list[Seen]) -> None:
    typed = st.session_state["typed_count"].strip()
    count = int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 7 else -1
    try:
        manifest_id = shipment_send.hand_out(page.desk, page.person, shop_id, layout, ending, shown, count, page.now)
    except shipment_send.WrongCount:
        said = page._("That is not the number of orders in the file ({n}). Nothing was handed out.", n=len(shown))
        notices.leave("error", said)
    except shipment_send.Moved:
        notices.leave(
            "error",
            page._(
                "Something else would go than what you saw: somebody changed an order, a number or a carrier. Look "
                "again; nothing went out."
            ),
        )
    except Spoilt:
        notices.leave(
            "error", page._("The file did not read back as it was written, so it was thrown away. Nothing went out.")
        )
    except NoTemplate as why:
        notices.leave("error", page._(REFUSALS[why.code], **why.params))
    else:
        st.session_state["handed_out"] = manifest_id


def handed_out(page: Page) -> None:
    """The file that was just made: to be fetched, with its manifest."""
    manifest_id = st.session_state.get("handed_out")
    if manifest_id is None:
        return
    with st.container(border=True):
        st.success(page._("The file is ready. Fetch it and upload it in the marketplace's back office."))
        tracking_sent.downloads(page, manifest_id)
