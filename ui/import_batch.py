"""The files that wait on the Imports page: their bytes, what each would do, and what the person chose for it.

A file is hashed and read once; what came of it is kept in the session until the file, its shop, its as-of or
its encoding change.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from core.desk import import_shops, imports, jobs, mappings
from core.desk.import_shops import Look
from ui.frame import Page

Outcome = Look | imports.Refused | imports.WrongShop
ALL: Final = "*"
"""Stands for every file that waits, among those to be looked at again."""
_PREVIEWS: Final = "import_previews"
_MENDED: Final = "import_mended"
_ENCODINGS: Final = "import_encodings"
_HEADERS: Final = "import_headers"
_OVER: Final = "import_over_typed"
_AGAIN: Final = "import_again"
_STARTED: Final = "import_started"
_ROUND: Final = "import_round"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the batch. ``id`` is the same on every run of the page and safe in the key of a widget. ``shop_id``:
    the shop that it belongs to, None: the chosen one. ``job``: that of a big file, whose bytes are not here."""

    id: str
    name: str
    data: bytes
    shop_id: int | None = None
    job: str | None = None


def uploads(page: Page, shop_id: int, files: list[Any], as_of: dt.datetime | None) -> Iterator[Upload]:
    """The uploaded files, each followed by its rows that were mended on the page. Big ones go their own way."""
    for file in files:
        if jobs.is_big(page.desk, file.size):
            _start(page, shop_id, file, as_of)
        else:
            upload = Upload(file.file_id, file.name, file.getvalue())
            yield upload
            yield from mended(upload)


def mended(upload: Upload) -> Iterator[Upload]:
    """The rows of a file that were mended on the page, as files of their own."""
    for behind in st.session_state.get(_MENDED, {}).get(upload.id, {}).values():
        yield behind
        yield from mended(behind)


def _start(page: Page, shop_id: int, file: Any, as_of: dt.datetime | None) -> None:
    """Look at a big file in a process of its own, once however often the page is drawn."""
    started = st.session_state.setdefault(_STARTED, set())
    if file.file_id not in started:
        started.add(file.file_id)
        jobs.start(page.desk, page.person, shop_id, file.name, file.getvalue(), page.now, as_of)


def outcomes(page: Page, shop_id: int, files: list[Upload], as_of: dt.datetime | None) -> list[Outcome]:
    """What each file would do."""
    held = st.session_state.get(_PREVIEWS, {})
    kept: dict[object, Outcome] = {}
    for upload in files:
        shop = shop_id if upload.shop_id is None else upload.shop_id
        key = (shop, upload.id, len(upload.data), as_of, encoding(upload), header(upload))
        if key not in held:
            with st.spinner(page._("Reading {name}…", name=page.text.plain(upload.name))):
                held[key] = _outcome(page, shop, upload, as_of)
        kept[key] = held[key]
    st.session_state[_PREVIEWS] = kept
    return list(kept.values())


def _outcome(page: Page, shop_id: int, upload: Upload, as_of: dt.datetime | None) -> Outcome:
    try:
        return import_shops.look(
            page.desk, shop_id, upload.name, upload.data, page.now, as_of,
            encoding=encoding(upload), header=header(upload),
        )  # fmt: skip
    except (imports.Refused, imports.WrongShop) as why:
        return why


def encoding(upload: Upload) -> str | None:
    """The encoding that the person chose; None: the one that the file seems to have."""
    chosen: str | None = st.session_state.get(_ENCODINGS, {}).get(upload.id)
    return chosen


def choose_encoding(upload: Upload, encoding: str | None) -> None:
    """Read a file in this encoding from now on."""
    st.session_state[_ENCODINGS] = {**st.session_state.get(_ENCODINGS, {}), upload.id: encoding}
    renew(upload)


def header(upload: Upload) -> int | None:
    """The line that the person chose as the header (0: it is to be chosen); None: the one that is recognised."""
    chosen: int | None = st.session_state.get(_HEADERS, {}).get(upload.id)
    return chosen


def choose_header(upload: Upload, line: int | None) -> None:
    """Read a file with this line as its header from now on."""
    st.session_state[_HEADERS] = {**st.session_state.get(_HEADERS, {}), upload.id: line}
    renew(upload)


def forget_headers() -> None:
    """A mapping was kept: it says from now on which line is the header."""
    st.session_state.pop(_HEADERS, None)


def take_typed(page: Page, upload: Upload, seen: imports.ImportPreview, chosen: set[tuple[str, str]]) -> None:
    """Let a file overwrite these typed fields; its preview is made anew, that of a big file by its process."""
    if upload.job:
        st.session_state[_OVER] = {**st.session_state.get(_OVER, {}), upload.id: sorted(map(list, chosen))}
        renew(upload)
        return
    new = imports.over_typed(page.desk, seen, chosen)

    def swapped(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Look):
            return outcome
        return replace(outcome, previews=tuple(new if one is seen else one for one in outcome.previews))

    held = st.session_state.get(_PREVIEWS, {})
    st.session_state[_PREVIEWS] = {key: swapped(outcome) for key, outcome in held.items()}


def renew(upload: Upload) -> None:
    """Have a big file looked at again by its process, with what was said of it."""
    if upload.job:
        st.session_state[_AGAIN] = {*st.session_state.get(_AGAIN, set()), upload.id}


def take_renewed() -> set[str]:
    """The ids of the files to be looked at again (ALL: every one), once."""
    found: set[str] = st.session_state.pop(_AGAIN, set())
    return found


def said(upload: Upload) -> dict[str, object]:
    """What was said of a big file in this session, as options of its job."""
    held = {"encoding": _ENCODINGS, "header": _HEADERS, "over_typed": _OVER}
    chosen = {name: st.session_state.get(key, {}) for name, key in held.items()}
    headless = {"header": None} if upload.id not in chosen["header"] else {}  # a kept mapping says it from then on
    return headless | {name: values[upload.id] for name, values in chosen.items() if upload.id in values}


def mend(upload: Upload, shop_id: int, data: bytes) -> None:
    """Put mended rows of a file into the batch, as a file of their own behind it."""
    stem, _, _ = upload.name.rpartition(".")
    name = f"{(stem or upload.name).removesuffix('-mended')}-mended.csv"
    held = dict(st.session_state.get(_MENDED, {}))
    rounds = st.session_state.get("import_mends", 0) + 1
    st.session_state["import_mends"] = rounds
    again = Upload(f"{upload.id}-mended{rounds}", name, data, shop_id)
    held[upload.id] = {**held.get(upload.id, {}), shop_id: again}
    st.session_state[_MENDED] = held


def settled(page: Page, shop_id: int) -> list[mappings.Kept]:
    """The mappings of the shop as they hold now."""
    return mappings.kept(page.desk, shop_id)


def forget() -> None:
    """Drop what was found out about the files, so that they are read anew by what now holds."""
    st.session_state.pop(_PREVIEWS, None)
    st.session_state[_AGAIN] = {ALL}


def round_() -> int:
    """The number of the batch; it moves with every batch that was written, which empties the upload."""
    return int(st.session_state.get(_ROUND, 0))


def clear() -> None:
    """The batch was written: begin an empty one."""
    st.session_state.pop(_PREVIEWS, None)
    st.session_state.pop(_MENDED, None)
    st.session_state[_ROUND] = round_() + 1
