"""A desk of its own for every test, and files as the back office writes them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import argon2
import pytest

from core.desk import passwords
from core.desk.base import Desk, Person, open_desk
from tests.bases import sqlite_base

PARIS: Final = ZoneInfo("Europe/Paris")
NOON: Final = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.UTC)
"""A Wednesday, 12:00 in Paris."""
HEADER: Final = (
    "Référence commande;Date de commande;Statut commande;SKU Cdiscount;Quantité;"
    "Prix Total (€ TTC) hors frais de traitement;Montant Frais de livraison (€ TTC)"
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(sqlite_base(tmp_path / "desk.db"))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def any_desk(ready_url: str) -> Iterator[Desk]:
    """A desk on each kind of database in turn, for what the database has a part in."""
    opened = open_desk(ready_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def somebody() -> Person:
    return Person("Léa", "operator")


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Password hashes that cost nothing."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODYS", hasher.hash("what nobody has as a password"))


def export(*orders: tuple[str, dt.datetime, str], price: str = "10,00") -> bytes:
    """A Cdiscount order export with one line an order: (number, created, state word)."""
    rows = [
        f"{number};{created.astimezone(PARIS):%d/%m/%Y %H:%M:%S};{state};SKU-{number};1;{price};2,50"
        for number, created, state in orders
    ]
    return "\r\n".join(["Rapport des commandes", "", HEADER, *rows, ""]).encode("cp1252")
