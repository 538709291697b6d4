"""A desk of its own that is really started, and a real Chromium to look at it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
READY: Final = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TABLE: Final = '[data-testid="stDataFrame"]'
WAIT: Final = 30_000
"""Milliseconds: a first look imports a lot, and other tests may run beside this one."""


def absent(why: str) -> None:
    """Without a browser there is nothing to see; where all checks run, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def started(folder: Path, *options: str, port: int | None = None, root: Path = ROOT) -> Iterator[str]:
    """``streamlit run app.py`` of the program in ``root``, on a base in ``folder`` and a free port (or on the one
    that another server left); gives its address."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"DESK48_DATABASE_URL": f"sqlite:///{folder}/desk.db"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), *options]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(address, server, folder / "server.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the tests of a file. No longer: it keeps an event loop running, which other tests need."""
    if not CHROMIUM.exists():
        absent(f"no browser: {CHROMIUM} is not there")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        absent(f"no browser: {error}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty desk for the tests of the first day."""
    with started(tmp_path_factory.mktemp("desk")) as address:
        yield address


Window = Callable[..., Any]


@pytest.fixture
def window(chromium: Any) -> Iterator[Window]:
    """Opens browser windows; when the test ends, none may have asked anything outside this computer, nor tried
    what the content security policy forbids."""
    with opening(chromium) as open_window:
        yield open_window


@pytest.fixture(scope="module")
def all_windows(chromium: Any) -> Iterator[Window]:
    """The same for windows that all tests of a file look at."""
    with opening(chromium) as open_window:
        yield open_window


@contextmanager
def opening(chromium: Any) -> Iterator[Window]:
    asked: list[str] = []
    violations: list[str] = []

    def listen(message: Any) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    with ExitStack() as stack:

        def open_window(width: int = 1280, height: int = 800, locale: str = "en-GB") -> Any:
            context = chromium.new_context(
                viewport={"width": width, "height": height}, locale=locale, timezone_id="Asia/Shanghai"
            )
            stack.callback(context.close)
            context.on("console", listen)
            context.on("request", lambda request: asked.append(request.url))
            context.on("page", lambda page: page.on("websocket", lambda socket: asked.append(socket.url)))
            page = context.new_page()
            page.set_default_timeout(WAIT)
            return page

        yield open_window
    outside = [
        url
        for url, parts in ((url, urlsplit(url)) for url in asked)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1"
    ]
    assert asked
    assert outside == []
    assert violations == []


def settled(page: Any) -> None:
    """Wait until the page has been run and drawn, and see that nothing on it failed."""
    page.wait_for_selector(READY)
    page.wait_for_timeout(150)  # a step taken just now may only be starting
    page.wait_for_selector(READY)
    page.wait_for_selector('[data-testid="stMain"] h1')
    assert page.locator('[data-testid="stException"]').count() == 0


def visit(page: Any, url: str) -> None:
    page.goto(url)
    settled(page)


def shown(page: Any) -> str:
    """All text of the page's own part."""
    return str(page.locator('[data-testid="stMain"]').inner_text())


def table(page: Any, name: str) -> Any:
    """A table by its screen-reader name."""
    found = page.locator(TABLE).filter(has=page.locator(f'[aria-label="{name}"]'))
    return found.first


def rows(grid: Any) -> list[dict[str, str]]:
    """The rows of a table as assistive technology reads them: the columns that are drawn, by title."""
    grid.scroll_into_view_if_needed()
    grid.locator('[role="grid"] [role="columnheader"]').first.wait_for(state="attached")
    read = grid.evaluate(
        """grid => {
            const texts = (row, role) => [...row.querySelectorAll(`[role="${role}"]`)]
                .map(cell => [cell.getAttribute("aria-colindex"), cell.textContent.trim()]);
            const rows = [...grid.querySelectorAll('[role="grid"] [role="row"]')];
            return rows.map(row => [texts(row, "columnheader"), texts(row, "gridcell")]);
        }"""
    )
    titles = dict(read[0][0])
    return [{titles[place]: text for place, text in cells if titles.get(place)} for _, cells in read if cells]


def tick(grid: Any, row: int) -> None:
    """Choose a row by a click on its box; rows are counted from 0, all of one height."""
    canvas = grid.locator('canvas[data-testid="data-grid-canvas"]')
    canvas.evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    grid.page.wait_for_timeout(150)
    box, height = canvas.bounding_box(), 35
    grid.page.mouse.click(box["x"] + 16, box["y"] + height * (row + 1.5))


def choose(page: Any, label: str, option: str) -> None:
    """Choose an option of a box by its label."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()
    settled(page)


def press(page: Any, name: str) -> None:
    """Press a button, and wait for what comes of it."""
    page.get_by_role("button", name=name).click()
    settled(page)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
