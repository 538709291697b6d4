"""Bands on screen: always a word, a shape and a colour together."""

from typing import Final

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.policy.words import Band, Group, N_
from ui.text import Text

SHAPES: Final[dict[str, str]] = {Band.OVERDUE: "▲", Band.NOW: "◆", Band.SOON: "●", Band.CALM: "○"}
COLOURS: Final[dict[str, str]] = {
    Band.OVERDUE: "#D55E00",
    Band.NOW: "#E69F00",
    Band.SOON: "#56B4E9",
    Band.CALM: "#999999",
}
"""Okabe and Ito's colours, safe for colour-blind eyes; the same in light, dark and on the wall."""

WORDS: Final[dict[str, str]] = {
    Band.OVERDUE: N_("overdue"),
    Band.NOW: N_("now"),
    Band.SOON: N_("soon"),
    Band.CALM: N_("calm"),
}
GROUPS: Final[dict[str, str]] = {
    Group.CANNOT_TELL: N_("cannot tell"),
    Group.WAITING: N_("waiting"),
    Group.PROBABLY_CANCELLED: N_("probably cancelled"),
    Group.PERHAPS_CANCELLED: N_("perhaps cancelled by the buyer"),
}
"""The parts of the queue beside the four bands."""

PLACES: Final = (
    Band.OVERDUE,
    Band.NOW,
    Band.SOON,
    Group.CANNOT_TELL,
    Band.CALM,
    Group.WAITING,
    Group.PROBABLY_CANCELLED,
    Group.PERHAPS_CANCELLED,
)
"""Where a work item can stand, most urgent first."""


def place() -> pl.Expr:
    """Where each judged row stands: its band while it is live, else its group."""
    live = pl.col("group") == str(Group.LIVE)
    return pl.when(live).then(pl.col("band")).otherwise(pl.col("group"))


def label(name: str, text: Text) -> str:
    """A place with its shape: "◆ now"; the groups beside the bands have no shape."""
    word = text._(WORDS.get(name) or GROUPS[name])
    return f"{SHAPES[name]} {word}" if name in SHAPES else word


def column(text: Text) -> ColumnConfig:
    """The table column that shows places as tags in their colours; its cells are lists of one label."""
    colours = [COLOURS.get(name, COLOURS[Band.CALM]) for name in PLACES]
    labels = [label(name, text) for name in PLACES]
    return st.column_config.MultiselectColumn(options=labels, color=colours)


def counts(judged: pl.DataFrame) -> dict[str, int]:
    """How many rows stand in each place; every place is there, also with 0."""
    found = dict(judged.group_by(place().alias("place")).len().iter_rows())
    return {str(name): found.get(str(name), 0) for name in PLACES}
