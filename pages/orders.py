"""Orders: the queue by time left, and what is decided about the chosen ones."""

import streamlit as st

from core.desk import imports, orders
from ui import actions, charts, filters, notices, tables, worklist
from ui.frame import page as open_page

SHOWS = ("CD-O1", "CD-O2", "CD-O4", "CD-C1", "CD-S1", "CD-S2", "CD-S9", "CD-H1", "XX-D1", "XX-D2", "XX-D3")

page = open_page()
worklist.title(page, page._("Orders"))
notices.draw()
judged = orders.queue(page.desk, page.minute)
if judged.is_empty() and imports.newest(page.desk) is None:
    worklist.offer_start(page)
    st.stop()

worklist.figures(page, judged)
found = filters.draw(page, judged)
shown = worklist.in_words(page, found)
st.caption(
    page.n_(
        "{n} order, most urgent first. Choose rows to decide.",
        "{n} orders, most urgent first. Choose rows to decide.",
        found.height,
    )
)
frame, style = worklist.drawn(page, shown)
picked = tables.chosen(
    frame, key=filters.table_key(found), height=420, alt=page._("Open orders, most urgent first"), **style
)
actions.draw(page, found[picked])

with st.expander(page._("To carry out in the back office"), icon=":material/assignment:"):
    pending = found.filter(kind="carry_out")
    if pending.is_empty():
        st.write(page._("Nothing waits to be carried out."))
    else:
        st.caption(page._("Copy the numbers, carry them out in the marketplace's back office, then tick them here."))
        st.code("\n".join(pending["order_number"]), language=None)
        tables.downloads(page, worklist.in_words(page, pending), "desk48-carry-out")
with st.expander(page._("Deadlines of the next 72 hours"), icon=":material/bar_chart:", expanded=True):
    charts.draw_deadlines(page, found)
tables.downloads(page, shown, "desk48-orders")
