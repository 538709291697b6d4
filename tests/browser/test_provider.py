"""Signing in with an account of a provider: a real round trip in a real browser."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from core.desk import people
from core.desk.base import Desk, Person, open_desk, utc_now
from tests.browser import provider as house
from tests.browser.conftest import Window, free_port, settled, started
from tests.browser.provider import Provider

pytestmark = pytest.mark.browser
BOSS = Person("Chef")
LEA = {"sub": "lea-7", "email": "Lea@example.test", "email_verified": True}


class Served(NamedTuple):
    """A desk that knows the provider."""

    address: str
    provider: Provider
    desk: Desk


@pytest.fixture(scope="module")
def served(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("oidc"), free_port()
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    with house.running() as provider:
        toml = folder / "secrets.toml"
        toml.write_text(house.secrets_toml(provider, f"http://127.0.0.1:{port}"))
        with started(folder, f"--secrets.files={toml}", port=port) as address:
            yield Served(address, provider, desk)
    desk.engine.dispose()


def go(page: Any, served: Served, link: str = "/rules?lang=en") -> None:
    page.goto(served.address + link)
    page.get_by_role("link", name="House").click()


def cookies(page: Any) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def test_before_anybody_was_added_a_provider_alone_closes_the_desk(window: Window, served: Served) -> None:
    page = window()
    served.provider.account = LEA
    go(page, served)
    page.wait_for_url("**/sign-in?problem=unknown")
    assert "not known here" in page.get_by_role("alert").inner_text()
    assert not {name for name in cookies(page) if name.startswith(("_streamlit_user", "desk48_session"))}


def test_an_account_whose_address_an_admin_entered_comes_in_and_goes_out(window: Window, served: Served) -> None:
    lea = people.add(served.desk, BOSS, "Léa", "lea@example.test", {0: "viewer"}, utc_now())
    page = window()
    served.provider.account = LEA
    go(page, served)
    page.wait_for_url("**/rules?lang=en*")
    settled(page)
    assert "Signed in as Léa." in page.locator('[data-testid="stSidebar"]').inner_text()
    asked = served.provider.asked[-1]
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["nonce"]
    held = cookies(page)
    assert not {name for name in held if name.startswith("_streamlit_user")}

    # From now on the account is known by what the provider calls it; and an admin can end its sessions.
    assert people.listed(served.desk, BOSS).filter(id=lea)["issuer"].item() == served.provider.issuer
    people.end_sessions(served.desk, BOSS, lea, utc_now())
    page.get_by_role("link", name="Orders", exact=True).click()
    page.wait_for_url("**/sign-in?next=**")
    stolen = httpx.get(f"{served.address}/rules", cookies={"desk48_session": held["desk48_session"]})
    assert stolen.status_code == 303


@pytest.mark.parametrize("account", [LEA | {"sub": "another"}, LEA | {"sub": "x", "email_verified": False}])
def test_another_account_with_the_same_address_does_not(window: Window, served: Served, account: Any) -> None:
    page = window()
    served.provider.account = account
    go(page, served)
    page.wait_for_url("**/sign-in?problem=unknown")


def test_a_token_for_somebody_else_does_not(window: Window, served: Served) -> None:
    page = window()
    served.provider.account, served.provider.audience = LEA, "another client"
    try:
        go(page, served)
        page.wait_for_url("**/sign-in?problem=failed")
    finally:
        served.provider.audience = house.CLIENT


def test_a_callback_that_nobody_asked_for_opens_nothing(served: Served) -> None:
    answer = httpx.get(f"{served.address}/oauth2callback?code=abc&state=def")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?problem=failed")
    assert "desk48_session" not in answer.headers.get("set-cookie", "")
