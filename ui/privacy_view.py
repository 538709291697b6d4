"""Personal data on the pages: how long a shop keeps it, and the wiping of one order after a look at what goes."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import privacy, settings
from core.desk.base import OrderKey
from core.policy.words import N_
from ui import labels, notices, tables
from ui.frame import Page
from ui.refusals import told
from ui.settings_forms import save_button, state
from ui.text import NOTHING

COUNTS: Final = {
    "buyers": N_("Names and addresses of buyers"),
    "notes": N_("Notes and reasons that people wrote"),
    "texts": N_("Texts of returns, questions and disputes"),
    "findings": N_("Cells that findings repeat"),
    "rejected_rows": N_("Rejected rows of files"),
    "before": N_("Earlier values that an undo would need"),
    "record": N_("Personal values in the record"),
    "files": N_("Names of files"),
    "words": N_("Words of returns, questions and disputes that no table knows"),
    "state_words": N_("The shop's own words for states"),
    "links": N_("Links of parcels, as far as they say more than the number"),
}
RUNNING: Final = {
    "returns": N_("Return request {number}"),
    "inquiries": N_("Question {number}"),
    "disputes": N_("Dispute {number}, until {until}"),
}
_ASKED: Final = "wipe_asked"


def draw_order(page: Page, key: OrderKey) -> None:
    """What becomes of the personal data of an order, and the way to wipe it now."""
    st.subheader(page._("Personal data"), anchor=False)
    said = privacy.status(page.desk, key, page.now)
    if said.wiped_at is not None:
        st.write(page._("Wiped on {at} (rule XX-P1).", at=page.text.moment(said.wiped_at, page.zone)))
    elif said.wipe_at is not None:
        st.write(page._("Kept until {day} at most (rule XX-P1).", day=page.text.day(said.wipe_at.date())))
    if said.kept_by is not None and not said.possible:
        st.caption(page._(privacy.KEPT[said.kept_by]) + " " + page._("Until that ends, nothing is wiped."))
        _running(page, key)
    elif page.person.may("privacy", key.shop_id):
        _offer(page, key)


def _running(page: Page, key: OrderKey) -> None:
    """What keeps it, by its number; a return can be opened."""
    for row in privacy.running(page.desk, key, page.now).iter_rows(named=True):
        until = page.text.moment(row["until"], page.zone) if row["until"] else NOTHING
        said = page._(RUNNING[row["kind"]], number=page.text.plain(row["name"] or row["key"]), until=until)
        if row["kind"] == "returns":
            link = {"return": row["key"], "shop_id": str(key.shop_id), "lang": page.lang}
            icon = ":material/assignment_return:"
            st.page_link("../pages/returns.py", label=said, icon=icon, query_params=link)
        else:
            st.markdown(f"- {said}")


def _offer(page: Page, key: OrderKey) -> None:
    """Asked for, then looked at, then done."""
    if st.session_state.get(_ASKED) != key:
        label = page._("Wipe personal data…")
        st.button(label, on_click=_ask, args=(key,), key="wipe", icon=":material/delete_forever:")
        return
    gone = privacy.look(page.desk, page.person, key, page.now)
    st.markdown(page._("What goes for good; the order, its amounts and what was decided stay:"))
    lines = [page._("{name}: {value}", name=page._(label), value=gone[name]) for name, label in COUNTS.items()]
    st.markdown("\n".join(f"- {line}" for line in lines))
    with st.container(horizontal=True):
        st.button(page._("Wipe now"), type="primary", on_click=_wipe, args=(page, key), key="wipe_now")
        st.button(page._("Leave it as it is"), on_click=_ask, args=(None,), key="wipe_not")


def _ask(key: OrderKey | None) -> None:
    st.session_state[_ASKED] = key


@told
def _wipe(page: Page, key: OrderKey) -> None:
    st.session_state[_ASKED] = None
    try:
        privacy.wipe_order(page.desk, page.person, key, page.now)
    except privacy.Kept as why:
        notices.leave("warning", page._(privacy.KEPT[why.why]) + " " + page._("Until that ends, nothing is wiped."))
    else:
        notices.leave("done", page._("The personal data of the order is gone."))


def draw_settings(page: Page) -> None:
    """For how many days each shop keeps personal data."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    if not known:
        st.info(page._("No shops yet. A shop comes with its first file, on the page Imports."))
        return
    shop_id = st.selectbox(
        page._("Shop"),
        list(known),
        format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
        key="privacy_shop",
    )
    held = privacy.retention(page.desk, shop_id, page.now)
    at = f"privacy_{shop_id}_{held.version}"

    def write() -> None:
        privacy.save_retention(page.desk, page.person, shop_id, state(at), held.version, page.now)

    with st.form(f"{at}_form", enter_to_submit=False):
        st.number_input(
            page._("Days that personal data is kept"),
            1,
            privacy.LONGEST,
            held.days,
            key=at,
            help=page._("Rule XX-P1: counted from the last event of an order. What is still open is never wiped."),
        )
        save_button(page, page._("Save"), write, shop_id, action="privacy")
    if not held.own:
        st.caption(page._("Nobody has set it for this shop: the value of rule XX-P1 counts."))
    st.caption(
        page._(
            "Names, addresses, notes and what buyers wrote go; orders, amounts, numbers of parcels and decisions stay. "
            "A file that still names a wiped buyer does not bring them back. The server looks every hour."
        )
    )
    _held(page, shop_id)


def _held(page: Page, shop_id: int) -> None:
    """The orders of a shop that something keeps beyond their days; asked for only where somebody opens the list."""
    title = page._("What is kept although its days are over")
    part = st.expander(title, key="privacy_held", on_change="rerun", icon=":material/pending_actions:")
    if not part.open:
        return
    with part:
        found = privacy.held(page.desk, shop_id, page.now)
        if found.is_empty():
            st.caption(page._("Nothing: every order whose days are over was wiped."))
            return
        shown = found.select(
            pl.col("order_number").alias(page._("Order")),
            tables.words("kept_by", privacy.KEPT, page.text).alias(page._("Why")),
            pl.col("running").alias(page._("What runs")),
            tables.moment("wipe_at", page.zone, page.text).alias(page._("Days over since")),
        )
        alt = page._("Orders whose personal data is kept although its days are over")
        st.dataframe(shown, hide_index=True, placeholder=NOTHING, alt=alt)
