"""The record on screen: looking through it, one row in full, the rows about a case, and whether it holds."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from core.desk import record, settings
from core.desk.base import StoreUnavailable
from core.policy.words import N_
from ui import record_subjects, record_values, tables
from ui.frame import Page
from ui.text import NOTHING

SIZES: Final = (50, 500, 5000)
"""How many rows one look shows; the files hold the same."""


def filters(page: Page) -> tuple[record.Wanted, int]:
    """Draw what can be looked for; it lives in the link. Gives it, and how many rows to show."""
    shops = dict(
        page.desk.mine(settings.shops(page.desk).rename({"id": "shop_id"})).select("shop_id", "name").iter_rows()
    )
    people = dict.fromkeys([page.person.name, *page.team.people])
    first, second = st.columns([2, 2, 3, 2]), st.columns([2, 2, 3, 2])
    with first[0]:
        person = st.selectbox(
            page._("Person"), list(people), None, placeholder=page._("All"), key="record_person",
            accept_new_options=True, bind="query-params",
        )  # fmt: skip
    with first[1]:
        shop = _choice(
            page._("Shop"), "shop_id", [str(id_) for id_ in shops], page._("All"), lambda id_: shops[int(id_)]
        )
    with first[2]:
        what = _choice(
            page._("What was done"), "what", list(record.WHAT), page._("All"), lambda code: page._(record.WHAT[code])
        )
    with first[3]:
        size = st.selectbox(page._("Rows"), SIZES, key="record_rows", bind="query-params")
    with second[0]:
        since = st.date_input(
            page._("From the day"), None, format="YYYY-MM-DD", key="record_since", bind="query-params"
        )
    with second[1]:
        until = st.date_input(page._("To the day"), None, format="YYYY-MM-DD", key="record_until", bind="query-params")
    with second[2]:
        subject = st.text_input(
            page._("Order, return or import"),
            key="subject",
            bind="query-params",
            placeholder=page._("its number, whole"),
        )
    with second[3]:
        text = st.text_input(
            page._("Text"),
            key="record_text",
            type="search",
            icon=":material/search:",
            bind="query-params",
            placeholder=page._("Number or word"),
        )
    wanted = record.Wanted(
        person=person or None, shop_id=int(shop) if shop else None, what=what, subject=subject.strip() or None,
        text=text, since=_midnight(page, since), until=_midnight(page, until, days=1),
    )  # fmt: skip
    return wanted, int(size)


def _choice(label: str, name: str, options: list[str], placeholder: str, shown: Callable[[str], str]) -> str | None:
    """One of the options or none, held by the link in the machine's words."""

    def keep() -> None:
        chosen = st.session_state[f"record_{name}"]
        st.query_params.pop(name, None) if chosen is None else st.query_params.update({name: chosen})

    wish = st.query_params.get(name)
    st.session_state[f"record_{name}"] = wish if wish in options else None
    return st.selectbox(
        label, options, None, format_func=shown, placeholder=placeholder, key=f"record_{name}", on_change=keep
    )


def _midnight(page: Page, day: object, days: int = 0) -> dt.datetime | None:
    """The start of a day in the team's zone, or of one some days later."""
    if not isinstance(day, dt.date):
        return None
    return dt.datetime.combine(day + dt.timedelta(days), dt.time(), ZoneInfo(page.zone)).astimezone(dt.UTC)


def in_words(page: Page, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the record as people read them, and as the files hold them."""
    changes = [_change(page, row) for row in rows.iter_rows(named=True)]
    columns: dict[str, pl.Expr | pl.Series] = {
        page._("No."): pl.col("n"),
        page._("When"): pl.col("at").dt.convert_time_zone(page.zone).dt.strftime("%Y-%m-%d %H:%M:%S"),
        page._("Person"): pl.col("person"),
        page._("What was done"): tables.words("what", record.WHAT, page.text),
        page._("Shop"): pl.col("shop").fill_null(page._("the whole team")),
        page._("About"): pl.Series(
            [record_subjects.in_words(page, row) for row in rows.iter_rows(named=True)], dtype=pl.String
        ),
        page._("Before"): pl.Series([before for before, _ in changes], dtype=pl.String),
        page._("After"): pl.Series([after for _, after in changes], dtype=pl.String),
        page._("Why"): pl.col("why"),
        page._("Rules"): pl.col("rules"),
        page._("From where"): pl.Series([record_values.origin(page, held) for held in rows["origin"]], dtype=pl.String),
        page._("Hash"): pl.col("mac"),
    }
    return rows.select(**columns)


def _change(page: Page, row: Mapping[str, Any]) -> tuple[str, str]:
    """What stood and what stands, each in one line."""
    sides = []
    for side in ("before", "after"):
        sides.append(" · ".join(_told(page, _fields(row[side]))))
    return sides[0], sides[1]


def _told(page: Page, fields: Mapping[str, Any]) -> list[str]:
    """Each field with its value, in words."""
    return [
        page._(
            "{name}: {value}",
            name=record_values.name(page, name),
            value=record_values.value(page, name, held, fields),
        )
        for name, held in fields.items()
    ]


def _fields(text: str | None) -> dict[str, Any]:
    return dict(json.loads(text)) if text else {}


def details(page: Page, row: Mapping[str, Any]) -> None:
    """One row in full: before and after side by side, why, by which rules, from where, and its hash."""
    plain = page.text.plain
    with st.container(border=True, gap="small"):
        st.markdown(f"**{row['n']} · {plain(page._(record.WHAT.get(row['what'], row['what'])))}**")
        st.markdown(
            page._(
                "{person}, {at}, from {origin}. Shop: {shop}. About: {subject}.",
                person=plain(row["person"]), at=page.text.moment(row["at"], page.zone),
                origin=plain(record_values.origin(page, row["origin"])),
                shop=plain(row["shop"] or page._("the whole team")), subject=plain(record_subjects.in_words(page, row)),
            )
        )  # fmt: skip
        before, after = _fields(row["before"]), _fields(row["after"])
        names = list({**before, **after})
        if names:
            columns = {
                page._("Field"): [record_values.name(page, name) for name in names],
                page._("Before"): [record_values.value(page, name, before.get(name), before) for name in names],
                page._("After"): [record_values.value(page, name, after.get(name), after) for name in names],
            }
            shown = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
            st.dataframe(
                shown, hide_index=True, height="content", alt=page._("What stood before, and what stands after")
            )
        lines = _told(page, _fields(row["more"]))
        if row["why"]:
            lines.insert(0, page._("Why: {why}", why=str(row["why"])))
        if row["rules"]:
            lines.append(page._("Rules: {rules}", rules=str(row["rules"])))
        if row["wiped"]:
            lines.append(page._("A personal value of this row was wiped; its hash stays."))
        for line in lines:
            st.markdown(plain(line))
        st.code(row["mac"], language=None, wrap_lines=True)


def about(page: Page, shop_id: int, subject: str) -> None:
    """The newest rows about one case, and the way to all of them."""
    rows = record.about(page.desk, shop_id, subject)
    with st.expander(page._("The record"), icon=":material/history_edu:"):
        if rows.is_empty():
            st.caption(page._("Nothing stands in the record about it yet."))
        for row in rows.iter_rows(named=True):
            before, after = _change(page, row)
            what = page._(record.WHAT.get(row["what"], row["what"]))
            told = [
                what,
                row["person"],
                f"{before} → {after}" if before and after else after or before,
                row["why"] or "",
            ]
            at = page.text.moment(row["at"], page.zone)
            st.markdown(f"{at}: " + page.text.plain(" · ".join(filter(None, told))))
        link = {"subject": subject, "shop_id": str(shop_id), "lang": page.lang}
        st.page_link(
            "../pages/record.py", label=page._("Open the record"), icon=":material/open_in_new:", query_params=link
        )


def holds(page: Page) -> None:
    """For admins: how far the record goes, and a walk through all of it."""
    with st.expander(page._("Does the record hold?"), icon=":material/verified_user:"):
        st.caption(
            page._(
                "Each row is chained to the one before by a key outside the database. Keep the head somewhere else: "
                "given it later, a cut end or a record written anew is found too."
            )
        )
        st.code(record.head(page.desk, page.person) or NOTHING, language=None, wrap_lines=True)
        expected = st.text_input(page._("A head that was kept earlier"), key="record_expected").strip()
        if not st.button(page._("Verify now"), key="verify_record"):
            return
        try:
            with st.spinner(page._("Walking through the record…")):
                found = record.verify(page.desk, page.person, expected or None)
        except StoreUnavailable as trouble:
            st.error(page._(KEY_TROUBLE), icon=":material/key_off:")
            st.code(trouble.advice, language=None, wrap_lines=True)
        except ValueError:
            st.error(page._("This is no head of the record: it looks like 42:09ab…"))
        else:
            _verdict(page, found)


def _verdict(page: Page, found: record.Checked) -> None:
    if not found.count:
        st.success(
            page.n_("{n} row, and it holds.", "{n} rows, and they hold.", found.rows), icon=":material/verified_user:"
        )
        return
    told = [page._(record.FAULTS[fault.code], n=fault.n) for fault in found.faults]
    if found.count > len(told):
        told.append(page._("… and {n} more.", n=found.count - len(told)))
    st.error("\n\n".join(told), icon=":material/gpp_bad:")


KEY_TROUBLE: Final = N_("The key of the record is not there, or is another one. Whoever runs the server puts it back.")
