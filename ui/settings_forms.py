"""The forms of the Settings page: the shops, the team's calendar, the limits of the bands."""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import polars as pl
import streamlit as st

from core.desk import settings
from core.desk.base import Stale
from core.desk.settings import Unclear
from core.policy.words import N_
from ui import labels, notices
from ui.frame import Page
from ui.refusals import told

DAYS: Final = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday")),
    *(N_("Saturday"), N_("Sunday")),
)
FIELDS: Final = {
    "name": N_("Name"),
    "zone": N_("Time zone"),
    "preparation_days": N_("Preparation days"),
    "vacation": N_("Vacation mode"),
    "auto_accept": N_("Automatic acceptance"),
    "country": N_("Public holidays of"),
    "hours": N_("Hours"),
    "days_off": N_("Own days off"),
    "people": N_("People"),
}
LIMITS: Final = {
    "now_hours": N_("Now: hours left at most"),
    "soon_hours": N_("Soon: hours left at most"),
    "staffed_hours": N_("Now: hours to the last staffed hour at most"),
}


@told
def save(page: Page, write: Callable[[], None]) -> None:
    """Run in the callback of a form: save, and leave word of it for the run that follows."""
    try:
        write()
    except Unclear as error:
        notices.leave("error", page._(error.sentence, text=page.text.plain(error.text)))
    except Stale as stale:
        yours, theirs = shown_values(stale.seen), shown_values(stale.now)
        notices.leave("warning", page._("Somebody saved this meanwhile. Theirs was kept; yours was not saved."))
        for name in [name for name in yours if yours[name] != theirs.get(name)]:
            said = page._(
                "{field}: yours {yours}, kept {kept}",
                field=page._(FIELDS.get(name, name)),
                yours=page.text.plain(yours[name]),
                kept=page.text.plain(theirs.get(name) or page._("nothing")),
            )
            notices.leave("warning", said)
    else:
        notices.leave("done", page._("Saved."))


def save_button(page: Page, label: str, write: Callable[[], None], *shop_ids: int, action: str = "settings") -> None:
    """The button of a form that saves a setting of these shops, or of the team."""
    bar = page.bar(action, *shop_ids)
    st.form_submit_button(label, type="primary", on_click=save, args=(page, write), disabled=bool(bar), help=bar)


def shown_values(saved: dict[str, Any]) -> dict[str, str]:
    """The fields of a shop or of a setting by name, as text; the version is no field."""
    fields = saved["value"] if isinstance(saved.get("value"), dict) else saved
    return {name: str(value) for name, value in fields.items() if name not in {"version", "value"}}


def state(key: str) -> Any:
    return st.session_state[key]


def shops(page: Page) -> None:
    """One shop at a time. A key holds the version, so that a newer one is shown with its own values."""
    known = {row["id"]: row for row in settings.shops(page.desk).iter_rows(named=True)}
    if not known:
        st.info(
            page._("No shops yet. A shop comes with its first file, on the page Imports."),
            icon=":material/store:",
        )
        return
    shop_id = st.selectbox(
        page._("Shop"),
        list(known),
        format_func=lambda id_: f"{known[id_]['name']} · {labels.MARKETPLACES[known[id_]['marketplace']]}",
        key="settings_shop",
    )
    shop = known[shop_id]
    at = f"shop_{shop_id}_{shop['version']}_"

    def write() -> None:
        changes = {name: state(at + name) for name in ("name", "zone", "preparation_days", "vacation", "auto_accept")}
        settings.save_shop(page.desk, page.person, shop_id, changes, shop["version"])

    with st.form(at, enter_to_submit=False):
        left, right = st.columns(2)
        left.text_input(page._("Name"), shop["name"], key=at + "name")
        zones = settings.zones()
        right.selectbox(page._("Time zone"), zones, zones.index(shop["zone"]), key=at + "zone")
        left.toggle(
            page._("Vacation mode"),
            shop["vacation"],
            key=at + "vacation",
            help=page._("Rule CD-O3: it stops new orders. Clocks that run keep running."),
        )
        left.toggle(
            page._("Automatic acceptance"),
            shop["auto_accept"],
            key=at + "auto_accept",
            help=page._("Rule CD-O5: with every article in stock, the marketplace may accept by itself."),
        )
        right.number_input(
            page._("Preparation days"),
            0,
            60,
            shop["preparation_days"],
            key=at + "preparation_days",
            placeholder=page._("not known"),
            help=page._("Rule CD-S9: where a file gives no latest shipping date, it is assumed from these."),
        )
        save_button(page, page._("Save the shop"), write, shop_id)
    if shop["vacation"]:
        st.warning(page._("Vacation mode: no new orders come in, but clocks that run keep running (CD-O3)."))


def team(page: Page) -> None:
    """The team's own calendar and people."""
    held = page.team
    at = f"team_{held.version}_"
    names = page.text.locale.territories

    def write() -> None:
        hours = {day: settings.parse_hours(state(f"{at}hours_{day}")) for day in range(7)}
        changed = dataclasses.replace(
            held,
            zone=state(at + "zone"),
            country=state(at + "country"),
            hours={day: spans for day, spans in hours.items() if spans},
            days_off=settings.parse_days(state(at + "days_off")),
            people=settings.parse_people(state(at + "people")),
        )
        settings.save_team(page.desk, page.person, changed)

    with st.form(at, enter_to_submit=False):
        left, right = st.columns(2)
        zones, countries = settings.zones(), ("", *settings.countries())
        left.selectbox(page._("Time zone"), zones, zones.index(held.zone), key=at + "zone")
        right.selectbox(
            page._("Public holidays of"),
            countries,
            countries.index(held.country),
            format_func=lambda code: str(names.get(code, code)) if code else page._("no country"),
            key=at + "country",
        )
        st.caption(
            page._("Hours of each day, spans parted by a blank: 09:00-12:00 13:00-18:00. Empty: nobody is there.")
        )
        grid = st.grid(4, min_column_width=175)
        for day, name in enumerate(DAYS):
            spans = settings.format_hours(held.hours.get(day, ()))
            grid.text_input(page._(name), spans, key=f"{at}hours_{day}", placeholder=page._("nobody"))
        left, right = st.columns(2)
        days = "\n".join(day.isoformat() for day in held.days_off)
        left.text_area(page._("Own days off"), days, key=at + "days_off", placeholder=page._("2026-12-24, one a line"))
        right.text_area(
            page._("People"), "\n".join(held.people), key=at + "people", placeholder=page._("One name a line")
        )
        save_button(page, page._("Save the calendar"), write)
    ahead = settings.days_off_ahead(held, page.now.date(), 5)
    st.caption(page._("Next days off: {days}.", days=" · ".join(map(page.text.day, ahead)) or page._("none")))


def limits(page: Page) -> None:
    """How many hours make now and soon, for each kind of work."""
    hours, version = settings.limits_in_hours(page.desk)
    at = f"limits_{version}"

    def write() -> None:
        rows = hours.to_dicts()
        for row, edited in state(at)["edited_rows"].items():
            rows[int(row)].update(edited)
        frame = pl.DataFrame(rows, schema_overrides=hours.schema).select(hours.columns)
        settings.save_limits_in_hours(page.desk, page.person, frame, version)

    with st.form(f"{at}_form", enter_to_submit=False):
        st.caption(page._("A work item past its deadline is overdue; beyond soon it is calm. Standard: rule XX-D1."))
        st.data_editor(
            hours.with_columns(
                kind=pl.col("kind").replace({kind: page._(name) for kind, name in labels.KINDS.items()})
            ),
            key=at,
            hide_index=True,
            disabled=["kind"],
            column_config={"kind": page._("Kind of work")}
            | {
                name: st.column_config.NumberColumn(
                    page._(title),
                    min_value=0,
                    step=0.25,
                    format="%g",
                    required=True,
                    width=195,
                    help=page._(title),
                )
                for name, title in LIMITS.items()
            },
            alt=page._("Limits of the bands in hours, for each kind of work"),
        )
        save_button(page, page._("Save the limits"), write)
