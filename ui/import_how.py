"""How a file was read: its format and why, its encoding and why, what each of its columns is."""

import polars as pl
import streamlit as st

from core.desk import imports, known_files
from ui import import_batch, import_header
from ui.field_labels import FIELDS
from ui.frame import Page
from ui.import_batch import Upload
from ui.text import NOTHING


def titles(page: Page) -> dict[str, str]:
    """What each format is called, by its name and by its English title."""
    known = known_files.titles()
    return {key: page._(title) for name, title in known.items() for key in (name, title)}


def title(page: Page, seen: imports.ImportPreview) -> str:
    """What the file's format is called, safe for Markdown."""
    if seen.mapping is not None:
        return page._("your mapping {name}", name=page.text.plain(seen.mapping.name or NOTHING))
    return titles(page)[seen.format]


def encoding_name(page: Page, seen: imports.ImportPreview) -> str:
    """The file's encoding as people know it; of a workbook or a tree its kind."""
    if seen.decoded is None:
        return seen.encoding.upper()
    return known_files.ENCODINGS[seen.decoded.encoding.removesuffix("-sig")]


def draw(page: Page, upload: Upload, seen: imports.ImportPreview, stem: str) -> None:
    """Format, runners-up, columns, encoding."""
    recognised(page, seen)
    columns(page, seen, stem)
    if seen.recognised.best is not None and seen.recognised.best.format.container == "table":
        import_header.by_hand(page, upload, stem)
    decoded(page, upload, seen, stem)


def recognised(page: Page, seen: imports.ImportPreview) -> None:
    """Why it is of this format, and which others came near."""
    best = seen.recognised.best
    if best is None:
        return
    called = f"**{title(page, seen)}**"
    st.markdown(page._("{name}: {value}", name=called, value=why(page, best)))
    names = titles(page)
    for other in seen.recognised.others:
        name = names.get(other.format.format, page.text.plain(other.format.title))
        st.caption(page._("Not {format}: {why}", format=name, why=why(page, other)))


def why(page: Page, guess: known_files.Guess) -> str:
    """How many header cells are known, and some of them."""
    params = guess.params
    some = page.text.plain(str(params["some"]))
    return page._(known_files.WHY, n=len(guess.matched), cells=guess.cells, some=some)


def columns(page: Page, seen: imports.ImportPreview, stem: str) -> None:
    """What each header cell is read as."""
    best = seen.recognised.best
    if best is None:
        return
    rows = [
        (" ".join(cell.split()), page._(FIELDS[name]) if name in FIELDS else page._("not read"))
        for cell, name in best.matched
    ]
    heads = [page._("Column of the file"), page._("Field")]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(heads, pl.String()), orient="row")
    with st.expander(
        page.n_("{n} column is known", "{n} columns are known", frame.height), icon=":material/view_column:"
    ):
        st.dataframe(frame, hide_index=True, alt=page._("Columns of the file and their fields"), key=f"known_{stem}")


def decoded(page: Page, upload: Upload, seen: imports.ImportPreview, stem: str) -> None:
    """The encoding with three lines, the next best with its own, and the switch."""
    found = seen.decoded
    if found is None:
        return
    names = known_files.ENCODINGS
    called, because = f"**{encoding_name(page, seen)}**", page._(known_files.ENCODING_WHY[found.why])
    st.markdown(page._("{name}: {value}", name=called, value=because))
    st.code("\n".join(found.lines) or NOTHING, language=None)
    if found.runner_up:
        st.caption(page._("As {encoding} the same lines would be:", encoding=names[found.runner_up]))
        st.code("\n".join(found.other_lines) or NOTHING, language=None)
    switch(page, upload, stem)


def switch(page: Page, upload: Upload, place: str) -> None:
    """Another encoding for a file; it is read anew. ``place`` tells the shops of one file apart."""
    names = known_files.ENCODINGS
    chosen, key = import_batch.encoding(upload), f"encoding_{place}"
    st.selectbox(
        page._("Read the file in another encoding"),
        list(names),
        index=list(names).index(chosen) if chosen else None,
        format_func=names.__getitem__,
        placeholder=page._("as it was recognised"),
        key=key,
        on_change=lambda: import_batch.choose_encoding(upload, st.session_state[key]),
        width=330,
    )
