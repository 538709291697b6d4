"""Deciding returns, one or several with the sum of them, and what happens afterwards."""

import datetime as dt
import zlib
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from core.desk import returns
from core.desk.base import Stale
from core.desk.returns import RECOMMENDED, CaseKey, Preview
from core.policy.returns import say
from core.policy.returns.frames import Option, Reason
from core.policy.words import N_
from ui import notices, record_values
from ui.frame import Page
from ui.refusals import told
from ui.returns_table import word

SHORTCUT: Final = "Ctrl+Enter"
EVIDENCE: Final = {
    "photo": N_("a photo"),
    "inspection": N_("an inspection"),
    "carrier": N_("the carrier's word"),
    "statement": N_("the buyer's statement"),
}


def choice(page: Page, shown: dict[CaseKey, int | None], row: dict[str, Any] | None) -> None:
    """Choose an option for the chosen cases, see what would be recorded, record it. ``shown``: their decision_id;
    ``row``: the case, where it is one."""
    keys = list(shown)
    options = [RECOMMENDED] if row is None else []
    options += [str(option) for option in Option if row is None or row[f"{option}_status"] == "lawful"]
    if not options:
        return
    # Another case begins with its own recommendation, not with what was pressed for the one before.
    scope = keys[0].key if len(keys) == 1 else f"{len(keys)}"
    standing = row["chosen"] if row and row["chosen"] in options else None
    first = standing or (row["recommended"] if row and row["recommended"] in options else options[0])
    option = st.segmented_control(
        page.n_("Decide {n} return", "Decide {n} returns", len(keys)),
        options,
        default=first,
        format_func=lambda name: (
            page._("What is recommended for each") if name == RECOMMENDED else page._(say.OPTIONS[name])
        ),
        key=f"return_option_{scope}",
        required=True,
    )
    against = (row is None and option != RECOMMENDED) or (row is not None and option != row["recommended"])
    reason = ""
    if against:
        reason = st.text_input(page._("Why not the recommended one"), key=f"return_reason_{scope}").strip()
    if row is not None and row["chosen"] == option:
        person, at = page.text.plain(row["decided_by"]), page.text.moment(row["decided_at"], page.zone)
        st.caption(page._("Decided by {person}, {at}. Choose another option to change it.", person=person, at=at))
        return
    seen = returns.preview(page.desk, keys, str(option), page.now, reason)
    for code, rows in sorted(seen.left.group_by("held_back"), key=lambda part: str(part[0])):
        numbers = ", ".join(page.text.plain(number) for number in rows["order_number"])
        why = word(page, returns.HELD_BACK, str(code[0]))
        st.warning(page._("{name}: {value}", name=numbers, value=why))
    if len(keys) > 1:
        st.caption(_sum(page, seen))
    bar = page.bar("decide", *{key.shop_id for key in keys})
    st.button(
        page.n_("Record the decision for {n} return", "Record the decision for {n} returns", seen.taken.height),
        type="primary",
        key="record_return",
        disabled=bool(seen.taken.is_empty() or bar),
        help=bar,
        shortcut=SHORTCUT,
        on_click=_record,
        args=(page, shown, str(option), reason),
    )


def _sum(page: Page, seen: Preview) -> str:
    """What the decision would cost and give back, by currency, and per option."""
    parts = []
    for (currency,), rows in sorted(seen.taken.group_by("currency"), key=lambda part: str(part[0])):
        given = str(currency) if currency else None
        cost, refund = (page.text.money(int(rows[name].sum()), given) for name in ("cost_minor", "refund_minor"))
        parts.append(
            page._(
                "Expected cost {cost}, refunds {refund}.", cost=page.text.plain(cost), refund=page.text.plain(refund)
            )
        )
    counted = seen.taken.group_by("option").len().sort("len", descending=True)
    parts += [
        page._("{name}: {value}", name=page._(say.OPTIONS[name]), value=count) for name, count in counted.iter_rows()
    ]
    return " · ".join(parts)


@told
def _record(page: Page, shown: dict[CaseKey, int | None], option: str, reason: str) -> None:
    done = returns.decide(page.desk, page.person, list(shown), option, page.now, reason, shown)
    for row in done.left.filter(held_back="meanwhile").iter_rows(named=True):
        by = f"({page.text.plain(row['decided_by'])})"
        sentence = page._(
            "{order} was decided by somebody else meanwhile. Yours, not recorded: {yours}. It now stands: {theirs} "
            "{person}",
            order=page.text.plain(row["order_number"]), yours=word(page, say.OPTIONS, row["option"]),
            theirs=word(page, say.OPTIONS, row["chosen"]), person=by,
        )  # fmt: skip
        notices.leave("warning", sentence)
    if done.taken.height:
        notices.leave("done", page.n_("Recorded for {n} return.", "Recorded for {n} returns.", done.taken.height))
        return
    # It could be decided when it was drawn: somebody has changed something since.
    for code in done.left.filter(pl.col("held_back") != "meanwhile")["held_back"].unique():
        notices.leave("warning", word(page, returns.HELD_BACK, code))


def events(page: Page, key: CaseKey, row: dict[str, Any], known: int) -> None:
    """What happened after the decision; each event stops or starts a clock."""
    with (
        st.expander(page._("What happened since"), icon=":material/event:"),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        kind = st.selectbox(
            page._("Event"),
            list(returns.EVENTS),
            format_func=lambda name: page._(returns.EVENTS[name]),
            key=f"event_{key.key}",
            width=240,
        )
        at = st.datetime_input(
            page._("When ({zone} time)", zone=page.text.city(page.zone)),
            page.now.astimezone(ZoneInfo(page.zone)).replace(tzinfo=None, second=0, microsecond=0),
            key=f"event_at_{key.key}",
            width=260,
        )
        more: dict[str, Any] = {}
        if kind == "goods_back":
            complete = st.selectbox(
                page._("Is all of it there?"),
                ["yes", "no"],
                format_func=lambda name: page._("yes") if name == "yes" else page._("no"),
                key=f"complete_{key.key}",
                width=160,
            )
            more["complete"] = complete == "yes"
            more["condition"] = st.selectbox(
                page._("As what"),
                list(returns.CONDITIONS),
                format_func=lambda name: page._(returns.CONDITIONS[name]),
                key=f"condition_{key.key}",
                width=220,
            )
        if kind == "refund_paid":
            paid = st.number_input(
                page._("Amount paid ({currency})", currency=row["currency"] or "EUR"),
                0.0,
                value=(row["refund_minor"] or 0) / 100,
                step=0.01,
                key=f"paid_{key.key}",
                width=180,
            )
            more["amount_minor"] = round(paid * 100)
        bar = page.bar("answer" if kind == "answered" else "decide", key.shop_id)
        st.button(
            page._("Record the event"), key="record_event", on_click=_happened, args=(page, key, known, kind, at, more),
            disabled=bool(bar), help=bar,
        )  # fmt: skip


@told
def _happened(page: Page, key: CaseKey, known: int, kind: str, at: dt.datetime | None, more: dict[str, Any]) -> None:
    when = at.replace(tzinfo=ZoneInfo(page.zone)).astimezone(dt.UTC) if at else page.now
    if when > page.now:
        notices.leave("error", page._("What lies in the future has not happened: give an earlier instant."))
    elif recorded(page, key, known, kind, when, more):
        notices.leave("done", page._("Recorded: {event}.", event=page._(returns.EVENTS[kind])))


def recorded(page: Page, key: CaseKey, known: int, kind: str, at: dt.datetime, more: dict[str, Any]) -> bool:
    """Record an event of a case of which ``known`` events were on screen; whether it was recorded, else why not."""
    try:
        returns.happened(page.desk, page.person, [key], kind, at, page.now, {key: known}, **more)
    except returns.BeforeNotice as why:
        notices.leave("error", page._(str(why)))
    except Stale as stale:
        newest = stale.now["event"]
        sentence = page._(
            "Something happened meanwhile. Yours, not recorded: {yours}. Recorded since: {theirs} ({person}, {at}).",
            yours=page._(returns.EVENTS[kind]), theirs=page._(returns.RECORDED[newest]),
            person=page.text.plain(stale.now["person"]), at=page.text.moment(stale.now["at"], page.zone),
        )  # fmt: skip
        notices.leave("warning", sentence)
    else:
        return True
    return False


def close(page: Page, key: CaseKey, row: dict[str, Any], known: int) -> None:
    """The last step, once nothing runs any more."""
    if row["kind"] == "close_return" and row["closed_at"] is None:
        bar = page.bar("decide", key.shop_id)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(page._("Answered, and no clock runs: close it in the marketplace's back office, then here."))
            st.button(
                page._("Close it"),
                type="primary",
                key="close_return",
                on_click=_happened,
                args=(page, key, known, "closed", None, {}),
                disabled=bool(bar),
                help=bar,
            )


def reopen(page: Page, key: CaseKey, row: dict[str, Any]) -> None:
    """A closed case says so, and can be opened again by a person who says why."""
    if row["closed_at"] is None:
        return
    st.info(page._("Closed {at}.", at=page.text.moment(row["closed_at"], page.zone)), icon=":material/lock:")
    with st.form(f"reopen_{key.key}", border=False):
        why, button = st.columns([3, 1], vertical_alignment="bottom")
        with why:
            st.text_input(page._("Why it is opened again"), key="reopen_reason")
        bar = page.bar("decide", key.shop_id)
        with button:
            st.form_submit_button(
                page._("Open it again"), on_click=_reopened, args=(page, key), disabled=bool(bar), help=bar
            )


@told
def _reopened(page: Page, key: CaseKey) -> None:
    try:
        returns.reopen(page.desk, page.person, key, st.session_state["reopen_reason"], page.now)
    except returns.NotReopened as why:
        notices.leave("error", page._(str(why)))
        return
    notices.leave("done", page._("It is open again, and its clocks run as they stand."))


def found_out(page: Page, key: CaseKey, row: dict[str, Any]) -> None:
    """What a person knows of the case and no file says; an open question is answered here."""
    unknown = row["question"] is not None and row["chosen"] is None
    # The keys hold what is known, so that what somebody else says meanwhile is shown with its own values.
    at = f"{key.key}_{zlib.crc32(repr([row[name] for name in ASKED]).encode())}"
    with (
        st.expander(page._("What you know of it"), icon=":material/edit:", expanded=unknown),
        st.form(f"say_{at}", border=False),
    ):
        _questions(page, at, row)
        bar = page.bar("decide", key.shop_id)
        st.form_submit_button(
            page._("Record what is known"), on_click=_say, args=(page, key, row, at), disabled=bool(bar), help=bar
        )


@told
def _say(page: Page, key: CaseKey, row: dict[str, Any], at: str) -> None:
    """Record what was answered in the form of this ``row``, unless somebody else answered meanwhile."""
    said = _said(row, at)
    given = {name: value for name, value in said.items() if value is not None and value != row[name]}
    if not given:
        notices.leave("warning", page._("Nothing was typed."))
        return
    try:
        returns.say(page.desk, page.person, key, given, page.now, row)
    except Stale as stale:
        notices.leave("warning", page._("Somebody saved this meanwhile. Theirs was kept; yours was not saved."))
        for name in given:
            notices.leave(
                "warning",
                page._(
                    "{field}: yours {yours}, kept {kept}",
                    field=page._(ASKED[name], currency=row["currency"] or "EUR") if name in ASKED else name,
                    yours=page.text.plain(record_values.value(page, name, stale.seen[name], stale.seen)),
                    kept=page.text.plain(record_values.value(page, name, stale.now[name], stale.now)),
                ),
            )


def _said(row: dict[str, Any], at: str) -> dict[str, Any]:
    """What stands in the form, in the types of the facts; what was not answered is None."""
    said: dict[str, Any] = {name: st.session_state[f"{name}_{at}"] for name in ASKED}
    for name in (name for name in ASKED if name.endswith("_minor") and said[name] is not None):
        said[name] = round(said[name] * 100)
    zone, day = ZoneInfo(row["zone"]), said["delivered_at"]
    same = row["delivered_at"] is not None and day == row["delivered_at"].astimezone(zone).date()
    noon = None if day is None or same else dt.datetime.combine(day, dt.time(12), zone).astimezone(dt.UTC)
    said["delivered_at"] = noon
    if said["goods_minor"] is not None and row["currency"] is None:
        said["currency"] = "EUR"
    return said


def _questions(page: Page, at: str, row: dict[str, Any]) -> None:
    zone = ZoneInfo(row["zone"])
    for place, names in zip(st.columns(3), QUESTIONS, strict=True):
        with place:
            for name, title in names.items():
                if name == "reason":
                    known = [str(reason) for reason in Reason]
                    st.selectbox(
                        page._(title),
                        known,
                        index=known.index(row[name]) if row[name] in known else None,
                        format_func=lambda name: page._(say.REASONS[name]),
                        placeholder=page._("unknown"),
                        key=f"{name}_{at}",
                    )
                elif name == "evidence":
                    st.selectbox(
                        page._(title),
                        list(EVIDENCE),
                        index=list(EVIDENCE).index(row[name]) if row[name] in EVIDENCE else None,
                        format_func=lambda name: page._(EVIDENCE[name]),
                        placeholder=page._("none noted"),
                        key=f"{name}_{at}",
                    )
                elif name == "delivered_at":
                    local = row[name].astimezone(zone).date() if row[name] else None
                    st.date_input(page._(title), local, key=f"{name}_{at}")
                elif name.endswith("_minor"):
                    st.number_input(
                        page._(title, currency=row["currency"] or "EUR"),
                        0.0,
                        value=row[name] / 100 if row[name] is not None else None,
                        step=0.01,
                        key=f"{name}_{at}",
                    )
                elif name == "weight_g":
                    st.number_input(
                        page._(title),
                        1,
                        value=row[name],
                        step=50,
                        placeholder=page._("unknown"),
                        key=f"{name}_{at}",
                    )
                else:
                    _yes_or_no(page, page._(title), row[name], f"{name}_{at}")


def _yes_or_no(page: Page, title: str, known: bool | None, key: str) -> None:
    words = {True: page._("yes"), False: page._("no")}
    answers = list(words)
    st.selectbox(
        title,
        answers,
        index=None if known is None else answers.index(known),
        format_func=words.__getitem__,
        placeholder=page._("unknown"),
        key=key,
    )


QUESTIONS: Final = (
    {
        "reason": N_("What is wrong with it"),
        "evidence": N_("What shows it"),
        "delivered_at": N_("Delivered on"),
        "weight_g": N_("Weight in grams"),
    },
    {
        "has_address": N_("Return address in the buyer's country?"),
        "has_label": N_("Prepaid labels possible?"),
        "buyer_informed": N_("Buyer told beforehand that a withdrawal's way back is his?"),
        "exchange_agreed": N_("Buyer agreed to an exchange?"),
    },
    {
        "withdrawal_excluded": N_("Excluded from withdrawal (made to order, perishable, unsealed)?"),
        "goods_minor": N_("Price of the article ({currency})"),
        "shipping_minor": N_("Delivery paid by the buyer ({currency})"),
    },
)
"""What can be said of a case: field -> question, in three columns."""
ASKED: Final = {name: title for column in QUESTIONS for name, title in column.items()}
