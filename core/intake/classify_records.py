"""What the records of a file change in the base: one flat rule for every kind.

Newest as-of wins per field; at the same as-of the incoming file wins. A blank never overwrites. ``held``
names the fields that another import gave than the record's own ("carrier:3 tracking_number:7"), so that each
field keeps its own as-of, as in the table of orders.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.intake.classify import CHANGES
from core.intake.formats import FIELDS_OF
from core.intake.records import INSTANT, TYPED, RecordReading, dtype

PARCEL_FIELDS: Final = ("carrier", "tracking_number", "tracking_url")
"""What a shipment tells of its order."""
SOURCES: Final = pl.Schema({"id": pl.Int64(), "seen_as_of": INSTANT, "typed": pl.Boolean()})
"""Imports of a shop; ``typed``: a person said it, and no file overwrites it."""
_FAR: Final = dt.timedelta(days=365_000)  # what people typed counts as that much younger than any file
_OWNED: Final = pl.Schema({"import_id": pl.Int64(), "held": pl.String()})
_HELD: Final = pl.Schema({"field": pl.String(), "held_by": pl.Int64(), "held_at": INSTANT, "typed": pl.Boolean()})
_COUNTS: Final = ("new", "changed", "unchanged", "older")


def base_schema(kind: str) -> pl.Schema:
    """The columns of what the base holds of a kind: key, fields, import_id, held."""
    fields = {name: dtype(name) for name in FIELDS_OF[kind]}
    return pl.Schema({"key": pl.String(), **fields, **_OWNED})


@dataclass(frozen=True)
class RecordBase:
    """What the store knows of a reading: its ``rows`` by key (:func:`base_schema`), all ``imports`` of the shop
    (:data:`SOURCES`), and the ``orders`` that the reading names: order_number, the fields of a parcel,
    import_id, held, digest, and whatever else is written back with them."""

    rows: pl.DataFrame
    imports: pl.DataFrame
    orders: pl.DataFrame


@dataclass(frozen=True)
class RecordPlan:
    """Counts are rows of the file: read = new + changed + unchanged + older + rejected. ``rows`` and ``orders``
    are to be upserted. ``changes`` calls a record by its order where it has one, else by its key; ``parcels`` are
    those of them that stand in the orders themselves;
    ``strangers``: line, value and order_number of the rows whose order the base does not know."""

    kind: str
    read: int
    new: int
    changed: int
    unchanged: int
    older: int
    rejected: int
    changes: pl.DataFrame
    rows: pl.DataFrame
    orders: pl.DataFrame
    parcels: pl.DataFrame
    strangers: pl.DataFrame


def classify_records(reading: RecordReading, base: RecordBase, as_of: dt.datetime, import_id: int) -> RecordPlan:
    """What to write of a reading."""
    fields = FIELDS_OF[reading.kind]
    typed = reading.format == TYPED
    now = as_of + _FAR if typed else as_of
    file = _one_a_key(reading.rows, fields)
    both = _beside(file, base.rows, fields, base.imports).with_columns(
        # Column first: Polars 2.1 fails on "literal >= column" where a join gave the column one value.
        after=pl.when((pl.col("owner_at") <= now) | pl.col("owner").is_null()).then(import_id).otherwise("owner")
    )
    ours = {"by": pl.lit(import_id, pl.Int64), "at": pl.lit(now, INSTANT)}
    said = {name: file.select("key", new=name, **ours) for name in fields}
    found = _merge(both, said, base.imports, "key")
    verdicts = _verdicts(both, found.changes)
    rows = found.rows.join(both.select("key", "owner", import_id="after"), on="key", how="left", maintain_order="left")
    counted = verdicts.join(file.select("key", "rows"), on="key").group_by("verdict").agg(pl.col("rows").sum())
    written = pl.col("verdict").is_in(["new", "changed"]) | (pl.col("import_id") != pl.col("owner"))
    given = rows.join(verdicts, on="key", how="left", maintain_order="left").filter(written)
    given = given.select("key", *fields, "import_id", "held", digest=_digest(fields))
    name = pl.coalesce("order_number", "key") if "order_number" in fields else pl.col("key")
    known = rows.filter(pl.col("owner").is_not_null())
    changes = _shown(found.changes, known.select("key", order=name))
    orders, moved = base.orders.clear(), pl.DataFrame(schema=CHANGES)
    if reading.kind == "shipments":
        this = pl.DataFrame([(import_id, as_of, typed)], schema=SOURCES, orient="row")
        orders, moved = with_parcels(base.orders, given, pl.concat([base.imports, this]))
    return RecordPlan(
        kind=reading.kind,
        read=reading.read,
        rejected=reading.rejected,
        **(dict.fromkeys(_COUNTS, 0) | {str(word): int(rows) for word, rows in counted.iter_rows()}),
        changes=pl.concat([changes, moved]),
        rows=given,
        orders=orders,
        parcels=moved,
        strangers=_strangers(reading, base.orders),
    )


def with_parcels(
    orders: pl.DataFrame, shipments: pl.DataFrame, imports: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those of ``orders`` that shipments tell something, and the changes. An order keeps its own import and
    notes in ``held`` whose the fields of its parcel are; of several parcels the one shipped last speaks.

    Their digest goes, so that the next file of orders is compared field by field.
    """
    mine = shipments.join(orders.select("order_number"), on="order_number", how="semi")
    held = _held(mine, imports, "key")
    owner = mine.join(_ages(imports).rename({"by": "import_id", "at": "owner_at"}), on="import_id", how="left")
    said = {}
    for name in PARCEL_FIELDS:
        by = held.filter(field=name).drop("field")
        givers = owner.join(by, on="key", how="left").select(
            "order_number", "shipped_at", "key", new=name,
            by=pl.coalesce("held_by", "import_id"), at=pl.coalesce("held_at", "owner_at"),
        )  # fmt: skip
        newest = givers.filter(pl.col("new").is_not_null()).sort("at", "shipped_at", "key", nulls_last=False)
        said[name] = newest.group_by("order_number").agg(pl.col("new", "by", "at").last())
    ages = _ages(imports).rename({"by": "owner", "at": "owner_at"})
    both = orders.rename({"import_id": "owner"}).with_columns(after="owner")
    both = both.join(ages, on="owner", how="left", maintain_order="left")
    found = _merge(both, said, imports, "order_number")
    moved = found.rows.join(orders.select("order_number", was="held"), on="order_number", how="left").filter(
        pl.col("held").ne_missing(pl.col("was"))
    )
    kept = orders.drop("held", "digest", *PARCEL_FIELDS).join(moved, on="order_number")
    given = kept.with_columns(digest=pl.lit(None, pl.Int64)).select(orders.columns)
    names = orders.select("order_number", order="order_number")
    return given, _shown(found.changes, names)


@dataclass(frozen=True)
class _Merged:
    rows: pl.DataFrame  # the merged fields and held
    changes: pl.DataFrame  # field, old, new, kept, typed


def _one_a_key(rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """One row a key: the last that the file's rows say of each field, and how many rows they are."""
    return rows.group_by("key", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().last() for name in fields), rows=pl.len().cast(pl.Int64)
    )


def _ages(imports: pl.DataFrame) -> pl.DataFrame:
    """By import (``by``) the instant that its words count from (``at``): what a person typed is beyond all files."""
    at = pl.col("seen_as_of").cast(INSTANT)
    return imports.select(by="id", at=pl.when("typed").then(at + _FAR).otherwise(at))


def _beside(file: pl.DataFrame, old: pl.DataFrame, fields: Sequence[str], imports: pl.DataFrame) -> pl.DataFrame:
    """What the base holds under the keys of the file: the fields, held, owner and owner_at; null where new."""
    known = old.select("key", *fields, "held", owner="import_id")
    ages = _ages(imports).rename({"by": "owner", "at": "owner_at"})
    both = file.select("key").join(known, on="key", how="left", maintain_order="left")
    return both.join(ages, on="owner", how="left", maintain_order="left")


def _held(rows: pl.DataFrame, imports: pl.DataFrame, on: str) -> pl.DataFrame:
    """Each held field as a row: the key, field, held_by (import id), held_at, typed."""
    parts = rows.filter(pl.col("held").str.len_bytes() > 0).select(on, pl.col("held").str.split(" "))
    if not parts.height:
        return pl.DataFrame(schema={on: pl.String(), **_HELD})
    pair = pl.col("held").str.split_exact(":", 1).struct
    named = parts.explode("held").select(on, field=pair.field("field_0"), held_by=pair.field("field_1").cast(pl.Int64))
    sources = _ages(imports).with_columns(imports["typed"]).rename({"by": "held_by", "at": "held_at"})
    return named.join(sources, on="held_by", how="left")


def _merge(both: pl.DataFrame, said: Mapping[str, pl.DataFrame], imports: pl.DataFrame, on: str) -> _Merged:
    """Each field by its own as-of. ``both``: the base's rows with owner, owner_at and ``after``, the import that
    owns the row from now on; ``said``: by field the key, new, by and at (import and as-of of the word)."""
    held = _held(both, imports, on)
    merged = both.select(on)
    givers, changes = [pl.col("held_others")], [pl.DataFrame(schema=_change_schema(on))]
    others = held.filter(~pl.col("field").is_in(list(said))).sort("field").group_by(on).agg(
        held_others=pl.format("{}:{}", "field", "held_by").str.join(" "))  # fmt: skip
    merged = merged.join(others, on=on, how="left", maintain_order="left")
    for name, incoming in said.items():
        mine = held.filter(field=name).drop("field")
        judged = (
            both.select(on, "owner", "owner_at", "after", old=name)
            .join(mine, on=on, how="left", maintain_order="left")
            .join(incoming, on=on, how="left", maintain_order="left")
        )
        old, new = pl.col("old"), pl.col("new")
        judged = judged.with_columns(
            stronger=new.is_not_null() & (old.is_null() | (pl.coalesce("held_at", "owner_at") <= pl.col("at")))
        ).with_columns(
            value=pl.when("stronger").then(new).otherwise(old),
            giver=pl.when("stronger").then("by").otherwise(pl.coalesce("held_by", "owner")),
        )
        foreign = pl.col("value").is_not_null() & (pl.col("giver") != pl.col("after"))
        noted = judged.select(pl.when(foreign).then(pl.format(f"{name}:{{}}", "giver"))).to_series()
        merged = merged.with_columns(judged["value"].alias(name), noted.alias(f"held_{name}"))
        givers.append(pl.col(f"held_{name}"))
        changes.append(
            judged.filter(new.is_not_null() & new.ne_missing(old)).select(
                on,
                field=pl.lit(name),
                old=old.cast(pl.String),
                new=new.cast(pl.String),
                kept=~pl.col("stronger"),
                typed=pl.col("typed").fill_null(value=False),
            )
        )
    text = pl.concat_str(givers, separator=" ", ignore_nulls=True)
    rows = merged.select(on, *said, held=pl.when(text != "").then(text))
    return _Merged(rows, pl.concat(changes))


def _change_schema(on: str) -> pl.Schema:
    return pl.Schema({on: pl.String(), **{n: CHANGES[n] for n in ("field", "old", "new", "kept", "typed")}})


def _verdicts(both: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """For each key: new, changed, older (it says something that a newer file said otherwise) or unchanged."""
    judged = changes.group_by("key").agg(moves=(~pl.col("kept")).any())
    joined = both.select("key", "owner").join(judged, on="key", how="left", maintain_order="left")
    return joined.select(
        "key",
        verdict=pl.when(pl.col("owner").is_null()).then(pl.lit("new")).when(pl.col("moves")).then(pl.lit("changed"))
        .when(pl.col("moves").is_not_null()).then(pl.lit("older")).otherwise(pl.lit("unchanged")),
    )  # fmt: skip


def _digest(fields: Sequence[str]) -> pl.Expr:
    """A number over all that a record says, so that a changed text moves its version too."""
    seeded = (pl.col(name).hash(seed) for seed, name in enumerate(fields, 1))
    return pl.sum_horizontal(seeded).hash(0).reinterpret(signed=True)


def _shown(changes: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Changes as the preview shows them. ``names``: what the base knew, and how each is called (order)."""
    named = changes.join(names, on=changes.columns[0], maintain_order="left").drop("order_number", strict=False)
    return named.rename({"order": "order_number"}).with_columns(line_no=pl.lit(None, pl.Int64)).select(list(CHANGES))


def _strangers(reading: RecordReading, orders: pl.DataFrame) -> pl.DataFrame:
    """The rows that name an order which the base does not know. A name of a service is no order's number."""
    looks = pl.col("order_number").str.contains(r"^\S*\d\S*$")
    named = reading.rows.filter(looks).select("line", "order_number", value="order_number")
    return named.join(orders.select("order_number"), on="order_number", how="anti", maintain_order="left")
