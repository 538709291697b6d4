"""What a team screen shows: counts, next deadlines, and how old each figure is. No names, no addresses, no amounts.

Everything is an instant or a count. Whatever passes between two looks (time left, age, a deadline that
goes by) is derived by the screen itself, so that its clocks count on while the server is away.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from core.desk import freshness, settings, surveillance, work
from core.desk.base import Desk
from core.policy.words import Band, Group

Picture = dict[str, Any]
"""Plain JSON: text, counts, lists and objects."""

FIGURES: Final = 7
"""At most so many at a time: three bands over all work, and the worst kinds of work."""
URGENT: Final = (str(Band.OVERDUE), str(Band.NOW), str(Band.SOON))
KINDS: Final = FIGURES - len(URGENT)
NEXT: Final = 6
"""Deadlines listed in a view."""
SHOPS: Final = 12
"""Shops with a view of their own; the most urgent ones."""
AHEAD: Final = dt.timedelta(hours=48)
COMING: Final = 300
"""Deadlines of that time whose instants are told, so that a screen can count those that go by unseen."""
NUMBER: Final = 5
"""Characters of an order number that a public place may see."""
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
_LIVE: Final = pl.col("group") == str(Group.LIVE)


def picture(desk: Desk, now: dt.datetime, shops: frozenset[int] | None) -> Picture:
    """What a screen of these shops (None: of all) shows at ``now``.

    ``views``: all of it, then shop by shop, then kind by kind, the most urgent first (:func:`_view`).
    ``stale``: shops whose files are too old to be shown, left out of every figure. ``unknown``: shops
    without any file. ``coming``: instants of the next deadlines.
    """
    mine = settings.shops(desk).select("id", "name", "marketplace").rename({"id": "shop_id", "name": "shop"})
    here = pl.lit(value=True) if shops is None else pl.col("shop_id").is_in(sorted(shops))
    mine, rows, files, watched = (
        frame.filter(here)
        for frame in (mine, work.queue(desk, now), freshness.sources(desk), surveillance.days(desk, now))
    )
    source = pl.when(pl.col("return_key").is_null()).then(pl.lit("orders")).otherwise(pl.lit("returns"))
    rows = rows.with_columns(source=source)
    stale = files.filter(pl.col("gone_at") <= now)
    unknown = mine.join(files, on="shop_id", how="anti", maintain_order="left")
    rows, files = _shown(rows, files, stale)
    soon = rows.filter(_LIVE, pl.col("due_at") > now, pl.col("due_at") <= now + AHEAD)
    return {
        "zone": settings.team(desk).zone,
        "views": list(_views(rows, files, now)),
        "stale": _spelt(stale.filter(kind="orders").select("shop", "as_of")).to_dicts(),
        "unknown": unknown["shop"].to_list(),
        "surveillance": watched.select("shop", "day", "days").to_dicts(),
        "cannot_tell": rows.filter(group=str(Group.CANNOT_TELL)).height,
        "coming": _spelt(soon.select("due_at").sort("due_at").head(COMING))["due_at"].to_list(),
    }


def _shown(rows: pl.DataFrame, files: pl.DataFrame, stale: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose files are not stale, with the ``as_of`` of their file (null: typed), and these files.

    A file of returns ages only the returns that stand in the queue: where none does, there is none to wait for.
    """
    fresh = files.join(stale, on=["shop_id", "kind"], how="anti", maintain_order="left")
    at, of = ["shop_id", "source"], ["shop_id", "kind"]
    rows = rows.join(stale, left_on=at, right_on=of, how="anti", maintain_order="left")
    in_rows = fresh.join(rows, left_on=of, right_on=at, how="semi", maintain_order="left")
    rows = rows.join(fresh.select(*of, "as_of"), left_on=at, right_on=of, how="left", maintain_order="left")
    return rows, pl.concat([fresh.filter(kind="orders"), in_rows.filter(kind="returns")])


def _views(rows: pl.DataFrame, files: pl.DataFrame, now: dt.datetime) -> Iterator[Picture]:
    """All of it, then one shop each, then one kind of work each."""
    kinds = _worst(rows, ["kind"]).head(KINDS)
    aged = {row["kind"]: _age(_files_of(rows, files, row["kind"])) for row in kinds.iter_rows(named=True)}
    shown = [row | aged[row["kind"]] for row in kinds.to_dicts()]
    yield _view("all", None, rows, files, now) | {"kinds": shown}
    for shop_id, shop in _worst(rows, ["shop_id", "shop"]).head(SHOPS).select("shop_id", "shop").iter_rows():
        yield _view("shop", shop, rows.filter(shop_id=shop_id), files.filter(shop_id=shop_id), now)
    for kind in kinds["kind"]:
        yield _view("kind", kind, rows.filter(kind=kind), _files_of(rows, files, kind), now)


def _files_of(rows: pl.DataFrame, files: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The files that tell of this kind of work."""
    of = rows.filter(kind=kind)["source"].unique().implode()
    return files.filter(pl.col("kind").is_in(of))


def _view(view: str, name: str | None, rows: pl.DataFrame, files: pl.DataFrame, now: dt.datetime) -> Picture:
    """``bands``: how many work items stand in each urgent band; null where nothing is known. ``next``: the next
    deadlines. ``passed``: deadlines gone by since the file that told of them was written."""
    live = rows.filter(_LIVE)
    counted = dict(live.group_by("band").len().iter_rows())
    known = rows.height or files.height
    return {
        "view": view,
        "name": name,
        "bands": {band: counted.get(band, 0) for band in URGENT} if known else None,
        "next": _next(live),
        "passed": rows.filter(pl.col("due_at") > pl.col("as_of"), pl.col("due_at") <= now).height,
        **_age(files),
    }


def _age(files: pl.DataFrame) -> Picture:
    """The oldest of the files behind a figure, and from when on the figure is old and no longer shown."""
    if files.is_empty():
        return {"source": None, "sources": 0, "as_of": None, "old_at": None, "gone_at": None}
    oldest = files.sort("as_of").head(1).select(source="shop")
    first = files.select(pl.col("as_of", "old_at", "gone_at").min())
    return {**oldest.row(0, named=True), "sources": files.height, **_spelt(first).row(0, named=True)}


def _worst(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The live work by shop or kind, most urgent first: ``by``, overdue, now, soon, calm."""
    bands = [str(band) for band in Band]
    counts = [(pl.col("band") == band).sum().alias(band) for band in bands]
    found = rows.filter(_LIVE).group_by(by).agg(counts)
    return found.sort(*bands, *by, descending=[True] * len(bands) + [False] * len(by))


def _next(live: pl.DataFrame) -> list[Picture]:
    """The first deadlines: kind, number (its end only), shop, due_at, staffed_until (null: nobody before it)."""
    first = live.filter(pl.col("due_at").is_not_null()).head(NEXT)
    return _spelt(
        first.select(
            "kind",
            "shop",
            "band",
            "due_at",
            "staffed_until",
            number=pl.when(pl.col("order_number").str.len_chars() > NUMBER)
            .then("…" + pl.col("order_number").str.tail(NUMBER))
            .otherwise("order_number"),
        )
    ).to_dicts()


def _spelt(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its instants as text, ISO 8601 in UTC."""
    instants = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(instants).dt.strftime(_ISO)) if instants else frame
