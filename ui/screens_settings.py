"""Team screens on the Settings page: their links, what each shows, and how often files are expected."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from core.desk import freshness, screens, settings
from core.desk.screens import Look
from core.policy.words import N_
from ui import settings_forms, tables
from ui.frame import Page
from ui.settings_forms import state
from ui.text import LANGUAGES

THEMES: Final = {"dark": N_("dark"), "light": N_("light")}
VIEWS: Final = {"shop": N_("shop by shop"), "kind": N_("one kind of work each")}
"""What a screen may turn to beside the view of all, which it always has."""
_LINK: Final = "screen_link"


def draw(page: Page) -> None:
    """The screens, for who may open one; and how often files are expected."""
    if page.person.may("screens"):
        manage(page)
    else:
        st.caption(page._("Team screens and their links are an admin's affair."))
    intervals(page)


def manage(page: Page) -> None:
    """The link that was just made, the screens, one screen to change, and a new one."""
    known = screens.listed(page.desk, page.person)
    made = st.session_state.pop(_LINK, None)
    if made is not None:
        st.success(
            page._("The link of {name}. It is shown this once: copy it now.", name=page.text.plain(made[0])),
            icon=":material/link:",
        )
        st.code(made[1], language=None, wrap_lines=True)
    if known.height:
        overview(page, known)
        one(page, {row["id"]: row for row in known.iter_rows(named=True)})
    with st.expander(page._("A new screen"), expanded=known.is_empty()):
        new(page)


def overview(page: Page, known: pl.DataFrame) -> None:
    """Every screen with its state and when it was last seen."""
    over = pl.when(pl.col("revoked_at").is_not_null()).then(pl.lit(page._("revoked")))
    ended = over.when(pl.col("expires_at") <= page.now).then(pl.lit(page._("expired")))
    names = dict(settings.shops(page.desk).select("id", "name").iter_rows())
    shops = [page._("all") if ids is None else ", ".join(names.get(id_, "") for id_ in ids) for ids in known["shops"]]
    st.dataframe(
        known.select(
            pl.col("name").alias(page._("Name")),
            ended.otherwise(pl.lit(page._("open"))).alias(page._("State")),
            pl.Series(page._("Shops"), shops, pl.String),
            tables.moment("last_used_at", page.zone, page.text).alias(page._("Last seen")),
            tables.moment("expires_at", page.zone, page.text).alias(page._("Open until")),
            pl.col("created_by").alias(page._("Made by")),
        ),
        hide_index=True,
        alt=page._("Team screens, their state and when they were last seen"),
    )


def one(page: Page, known: dict[int, dict[str, Any]]) -> None:
    """Change one screen, give it a new link, or end it."""
    chosen = st.selectbox(
        page._("Screen"), list(known), format_func=lambda id_: str(known[id_]["name"]), key="screen_chosen"
    )
    row = known[chosen]
    at = f"screen_{chosen}_{row['version']}_"

    def save() -> None:
        name, shops, look, until = said(page, at)
        screens.change(page.desk, page.person, chosen, row["version"], name, shops, look, until, page.now)

    def renew() -> None:
        until = said(page, at)[3]
        show_link(row["name"], row, screens.renew(page.desk, page.person, chosen, row["version"], until, page.now))

    def revoke() -> None:
        screens.revoke(page.desk, page.person, chosen, row["version"], page.now)

    with st.form(at, enter_to_submit=False):
        fields(page, at, row["name"], row["shops"], screens.look_of(row["look"]), row["expires_at"])
        with st.container(horizontal=True):
            button(page, page._("Save the screen"), save, primary=True)
            button(page, page._("New link; the old one ends"), renew)
            if row["revoked_at"] is None:
                button(page, page._("End the link"), revoke)


def new(page: Page) -> None:
    """Make a screen; its link is shown by the run that follows."""
    at = "screen_new_"

    def create() -> None:
        name, shops, look, until = said(page, at)
        token = screens.create(page.desk, page.person, name, shops, look, until, page.now)
        show_link(name, {"look": {"theme": look.theme}}, token)

    with st.form(at, enter_to_submit=False):
        fields(page, at, "", None, Look(language=page.lang), None)
        button(page, page._("Make the screen and its link"), create, primary=True)


def button(page: Page, label: str, write: Callable[[], None], *, primary: bool = False) -> None:
    st.form_submit_button(
        label, type="primary" if primary else "secondary", on_click=settings_forms.save, args=(page, write)
    )


def fields(page: Page, at: str, name: str, shops: list[int] | None, look: Look, until: dt.datetime | None) -> None:
    """The widgets of a screen, each under ``at`` and its name; :func:`said` reads them."""
    names = dict(settings.shops(page.desk).select("id", "name").iter_rows())
    left, right = st.columns(2)
    left.text_input(page._("Name"), name, key=at + "name", placeholder=page._("warehouse TV"))
    right.multiselect(
        page._("Shops"),
        list(names),
        [shop_id for shop_id in shops or [] if shop_id in names],
        format_func=lambda id_: names[id_],
        key=at + "shops",
        placeholder=page._("all"),
    )
    left.selectbox(
        page._("Language"),
        list(LANGUAGES),
        list(LANGUAGES).index(look.language),
        format_func=lambda code: LANGUAGES[code],
        key=at + "language",
    )
    right.selectbox(
        page._("Background"),
        list(THEMES),
        list(THEMES).index(look.theme),
        format_func=lambda theme: page._(THEMES[theme]),
        key=at + "theme",
    )
    left.multiselect(
        page._("Turns to, beside the view of all"),
        list(VIEWS),
        [view for view in look.views if view in VIEWS],
        format_func=lambda view: page._(VIEWS[view]),
        key=at + "views",
        placeholder=page._("nothing"),
    )
    right.number_input(page._("Seconds a view stays"), *screens.SECONDS, look.seconds, key=at + "seconds")
    left.number_input(
        page._("Seconds between two looks at the figures"), *screens.REFRESH, look.refresh_seconds, key=at + "refresh"
    )
    day = until and until.astimezone(ZoneInfo(page.zone)).date() - dt.timedelta(days=1)
    right.date_input(
        page._("Open until the end of"),
        day,
        key=at + "until",
        format="YYYY-MM-DD",
        help=page._("Empty: until somebody ends the link."),
    )
    left.text_input(page._("Quiet from"), look.quiet[0], key=at + "quiet_from")
    right.text_input(page._("Quiet to"), look.quiet[1], key=at + "quiet_to")
    left.toggle(page._("A sound when more is overdue, but not in the quiet hours"), look.sound, key=at + "sound")
    right.toggle(page._("Dimmed in the quiet hours"), look.dim, key=at + "dim")


def said(page: Page, at: str) -> tuple[str, list[int] | None, Look, dt.datetime | None]:
    """What the widgets of :func:`fields` hold: name, shops (None: all), look, and until when the link opens."""
    day = state(at + "until")
    until = None
    if day is not None:  # the first instant after that day in the team's zone
        until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(page.zone)).astimezone(dt.UTC)
    look = Look(
        language=state(at + "language"),
        theme=state(at + "theme"),
        views=tuple(state(at + "views")),
        seconds=state(at + "seconds"),
        refresh_seconds=state(at + "refresh"),
        sound=state(at + "sound"),
        dim=state(at + "dim"),
        quiet=(state(at + "quiet_from").strip(), state(at + "quiet_to").strip()),
    )
    return state(at + "name"), state(at + "shops") or None, look, until


def show_link(name: str, row: dict[str, Any], token: str) -> None:
    """Leave the link for the run that follows; the token is kept nowhere else."""
    here = urlsplit(st.context.url or "http://localhost:8501/settings")
    page = f"{here.scheme}://{here.netloc}{here.path.rsplit('/', 1)[0]}/screen"
    options = [f"{row['look']['theme']}_theme", "hide_loading_screen"]
    query = urlencode({"token": token, "embed": "true", "embed_options": options}, doseq=True)
    st.session_state[_LINK] = name, f"{page}?{query}"


def intervals(page: Page) -> None:
    """After how many hours each shop's next file is expected: it decides when a figure is called old."""
    shops = settings.shops(page.desk)
    if shops.is_empty():
        return
    hours, version = freshness.intervals(page.desk)
    at = f"intervals_{version}_"

    def write() -> None:
        wanted = {shop_id: float(state(f"{at}{shop_id}")) for shop_id in hours}
        freshness.save_intervals(page.desk, page.person, wanted, version, page.now)

    with st.form(at, enter_to_submit=False):
        st.caption(
            page._(
                "A new file is expected after so many hours. Figures older than two of these spans are shown as "
                "old, and older than four not at all."
            )
        )
        grid = st.grid(4, min_column_width=175)
        for shop_id, name in shops.select("id", "name").iter_rows():
            label = page.text.plain(name)
            most = float(freshness.LONGEST_HOURS)
            grid.number_input(label, 0.25, most, hours[shop_id], step=0.25, format="%g", key=f"{at}{shop_id}")
        button(page, page._("Save the spans"), write)
