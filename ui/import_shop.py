"""The shop that files belong to: chosen, or added."""

import streamlit as st

from core.desk import settings
from ui import labels, notices
from ui.frame import Page
from ui.refusals import told


def choose(page: Page) -> int | None:
    """The shop that the files belong to; None until there is one."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    shop_id: int | None = st.selectbox(
        page._("Shop of the files"),
        list(known),
        format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
        placeholder=page._("Add a shop first"),
        key="import_shop",
    )
    with st.expander(page._("Add a shop"), expanded=not known, icon=":material/add_business:"):
        add(page)
    return shop_id


def add(page: Page) -> None:
    """A new shop: its marketplace and its name; it is chosen at once."""

    @told
    def save() -> None:
        market, name = st.session_state["new_shop_marketplace"], st.session_state["new_shop_name"]
        try:
            st.session_state["import_shop"] = settings.add_shop(page.desk, page.person, market, name)
        except settings.Unclear as error:
            notices.leave("error", page._(error.sentence, text=page.text.plain(error.text)))

    with st.form("new_shop", border=False):
        st.selectbox(
            page._("Marketplace"),
            [str(market) for market in labels.MARKETPLACES],
            format_func=labels.MARKETPLACES.__getitem__,
            key="new_shop_marketplace",
        )
        st.text_input(page._("Name of the shop"), key="new_shop_name")
        bar = page.bar("import")
        st.form_submit_button(page._("Add"), on_click=save, disabled=bool(bar), help=bar)
