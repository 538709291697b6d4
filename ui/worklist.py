"""What Today, Orders and Case share: the judged queue as a table in words, and the data's age."""

from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import imports, samples
from core.policy.explain import CONSEQUENCES, REASONS
from core.policy.words import Band, Group, N_
from ui import bands, filters, labels, tables
from ui.frame import Page
from ui.text import NOTHING

BAND: Final = N_("Band")
RULE: Final = N_("Rule")
TIME_LEFT: Final = N_("Time left")
AMOUNT: Final = N_("Amount")
FIGURES: Final = tuple(str(name) for name in (Band.OVERDUE, Band.NOW, Band.SOON, Group.CANNOT_TELL, Band.CALM))
EMPTY: Final = N_("No orders yet. Load the sample month to look around, or upload an export of your own.")


def title(page: Page, heading: str) -> None:
    """The page's title with the age and the source of what it shows."""
    st.title(heading, anchor=False)
    newest = imports.newest(page.desk)
    if newest is None:
        st.caption(page._("No file was imported yet."))
        return
    st.caption(
        page._(
            "As of {as_of} ({age}), {file}, shop {shop}. Acting as {person}.",
            as_of=page.text.moment(newest["as_of"], page.zone),
            age=page.text.ago((page.now - newest["as_of"]).total_seconds()),
            file=page.text.plain(newest["file_name"]) if newest["file_name"] else page._("typed by hand"),
            shop=page.text.plain(newest["shop"]),
            person=page.person.name,
        )
    )


def offer_start(page: Page) -> None:
    """The empty state: the sample month, or the upload."""
    st.info(page._(EMPTY), icon=":material/inbox:")
    bar = page.bar("import")
    with st.container(horizontal=True):
        if st.button(page._("Load the sample month"), type="primary", key="load_sample", disabled=bool(bar), help=bar):
            with st.spinner(page._("Reading the sample month…")):
                imports.load_samples(page.desk, page.person, samples.sample_month(page.now), page.now)
            st.rerun()
        if st.button(page._("Upload an export"), key="to_imports", icon=":material/upload_file:"):
            st.switch_page("../pages/imports.py")


def in_words(page: Page, judged: pl.DataFrame) -> pl.DataFrame:
    """The judged rows as people read them, column by column; the order of the rows stays.

    Kept for their minute, as the queue is."""
    return _in_words(page, judged, (*page.seen, filters.table_key(judged)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _in_words(_page: Page, _judged: pl.DataFrame, seen: tuple[object, ...]) -> pl.DataFrame:
    """``seen`` names what is in the table; the frame itself is not compared."""
    page, judged, text = _page, _judged, _page.text
    zones = judged["zone"].unique().to_list()
    shop_zone = pl.coalesce(
        [pl.lit(None, dtype=pl.String)]
        + [pl.when(pl.col("zone") == zone).then(tables.moment("due_at", zone, text)) for zone in zones]
    )
    columns: dict[str, pl.Expr | pl.Series] = {
        page._(BAND): bands.place().replace({str(name): bands.label(name, text) for name in bands.PLACES}),
        page._(TIME_LEFT): tables.left("seconds_left", text),
        page._("Order"): pl.col("order_number"),
        page._("Shop"): pl.col("shop"),
        page._(AMOUNT): tables.money("order_value_minor", "currency", judged, text),
        page._("State"): tables.words("state", labels.STATES, text),
        page._("Next step"): tables.words("kind", labels.KINDS, text),
        page._("Due (shop)"): shop_zone,
        page._("Due ({zone})", zone=text.city(page.zone)): tables.moment("due_at", page.zone, text),
        page._("Last staffed"): pl.when(pl.col("staffed_reason") == "nobody_before_due")
        .then(pl.lit(page._("gone")))
        .otherwise(tables.moment("last_staffed_at", page.zone, text)),
        page._("If not"): tables.words("consequence", CONSEQUENCES, text),
        page._("Why"): tables.words("reason", REASONS, text),
        page._(RULE): pl.col("rule"),
        page._("Who"): pl.col("assignee"),
        page._("File disagrees"): pl.col("disagrees"),
    }
    return judged.select(**columns)


def brief(page: Page) -> list[str]:
    """The columns of :func:`in_words` that a narrow place has room for."""
    due = page._("Due ({zone})", zone=page.text.city(page.zone))
    return [page._(name) for name in (BAND, TIME_LEFT, "Order", "Shop", "Next step")] + [due]


def drawn(page: Page, shown: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The table of :func:`in_words` with its bands as coloured tags, and the settings that draw it so."""
    band, rule = page._(BAND), page._(RULE)
    link = pl.concat_str(pl.lit(f"/rules?lang={page.lang}&rule="), rule)
    frame = shown.with_columns(pl.concat_list(band), link.alias(rule))
    right = st.column_config.TextColumn(alignment="right")
    columns = {
        band: bands.column(page.text),
        rule: st.column_config.LinkColumn(display_text=r"rule=(.*)$"),
        page._(TIME_LEFT): right,
        page._(AMOUNT): right,
    }
    return frame, {"column_config": columns, "placeholder": NOTHING}


def figures(page: Page, judged: pl.DataFrame) -> None:
    """One row of figures: the bands and what cannot be told; the rest of the queue in one line below."""
    counted = bands.counts(judged)
    with st.container(horizontal=True):
        for name in FIGURES:
            st.metric(bands.label(name, page.text), counted[name], border=True, width=150)
    beside = [
        page._("{name}: {value}", name=bands.label(name, page.text), value=counted[name])
        for name in counted
        if name not in FIGURES
    ]
    to_carry_out = page._("to carry out: {n}", n=judged.filter(kind="carry_out").height)
    st.caption(" · ".join([to_carry_out, *beside]))
