"""Damaged and hostile files: read or refused with a sentence, never anything else, and no row is lost count of."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from core.intake.findings import REFUSALS, Refused
from core.intake.read import Reading, read
from tests.core.intake.files import FORMATS, NOW

SAMPLES = sorted((Path(__file__).parents[3] / "data" / "samples").iterdir())
HOSTILE: Final = (
    b"\0", b"\xff", b"\xe9", b'"', b'""', b"'", b";", b",", b"\t", b"|", b"\r", b"\n", b"\r\n", b"=cmd|' /C calc'!A0",
    b"=1+1", b"@SUM(A1)", b"../../etc/passwd", b"<script>alert(1)</script>", b"%s%n", b"{0}", b"1e308", b"-1", b"NaN",
    "\u202e\u200b\ufeff".encode(), "锟斤拷".encode(), "１２３".encode(), b"2026-13-45", b"99/99/9999", b"00:00",
    b"9" * 400, b"\x1a", b"]]>", b"<!DOCTYPE a>", b"&x;", b"[[[[", b"}}", b"Total", b"PK\x03\x04", b"x" * 70_000,
)  # fmt: skip


def mutated(data: bytes, dice: random.Random) -> bytes:
    """One to four of: cut off, spliced, bytes flipped, pieces swapped, hostile strings put in."""
    for _ in range(dice.randint(1, 4)):
        at, to = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        match dice.randrange(6):
            case 0:
                data = data[:at] + data[to:]
            case 1:
                data = data[:to]
            case 2:
                other = dice.choice(SAMPLES).read_bytes()
                data = data[:at] + other[dice.randrange(len(other)) :][:2000] + data[to:]
            case 3 if data:
                flipped = bytearray(data)
                for _ in range(dice.randint(1, 9)):
                    flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
                data = bytes(flipped)
            case 4:
                half = (at + to) // 2
                data = data[:at] + data[half:to] + data[at:half] + data[to:]
            case _:
                data = data[:at] + dice.choice(HOSTILE) + data[at:]
        if not data:
            return dice.randbytes(dice.randrange(300))
    return data


def taken(name: str, data: bytes) -> None:
    """Read a file, and see that its counts add up."""
    try:
        found = read(name, data, FORMATS, now=NOW, marketplace=None)
    except Refused as told:
        if told.code in REFUSALS and str(told):
            return
        raise
    rows = found.lines if isinstance(found, Reading) else found.rows
    assert found.read == rows.height + found.rejected
    assert found.rejected == found.rejects.height
    assert set(found.findings["code"]).isdisjoint({None})


def tried(seed: int) -> None:
    dice = random.Random(seed)
    path = dice.choice(SAMPLES)
    name = path.name if dice.random() < 0.9 else dice.choice(("a.csv", "a.xlsx", "a.json", "a.xml", "a.txt", "a"))
    data = dice.randbytes(dice.randrange(2000)) if dice.random() < 0.05 else mutated(path.read_bytes(), dice)
    try:
        taken(name, data)
    except Exception as wrong:
        raise AssertionError(f"seed {seed}: {name}") from wrong


def test_some_mutated_samples_are_read_or_refused() -> None:
    for seed in range(300):
        tried(seed)


@pytest.mark.long
def test_twenty_thousand_mutated_samples_are_read_or_refused() -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(tried, range(1_000, 21_000)):
            pass
