"""How much slower 20 people's reruns get beside 500 team screens on one server; at most 1.3 times.

One server over the sample month, on loopback: the people are websocket clients that look at the orders every ten
seconds, the screens plain HTTP clients that ask every five. The people alone and beside the screens take turns.
The clients share the computer with the server, so on two cores their own work is in the figure.

Run with ``python -m benchmarks.screens_people``.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import screens
from benchmarks.rerun import server

SCREENS, PEOPLE, PHASES, SECONDS, PAUSE = 500, 20, 3, 20.0, 10.0
LIMIT = 1.3


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


def main() -> int:
    without: list[float] = []
    beside: list[float] = []
    heard = screens.Heard()
    with tempfile.TemporaryDirectory() as name:
        tokens = screens.prepare(Path(name), SCREENS)
        with server(Path(name), "app.py", freeze=True) as (_, port):
            asyncio.run(screens.poll(port, tokens, 1.0, 2.0))
            asyncio.run(work(port, [], []))
            for _ in range(PHASES):
                asyncio.run(work(port, [], without))
                phase = asyncio.run(work(port, tokens, beside))
                heard.statuses += phase.statuses
    slower = statistics.median(beside) / statistics.median(without)
    expected = round(PHASES * SCREENS * SECONDS / screens.EVERY)
    print(
        f"{PEOPLE} people: median rerun {statistics.median(without) * 1000:.0f} ms without the screens, "
        f"{statistics.median(beside) * 1000:.0f} ms with them ({len(without)} and {len(beside)} reruns)"
    )
    print(f"{heard.refreshes} of {expected} refreshes answered beside them ({dict(heard.statuses)})")
    good = slower <= LIMIT and heard.refreshes == expected and set(heard.statuses) <= {200, 304}
    print(f"{slower:.2f} times slower (goal <= {LIMIT})", "ok" if good else "MISSED")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
