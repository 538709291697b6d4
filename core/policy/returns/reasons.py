"""The marketplaces' reasons of a return, in our words (data/reasons.toml)."""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from core.policy.returns.frames import Reason
from core.policy.values import applies

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "reasons.toml"
WORDS: Final = pl.Schema(
    {"key": pl.String(), "reason": pl.String(), "reason_payer": pl.String(), "contested": pl.Boolean()}
)
"""One row a known word, by :func:`key`."""
_PREFIXES: Final = ("ro_", "cr_", "amz_pg_app_", "amz_pg_")


class ReasonsError(ValueError):
    """The file of reasons is broken."""


def key(word: str) -> str:
    """A word without the marketplace's prefixes, case, accents, spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", word.strip().replace("\u2019", "'")).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = "_".join(plain.replace("-", "_").replace("_", " ").split())
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    return plain.replace("_", "")


def load(file: Path = FILE) -> pl.DataFrame:
    """Read and check the words; raises :class:`ReasonsError` where one has two meanings or none of ours."""
    found: dict[str, tuple[str, str | None, bool]] = {}
    for code in tomllib.loads(file.read_text(encoding="utf-8"))["codes"]:
        if code["reason"] not in set(Reason) or code.get("payer") not in (None, "buyer", "seller"):
            raise ReasonsError(f"{file}: {code['reason']} is no reason of ours, or its payer is wrong")
        meaning = (code["reason"], code.get("payer"), bool(code.get("contested")))
        for word in code["words"]:
            if found.setdefault(key(word), meaning) != meaning:
                raise ReasonsError(f"{file}: {word!r} has two meanings")
    return pl.DataFrame([(word, *meaning) for word, meaning in found.items()], schema=WORDS, orient="row")


def is_known(word: str) -> bool:
    """Whether the words say what this one means."""
    return key(word) in _keys()


@cache
def _keys() -> frozenset[str]:
    return frozenset(load()["key"])


@applies("CD-R2", "AM-R2")
def mapped(rows: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Adds ``reason``, ``reason_payer`` and ``contested`` to rows with ``reason_word`` (code or free word).

    ``words``: WORDS. A word nobody knows gives nulls: the request then asks what differs. The word
    itself is kept as it came. Amazon's own table says who pays for Amazon's codes.
    """
    spellings = rows.select("reason_word").unique().drop_nulls()
    keys = pl.Series("key", [key(word) for word in spellings["reason_word"]], dtype=pl.String)
    known = spellings.with_columns(keys).join(words, on="key", how="left").drop("key")
    return rows.join(known, on="reason_word", how="left", maintain_order="left").with_columns(
        pl.col("contested").fill_null(False)
    )
