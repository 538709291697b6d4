"""Words of a shop, for states and carriers: those that nobody knows are asked, those that are settled can go."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import settings, shop_words
from core.policy.words import N_, State
from ui import import_batch, labels, notices
from ui.frame import Page
from ui.refusals import told

ASKED: Final = 20
"""Words that are asked for at once; the commonest come first, and the others follow once these are settled."""
ASK: Final = {
    shop_words.STATE: N_("Nobody knows these words for a state yet. Say once for this shop what they mean."),
    shop_words.CARRIER: N_(
        "Nobody knows these carriers yet. Say once for this shop which ones they are; until then nothing can be told "
        "of their numbers."
    ),
}
CHOOSE: Final = {
    shop_words.STATE: N_("Choose its state"),
    shop_words.CARRIER: N_("Choose its carrier"),
}
KINDS: Final = {shop_words.STATE: N_("word for a state"), shop_words.CARRIER: N_("word for a carrier")}


def ask(page: Page, shop_id: int, kind: str, words: pl.DataFrame, place: str) -> None:
    """One choice for each of ``words`` (word, rows). ``place`` tells the forms of one page apart."""
    if words.is_empty():
        return
    at = f"word_{place}_{kind}_"
    market = settings.shop(page.desk, shop_id)["marketplace"]
    asked = list(words.select("word", "rows").head(ASKED).iter_rows())

    @told
    def save() -> None:
        for word, _ in asked:
            if meaning := st.session_state[at + word]:
                settle(page, shop_id, kind, word, meaning)
        import_batch.forget()

    with st.form(f"{at}form"):
        st.markdown(page._(ASK[kind]))
        for word, rows in asked:
            st.selectbox(
                label(page, kind, word, rows, market),
                choices(kind, market),
                index=None,
                format_func=lambda meaning: meant(page, kind, meaning),
                placeholder=page._(CHOOSE[kind]),
                key=at + word,
            )
        if words.height > ASKED:
            st.caption(page._("The first {shown} of {all} words; the others follow.", shown=ASKED, all=words.height))
        bar = page.bar("import", shop_id)
        st.form_submit_button(page._("Remember for this shop"), on_click=save, disabled=bool(bar), help=bar)


def settle(page: Page, shop_id: int, kind: str, word: str, meaning: str) -> None:
    """Keep what one word means, and say so."""
    settle = shop_words.map_state if kind == shop_words.STATE else shop_words.map_carrier
    settle(page.desk, page.person, shop_id, word, meaning, page.now)
    shown = page.text.plain(meant(page, kind, meaning))
    notices.leave("done", page._("{word} now means: {state}", word=page.text.plain(word), state=shown))


def label(page: Page, kind: str, word: str, rows: int, market: str) -> str:
    """A word with its rows, and the carrier that it is like."""
    counted = page.n_("{word} ({n} row)", "{word} ({n} rows)", rows, word=page.text.plain(word))
    near = shop_words.near_carrier(word, market) if kind == shop_words.CARRIER else None
    return counted + (" · " + page._("like {carrier}", carrier=page.text.plain(near)) if near else "")


def choices(kind: str, market: str) -> list[str]:
    """What a word may mean."""
    if kind == shop_words.CARRIER:
        return shop_words.carrier_choices(market)
    return [str(state) for state in State if state is not State.UNKNOWN]


def meant(page: Page, kind: str, meaning: str) -> str:
    """A meaning as people read it."""
    return meaning if kind == shop_words.CARRIER else page._(labels.STATES[meaning])


def kept(page: Page) -> None:
    """The words of open orders that nobody knows, and every word that was settled."""
    shops = dict(settings.shops(page.desk).select("id", "name").iter_rows())
    for (shop_id, kind), words in shop_words.unknown(page.desk).group_by("shop_id", "kind", maintain_order=True):
        st.markdown(f"**{page.text.plain(shops[shop_id])}**")
        ask(page, int(str(shop_id)), str(kind), words, f"kept_{shop_id}")
    for word in shop_words.kept(page.desk):
        one(page, word, shops[word.shop_id])


def one(page: Page, word: shop_words.Word, shop: str) -> None:
    """A settled word, by whom, and the way to take it back."""
    with st.container(border=True, key=f"word_{word.kind}_{word.shop_id}_{word.word}"):
        meaning = page.text.plain(meant(page, word.kind, word.meaning))
        st.markdown(
            f"**{page.text.plain(word.word)}** → {meaning} · {page.text.plain(shop)} · {page._(KINDS[word.kind])}"
        )
        at = page.text.moment(word.at, page.zone)
        st.caption(page._("{at} by {person}", at=at, person=page.text.plain(word.person)))
        bar = page.bar("import", word.shop_id)
        st.button(
            page._("Take this meaning away"), on_click=forget, args=(page, word), disabled=bool(bar), help=bar,
            key=f"forget_{word.kind}_{word.shop_id}_{word.word}", icon=":material/delete:",
        )  # fmt: skip


@told
def forget(page: Page, word: shop_words.Word) -> None:
    """Nobody knows the word any more."""
    shop_words.forget(page.desk, page.person, word.kind, word.shop_id, word.word, page.now)
    import_batch.forget()
