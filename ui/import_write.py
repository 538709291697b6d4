"""The step that writes: which files are ready, whole files or good rows, in this page or in a process of its own."""

import streamlit as st

from core.desk import imports, jobs
from ui import import_batch, import_view, notices
from ui.frame import Page
from ui.import_batch import Outcome, Upload

Ready = list[tuple[Upload, imports.ImportPreview]]


def draw(page: Page, files: list[Upload], outcomes: list[Outcome]) -> None:
    """The button, and beside it the mode where it makes a difference."""
    seen: Ready = [
        (file, one) for file, one in zip(files, outcomes, strict=True) if isinstance(one, imports.ImportPreview)
    ]
    if not seen:
        return
    ready = [(file, one) for file, one in seen if not one.already and not one.questions]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = imports.GOOD_ROWS
        if any(one.rejected for _, one in ready):
            mode = st.radio(
                page._("What is written"),
                list(imports.MODES),
                format_func=lambda name: page._(imports.MODES[name]),
                key="import_mode",
            )
        goes = [one for one in ready if mode == imports.GOOD_ROWS or not one[1].rejected]
        label = page.n_("Write {n} file", "Write {n} files", len(goes))
        bar = page.bar("import", seen[0][1].shop_id)
        pressed = st.button(
            label, type="primary", disabled=bool(not goes or bar), help=bar, key="write", icon=":material/save:"
        )
    stays = len(ready) - len(goes)
    if stays:
        st.caption(page.n_("{n} file with rejected rows stays out.", "{n} files with rejected rows stay out.", stays))
    waiting = sum(1 for _, one in seen if one.questions and not one.already)
    if waiting:
        st.caption(page.n_("{n} file waits for your answer below.", "{n} files wait for your answer below.", waiting))
    if pressed:
        write(page, goes, mode)


def write(page: Page, ready: Ready, mode: str) -> None:
    """Write the files, oldest first, and empty the upload for the next ones. Big ones go their own way."""
    with st.status(page._("Writing…")) as status:
        for upload, seen in sorted(ready, key=lambda pair: pair[1].as_of):
            try:
                kind, sentence = one(page, upload, seen, mode)
            except imports.Refused as why:
                kind, sentence = "error", import_view.refused(page, why.code, why.params)
            st.write(sentence)
            notices.leave(kind, sentence)
        status.update(state="complete")
    import_batch.clear()
    st.rerun()


def one(page: Page, upload: Upload, seen: imports.ImportPreview, mode: str) -> tuple[str, str]:
    """Write one file; gives how it went and a sentence."""
    name = page.text.plain(seen.name)
    if jobs.is_big(page.desk, len(upload.data)):
        as_of = seen.as_of if seen.as_of_source == "person" else None
        jobs.start(
            page.desk, page.person, seen.shop_id, seen.name, upload.data, page.now, as_of, mode,
            seen.over_typed, import_batch.encoding(upload),
        )  # fmt: skip
        return "done", page._("{name} is big: it is imported while you go on.", name=name)
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
