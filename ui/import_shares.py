"""A file that holds rows of several shops: which shop each account of the ERP is, said once."""

import streamlit as st

from core.desk import import_shops, settings
from core.desk.import_shops import Look, Part
from ui import import_batch, labels
from ui.frame import Page
from ui.refusals import told
from ui.text import NOTHING


def draw(page: Page, seen: Look, place: str) -> None:
    """Each account with its rows and its shop, and what stays out."""
    if not seen.parts:
        return
    keys = [(part, f"share_{place}_{n}") for n, part in enumerate(seen.parts)]

    @told
    def save() -> None:
        said = [(part, st.session_state[key]) for part, key in keys if st.session_state.get(key) is not None]
        import_shops.assign(page.desk, page.person, said, page.now)
        import_batch.forget()

    with st.form(f"shares_{place}"):
        st.markdown(
            page._(
                "This file holds rows of several accounts. Say once which shop each of them is; the rows go to their "
                "shops, each shop's as a run of its own."
            )
        )
        for part, key in keys:
            choose(page, part, key)
        st.form_submit_button(page._("Remember and share out"), type="primary", on_click=save)
    left = sum(part.rows for part in seen.open_parts)
    if left:
        st.warning(
            page.n_("{n} row stays out: its account is no shop yet.", "{n} rows stay out: no shop was said yet.", left),
            icon=":material/call_split:",
        )


def choose(page: Page, part: Part, key: str) -> None:
    """The shop of one account is asked, unless the desk serves no such marketplace, or has no shop of it."""
    label = page.n_(
        "{platform}, account {account}: {n} row",
        "{platform}, account {account}: {n} rows",
        part.rows,
        platform=page.text.plain(part.platform),
        account=page.text.plain(part.account or NOTHING),
    )
    if part.marketplace is None:
        st.caption(label + " · " + page._("a platform that the desk does not serve; the rows stay out"))
        return
    names = dict(settings.shops(page.desk).filter(marketplace=part.marketplace).select("id", "name").iter_rows())
    if not names:
        market = labels.MARKETPLACES[part.marketplace]
        st.caption(label + " · " + page._("add a shop of {marketplace} first", marketplace=market))
        return
    st.selectbox(
        label,
        list(names),
        index=list(names).index(part.shop_id) if part.shop_id in names else None,
        format_func=names.__getitem__,
        placeholder=page._("Choose its shop"),
        key=key,
    )
