"""Word left by a callback for the run that follows it: saved, refused, or changed meanwhile."""

from typing import Final

import streamlit as st

_KEY: Final = "notices"


def leave(kind: str, sentence: str) -> None:
    """Keep a sentence until it is drawn once. ``kind``: done, warning or error."""
    st.session_state.setdefault(_KEY, []).append((kind, sentence))


def draw() -> None:
    """Show what was left: what is done passes by itself, the rest stays until the next step."""
    left = st.session_state.pop(_KEY, [])
    for sentence in [sentence for kind, sentence in left if kind == "done"]:
        st.toast(sentence, icon=":material/done:")
    errors = [sentence for kind, sentence in left if kind == "error"]
    warnings = [sentence for kind, sentence in left if kind == "warning"]
    if errors:
        st.error("\n\n".join(errors), icon=":material/error:")
    if warnings:
        st.warning("\n\n".join(warnings), icon=":material/warning:")
