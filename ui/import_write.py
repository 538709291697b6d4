"""The step that writes: which files are ready, whole files or good rows."""

import streamlit as st

from core.desk import imports
from core.desk.import_shops import Look
from ui import import_batch, import_view, notices
from ui.frame import Page
from ui.import_batch import Outcome


def draw(page: Page, outcomes: list[Outcome]) -> None:
    """The button, and beside it the mode where it makes a difference."""
    seen = [one for outcome in outcomes if isinstance(outcome, Look) for one in outcome.previews]
    if not seen:
        return
    ready = [one for one in seen if not one.already and not one.questions]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = mode(page, any(one.rejected for one in ready), "import_mode")
        goes = [one for one in ready if how == imports.GOOD_ROWS or not one.rejected]
        label = page.n_("Write {n} file", "Write {n} files", len(goes))
        bar = page.bar("import", seen[0].shop_id)
        pressed = st.button(
            label, type="primary", disabled=bool(not goes or bar), help=bar, key="write", icon=":material/save:"
        )
    stays = len(ready) - len(goes)
    if stays:
        st.caption(page.n_("{n} file with rejected rows stays out.", "{n} files with rejected rows stay out.", stays))
    waiting = sum(1 for one in seen if one.questions and not one.already)
    if waiting:
        st.caption(page.n_("{n} file waits for your answer below.", "{n} files wait for your answer below.", waiting))
    if pressed:
        write(page, goes, how)


def mode(page: Page, asked: bool, key: str) -> str:
    """Whole files or good rows; asked where a row was rejected."""
    if not asked:
        return imports.GOOD_ROWS
    chosen: str = st.radio(
        page._("What is written"), list(imports.MODES), format_func=lambda name: page._(imports.MODES[name]), key=key
    )
    return chosen


def write(page: Page, ready: list[imports.ImportPreview], mode: str) -> None:
    """Write the files, oldest first, and empty the upload for the next ones."""
    with st.status(page._("Writing…")) as status:
        for seen in sorted(ready, key=lambda one: one.as_of):
            try:
                kind, sentence = one(page, seen, mode)
            except imports.Refused as why:
                kind, sentence = "error", import_view.refused(page, why.code, why.params)
            st.write(sentence)
            notices.leave(kind, sentence)
        status.update(state="complete")
    import_batch.clear()
    st.rerun()


def one(page: Page, seen: imports.ImportPreview, mode: str) -> tuple[str, str]:
    """Write one file; gives how it went and a sentence."""
    name = page.text.plain(seen.name)
    done = imports.write(page.desk, page.person, seen, page.now, mode)
    if done.already is not None:
        at, by = page.text.moment(done.already["imported_at"], page.zone), page.text.plain(done.already["person"])
        return "warning", page._("{name} was imported meanwhile, on {at} by {person}.", name=name, at=at, person=by)
    sentence = page.n_(
        "{name}: {n} row written, of which {new} new and {changed} changed; {rejected} rejected.",
        "{name}: {n} rows written, of which {new} new and {changed} changed; {rejected} rejected.",
        done.read - done.rejected,
        name=name,
        new=done.new,
        changed=done.changed,
        rejected=done.rejected,
    )
    return ("warning" if done.rejected else "done"), sentence
