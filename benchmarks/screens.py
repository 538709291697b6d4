"""Processor time of 500 team screens that ask every 5 seconds, against one screen alone; half a core at most.

A real server over the sample month, on loopback. The screens are plain HTTP clients that send the ETag they
have, each over a new connection (a browser's is closed after 5 idle seconds, too). What the server process
used is read from /proc; what it uses idle is measured first and taken off. The figures are worked out once
for all screens, again every ten seconds: that is in the figure.

Run with ``python -m benchmarks.screens``.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.rerun import server, used

SCREENS: Final = 500
EVERY: Final = 5.0
LIMIT: Final = 0.5
"""Of one core."""


@dataclass
class Heard:
    """What the screens were answered: statuses with their count, seconds each answer took, computed: how often
    the server had worked the figures out by then."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    computed: int = 0

    @property
    def refreshes(self) -> int:
        return sum(self.statuses.values())


def prepare(folder: Path, screens_wanted: int) -> list[str]:
    """The sample month, and the tokens of so many screens on it."""
    from core.desk import imports, samples, screens
    from core.desk.base import Person, open_desk, utc_now

    desk, person, now = open_desk(f"sqlite:///{folder}/desk48.db"), Person("benchmark"), utc_now()
    imports.load_samples(desk, person, samples.sample_month(now), now)
    look = screens.Look(refresh_seconds=round(EVERY))
    tokens = [screens.create(desk, person, f"TV {n}", None, look, None, now) for n in range(screens_wanted)]
    desk.engine.dispose()
    return tokens


async def ask(port: int, token: str, tag: str) -> tuple[int, str, int]:
    """One refresh: status, ETag, computed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = ("GET /screen/figures HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}")
    more = (f"If-None-Match: {tag}", "Accept-Encoding: gzip", "Connection: close", "", "")
    writer.write("\r\n".join((*lines, *more)).encode())
    head, _, _ = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in rest)
    return int(first.split()[1]), headers.get("etag", ""), int(headers.get("x-desk48-computed", 0))


async def poll(port: int, tokens: Sequence[str], every: float, seconds: float) -> Heard:
    """One screen a token, spread evenly over the interval; no question begins after ``seconds``."""
    heard, start = Heard(), time.monotonic()

    async def screen(place: int, token: str) -> None:
        tag, turn = "", start + every * place / len(tokens)
        while turn < start + seconds:
            await asyncio.sleep(max(turn - time.monotonic(), 0))
            asked = time.monotonic()
            status, tag, computed = await asyncio.wait_for(ask(port, token, tag), 30)
            heard.seconds.append(time.monotonic() - asked)
            heard.statuses[status] += 1
            heard.computed = max(heard.computed, computed)
            turn += every

    await asyncio.gather(*(screen(place, token) for place, token in enumerate(tokens)))
    return heard


def measure(
    pid: int, port: int, tokens: Sequence[str], every: float, seconds: float, idle: float
) -> tuple[Heard, float]:
    """What was heard, and milliseconds of processor time a refresh beyond what the server uses idle."""
    before, start = used(pid), time.monotonic()
    heard = asyncio.run(poll(port, tokens, every, seconds))
    spent = used(pid) - before - idle * (time.monotonic() - start)
    return heard, spent / heard.refreshes


def idling(pid: int, seconds: float) -> float:
    """Milliseconds of processor time a second while nobody asks."""
    before = used(pid)
    time.sleep(seconds)
    return (used(pid) - before) / seconds


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=30.0, help="of each measurement")
    asked: Any = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        tokens = prepare(Path(name), SCREENS)
        with server(Path(name), "app.py", freeze=True) as (pid, port):
            asyncio.run(poll(port, tokens, 1.0, 2.0))  # everything imported, every connection of the pool made
            idle = idling(pid, 5)
            alone, alone_ms = measure(pid, port, tokens[:1], 0.05, asked.seconds, idle)
            many, many_ms = measure(pid, port, tokens, EVERY, asked.seconds, idle)
    core = many_ms * SCREENS / EVERY / 1000
    for told, heard, cost in (("one screen alone", alone, alone_ms), (f"{SCREENS} screens", many, many_ms)):
        median = statistics.median(heard.seconds) * 1000
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(heard.statuses.items()))
        print(f"{told}: {cost:.2f} ms processor time a refresh, answered in {median:.1f} ms ({answers})")
    print(f"figures worked out {many.computed - alone.computed} times for {many.refreshes} refreshes")
    print(f"{SCREENS} screens every {EVERY:g} s: {core:.0%} of a core (goal < {LIMIT:.0%})", end=" ")
    good = core < LIMIT and set(alone.statuses) | set(many.statuses) <= {200, 304}
    print("ok" if good else "MISSED")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
