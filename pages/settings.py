"""Settings: the shops, the team's calendar, the limits of the bands."""

from typing import Final

import streamlit as st

from ui import notices, people_settings, privacy_view, screens_settings, settings_forms, tracking_settings
from ui.frame import page as open_page

SHOWS: Final = ("CD-O3", "CD-O5", "CD-S7", "CD-S9", "CD-W2", "XX-D1", "XX-P1")

page = open_page()
st.title(page._("Settings"), anchor=False)
st.caption(
    page._(
        "Saved by {person}. The team is in {zone}; every deadline is judged anew as soon as this is saved.",
        person=page.person.name,
        zone=page.text.city(page.zone),
    )
)
notices.draw()
shops_tab, team_tab, limits_tab, shipments_tab, screens_tab, privacy_tab, people_tab = st.tabs(
    [
        page._("Shops"),
        page._("Team calendar"),
        page._("Limits of the bands"),
        page._("Shipments"),
        page._("Team screens"),
        page._("Personal data"),
        page._("People"),
    ]
)
with shops_tab:
    settings_forms.shops(page)
with team_tab:
    settings_forms.team(page)
with limits_tab:
    settings_forms.limits(page)
with shipments_tab:
    tracking_settings.draw(page)
with screens_tab:
    screens_settings.draw(page)
with privacy_tab:
    privacy_view.draw_settings(page)
with people_tab:
    people_settings.draw(page)
