"""One file before it is written: what it is, what it would change, what is wrong with it."""

from typing import Final

import streamlit as st

from core.desk import imports, settings
from core.desk.import_shops import Look
from core.policy.words import N_
from ui import findings_view, import_changes, import_how, import_mend, import_questions, import_shares
from ui.frame import Page
from ui.import_batch import Upload

COUNTS: Final = (
    ("read", N_("Rows read")),
    ("new", N_("New")),
    ("changed", N_("Changed")),
    ("unchanged", N_("Unchanged")),
    ("older", N_("Older than known")),
    ("rejected", N_("Rejected")),
)


def stem(name: str) -> str:
    """The start of the names of downloads that belong to a file."""
    return "desk48-" + "".join(sign if sign.isalnum() else "-" for sign in name.rsplit(".", 1)[0])[:40]


def counts(page: Page, seen: imports.ImportPreview) -> None:
    """The counts of the file's rows: the first is the sum of the others."""
    with st.container(horizontal=True, gap="xsmall"):
        for name, label in COUNTS:
            st.metric(page._(label), page.text.number(getattr(seen, name)), border=True, width="content")


def refusal(page: Page, name: str, why: imports.Refused | imports.WrongShop) -> None:
    """A file that cannot be taken: what happened, what was kept, what to do."""
    if isinstance(why, imports.WrongShop) and why.shop is None:
        said = page.n_(
            "{n} order of this file belongs to a shop that you do not see. Nothing is written.",
            "{n} orders of this file belong to a shop that you do not see. Nothing is written.",
            why.orders,
        )
    elif isinstance(why, imports.WrongShop):
        said = page.n_(
            "{n} order of this file belongs to the shop {shop}. Nothing is written: choose that shop.",
            "{n} orders of this file belong to the shop {shop}. Nothing is written: choose that shop.",
            why.orders,
            shop=page.text.plain(why.shop or ""),
        )
    else:
        said = refused(page, why.code, why.params) + " " + page._("Nothing is written.")
    whose = f"**{page.text.plain(name)}**"
    st.error(page._("{name}: {value}", name=whose, value=said), icon=":material/block:")


def refused(page: Page, code: str, params: dict[str, object]) -> str:
    """Why a file is refused; titles of formats are words of ours, everything else is the file's."""
    titles = import_how.titles(page)
    told = {name: titles.get(str(value)) or page.text.plain(str(value)) for name, value in params.items()}
    return page._(imports.REFUSALS[code], **told)


def look(page: Page, upload: Upload, seen: Look, place: str) -> None:
    """One file in full: its shops where it has several, and what it does in each."""
    import_shares.draw(page, seen, place)
    for number, one in enumerate(seen.previews):
        preview(page, upload, one, f"{place}-{number}" if number else place, named=bool(seen.parts))


def preview(page: Page, upload: Upload, seen: imports.ImportPreview, place: str, *, named: bool = False) -> None:
    """What a file does in one shop. ``place`` tells files of one batch apart; ``named``: the shop is said."""
    name = f"{stem(seen.name)}-{place}"
    with st.container(border=True):
        shop = settings.shops(page.desk).filter(id=seen.shop_id)["name"][0] if named else ""
        st.markdown(f"**{page.text.plain(seen.name)}**" + (f" → {page.text.plain(shop)}" if named else ""))
        st.caption(
            page._(
                "{format}, {encoding}. As of {as_of} ({source}).",
                format=import_how.title(page, seen),
                encoding=import_how.encoding_name(page, seen),
                as_of=page.text.moment(seen.as_of, page.zone),
                source=page._(imports.AS_OF_SOURCES[seen.as_of_source]),
            )
        )
        if seen.already:
            said = page._(
                "The same file was already imported on {at} by {person}. It will not be written again.",
                at=page.text.moment(seen.already["imported_at"], page.zone),
                person=page.text.plain(seen.already["person"]),
            )
            st.info(said, icon=":material/done_all:")
        elif seen.newest is not None and seen.newest > seen.as_of:
            said = page._(
                "A newer file of this shop is imported already, as of {as_of}: what it says stays, and only what the "
                "base does not know yet is taken from this one.",
                as_of=page.text.moment(seen.newest, page.zone),
            )
            st.info(said, icon=":material/history:")
        counts(page, seen)
        st.caption(page._("What is not in the file stays as it is: absent rows are no deletions."))
        import_questions.draw(page, seen, name)
        changes, findings, rejects, how = st.tabs(
            [
                page._("Changed cells ({n})", n=seen.changes.height),
                page._("Findings ({n})", n=seen.findings.height),
                page._("Rejected rows ({n})", n=seen.rejects.height),
                page._("How it was read"),
            ],
            key=f"tabs_{name}",
        )
        with changes:
            import_changes.draw(page, upload, seen, name)
        with findings:
            findings_view.draw(page, seen.findings, f"{name}-findings")
        with rejects:
            import_mend.draw(page, upload, seen, name)
        with how:
            import_how.draw(page, upload, seen, name)
