"""Imports: files in, seen before they are written; what was imported; templates, known files, mappings."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from core.desk import imports, mappings, settings
from core.desk.import_shops import Look
from ui import (
    import_batch,
    import_header,
    import_history,
    import_how,
    import_jobs,
    import_shop,
    import_templates,
    import_view,
    import_waiting,
    import_write,
    mapping_view,
    notices,
    worklist,
)
from ui.frame import Page
from ui.frame import page as open_page

SHOWS: Final = ()
TYPES: Final = ["csv", "tsv", "txt", "xlsx", "xls", "ods", "json", "xml"]


def said_as_of(page: Page) -> dt.datetime | None:
    """The instant that a person gave to files without one of their own, in the team's zone."""
    said: dt.datetime | None = st.session_state.get("import_as_of")
    return said.replace(tzinfo=ZoneInfo(page.zone)) if said else None


def ask_as_of(page: Page, outcomes: list[import_batch.Outcome | mappings.Unknown]) -> None:
    """Ask for that instant where a file needs it; the next run reads the answer."""
    seen = [one for outcome in outcomes if isinstance(outcome, Look) for one in outcome.previews]
    if any(one.as_of_source != "file" for one in seen):
        st.datetime_input(
            page._("As of, where a file holds no instant of its own"),
            None,
            key="import_as_of",
            help=page._("Empty: the time of the upload. Read as the time in {city}.", city=page.text.city(page.zone)),
        )


def draw_upload(page: Page) -> None:
    """Choose a shop, drop files, look, write."""
    place, drop = st.columns([2, 3])
    limits = settings.intake_limits(page.desk)
    with place:
        shop_id = import_shop.choose(page)
    bar = None if shop_id is None else page.bar("import", shop_id)
    with drop:
        if bar:
            st.caption(bar)
        files = st.file_uploader(
            page._(
                "Files of this shop, one or several; at most {size} MB and {rows} rows each",
                size=limits.megabytes,
                rows=limits.rows,
            ),
            TYPES,
            accept_multiple_files=True,
            key=f"import_files_{import_batch.round_()}",
            disabled=bool(shop_id is None or bar),
            max_upload_size=limits.megabytes,
            help=page._("As the marketplace or the ERP gave them. Which files are known is listed below."),
        )
    as_of = said_as_of(page)
    uploads = list(import_batch.uploads(page, shop_id, files, as_of)) if shop_id is not None else []
    waiting = import_waiting.waiting(page, as_of)
    import_jobs.draw(page)
    uploads += [behind for one in waiting for behind in import_batch.mended(one.upload)]
    if shop_id is None or not (uploads or waiting):
        return
    outcomes = import_batch.outcomes(page, shop_id, uploads, as_of)
    ask_as_of(page, [*outcomes, *(one.outcome for one in waiting)])
    import_write.draw(page, outcomes)
    for number, (upload, seen) in enumerate(zip(uploads, outcomes, strict=True)):
        draw_one(page, shop_id, upload, seen, number)
    for one in waiting:
        import_waiting.draw(page, one)


def draw_one(page: Page, shop_id: int, upload: import_batch.Upload, seen: import_batch.Outcome, number: int) -> None:
    """One file: what it would do, what it is if nobody knows it, or why it cannot be taken."""
    if isinstance(seen, Look):
        import_view.look(page, upload, seen, f"{number}")
        return
    if isinstance(seen, imports.Unknown):
        mapping_view.unknown(page, shop_id, upload, seen)
    else:
        import_view.refusal(page, upload.name, seen)
    if isinstance(seen, imports.Unknown) or import_batch.encoding(upload):
        import_how.switch(page, upload, upload.id)
    if not isinstance(seen, imports.Unknown) and import_batch.header(upload) is not None:
        import_header.back(page, upload)


page = open_page()
worklist.title(page, page._("Imports"))
notices.draw()
draw_upload(page)
history, templates, known, kept = st.tabs(
    [page._("History"), page._("Templates"), page._("Known files"), page._("Mappings")],
    on_change="rerun",
    key="import_below",
)
for tab, draw in (
    (history, import_history.draw),
    (templates, import_templates.templates),
    (known, import_templates.formats),
    (kept, mapping_view.kept),
):
    with tab:
        if tab.open:
            draw(page)
