"""Signing in, in a real browser: every page behind the gate, the way in and out, what ends an open page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from core.desk import orders, people, presence, screens, sessions
from core.desk.base import Person, open_desk, utc_now
from tests.browser import wall
from tests.browser.conftest import Window, choose, press, settled, started, visit
from ui.text import LANGUAGES, text

pytestmark = pytest.mark.browser
PASSWORD: Final = "drei alte Pferde ziehen"
PAGES: Final = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "pages").glob("*.py"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed")
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    people.add_admin(desk, "Léa", "", PASSWORD, utc_now())
    desk.engine.dispose()
    return folder


@pytest.fixture(scope="module")
def address(chromium: Any, base: Path) -> Iterator[str]:
    with started(base) as address:
        yield address


def fill_in(page: Any, name: str = "Léa", password: str = PASSWORD) -> None:
    page.locator('[name="name"]').fill(name)
    page.locator('[name="password"]').fill(password)
    page.locator("button").click()


def test_every_page_opened_cold_meets_the_sign_in(window: Window, address: str) -> None:
    page = window()
    heard: list[str] = []
    page.on("websocket", lambda socket: heard.append(socket.url))
    for name in ["", *PAGES]:
        page.goto(f"{address}/{name}?order=C-1")
        page.wait_for_url(f"**/sign-in?next=%2F{name}%3Forder%3DC-1")
        assert page.locator('[name="password"]').count() == 1
        assert page.locator('[data-testid="stApp"]').count() == 0
    assert heard == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_speaks_the_language_and_leads_back(window: Window, address: str, lang: str) -> None:
    words, page = text(lang), window(width=390, height=844)
    page.goto(f"{address}/orders?text=C-1")
    page.get_by_role("link", name=LANGUAGES[lang], exact=True).click()
    assert page.title() == f"{words._('Sign in')} · Desk48"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    fill_in(page, password="wrong")
    assert page.get_by_role("alert").inner_text().startswith(words._(WRONG)[:20])
    fill_in(page)
    page.wait_for_url("**/orders?text=C-1*")
    settled(page)
    assert page.locator('[data-testid="stMain"] h1').inner_text().strip()


WRONG: Final = "That did not work. Check name and password; after several failures, wait some minutes."


def test_signing_out_ends_every_page_of_the_session_and_the_cookie_opens_nothing(window: Window, address: str) -> None:
    page = window()
    page.goto(f"{address}/settings?lang=en")
    fill_in(page)
    settled(page)
    assert "Signed in as Léa." in page.locator('[data-testid="stSidebar"]').inner_text()
    second = page.context.new_page()
    visit(second, f"{address}/rules?lang=en")
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "desk48_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie").find("desk48") == -1

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in?next=**")
    second.get_by_role("link", name="Orders", exact=True).click()
    second.wait_for_url("**/sign-in?next=**")
    stolen = httpx.get(f"{address}/rules", cookies={"desk48_session": cookie["value"]})
    assert stolen.status_code == 303


def test_removing_a_person_ends_their_open_page(window: Window, address: str, base: Path) -> None:
    desk, boss = open_desk(f"sqlite:///{base}/desk.db"), Person("Léa")
    paul = people.add(desk, boss, "Paul", "", {0: "viewer"}, utc_now())
    link = people.make_link(desk, boss, paul, utc_now())
    page = window()
    page.goto(f"{address}/sign-in/password?token={link}&lang=en")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('[name="again"]').fill(PASSWORD)
    page.locator("button").click()
    settled(page)
    assert "Signed in as Paul." in page.locator('[data-testid="stSidebar"]').inner_text()
    version = people.listed(desk, boss).filter(id=paul)["version"].item()
    people.remove(desk, boss, paul, version, utc_now())
    desk.engine.dispose()
    page.get_by_role("link", name="Rules", exact=True).click()
    page.wait_for_url("**/sign-in?next=**")
    assert page.locator('[name="password"]').count() == 1


def test_a_screen_s_link_opens_this_screen_and_nothing_else(window: Window, address: str, base: Path) -> None:
    with wall.desk_in(base) as desk:
        wall.add_shop(desk, "Brico", 47, 30)
        link = wall.link(desk)
    page = window(1920, 1080)
    wall.look_at(page, address + link)
    assert wall.counts(page) == ["0", "1", "1"]
    assert {cookie["name"] for cookie in page.context.cookies()} >= {"desk48_screen"}
    # The page's own websocket asked for another page, as a link inside it would.
    page.evaluate("history.pushState({}, '', '/orders'); dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_url("**/sign-in?next=**")
    token = link.split("token=")[1].split("&")[0]
    for other in ("/", "/orders", f"/orders?token={token}", "/screen", "/screen?token=guess"):
        page.goto(address + other)
        page.wait_for_url("**/sign-in?next=**")
        assert page.locator('[data-testid="stApp"]').count() == 0
    assert page.request.get(f"{address}/screen/figures").status == 403
    with wall.desk_in(base) as desk:
        row = screens.listed(desk, wall.ADMIN).row(-1, named=True)
        screens.revoke(desk, wall.ADMIN, row["id"], row["version"], utc_now())
    page.goto(address + link)
    page.wait_for_url("**/sign-in?next=**")


def test_two_people_on_one_case_see_each_other_and_no_save_is_lost(window: Window, address: str, base: Path) -> None:
    with wall.desk_in(base) as desk:
        shop = wall.add_shop(desk, "Lumina", 20)
        number = orders.queue(desk, utc_now()).filter(shop_id=shop)["order_number"][0]
        paul = people.add(desk, Person("Léa"), "Paula", "", {0: "operator"}, utc_now())
        token = people.make_link(desk, Person("Léa"), paul, utc_now())
        people.use_link(desk, token, PASSWORD, "test", utc_now())
    case, opened = f"/case?order={number}&shop_id={shop}&lang=en", {}
    for name in ("Léa", "Paula"):
        page = opened[name] = window()
        page.clock.install()
        page.goto(address + case)
        fill_in(page, name)
        settled(page)
    opened["Paula"].get_by_text("Léa is on this case since").wait_for()
    opened["Léa"].clock.fast_forward(int(presence.BEAT.total_seconds() * 1000))
    opened["Léa"].get_by_text("Paula is on this case since").wait_for()

    for name, mode in (("Paula", "pick-up point"), ("Léa", "express")):
        page = opened[name]
        page.get_by_text("Type what no file said").click()
        choose(page, "Delivery mode", mode)
        press(page, "Record")
    said = "changed meanwhile and stays as it is. You typed: express. It now says: pick-up point."
    opened["Léa"].get_by_text(said).wait_for()
    with wall.desk_in(base) as desk:
        assert orders.queue(desk, utc_now()).filter(order_number=number)["delivery_mode"].to_list() == ["relay"]


def test_sign_in_begins_while_the_desk_is_open(window: Window, tmp_path: Path, chromium: Any) -> None:
    """The first admin is made while somebody works: their page ends with the next step."""
    page = window()
    with started(tmp_path) as address:
        visit(page, f"{address}/rules?lang=en")
        assert "No sign-in: one local user." in page.locator('[data-testid="stSidebar"]').inner_text()
        desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
        people.add_admin(desk, "Léa", "", PASSWORD, utc_now())
        assert sessions.needed(desk)
        desk.engine.dispose()
        page.get_by_role("link", name="Orders", exact=True).click()
        page.wait_for_url("**/sign-in?next=**")
        assert re.search("next=%2Forders", page.url)
        page.context.close()
