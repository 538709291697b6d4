"""A file that holds rows of several shops: which shop each account of the ERP is, said once."""

import streamlit as st

from core.desk import import_shops, settings
from core.desk.base import NotAllowed
from core.desk.import_shops import Look, Part
from ui import import_batch, labels, notices
from ui.frame import Page
from ui.text import NOTHING


def draw(page: Page, seen: Look, place: str) -> None:
    """Each account with its rows and its shop, and what stays out."""
    if not seen.parts:
        return
    with st.form(f"shares_{place}"):
        st.markdown(
            page._(
                "This file holds rows of several accounts. Say once which shop each of them is; the rows go to their "
                "shops, each shop's as a run of its own."
            )
        )
        asked = [(part, choose(page, part, f"share_{place}_{n}")) for n, part in enumerate(seen.parts)]
        save = st.form_submit_button(page._("Remember and share out"), type="primary")
    left = sum(part.rows for part in seen.open_parts)
    if left:
        st.warning(
            page.n_("{n} row stays out: its account is no shop yet.", "{n} rows stay out: no shop was said yet.", left),
            icon=":material/call_split:",
        )
    if save:
        said = [(part, shop_id) for part, shop_id in asked if shop_id is not None]
        try:
            import_shops.assign(page.desk, page.person, said, page.now)
        except NotAllowed:
            notices.leave("error", page._("Your role may not import files."))
        import_batch.forget()
        st.rerun()


def choose(page: Page, part: Part, key: str) -> int | None:
    """The shop of one account; None while nobody says it, or where the desk has no such marketplace."""
    told = page.n_(
        "{platform}, account {account}: {n} row",
        "{platform}, account {account}: {n} rows",
        part.rows,
        platform=page.text.plain(part.platform),
        account=page.text.plain(part.account or NOTHING),
    )
    if part.marketplace is None:
        st.caption(told + " · " + page._("a platform that the desk does not serve; the rows stay out"))
        return None
    names = dict(settings.shops(page.desk).filter(marketplace=part.marketplace).select("id", "name").iter_rows())
    if not names:
        market = labels.MARKETPLACES[part.marketplace]
        st.caption(told + " · " + page._("add a shop of {marketplace} first", marketplace=market))
        return None
    chosen: int | None = st.selectbox(
        told,
        list(names),
        index=list(names).index(part.shop_id) if part.shop_id in names else None,
        format_func=names.__getitem__,
        placeholder=page._("Choose its shop"),
        key=key,
    )
    return chosen
