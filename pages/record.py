"""Record: who did what, when, from where and why; each row chained to the one before."""

from typing import Final

import streamlit as st

from core.desk import record
from ui import record_view, tables
from ui.frame import Page
from ui.frame import page as open_page

SHOWS: Final = ()
PLACES: Final = "record_places"


def looked(page: Page, wanted: record.Wanted, size: int) -> record.Found:
    """The stretch of the record that is open; another search begins at the newest again."""
    asked, places = st.session_state.get(PLACES, (None, []))
    if asked != (wanted, size):
        places = []
    found = record.look(page.desk, wanted, places[-1] if places else None, size)
    st.session_state[PLACES] = (wanted, size), places
    return found


def steps(page: Page, found: record.Found) -> None:
    """To the older rows and back to the newest."""
    places = st.session_state[PLACES][1]
    if found.reached is not None:
        st.caption(
            page._(
                "Looked through the record back to {at}.",
                at=page.text.plain(page.text.moment(found.reached, page.zone)),
            )
        )
    with st.container(horizontal=True):
        st.button(page._("Newest"), key="record_newest", disabled=not places, on_click=places.clear)
        st.button(
            page._("Older"),
            key="record_older",
            disabled=found.older is None,
            on_click=places.append,
            args=(found.older,),
        )


page = open_page()
st.title(page._("The record"), anchor=False)
st.caption(page._("What was done here, newest first: nothing in it can be changed or taken away without being found."))
found = looked(page, *record_view.filters(page))
if found.rows.is_empty():
    st.info(page._("Nothing was found here. Empty a filter, or look at older rows."), icon=":material/history_edu:")
else:
    shown = record_view.in_words(page, found.rows)
    picked = tables.chosen(
        shown,
        key=f"record_{found.rows['n'][0]}_{found.rows.height}",
        selection_mode="single-row",
        height="auto" if shown.height < 10 else 400,
        alt=page._("Rows of the record, newest first"),
    )
    if picked:
        record_view.details(page, found.rows.row(picked[0], named=True))
    else:
        st.caption(page._("Choose a row to read it in full."))
steps(page, found)
if found.rows.height:
    tables.downloads(page, shown, "desk48-record")
if page.person.may("backup"):
    record_view.holds(page)
