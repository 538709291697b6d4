"""Without sign-in: only this computer is served, bare and under a real server; and the health route."""

import asyncio
import base64
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from core.desk import server
from ui.web import accounts
from ui.web.front import Front
from ui.web.gate import Gate

ROOT = Path(__file__).resolve().parents[3]
LOCAL = [(b"host", b"localhost:8501")]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LocalHost:8501", True),
        ("localhost.", True),
        ("127.0.0.1", True),
        ("127.0.0.1:8501", True),
        ("127.8.9.1:1", True),
        ("[::1]", True),
        ("[::1]:8501", True),
        ("[::ffff:127.0.0.1]:80", True),
        ("", False),
        ("::1", False),
        ("[127.0.0.1]", False),
        ("[::1", False),
        ("[::2]:8501", False),
        ("0.0.0.0:8501", False),
        ("192.168.1.5:8501", False),
        ("desk.example", False),
        ("localhost.example", False),
        ("127.0.0.1.nip.io", False),
        ("127.0.0.1@evil.example", False),
        ("evil.example#localhost", False),
        ("localhost:8501:1", False),
        ("localhost:", False),
        ("localhost, evil.example", False),
        (" localhost", False),
        ("2130706433", False),
        ("0177.0.0.1", False),
    ],
)
def test_which_hosts_are_this_computer(host: str, local: bool) -> None:
    assert server.is_loopback_host(host) is local


class Case(NamedTuple):
    """One scope and whether it may pass."""

    name: str
    peer: tuple[str, int] | None
    headers: list[tuple[bytes, bytes]]
    passes: bool


HERE = ("127.0.0.1", 40000)
CASES = [
    Case("plain", HERE, LOCAL, True),
    Case("ipv6", ("::1", 40000), [(b"host", b"[::1]:8501")], True),
    Case("mapped peer", ("::ffff:127.0.0.1", 1), LOCAL, True),
    Case("peer from outside", ("192.168.1.7", 1), LOCAL, False),
    Case("peer unknown", None, LOCAL, False),
    Case("peer without an address", ("testclient", 1), LOCAL, False),
    Case("foreign host", HERE, [(b"host", b"desk.example")], False),
    Case("no host", HERE, [], False),
    Case("two hosts", HERE, LOCAL + LOCAL, False),
    Case("two hosts, one foreign", HERE, [*LOCAL, (b"Host", b"desk.example")], False),
    *(
        Case(name.decode(), HERE, [*LOCAL, (name, b"127.0.0.1")], False)
        for name in (
            b"forwarded",
            b"x-forwarded-for",
            b"X-Forwarded-Host",
            b"x-forwarded-proto",
            b"x-forwarded-anything",
            b"x-real-ip",
            b"via",
            b"CF-Connecting-IP",
            b"True-Client-IP",
            b"x-client-ip",
        )
    ),
]


async def answer(kind: str, case: Case) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the app behind the guard was reached, and what was sent."""
    reached: list[str] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": kind,
        "client": case.peer,
        "headers": case.headers,
        "path": "/",
        "method": "GET",
        "query_string": b"",
    }
    await Gate(app, Front())(scope, receive, send)
    return bool(reached), sent


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gate_lets_only_this_computer_pass(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "sign_in_is_on", lambda: False)
    reached, sent = asyncio.run(answer("http", case))
    assert reached is case.passes
    assert [message.get("status") for message in sent] == ([] if case.passes else [403, None])

    reached, sent = asyncio.run(answer("websocket", case))
    assert reached is case.passes
    assert [message["type"] for message in sent] == ([] if case.passes else ["websocket.close"])


def test_start_and_stop_pass_the_gate() -> None:
    reached, _ = asyncio.run(answer("lifespan", Case("", None, [], True)))
    assert reached


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start(port: int, database: str, *more: str) -> subprocess.Popen[str]:
    """``streamlit run app.py`` as the README says it, on a port of its own; or with another server."""
    command = more or ("streamlit", "run", "app.py", f"--server.port={port}")
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "DESK48_DATABASE_URL": database},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if more else subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "desk.db"


@pytest.fixture(scope="module")
def port(base: Path) -> Iterator[int]:
    """Another ASGI server, bound to every address so that only the gate stands in the way."""
    chosen = free_port()
    process = start(chosen, f"sqlite:///{base}", "uvicorn", "app:app", "--host=0.0.0.0", f"--port={chosen}")
    try:
        for _ in range(300):
            if process.poll() is not None:
                assert process.stdout is not None
                pytest.fail(process.stdout.read())
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", chosen)) == 0:
                    break
            time.sleep(0.1)
        yield chosen
    finally:
        process.terminate()
        process.communicate(timeout=20)


def ask(port: int, head: str, address: str = "127.0.0.1") -> tuple[int, str]:
    """Status and the rest of what a raw request is answered with."""
    with socket.create_connection((address, port), timeout=10) as one:
        one.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        said = b""
        while b"\r\n\r\n" not in said:
            part = one.recv(4096)
            if not part:
                break
            said += part
    first, _, rest = said.decode("latin-1").partition("\r\n")
    return int(first.split()[1]), rest


def websocket(host: str, *more: str) -> str:
    key = base64.b64encode(b"sixteen bytes ..").decode()
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: streamlit",
        *more,
    )
    return "\n".join(lines)


def own_address() -> str | None:
    """An address of this computer that is not loopback; None where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = str(one.getsockname()[0])
    return None if found.startswith("127.") else found


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /_stcore/health HTTP/1.1\nHost: localhost", 200),
        ("GET / HTTP/1.1\nHost: 127.0.0.1", 200),
        ("GET / HTTP/1.1\nHost: desk.example", 403),
        ("GET /_stcore/health HTTP/1.1\nHost: desk.example", 403),
        ("GET /healthz HTTP/1.1\nHost: desk.example", 403),
        ("GET / HTTP/1.1\nHost: localhost\nX-Forwarded-For: 127.0.0.1", 403),
        ("GET / HTTP/1.1\nHost: localhost\nX-Forwarded-For: 8.8.8.8", 403),
        ("GET / HTTP/1.1\nHost: localhost\nForwarded: for=127.0.0.1", 403),
        ("GET / HTTP/1.1\nHost: localhost\nVia: 1.1 proxy", 403),
        ("GET / HTTP/1.0", 403),
        ("GET / HTTP/1.1\nHost: localhost\nHost: desk.example", 403),
    ],
)
def test_a_real_server_refuses_what_is_not_local(port: int, head: str, status: int) -> None:
    found, _ = ask(port, head)
    # A server may already refuse a malformed request by itself.
    assert found == status or (status == 403 and found == 400)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (websocket("localhost"), 101),
        (websocket("desk.example"), 403),
        (websocket("localhost", "X-Forwarded-For: 10.0.0.1"), 403),
        (websocket("localhost", "X-Real-IP: 127.0.0.1"), 403),
        (websocket("desk.example", "Origin: http://desk.example"), 403),
    ],
)
def test_a_real_server_refuses_websockets_that_are_not_local(port: int, head: str, status: int) -> None:
    assert ask(port, head)[0] == status


def test_a_real_server_refuses_a_peer_from_outside(port: int) -> None:
    address = own_address()
    if address is None:
        pytest.skip("this computer has no address but loopback")
    assert ask(port, "GET / HTTP/1.1\nHost: localhost", address)[0] == 403
    assert ask(port, websocket("localhost"), address)[0] == 403


def test_health_says_what_there_is_and_no_secrets(port: int, base: Path) -> None:
    answered = httpx.get(f"http://127.0.0.1:{port}/healthz")
    assert answered.status_code == 200
    said = answered.json()
    assert said.keys() == {"status", "database", "migration", "newest_import_age_seconds"}
    assert (said["status"], said["database"], said["newest_import_age_seconds"]) == ("ok", "sqlite", None)
    with sqlite3.connect(base) as connection:
        assert said["migration"] == connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    assert str(base.parent) not in answered.text


def test_health_is_503_where_the_base_is_gone(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.touch()
    body, status = server.condition(f"sqlite:///{in_the_way}/nowhere.db")
    assert status == 503
    assert body["status"] == "unavailable"
    assert "nowhere" not in json.dumps(body)


def test_a_base_that_cannot_be_opened_ends_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "desk.db"
    broken.write_bytes(b"this is not a database, and long enough to be looked at" * 40)
    process = start(free_port(), f"sqlite:///{broken}")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    lines = [line for line in said.splitlines() if "Desk48 cannot start" in line]
    assert len(lines) == 1
    assert "Traceback" not in said
    assert broken.read_bytes().startswith(b"this is not")


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["--server.address=0.0.0.0"], {}, "python -m core add-admin NAME"),
        (["--server.address=::"], {}, "nobody has to sign in yet"),
        ([], {"DESK48_PUBLIC_URL": "https://desk.example"}, "nobody has to sign in yet"),
        ([], {"DESK48_PUBLIC_URL": "desk.example"}, "is written like https://desk.example.com"),
        ([], {"DESK48_TRUSTED_PROXIES": "10.0.0.1"}, "needs DESK48_PUBLIC_URL"),
    ],
)
def test_a_desk_that_others_would_reach_does_not_start_without_sign_in(
    tmp_path: Path, options: list[str], environment: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    process = start(0, f"sqlite:///{tmp_path}/desk.db", "streamlit", "run", "app.py", "--server.port=0", *options)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert [line for line in told.splitlines() if "Desk48 cannot start" in line and said in line]
    assert "Traceback" not in told
