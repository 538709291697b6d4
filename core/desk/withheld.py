"""Orders whose personal data was wiped: a file that still names their buyers does not bring them back."""

from dataclasses import replace
from typing import Final

import polars as pl
import sqlalchemy as sa

from core.intake.findings import Book
from core.intake.formats import BUYER_FIELDS
from core.intake.read import Reading
from core.intake.records import KINDS, RecordReading
from core.policy.personal import WORDS, bare_link, known_words
from core.store import personal

CODE: Final = "buyer_wiped"
_BEGAN: Final = {"returns": "requested_at", "inquiries": "created_at", "disputes": "created_at"}
"""When what a record's texts are about began: what began after the wipe is new, and comes in."""


def withhold(
    connection: sa.Connection, shop_id: int, read: Reading | RecordReading
) -> tuple[Reading | RecordReading, pl.Series]:
    """The reading without what was wiped, with a finding for each order of which something is kept out; and the
    wiped orders that it names. Doing it twice changes nothing more."""
    named = read.rows if isinstance(read, RecordReading) else read.orders
    wiped = personal.wiped(connection, shop_id, named["order_number"])
    if wiped.is_empty():
        return read, wiped["order_number"]
    said = _without_texts(read, wiped) if isinstance(read, RecordReading) else _without_buyers(read, wiped)
    return said, wiped["order_number"]


def _without_buyers(read: Reading, wiped: pl.DataFrame) -> Reading:
    gone = pl.col("order_number").is_in(wiped["order_number"].implode())
    named = read.buyers.filter(gone, pl.any_horizontal(pl.col(BUYER_FIELDS).is_not_null()))
    lines = read.orders.join(named.select("order_number"), on="order_number", how="semi", maintain_order="left")
    buyers = read.buyers.with_columns(pl.when(~gone).then(pl.col(BUYER_FIELDS)))
    # The number that stands for all that the file says of an order is made of the buyer too.
    orders = _bare(read.orders, "order_number", gone).with_columns(digest=pl.when(~gone).then("digest"))
    return replace(read, buyers=buyers, orders=orders, findings=_findings(read.findings, gone, lines))


def _without_texts(read: RecordReading, wiped: pl.DataFrame) -> RecordReading:
    rows = read.rows.join(wiped, on="order_number", how="left", maintain_order="left")
    gone = pl.col("order_number").is_in(wiped["order_number"].implode())
    old, personal = pl.lit(value=False), _personal(read)
    if personal:
        began = pl.col(_BEGAN[read.kind])
        old = pl.col("at").is_not_null() & (began.is_null() | (began <= pl.col("at")))
    lines = rows.filter(old, pl.any_horizontal(pl.lit(value=False), *personal.values()))
    rows = rows.with_columns(pl.when(~(old & said)).then(name).alias(name) for name, said in personal.items())
    rows = rows.drop("at")
    if read.kind == "shipments":
        rows = _bare(rows, "key", gone)
    return replace(read, rows=rows, findings=_findings(read.findings, gone, lines))


def _personal(read: RecordReading) -> dict[str, pl.Expr]:
    """The fields of a record that may say more than figures do, each with whether a row's cell does: texts always,
    words that no table knows."""
    found = {name: pl.col(name).is_not_null() for name in KINDS[read.kind].texts}
    for name in WORDS.get(read.kind, ()):
        known = known_words(read.kind, name, read.rows[name].unique().drop_nulls())
        found[name] = pl.col(name).is_not_null() & ~pl.col(name).is_in(known)
    return found


def _bare(rows: pl.DataFrame, key: str, gone: pl.Expr) -> pl.DataFrame:
    """The rows with links of wiped orders that say no more than where the parcel is."""
    linked = rows.filter(gone, pl.col("tracking_url").is_not_null()).select(key, "tracking_url", "tracking_number")
    bare = {name: bare_link(url, number) for name, url, number in linked.iter_rows()}
    if not bare:
        return rows
    return rows.with_columns(tracking_url=pl.col(key).replace_strict(bare, default=pl.col("tracking_url")))


def _findings(said: pl.DataFrame, gone: pl.Expr, lines: pl.DataFrame) -> pl.DataFrame:
    """The findings without cells of wiped orders, and one for each row of which something is kept out."""
    book = Book()
    book.add(CODE, None, lines.select("line", "order_number", value=pl.lit(None, pl.String)))
    cell = pl.when(gone.fill_null(value=False) & pl.col("value").is_not_null()).then(pl.lit(personal.MASK))
    masked = said.with_columns(value=cell.otherwise("value"))
    return pl.concat([masked, book.frame()]).sort("line", maintain_order=True, nulls_last=False)
