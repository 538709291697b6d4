"""Sessions: how they begin and end, wrong passwords, accounts of a provider."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core.desk import passwords, people, sessions
from core.desk.acting import acting
from core.desk.base import Desk, Person, SignedOut
from core.desk.settings import Unclear
from core.store.engine import writing
from core.store.people_tables import sessions as table
from tests.core.desk.conftest import NOON

pytestmark = pytest.mark.usefixtures("cheap_hashes")
ADMIN = Person("Chef")
PASSWORD = "drei alte Pferde ziehen"
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
CLAIMS = {"iss": "https://id.test", "sub": "7", "email": "Lea@example.test", "email_verified": True}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    people.add_admin(desk, "Chef", "", PASSWORD, NOON)
    return desk


def signed_in(desk: Desk, at: dt.datetime = NOON) -> str:
    token = sessions.with_password(desk, "Chef", PASSWORD, "here", at)
    assert token
    return token


def person(desk: Desk, token: str, at: dt.datetime = NOON) -> Person:
    found = sessions.person_of(desk, token, at, lambda: at)
    assert found is not None
    return found


def test_a_password_opens_a_session_and_only_its_hash_is_kept(desk: Desk) -> None:
    token = signed_in(desk)
    chef = person(desk, token)
    assert (chef.name, chef.role, chef.origin) == ("Chef", "admin", "here")
    chef.require("people")
    with desk.reading() as connection:
        assert list(connection.execute(sa.select(table.c.token_hash)).scalars()) == [sessions.digest(token)]
    assert token not in sessions.digest(token)


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "Chef"])
def test_what_is_no_token_opens_nothing(desk: Desk, token: str) -> None:
    signed_in(desk)
    assert sessions.person_of(desk, token, NOON) is None


def test_the_hash_that_is_kept_is_no_token(desk: Desk) -> None:
    assert sessions.person_of(desk, sessions.digest(signed_in(desk)), NOON) is None


def test_a_session_that_ended_ends_open_pages_in_every_use_case(desk: Desk) -> None:
    token, other = signed_in(desk), signed_in(desk)
    chef, elsewhere = person(desk, token), person(desk, other)
    sessions.end(desk, token, NOON)
    assert sessions.person_of(desk, token, NOON) is None
    with pytest.raises(SignedOut), acting(desk, chef, "people", [], NOON):
        pytest.fail("a session that ended may do nothing")
    elsewhere.require("people")


@pytest.mark.parametrize("how", ["ended", "removed", "role taken", "new password"])
def test_an_open_page_ends_when_the_person_may_no_longer_what_it_offers(desk: Desk, how: str) -> None:
    lea = people.add(desk, ADMIN, "Léa", "", {0: "admin"}, NOON)
    token = people.use_link(desk, people.make_link(desk, ADMIN, lea, NOON), PASSWORD, "here", NOON)
    assert token
    page = person(desk, token)
    version = int(people.listed(desk, ADMIN).filter(id=lea)["version"].item())
    if how == "ended":
        people.end_sessions(desk, ADMIN, lea, NOON)
    elif how == "removed":
        people.remove(desk, ADMIN, lea, version, NOON)
    elif how == "role taken":
        people.change(desk, ADMIN, lea, version, "", {0: "viewer"}, NOON)
    else:
        people.use_link(desk, people.make_link(desk, ADMIN, lea, NOON), PASSWORD, "there", NOON)
    with pytest.raises(SignedOut):
        page.require("people")
    again = sessions.person_of(desk, token, NOON)
    assert (again and again.role) == ("viewer" if how == "role taken" else None)


def test_a_session_rests_and_lasts_only_so_long(desk: Desk) -> None:
    sessions.save_terms(desk, ADMIN, sessions.Terms(idle_hours=2, longest_hours=5), 0, NOON)
    token = signed_in(desk)
    for hours in (1.9, 3.8, 4.99):  # each look counts as use
        person(desk, token, NOON + hours * HOUR)
    assert sessions.person_of(desk, token, NOON + 5 * HOUR) is None
    resting = signed_in(desk)
    page = person(desk, resting, NOON + HOUR)
    assert sessions.person_of(desk, resting, NOON + 3 * HOUR) is None
    page.still()  # its own clock stands at the first hour


@pytest.mark.parametrize(("idle", "longest"), [(0, 5), (6, 5), (1, 2161)])
def test_terms_that_cannot_be_are_refused(desk: Desk, idle: int, longest: int) -> None:
    with pytest.raises(Unclear):
        sessions.save_terms(desk, ADMIN, sessions.Terms(idle, longest), 0, NOON)


def test_use_is_noted_once_a_minute_moves_no_revision_and_waits_for_no_writer(desk: Desk) -> None:
    token = signed_in(desk)
    before = desk.revision()

    def seen() -> int:
        with desk.reading() as connection:
            return int(connection.execute(sa.select(table.c.seen_at)).scalar_one())

    first = seen()
    person(desk, token, NOON + MINUTE / 2)
    assert seen() == first
    with writing(desk.engine):
        person(desk, token, NOON + MINUTE)  # another one writes: not noted, not waited for
    assert seen() == first
    person(desk, token, NOON + MINUTE)
    assert seen() > first
    assert desk.revision() == before + 1  # that of the other one


def test_wrong_passwords_lock_the_account_longer_and_longer(desk: Desk) -> None:
    at, waits = NOON, []
    for _ in range(5 + 11):
        assert sessions.with_password(desk, "Chef", "wrong", "here", at) is None
        locked = sessions.locked_until(len(waits) + 1, at)
        waits.append(((locked or at) - at).total_seconds())
        at = locked or at
    assert waits[:7] == [0, 0, 0, 0, 1, 2, 4]
    assert max(waits) == 15 * 60
    assert sessions.with_password(desk, "Chef", PASSWORD, "here", at - dt.timedelta(seconds=1)) is None
    assert sessions.with_password(desk, "Chef", PASSWORD, "here", at)
    assert sessions.with_password(desk, "Chef", "wrong", "here", at) is None
    assert sessions.with_password(desk, "Chef", PASSWORD, "here", at)


def test_many_guesses_at_once_are_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str | None] = []

    def fits(kept: str | None, _: str) -> bool:
        tried.append(kept)
        return False

    monkeypatch.setattr(passwords, "fits", fits)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sessions.with_password(desk, "Chef", "wrong", "here", NOON), range(12)))
    assert len([kept for kept in tried if kept]) == 5


@pytest.mark.parametrize("case", ["unknown", "locked", "no password", "wrong"])
def test_every_refusal_takes_the_work_of_one_hash(desk: Desk, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    people.add(desk, ADMIN, "Léa", "lea@example.test", {}, NOON)
    if case == "locked":
        for _ in range(5):
            sessions.with_password(desk, "Chef", "wrong", "here", NOON)
    verified: list[str] = []
    real = type(passwords._HASHER).verify
    monkeypatch.setattr(
        type(passwords._HASHER), "verify", lambda self, kept, told: verified.append(kept) or real(self, kept, told)
    )
    who = {"unknown": "Nobody", "no password": "lea@example.test"}.get(case, "Chef")
    told = PASSWORD if case == "locked" else "what nobody has as a password"
    assert sessions.with_password(desk, who, told, "here", NOON) is None
    assert len(verified) == 1
    assert verified[0].split("$")[2:4] == passwords._NOBODYS.split("$")[2:4]  # the same costs


def test_one_spelling_whatever_the_keyboard_sends() -> None:
    assert passwords.fits(passwords.hashed("cafe\u0301 mit Milch"), "caf\u00e9 mit Milch")


def test_an_account_is_found_by_its_address_once_then_by_what_the_provider_calls_it(desk: Desk) -> None:
    people.add(desk, ADMIN, "Léa", "lea@example.test", {0: "viewer"}, NOON)
    token = sessions.with_account(desk, CLAIMS, "id.test", NOON)
    assert token
    assert person(desk, token).name == "Léa"
    assert sessions.with_account(desk, CLAIMS | {"email": "other@example.test"}, "id.test", NOON)
    assert sessions.with_account(desk, CLAIMS | {"sub": "8"}, "id.test", NOON) is None  # the address is bound
    assert sessions.with_account(desk, CLAIMS | {"iss": "https://evil.test"}, "id.test", NOON) is None


@pytest.mark.parametrize(
    "claims",
    [
        {},
        CLAIMS | {"email": "nobody@example.test"},
        CLAIMS | {"email_verified": False},
        CLAIMS | {"email_verified": "true"},
        {name: value for name, value in CLAIMS.items() if name != "email_verified"},
        CLAIMS | {"email": ""},
        CLAIMS | {"email": None},
        CLAIMS | {"sub": ""},
        CLAIMS | {"iss": 5},
    ],
)
def test_an_account_that_nobody_entered_opens_nothing(desk: Desk, claims: dict[str, object]) -> None:
    people.add(desk, ADMIN, "Léa", "lea@example.test", {0: "viewer"}, NOON)
    people.add(desk, ADMIN, "Without address", "", {0: "viewer"}, NOON)
    assert sessions.with_account(desk, claims, "id.test", NOON) is None
