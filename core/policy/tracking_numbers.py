"""A tracking number as it was typed: made plain, its field rules, and whether the order needs one."""

import datetime as dt
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.policy.values import Values, applies
from core.policy.words import DeliveryMode, Marketplace

Mark = Callable[..., None]
Flags = NDArray[np.bool_]
CDISCOUNT: Final = (pl.col("marketplace") == Marketplace.CDISCOUNT).fill_null(False)
NEED: Final = ("required", "required_rule", "required_values")
PLAIN: Final = r"^[A-Z0-9]+$"
"""A number that is compared as it stands."""
_HIDDEN: Final = r"[\p{Cc}\p{Cf}]"
_BETWEEN: Final = r"[\s\p{Cc}\p{Cf}\p{Pd}._'’]"
_BLANK: Final = r"^[\s\p{Cf}]*$"
_MANGLED: Final = r"^[0-9]([.,][0-9]+)?[eE]\+[0-9]{1,3}$"
_DECIMAL: Final = r"^[0-9]{5,}[.,]0+$"
_GUARDED: Final = r'^="(.*)"$'
_SHOWN: Final = 60
UNLISTED: Final = ("unlisted", "unknown", "near", "other")
"""What a carrier that is not on the marketplace's list is (CD-S3)."""


@applies("CD-S8")
def normalised(typed: pl.Series, mark: Mark) -> pl.Series:
    """The numbers in upper case without separators and signs that nobody sees; null where nothing else is typed.

    Zeros in front stay. Marks what a spreadsheet or a clipboard has done to them.
    """
    rough = np.flatnonzero(~typed.str.contains(PLAIN).fill_null(True).to_numpy())
    if not len(rough):
        return typed.alias("normalised")
    raw, typed = typed.gather(rough), typed.clone()  # scatter writes into the series that it is called on
    blank = raw.str.contains(_BLANK)
    typed = typed.scatter(rough[blank.to_numpy()], None) if blank.any() else typed
    rough, raw = rough[~blank.to_numpy()], raw.filter(~blank)
    bare = raw.str.strip_chars()
    guarded = bare.str.extract(_GUARDED).fill_null(bare)
    plain = guarded.str.normalize("NFKC")
    mangled = plain.str.contains(_MANGLED).to_numpy()
    mark("digits_lost", rough[mangled], _short(bare.filter(mangled)))
    decimal = plain.str.contains(_DECIMAL)
    mark("decimal_number", rough[decimal.to_numpy()], _short(bare.filter(decimal)))
    changed = (plain != guarded) | plain.str.contains(_HIDDEN)
    mark("cleaned", rough[changed.to_numpy()])
    frame = pl.DataFrame({"plain": plain, "decimal": decimal})
    cut = pl.when("decimal").then(pl.col("plain").str.replace(r"[.,]0+$", "")).otherwise("plain")
    clean = frame.select(cut.str.replace_all(_BETWEEN, "").str.to_uppercase().alias("clean"))["clean"]
    clean = clean.set(clean == "", None)
    return typed.scatter(rough, clean).alias("normalised")


@applies("CD-S8")
def field_rules(numbers: pl.Series, rough: Flags, cdiscount: Flags, values: Values, day: dt.date, mark: Mark) -> None:
    """Marks numbers that are too long or hold signs that they must not (Cdiscount), or odd ones (anywhere).

    ``rough``: those to look at sign by sign; all others are A-Z and 0-9.
    """
    longest = values.integer("number_at_most_characters", day)
    at = np.flatnonzero(rough | (numbers.str.len_bytes().fill_null(0) > longest).to_numpy())
    if not len(at):
        return
    some, here = numbers.gather(at), cdiscount[at]
    length = some.str.len_chars()
    long = (length > longest).to_numpy() & here
    mark("too_long", at[long], length.filter(pl.Series(long)).cast(pl.String), str(longest))
    odd = ~some.str.contains(PLAIN).to_numpy()
    some, here, at = some.filter(pl.Series(odd)), here[odd], at[odd]
    never = "".join("\\" + sign for sign in values.words("number_never_holds", day))
    held = some.str.extract(f"([{never}])")
    broken = held.is_not_null().to_numpy() & here
    mark("forbidden_character", at[broken], held.filter(pl.Series(broken)))
    mark("odd_characters", at[~broken], some.str.extract(r"([^A-Z0-9])").filter(pl.Series(~broken)))


@applies("CD-S1", "CD-S2", "CD-S3")
def need(rows: pl.DataFrame, values: Values, day: dt.date) -> pl.DataFrame:
    """``required`` (null: nobody can tell), ``required_rule`` and ``required_values`` of each shipment.

    ``rows``: marketplace, currency, delivery_mode, status (of the carrier), and above: whether the value of
    articles and shipping, VAT included, is above ``tracking_above_minor``. Only Cdiscount's rules are known:
    above 15 EUR or in a tracked mode (CD-S2), or with a carrier that is not on the list (CD-S3), a number is
    required; in normal mail at or below, it is not (CD-S1).
    """
    threshold = values.integer("tracking_above_minor", day)
    tracked = pl.col("delivery_mode").is_in(values.words("modes_with_number", day)).fill_null(False)
    plain = pl.col("delivery_mode").is_in(values.words("modes_without_number", day)).fill_null(False)
    euro = (pl.col("currency") == "EUR").fill_null(False)
    above = (euro & pl.col("above")).fill_null(False)
    below = (euro & ~pl.col("above")).fill_null(False)
    other = pl.col("status").is_in(UNLISTED)
    virtual = (pl.col("delivery_mode") == DeliveryMode.VIRTUAL).fill_null(False)
    cases: list[tuple[pl.Expr, bool | None, str | None, str | None]] = [
        (~CDISCOUNT, None, None, None),
        (virtual, True, "CD-S8", "virtual_number"),
        (tracked, True, "CD-S2", "modes_with_number"),
        (above, True, "CD-S2", f"tracking_above_minor={threshold}"),
        (other, True, "CD-S3", "carrier_from_list"),
        (plain & below, False, "CD-S1", f"tracking_above_minor={threshold}"),
    ]
    kinds = (pl.Boolean, pl.String, pl.String)
    columns = []
    for n, (name, kind) in enumerate(zip(NEED, kinds, strict=True), 1):
        chain = pl.lit(None, dtype=kind)
        for case in reversed(cases):
            chain = pl.when(case[0]).then(pl.lit(case[n], dtype=kind)).otherwise(chain)
        columns.append(chain.alias(name))
    return rows.select(columns)


def _short(texts: pl.Series) -> pl.Series:
    return texts.str.slice(0, _SHOWN)
