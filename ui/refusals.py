"""What the desk refuses, in one sentence: a role that does not include it, a session that ended, nothing there.

Pages leave out what would be refused; what arrives all the same is said here, once for all pages and callbacks.
"""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

import streamlit as st

from core.desk.access import ACTION_WORDS
from core.desk.base import NotAllowed, NotThere, SignedOut
from core.policy.words import N_
from ui.text import Text

Given = ParamSpec("Given")
REFUSED: Final = (NotAllowed, SignedOut, NotThere)
"""What ``core.desk`` raises where it refuses somebody."""
NO_ROLE: Final = N_("You have no role here, so there is nothing to see. An admin of the team can give you one.")
_LEFT: Final = "refused"


def of_action(text: Text, action: str) -> str:
    """That the reader's role does not include an action of ``core.desk.access.ACTION_WORDS``."""
    return text._("Your role here does not include this: {action}.", action=text._(ACTION_WORDS[action]))


def sentence(text: Text, why: Exception) -> str:
    """A refusal in words."""
    if isinstance(why, NotAllowed):
        return of_action(text, why.action)
    if isinstance(why, SignedOut):
        return text._("You are signed out, or your role was changed. Nothing was written: load the page again.")
    return text._("There is nothing here of this number.")


def told(write: Callable[Given, None]) -> Callable[Given, None]:
    """A callback that writes: what the desk refuses is said by the run that follows it."""

    @wraps(write)
    def callback(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            write(*args, **kwargs)
        except REFUSED as why:
            st.session_state[_LEFT] = why.with_traceback(None)

    return callback


def draw(text: Text) -> None:
    """Say what was refused in a callback, once."""
    why = st.session_state.get(_LEFT)
    if why is not None:
        show(text, why)


def show(text: Text, why: Exception) -> None:
    """Say a refusal on the page, instead of one that a callback left."""
    st.session_state.pop(_LEFT, None)
    st.error(sentence(text, why), icon=":material/block:")
