"""Carriers as ``data/carriers.toml`` describes them, and the carrier that a typed name means.

A set of carriers is a whole number with one bit a carrier, so that a million rows are compared at once.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from core.policy.check_digits import KEYS
from core.policy.shapes import Option, options
from core.policy.values import PolicyError, applies
from core.policy.words import Marketplace

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "carriers.toml"
LONGEST: Final = 40
"""No form is longer; a longer number has none."""
EVIDENCE: Final = ("spec", "real", "docs", "observed", "inferred")
STRONG: Final = ("spec", "real", "docs")
"""A key that a document describes or that published numbers of real parcels prove."""
ANY_POST: Final = "post-any"
NEAR: Final = 0.8
_NEAR_NAMES: Final = 500
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_LISTS: Final = {
    Marketplace.CDISCOUNT: ("cdiscount_2019", "cdiscount_2026"),
    Marketplace.AMAZON: ("amazon",),
    Marketplace.ALIEXPRESS: ("aliexpress",),
}
_TABLES: Final = {"carriers", "names", "other", "lists", "aggregators", "s10"}
_FIELDS: Final = {"name", "closed", "aliases", "partners", "partner_s10", "hosts", "url", "number_in_url", "forms"}
_FORM: Final = {"shape", "evidence", "key", "key_evidence", "source", "lengths", "require", "handover"}
NAMED: Final = pl.Schema(
    {
        "marketplace": pl.String(), "carrier": pl.String(), "stated": pl.UInt64(), "status": pl.String(),
        "meant": pl.String(),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """One shape of a carrier's numbers. ``role``: own, handover (of another carrier) or partner (of a post)."""

    shape: str
    options: Mapping[int, list[Option]]  # by length
    evidence: str
    source: str
    key: str | None = None
    key_evidence: str | None = None
    require: tuple[str, ...] = ()
    role: str = "own"

    @property
    def strong(self) -> bool:
        """Whether a wrong key is a fact."""
        return self.key_evidence in STRONG


@dataclass(frozen=True, slots=True)
class Carrier:
    id: str
    name: str
    bit: int
    closed: bool
    hosts: tuple[str, ...]
    partners: tuple[str, ...]
    url: str
    number_in_url: bool
    forms: tuple[Form, ...]

    @property
    def mask(self) -> int:
        return 1 << self.bit

    def url_of(self, number: str) -> str:
        """The address of the carrier's page for a number; of its form where the address holds none."""
        return self.url.replace("{n}", quote(number, safe=""))


@dataclass(frozen=True)
class Carriers:
    """All carriers, their names, and what marketplaces list."""

    carriers: tuple[Carrier, ...]
    names: Mapping[str, int]  # folded name -> the carriers it may mean
    shown: Mapping[str, str]  # folded name -> as it is written
    listed: Mapping[str, Mapping[str, int]]  # marketplace -> folded name -> carriers
    other: frozenset[str]
    aggregators: tuple[str, ...]

    @cached_property
    def by_id(self) -> dict[str, Carrier]:
        return {carrier.id: carrier for carrier in self.carriers}

    @cached_property
    def closed(self) -> int:
        return mask(carrier for carrier in self.carriers if carrier.closed)

    @cached_property
    def any_post(self) -> int:
        return self.by_id[ANY_POST].mask

    def members(self, carriers: int) -> list[Carrier]:
        """The carriers of a set."""
        return [carrier for carrier in self.carriers if carriers >> carrier.bit & 1]

    def partners(self, carriers: int) -> int:
        """The carriers whose numbers and pages may stand in for those of the set."""
        return mask(self.by_id[name] for carrier in self.members(carriers) for name in carrier.partners)

    @applies("CD-S3")
    def meant(self, rows: pl.DataFrame) -> pl.DataFrame:
        """NAMED for each distinct ``marketplace`` and ``carrier`` (as typed) of ``rows``.

        ``status``: listed, unlisted (known, but not on the marketplace's list), formless (nothing is known
        about its numbers), other (the list's entry for others, with no name), near (``meant`` is a proposal,
        never taken), unknown, missing.
        """
        distinct = rows.select("marketplace", "carrier").unique(maintain_order=True)
        found = []
        unknown = 0
        for marketplace, typed in distinct.iter_rows():
            stated, status, meant = self._resolve(typed, marketplace)
            if status == "unknown" and unknown < _NEAR_NAMES:
                unknown += 1
                near = self.near(typed, marketplace)
                status, meant = ("near", near) if near else (status, meant)
            found.append((marketplace, typed, stated, status, meant))
        return pl.DataFrame(found, schema=NAMED, orient="row")

    def strange(self, typed: Iterable[str], marketplace: str | None = None) -> list[str]:
        """Those of these names, as typed, that nobody knows."""
        return [name for name in typed if self._resolve(name, marketplace)[1] == "unknown"]

    def near(self, typed: str, marketplace: str | None = None) -> str | None:
        """The known name that one which nobody knows is close to."""
        close = _near(fold(typed[:80]), self.names)
        return self._written(close, marketplace) if close else None

    def choices(self, marketplace: str | None) -> list[str]:
        """The names that one of nobody's may stand for: all carriers, then what else the marketplace lists."""
        offered = self.listed.get(marketplace or "", {})
        own = sorted((carrier.name for carrier in self.carriers if carrier.id != ANY_POST), key=str.casefold)
        formless = sorted(self.shown[name] for name, meant in offered.items() if not meant and name not in self.other)
        return [*own, *formless]

    def _written(self, name: str, marketplace: str | None) -> str:
        """A folded name as a person reads it: as the marketplace's list has it, else the one carrier's own name."""
        meant = self.members(self.names[name])
        on_list = name in self.listed.get(marketplace or "", {})
        return meant[0].name if len(meant) == 1 and not on_list else self.shown[name]

    def _resolve(self, typed: str | None, marketplace: str | None) -> tuple[int, str, str | None]:
        name = fold(typed or "")
        if not name:
            return 0, "missing", None
        offered = self.listed.get(marketplace or "", {})
        if name in self.other:
            return 0, "other", None
        if name in offered:
            return offered[name], "listed" if offered[name] else "formless", (typed or "").strip()
        bare = name
        for entry in sorted(self.other, key=len, reverse=True):
            if typed and re.match(rf"\s*{re.escape(entry)}\s*[:/(-]", typed, re.IGNORECASE):
                bare = name.removeprefix(entry)
                break
        stated = self.names.get(bare)
        if stated is None:
            return 0, "unknown", None
        on_list = any(stated & carriers for carriers in offered.values())
        status = "formless" if not stated else "listed" if on_list else "unlisted"
        return stated, status, self.shown[bare]


def _near(name: str, known: Mapping[str, int]) -> str | None:
    """The known name (both folded) that is close to this one: nearly the same letters.

    Of two letters any third makes another carrier (SF, SFC): such names are close to nothing. A Chinese name of a few
    signs is close to one with the same first sign that differs in one sign, or goes on where the other ends;
    of several the one with the longest same beginning, then the first of the file.
    """
    if not _CHINESE.search(name):
        some = [each for each in known if len(each) > 2]
        return next(iter(difflib.get_close_matches(name, some, n=1, cutoff=NEAR)), None)
    close = [
        each
        for each in known
        if each[0] == name[0] and min(len(each), len(name)) > 1
        and (each.startswith(name) or name.startswith(each) or _one_sign_apart(each, name))
    ]  # fmt: skip
    return max(close, key=lambda each: (_same_signs(each, name), len(each) == len(name)), default=None)


def _one_sign_apart(one: str, other: str) -> bool:
    """Whether one sign put in, left out or exchanged makes one text of the other."""
    short, long = sorted((one, other), key=len)
    same = _same_signs(short, long)
    return len(long) - len(short) <= 1 and long[same + 1 :] == short[same + (len(long) == len(short)) :]


def _same_signs(one: str, other: str) -> int:
    """How many signs the two have in common at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def mask(carriers: Iterable[Carrier]) -> int:
    """The set of these carriers."""
    found = 0
    for carrier in carriers:
        found |= carrier.mask
    return found


def fold(name: str) -> str:
    """A name without case, accents, widths, spaces and signs, for comparing."""
    text = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def told(rows: pl.DataFrame, words: pl.DataFrame) -> pl.Series:
    """The ``carrier`` of each row as its shop's own words mean it, as typed where they say nothing of it.

    ``rows``: shop_id and carrier; ``words``: shop_id, word (folded), carrier (a name that is known).
    """
    if not words.height:
        return rows["carrier"]
    key = ["shop_id", "carrier"]
    typed = rows.select(key).unique().drop_nulls()
    folded = typed.with_columns(word=pl.Series([fold(name) for name in typed["carrier"]], dtype=pl.String))
    meant = words.select("shop_id", "word", meant="carrier")
    found = folded.join(meant, on=["shop_id", "word"]).select(*key, "meant")
    joined = rows.select(key).join(found, on=key, how="left", maintain_order="left")
    return joined.select(pl.coalesce("meant", "carrier").alias("carrier"))["carrier"]


def load(file: Path = FILE) -> Carriers:
    """Read and check the carriers. Raises :class:`PolicyError` with the file's name."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{file}: {error}") from error
    try:
        return _read(tables)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise PolicyError(f"{file}: {error}") from error


def _read(tables: Mapping[str, Any]) -> Carriers:
    _only(tables, _TABLES, "the file")
    countries = tables["s10"]["countries"].split()
    letters = {"{countries}": countries, "{suffixes}": [*countries, *tables["s10"]["extra"]]}
    carriers = tuple(_carrier(bit, id_, table, letters) for bit, (id_, table) in enumerate(tables["carriers"].items()))
    if len(carriers) > 63:
        raise ValueError("more carriers than a set of 64 bits holds")
    bits = {carrier.id: carrier.mask for carrier in carriers}
    for carrier in carriers:
        for name in carrier.partners:
            bits[name]  # a partner that does not exist
    named: list[tuple[str, int]] = []
    for carrier in carriers:
        aliases = tables["carriers"][carrier.id].get("aliases", [])
        named += [(name, carrier.mask) for name in (carrier.id, carrier.name, *carrier.name.split(" / "), *aliases)]
    offered = {market: list(_pairs(tables["lists"], lists, bits)) for market, lists in _LISTS.items()}
    everywhere = [pair for pairs in offered.values() for pair in pairs]
    named = [*everywhere, *named, *_pairs(tables, ("names",), bits)]
    return Carriers(
        carriers,
        names={fold(name): carriers for name, carriers in named},
        shown={fold(name): name for name, _ in reversed(named)},  # a list's own spelling before an alias
        listed={str(market): {fold(name): carriers for name, carriers in pairs} for market, pairs in offered.items()},
        other=frozenset(fold(name) for name in tables["other"]["names"]),
        aggregators=tuple(tables["aggregators"]["hosts"]),
    )


def _pairs(tables: Mapping[str, Any], names: Sequence[str], bits: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for table in names:
        for name, ids in tables[table].items():
            yield name, sum(bits[id_] for id_ in set(ids))


def _carrier(bit: int, id_: str, table: Mapping[str, Any], letters: Mapping[str, Sequence[str]]) -> Carrier:
    _only(table, _FIELDS, id_)
    forms = [_form(id_, form, letters) for form in table["forms"]]
    if table.get("partner_s10"):
        shape = "[A-Z]{2}[0-9]{9}{countries}"
        partner = {"shape": shape, "evidence": "docs", "key": "s10", "key_evidence": "spec", "source": "S10"}
        forms.append(_form(id_, partner, letters, role="partner"))
    return Carrier(
        id_,
        table["name"],
        bit,
        table["closed"],
        tuple(table["hosts"]),
        tuple(table.get("partners", ())),
        table.get("url", ""),
        table.get("number_in_url", True),
        tuple(forms),
    )


def _form(id_: str, table: Mapping[str, Any], letters: Mapping[str, Sequence[str]], role: str = "own") -> Form:
    _only(table, _FORM, id_)
    shape = table["shape"]
    for place, known in letters.items():
        shape = shape.replace(place, f"(?:{'|'.join(known)})")
    for evidence in (table["evidence"], table.get("key_evidence", "spec")):
        if evidence not in EVIDENCE:
            raise ValueError(f"{id_}: unknown evidence {evidence!r}")
    if ("key" in table) != ("key_evidence" in table) or table.get("key", "s10") not in KEYS:
        raise ValueError(f"{id_}: {shape}: unknown key, or no evidence of it")
    by_length: dict[int, list[Option]] = {}
    for option in options(shape):
        if len(option) <= LONGEST and len(option) in table.get("lengths", [len(option)]):
            by_length.setdefault(len(option), []).append(option)
    role = "handover" if table.get("handover") else role
    return Form(
        shape,
        by_length,
        table["evidence"],
        table["source"],
        table.get("key"),
        table.get("key_evidence"),
        tuple(table.get("require", ())),
        role,
    )


def _only(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    strange = table.keys() - set(known)
    if strange:
        raise ValueError(f"{where}: unknown field {', '.join(sorted(strange))}")
