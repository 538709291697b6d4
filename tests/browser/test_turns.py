"""Which view of the team screen is shown when: an hour of its turns, second by second, on a clock of the test's own."""

import base64
from typing import Any

import pytest

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
HOUR = """async ([source, others, seconds, overdue]) => {
  const { Turns } = await import("data:text/javascript;base64," + source)
  const turns = new Turns()
  return Array.from({ length: 3600 }, (_, second) => turns.at(second * 1000, others, seconds, overdue(second)))
}"""
SHOPS = [f"shop {number}" for number in range(12)]


def hour(chromium: Any, seconds: int, overdue: str) -> list[str]:
    """The view of each second. ``overdue``: how much is, as a function of the second."""
    source = base64.b64encode((ROOT / "ui" / "wall" / "turns.js").read_bytes()).decode()
    page = chromium.new_page()
    try:
        return list(page.evaluate(HOUR.replace("overdue(second)", f"({overdue})(second)"), [source, SHOPS, seconds, 0]))
    finally:
        page.close()


def longest_without_all(shown: list[str]) -> int:
    longest = away = 0
    for view in shown:
        away = 0 if view == "all" else away + 1
        longest = max(longest, away)
    return longest


@pytest.mark.parametrize("seconds", [5, 20, 45, 59, 60, 300])
def test_what_is_overdue_is_never_out_of_sight_for_more_than_a_minute(chromium: Any, seconds: int) -> None:
    shown = hour(chromium, seconds, "second => 2")
    assert longest_without_all(shown) <= 60
    if seconds < 60:
        assert set(shown) == {"all", *SHOPS}


def test_with_nothing_overdue_each_view_stays_its_time(chromium: Any) -> None:
    shown = hour(chromium, 20, "second => 0")
    assert [shown[at] for at in range(0, 13 * 20, 20)] == ["all", *SHOPS]
    assert shown[13 * 20] == "all"


def test_when_more_becomes_overdue_the_view_of_all_stays_for_a_minute(chromium: Any) -> None:
    shown = hour(chromium, 20, "second => second < 1000 ? 0 : 3")
    assert shown[999] != "all"
    assert set(shown[1000:1060]) == {"all"}
    assert shown[1060] != "all"
