"""Who sits here: whom the browser's session belongs to, or the one local user where nobody signs in."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section

from core.desk import sessions, settings
from core.desk.base import Desk, Person
from core.desk.people import LOCAL

COOKIES: Final = ("__Host-desk48_session", "desk48_session")
"""The session's cookie over https, and without; the gate has seen to it that it is the right one."""


def cookies() -> Mapping[str, str]:
    """What the browser sent when this page was opened."""
    return st.context.cookies


def token() -> str | None:
    """The token of the session, as the browser holds it."""
    held = cookies()
    return next((held[name] for name in COOKIES if name in held), None)


def signs_in(desk: Desk) -> bool:
    """Whether people sign in here."""
    return sessions.needed(desk) or bool(get_secrets_auth_section())


def here(desk: Desk, now: dt.datetime, *, signs_in: bool) -> Person | None:
    """The person at this page; None where a session is needed and there is none any more."""
    if signs_in:
        return sessions.person_of(desk, token(), now)
    return Person(chosen(settings.team(desk).people) or LOCAL)


def chosen(people: tuple[str, ...]) -> str | None:
    """Whom of the team the link or the session names; a name that the team does not have (an old link) is dropped."""
    wish = st.query_params.get("me") or st.session_state.get("me")
    return wish if wish in people else None
