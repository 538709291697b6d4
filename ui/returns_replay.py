"""What the shop sets: values and rules, tried on past cases before they are saved."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import returns_settings, settings
from core.desk.base import Stale
from core.desk.return_cases import OFFERS
from core.desk.returns_settings import Change, Replayed
from core.policy.returns import say
from core.policy.returns.frames import Option, Reason
from core.policy.words import N_
from ui import labels, notices, tables
from ui.amounts import ASSUMED, amount
from ui.frame import Page
from ui.refusals import told
from ui.returns_table import word
from ui.text import NOTHING

SPANS: Final = (30, 90, 365)
EFFECTS: Final = {"never": N_("never"), "only": N_("only"), "allow": N_("allow")}
KINDS: Final = {"value": N_("A value of the shop"), "rule": N_("A rule of the shop")}

MONEY: Final = (N_("Cost before"), N_("Cost after"), N_("Saved"))


def draw(page: Page) -> None:
    """Choose shop and change, look at the past, save."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    if not known:
        st.info(page._("Add a shop on Imports first."), icon=":material/storefront:")
        return
    change_place, past = st.columns([4, 5])
    with change_place:
        shop_id = int(
            st.selectbox(
                page._("Shop"), list(known), key="replay_shop",
                format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
            )
        )  # fmt: skip
        what = st.segmented_control(
            page._("What to change"),
            list(KINDS),
            default="value",
            format_func=lambda name: page._(KINDS[name]),
            key="replay_what",
            required=True,
        )
        change = _value(page, shop_id) if what == "value" else _rule(page, shop_id)
    with past:
        if change is None:
            st.info(
                page._("Change something at the left: here you see what it would have done."), icon=":material/history:"
            )
        else:
            _past(page, change)
    _saved(page, shop_id)


def _value(page: Page, shop_id: int) -> Change | None:
    today = returns_settings.today(page.desk, shop_id, page.now)
    now = {row["key"]: row for row in returns_settings.in_force(page.desk, shop_id, today).iter_rows(named=True)}
    titles = {key: row["title"] for key, row in now.items()}
    keys = [*OFFERS, *(key for key in now if key not in OFFERS)]
    key = st.selectbox(page._("Which value"), keys, format_func=lambda name: word(page, titles, name), key="replay_key")
    row = now[key]
    held, given = row["amount"] or "", row["source"] or ""
    if held:
        st.caption(
            page._(
                "In force: {amount}, since {since}. Source: {source}",
                amount=page.text.plain(amount(page, row["unit"], held)),
                since=row["since"],
                source=page.text.plain(_source(page, given)),
            )
        )
    else:
        st.caption(page._("Nothing is known yet."))
    if key in ("offer_label", "offer_informed", "offer_insured"):
        words = {"yes": page._("yes"), "no": page._("no")}
        wish = st.selectbox(
            page._("New value"),
            list(words),
            index=list(words).index(held) if held in words else None,
            format_func=words.__getitem__,
            placeholder=page._("unknown"),
            key=f"replay_amount_{shop_id}_{key}",
        )
    else:
        wish = st.text_input(
            page._("New value"),
            held,
            key=f"replay_amount_{shop_id}_{key}",
            help=page._(HELP.get(row["unit"], HELP["offer"])),
        )
    if not wish or wish.strip() == held:
        return None
    change = Change(shop_id, key, wish.strip())
    fault = returns_settings.wrong(page.desk, change)
    if fault:
        st.error(page._("This value cannot be used: {why}", why=page.text.plain(fault)))
        return None
    return change


def _source(page: Page, source: str) -> str:
    """Where a value comes from; only what is no word of a person or a citation is translated."""
    return page._(ASSUMED) if source == ASSUMED else source


HELP: Final = {
    "fraction": N_("A fraction with three decimals at most: 0.75"),
    "EUR_minor": N_("A whole number of cents: 150"),
    "days": N_("A whole number of days: 12"),
    "grams": N_("A whole number of grams: 500"),
    "weight_bands": N_("Up to so many grams, so many cents: 250:525 500:735"),
    "offer": N_("As it is: FR, or the whole address in one line"),
}


def _rule(page: Page, shop_id: int) -> Change | None:
    effect = st.segmented_control(
        page._("Effect"),
        list(EFFECTS),
        default="only",
        format_func=lambda name: page._(EFFECTS[name]),
        key="rule_effect",
        required=True,
    )
    option = st.selectbox(
        page._("Option"),
        [str(name) for name in Option],
        format_func=lambda name: page._(say.OPTIONS[name]),
        key="rule_option",
        index=2,
    )
    left, right = st.columns(2)
    with left:
        up_to = st.number_input(
            page._("Ceiling: price of the article at most"), 0.0, value=None, step=1.0, key="rule_up_to"
        )
        reason = st.selectbox(
            page._("Reason"),
            [str(name) for name in Reason],
            index=None,
            format_func=lambda name: page._(say.REASONS[name]),
            placeholder=page._("every one"),
            key="rule_reason",
        )
        country = st.text_input(page._("Country of the buyer (two letters)"), key="rule_country").strip().upper()
        position = st.number_input(
            page._("Position: the lowest that fits decides"), 1, value=10, step=1, key="rule_position"
        )
    with right:
        from_ = st.number_input(page._("Price of the article at least"), 0.0, value=None, step=1.0, key="rule_from")
        category = st.text_input(page._("Category"), key="rule_category").strip().lower()
        again = st.number_input(
            page._("Earlier returns of the buyer at least"), 0, value=None, step=1, key="rule_returns"
        )
        kept = st.number_input(
            page._("Earlier refunds without return at least"), 0, value=None, step=1, key="rule_keeps"
        )
    if all(value in (None, "") for value in (up_to, from_, reason, country, category, again, kept)):
        st.caption(page._("Give at least one condition."))
        return None
    today = returns_settings.today(page.desk, shop_id, page.now)
    rule: dict[str, Any] = {
        "shop_id": shop_id, "position": int(position), "since": today, "until": None, "effect": effect,
        "option": option, "reason": reason, "category": category or None, "country": country or None,
        "from_minor": None if from_ is None else round(from_ * 100),
        "up_to_minor": None if up_to is None else round(up_to * 100), "buyer_returns_from": again,
        "buyer_keeps_from": kept,
    }  # fmt: skip
    conflicts = returns_settings.conflicts(page.desk, rule, today)
    for code, one, other, blocks in conflicts.select("code", "rule_id", "other_id", "blocks").iter_rows():
        # The new rule has no name yet; the others are named.
        named = [name for name in [one, *(other or "").split(", ")] if name not in ("", returns_settings.NEW)]
        sentence = " ".join(filter(None, (page._(say.CONFLICTS[code]), ", ".join(named))))
        (st.error if blocks else st.warning)(sentence)
    return None if conflicts["blocks"].any() else Change(shop_id, rule=rule)


def _past(page: Page, change: Change) -> None:
    """What the change would have done, and the way to save it."""
    days = st.segmented_control(
        page._("Look at the last"),
        SPANS,
        default=90,
        format_func=lambda n: page.n_("{n} day", "{n} days", n),
        key="replay_days",
        required=True,
    )
    with st.spinner(page._("Judging past cases again…")):
        found = returns_settings.tried(page.desk, change, int(days or 90), page.minute)
    _told(page, found)
    since_place, source_place, button = st.columns([2, 3, 2], vertical_alignment="bottom")
    # What a shop can offer was mostly so before anybody said it; a price holds from the day on which it changes.
    today = returns_settings.today(page.desk, int(change.shop_id or 0), page.now)
    first = change.key in OFFERS and not _own(page, change)
    with since_place:
        since = st.date_input(
            page._("Holds for cases since"),
            returns_settings.ALWAYS if first else today,
            key=f"replay_since_{first}",
        )
    source = ""
    if change.key:
        with source_place:
            source = st.text_input(
                page._("Where the value comes from"),
                key="replay_source",
                placeholder=page._("a contract, a bill, a decision of the team"),
            )
    bar = page.bar("rules", *([] if change.shop_id is None else [change.shop_id]))
    with button:
        st.button(
            page._("Save"),
            type="primary",
            key="save_change",
            on_click=_save,
            args=(page, change, since, source, returns_settings.saved(page.desk, change)),
            disabled=bool(bar),
            help=bar,
        )
    st.caption(page._("Cases whose notice came before that day keep the values that they had."))


def _own(page: Page, change: Change) -> bool:
    held = returns_settings.history(page.desk, int(change.shop_id or 0))
    return held.filter(key=change.key).height > 0


def _told(page: Page, found: Replayed) -> None:
    text = page.text
    currencies = found.cases["currency"].drop_nulls().unique().sort().to_list()
    currency = currencies[0] if currencies else None
    if len(currencies) > 1:
        currency = st.segmented_control(
            page._("Currency"), currencies, default=currency, key="replay_currency", required=True
        )
        found = found.of(str(currency))
    differing = found.differing
    with st.container(horizontal=True):
        st.metric(page._("Cases"), found.cases.height, border=True, width=110)
        st.metric(page._("Decided otherwise"), differing.height, border=True, width=165)
        saved = found.saved_minor
        st.metric(
            page._("Saved") if saved >= 0 else page._("Spent"), text.money(abs(saved), currency), border=True, width=165
        )
    if found.by_option.height:
        st.dataframe(
            _by_option(page, found.by_option, currency),
            hide_index=True,
            height="content",
            alt=page._("Cases and money per option, before and after"),
            column_config={
                page._("Option"): st.column_config.TextColumn(width=150),
                **{page._(name): st.column_config.TextColumn(alignment="right") for name in MONEY},
            },
        )
    if differing.is_empty():
        return
    title = page.n_(
        "{n} case that would be decided otherwise", "{n} cases that would be decided otherwise", differing.height
    )
    with st.expander(title):
        columns: dict[str, pl.Expr | pl.Series] = {
            page._("Order"): pl.col("order_number"),
            page._("Article"): pl.col("line_title"),
            page._("Before"): tables.words("old_option", say.OPTIONS, text),
            page._("After"): tables.words("new_option", say.OPTIONS, text),
            page._("Saved"): tables.money("saved_minor", "currency", differing, text),
        }
        shown = differing.select(**columns)
        alt = page._("Cases that would be decided otherwise")
        st.dataframe(shown, hide_index=True, height=220, placeholder=NOTHING, alt=alt)
        tables.downloads(page, shown, "desk48-replay")


def _by_option(page: Page, rows: pl.DataFrame, currency: str | None) -> pl.DataFrame:
    rows = rows.with_columns(currency=pl.lit(currency, pl.String))

    def money(name: str) -> pl.Series:
        return tables.money(name, "currency", rows, page.text)

    columns: dict[str, pl.Expr | pl.Series] = {
        page._("Option"): tables.words("option", say.OPTIONS, page.text),
        page._("Cases before"): pl.col("old_cases"),
        page._("Cases after"): pl.col("new_cases"),
        page._("Cost before"): money("old_cost_minor"),
        page._("Cost after"): money("new_cost_minor"),
        page._("Saved"): money("saved_minor"),
    }
    return rows.select(**columns)


@told
def _save(page: Page, change: Change, since: Any, source: str, version: int) -> None:
    day = since if isinstance(since, dt.date) else returns_settings.today(page.desk, int(change.shop_id or 0), page.now)
    try:
        returns_settings.save(page.desk, page.person, change, day, source, page.now, version)
    except ValueError as why:
        notices.leave("error", page._("This cannot be saved: {why}", why=page.text.plain(str(why))))
        return
    except Stale as stale:
        sentence = page._(
            "{person} saved this value meanwhile: {kept}. Yours, {yours}, was not saved.",
            person=page.text.plain(stale.now["person"]), kept=page.text.plain(stale.now["amount"]),
            yours=page.text.plain(stale.seen["amount"]),
        )  # fmt: skip
        notices.leave("warning", sentence)
        return
    notices.leave("done", page._("Saved. It holds for cases since {day}.", day=day))


def _saved(page: Page, shop_id: int) -> None:
    """The shop's own values and rules as saved, with their days; a rule can be ended."""
    own = returns_settings.history(page.desk, shop_id)
    rules = returns_settings.rules(page.desk).filter((pl.col("shop_id") == shop_id) | pl.col("shop_id").is_null())
    today = returns_settings.today(page.desk, shop_id, page.now)
    with st.expander(page._("Own values and rules of this shop"), icon=":material/tune:", expanded=bool(rules.height)):
        held = returns_settings.in_force(page.desk, shop_id, today).select("key", "title", "unit").iter_rows()
        known = {key: (title, unit) for key, title, unit in held}
        if own.height:
            said = []
            for key, value, since, source, person in own.select(*OWN).iter_rows():
                title, unit = known[key]
                said.append((page._(title), amount(page, unit, value), page.text.day(since), source, person))
            titles = [page._(name) for name in OWN.values()]
            st.dataframe(
                pl.DataFrame(said, schema=titles, orient="row"),
                hide_index=True,
                height="content",
                alt=page._("Own values of the shop"),
                column_config={titles[0]: st.column_config.TextColumn(width=400)},
            )
        else:
            st.caption(page._("No own value yet: the standard ones hold."))
        for row in rules.iter_rows(named=True):
            _one_rule(page, row, today)


OWN: Final = {
    "key": N_("Value"), "amount": N_("Amount"), "since": N_("Since"), "source": N_("Source"), "person": N_("Who"),
}  # fmt: skip
"""The columns of the shop's own values."""


def _one_rule(page: Page, row: dict[str, Any], today: dt.date) -> None:
    text = page.text
    told: dict[str, Callable[[Any], str]] = {
        "up_to_minor": lambda minor: page._("up to {price}", price=text.money(minor, "EUR")),
        "from_minor": lambda minor: page._("from {price}", price=text.money(minor, "EUR")),
        "reason": lambda name: page._(say.REASONS[name]),
        "category": str,
        "country": str,
        "buyer_returns_from": lambda n: page._("from {n} earlier returns", n=n),
        "buyer_keeps_from": lambda n: page._("from {n} earlier refunds without return", n=n),
    }
    conditions = [write(row[name]) for name, write in told.items() if row[name] is not None]
    said = (
        f"{row['position']} · "
        + page._(
            "{name}: {value}",
            name=word(page, EFFECTS, row["effect"]),
            value=word(page, say.OPTIONS, row["option"]),
        )
        + " · "
        + ", ".join(conditions)
    )
    span = page._("since {since}", since=text.day(row["since"])) + (
        " " + page._("until {until}", until=text.day(row["until"])) if row["until"] else ""
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text.plain(f"{row['rule_id']} · {said} · {span}"))
        if row["until"] is None or row["until"] > today:
            name = row["rule_id"]
            bar = page.bar("rules", *([] if row["shop_id"] is None else [row["shop_id"]]))
            st.button(
                page._("End it today"), key=f"end_{name}", on_click=_end, args=(page, name, today),
                disabled=bool(bar), help=bar,
            )  # fmt: skip


@told
def _end(page: Page, rule_id: str, today: dt.date) -> None:
    try:
        returns_settings.end_rule(page.desk, page.person, rule_id, today, page.now)
    except Stale as stale:
        ended = page._("Somebody ended this rule meanwhile: it holds until {until}.", until=stale.now["until"])
        notices.leave("warning", ended)
        return
    notices.leave("done", page._("The rule holds no more for cases from today on."))
