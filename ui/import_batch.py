"""The files that wait on the Imports page: their bytes, what each would do, and what the person chose for it.

A file is hashed and read once; what came of it is kept in the session until the file, its shop, its as-of or
its encoding change.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.desk import imports, mappings
from ui.frame import Page

Outcome = imports.ImportPreview | imports.Refused | imports.WrongShop
_PREVIEWS: Final = "import_previews"
_MENDED: Final = "import_mended"
_ENCODINGS: Final = "import_encodings"
_ROUND: Final = "import_round"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the batch. ``id`` is the same on every run of the page and safe in the key of a widget."""

    id: str
    name: str
    data: bytes


def uploads(files: list[Any]) -> Iterator[Upload]:
    """The uploaded files, each followed by its rows that were mended on the page."""
    for file in files:
        upload: Upload | None = Upload(file.file_id, file.name, file.getvalue())
        while upload is not None:
            yield upload
            upload = st.session_state.get(_MENDED, {}).get(upload.id)


def outcomes(page: Page, shop_id: int, files: list[Upload], as_of: dt.datetime | None) -> list[Outcome]:
    """What each file would do."""
    held = st.session_state.get(_PREVIEWS, {})
    kept: dict[object, Outcome] = {}
    for upload in files:
        key = (shop_id, upload.id, len(upload.data), as_of, encoding(upload))
        if key not in held:
            with st.spinner(page._("Reading {name}…", name=page.text.plain(upload.name))):
                held[key] = _outcome(page, shop_id, upload, as_of)
        kept[key] = held[key]
    st.session_state[_PREVIEWS] = kept
    return list(kept.values())


def _outcome(page: Page, shop_id: int, upload: Upload, as_of: dt.datetime | None) -> Outcome:
    try:
        return imports.preview(page.desk, shop_id, upload.name, upload.data, page.now, as_of, encoding=encoding(upload))
    except (imports.Refused, imports.WrongShop) as why:
        return why


def encoding(upload: Upload) -> str | None:
    """The encoding that the person chose; None: the one that the file seems to have."""
    chosen: str | None = st.session_state.get(_ENCODINGS, {}).get(upload.id)
    return chosen


def choose_encoding(upload: Upload, encoding: str | None) -> None:
    """Read a file in this encoding from now on."""
    st.session_state[_ENCODINGS] = {**st.session_state.get(_ENCODINGS, {}), upload.id: encoding}


def put(old: imports.ImportPreview, new: imports.ImportPreview) -> None:
    """Let another preview of the same file take its place."""
    held = st.session_state.get(_PREVIEWS, {})
    st.session_state[_PREVIEWS] = {key: new if seen is old else seen for key, seen in held.items()}


def mend(upload: Upload, data: bytes) -> None:
    """Put mended rows of a file into the batch, as a file of their own behind it."""
    stem, _, _ = upload.name.rpartition(".")
    name = f"{(stem or upload.name).removesuffix('-mended')}-mended.csv"
    mended = dict(st.session_state.get(_MENDED, {}))
    rounds = st.session_state.get("import_mends", 0) + 1
    st.session_state["import_mends"] = rounds
    mended[upload.id] = Upload(f"{upload.id}-mended{rounds}", name, data)
    st.session_state[_MENDED] = mended


def settled(page: Page, shop_id: int) -> list[mappings.Kept]:
    """The mappings of the shop as they hold now."""
    return mappings.kept(page.desk, shop_id)


def forget() -> None:
    """Drop what was found out about the files, so that they are read anew by what now holds."""
    st.session_state.pop(_PREVIEWS, None)


def round_() -> int:
    """The number of the batch; it moves with every batch that was written, which empties the upload."""
    return int(st.session_state.get(_ROUND, 0))


def clear() -> None:
    """The batch was written: begin an empty one."""
    forget()
    st.session_state.pop(_MENDED, None)
    st.session_state[_ROUND] = round_() + 1
