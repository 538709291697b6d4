"""People and their roles: who may change them, what always holds, and what the record keeps of it."""

import datetime as dt

import pytest
import sqlalchemy as sa

from core.desk import people, sessions
from core.desk.base import Desk, NotAllowed, Person, Stale
from core.desk.settings import Unclear, add_shop
from core.store.chain_tables import record
from tests.core.desk.conftest import NOON

pytestmark = pytest.mark.usefixtures("cheap_hashes")
ADMIN = Person("Chef")
LONG = "drei alte Pferde ziehen"
EVERYWHERE = {0: "admin"}


def recorded(desk: Desk) -> list[tuple[str, str, str | None]]:
    with desk.reading() as connection:
        rows = connection.execute(sa.select(record.c.person, record.c.what, record.c.subject).order_by(record.c.n))
        return [tuple(row) for row in rows]


def version(desk: Desk, person_id: int) -> int:
    return int(people.listed(desk, ADMIN).filter(id=person_id)["version"].item())


def test_a_person_has_the_roles_that_were_given(desk: Desk) -> None:
    shop = add_shop(desk, ADMIN, "cdiscount", "Lyon")
    people.add(desk, ADMIN, " Léa  Martin ", "Lea@Example.test", {shop: "operator"}, NOON)
    lea = people.of_name(desk, "Léa Martin", "test")
    assert (lea.role, dict(lea.of_shop), lea.origin) == (None, {shop: "operator"}, "test")
    assert lea.sees == frozenset({shop})
    assert people.listed(desk, ADMIN)["email"].to_list() == ["lea@example.test"]


def test_while_nobody_was_added_any_name_is_the_one_local_user(desk: Desk) -> None:
    assert not sessions.needed(desk)
    assert people.of_name(desk, "local", "test").may("people")
    people.add_admin(desk, "Chef", "", LONG, NOON)
    assert sessions.needed(desk)
    with pytest.raises(Unclear, match="local"):
        people.of_name(desk, "local", "test")


@pytest.mark.parametrize(
    ("name", "email", "roles"),
    [
        ("", "", {}),
        ("x" * 81, "", {}),
        ("CHEF", "", {}),
        ("Léa", "no address", {}),
        ("Léa", "CHEF@example.test", {}),
        ("Léa", "", {0: "owner"}),
        ("Léa", "", {99: "viewer"}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    desk: Desk, name: str, email: str, roles: dict[int, str]
) -> None:
    people.add(desk, ADMIN, "Chef", "chef@example.test", EVERYWHERE, NOON)
    before = recorded(desk)
    with pytest.raises(Unclear):
        people.add(desk, ADMIN, name, email, roles, NOON)
    assert people.listed(desk, ADMIN)["name"].to_list() == ["Chef"]
    assert recorded(desk) == before


@pytest.mark.parametrize("role", ["viewer", "operator", "lead", None])
def test_only_an_admin_over_every_shop_changes_people(desk: Desk, role: str | None) -> None:
    person_id = people.add(desk, ADMIN, "Léa", "", EVERYWHERE, NOON)
    for somebody in (Person("Paul", role), Person("Paul", role, {1: "admin"})):
        for attempt in (
            lambda who: people.listed(desk, who),
            lambda who: people.roles(desk, who),
            lambda who: people.open_sessions(desk, who, NOON),
            lambda who: people.add(desk, who, "Paul", "", EVERYWHERE, NOON),
            lambda who: people.change(desk, who, person_id, 1, "", EVERYWHERE, NOON),
            lambda who: people.remove(desk, who, person_id, 1, NOON),
            lambda who: people.end_sessions(desk, who, person_id, NOON),
            lambda who: people.make_link(desk, who, person_id, NOON),
            lambda who: sessions.save_terms(desk, who, sessions.Terms(), 0, NOON),
        ):
            with pytest.raises(NotAllowed):
                attempt(somebody)


def test_there_is_always_an_admin(desk: Desk) -> None:
    only = people.add(desk, ADMIN, "Chef", "", EVERYWHERE, NOON)
    with pytest.raises(Unclear, match="only admin"):
        people.remove(desk, ADMIN, only, version(desk, only), NOON)
    with pytest.raises(Unclear, match="only admin"):
        people.change(desk, ADMIN, only, version(desk, only), "", {0: "lead"}, NOON)
    people.add(desk, ADMIN, "Léa", "", EVERYWHERE, NOON)
    people.remove(desk, ADMIN, only, version(desk, only), NOON)
    assert people.listed(desk, ADMIN)["name"].to_list() == ["Léa"]


def test_a_removed_name_is_given_to_nobody_else_but_the_address_is(desk: Desk) -> None:
    people.add(desk, ADMIN, "Chef", "", EVERYWHERE, NOON)
    lea = people.add(desk, ADMIN, "Léa", "lea@example.test", {}, NOON)
    people.remove(desk, ADMIN, lea, version(desk, lea), NOON)
    with pytest.raises(Unclear, match="record"):
        people.add(desk, ADMIN, "léa", "", {}, NOON)
    people.add(desk, ADMIN, "Léa B.", "lea@example.test", {}, NOON)


def test_a_stale_change_of_a_person_is_refused(desk: Desk) -> None:
    lea = people.add(desk, ADMIN, "Léa", "", {0: "viewer"}, NOON)
    seen = version(desk, lea)
    people.change(desk, ADMIN, lea, seen, "lea@example.test", {0: "lead"}, NOON)
    with pytest.raises(Stale):
        people.change(desk, ADMIN, lea, seen, "", {0: "admin"}, NOON)
    assert people.of_name(desk, "Léa", "test").role == "lead"


def test_a_link_sets_a_password_once_and_within_a_day(desk: Desk) -> None:
    people.add(desk, ADMIN, "Chef", "", EVERYWHERE, NOON)
    lea = people.add(desk, ADMIN, "Léa", "", {0: "viewer"}, NOON)
    old, link = (people.make_link(desk, ADMIN, lea, NOON) for _ in range(2))
    assert people.link_of(desk, old, NOON) is None
    assert people.link_of(desk, link, NOON + dt.timedelta(hours=24)) is None
    with pytest.raises(Unclear, match="12"):
        people.use_link(desk, link, "short", "here", NOON)
    assert people.use_link(desk, link, LONG, "here", NOON)
    assert people.use_link(desk, link, LONG + "!", "here", NOON) is None
    assert sessions.with_password(desk, "Léa", LONG, "here", NOON)


def test_the_first_admin_comes_from_the_command_line_and_can_come_back(desk: Desk) -> None:
    for name, email, password in (("Chef", "", ""), ("Chef", "", "short"), ("Chef", "", "aaaaaaaaaaaaaaa")):
        with pytest.raises(Unclear):
            people.add_admin(desk, name, email, password, NOON)
    assert not sessions.needed(desk)
    people.add_admin(desk, "Chef", "", LONG, NOON)
    token = sessions.with_password(desk, "Chef", LONG, "here", NOON)
    people.add_admin(desk, "Chef", "", LONG[::-1], NOON)
    assert sessions.person_of(desk, token, NOON) is None
    assert sessions.with_password(desk, "Chef", LONG, "here", NOON) is None
    assert sessions.with_password(desk, "Chef", LONG[::-1], "here", NOON)


def test_every_step_stands_in_the_record_and_no_secret_does(desk: Desk) -> None:
    people.add_admin(desk, "Chef", "", LONG, NOON)
    lea = people.add(desk, ADMIN, "Léa", "lea@example.test", {}, NOON)
    people.change(desk, ADMIN, lea, version(desk, lea), "", {0: "viewer"}, NOON)
    link = people.make_link(desk, ADMIN, lea, NOON)
    people.use_link(desk, link, LONG, "here", NOON)
    people.end_sessions(desk, ADMIN, lea, NOON)
    people.remove(desk, ADMIN, lea, version(desk, lea), NOON)
    assert recorded(desk) == [
        ("command line", "person_added", "Chef"),
        ("command line", "password_set", "Chef"),
        ("Chef", "person_added", "Léa"),
        ("Chef", "person_changed", "Léa"),
        ("Chef", "password_link_made", "Léa"),
        ("Léa", "password_set", "Léa"),
        ("Chef", "sessions_ended", "Léa"),
        ("Chef", "person_removed", "Léa"),
    ]
    with desk.reading() as connection:
        told = " ".join(connection.execute(sa.select(record.c.body)).scalars())
    assert not {secret for secret in (LONG, link, "lea@example.test", "argon2") if secret in told}
