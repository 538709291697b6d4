"""What every page starts from: the open base, the reader's language, the clock, who is acting."""

import datetime as dt
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.desk import settings
from core.desk.base import Desk, Person, SignedOut, open_desk, utc_now
from ui import refusals, who
from ui.text import LANGUAGES, Param, Text, pick, text


@dataclass(frozen=True, slots=True)
class Page:
    """One run of one page. ``now`` is read once, so that everything on the page agrees. ``signs_in``: people sign in
    here."""

    desk: Desk
    text: Text
    now: dt.datetime
    person: Person
    team: settings.Team
    signs_in: bool = False

    @property
    def lang(self) -> str:
        return self.text.lang

    @property
    def minute(self) -> dt.datetime:
        """The start of this minute. The queue is drawn as of it, so that all looks within it share one judgement;
        what is decided is judged and stamped at :attr:`now`."""
        return self.now.replace(second=0, microsecond=0)

    @property
    def zone(self) -> str:
        """The team's own time zone."""
        return self.team.zone

    @property
    def seen(self) -> tuple[object, ...]:
        """What a drawing depends on besides its rows: a kept one is found again by it."""
        return (str(self.desk.engine.url), self.desk.sees, self.desk.revision(), self.minute, self.lang, self.zone)

    def bar(self, action: str, *shop_ids: int) -> str | None:
        """Why the person may not do this in these shops (none named: in all), to stand beside a control; None where
        they may. It only says so beforehand: ``core.desk`` asks again."""
        return None if self.person.may(action, *shop_ids) else refusals.of_action(self.text, action)

    def _(self, msgid: str, **params: Param) -> str:
        return self.text._(msgid, **params)

    def n_(self, singular: str, plural: str, n: int, **params: Param) -> str:
        return self.text.n_(singular, plural, n, **params)


def _close(desk: Desk) -> None:
    desk.engine.dispose()


@st.cache_resource(show_spinner=False, on_release=_close)
def desk() -> Desk:
    """The base, opened once for all sessions of this server."""
    return open_desk()


def person(*, signs_in: bool) -> Person:
    """Who is acting. Raises ``SignedOut`` where that takes a session and there is none any more."""
    found = who.here(desk(), utc_now(), signs_in=signs_in)
    if found is None:
        raise SignedOut
    return found


_OPENED: Final[ContextVar[Page]] = ContextVar("page")


def begin() -> Page:
    """Everything a page needs, as the person may see it; the shell has settled the language before.

    Raises ``SignedOut`` as :func:`person`.
    """
    signs_in = who.signs_in(desk())
    acting = person(signs_in=signs_in)
    seen = desk().seen_by(acting)
    opened = Page(seen, text(language()), utc_now(), acting, settings.team(seen), signs_in)
    _OPENED.set(opened)
    return opened


def page() -> Page:
    """What the shell began this run with: the frame and the page in it have one clock and one person."""
    return _OPENED.get()


def language() -> str:
    """The language in force: that of the link, else the one chosen before, else the browser's."""
    for wish in (st.query_params.get("lang"), st.session_state.get("lang")):
        if wish in LANGUAGES:
            return str(wish)
    return pick(st.context.locale)


def keep(name: str, value: str | None) -> None:
    """Remember a choice for the session and in the link; other parameters of the link stay."""
    st.session_state[name] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
