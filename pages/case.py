"""Case: one order on one page, reached from everywhere and from the search box."""

import re

import streamlit as st

from core.desk import cases
from core.desk.base import OrderKey
from ui import actions, case_view, notices, presence_view, privacy_view, record_view, worklist
from ui.frame import page as open_page

SHOWS = ("CD-O1", "CD-O2", "CD-O4", "CD-C1", "CD-S1", "CD-S2", "CD-S9", "XX-D1", "XX-D2", "XX-D3", "XX-P1")

page = open_page()
number, shop, sought = (st.query_params.get(name) for name in ("order", "shop_id", "q"))
worklist.title(page, page._("Case"))
notices.draw()

key = OrderKey(int(shop), number) if number and shop and re.fullmatch("[0-9]{1,18}", shop) else None
if key is None and sought:
    key = case_view.choose(page, sought)
elif key is None:
    st.info(page._("Search for an order number, a tracking number, a buyer or a SKU in the box at the side."))
found = cases.case(page.desk, key, page.minute) if key else None
if key and found is None:
    st.error(page._("The base does not know this order."))
if found is None:
    st.stop()

presence_view.draw(page, found.key)
case_view.head(page, found)
clock, people = st.columns([3, 2])
with clock:
    case_view.derivation(page, found)
    case_view.facts(page, found)
    case_view.lines(page, found)
with people:
    if found.judged:
        actions.draw(page, case_view.as_row(page, found), on_case_page=True)
    case_view.record(page, found)
    record_view.about(page, found.key.shop_id, found.key.order_number)
    privacy_view.draw_order(page, found.key)
