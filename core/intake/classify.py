"""What a reading changes in the base. The preview and the write both come from here.

Newest as-of wins per field; at the same as-of the incoming file wins. A blank never overwrites. ``held``
names the fields of an order that another import gave than the order's own ("paid_at:3", "buyer.city:3",
"line2.title:3"), so that each field keeps its own as-of.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from core.intake.formats import BUYER_FIELDS
from core.intake.read import BUYERS, INSTANT, LINES, ORDERS, Reading
from core.policy.words import State

_ORDER: Final = tuple(n for n in ORDERS if n not in ("order_number", "line", "digest"))
_LINE: Final = tuple(n for n in LINES if n not in ("order_number", "line_no", "line"))
_IDS: Final = ("line_id", "sku", "seller_sku", "ean", "title")
_WHOLE: Final[dict[str, Any]] = {"import_id": pl.Int64, "held": pl.String, "version": pl.Int64}
BASE_ORDERS: Final = pl.Schema(
    {
        "order_number": pl.String,
        **{n: ORDERS[n] for n in _ORDER},
        "digest": pl.Int64,
        **_WHOLE,
        "as_of": INSTANT,
    }
)
BASE_LINES: Final = pl.Schema({n: t for n, t in LINES.items() if n != "line"})
IMPORTS: Final = pl.Schema({"id": pl.Int64, "seen_as_of": INSTANT})
CHANGES: Final = pl.Schema(
    {
        "order_number": pl.String(), "line_no": pl.Int64(), "field": pl.String(),
        "old": pl.String(), "new": pl.String(), "kept": pl.Boolean(), "typed": pl.Boolean(),
    }
)  # fmt: skip
DAYS: Final = pl.Schema({"day": pl.Int32(), "state": pl.String(), "delta": pl.Int64()})
_NEVER: Final = pl.lit(dt.datetime(9999, 1, 1, tzinfo=dt.UTC), INSTANT)
_EVER: Final = pl.lit(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), INSTANT)
_HELD: Final = pl.Schema({"order_number": pl.String, "key": pl.String, "by": pl.Int64, "by_as_of": INSTANT})


@dataclass(frozen=True)
class Base:
    """What the store knows of a reading's orders. ``orders`` has ``as_of``, that of its import."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    buyers: pl.DataFrame
    imports: pl.DataFrame
    typed: frozenset[int] = frozenset()  # those imports that a person typed: no file overwrites them
    over_typed: frozenset[tuple[str, str]] = frozenset()  # but in these (order_number, field)

    @classmethod
    def empty(cls) -> "Base":
        """The base of a shop of which nothing is known yet."""
        return cls(BASE_ORDERS.to_frame(), BASE_LINES.to_frame(), BUYERS.to_frame(), IMPORTS.to_frame())


@dataclass(frozen=True)
class Plan:
    """Counts are rows of the file: read = new + changed + unchanged + older + rejected. ``orders``,
    ``lines``, ``buyers`` are to be upserted; ``seen`` are orders that the file says again."""

    read: int
    new: int
    changed: int
    unchanged: int
    older: int
    rejected: int
    changes: pl.DataFrame
    orders: pl.DataFrame
    lines: pl.DataFrame
    buyers: pl.DataFrame
    seen: pl.DataFrame
    day_changes: pl.DataFrame


def classify(
    reading: Reading,
    base: Base,
    same: pl.DataFrame,
    as_of: dt.datetime,
    import_id: int,
) -> Plan:
    """What to write of a reading. ``same``: order numbers whose digest the base already has, beside those that
    were not even typed for it."""
    base = _typed(base)
    numbers = reading.orders.select("order_number")
    if same.height:
        numbers = numbers.join(same.select("order_number"), on="order_number", how="anti", maintain_order="left")
    fresh, known = numbers, numbers.clear()
    if base.orders.height:
        fresh = numbers.join(base.orders, on="order_number", how="anti", maintain_order="left")
        known = numbers.join(base.orders, on="order_number", how="semi", maintain_order="left")
    new = _new(reading, fresh, import_id)
    merged = _merge(reading, base, known, as_of, import_id) if known.height else _Merged.empty()
    rows = _rows_of(reading, fresh, merged)
    seen = _only(reading.orders.select("order_number"), same) if same.height else same.select("order_number")
    again = reading.again.select("order_number")
    return Plan(
        read=reading.read,
        rejected=reading.rejected,
        **rows,
        changes=merged.changes,
        orders=pl.concat([new[0], merged.orders]),
        lines=pl.concat([new[1], merged.lines]),
        buyers=pl.concat([new[2], merged.buyers]),
        seen=pl.concat([again, seen, merged.seen]),
        day_changes=_days(new[0], merged.orders, base.orders),
    )


@dataclass(frozen=True)
class _Merged:
    orders: pl.DataFrame
    lines: pl.DataFrame
    buyers: pl.DataFrame
    changes: pl.DataFrame
    seen: pl.DataFrame
    verdicts: pl.DataFrame  # order_number, verdict

    @classmethod
    def empty(cls) -> "_Merged":
        number = pl.DataFrame(schema={"order_number": pl.String})
        verdicts = pl.DataFrame(schema={"order_number": pl.String, "verdict": pl.String})
        orders = BASE_ORDERS.to_frame().drop("as_of")
        return cls(orders, BASE_LINES.to_frame(), BUYERS.to_frame(), CHANGES.to_frame(), number, verdicts)


def _typed(base: Base) -> Base:
    """The base with the types of a reading; instants may come as microseconds."""

    def cast(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
        return frame.select(pl.col(n).cast(t) for n, t in schema.items())

    return Base(
        cast(base.orders, BASE_ORDERS), cast(base.lines, BASE_LINES),
        cast(base.buyers, BUYERS), cast(base.imports, IMPORTS), base.typed, base.over_typed,
    )  # fmt: skip


def _only(frame: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    return frame.join(numbers, on="order_number", how="semi", maintain_order="left")


def _new(reading: Reading, fresh: pl.DataFrame, import_id: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of orders that the base does not know; one whose state no row says stands as unknown."""
    whole = fresh.height == reading.orders.height
    orders, lines, buyers = (f if whole else _only(f, fresh) for f in (reading.orders, reading.lines, reading.buyers))
    orders = orders.with_columns(
        pl.col("state").fill_null(str(State.UNKNOWN)),
        import_id=pl.lit(import_id, pl.Int64),
        held=pl.lit(None, pl.String),
        version=pl.lit(1, pl.Int64),
    )
    silent = buyers.select(pl.all_horizontal(pl.col(BUYER_FIELDS).is_null())).to_series()
    said = buyers.filter(~silent) if silent.any() else buyers  # no second copy of a million buyers
    return orders.select(n for n in BASE_ORDERS if n != "as_of"), lines.select(list(BASE_LINES)), said


def _held(base: Base, known: pl.DataFrame) -> pl.DataFrame:
    """Each held field as a row: order_number, key, by (import id), by_as_of."""
    held = _only(base.orders, known).filter(pl.col("held").str.len_bytes() > 0).select("order_number", "held")
    if not held.height:
        return _HELD.to_frame()
    parts = held.with_columns(pl.col("held").str.split(" ")).explode("held")
    pair = pl.col("held").str.split_exact(":", 1).struct
    named = parts.select("order_number", key=pair.field("field_0"), by=pair.field("field_1").cast(pl.Int64))
    named = named.join(base.imports.select(by="id", by_as_of="seen_as_of"), on="by", how="left").select(list(_HELD))
    chosen = pl.concat_str("order_number", "key", separator="\n").is_in(["\n".join(pair) for pair in base.over_typed])
    typed = pl.col("by").is_in(list(base.typed))
    # What was chosen gives way whenever it was typed: a file is mostly older than what people say of it.
    weight = pl.when(typed & ~chosen).then(_NEVER).when(typed).then(_EVER).otherwise("by_as_of")
    return named.with_columns(by_as_of=weight)


def _merge(reading: Reading, base: Base, known: pl.DataFrame, as_of: dt.datetime, import_id: int) -> _Merged:
    """Known orders field by field."""
    old = _only(base.orders, known)
    held = _held(base, known)
    # Column first: Polars 2.1 fails on "literal >= column" where a join gave the column one value.
    owner = old.select("order_number", "as_of", owner="import_id").with_columns(newer=pl.col("as_of") <= as_of)
    matched = _match(_only(reading.lines, known), _only(base.lines, known))
    clock = _Clock(owner, held, base.typed, as_of, import_id)
    orders = _fields(clock, _only(reading.orders, known), old, ("order_number",), _ORDER, "")
    lines = _fields(clock, matched, _only(base.lines, known), ("order_number", "line_no"), _LINE, "line")
    buyers = _fields(
        clock,
        _only(reading.buyers, known),
        _only(base.buyers, known),
        ("order_number",),
        BUYER_FIELDS,
        "buyer.",
    )
    parts = (orders, lines, buyers)
    changes = pl.concat([p.changes for p in parts]).sort(
        "order_number", "line_no", nulls_last=False, maintain_order=True
    )
    givers = pl.concat([p.held for p in parts]).group_by("order_number").agg(pl.col("held").sort().str.join(" "))
    verdict = changes.group_by("order_number").agg(changed=(~pl.col("kept")).any(), kept=pl.col("kept").any())
    rows = (
        orders.rows.join(owner, on="order_number", how="left")
        .join(givers, on="order_number", how="left")
        .join(verdict, on="order_number", how="left")
        .join(
            old.select("order_number", "version", old_held="held", old_digest="digest"),
            on="order_number",
            how="left",
        )
        .join(
            reading.orders.select("order_number", "digest"),
            on="order_number",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("changed", "kept").fill_null(False))
        .with_columns(digest=pl.when(pl.col("newer") & ~pl.col("kept")).then("digest"))
    )
    another = pl.col("digest").ne_missing(pl.col("old_digest")) | pl.col("held").ne_missing(pl.col("old_held"))
    write = pl.col("changed") | (pl.col("newer") & another)
    upsert = rows.filter(write).with_columns(
        import_id=pl.when("newer").then(pl.lit(import_id, pl.Int64)).otherwise("owner"),
        version=pl.col("version") + pl.col("changed").cast(pl.Int64),
    )
    touched = upsert.select("order_number")
    return _Merged(
        orders=upsert.select(n for n in BASE_ORDERS if n != "as_of"),
        lines=_only(lines.written, touched).select(list(BASE_LINES)),
        buyers=_only(buyers.written, touched).select(list(BUYERS)),
        changes=changes,
        seen=rows.filter(pl.col("newer") & ~write).select("order_number"),
        verdicts=rows.select(
            "order_number",
            verdict=pl.when("changed").then(pl.lit("changed")).when("kept").then(pl.lit("older"))
            .otherwise(pl.lit("unchanged")),
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class _Clock:
    """Who gave what when: the owner of each order, its held fields, and the incoming import."""

    owner: pl.DataFrame
    held: pl.DataFrame
    typed: frozenset[int]
    as_of: dt.datetime
    import_id: int


@dataclass(frozen=True)
class _Part:
    rows: pl.DataFrame  # merged values of all rows
    written: pl.DataFrame  # those rows in which a value changed
    changes: pl.DataFrame
    held: pl.DataFrame  # order_number, held ("key:import")


def _fields(
    clock: _Clock,
    new: pl.DataFrame,
    old: pl.DataFrame,
    key: tuple[str, ...],
    names: tuple[str, ...],
    prefix: str,
) -> _Part:
    """Merge the rows of one table, each field by its own as-of."""
    on = list(key)
    both = new.select(*on, *names).join(
        old.select(*on, *(pl.col(n).alias(f"{n}~old") for n in names)), on=on, how="full", coalesce=True
    ).join(clock.owner, on="order_number", how="left").sort(on)  # fmt: skip
    line = pl.col("line_no") if prefix == "line" else pl.lit(None, pl.Int64)
    changes: list[pl.DataFrame] = []
    givers: list[pl.DataFrame] = []
    merged = both.select(on)
    for name in names:
        own = "state" if name == "state_word" else name
        both_here = _with_holder(both, clock.held, own, prefix)
        was, now = pl.col(f"{name}~old"), pl.col(name)
        stronger = now.is_not_null() & (was.is_null() | (pl.coalesce("by_as_of", "as_of") <= clock.as_of))
        differs = now.is_not_null() & now.ne_missing(was)
        judged = both_here.select(
            *on,
            "newer",
            "owner",
            "by",
            line=line,
            old=was,
            new=now,
            value=pl.when(stronger).then(now).otherwise(was),
            stronger=stronger,
            differs=differs,
        )
        merged = merged.with_columns(judged["value"].alias(name))
        changes.append(
            judged.filter("differs").select(
                "order_number",
                line_no="line",
                field=pl.lit(name),
                old=pl.col("old").cast(pl.String),
                new=pl.col("new").cast(pl.String),
                kept=~pl.col("stronger"),
                typed=pl.col("by").is_in(list(clock.typed)).fill_null(value=False),
            )
        )
        if name != "state_word":
            givers.append(_givers(judged, clock.import_id, name, prefix))
    change = pl.concat(changes)
    moved = change.filter(~pl.col("kept")).select("order_number", "line_no").unique()
    match_on = on if prefix == "line" else ["order_number"]
    written = merged.join(moved.select(match_on).unique(), on=match_on, how="semi", maintain_order="left")
    return _Part(merged, written, change, pl.concat(givers))


def _with_holder(both: pl.DataFrame, held: pl.DataFrame, name: str, prefix: str) -> pl.DataFrame:
    """``both`` with by and by_as_of: the import that holds this field, where another than the owner does."""
    if prefix == "line":
        mine = held.filter(pl.col("key").str.contains(rf"^line\d+\.{name}$"))
        mine = mine.with_columns(line_no=pl.col("key").str.extract(r"^line(\d+)\.").cast(pl.Int64))
    else:
        mine = held.filter(pl.col("key") == f"{prefix}{name}")
    if not mine.height:
        return both.with_columns(by=pl.lit(None, pl.Int64), by_as_of=pl.lit(None, INSTANT))
    on = ["order_number", "line_no"] if prefix == "line" else ["order_number"]
    return both.join(mine.drop("key"), on=on, how="left", maintain_order="left")


def _givers(judged: pl.DataFrame, import_id: int, name: str, prefix: str) -> pl.DataFrame:
    """The fields that another import gave than the one that owns the order after the merge."""
    giver = pl.when("stronger").then(pl.lit(import_id, pl.Int64)).otherwise(pl.coalesce("by", "owner"))
    after = pl.when("newer").then(pl.lit(import_id, pl.Int64)).otherwise("owner")
    key = pl.format("line{}.{}", "line", pl.lit(name)) if prefix == "line" else pl.lit(f"{prefix}{name}")
    return judged.filter(pl.col("value").is_not_null() & (giver != after)).select(
        "order_number", held=pl.format("{}:{}", key, giver)
    )


def _match(new: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Incoming lines with the base's line numbers: by line id, else by the next id and its occurrence."""
    left = new.with_row_index("row").with_columns(pl.lit("-").alias("place"))
    free = old.sort("order_number", "line_no").with_columns(pl.lit("-").alias("place"))
    found: list[pl.DataFrame] = []
    for place, name in enumerate((*_IDS, "place")):
        bare = pl.all_horizontal(pl.col(_IDS).is_null()) if name == "place" else pl.col(name).is_not_null()
        on = ["order_number", name]
        stronger = _IDS[:place] if name != "place" else ()
        count = pl.int_range(pl.len()).over(on).alias("occurrence")
        mine = free.filter(bare).with_columns(count, known="line_no")
        mine = mine.select(*on, "occurrence", "known", *(pl.col(n).alias(f"{n}~old") for n in stronger))
        pair = left.filter(bare).with_columns(count).join(mine, on=[*on, "occurrence"], how="inner")
        # Two lines that a stronger id tells apart are two lines, whatever else they share.
        apart = pl.any_horizontal(
            pl.lit(False), *((pl.col(n) != pl.col(f"{n}~old")).fill_null(False) for n in stronger)
        )
        pair = pair.filter(~apart)
        if pair.height:
            found.append(pair.select("row", line_no="known"))
            left = left.join(pair.select("row"), on="row", how="anti", maintain_order="left")
            taken = pair.select("order_number", line_no="known")
            free = free.join(taken, on=["order_number", "line_no"], how="anti", maintain_order="left")
    last = old.group_by("order_number").agg(last=pl.col("line_no").max())
    added = left.join(last, on="order_number", how="left", maintain_order="left").select(
        "row",
        line_no=pl.col("last").fill_null(0) + 1 + pl.int_range(pl.len()).over("order_number"),
    )
    numbers = pl.concat([*found, added]).with_columns(pl.col("line_no").cast(pl.Int64))
    return (
        new.with_row_index("row").drop("line_no").join(numbers, on="row", how="left", maintain_order="left").drop("row")
    )


def _rows_of(reading: Reading, fresh: pl.DataFrame, merged: _Merged) -> dict[str, int]:
    """How many rows of the file belong to new, changed, unchanged and older orders."""
    good = reading.lines.height
    counts = {"new": 0, "changed": 0, "unchanged": 0, "older": 0}
    counts["new"] = good if fresh.height == reading.orders.height else _only(reading.lines, fresh).height
    if merged.verdicts.height:
        joined = reading.lines.select("order_number").join(merged.verdicts, on="order_number")
        counts |= {str(word): int(rows) for word, rows in joined["verdict"].value_counts().iter_rows()}
    counts["unchanged"] = good + int(reading.again["rows"].sum()) - counts["new"] - counts["changed"] - counts["older"]
    return counts


def _days(new: pl.DataFrame, merged: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """How the counts per day of creation (UTC) and state move."""

    def counted(frame: pl.DataFrame, delta: int) -> pl.DataFrame:
        many = frame.select("state", day=pl.col("created_at").dt.date().cast(pl.Int32)).drop_nulls("day")
        return many.group_by("day", "state").agg(delta=pl.len().cast(pl.Int64) * delta)

    parts = [counted(new, 1)]
    if merged.height:
        parts += [counted(merged, 1), counted(_only(old, merged.select("order_number")), -1)]
    moved = pl.concat(parts).group_by("day", "state").agg(pl.col("delta").sum()).filter(pl.col("delta") != 0)
    return moved.sort("day", "state").cast(DAYS)
