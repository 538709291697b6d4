"""Today: what has to be done next, over all kinds of work."""

import streamlit as st

from core.desk import imports, work
from ui import actions, bands, charts, filters, tables, worklist
from ui.frame import page as open_page

SHOWS = ("CD-O1", "CD-O4", "CD-C1", "CD-R1", "CD-R4", "CD-S9", "XX-D1", "XX-D2", "XX-D3")
NEXT = 12
"""How many work items the page shows; the rest stands on Orders and Returns."""

page = open_page()
worklist.title(page, page._("Today"))
judged = work.queue(page.desk, page.minute)
if judged.is_empty() and imports.newest(page.desk) is None:
    worklist.offer_start(page)
    st.stop()

worklist.figures(page, judged)
live = judged.filter(bands.place().is_in([*map(str, bands.SHAPES), "cannot_tell"]))
coming, picture = st.columns([3, 2])
with coming:
    st.subheader(page._("Next"), anchor=False)
    if live.is_empty():
        st.success(page._("Nothing has to be done before a deadline."), icon=":material/done:")
    else:
        first = live.head(NEXT)
        frame, style = worklist.drawn(page, worklist.in_words(page, first))
        picked = tables.chosen(
            frame,
            key="next_" + filters.table_key(first),
            selection_mode="single-row",
            column_order=worklist.brief(page),
            alt=page._("The next work items, most urgent first"),
            **style,
        )
        actions.open_work(page, first[picked])
    with st.container(horizontal=True):
        if st.button(page._("All orders"), icon=":material/list_alt:", key="to_orders"):
            st.switch_page("../pages/orders.py")
        if st.button(page._("All returns"), icon=":material/assignment_return:", key="to_returns"):
            st.switch_page("../pages/returns.py")
    tables.downloads(page, worklist.in_words(page, judged), "desk48-today")
with picture:
    st.subheader(page._("Deadlines of the next 72 hours"), anchor=False)
    charts.draw_deadlines(page, judged)
