"""Orders to ship as the engine judges them: with the base's numbers, the buyer, and what could be taken instead."""

import datetime as dt
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.desk import tracking
from core.desk.base import Desk
from core.policy import carriers as carrier_table
from core.policy import tracking as rules
from core.policy.carriers import Carriers
from core.policy.clocks import INSTANT
from core.policy.tracking_numbers import normalised
from core.policy.words import Marketplace
from core.store import queries
from core.store import shipments as store

KEY: Final = ["shop_id", "order_number"]
OTHER: Final = {Marketplace.CDISCOUNT: "Autre", Marketplace.AMAZON: "Other", Marketplace.ALIEXPRESS: "Other"}
"""The entry of each marketplace's list for a carrier that is not on it; its name goes beside it."""


def judged(desk: Desk, connection: sa.Connection, rows: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """``rows`` of the queue with what ``core.policy.tracking.judge`` adds, and codes (of the reasons, gravest first),
    proposed_tracking_url, meant_carrier (what the shop's own words make of the carrier, null where they say nothing),
    file_carrier and file_carrier_name (what a shipment file says of it)."""
    typed = rows["carrier"]
    rows = rows.with_columns(carrier_table.told(rows, queries.carrier_words(connection)))
    buyers = store.buyers_of_open(connection).select(*KEY, tracking.buyer())
    mine = rows.join(buyers, on=KEY, how="left", maintain_order="left").with_columns(
        value_minor="order_value_minor", ordered_at="created_at", shipped_at=pl.lit(now).cast(INSTANT)
    )
    # Further numbers of an order are judged beside its own, so that each is compared with all others.
    both = pl.concat([mine, _further(mine, store.named_of_open(connection))])
    # The orders at hand are compared with each other; of the base only the others count, and what went out.
    known = tracking.known_numbers(desk, both["tracking_number"], at_hand=rows.select(KEY))
    carriers = tracking.all_carriers()
    found = rules.judge(both, known, carriers, tracking.test_numbers(), desk.values, now).head(mine.height)
    found = found.with_columns(codes=pl.col("reasons").list.eval(pl.element().struct.field("code")))
    found = found.with_columns(*_as_listed(found, carriers), _proposed_url(found, carriers))
    other = found["carrier"].is_not_null() & found["carrier"].ne_missing(typed)
    found = found.with_columns(typed, meant_carrier=pl.when(other).then("carrier"))
    return found.drop("buyer", "value_minor", "ordered_at", "shipped_at")


def _further(rows: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """``rows`` again, once for each other number that the newest file of shipments gives to lines of the order.

    ``named``: store.named_of_open. A file that names a line counts for it until a newer one does, or until a
    newer one speaks of the whole order. Where none of them has the number at hand, somebody mended it since.
    """
    newest = named.filter(pl.col("import_id") == pl.col("import_id").max().over(*KEY, "line_id"))
    whole = pl.col("line_id").is_null()
    of_order = pl.col("import_id").filter(whole).max().over(KEY).fill_null(-1)
    of_lines = pl.col("import_id").filter(~whole).max().over(KEY).fill_null(-1)
    stands = newest.filter(pl.when(whole).then(of_order >= of_lines).otherwise(of_lines >= of_order))
    stands = stands.filter(pl.when(whole).then(True).otherwise(pl.col("import_id") >= of_order))
    given = stands.select(*KEY, other="tracking_number").unique(maintain_order=True)
    met = rows.join(given, on=KEY, maintain_order="left_right").filter(pl.col("tracking_number").is_not_null())
    plain = [normalised(met[name], lambda *_: None).alias(name) for name in ("other", "tracking_number")]
    same = plain[0] == plain[1]
    met = met.with_columns(same=same.fill_null(value=False)).filter(pl.col("same").any().over(KEY) & ~pl.col("same"))
    return met.with_columns(tracking_number="other", tracking_url=pl.lit(None, pl.String)).drop("other", "same")


def names_on_list(rows: pl.DataFrame, carriers: Carriers) -> list[str | None]:
    """The carrier of each row as its marketplace writes it, else as it is known or was typed."""
    labels, names = _as_listed(rows, carriers)
    return [name or label for label, name in zip(labels, names, strict=True)]


def _as_listed(rows: pl.DataFrame, carriers: Carriers) -> list[pl.Series]:
    """The marketplace's own word for the carrier, and its name where that word is "other" (CD-S3)."""
    stated, status, meant = rules.meant_of(rows, carriers)
    # A near name is a proposal, never taken in silence: the file says what was typed.
    meant = meant.zip_with(status != "near", rows["carrier"])
    written = {
        (market, typed, bits): _listed_name(market, typed, bits, carriers)
        for market, typed, bits in zip(rows["marketplace"], rows["carrier"], stated, strict=True)
    }
    labels, names = [], []
    for market, typed, bits, name in zip(rows["marketplace"], rows["carrier"], stated, meant, strict=True):
        label = written[market, typed, bits]
        labels.append(label or (OTHER[Marketplace(market)] if name else None))
        names.append(None if label else name)
    return [pl.Series("file_carrier", labels, pl.String), pl.Series("file_carrier_name", names, pl.String)]


def _listed_name(market: str, typed: str | None, stated: int, carriers: Carriers) -> str | None:
    """The list's spelling: of the same name, else of the first entry that means the same carriers."""
    offered = carriers.listed.get(market, {})
    name = carrier_table.fold(typed or "")
    if name in offered:
        return carriers.shown[name]
    same = [entry for entry, bits in offered.items() if stated and bits == stated]
    return carriers.shown[same[0]] if same else None


def _proposed_url(rows: pl.DataFrame, carriers: Carriers) -> pl.Series:
    """The carrier's own page for the number, where the link at hand is wrong or missing; null elsewhere."""
    stated = rules.meant_of(rows, carriers)[0]
    proposed: list[str | None] = []
    for bits, number, codes in zip(stated, rows["normalised"], rows["codes"], strict=True):
        asked = any(code.startswith("url_") for code in codes)
        pages = [each for each in carriers.members(bits) if each.url and each.number_in_url] if asked and number else []
        proposed.append(pages[0].url_of(number) if len(pages) == 1 else None)
    return pl.Series("proposed_tracking_url", proposed, pl.String)
