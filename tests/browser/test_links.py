"""Every page opened cold by its link: the shell stands around it, in the link's language, at any width."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from core.desk import imports, orders, samples
from core.desk.base import Person, open_desk, utc_now
from tests.browser.conftest import TABLE, WAIT, Window, settled, started, visit
from ui.text import LANGUAGES, text

pytestmark = pytest.mark.browser

# The shell is a script: importing it would run it, so its registry is repeated here.
TITLES: Final = {
    **{"today": "Today", "orders": "Orders", "tracking": "Tracking", "returns": "Returns", "imports": "Imports"},
    **{"rules": "Rules", "record": "The record", "settings": "Settings", "case": "Case"},
}
FOUND_BY_LINK: Final = {"case"}
WIDE: Final = (1280, 800)
NARROW: Final = (390, 844)


@pytest.fixture(scope="module")
def full(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A desk with the sample month; its address and the link to the case of its most urgent order."""
    folder = tmp_path_factory.mktemp("full")
    desk, now = open_desk(f"sqlite:///{folder}/desk.db"), utc_now()
    imports.load_samples(desk, Person("test"), samples.sample_month(now), now)
    first = orders.queue(desk, now).row(0, named=True)
    desk.engine.dispose()
    with started(folder) as address:
        yield address, f"/case?order={first['order_number']}&shop_id={first['shop_id']}"


def links(case: str) -> dict[str, str]:
    """The page's name and how it is reached."""
    return {name: f"/{name}" for name in TITLES} | {"today": "/", "case": case}


def with_lang(link: str, lang: str) -> str:
    return f"{link}{'&' if '?' in link else '?'}lang={lang}"


def navigation(page: Any) -> list[str]:
    return [item.strip() for item in page.locator('[data-testid="stSidebarNavLink"]').all_inner_texts()]


def open_sidebar(page: Any) -> None:
    """On a narrow screen the navigation waits behind a button."""
    button = page.locator('[data-testid="stExpandSidebarButton"]')
    if button.is_visible():
        button.click()
        page.locator('[data-testid="stSidebarNavLink"]').first.wait_for(state="visible")


def said(names: list[str]) -> list[str]:
    """What is left of the navigation's entries without the words that draw their icons."""
    return [name.splitlines()[-1] for name in names]


@pytest.fixture(scope="module")
def cold(full: tuple[str, str], all_windows: Window) -> dict[str, Any]:
    """Every page opened by its link in Chinese, each in a tab and a session of its own; all load side by side."""
    address, case = full
    first = all_windows(*WIDE, locale="de-DE")
    opened = {name: first.context.new_page() for name in TITLES}
    for name, link in links(case).items():
        opened[name].set_default_timeout(WAIT)
        opened[name].goto(address + with_lang(link, "zh_CN"), wait_until="commit")
    for page in opened.values():
        settled(page)
    return opened


def looks_right(page: Any, name: str, lang: str) -> None:
    """The page has its title and nothing English left over, and is no wider than the screen."""
    words = text(lang)
    english = {title for title in TITLES.values() if words._(title) != title} if lang != "en" else set()
    assert page.title() == f"{words._(TITLES[name])} · Desk48"
    assert f"lang={lang}" in page.url
    assert page.locator('[data-testid="stMain"] h1').inner_text().strip() == words._(TITLES[name])
    assert english.isdisjoint(page.locator('[data-testid="stMain"] :is(h1, h2, h3)').all_inner_texts())
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the screen"


@pytest.mark.parametrize("name", TITLES)
def test_a_page_opened_cold_meets_the_shell_and_fits_a_phone_too(cold: dict[str, Any], name: str) -> None:
    page, words = cold[name], text("zh_CN")
    entries = [words._(title) for name, title in TITLES.items() if name not in FOUND_BY_LINK]
    for size in (WIDE, NARROW):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(300)  # it is drawn anew
        looks_right(page, name, "zh_CN")
        open_sidebar(page)
        assert said(navigation(page)) == entries


def test_no_table_offers_a_download_that_is_not_ours(cold: dict[str, Any]) -> None:
    seen = 0
    for page in cold.values():
        tools = page.locator(f'{TABLE} [data-testid="stElementToolbar"] button')
        names = [tool.get_attribute("aria-label") or "" for tool in tools.all()]
        assert [name for name in names if "download" in name.lower() or "csv" in name.lower()] == []
        seen += len(names)
    assert seen  # else the toolbar was not looked at


def test_the_first_page_of_a_new_server_meets_the_shell_too(
    window: Window, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Streamlit would find the files of ``pages/`` by itself until some session has run the shell."""
    page = window(locale="fr-FR")
    with started(tmp_path_factory.mktemp("cold")) as address:
        visit(page, f"{address}/rules")
        assert page.locator('[data-testid="stMain"] h1').inner_text().strip() == text("fr")._("Rules")
        assert "lang=fr" in page.url
        assert text("fr")._("Settings") in said(navigation(page))
        page.context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_language_stays_in_the_link_from_page_to_page(window: Window, full: tuple[str, str], lang: str) -> None:
    address, case = full
    words = text(lang)
    page = window(locale="de-DE")
    visit(page, address + with_lang(case, lang))
    for name, title in TITLES.items():
        if name in FOUND_BY_LINK:
            continue
        page.get_by_role("link", name=words._(title), exact=True).click()
        page.get_by_role("heading", level=1, name=words._(title), exact=True).wait_for()
        settled(page)
        page.wait_for_url(f"**lang={lang}**")
        assert "order=" not in page.url
        looks_right(page, name, lang)


def test_the_browser_chooses_where_the_link_does_not(window: Window, full: tuple[str, str]) -> None:
    opened = {lang: window(locale=locale) for locale, lang in (("fr-FR", "fr"), ("zh-CN", "zh_CN"), ("de-DE", "en"))}
    for page in opened.values():
        page.goto(f"{full[0]}/orders", wait_until="commit")
    for lang, page in opened.items():
        settled(page)
        page.wait_for_url(f"**lang={lang}**")
        assert page.locator('[data-testid="stMain"] h1').inner_text().strip() == text(lang)._("Orders")


def test_filters_come_with_the_link_and_go_back_into_it(window: Window, full: tuple[str, str]) -> None:
    page = window()
    visit(page, f"{full[0]}/orders?lang=fr&band=now&shop=Lumina+Maison")
    assert "band=now" in page.url
    assert "shop=Lumina" in page.url
    page.locator('[data-testid="stMultiSelect"]', has_text="Lumina Maison").wait_for()
    page.get_by_role("textbox", name=text("fr")._("Text"), exact=True).fill("no such order")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=no**")
    assert "band=now" in page.url
