"""Tracking: every number is judged before it leaves, and only what passes goes into the shipment file."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import imports, shipments
from ui import (
    notices,
    tables,
    tracking_charts,
    tracking_details,
    tracking_entry,
    tracking_file,
    tracking_sent,
    tracking_table,
    worklist,
)
from ui.frame import page as open_page

SHOWS: Final = (
    *("CD-S1", "CD-S2", "CD-S3", "CD-S4", "CD-S5", "CD-S6", "CD-S7", "CD-S8", "CD-W2", "CD-W3"),
    *("XX-T1", "XX-T2", "XX-T3"),
)

page = open_page()
worklist.title(page, page._("Tracking"))
notices.draw()
if imports.newest(page.desk) is None:
    worklist.offer_start(page)
    st.stop()

looked = shipments.look(page.desk, page.minute)
tracking_table.under_surveillance(page)
tracking_table.figures(page, looked)
found = tracking_table.filtered(page, looked)
shown = tracking_table.in_words(page, found)
picked = tracking_table.draw(page, found, shown)
view = tracking_table.view(page)
if view == "numbers":
    tracking_entry.draw(page, looked, found, picked)
elif view == "chosen":
    tracking_details.draw(page, picked)
elif view == "file":
    tracking_file.draw(page, looked)
elif view == "sent":
    tracking_sent.draw(page, looked.filter(pl.col("flagged")))
else:
    tracking_charts.draw(page)
tables.downloads(page, shown, "desk48-tracking")
