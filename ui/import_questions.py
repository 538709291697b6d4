"""What a file leaves open: the order of its dates, its zone, words for states and carriers. Each is asked once."""

import datetime as dt

import streamlit as st

from core.desk import imports, mappings, settings, shop_words
from core.desk.base import Stale
from ui import import_batch, notices
from ui.frame import Page
from ui.refusals import told
from ui.shop_words import ask as ask_words


def draw(page: Page, seen: imports.ImportPreview, place: str) -> None:
    """Every question of one file. ``place`` tells files of one batch apart."""
    for question in seen.questions:
        ask(page, seen, question, f"ask_{place}_{question.ask}")
    for kind, words in (
        (shop_words.STATE, seen.unknown_words),
        (shop_words.CARRIER, seen.unknown_carriers),
    ):
        ask_words(page, seen.shop_id, kind, words, f"{place}_{seen.sha256[:8]}")


def ask(page: Page, seen: imports.ImportPreview, question: mappings.Question, key: str) -> None:
    """One question with its example; the answer is remembered for the shop and such files."""
    answers = dict(question.options)
    options = list(answers)
    if question.ask == mappings.ZONE:
        options += [zone for zone in settings.zones() if zone not in answers]
    about: mappings.Mapping | str = seen.mapping or seen.format
    settled = about if isinstance(about, str) else about.fingerprint
    version = mappings.version_at(page.desk, seen.shop_id, settled)

    @told
    def save() -> None:
        said = st.session_state[key]
        if said is None:
            return
        try:
            mappings.answer(page.desk, page.person, seen.shop_id, about, question.ask, said, page.now, version)
        except (mappings.Unusable, Stale):
            notices.leave("error", page._("Somebody else answered meanwhile; the answer is shown now."))
        import_batch.forget()

    with st.form(f"{key}_form"):
        st.markdown(
            page._(
                mappings.QUESTIONS[question.ask],
                example=page.text.plain(question.example),
                column=page.text.plain(question.column),
            )
        )
        st.selectbox(
            page._("Your answer"),
            options,
            index=None,
            format_func=lambda option: meaning(page, option, answers.get(option, "")),
            placeholder=page._("Choose"),
            key=key,
            label_visibility="collapsed",
        )
        bar = page.bar("import", seen.shop_id)
        st.form_submit_button(
            page._("Remember for this shop"), on_click=save, type="primary", disabled=bool(bar), help=bar
        )


def meaning(page: Page, option: str, meant: str) -> str:
    """An answer in words: an order of day and month with what the example means by it, or a zone by its city."""
    if option in mappings.ANSWERS:
        return page._(mappings.ANSWERS[option], meaning=page.text.day(dt.date.fromisoformat(meant)))
    return option if option == "UTC" else f"{page.text.city(option)} ({option})"
