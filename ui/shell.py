"""Runs before every page: its title and navigation, the language, who sits here, the search box."""

import logging
from pathlib import Path
from typing import Final

import streamlit as st

from core.desk import sessions
from core.desk.base import Person, SignedOut, StoreUnavailable, utc_now
from core.policy.words import N_
from ui import frame, refusals, signed_out, who
from ui.text import LANGUAGES, Text, text

PAGES_DIR: Final = Path(__file__).resolve().parents[1] / "pages"
ICON: Final = Path(__file__).with_name("icon.png")
PAGES: Final = (
    ("today", N_("Today"), ":material/today:"),
    ("orders", N_("Orders"), ":material/list_alt:"),
    ("tracking", N_("Tracking"), ":material/local_shipping:"),
    ("returns", N_("Returns"), ":material/assignment_return:"),
    ("imports", N_("Imports"), ":material/upload_file:"),
    ("rules", N_("Rules"), ":material/gavel:"),
    ("record", N_("The record"), ":material/history_edu:"),
    ("settings", N_("Settings"), ":material/settings:"),
    ("case", N_("Case"), ":material/folder_open:"),
    ("screen", N_("Team screen"), ":material/tv:"),
)
"""File name, title, icon. The first is the one that opens at the bare address."""

SCREEN: Final = "screen"
FOUND_BY_LINK: Final = frozenset({"case", SCREEN})
"""Pages that are reached from others and do not stand in the navigation."""


def registry(words: Text) -> dict[str, st.Page]:
    """The pages that exist, by file name."""
    return {
        name: st.Page(
            PAGES_DIR / f"{name}.py",
            title=words._(title),
            icon=icon,
            default=name == PAGES[0][0],
            visibility="hidden" if name in FOUND_BY_LINK else "visible",
        )
        for name, title, icon in PAGES
        if (PAGES_DIR / f"{name}.py").exists()
    }


def choose_language(lang: str, words: Text) -> None:
    """The language box; its choice goes to the link first, which the next run reads."""
    st.session_state["lang_choice"] = lang
    st.selectbox(
        words._("Language"),
        list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        key="lang_choice",
        on_change=lambda: frame.keep("lang", st.session_state["lang_choice"]),
    )


def choose_person(people: tuple[str, ...], words: Text) -> None:
    """Who decides here, where nobody signs in."""
    st.caption(words._("No sign-in: one local user."))
    me = who.chosen(people)
    frame.keep("me", me)
    if not people:
        return
    st.session_state["me_choice"] = me
    st.selectbox(
        words._("You are"),
        people,
        index=None,
        key="me_choice",
        placeholder=words._("Choose your name"),
        on_change=lambda: frame.keep("me", st.session_state["me_choice"]),
    )


def signed_in(person: Person, words: Text) -> None:
    """Who signed in, and the way out."""
    st.caption(words._("Signed in as {name}.", name=words.plain(person.name)))
    st.button(
        words._("Sign out"),
        key="sign_out",
        icon=":material/logout:",
        on_click=lambda: sessions.end(frame.desk(), who.token() or "", utc_now()),
    )
    signed_out.watch(person)


def person_box(page: frame.Page) -> None:
    """Who sits here."""
    if page.signs_in:
        signed_in(page.person, page.text)
    else:
        choose_person(page.team.people, page.text)


def opened(words: Text) -> frame.Page | None:
    """What the page starts from; None where the session has ended. Where the base cannot be used, the page ends
    with a sentence instead."""
    try:
        return frame.begin()
    except SignedOut:
        return None
    except StoreUnavailable as trouble:
        logging.getLogger(__name__).error("%s", trouble)
    st.error(
        words._(
            "The database cannot be used at the moment. What was saved is still there, and nothing new was "
            "written. Reload this page; if that does not help, read what the server says of it."
        ),
        icon=":material/database_off:",
    )
    st.stop()


def search_box(words: Text) -> None:
    """One box for every number, name and SKU; Enter leads to the case page."""
    st.text_input(
        words._("Find an order"),
        key="search_text",
        type="search",
        placeholder=words._("Order or tracking number, buyer, SKU"),
        icon=":material/search:",
        on_change=lambda: st.session_state.update(search_asked=True),
    )


def no_role(page: frame.Page) -> None:
    """All that somebody without a role is shown, on every page."""
    with st.sidebar:
        person_box(page)
        choose_language(page.lang, page.text)
    st.info(page._(refusals.NO_ROLE), icon=":material/lock_person:")


def run() -> None:
    """Draw the frame and run the page that the address names."""
    # Before the navigation: a page's icon would else be fetched from outside as the favicon.
    st.set_page_config(page_title="Desk48", page_icon=str(ICON), layout="wide")
    lang = frame.language()
    words = text(lang)
    pages = registry(words)
    chosen = st.navigation(list(pages.values()))
    st.set_page_config(page_title=f"{chosen.title} · Desk48")
    if chosen.url_path == SCREEN:
        # Opened by a token and by nobody who is known: nothing of the frame stands around it.
        st.navigation(list(pages.values()), position="hidden")
        chosen.run()
        return
    frame.keep("lang", lang)
    page = opened(words)
    if page is None or page.desk.sees == frozenset():
        st.navigation(list(pages.values()), position="hidden")
    if page is None:
        signed_out.leave()
        return
    if page.desk.sees == frozenset():
        no_role(page)
        return
    with st.sidebar:
        search_box(words)
        person_box(page)
        choose_language(lang, words)
    asked = st.session_state.pop("search_asked", False)
    sought = st.session_state["search_text"].strip()
    if asked and sought and "case" in pages:
        st.switch_page(pages["case"], query_params={"q": sought})
    try:
        page.person.still()
        refusals.draw(words)
        chosen.run()
    except refusals.REFUSED as why:
        refusals.show(words, why)


run()
