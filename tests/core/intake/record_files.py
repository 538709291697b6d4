"""Small files of other kinds than orders, as grids of text, and a shop that takes them in."""

import datetime as dt

import polars as pl

from core.intake.classify_records import PARCEL_FIELDS, SOURCES, RecordBase, RecordPlan, base_schema, classify_records
from core.intake.formats import FIELDS_OF, Format, load
from core.intake.grid import Grid
from core.intake.records import RecordReading, read_records
from core.intake.source import no_ragged

FORMATS = load()
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
ORDERS = pl.Schema(
    {"order_number": pl.String(), **dict.fromkeys(PARCEL_FIELDS, pl.String())}
    | {"import_id": pl.Int64(), "held": pl.String(), "digest": pl.Int64()}
)


def grid(form: Format, *rows: dict[str, str]) -> Grid:
    """A grid of these rows: cells by header cell."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    cells = [{f"c{i}": row.get(name) or None for i, name in enumerate(header)} for row in rows]
    frame = pl.DataFrame(cells, schema={f"c{i}": pl.String for i in range(len(header))})
    line = pl.int_range(2, 2 + len(rows), eager=True, dtype=pl.Int64).alias("line")
    return Grid(form, "utf-8", header, frame, line, no_ragged())


def reading(form: str, *rows: dict[str, str], now: dt.datetime = NOW, zone: str = "Europe/Paris") -> RecordReading:
    """What a file of this format says; cells by our field or by its own header cell."""
    return read_records(grid(FORMATS.named(form), *rows), now=now, zone=zone)


def codes(found: RecordReading) -> list[str]:
    return found.findings["code"].to_list()


class Shop:
    """A base in memory: what is kept of each kind, and what its orders say of their parcels."""

    def __init__(self, *order_numbers: str) -> None:
        self.kinds: dict[str, pl.DataFrame] = {}
        self.imports = SOURCES.to_frame()
        self.orders = ORDERS.to_frame()
        for number in order_numbers:
            self.order(number)

    def order(self, number: str, as_of: dt.datetime = NOW - dt.timedelta(days=9), **said: str) -> None:
        """An order as a file of orders brought it at that instant."""
        row = dict.fromkeys(ORDERS) | {"order_number": number, "digest": 1, **said}
        row["import_id"] = self.source(as_of)
        self.orders = pl.concat([self.orders, pl.DataFrame([row], schema=ORDERS)])

    def source(self, as_of: dt.datetime, *, typed: bool = False) -> int:
        """One more import; gives its id."""
        row = (self.imports.height + 1, as_of, typed)
        self.imports = pl.concat([self.imports, pl.DataFrame([row], schema=SOURCES, orient="row")])
        return row[0]

    def plan(self, found: RecordReading, as_of: dt.datetime = NOW) -> RecordPlan:
        """What the file would change."""
        rows = self.kinds.get(found.kind, base_schema(found.kind).to_frame())
        return classify_records(found, RecordBase(rows, self.imports, self.orders), as_of, self.imports.height + 1)

    def take(self, found: RecordReading, as_of: dt.datetime = NOW) -> RecordPlan:
        """Write the file."""
        plan = self.plan(found, as_of)
        self.source(as_of)
        rows = self.kinds.get(found.kind, base_schema(found.kind).to_frame())
        given = plan.rows.select(rows.columns)
        self.kinds[found.kind] = pl.concat([rows.join(given, on="key", how="anti"), given]).sort("key")
        rest = self.orders.join(plan.orders, on="order_number", how="anti")
        self.orders = pl.concat([rest, plan.orders]).sort("order_number")
        return plan

    def facts(self, kind: str) -> list[tuple[object, ...]]:
        """What is kept of a kind, field by field, without who gave it."""
        return self.kinds[kind].select("key", *FIELDS_OF[kind]).sort("key").rows()

    def parcels(self) -> dict[str, tuple[object, ...]]:
        """What each order says of its parcel."""
        return {row[0]: row[1:] for row in self.orders.select("order_number", *PARCEL_FIELDS).iter_rows()}
