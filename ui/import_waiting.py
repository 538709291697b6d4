"""Big files that a process of their own has looked at: shown in full, confirmed, looked at again, put away."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.desk import imports, jobs, mappings, settings
from core.desk.import_shops import Look
from core.desk.job_files import Outcome
from ui import import_batch, import_how, import_view, import_write, mapping_view, notices
from ui.frame import Page
from ui.import_batch import Upload
from ui.refusals import told

_FOUND: Final = "import_found"


@dataclass(frozen=True)
class Waiting:
    """A job that waits for a person, and what was found in its file."""

    job: dict[str, Any]
    upload: Upload
    outcome: Outcome


def waiting(page: Page, as_of: dt.datetime | None) -> list[Waiting]:
    """The files that wait. Those about which something was said on the page are looked at again first."""
    rows = jobs.jobs(page.desk, page.now).filter(stage="looked").rows(named=True)
    uploads = [(row, Upload(f"job{row['id'][:12]}", row["file_name"], b"", job=row["id"])) for row in rows]
    renewed = import_batch.take_renewed()
    kept: dict[str, tuple[Any, Outcome]] = {}
    found = []
    for row, upload in uploads:
        if upload.id in renewed or import_batch.ALL in renewed:
            _again(page, row, **import_batch.said(upload))
            continue
        at, outcome = st.session_state.get(_FOUND, {}).get(row["id"], (None, None))
        if at != row["heartbeat"]:
            outcome = jobs.found(page.desk, row["id"])
        if outcome is None:
            _again(page, row)
            continue
        kept[row["id"]] = row["heartbeat"], outcome
        if _dated(outcome, as_of):
            _again(page, row, as_of=as_of and as_of.isoformat())
            continue
        found.append(Waiting(row, upload, outcome))
    st.session_state[_FOUND] = kept
    return found


def _dated(outcome: Outcome, as_of: dt.datetime | None) -> bool:
    """Whether the person has said another as-of for a file that holds none of its own."""
    looks = outcome.previews if isinstance(outcome, Look) else ()
    return as_of is not None and any(one.as_of_source != "file" and one.as_of != as_of for one in looks)


def _again(page: Page, job: dict[str, Any], **options: object) -> None:
    jobs.again(page.desk, page.person, job["id"], page.now, **options)


def draw(page: Page, one: Waiting) -> None:
    """One file in full, with what can be done about it."""
    shop = settings.shops(page.desk).filter(id=one.job["shop_id"])["name"][0]
    with st.container(border=True, key=f"waiting_{one.upload.id}"):
        st.markdown(
            page._(
                "**{name}** for {shop}, by {person}: looked at, and waiting to be confirmed. Nothing is written yet.",
                name=page.text.plain(one.upload.name),
                shop=page.text.plain(shop),
                person=page.text.plain(one.job["person"]),
            )
        )
        actions(page, one)
    if isinstance(one.outcome, mappings.Unknown):
        mapping_view.unknown(page, one.job["shop_id"], one.upload, one.outcome)
        import_how.switch(page, one.upload, one.upload.id)
    else:
        import_view.look(page, one.upload, one.outcome, one.upload.id)


def actions(page: Page, one: Waiting) -> None:
    """Write it, look again, put it away."""
    seen = one.outcome.previews if isinstance(one.outcome, Look) else ()
    ready = [each for each in seen if not each.already]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = import_write.mode(page, any(each.rejected for each in ready), f"mode_{one.upload.id}")
        stays = mode == imports.WHOLE_FILE and any(each.rejected for each in ready)
        st.button(
            page._("Write"),
            type="primary",
            disabled=not ready or stays or any(each.questions for each in ready),
            on_click=_write,
            args=(page, one.job["id"], mode),
            key=f"write_{one.upload.id}",
            icon=":material/save:",
        )
        st.button(page._("Look again"), on_click=import_batch.renew, args=(one.upload,), key=f"renew_{one.upload.id}")
        st.button(page._("Discard"), on_click=_put_away, args=(page, one.job["id"]), key=f"drop_{one.upload.id}")


@told
def _write(page: Page, job_id: str, mode: str) -> None:
    if not jobs.write(page.desk, page.person, job_id, page.now, mode):
        notices.leave("warning", page._("Somebody else confirmed this file or put it away meanwhile."))


@told
def _put_away(page: Page, job_id: str) -> None:
    jobs.cancel(page.desk, page.person, job_id)
