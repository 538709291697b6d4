"""The answer in French, Chinese and English beside it line for line; checked, copied, then ticked as answered."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.desk import replies
from core.desk.returns import CaseKey
from core.policy.replies import FAULTS, LANGUAGES, Fault, Text
from core.policy.returns import say
from ui import notices, returns_decide
from ui.frame import Page
from ui.refusals import told
from ui.text import LANGUAGES as READERS

BESIDE: Final = {"zh": "zh_CN", "en": "en"}
"""The languages that stand beside the French, by the reader's own codes."""


SITUATIONS: Final = (
    say.REASONS
    | say.WHY
    | {
        "buyer_pays": say.PAYERS["buyer"],
        "seller_pays": say.PAYERS["seller"],
    }
)
"""What the situations of texts are called."""


def draw(page: Page, key: CaseKey, row: dict[str, Any], known: int) -> None:
    """Choose a text, fill what is open, edit, check; copying is offered once nothing is wrong. ``known``: how many
    events of the case are on screen."""
    texts = replies.fitting(row)
    st.subheader(page._("Answer in French"), anchor=False)
    if not texts:
        st.caption(page._("Decide first: the text follows from the option."))
        return
    text = texts[0]
    if len(texts) > 1:
        text = st.selectbox(page._("Text"), texts, format_func=lambda text: _title(page, text), key=f"text_{key.key}")
    written = f"answer_{key.key}_{text.id}"
    given = _open_places(page, key, text, row)
    lines = replies.filled(text, row, given)
    proposed = "\n\n".join(line[LANGUAGES.index("fr")] for line in lines)
    if st.session_state.get(f"{written}_from") != proposed or written not in st.session_state:
        # New facts make a new text; what a person typed into the old one is not mixed into it. A box that was
        # not drawn for a while has forgotten its text.
        st.session_state[f"{written}_from"] = st.session_state[written] = proposed
    sent, beside = st.columns(2)
    with sent:
        answer = st.text_area(page._("French, as it will be sent"), key=written, height=340)
    with beside:
        other = st.segmented_control(
            page._("Beside it"),
            list(BESIDE),
            default="zh",
            format_func=lambda code: READERS[BESIDE[code]],
            key=f"beside_{key.key}",
            required=True,
        )
        place = LANGUAGES.index(str(other))
        st.markdown("\n\n".join(page.text.plain(line[place]) for line in lines))
    faults = replies.faults(answer, row["order_number"], text.option)
    if faults:
        draw_faults(page, faults)
    else:
        st.caption(page._("Nothing is open, it is French, the order number is in it, and it promises nothing else."))
        st.code(answer, language=None, wrap_lines=True, height=120)
    if row["answered_at"] is None:
        bar = page.bar("answer", key.shop_id)
        st.button(
            page._("Answered"),
            type="primary",
            key="answered",
            disabled=bool(faults or bar),
            help=bar
            or page._(
                "Copy the text, send it in the marketplace's back office, then tick it here: the reply clock stops."
            ),
            on_click=_answered,
            args=(page, key, known),
        )


def draw_faults(page: Page, faults: Sequence[Fault]) -> None:
    """Why a text cannot be copied yet, in sentences."""
    said = [page._(FAULTS[fault.code], **dict(fault.params)) for fault in faults]
    st.warning("\n".join(f"- {page.text.plain(sentence)}" for sentence in said))


def _title(page: Page, text: Text) -> str:
    option = page._(say.OPTIONS[text.option]) if text.option else page._("Question to the buyer")
    return f"{option} ({page._(SITUATIONS[text.situation])})" if text.situation else option


def _open_places(page: Page, key: CaseKey, text: Text, row: dict[str, Any]) -> dict[str, str]:
    """What no file says and the text needs: typed once, it goes into every language."""
    known = replies.known(row)
    wanted = [name for name in replies.TYPED if name in text.places and not known.get(name)]
    if not wanted:
        return {}
    given = {}
    for place, name in zip(st.columns(max(len(wanted), 2)), wanted, strict=False):
        with place:
            given[name] = st.text_input(page._(replies.TYPED[name]), key=f"place_{name}_{key.key}")
    return given


@told
def _answered(page: Page, key: CaseKey, known: int) -> None:
    if returns_decide.recorded(page, key, known, "answered", page.now, {}):
        notices.leave("done", page._("Answered: the reply clock has stopped. Next step: carry it out, then close it."))
