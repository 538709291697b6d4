"""A day on the wall in minutes: every refresh of 24 hours, and the memory of browser and server stays flat."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser import wall
from tests.browser.conftest import Window, started
from tests.browser.wall import WALL

pytestmark = [pytest.mark.browser, pytest.mark.long]

EVERY, HOURS = 60, 24
REFRESHES = HOURS * 3600 // EVERY
WARM = REFRESHES // 6
"""Refreshes after which everything has been loaded once; growth is counted from there."""
MEGABYTE = 1024 * 1024


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * 4096


def server_of(address: str) -> int:
    """The process that serves an address of :func:`started`."""
    port = address.rsplit(":", 1)[1].encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"streamlit" in words and port in words:
            return int(path.parent.name)
    raise LookupError(address)


def held(page: Any) -> tuple[int, int]:
    """Bytes of the page's heap after a collection, and nodes of its document."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    nodes = session.send("Memory.getDOMCounters")["nodes"]
    session.detach()
    return int(heap), int(nodes)


def test_a_day_of_refreshes_leaves_the_memory_flat(window: Window, chromium: Any, tmp_path: Path) -> None:
    with wall.desk_in(tmp_path) as base:
        for number in range(6):
            wall.add_shop(base, f"Shop {number}", *(range(3, 47, 4)))
        url = wall.link(base, refresh_seconds=EVERY, seconds=30)
    page = window(1920, 1080)
    page.clock.install()
    answered: list[int] = []
    page.on("response", lambda answer: answered.append(answer.status) if "/screen/figures" in answer.url else None)
    with started(tmp_path) as address:
        pid = server_of(address)
        wall.look_at(page, address + url)
        before: tuple[int, int, int] | None = None
        while len(answered) < REFRESHES:
            asked, tries = len(answered), 0
            while len(answered) == asked:
                tries += 1
                assert tries < 100, f"no more refreshes after {asked}"
                page.clock.run_for(EVERY * 1100)  # as far as the jitter can move the next question
                for _ in range(20):
                    if len(answered) > asked:
                        break
                    page.wait_for_timeout(10)
            if before is None and len(answered) >= WARM:
                before = *held(page), resident(pid)
        heap, nodes = held(page)
        memory = resident(pid)
        assert before is not None
        print(
            f"\n{len(answered)} refreshes: heap {before[0] / MEGABYTE:.1f} -> {heap / MEGABYTE:.1f} MB,"
            f" nodes {before[1]} -> {nodes}, server {before[2] / MEGABYTE:.0f} -> {memory / MEGABYTE:.0f} MB"
        )
        assert set(answered) <= {200, 304}
        assert nodes <= before[1] * 1.05
        assert heap <= before[0] + MEGABYTE
        assert memory <= before[2] + 12 * MEGABYTE
        assert page.evaluate(f"{WALL}.dataset.state") == "open"
