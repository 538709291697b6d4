"""One return on screen: what is recommended and why, the options as cards, what would change it, its clocks."""

import datetime as dt
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import returns
from core.desk.returns import Case, CaseKey
from core.policy.returns import say
from core.policy.returns.frames import Option
from core.policy.words import N_
from ui import bands, returns_charts
from ui.frame import Page
from ui.returns_table import word

THREE: Final = (str(Option.HOME_ADDRESS), str(Option.PREPAID_LABEL), str(Option.KEEP_REFUND))
"""The answers that CD-R2 names; the two others stand below them."""
OF_THE_SHOP: Final = ("has_address", "has_label", "buyer_informed")
"""Questions whose answer is mostly the same for all cases of a shop."""
SHAPES: Final = {"lawful": "✓", "not_allowed": "■", "unlawful": "✕", "cannot_tell": "?"}
"""Stands before the word, so that no colour is needed to tell them apart."""


def rule(page: Page, name: str | None) -> str:
    """A rule as a link to its values and sources; a rule of the shop by its name alone."""
    if not name:
        return ""
    return name if name.startswith("R-") else f"[{name}](/rules?lang={page.lang}&rule={name})"


@st.cache_data(max_entries=128, show_spinner=False)
def read(_page: Page, key: CaseKey, seen: tuple[object, ...]) -> tuple[Case | None, pl.DataFrame | None]:
    """A case and its curve; ``seen`` names base, revision and minute, at which they stay as they are."""
    found = returns.case(_page.desk, key, _page.minute)
    return found, None if found is None else returns.curve(_page.desk, found.row, _page.minute)


def head(page: Page, row: dict[str, Any]) -> None:
    """Which case it is, in one line, and what the buyer wrote."""
    text = page.text
    reason = word(page, say.REASONS, row["reason"]) if row["reason"] else (row["reason_word"] or "–")
    place = row["band"] if row["group"] == "live" else row["group"]
    parts = [
        bands.label(place, text),
        row["shop"],
        reason,
        row["line_title"] or "–",
        text.money(row["refund_minor"], row["currency"]),
    ]
    st.markdown(f"**{text.plain(row['order_number'])}** · " + " · ".join(text.plain(part) for part in parts))
    if row["reason_text"]:
        st.caption(page._("The buyer wrote: {text}", text=text.plain(row["reason_text"])))
    if row["buyer_returns"]:
        st.caption(
            page.n_(
                "{n} earlier return of this buyer, {kept} refunded without return.",
                "{n} earlier returns of this buyer, {kept} refunded without return.",
                row["buyer_returns"],
                kept=row["buyer_keeps"] or 0,
            )
        )


def verdict(page: Page, row: dict[str, Any]) -> None:
    """What is recommended and why; the question that is open; what would change it."""
    text, currency = page.text, row["currency"]
    if row["question"]:
        st.warning(word(page, say.QUESTIONS, row["question"]), icon=":material/help:")
        if row["question"] in OF_THE_SHOP:
            st.caption(page._("It can be said once for the whole shop, under Rules and replay."))
    if row["recommended"] is None:
        return
    option = word(page, say.OPTIONS, row["recommended"])
    cost = text.money(row["recommended_cost_minor"], currency)
    if row["runner_up"]:
        sentence = page._(
            "Recommended: **{option}**, expected to cost {cost}. {other} would cost {more} more.",
            option=option, cost=text.plain(cost), other=word(page, say.OPTIONS, row["runner_up"]),
            more=text.plain(text.money(row["saved_minor"], currency)),
        )  # fmt: skip
    else:
        sentence = page._(
            "Recommended: **{option}**, expected to cost {cost}. It is the only one that may be chosen.",
            option=option,
            cost=text.plain(cost),
        )
    if row["question"]:
        sentence += " " + page._("That is by what is known so far.")
    st.markdown(sentence)
    turns = [
        page._(
            template,
            price=text.plain(text.money(row[f"{side}_minor"], currency)),
            option=word(page, say.OPTIONS, row[f"{side}_option"]),
        )
        for side, template in TURNS.items()
        if row[f"{side}_minor"] is not None
    ]
    if row["rules_left_none"]:
        turns.append(page._("The shop's rules keep from every lawful option, so the law goes first."))
    if turns:
        st.caption(" ".join(turns))


TURNS: Final = {
    "below": N_("For an article below {price}: {option}."),
    "above": N_("For an article above {price}: {option}."),
}


def cards(page: Page, case: Case) -> None:
    """The three options side by side; the two others in a line each where they say something."""
    row = case.row
    domain = _domain(case.costs)
    for place, option in zip(st.columns(3), THREE, strict=True):
        with place, st.container(border=True, height="stretch", gap="small"):
            _card(page, row, option)
            lines = case.costs.filter(option=option)
            if lines.height and row[f"{option}_cost_minor"] is not None:
                st.altair_chart(
                    returns_charts.split(page, lines, row["currency"], domain),
                    alt=page._("Bar: what {option} costs, line by line", option=page._(say.OPTIONS[option])),
                    key=f"split_{option}",
                )
                st.caption(_lines_said(page, lines, row["currency"]))
    others = [str(option) for option in Option if str(option) not in THREE]
    st.caption("  \n".join(_other(page, row, option) for option in others))


def _domain(costs: pl.DataFrame) -> tuple[float, float]:
    """From the largest sum that comes back to the largest that is paid, over the three options."""
    amounts = costs.filter(pl.col("option").is_in(THREE)).select("option", amount=pl.col("amount_minor") / 100)
    sums = amounts.group_by("option", pl.col("amount") < 0).agg(pl.col("amount").sum().alias("sum"))["sum"].to_list()
    return min(sums, default=0.0), max(sums, default=0.0)


def _card(page: Page, row: dict[str, Any], option: str) -> None:
    status = row[f"{option}_status"]
    best = page._("recommended")
    crown = f" :blue-badge[{best}]" if row["recommended"] == option else ""
    st.markdown(f"**{page._(say.OPTIONS[option])}**{crown}")
    standing = f"{SHAPES[status]} {page._(say.STATUSES[status])}" if status else "–"
    why = word(page, say.WHY, row[f"{option}_why"]) if row[f"{option}_why"] else ""
    st.markdown(f"{standing} · {why} {rule(page, row[f'{option}_rule'])}")
    st.markdown(
        page._(
            "Expected cost: **{cost}**",
            cost=page.text.plain(page.text.money(row[f"{option}_cost_minor"], row["currency"])),
        )
    )
    st.caption(page._(say.BUYER_GETS[option]) + " " + _days(page, row, option))


def _days(page: Page, row: dict[str, Any], option: str) -> str:
    """How long the buyer waits, at most."""
    if row["refund_due_at"] is None or row["requested_at"] is None:
        return ""
    if option == Option.KEEP_REFUND:
        days = (row["refund_due_at"] - row["requested_at"]).days
        return page.n_("Money back within {n} day.", "Money back within {n} days.", days)
    days = (row["goods_due_at"] - row["requested_at"]).days
    sentence = page.n_("The buyer has {n} day to send it.", "The buyer has {n} days to send it.", days)
    payer = word(page, say.PAYERS, row["return_payer"]) if option == Option.HOME_ADDRESS else ""
    return " ".join(filter(None, (sentence, payer)))


def _lines_said(page: Page, lines: pl.DataFrame, currency: str) -> str:
    parts = [
        f"{page._(say.LINES[line])} {page.text.money(amount, currency)}"
        for line, amount in lines.select("line", "amount_minor").iter_rows()
    ]
    return page.text.plain(" · ".join(parts))


def _other(page: Page, row: dict[str, Any], option: str) -> str:
    status, why = row[f"{option}_status"], row[f"{option}_why"]
    if status is None:
        return ""
    parts = [
        _named(page, page._(say.OPTIONS[option]), f"{SHAPES[status]} {page._(say.STATUSES[status])}"),
        f"{page._(say.WHY[why])} {rule(page, row[f'{option}_rule'])}",
    ]
    cost = row[f"{option}_cost_minor"]
    if cost is not None and status != "unlawful":
        parts.append(page.text.plain(page.text.money(cost, row["currency"])))
    return " · ".join(parts)


def _named(page: Page, name: str, value: str) -> str:
    """A name and its value, parted as the reader's language parts them."""
    return page._("{name}: {value}", name=name, value=value)


def chain(page: Page, case: Case) -> None:
    """The clocks of the case, in the order of their instants, each with its rule and where it stands."""
    row, text = case.row, page.text
    st.markdown("**" + page._("Clocks") + "**")
    shown: list[tuple[str, dt.datetime | None, str | None, str]] = [
        (page._("Notice of the buyer"), row["requested_at"], None, ""),
        (page._("Better answered by"), row["reply_target_at"], row["reply_rule"], ""),
        (
            page._("Reply by; later the buyer may open a claim")
            if row["reply_rule"] == "AM-C1"
            else page._("Reply by"),
            row["reply_due_at"],
            row["reply_rule"],
            _state(page, say.REPLY_STATES, row["reply_state"]),
        ),
        (page._("Choose a way by"), row["method_due_at"], "AM-R13", ""),
        (
            page._("Goods by"),
            row["goods_due_at"],
            "CD-R4",
            page._("came back {at}", at=text.moment(row["goods_back_at"], page.zone)) if row["goods_back_at"] else "",
        ),
        (page._("Repaired or replaced by"), row["repair_due_at"], "CD-R5", ""),
        (
            page._("Refund by"),
            row["refund_due_at"],
            row["refund_rule"],
            _state(page, say.REFUND_STATES, row["refund_state"]),
        ),
    ]
    lines = [
        f"- {_named(page, name, f'**{text.plain(text.moment(at, page.zone))}** {rule(page, id_)} {state}')}"
        for name, at, id_, state in shown
        if at is not None
    ]
    st.markdown("\n".join(lines))
    if row["withdrawal_until"]:
        st.caption(
            page._(
                "The buyer may withdraw until {day} (CD-R3); conformity ends on {end} (CD-R5).",
                day=row["withdrawal_until"],
                end=row["conformity_until"],
            )
        )
    if row["withdrawal_days_left"] is not None:
        st.caption(
            page._(
                "Days left on the day of the notice: {withdrawal} to withdraw, {conformity} of conformity.",
                withdrawal=max(row["withdrawal_days_left"], 0),
                conformity=max(row["conformity_days_left"], 0),
            )
        )
    penalty(page, row)
    if row["marketplace"] == "amazon" and row["chosen"] in say.ACTIONS:
        st.caption(word(page, say.ACTIONS, row["chosen"]))


def _state(page: Page, words: dict[str, str], state: str | None) -> str:
    return f"· {page._(words[state])}" if state else ""


def penalty(page: Page, row: dict[str, Any]) -> None:
    """What a late refund costs, today and tomorrow."""
    if not row["penalty_days"] or not row["penalty_minor"]:
        return
    text = page.text
    st.error(
        page.n_(
            "The refund is {n} day late: {today} are owed on top, {tomorrow} tomorrow (CD-R4).",
            "The refund is {n} days late: {today} are owed on top, {tomorrow} tomorrow (CD-R4).",
            row["penalty_days"],
            today=text.plain(text.money(row["penalty_minor"], row["currency"])),
            tomorrow=text.plain(text.money(row["penalty_tomorrow_minor"], row["currency"])),
        ),
        icon=":material/trending_up:",
    )


def turning_point(page: Page, curve: pl.DataFrame, row: dict[str, Any]) -> None:
    """The chart of where another option would be cheaper."""
    st.markdown("**" + page._("Where another option would be cheaper") + "**")
    if curve.is_empty():
        st.caption(page._("No option has a cost that is known."))
        return
    st.altair_chart(
        returns_charts.break_even(page, curve, row),
        alt=page._("Lines: expected cost of each lawful option over the price of the article"),
        key="break_even",
    )


def record(page: Page, case: Case) -> None:
    """What was decided and what happened, newest first."""
    rows: list[tuple[dt.datetime, str]] = []
    for row in case.decisions.iter_rows(named=True):
        option = word(page, say.OPTIONS, row["option"])
        cost = page.text.money(row["amount_minor"], row["currency"])
        said = page._("{option}, expected to cost {cost}, {person}", option=option, cost=cost, person=row["person"])
        why = (
            [page._("instead of: {option}", option=word(page, say.OPTIONS, row["recommended"])), row["reason"]]
            if row["reason"] and row["recommended"]
            else [row["reason"]]
        )
        rows.append((row["at"], " · ".join([said, *filter(None, why), row["rules"]])))
    for row in case.events.iter_rows(named=True):
        more = [
            page._("complete") if row["complete"] else page._("not complete") if row["complete"] is False else "",
            word(page, returns.CONDITIONS, row["condition"]) if row["condition"] else "",
            page.text.money(row["amount_minor"], case.row["currency"]) if row["amount_minor"] is not None else "",
            row["text"] or "",
            row["person"],
        ]
        rows.append(
            (
                row["at"],
                f"{word(page, returns.RECORDED, row['kind'])} ({page.text.moment(row['happened_at'], page.zone)}) · "
                + " · ".join(filter(None, more)),
            )
        )
    if not rows:
        return
    with st.expander(page._("Decisions and events"), icon=":material/history:"):
        for at, said in sorted(rows, key=lambda pair: pair[0], reverse=True):
            st.markdown(_named(page, page.text.plain(page.text.moment(at, page.zone)), page.text.plain(said)))
