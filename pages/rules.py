"""Rules: the values in force, since when, where they come from, and when a person last looked."""

from typing import Final

import polars as pl
import streamlit as st

from core.desk import rules
from core.policy.words import N_
from ui import tables
from ui.amounts import amount
from ui.frame import Page
from ui.frame import page as open_page

SHOWS: Final = (
    *("CD-O1", "CD-O2", "CD-O3", "CD-O4", "CD-O5", "CD-C1"),
    *("CD-S1", "CD-S2", "CD-S3", "CD-S4", "CD-S5", "CD-S6", "CD-S7", "CD-S8", "CD-S9", "CD-W2", "CD-W3", "CD-H1"),
    *("XX-T1", "XX-T2", "XX-T3", "XX-D1", "XX-D2", "XX-D3"),
)
COLUMNS: Final = {
    "rule": N_("Rule"),
    "title": N_("What it says"),
    "shown": N_("Value in force"),
    "since": N_("Since"),
    "last_checked": N_("Last checked"),
    "source": N_("Source"),
}


def in_words(page: Page) -> pl.DataFrame:
    """The values in force today, every text in the reader's language."""
    place = {rule: place for place, rule in enumerate(SHOWS)}
    order = pl.col("rule").replace_strict(place, default=len(place))
    frame = rules.in_force(page.desk.values, page.now.date()).sort(order, maintain_order=True)
    said = [
        {"title": page._(title), "shown": amount(page, unit, value), "source": page._(source) if source else ""}
        for title, unit, value, source in frame.select("title", "unit", "value", "source").iter_rows()
    ]
    return frame.with_columns(pl.DataFrame(said, schema=dict.fromkeys(said[0], pl.String())))


def filtered(page: Page, frame: pl.DataFrame) -> tuple[pl.DataFrame, str | None]:
    """Draw the filters, which live in the link; the rows that pass them and the rule chosen."""
    by_rule, by_word = st.columns([1, 3])
    with by_rule:
        rule = st.selectbox(
            page._("Rule"),
            frame["rule"].unique(maintain_order=True).to_list(),
            index=None,
            placeholder=page._("All"),
            key="rule",
            bind="query-params",
        )
    with by_word:
        word = st.text_input(
            page._("Number or word"),
            placeholder=page._("CD-O1, acceptance, refusal…"),
            type="search",
            icon=":material/search:",
            key="rule_word",
            bind="query-params",
        )
    held = pl.concat_str("rule", "key", "title", "shown", "source", separator="\n").str.to_lowercase()
    rows = frame.filter(held.str.contains((word or "").strip().lower(), literal=True))
    return (rows.filter(rule=rule) if rule else rows), rule


def draw_details(page: Page, rows: pl.DataFrame) -> None:
    """One rule in full: each of its values with its dated history, newest first."""
    with st.container(border=True, gap="small"):
        for row in rows.iter_rows(named=True):
            st.markdown(f"**{row['rule']} · {page.text.plain(row['title'])}**")
            for since, value, source in rules.history(page.desk.values, row["key"]).iter_rows():
                st.markdown(page.text.plain(amount(page, row["unit"], value)))
                st.caption(
                    page._(
                        "Since {since}. Source: {source}. Last checked on {checked}.",
                        since=since,
                        source=page.text.plain(page._(source)),
                        checked=row["last_checked"],
                    )
                )


page = open_page()
st.title(page._("Rules"), anchor=False)
everything = in_words(page)
st.caption(
    page._(
        "Values in force on {day}. Every deadline is derived from these; "
        "a person last checked their sources on {checked}.",
        day=page.now.date(),
        checked=everything["last_checked"].min(),  # type: ignore[arg-type]  # a Date column
    )
)
with st.container(horizontal=True):
    st.metric(page._("Rules in force"), everything["rule"].n_unique(), border=True, width=150)
    st.metric(page._("Values"), everything.height, border=True, width=150)
    st.metric(page._("Oldest check"), page.text.day(everything["last_checked"].min()), border=True, width=230)  # type: ignore[arg-type]

found, chosen_rule = filtered(page, everything)
if found.is_empty():
    st.info(page._("No rule holds this word. Empty the box to see all rules."), icon=":material/search_off:")
    st.stop()
shown = found.select(*COLUMNS)
event = st.dataframe(
    shown,
    key=f"rules_table_{chosen_rule}_{found.height}",
    on_select="rerun",
    selection_mode="single-row",
    hide_index=True,
    height="auto" if chosen_rule else 400,
    column_config={
        name: st.column_config.Column(page._(title), width=280 if name == "shown" else None)
        for name, title in COLUMNS.items()
    }
    | {
        name: st.column_config.DateColumn(page._(COLUMNS[name]), format="iso8601") for name in ("since", "last_checked")
    },
    alt=page._("Rules with the value in force, since when and from which source"),
)
picked = [row for row in event["selection"]["rows"] if row < found.height]
if picked:
    draw_details(page, found.filter(rule=found["rule"][picked[0]]))
elif chosen_rule:
    draw_details(page, found)
else:
    st.caption(page._("Choose a row to read the rule in full, with all its earlier values."))
tables.downloads(page, shown.rename({name: page._(title) for name, title in COLUMNS.items()}), "desk48-rules")
