"""Imports: files in, seen before they are written; the template; what was imported."""

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from core.desk import imports, settings
from ui import import_history, import_view, labels, notices, worklist
from ui.frame import Page
from ui.frame import page as open_page

SHOWS: Final = ()
TYPES: Final = ["csv", "tsv", "txt", "xlsx"]


def choose_shop(page: Page) -> int | None:
    """The shop that the files belong to; None until there is one."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    shop_id: int | None = st.selectbox(
        page._("Shop of the files"),
        list(known),
        format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
        placeholder=page._("Add a shop first"),
        key="import_shop",
    )
    with st.expander(page._("Add a shop"), expanded=not known, icon=":material/add_business:"):
        add_shop(page)
    return shop_id


def add_shop(page: Page) -> None:
    """A new shop: its marketplace and its name; it is chosen at once."""

    def save() -> None:
        market, name = st.session_state["new_shop_marketplace"], st.session_state["new_shop_name"]
        try:
            st.session_state["import_shop"] = settings.add_shop(page.desk, page.person, market, name)
        except settings.Unclear as error:
            notices.leave("error", page._(error.sentence, text=page.text.plain(error.text)))

    with st.form("new_shop", border=False):
        st.selectbox(
            page._("Marketplace"),
            [str(market) for market in labels.MARKETPLACES],
            format_func=labels.MARKETPLACES.__getitem__,
            key="new_shop_marketplace",
        )
        st.text_input(page._("Name of the shop"), key="new_shop_name")
        st.form_submit_button(page._("Add"), on_click=save)


def said_as_of(page: Page) -> dt.datetime | None:
    """The instant that a person gave to files without one of their own, in the team's zone."""
    said: dt.datetime | None = st.session_state.get("import_as_of")
    return said.replace(tzinfo=ZoneInfo(page.zone)) if said else None


def ask_as_of(page: Page, outcomes: list[import_view.Outcome]) -> None:
    """Ask for that instant where a file needs it; the next run reads the answer."""
    if any(isinstance(seen, imports.ImportPreview) and seen.as_of_source != "file" for seen in outcomes):
        st.datetime_input(
            page._("As of, where a file holds no instant of its own"),
            None,
            key="import_as_of",
            help=page._("Empty: the time of the upload. Read as the time in {city}.", city=page.text.city(page.zone)),
        )


def previews(page: Page, shop_id: int, files: list[Any], as_of: dt.datetime | None) -> list[import_view.Outcome]:
    """What each file would do. Made once and kept until shop, file or as-of change."""
    held = st.session_state.get("import_previews", {})
    kept: dict[object, import_view.Outcome] = {}
    for file in files:
        key = (shop_id, file.file_id, as_of)
        if key in held:
            kept[key] = held[key]
            continue
        with st.spinner(page._("Reading {name}…", name=page.text.plain(file.name))):
            try:
                kept[key] = imports.preview(page.desk, shop_id, file.name, file.getvalue(), page.now, as_of)
            except (imports.Refused, imports.WrongShop) as why:
                kept[key] = why
    st.session_state["import_previews"] = kept
    return list(kept.values())


def write_all(page: Page, ready: list[imports.ImportPreview]) -> None:
    """Write the files, oldest first, and empty the upload for the next ones."""
    with st.status(page._("Writing…")) as status:
        for seen in sorted(ready, key=lambda seen: seen.as_of):
            done = imports.write(page.desk, page.person, seen, page.now)
            sentence = page.n_(
                "{name}: {n} row written, of which {new} new and {changed} changed; {rejected} rejected.",
                "{name}: {n} rows written, of which {new} new and {changed} changed; {rejected} rejected.",
                done.read - done.rejected,
                name=page.text.plain(done.name),
                new=done.new,
                changed=done.changed,
                rejected=done.rejected,
            )
            st.write(sentence)
            notices.leave("done" if not done.rejected else "warning", sentence)
        status.update(state="complete")
    import_view.forget()
    st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
    st.rerun()


def draw_upload(page: Page) -> None:
    """Choose a shop, drop files, look, write."""
    place, drop = st.columns([2, 3])
    with place:
        shop_id = choose_shop(page)
    with drop:
        files = st.file_uploader(
            page._("Exports of this shop, one file or several"),
            TYPES,
            accept_multiple_files=True,
            key=f"import_files_{st.session_state.get('import_round', 0)}",
            disabled=shop_id is None,
            help=page._("The Cdiscount order export as it was downloaded, or Desk48's own template."),
        )
    if shop_id is None or not files:
        return
    outcomes = previews(page, shop_id, files, said_as_of(page))
    ask_as_of(page, outcomes)
    ready = [seen for seen in outcomes if isinstance(seen, imports.ImportPreview) and not seen.already]
    label = page.n_("Write {n} file", "Write {n} files", len(ready))
    if st.button(label, type="primary", disabled=not ready, key="write", icon=":material/save:"):
        write_all(page, ready)
    for number, (file, seen) in enumerate(zip(files, outcomes, strict=True)):
        if isinstance(seen, imports.ImportPreview):
            import_view.preview(page, seen, number)
        else:
            import_view.refusal(page, file.name, seen)


page = open_page()
worklist.title(page, page._("Imports"))
notices.draw()
draw_upload(page)
st.subheader(page._("History"), anchor=False)
import_history.history(page)
with st.expander(page._("Desk48's own template"), icon=":material/description:"):
    import_history.template(page)
