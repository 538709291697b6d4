"""Processor time of a warm rerun of the Orders page against a bare page with the same table and chart.

Two real servers: Desk48 over a base of 200 open orders, and a script that draws the ready-made table and
chart (as finished Vega-Lite) of that same page and nothing else. A websocket client asks for reruns one
after the other; what the server process used is read from /proc. Twice: without and with ``gc.freeze()``
after the imports (Streamlit collects garbage fully after every run). The limit holds for the second.
Reruns are counted in five rounds, the servers in turn; medians.

Run with ``python -m benchmarks.rerun``.
"""

import argparse
import asyncio
import datetime as dt
import os
import pickle
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
ORDERS: Final = 200
LIMIT: Final = 1.5
TICKS: Final = os.sysconf("SC_CLK_TCK")
BARE: Final = """
import copy, gc, pickle
from pathlib import Path
import streamlit as st

@st.cache_resource
def ready():
    made = pickle.loads(Path(__file__).with_name("ready.pickle").read_bytes())
    gc.collect()
    gc.freeze()
    return made

table, chart = ready()
st.dataframe(table, key="table", on_select="rerun", selection_mode="multi-row", hide_index=True, height=420)
st.vega_lite_chart(spec=copy.deepcopy(chart), key="chart")
"""


def prepare(folder: Path) -> None:
    """A base of open orders, and beside it the bare page with what the Orders page shows of it."""
    from core.desk import imports, orders, settings
    from core.desk.base import Person, open_desk, utc_now
    from ui import charts, worklist
    from ui.frame import Page
    from ui.text import text

    desk, person, now = open_desk(f"sqlite:///{folder}/desk48.db"), Person("benchmark"), utc_now()
    shop = settings.add_shop(desk, person, "cdiscount", "Maison d'exemple")
    price = "Prix Total (€ TTC) hors frais de traitement"
    rows = [f"Référence commande;Date de commande;Statut commande;SKU;Quantité;{price}"]
    for n in range(ORDERS):
        made = now - dt.timedelta(minutes=13 * n + 30)
        word = "En attente d'acceptation" if n % 4 else "En attente de préparation"
        rows.append(f"2611{n:08d};{made:%Y-%m-%dT%H:%M:%S};{word};SKU{n};1;{n + 5},90")
    data = "\n".join(rows).encode()
    imports.write(desk, person, imports.preview(desk, shop, "open.csv", data, now), now)
    judged = orders.queue(desk, now)
    assert judged.height == ORDERS, judged.height
    page = Page(desk, text("en"), now, person, settings.team(desk))
    chart = charts.deadlines(page, judged).to_dict()
    chart.pop("config")
    ready = (worklist.in_words(page, judged), chart)
    Path(folder, "ready.pickle").write_bytes(pickle.dumps(ready))
    Path(folder, "bare.py").write_text(BARE)
    desk.engine.dispose()


@contextmanager
def server(folder: Path, script: str, freeze: bool) -> Iterator[tuple[int, int]]:
    """``streamlit run`` of a script; gives process id and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keep = "" if freeze else "gc.freeze = lambda: None;"
    code = f"import gc, sys; {keep} from streamlit.web.cli import main; sys.exit(main())"
    said = Path(folder, f"{port}.log")
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "run", script, "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "DESK48_DATABASE_URL": f"sqlite:///{folder}/desk48.db", "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).read()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise RuntimeError(said.read_text()) from None
                time.sleep(0.2)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def used(pid: int) -> float:
    """Processor time of a process so far, in milliseconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


async def rerun(port: int, page: str, pid: int, rounds: int, count: int) -> list[float]:
    """Milliseconds of processor time a rerun of one warm session, one figure a round."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    async with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    ) as socket_:
        shown: set[str] = set()

        async def once() -> None:
            ask = BackMsg()
            ask.rerun_script.query_string = "lang=en" if page else ""
            ask.rerun_script.page_name = page
            await socket_.send(ask.SerializeToString())
            while True:
                told = ForwardMsg()
                told.ParseFromString(await asyncio.wait_for(socket_.recv(), 60))
                if told.WhichOneof("type") == "delta":
                    shown.add(str(told.delta.new_element.WhichOneof("type")))
                if told.WhichOneof("type") == "script_finished":
                    return

        for _ in range(10):
            await once()
        assert {"dataframe", "vega_lite_chart"} <= shown, shown
        found = []
        for _ in range(rounds):
            await asyncio.sleep(0.5)
            before = used(pid)
            for _ in range(count):
                await once()
            await asyncio.sleep(0.5)  # the collection comes after the run
            found.append((used(pid) - before) / count)
        return found


def measure(folder: Path, freeze: bool, rounds: int, count: int) -> tuple[float, float]:
    """Median milliseconds a rerun: Orders page, bare page."""
    with ExitStack() as stack:
        desk = stack.enter_context(server(folder, "app.py", freeze))
        bare = stack.enter_context(server(folder, str(folder / "bare.py"), freeze))
        found: dict[str, list[float]] = {"orders": [], "": []}
        for _ in range(rounds):
            for page, (pid, port) in (("orders", desk), ("", bare)):
                found[page] += asyncio.run(rerun(port, page, pid, 1, count))
    return statistics.median(found["orders"]), statistics.median(found[""])


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--count", type=int, default=20, help="reruns a round")
    asked: Any = options.parse_args()
    ratio = 0.0
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        for freeze in (False, True):
            orders, bare = measure(Path(name), freeze, asked.rounds, asked.count)
            ratio = orders / bare
            told = "with gc.freeze" if freeze else "collection as it is"
            print(f"rerun, {told}: Orders {orders:.0f} ms, bare {bare:.0f} ms, ratio {ratio:.2f}", flush=True)
    print(f"Orders / bare, with gc.freeze: {ratio:.2f} (goal <= {LIMIT}) {'ok' if ratio <= LIMIT else 'MISSED'}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
