"""Big files on their way: stage and rows of each run, a way to stop it; the page may be left and found again."""

import datetime as dt
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import imports, jobs
from core.desk.base import SignedOut, utc_now
from ui import notices
from ui.frame import Page
from ui.refusals import told

SHOWN: Final = dt.timedelta(hours=12)
"""How long a run that wrote nothing stays on the page, unless somebody puts it away."""
EVERY: Final = 1.0
"""Seconds between two looks at a run."""
_AWAY: Final = "import_jobs_away"


def draw(page: Page) -> None:
    """What runs now, and what ended without writing; nothing where there is neither."""
    listed = jobs.jobs(page.desk, page.now)
    running = listed.filter(pl.col("stage").is_in(jobs.RUNNING))
    if running.height:
        st.fragment(progress, run_every=EVERY)(page, tuple(running["id"]))
    away = st.session_state.get(_AWAY, set())
    unwell = listed.filter(
        ~pl.col("stage").is_in([*jobs.RUNNING, "looked", "done"]), pl.col("started_at") > page.now - SHOWN
    ).filter(~pl.col("id").is_in(list(away)))
    for job in unwell.iter_rows(named=True):
        ended(page, job)


def progress(page: Page, seen: tuple[str, ...]) -> None:
    """The runs that go on, drawn again every second; the page is drawn anew when one has ended, or the session has."""
    try:
        page.person.still()
    except SignedOut:
        st.rerun()
    listed = jobs.jobs(page.desk, utc_now())
    running = listed.filter(pl.col("stage").is_in(jobs.RUNNING))
    for job in running.iter_rows(named=True):
        one(page, job)
    over = listed.filter(pl.col("id").is_in(list(seen)), ~pl.col("stage").is_in(jobs.RUNNING))
    if over.height:
        for job in over.filter(stage="done").iter_rows(named=True):
            notices.leave("done", page._("{name} is imported.", name=page.text.plain(job["file_name"])))
        st.rerun()


def one(page: Page, job: dict[str, Any]) -> None:
    """One run: its bar, and the button that stops it."""
    done, total, stage = job["rows_done"], max(job["rows_total"], 1), jobs.STAGES[job["stage"]]
    said = page._(
        "{name}: {stage}, {done} of {total} rows, by {person}",
        name=page.text.plain(job["file_name"]),
        stage=page._(stage),
        done=done,
        total=job["rows_total"],
        person=page.text.plain(job["person"]),
    )
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.progress(min(done / total, 1.0), text=said)
        if job["cancelled"]:
            st.caption(page._("Stopping…"))
        else:
            stop, bar = page._("Cancel"), page.bar("import", job["shop_id"])
            st.button(
                stop, on_click=cancel, args=(page, job["id"]), key=f"cancel_{job['id']}", width="content",
                disabled=bool(bar), help=bar,
            )  # fmt: skip


@told
def cancel(page: Page, job_id: str) -> None:
    """Ask the run to stop."""
    jobs.cancel(page.desk, page.person, job_id)


def ended(page: Page, job: dict[str, Any]) -> None:
    """A run that wrote nothing: what happened, and a way to put the word away."""
    end = jobs.STAGES[job["stage"]]
    said = f"**{page.text.plain(job['file_name'])}**: {page._(end)}  \n{why(page, job)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        show = st.info if job["stage"] == "cancelled" else st.error
        show(said, icon=":material/block:")
        st.button(page._("Put away"), on_click=put_away, args=(job["id"],), key=f"away_{job['id']}", width="content")


def why(page: Page, job: dict[str, Any]) -> str:
    """What a run says of its end, and what to do."""
    error = job["error"] or {}
    code = error.get("code", "")
    params = {name: page.text.plain(str(value)) for name, value in error.get("params", {}).items()}
    if code in imports.REFUSALS:
        return page._(imports.REFUSALS[code], **params)
    if code == "wrong_shop":
        return page._("Orders of this file belong to another shop: choose that one.")
    if job["stage"] == "cancelled":
        return ""
    return page._("Upload the file again.")


def put_away(job_id: str) -> None:
    """Show the run no more in this session."""
    st.session_state[_AWAY] = {*st.session_state.get(_AWAY, set()), job_id}
