"""Verdicts on screen: word, shape and colour together, in the bands' colours."""

from typing import Final

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.policy.tracking_gate import Gate
from core.policy.tracking_reasons import Evidence, Url, Verdict
from core.policy.words import Band, N_
from ui import bands
from ui.text import Text

LIKE: Final[dict[str, Band]] = {
    Verdict.IMPOSSIBLE: Band.OVERDUE,
    Verdict.SUSPECT: Band.NOW,
    Verdict.CANNOT_TELL: Band.SOON,
    Verdict.PLAUSIBLE: Band.CALM,
}
"""The band whose shape and colour a verdict wears."""
WORDS: Final[dict[str, str]] = {
    Verdict.IMPOSSIBLE: N_("impossible"),
    Verdict.SUSPECT: N_("suspect"),
    Verdict.CANNOT_TELL: N_("cannot tell"),
    Verdict.PLAUSIBLE: N_("plausible"),
}
EVIDENCE: Final[dict[str, str]] = {
    Evidence.CHECK_DIGIT: N_("check digit"),
    Evidence.SHAPE: N_("shape alone"),
    Evidence.NONE: N_("none"),
}
URLS: Final[dict[str, str]] = {
    Url.OWN: N_("the carrier's own page"),
    Url.PARTNER: N_("a page of its partner"),
    Url.OTHER_CARRIER: N_("a page of another carrier"),
    Url.AGGREGATOR: N_("a page that follows many carriers"),
    Url.HOME_PAGE: N_("a page without the number"),
    Url.UNKNOWN_HOST: N_("an address nobody knows"),
    Url.ILL_FORMED: N_("no address that can be taken"),
}
GATES: Final[dict[str, str]] = {
    Gate.GOES: N_("goes"),
    Gate.OPERATOR: N_("needs a word"),
    Gate.LEAD_WITH_EVIDENCE: N_("needs a lead's word, with evidence"),
    Gate.NEVER: N_("never goes"),
}
"""What the gate asks of a shipment."""


def label(verdict: str, text: Text) -> str:
    """A verdict with its shape: "▲ impossible"."""
    return f"{bands.SHAPES[LIKE[verdict]]} {text._(WORDS[verdict])}"


def column(text: Text) -> ColumnConfig:
    """The table column that shows verdicts as tags in their colours; its cells are lists of one label."""
    labels = [label(verdict, text) for verdict in Verdict]
    return st.column_config.MultiselectColumn(options=labels, color=[colour(verdict) for verdict in Verdict])


def colour(verdict: str) -> str:
    return bands.COLOURS[LIKE[verdict]]


def labelled(text: Text) -> pl.Expr:
    """The verdicts of a frame by their labels."""
    return pl.col("verdict").replace({str(verdict): label(verdict, text) for verdict in Verdict})
