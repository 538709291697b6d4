"""Who else has this case open, looked at every now and then without drawing the page anew."""

from zoneinfo import ZoneInfo

import streamlit as st

from core.desk import presence
from core.desk.base import OrderKey, SignedOut, utc_now
from core.desk.returns import CaseKey
from ui.frame import Page


@st.fragment(run_every=presence.BEAT)
def draw(page: Page, key: OrderKey | CaseKey) -> None:
    """One line for everybody else on the case, and our own sign of life."""
    try:
        others = presence.here(page.desk, page.person, key, utc_now())
    except SignedOut:
        st.rerun()  # the whole page, which says so
    for person, since in others.iter_rows():
        at = f"{since.astimezone(ZoneInfo(page.zone)):%H:%M}"
        st.info(
            page._("{person} is on this case since {at}.", person=page.text.plain(person), at=at),
            icon=":material/group:",
        )
