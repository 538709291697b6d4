"""Who may come in: people with their roles, links that set a password, open sessions. For admins."""

from typing import Any, Final
from urllib.parse import quote, urlsplit

import polars as pl
import streamlit as st

from core.desk import people, sessions, settings
from core.desk.access import ROLES
from core.desk.sessions import EVERY_SHOP
from core.policy.words import N_
from ui.frame import Page
from ui.refusals import told
from ui.settings_forms import save

ROLE_NAMES: Final = {
    "viewer": N_("Viewer"),
    "operator": N_("Operator"),
    "lead": N_("Lead"),
    "admin": N_("Admin"),
}
NO_ROLE: Final = ""
_LINK: Final = "password_link"


def draw(page: Page) -> None:
    """The section; others are told whom to ask."""
    if not page.person.may("people"):
        st.info(page._("Only an admin over every shop sees who may come in."), icon=":material/lock:")
        return
    if not sessions.needed(page.desk):
        st.info(
            page._(
                "Nobody signs in yet: whoever sits at this computer may do everything. Sign-in begins with the first "
                "admin, who is made on the command line: {command}",
                command="`python -m core add-admin NAME`",
            ),
            icon=":material/lock_open:",
        )
        return
    known, held = people.listed(page.desk, page.person), people.roles(page.desk, page.person)
    shops = {row["id"]: row["name"] for row in settings.shops(page.desk).iter_rows(named=True)}
    _table(page, known, held, shops)
    _link(page)
    left, right = st.columns(2)
    with left:
        _one(page, known, held, shops)
    with right:
        _new(page)
        _terms(page)


def _table(page: Page, known: pl.DataFrame, held: pl.DataFrame, shops: dict[int, str]) -> None:
    """Everybody: how they come in, their roles, when they were last here."""
    used = people.open_sessions(page.desk, page.person, page.now)
    rows = []
    for row in known.iter_rows(named=True):
        roles, open_now = held.filter(person_id=row["id"]), used.filter(person_id=row["id"])
        ways = [page._("password")] * row["has_password"] + [page._("provider")] * (row["issuer"] is not None)
        rows.append(
            {
                "name": row["name"],
                "email": row["email"] or "",
                "ways": ", ".join(ways) or page._("none yet"),
                "roles": ", ".join(_role(page, shops, *pair) for pair in roles.select("shop_id", "role").iter_rows()),
                "sessions": open_now.height,
                "seen": page.text.moment(open_now["seen_at"][0], page.zone) if open_now.height else "",
            }
        )
    st.dataframe(
        pl.DataFrame(rows),
        hide_index=True,
        column_config={
            "name": page._("Name"),
            "email": page._("E-mail"),
            "ways": page._("Comes in by"),
            "roles": page._("Roles"),
            "sessions": page._("Open sessions"),
            "seen": page._("Last seen"),
        },
        alt=page._("People who may come in"),
    )


def _role(page: Page, shops: dict[int, str], shop_id: int, role: str) -> str:
    where = page._("every shop") if shop_id == EVERY_SHOP else shops.get(shop_id, str(shop_id))
    return f"{page._(ROLE_NAMES[role])} ({where})"


def _link(page: Page) -> None:
    """The link that was just made: shown once, kept nowhere."""
    made = st.session_state.pop(_LINK, None)
    if made is None:
        return
    name, token = made
    here = urlsplit(str(st.context.url or ""))
    st.success(
        page._(
            "Send this link to {name} by a safe channel. It sets a password once, within 24 hours, "
            "and is not shown again.",
            name=page.text.plain(name),
        ),
        icon=":material/key:",
    )
    st.code(f"{here.scheme}://{here.netloc}/sign-in/password?token={quote(token)}", language=None)


def _one(page: Page, known: pl.DataFrame, held: pl.DataFrame, shops: dict[int, str]) -> None:
    """One person at a time: address, roles, sessions, removal. A key holds the version, as with shops."""
    by_id = {row["id"]: row for row in known.iter_rows(named=True)}
    person_id = st.selectbox(page._("Person"), list(by_id), format_func=lambda id_: by_id[id_]["name"], key="person")
    person = by_id[person_id]
    at = f"person_{person_id}_{person['version']}_"
    roles = dict(held.filter(person_id=person_id).select("shop_id", "role").iter_rows())

    def write() -> None:
        email, wanted = st.session_state[at + "email"], _wanted(at, shops)
        people.change(page.desk, page.person, person_id, person["version"], email, wanted, page.now)

    with st.form(at, enter_to_submit=False):
        st.text_input(page._("E-mail"), person["email"] or "", key=at + "email", help=_why_email(page))
        _choose_role(page, page._("Role in every shop"), page._("none"), roles.get(EVERY_SHOP), at, EVERY_SHOP)
        for shop_id, name in shops.items():
            _choose_role(page, name, page._("as in every shop"), roles.get(shop_id), at, shop_id)
        st.form_submit_button(page._("Save the person"), type="primary", on_click=save, args=(page, write))
    _steps(page, person_id, person)


def _steps(page: Page, person_id: int, person: dict[str, Any]) -> None:
    """What is done at once: a link, the end of the sessions, removal (which is asked twice)."""

    @told
    def link() -> None:
        st.session_state[_LINK] = person["name"], people.make_link(page.desk, page.person, person_id, page.now)

    def end() -> None:
        people.end_sessions(page.desk, page.person, person_id, page.now)

    def remove() -> None:
        people.remove(page.desk, page.person, person_id, person["version"], page.now)

    row = st.container(horizontal=True)
    row.button(page._("Link for a password"), key="make_link", icon=":material/key:", on_click=link)
    row.button(
        page._("End all sessions"), key="end_sessions", icon=":material/logout:", on_click=save, args=(page, end)
    )
    sure = st.checkbox(
        page._("Remove {name}: the record keeps the name, nothing else opens again.", name=person["name"]),
        key=f"sure_{person_id}",
    )
    st.button(page._("Remove"), key="remove_person", disabled=not sure, on_click=save, args=(page, remove))


def _new(page: Page) -> None:
    """A new person, who gets the way in afterwards."""
    count = st.session_state.get("new_person_count", 0)
    at = f"new_person_{count}_"

    def write() -> None:
        state = st.session_state
        role = state[f"{at}role_{EVERY_SHOP}"]
        wanted = {} if role == NO_ROLE else {EVERY_SHOP: role}
        people.add(page.desk, page.person, state[at + "name"], state[at + "email"], wanted, page.now)
        state["new_person_count"] = count + 1

    with st.form(at, enter_to_submit=False):
        st.markdown(f"**{page._('A new person')}**")
        st.text_input(page._("Name"), key=at + "name", help=page._("As the record keeps it, for good."))
        st.text_input(page._("E-mail"), key=at + "email", help=_why_email(page))
        _choose_role(page, page._("Role in every shop"), page._("none"), None, at, EVERY_SHOP)
        st.form_submit_button(page._("Add the person"), on_click=save, args=(page, write))


def _terms(page: Page) -> None:
    """How long sessions last."""
    held, version = sessions.terms(page.desk)
    at = f"terms_{version}_"

    def write() -> None:
        changed = sessions.Terms(int(st.session_state[at + "idle"]), int(st.session_state[at + "longest"]))
        sessions.save_terms(page.desk, page.person, changed, version, page.now)

    with st.form(at, enter_to_submit=False):
        st.markdown(f"**{page._('How long sessions last')}**")
        st.number_input(page._("A session ends after hours without use"), 1, None, held.idle_hours, key=at + "idle")
        st.number_input(page._("A session ends after hours in all"), 1, None, held.longest_hours, key=at + "longest")
        st.form_submit_button(page._("Save the hours"), on_click=save, args=(page, write))


def _choose_role(page: Page, label: str, nothing: str, held: str | None, at: str, shop_id: int) -> None:
    choices = (NO_ROLE, *ROLES)
    st.selectbox(
        label,
        choices,
        choices.index(held or NO_ROLE),
        format_func=lambda role: nothing if role == NO_ROLE else page._(ROLE_NAMES[role]),
        key=f"{at}role_{shop_id}",
    )


def _wanted(at: str, shops: dict[int, str]) -> dict[int, str]:
    chosen = {shop_id: st.session_state[f"{at}role_{shop_id}"] for shop_id in (EVERY_SHOP, *shops)}
    return {shop_id: role for shop_id, role in chosen.items() if role != NO_ROLE}


def _why_email(page: Page) -> str:
    return page._("By it an account of your provider is found the first time; it also serves as name at the sign-in.")
