"""What another value or rule would have decided: past requests judged twice, by the old and by the new."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.policy.returns.frames import SETTINGS, Option
from core.policy.returns.recommend import ROW, facts, groups, in_order, option_word, weighed
from core.policy.returns.terms import Book

ALWAYS: Final = dt.date(1970, 1, 1)

REPLAYED: Final = pl.Schema(
    {
        "request_id": pl.String(),
        "old_option": pl.String(),
        "old_cost_minor": pl.Int64(),  # of the old option, by the old settings
        "new_option": pl.String(),
        "new_cost_minor": pl.Int64(),  # of the new option, by the new settings
        "differs": pl.Boolean(),
        "saved_minor": pl.Int64(),  # the old option less the new one, both by the new settings; negative: spent
    }
)
"""One row a case, in order. Nulls where nothing could be recommended; such a case differs if only one could."""
BY_OPTION: Final = pl.Schema(
    {
        "option": pl.String(),
        "old_cases": pl.Int64(),
        "new_cases": pl.Int64(),
        "old_cost_minor": pl.Int64(),
        "new_cost_minor": pl.Int64(),
        "saved_minor": pl.Int64(),  # of the cases that the new settings bring to this option
    }
)
"""One row an option that occurs, in the order of Option."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a replay compares: the values with the shops' settings (Book), and the shops' rules (SHOP_RULES)."""

    book: Book
    shop_rules: pl.DataFrame


def tried(settings: pl.DataFrame, shop_id: int, key: str, amount: str) -> pl.DataFrame:
    """SETTINGS in which a shop's ``key`` was ``amount`` at all times: to be replayed, not to be saved."""
    others = settings.filter((pl.col("shop_id") != shop_id) | (pl.col("key") != key))
    row = pl.DataFrame([(shop_id, key, ALWAYS, amount, "replay")], schema=SETTINGS, orient="row")
    return pl.concat([others.select(SETTINGS.names()).cast(SETTINGS), row])


def replay(cases: pl.DataFrame, old: Setup, new: Setup, holidays: Sequence[dt.date], now: dt.datetime) -> pl.DataFrame:
    """REPLAYED of past requests (REQUESTS). The change must hold on the days of the cases: see :func:`tried`."""
    plans = []
    for (was, becomes), _, part in groups(cases, [old.book, new.book], now):
        lawful = facts(part, was, holidays)
        before = weighed(lawful, was, old.shop_rules).with_columns(
            pl.col("best").alias("old"), pl.col("recommended_cost_minor").alias("old_cost_minor")
        )
        # What follows from the law alone need not be found twice.
        if was.law == becomes.law:
            after = weighed(before, becomes, new.shop_rules, done=was)
        else:
            after = weighed(facts(before, becomes, holidays), becomes, new.shop_rules)
        plans.append(_compared(after))
    return in_order(plans, REPLAYED)


def _compared(rows: pl.LazyFrame) -> pl.LazyFrame:
    costs = [
        pl.when(pl.col("old") == place).then(pl.col(f"{option}_cost_minor")) for place, option in enumerate(Option)
    ]
    return rows.select(
        ROW,
        "request_id",
        option_word("old").alias("old_option"),
        "old_cost_minor",
        option_word("best").alias("new_option"),
        pl.col("recommended_cost_minor").alias("new_cost_minor"),
        pl.col("old").ne_missing(pl.col("best")).alias("differs"),
        (pl.coalesce(costs) - pl.col("recommended_cost_minor")).alias("saved_minor"),
    )


def by_option(replayed: pl.DataFrame) -> pl.DataFrame:
    """BY_OPTION of REPLAYED: cases and money per option, before and after."""
    was = replayed.group_by(option="old_option").agg(
        pl.len().cast(pl.Int64).alias("old_cases"), pl.col("old_cost_minor").sum()
    )
    becomes = replayed.group_by(option="new_option").agg(
        pl.len().cast(pl.Int64).alias("new_cases"), pl.col("new_cost_minor").sum(), pl.col("saved_minor").sum()
    )
    order = pl.DataFrame({"option": [str(option) for option in Option]})
    found = order.join(was, on="option", how="left").join(becomes, on="option", how="left", maintain_order="left")
    occurs = pl.col("old_cases").is_not_null() | pl.col("new_cases").is_not_null()
    counts = pl.exclude("option").fill_null(0)
    return found.filter(occurs).with_columns(counts).select(BY_OPTION.names()).cast(BY_OPTION)
