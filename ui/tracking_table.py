"""The orders to ship on the Tracking page: figures, filters in the link, the table with its verdicts."""

from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import shipments, surveillance
from core.policy.tracking_reasons import REASONS, Evidence, Verdict
from core.policy.words import N_
from ui import filters, labels, tables, tracking_verdicts
from ui.frame import Page
from ui.text import NOTHING

VERDICT: Final = N_("Verdict")
GATE: Final = N_("Gate")
RULE: Final = N_("Rule")
TIME_LEFT: Final = N_("Time left")
WELL_FORMED: Final[dict[str, str]] = {
    Evidence.CHECK_DIGIT: N_("Well-formed: its check digit is right."),
    Evidence.SHAPE: N_("Well-formed: its shape fits; there is no check digit."),
    Evidence.NONE: N_("Nothing speaks against it."),
}
"""What is said where no reason is; no check proves that a parcel exists."""
HEIGHT: Final = 300
HELD: Final = ("never", "needs_word", "needs_lead", "no_carrier", "unfit", "missing_from_newer_file")
"""Why an order with a number does not go: what the figure "held" counts."""


def under_surveillance(page: Page) -> None:
    """A line for each shop that is watched: which day of how many it is."""
    said = [
        page._(
            "{shop} is under surveillance: day {day} of {days} since the notice of {noticed} (CD-W2). No invalid "
            "number may be sent; a second notice may close the shop (CD-W3).",
            shop=page.text.plain(shop),
            day=day,
            days=days,
            noticed=page.text.day(noticed),
        )
        for shop, noticed, day, days in surveillance.days(page.desk, page.now).drop("shop_id").iter_rows()
    ]
    if said:
        st.warning("\n\n".join(said), icon=":material/policy:")


def figures(page: Page, looked: pl.DataFrame) -> None:
    """One row: how many are to be shipped, how their numbers stand, how many of them are held."""
    to_ship = looked.filter(pl.col("state").is_in(shipments.TO_SHIP))
    numbered = to_ship.filter(pl.col("tracking_number").is_not_null())
    counted = dict(numbered.group_by("verdict").len().iter_rows())
    with st.container(horizontal=True):
        st.metric(page._("to ship"), to_ship.height, border=True, width=126)
        for verdict in reversed(Verdict):
            label = tracking_verdicts.label(verdict, page.text)
            st.metric(label, counted.get(str(verdict), 0), border=True, width=126)
        held = numbered.filter(pl.col("held_back").is_in(HELD)).height
        st.metric(page._("held"), held, border=True, width=126)


def filtered(page: Page, looked: pl.DataFrame) -> pl.DataFrame:
    """Draw shop, verdict, reason and text, which live in the link; the rows that pass all of them."""
    shop, verdict, code, text = st.columns([2, 2, 3, 2])
    with shop:
        shops = st.multiselect(
            page._("Shop"), sorted(looked["shop"].unique()), placeholder=page._("All"), key="shop", bind="query-params"
        )
    with verdict:
        verdicts = filters.choice(
            page._(VERDICT),
            "verdict",
            [str(verdict) for verdict in Verdict],
            page._("All"),
            lambda name: tracking_verdicts.label(name, page.text),
        )
    with code:
        present = sorted(set(looked["codes"].explode().drop_nulls()))
        codes = filters.choice(page._("Reason"), "code", present, page._("All"), lambda name: _named(page, name))
    with text:
        sought = st.text_input(
            page._("Text"), key="text", bind="query-params", placeholder=page._("Order, number, carrier…")
        )
    conditions = []
    if shops:
        conditions.append(pl.col("shop").is_in(shops))
    if verdicts:
        conditions.append(pl.col("verdict").is_in(verdicts) & pl.col("tracking_number").is_not_null())
    if codes:
        conditions.append(pl.col("codes").list.set_intersection(pl.lit(codes)).list.len() > 0)
    if sought.strip():
        held = pl.concat_str(
            ("order_number", "shop", "carrier", "tracking_number", "tracking_url"), separator="\n", ignore_nulls=True
        )
        conditions.append(held.str.to_lowercase().str.contains(sought.strip().lower(), literal=True))
    return looked.filter(*conditions)


def _named(page: Page, code: str) -> str:
    """A reason by its sentence without what stands in its places."""
    return page._(REASONS[code].sentence, given="…", expected="…")


def why(page: Page, looked: pl.DataFrame) -> pl.Series:
    """The gravest reason of each row in one sentence; what no number was judged for says what it needs."""
    said = [
        sentence(page, reasons[0]) if len(reasons) else page._(WELL_FORMED[evidence or Evidence.NONE])
        for reasons, evidence in looked.select("reasons", "evidence").iter_rows()
    ]
    return pl.Series("why", said, dtype=pl.String)


def sentence(page: Page, reason: dict[str, str]) -> str:
    """A reason (code, given, expected) in words; what it quotes stands as it was written."""
    code, given, expected = (reason[name] for name in ("code", "given", "expected"))
    return page._(REASONS[code].sentence, given=given, expected=expected)


def standing(page: Page) -> pl.Expr:
    """What the gate asks, or why an order does not go although it could."""
    sentences = {code: page._(sentence) for code, sentence in SHORT.items()}
    goes = (
        pl.when(pl.col("word_id").is_not_null())
        .then(pl.lit(page._("goes on a word")))
        .otherwise(pl.lit(page._("goes")))
    )
    return pl.coalesce(pl.col("held_back").replace_strict(sentences, default=None, return_dtype=pl.String), goes)


SHORT: Final = {
    "sent": N_("sent, not confirmed"),
    "missing_from_newer_file": N_("perhaps cancelled"),
    "marked_shipped": N_("marked as shipped"),
    "no_number": N_("no number yet"),
    "not_needed": N_("needs no number"),
    "never": N_("never goes"),
    "needs_word": N_("needs a word"),
    "needs_lead": N_("needs a lead's word"),
    "no_carrier": N_("needs a carrier"),
    "unfit": N_("never goes"),
}
"""What holds an order back, in two or three words; the sentences stand in the details."""


def in_words(page: Page, looked: pl.DataFrame) -> pl.DataFrame:
    """The rows as people read them; their order stays."""
    text = page.text
    numbered = pl.col("tracking_number").is_not_null()
    columns: dict[str, pl.Expr | pl.Series] = {
        page._(VERDICT): pl.when(numbered).then(tracking_verdicts.labelled(text)),
        page._(GATE): standing(page),
        page._("Order"): pl.col("order_number"),
        page._("Carrier"): pl.col("carrier"),
        page._("Tracking number"): pl.col("tracking_number"),
        page._("Why"): why(page, looked),
        page._("Needs"): needs(page),
        page._(TIME_LEFT): tables.left("seconds_left", text),
        page._("Shop"): pl.col("shop"),
        page._("Delivery mode"): tables.words("delivery_mode", labels.DELIVERY_MODES, text),
        page._("Amount"): tables.money("order_value_minor", "currency", looked, text),
        page._("Tracking link"): pl.col("tracking_url"),
        page._("Word of"): pl.col("word_person"),
        page._(RULE): first_rule(),
    }
    return looked.select(**columns)


def needs(page: Page) -> pl.Expr:
    """Whether an order needs a number, with the rule that says so."""
    rule = pl.col("required_rule")
    yes, no = page._("number ({rule})", rule="{}"), page._("no number ({rule})", rule="{}")
    return (
        pl.when(pl.col("required"))
        .then(pl.format(yes, rule))
        .when(~pl.col("required"))
        .then(pl.format(no, rule))
        .otherwise(pl.lit(page._("cannot tell")))
    )


def first_rule() -> pl.Expr:
    """The rule of the gravest reason, else that of the need."""
    rules = {code: reason.rule for code, reason in REASONS.items()}
    first = pl.col("codes").list.first().replace_strict(rules, default=None, return_dtype=pl.String)
    return pl.coalesce(first, "required_rule")


def verdict_of(page: Page, row: dict[str, Any]) -> str:
    """The verdict on one row; without a number there is none."""
    return tracking_verdicts.label(row["verdict"], page.text) if row["tracking_number"] else page._("no number yet")


def brief(page: Page) -> list[str]:
    """The columns that a preview has room for."""
    return [page._(name) for name in (VERDICT, GATE, "Order", "Carrier", "Tracking number", "Why")]


def drawn(page: Page, shown: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The table of :func:`in_words` with verdicts as coloured tags, and the settings that draw it so."""
    verdict, rule = page._(VERDICT), page._(RULE)
    link = pl.concat_str(pl.lit(f"/rules?lang={page.lang}&rule="), rule)
    tags = pl.concat_list(verdict).list.drop_nulls()
    right = st.column_config.TextColumn(alignment="right")
    config: dict[str, Any] = {
        verdict: tracking_verdicts.column(page.text),
        rule: st.column_config.LinkColumn(display_text=r"rule=(.*)$"),
        page._("Tracking link"): st.column_config.TextColumn(),
        page._("Why"): st.column_config.TextColumn(width=330),
        page._(TIME_LEFT): right,
        page._("Amount"): right,
    }
    frame = shown.with_columns(tags.alias(verdict), link.alias(rule))
    return frame, {"column_config": config, "placeholder": NOTHING}


def draw(page: Page, found: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """The table (``shown``: the rows in words); gives the chosen rows."""
    frame, style = drawn(page, shown)
    key, alt = "shipments_" + filters.table_key(found), page._("Orders to ship, most urgent first")
    return found[tables.chosen(frame, key=key, height=HEIGHT, alt=alt, **style)]


VIEWS: Final = {
    "numbers": N_("Put numbers in"),
    "chosen": N_("Chosen orders"),
    "file": N_("Shipment file"),
    "sent": N_("What went out"),
    "pictures": N_("Pictures"),
}


def view(page: Page) -> str:
    """What stands below the table; the link keeps it."""

    def keep() -> None:
        st.query_params["view"] = st.session_state["view"]

    wish = st.query_params.get("view")
    st.session_state["view"] = wish if wish in VIEWS else "numbers"
    chosen = st.segmented_control(
        page._("What to do"),
        list(VIEWS),
        format_func=lambda name: page._(VIEWS[name]),
        key="view",
        on_change=keep,
        required=True,
        label_visibility="collapsed",
    )
    return str(chosen)
