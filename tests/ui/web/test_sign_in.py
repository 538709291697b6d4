"""The sign-in form under attack: guessing, forged forms, open redirects, fixed sessions, stored script."""

import re

import pytest

from core.desk import people, sessions
from core.desk.base import Desk, Person, utc_now
from tests.ui.web.conftest import PASSWORD, Client, enter
from ui.text import LANGUAGES, text
from ui.web import cookies, page

ADMIN = Person("Chef")
ORIGIN = {"origin": "http://desk.test:8501"}


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        " /orders",
        "/orders\r\nset-cookie: a=b",
        "/sign-out",
        "/auth/logout",
        "///evil.example",
        "",
        None,
    ],
)
def test_nobody_is_led_out_of_the_house(client: Client, target: str | None) -> None:
    assert cookies.local(target) == "/"
    answer = client().post(
        "/sign-in", data={"name": "Chef", "password": PASSWORD, "next": target or ""}, headers=ORIGIN
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("target", ["/orders", "/orders?text=C-1&lang=fr", "/case?order=A%20B&shop_id=3", "/"])
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert cookies.local(target) == target


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "https://desk.test:8501"},
        {"origin": "http://desk.test"},
        {"origin": "http://desk.test:8501.evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/sign-in/password"])
def test_a_form_from_elsewhere_is_refused(client: Client, path: str, headers: dict[str, str]) -> None:
    browser = client()
    enter(browser)
    held = browser.cookies["desk48_session"]
    fields = {"name": "Chef", "password": PASSWORD, "again": PASSWORD, "token": "x"}
    answer = browser.post(path, data=fields, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert browser.get("/orders", headers={"cookie": f"desk48_session={held}"}).text == "inside"


def test_signing_in_gives_a_new_session_whatever_the_browser_held(client: Client, desk: Desk) -> None:
    browser = client()
    planted = sessions.with_password(desk, "Chef", PASSWORD, "an attacker's own", utc_now())
    assert planted
    browser.cookies.set("desk48_session", planted, domain="desk.test", path="/")
    assert enter(browser) == 303
    assert browser.cookies["desk48_session"] != planted
    assert sessions.person_of(desk, planted, utc_now()) is None


def test_every_refusal_reads_the_same(client: Client, desk: Desk) -> None:
    people.add(desk, ADMIN, "Léa", "lea@example.test", {}, utc_now())
    browser = client()

    def refused(name: str) -> str:
        answer = browser.post("/sign-in", data={"name": name, "password": "wrong"}, headers=ORIGIN)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        return re.sub(r'value="[^"]*"', "", answer.text)

    for _ in range(5):
        known = refused("Chef")
    locked, unknown, without = refused("Chef"), refused("Nobody"), refused("lea@example.test")
    assert known == locked == unknown == without


def test_who_guesses_has_to_wait_and_others_do_not(client: Client) -> None:
    guesser, other = client(peer="203.0.113.9"), client(peer="203.0.113.10")
    statuses = [enter(guesser, f"Name {n}", "wrong") for n in range(20)]
    assert set(statuses) == {403}
    answer = guesser.post("/sign-in", data={"name": "Chef", "password": PASSWORD}, headers=ORIGIN)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert guesser.get("/sign-in/password?token=x").status_code == 429
    assert enter(other) == 303


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 20_000, b"&" * 100, b"\xff\xfe=\x00", b"name=Chef", b"name=a&name=b&password=" + b"x" * 5000],
)
def test_what_is_no_form_is_refused_kindly(client: Client, body: bytes) -> None:
    headers = ORIGIN | {"content-type": "application/x-www-form-urlencoded"}
    assert client().post("/sign-in", content=body, headers=headers).status_code in (403, 413)


def test_script_in_every_field_stays_text(client: Client, desk: Desk) -> None:
    evil = "\"><script>alert('x')</script>"
    browser = client()
    answers = [
        browser.get("/sign-in", params={"next": evil, "lang": evil, "problem": evil}).text,
        browser.post("/sign-in", data={"name": evil, "password": evil, "next": evil}, headers=ORIGIN).text,
        browser.get("/sign-in/password", params={"token": evil}).text,
    ]
    person = people.add(desk, ADMIN, evil, "", {}, utc_now())
    link = people.make_link(desk, ADMIN, person, utc_now())
    answers.append(browser.get("/sign-in/password", params={"token": link}).text)
    wanted = {"token": link, "password": PASSWORD, "again": PASSWORD}
    assert browser.post("/sign-in/password", data=wanted, headers=ORIGIN).status_code == 303
    answers.append(browser.get("/sign-in").text)
    assert all("<script" not in answer for answer in answers)
    assert "&lt;script&gt;" in answers[-1]
    assert page.POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_sets_a_password_once(client: Client, desk: Desk, lang: str) -> None:
    words, browser = text(lang), client()
    person = people.add(desk, ADMIN, "Léa", "", {}, utc_now())
    link = people.make_link(desk, ADMIN, person, utc_now())
    fields = {"token": link, "lang": lang, "password": PASSWORD, "again": PASSWORD + "!"}
    refused = browser.post("/sign-in/password", data=fields, headers=ORIGIN)
    assert refused.status_code == 422
    assert words._("New password") in refused.text
    short = fields | {"password": "short", "again": "short"}
    assert "12" in browser.post("/sign-in/password", data=short, headers=ORIGIN).text
    done = browser.post("/sign-in/password", data=fields | {"again": PASSWORD}, headers=ORIGIN)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert browser.get("/orders").text == "inside"
    assert client().get("/sign-in/password", params={"token": link}).status_code == 403
    assert enter(client(), "Léa") == 303


def test_no_secret_is_logged_or_shown(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    browser = client()
    enter(browser, password="a password that is wrong")
    answer = browser.post("/sign-in", data={"name": "Chef", "password": "a wrong one"}, headers=ORIGIN)
    assert "wrong one" not in answer.text
    assert "a password that" not in caplog.text
    enter(browser)
    assert browser.cookies["desk48_session"] not in caplog.text
