"""What is served to whom where people sign in: pages, websockets, media, uploads, and what is forged."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.desk import people, sessions
from core.desk.base import Desk, Person, utc_now
from tests.ui.web.conftest import SCREEN_TOKEN, Client, enter
from ui.web.front import Front, read

PROXY = "10.9.0.1"
BEHIND = read({"DESK48_PUBLIC_URL": "https://desk.example", "DESK48_TRUSTED_PROXIES": f"{PROXY}, 127.0.0.1"})
PASSED_ON = {"host": "desk.example", "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https"}


def hears(client: TestClient, **headers: str) -> bool:
    """Whether a websocket is opened, with the cookies that the client holds."""
    held = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    headers = {"host": client.base_url.netloc.decode(), **({"cookie": held} if held else {}), **headers}
    try:
        with client.websocket_connect("/_stcore/stream", headers=headers):
            return True
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize("path", ["/", "/orders", "/orders?text=C-1", "/screen", "/no-such-page", "/index.html"])
def test_a_page_leads_to_the_sign_in_and_back(client: Client, path: str) -> None:
    browser = client()
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.text == ""
    shown = browser.get(answer.headers["location"])
    assert shown.status_code == 200
    target = shown.text.split('name="next" value="')[1].split('"')[0]
    assert target == path
    assert enter(browser, next=target) == 303
    assert browser.get(path).text == "inside"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/media/abc.csv"),
        ("HEAD", "/media/abc.csv"),
        ("GET", "/_stcore/metrics"),
        ("GET", "/_stcore/script-health-check"),
        ("GET", "/_stcore/agent/openapi.json"),
        ("POST", "/_stcore/agent/mcp"),
        ("PUT", "/_stcore/upload_file/s/f"),
        ("DELETE", "/_stcore/upload_file/s/f"),
        ("GET", "/component/x/index.html"),
        ("GET", "/app/static/x"),
        ("GET", "/auth/logout"),
        ("POST", "/orders"),
        ("GET", "/_stcore/health/../metrics"),
    ],
)
def test_everything_else_needs_a_session(client: Client, method: str, path: str) -> None:
    browser = client()
    assert browser.request(method, path).status_code == 403
    assert not hears(browser)
    enter(browser)
    assert browser.request(method, path).status_code == 200
    assert hears(browser)


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/_stcore/health", "/_stcore/host-config", "/static/js/index.js", "/favicon.png", "/auth/login"],
)
def test_what_tells_nothing_is_served_to_everybody(client: Client, path: str) -> None:
    assert client().get(path).status_code == 200


def test_the_token_of_a_screen_opens_the_screen_and_nothing_else(client: Client) -> None:
    screen = client()
    assert screen.get("/screen?token=made-up").status_code == 303
    assert screen.get(f"/screen?token={SCREEN_TOKEN}&token=x").status_code == 303
    assert not hears(screen, cookie="desk48_screen=made-up")
    shown = screen.get(f"/screen?token={SCREEN_TOKEN}")
    assert shown.text == "inside"
    assert "HttpOnly" in shown.headers["set-cookie"]
    assert hears(screen)
    assert screen.get("/screen/figures").status_code == 200  # asks for the token itself
    for path in ("/", "/orders", f"/orders?token={SCREEN_TOKEN}", "/screen"):
        assert screen.get(path).status_code == 303
    for path in ("/media/abc.csv", "/_stcore/metrics"):
        assert screen.get(path).status_code == 403
    for path in ("/screen/_stcore/health", "/screen/_stcore/host-config"):  # else the page takes that for its server
        assert screen.get(path).status_code == 404


def test_a_made_up_cookie_opens_nothing(client: Client, desk: Desk) -> None:
    token = sessions.with_password(desk, "Chef", "drei alte Pferde ziehen", "here", utc_now())
    assert token
    for value in ("", "x", sessions.digest(token), token[:-1], token + "x", f"{token}; desk48_session=x"):
        assert client().get("/orders", headers={"cookie": f"desk48_session={value}"}).status_code == 303
        assert not hears(client(), cookie=f"desk48_session={value}")
    assert client().get("/orders", headers={"cookie": f"desk48_session={token}"}).status_code == 200


def test_a_session_that_ended_opens_nothing(client: Client, desk: Desk) -> None:
    browser, thief = client(), client()
    enter(browser)
    thief.cookies = browser.cookies
    token = browser.cookies["desk48_session"]
    assert thief.get("/orders").text == "inside"
    origin = {"origin": "http://desk.test:8501"}
    assert browser.post("/sign-out", headers=origin).headers["location"].startswith("/sign-in")
    assert "desk48_session" not in browser.cookies
    headers = {"cookie": f"desk48_session={token}"}
    assert thief.get("/media/abc.csv", headers=headers).status_code == 403
    assert not hears(thief, **headers)


@pytest.mark.parametrize(
    ("front", "peer", "headers", "served"),
    [
        (BEHIND, PROXY, PASSED_ON, True),
        (BEHIND, "127.0.0.1", PASSED_ON, True),
        (BEHIND, "203.0.113.5", PASSED_ON, True),  # Uvicorn put the browser in the place of a proxy on this computer
        (BEHIND, "10.0.0.7", PASSED_ON, False),
        (Front(), PROXY, PASSED_ON, False),
        (Front(), "127.0.0.1", PASSED_ON, False),
        (BEHIND, PROXY, PASSED_ON | {"host": "evil.example"}, False),
        (BEHIND, PROXY, PASSED_ON | {"x-forwarded-host": "evil.example"}, False),
        (BEHIND, PROXY, PASSED_ON | {"host": "10.0.0.2:8501", "x-forwarded-host": "desk.example"}, True),
        (BEHIND, "10.0.0.7", {"host": "desk.example"}, True),
        (BEHIND, "10.0.0.7", {"host": "evil.example"}, False),
        (BEHIND, "127.0.0.1", {"host": "localhost:8501"}, True),
        (BEHIND, "10.0.0.7", {"host": "localhost:8501"}, False),
        (BEHIND, "10.0.0.7", {"host": "desk.example", "forwarded": "for=127.0.0.1;host=desk.example"}, False),
        (BEHIND, "10.0.0.7", {"host": "desk.example", "x-real-ip": "127.0.0.1"}, False),
        (Front(), "10.0.0.7", {"host": "any.name:8501"}, True),
    ],
)
def test_only_a_proxy_that_is_named_speaks_for_a_browser(
    client: Client, front: Front, peer: str, headers: dict[str, str], served: bool
) -> None:
    browser = client(front, peer)
    assert browser.get("/sign-in", headers=headers).status_code == (200 if served else 403)
    assert not hears(browser, **headers)


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_and_for_this_host_only(client: Client, desk: Desk) -> None:
    browser = client(BEHIND, PROXY)
    headers = PASSED_ON | {"origin": "https://desk.example"}
    answer = browser.post("/sign-in", data={"name": "Chef", "password": "drei alte Pferde ziehen"}, headers=headers)
    told = answer.headers["set-cookie"]
    assert told.startswith("__Host-desk48_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(told.split("; "))
    assert answer.headers["strict-transport-security"]
    assert people.open_sessions(desk, Person("Chef"), utc_now())["origin"].to_list() == ["203.0.113.5 (password)"]
    token = told.split(";")[0].split("=", 1)[1]
    for name, status in (("__Host-desk48_session", 200), ("desk48_session", 303)):
        cookie = {"cookie": f"{name}={token}"}
        assert browser.get("/orders", headers=PASSED_ON | cookie).status_code == status


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DESK48_PUBLIC_URL": "https://desk.example/path"}, "without a path"),
        ({"DESK48_PUBLIC_URL": "ftp://desk.example"}, "is written like"),
        ({"DESK48_PUBLIC_URL": "https://user@desk.example"}, "is written like"),
        ({"DESK48_TRUSTED_PROXIES": "127.0.0.1"}, "needs DESK48_PUBLIC_URL"),
        ({"DESK48_PUBLIC_URL": "https://desk.example", "DESK48_TRUSTED_PROXIES": "everybody"}, "10.0.0.0/24"),
    ],
)
def test_a_front_that_makes_no_sense_is_said(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(environment)


def test_every_answer_carries_the_headers(client: Client) -> None:
    browser = client()
    for path in ("/orders", "/sign-in", "/media/abc.csv", "/healthz"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self' 'sha256-" in policy or "default-src 'none'; style-src 'self';" in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["referrer-policy"] == "same-origin"
    enter(browser)
    assert browser.get("/media/abc.csv").headers["cache-control"] == "no-store"
