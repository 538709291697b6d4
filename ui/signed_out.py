"""What a page becomes when its session has ended: nothing but the way to the sign-in."""

from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.desk.base import Person, SignedOut
from ui import frame
from ui.text import text

WATCHED_EVERY = "60s"


def leave() -> None:
    """Send the browser to the sign-in and back here afterwards; what was shown goes with the page.

    Streamlit has the message for its own sign-in, and no function for another target.
    """
    query = urlencode(st.query_params.to_dict())
    here = urlsplit(str(st.context.url or "/")).path + (f"?{query}" if query else "")
    message = ForwardMsg()
    message.auth_redirect.url = "/sign-in?" + urlencode({"next": here, "lang": frame.language()})
    context = get_script_run_ctx()
    if context is not None:
        context.enqueue(message)
    st.info(
        text(frame.language())._("Your session has ended. Load this page again to sign in."), icon=":material/lock:"
    )


@st.fragment(run_every=WATCHED_EVERY)
def watch(person: Person) -> None:
    """A page that nobody touches goes too, soon after its session has ended. That is no use of the session."""
    try:
        person.still()
    except SignedOut:
        leave()
