"""Which line of a file is its header: chosen by hand, where the guess is wrong or there is none."""

from typing import Final

import streamlit as st

from core.desk import mappings
from ui import import_batch
from ui.frame import Page
from ui.import_batch import Upload

SHOWN: Final = 160
"""Signs of a line that are shown."""


def choose(page: Page, upload: Upload, why: mappings.Unknown) -> None:
    """The first lines of the file; the one that is chosen is its header, and the line below it the first row."""
    if why.garbled:
        st.warning(
            page._(
                "Cells of this file were read in a wrong encoding before it came here, and no encoding puts that "
                "right. Export it again, and do not open and save it in between."
            ),
            icon=":material/translate:",
        )
    lines = dict(why.choice)
    key = f"header_{upload.id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            page._("Line that is the header"),
            list(lines),
            index=list(lines).index(why.line),
            format_func=lambda line: told(page, line, lines[line]),
            key=key,
            on_change=lambda: import_batch.choose_header(upload, st.session_state[key]),
        )
        if import_batch.header(upload) is not None:
            back(page, upload)


def told(page: Page, line: int, cells: tuple[str, ...]) -> str:
    """A line of the file: its number and its cells. An option of a list is plain text, never Markdown."""
    text = " | ".join(" ".join(cell.split()) for cell in cells)
    return page._("Line {line}: {text}", line=line, text=text[:SHOWN] + ("…" if len(text) > SHOWN else ""))


def by_hand(page: Page, upload: Upload, place: str) -> None:
    """The way from a file that was recognised wrongly to the screen on which its header and columns are chosen.
    ``place`` tells the shops of one file apart."""
    st.button(
        page._("This is wrong: choose header and columns by hand"),
        on_click=import_batch.choose_header,
        args=(upload, 0),
        key=f"by_hand_{place}",
        icon=":material/table_rows:",
    )


def back(page: Page, upload: Upload) -> None:
    """The way back to what was recognised."""
    st.button(
        page._("Read it as it was recognised"),
        on_click=import_batch.choose_header,
        args=(upload, None),
        key=f"recognised_{upload.id}",
        icon=":material/undo:",
    )
