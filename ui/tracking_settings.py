"""Settings around shipments: the day of a shop's formal notice, and how many orders one file takes."""

import streamlit as st

from core.desk import settings, shipment_send, surveillance
from core.policy.words import Marketplace
from ui import settings_forms
from ui.frame import Page


def draw(page: Page) -> None:
    """Both forms."""
    notice(page)
    page_size(page)


def notice(page: Page) -> None:
    """The day of the last notice of one shop; it opens the days of surveillance."""
    shops = settings.shops(page.desk).filter(marketplace=str(Marketplace.CDISCOUNT))
    if shops.is_empty():
        st.caption(page._("Surveillance is known of Cdiscount's shops only, and there is none yet."))
        return
    names = dict(shops.select("id", "name").iter_rows())
    shop_id = st.selectbox(page._("Shop"), list(names), format_func=names.__getitem__, key="notice_shop")
    day, version = surveillance.notice(page.desk, shop_id)
    at = f"notice_{shop_id}_{version}"

    def write() -> None:
        surveillance.save_notice(page.desk, page.person, shop_id, settings_forms.state(at), version, page.now)

    with st.form(f"{at}_form", enter_to_submit=False):
        st.date_input(
            page._("Day of the formal notice (mise en demeure)"),
            day,
            key=at,
            format="YYYY-MM-DD",
            width=300,
            help=page._("Rules CD-W1 and CD-W2: it opens 30 days of surveillance. Empty: there is none."),
        )
        settings_forms.save_button(page, page._("Save the notice"), write, shop_id)
    for n, days in surveillance.days(page.desk, page.now).filter(shop_id=shop_id).select("day", "days").iter_rows():
        st.warning(
            page._("Under surveillance: day {day} of {days} (CD-W2).", day=n, days=days), icon=":material/policy:"
        )


def page_size(page: Page) -> None:
    """How many orders the marketplace takes in one file."""
    size, version = shipment_send.page_size(page.desk, Marketplace.CDISCOUNT, page.now.date())
    at = f"file_orders_{version}"

    def write() -> None:
        shipment_send.save_page_size(page.desk, page.person, settings_forms.state(at), version, page.now)

    with st.form(f"{at}_form", enter_to_submit=False):
        st.number_input(
            page._("Orders in one shipment file of Cdiscount"),
            1,
            10_000,
            size,
            key=at,
            width=300,
            help=page._("Rule CD-S7: one page of orders at a time; how long a page is stands in your back office."),
        )
        settings_forms.save_button(page, page._("Save the size"), write)
