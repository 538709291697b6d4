"""500 screens and 20 people on one server: the screens cost no more than one alone, the people hardly notice."""

import asyncio
import statistics
import time
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import screens
from benchmarks.rerun import server

pytestmark = pytest.mark.long

SCREENS, PEOPLE, PHASES, SECONDS, PAUSE = 500, 20, 3, 20.0, 10.0


async def rerun(socket: ClientConnection) -> float:
    """Seconds until the Orders page was run anew for one person."""
    start = time.monotonic()
    ask = BackMsg()
    ask.rerun_script.query_string, ask.rerun_script.page_name = "lang=en", "orders"
    await socket.send(ask.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(await asyncio.wait_for(socket.recv(), 60))  # type: ignore[arg-type]
        if told.WhichOneof("type") == "script_finished":
            return time.monotonic() - start


async def person(port: int, place: int, seconds: float, waits: list[float]) -> None:
    """Somebody who looks at the orders every few seconds."""
    address, origin = f"ws://127.0.0.1:{port}/_stcore/stream", f"http://127.0.0.1:{port}"
    async with connect(address, origin=origin, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[arg-type, list-item]
        turn, end = time.monotonic() + PAUSE * place / PEOPLE, time.monotonic() + seconds
        await rerun(socket)  # the first run of a session is not a rerun
        while turn < end:
            await asyncio.sleep(max(turn - time.monotonic(), 0))
            waits.append(await rerun(socket))
            turn += PAUSE


async def work(port: int, tokens: list[str], waits: list[float]) -> screens.Heard:
    """One phase: the people, and as many screens as there are tokens."""
    people = [person(port, place, SECONDS, waits) for place in range(PEOPLE)]
    watched = screens.poll(port, tokens, screens.EVERY, SECONDS) if tokens else asyncio.sleep(0, screens.Heard())
    heard, *_ = await asyncio.gather(watched, *people)
    return heard


def test_500_screens_and_20_people_on_one_server(tmp_path: Path) -> None:
    tokens = screens.prepare(tmp_path, SCREENS)
    without: list[float] = []
    beside: list[float] = []
    heard = screens.Heard()
    with server(tmp_path, "app.py", freeze=True) as (pid, port):
        asyncio.run(screens.poll(port, tokens, 1.0, 2.0))
        asyncio.run(work(port, [], []))
        idle = screens.idling(pid, 5)
        alone, alone_ms = screens.measure(pid, port, tokens[:1], 0.05, SECONDS, idle)
        many, many_ms = screens.measure(pid, port, tokens, screens.EVERY, SECONDS, idle)
        for _ in range(PHASES):  # in turns, so that what else the computer does falls on both
            asyncio.run(work(port, [], without))
            phase = asyncio.run(work(port, tokens, beside))
            heard.statuses += phase.statuses
    slower = statistics.median(beside) / statistics.median(without)
    print(
        f"\n{SCREENS} screens: {many_ms:.2f} ms processor time a refresh, one alone {alone_ms:.2f} ms"
        f"\n{PEOPLE} people: median rerun {statistics.median(without) * 1000:.0f} ms without the screens,"
        f" {statistics.median(beside) * 1000:.0f} ms with them, {slower:.2f} times"
        f"\n{len(without)} and {len(beside)} reruns, {heard.refreshes} refreshes beside them"
    )
    expected = PHASES * SCREENS * SECONDS / screens.EVERY
    assert set(alone.statuses) | set(many.statuses) | set(heard.statuses) <= {200, 304}
    assert heard.refreshes == expected  # nothing dropped
    assert many.computed - alone.computed <= SECONDS / 10 + 2
    assert many_ms <= alone_ms * 1.1  # a tenth for what the two measurements differ by themselves
    assert slower <= 1.3
