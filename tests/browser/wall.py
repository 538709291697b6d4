"""What the tests of the team screen share: a desk with work in it, and the screen as a browser shows it."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from core.desk import imports, screens, settings
from core.desk.base import Desk, Person, open_desk, utc_now
from core.desk.screens import Look
from tests.core.desk.conftest import export

ADMIN: Final = Person("test", "admin")
TO_ACCEPT: Final = "À accepter"
OPEN: Final = '.wall[data-state="open"]'
WALL: Final = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.wall')"
SIZES: Final = f"""() => [...{WALL}.querySelectorAll('*')]
    .filter(node => node.checkVisibility() && [...node.childNodes].some(one => one.nodeType === 3 && one.data))
    .map(node => ({{
        name: node.className, text: node.textContent, pixels: parseFloat(getComputedStyle(node).fontSize),
        box: node.getBoundingClientRect().toJSON(), wide: node.scrollWidth - node.clientWidth,
    }}))"""


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """The base in ``folder``; somebody is always there, so that the bands follow the marketplaces' clocks alone."""
    desk = open_desk(f"sqlite:///{folder}/desk.db")
    team = settings.team(desk)
    if team.version == 0:
        hours = {day: (("00:00", "24:00"),) for day in range(7)}
        settings.save_team(desk, ADMIN, dataclasses.replace(team, hours=hours, country=""))
    yield desk
    desk.engine.dispose()


def add_shop(desk: Desk, name: str, *hours_ago: float, age: float = 0.1) -> int:
    """A Cdiscount shop with orders to accept, made so many hours ago; its file is ``age`` hours old."""
    now, start = utc_now(), f"26{len(name):02}{sum(map(ord, name)):06}"
    shop_id = settings.add_shop(desk, ADMIN, "cdiscount", name)
    orders = [(f"{start}{n:03}", now - dt.timedelta(hours=hours), TO_ACCEPT) for n, hours in enumerate(hours_ago)]
    data = export(*orders, (f"{start}999", now - dt.timedelta(hours=age), "Expédiée"))
    imports.write(desk, ADMIN, imports.preview(desk, shop_id, "export.csv", data, now), now)
    return shop_id


def link(desk: Desk, shops: list[int] | None = None, **look: Any) -> str:
    """A new screen's link, without the server's address; it asks as often as it may."""
    shown = Look(**{"refresh_seconds": 5, "seconds": 5} | look)
    token = screens.create(desk, ADMIN, "TV", shops, shown, None, utc_now())
    return f"/screen?token={token}&embed=true&embed_options=hide_loading_screen"


def look_at(page: Any, url: str, state: str = "open") -> None:
    page.goto(url)
    page.wait_for_selector(f'.wall[data-state="{state}"]')


def counts(page: Any) -> list[str]:
    return [text.strip() for text in page.locator(".wall .bands .count").all_inner_texts()]


def states(page: Any) -> set[str]:
    return {box.get_attribute("data-state") for box in page.locator(".wall .bands .figure").all()}
