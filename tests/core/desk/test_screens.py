"""Team screens: made, changed, renewed and ended by an admin; of the token only the hash is kept."""

import datetime as dt

import pytest
import sqlalchemy as sa

from core.desk import freshness, record, screens, settings
from core.desk.access import ACTIONS
from core.desk.base import Desk, NotAllowed, Person, Stale
from core.desk.screens import Look
from core.desk.settings import Unclear
from core.store.screen_tables import screens as table
from tests.core.desk.conftest import NOON

ADMIN = Person("Zoé", "admin")
TOMORROW = NOON + dt.timedelta(days=1)


def made(desk: Desk, **fields: object) -> str:
    asked = {"name": "warehouse TV", "shops": None, "look": Look(), "expires_at": None} | fields
    return screens.create(desk, ADMIN, now=NOON, **asked)  # type: ignore[arg-type]


def found(desk: Desk, token: str) -> screens.Screen | None:
    with desk.reading() as connection:
        return screens.by_hash(connection).get(screens.digest(token))


def test_a_token_opens_its_screen_and_stands_nowhere_in_the_base(desk: Desk) -> None:
    token = made(desk, shops=[3, 1], look=Look(language="fr", views=("kind",)))
    screen = found(desk, token)
    assert screen is not None
    assert (screen.name, screen.shops, screen.is_open(NOON)) == ("warehouse TV", frozenset({1, 3}), True)
    assert screen.look == Look(language="fr", views=("all", "kind"))
    with desk.reading() as connection:
        (row,) = connection.execute(sa.select(table)).mappings()
    assert token not in str(dict(row))
    assert len(token) >= 43
    assert "token_hash" not in screens.listed(desk, ADMIN).columns


def test_two_tokens_are_never_alike(desk: Desk) -> None:
    assert made(desk) != made(desk)


def test_a_revoked_screen_is_closed_at_once_and_a_renewed_one_has_another_token(desk: Desk) -> None:
    old = made(desk)
    screens.revoke(desk, ADMIN, 1, 1, NOON)
    screen = found(desk, old)
    assert screen is not None
    assert not screen.is_open(NOON)
    new = screens.renew(desk, ADMIN, 1, 2, TOMORROW, NOON)
    assert found(desk, old) is None
    screen = found(desk, new)
    assert screen is not None
    assert screen.is_open(NOON)
    assert not screen.is_open(TOMORROW)


def test_a_screen_is_changed_under_its_link(desk: Desk) -> None:
    token = made(desk)
    screens.change(desk, ADMIN, 1, 1, " packing  table ", [2], Look(theme="light"), TOMORROW, NOON)
    screen = found(desk, token)
    assert screen == screens.Screen(1, "packing table", frozenset({2}), Look(theme="light"), TOMORROW, None)


def test_a_stale_change_is_refused(desk: Desk) -> None:
    made(desk)
    screens.revoke(desk, ADMIN, 1, 1, NOON)
    with pytest.raises(Stale):
        screens.renew(desk, ADMIN, 1, 1, None, NOON)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "  "}, screens.NAME_MISSING),
        ({"shops": []}, screens.SHOPS_MISSING),
        ({"expires_at": NOON}, screens.PAST),
        ({"look": Look(seconds=61)}, screens.LOOK_UNCLEAR),
        ({"look": Look(refresh_seconds=4)}, screens.LOOK_UNCLEAR),
        ({"look": Look(theme="pink")}, screens.LOOK_UNCLEAR),
        ({"look": Look(quiet=("8:00", "20:00"))}, screens.QUIET_UNCLEAR),
        ({"look": Look(quiet=("08:00", "25:00"))}, screens.QUIET_UNCLEAR),
    ],
)
def test_what_cannot_be_is_refused_with_its_sentence(desk: Desk, fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(Unclear) as refused:
        made(desk, **fields)
    assert refused.value.sentence == sentence
    assert screens.listed(desk, ADMIN).is_empty()


@pytest.mark.parametrize("role", [role for role, actions in ACTIONS.items() if "screens" not in actions])
def test_only_an_admin_has_to_do_with_screens(desk: Desk, role: str) -> None:
    made(desk)
    person = Person("Léa", role)
    for act in (
        lambda: screens.listed(desk, person),
        lambda: screens.create(desk, person, "TV", None, Look(), None, NOON),
        lambda: screens.change(desk, person, 1, 1, "TV", None, Look(), None, NOON),
        lambda: screens.renew(desk, person, 1, 1, None, NOON),
        lambda: screens.revoke(desk, person, 1, 1, NOON),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert role != "admin"


def test_who_administers_single_shops_only_opens_no_screen(desk: Desk) -> None:
    person = Person("Léa", None, {1: "admin"})
    with pytest.raises(NotAllowed):
        screens.create(desk, person, "TV", [1], Look(), None, NOON)


def test_the_record_tells_what_became_of_a_screen_and_never_its_token(desk: Desk) -> None:
    token = made(desk, expires_at=TOMORROW)
    screens.change(desk, ADMIN, 1, 1, "packing table", None, Look(theme="light"), None, NOON)
    new = screens.renew(desk, ADMIN, 1, 2, None, NOON)
    screens.revoke(desk, ADMIN, 1, 3, NOON)
    told = record.look(desk, record.Wanted()).rows
    assert told["what"].to_list() == ["screen_revoked", "screen_renewed", "screen_changed", "screen_made"]
    assert set(told["person"]) == {"Zoé"}
    changed = told.row(2, named=True)
    assert '"theme": "dark"' in changed["before"]
    assert '"theme": "light"' in changed["after"]
    assert "packing table" in changed["more"]
    for secret in (token, new, screens.digest(token), screens.digest(new)):
        assert secret not in str(told.to_dicts())


def test_files_are_expected_every_four_hours_unless_the_team_says_otherwise(desk: Desk) -> None:
    one = settings.add_shop(desk, ADMIN, "cdiscount", "Lumina")
    two = settings.add_shop(desk, ADMIN, "amazon", "Lumina DE")
    assert freshness.intervals(desk) == ({one: 4.0, two: 4.0}, 0)
    freshness.save_intervals(desk, ADMIN, {one: 0.5, two: 24}, 0, NOON)
    assert freshness.intervals(desk) == ({one: 0.5, two: 24.0}, 1)
    with pytest.raises(Stale):
        freshness.save_intervals(desk, ADMIN, {one: 1}, 0, NOON)
    for hours in (0, -1, 24 * 31 + 1, float("nan")):
        with pytest.raises(Unclear):
            freshness.save_intervals(desk, ADMIN, {one: hours}, 1, NOON)
