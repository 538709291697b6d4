"""A file of return requests judged without being imported: the orders of the base beside it, where a shop is named."""

import datetime as dt
from dataclasses import replace
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.desk import imports, return_cases, returns, settings
from core.desk.base import Desk
from core.intake.findings import Refused
from core.intake.grid import source
from core.intake.records import read_records
from core.policy.clocks import INSTANT
from core.policy.returns.frames import Option
from core.store import returns as store

OPTIONS: Final = tuple(str(option) for option in Option)
NO_SHOP: Final = 0
"""The id of no shop: no values or rules of its own, no orders."""


def judged(
    desk: Desk, marketplace: str, shop: str | None, name: str, data: bytes, now: dt.datetime
) -> tuple[pl.DataFrame, int]:
    """The requests of a file as ``returns.judge`` gives them, most urgent first, and how many rows were rejected.

    Raises ``ValueError`` for a file that is none of return requests, or an unknown shop.
    """
    known = settings.shops(desk).filter(name=shop, marketplace=marketplace) if shop else settings.shops(desk).clear()
    if shop and known.is_empty():
        raise ValueError(f"no {marketplace} shop is called {shop!r}")
    zone = known["zone"][0] if known.height else "Europe/Paris"
    try:
        file = source(name, data, imports.known_formats())
    except Refused as why:
        raise ValueError(str(why)) from why
    if file.format.kind != "returns":
        raise ValueError(f"{name} holds no return requests but {file.format.kind}")
    read = read_records(file.all(), now=now, zone=zone)
    own = file.format.marketplace or marketplace
    shop_id = int(known["id"][0]) if known.height else NO_SHOP
    numbers = read.rows["order_number"]
    with desk.reading() as connection:
        schema = store.nothing().schema
        orders = store.orders_of(connection, shop_id, numbers)
        rows = read.rows.with_columns(
            shop_id=pl.lit(shop_id, pl.Int64), marketplace=pl.lit(str(own)), shop=pl.lit(shop or ""),
            zone=pl.lit(zone), as_of=pl.lit(now).cast(INSTANT),
        ).join(orders, on="order_number", how="left", maintain_order="left")  # fmt: skip
        absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in rows.columns]
        rows = rows.with_columns(absent).select(schema.names()).cast(schema)
        rows = rows.unique("key", keep="last", maintain_order=True)
        known_around = return_cases.about(connection, rows, sa.false())
        around = replace(known_around, lines=store.lines_of(connection, shop_id, numbers))
        return returns.judge(desk, return_cases.assembled(rows, around), connection, now), read.rejected
