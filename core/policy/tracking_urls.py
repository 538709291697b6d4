"""Tracking links: well-formed, on whose host, and with the number of their row in them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.policy.carriers import Carriers
from core.policy.tracking_findings import worded
from core.policy.tracking_kinds import distinct
from core.policy.tracking_reasons import Url
from core.policy.tracking_shapes import partners_of
from core.policy.values import applies

Bits = NDArray[np.uint64]
Places = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Mark = Callable[..., None]

_FINE: Final = r"^(?i:https?)://[!-\[\]-~]+$"
_SCHEME: Final = r"^(?i:https?)://"
_AUTHORITY: Final = r"^[A-Za-z]+://([^/?#]*)"
_UNFIT: Final = r"[\s\p{Cc}\p{Cf}\\]"
_BLANK: Final = r"^[\s\p{Cf}]*$"
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_PORT: Final = re.compile(r":(\d{0,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$", re.ASCII)
"""A port that can exist, up to 65535; another one stays in the host, which then cannot exist either."""
_NUMBER: Final = "^[A-Z0-9]+$"
_PAST_HOST: Final = r"://[^/?#]*[/?#]"
_TOKEN: Final = "[A-Z0-9]*[0-9][A-Z0-9]*|[A-Z]{6,}"
_NUMBER_LIKE: Final = "^[A-Z0-9]{6,}$"
_SEPARATORS: Final = r"[\s._-]"
_APART: Final = r"[A-Z0-9][\s._-][0-9]"
_LONG_TEXT: Final = 1000
_AT: Final = {word: n for n, word in enumerate(Url)}


@dataclass(frozen=True, slots=True)
class _Host:
    host: str
    fault: str | None
    owners: int
    aggregator: bool


@applies("CD-S4", "CD-S5")
def judge_urls(
    urls: pl.Series, numbers: pl.Series, stated: Bits, fits: Bits, carriers: Carriers, longest: int, mark: Mark
) -> pl.Series:
    """The Url word of each link (null without one); ``mark(code, rows, given, expected)`` takes what is wrong.

    ``urls``: as typed, outer white space taken off, null where blank. ``numbers``: normalised.
    ``stated``: the carriers given; ``fits``: those whose number it may be. ``longest``: CD-S4.
    """
    there = urls.is_not_null()
    rows = np.flatnonzero(there.to_numpy())
    result = np.full(len(urls), -1, dtype=np.int8)
    if not len(rows):
        return _worded(result)
    some, wanted = urls.filter(there), numbers.filter(there)
    # Most links are one of a few beginnings and then the number: what is looked at is the beginnings.
    begins, ends = _beginnings(some, wanted)
    first, which = distinct(begins.hash())
    distinct_ones = begins.gather(first)
    bad = _form(some, rows, ~distinct_ones.str.contains(_FINE).to_numpy()[which], longest, mark)
    hosts, host_of = _hosts(distinct_ones, carriers)
    host_of = host_of[which]
    for code in ("url_user", "url_no_host"):
        hit = np.array([host.fault == code for host in hosts], dtype=bool)[host_of] & ~bad
        if hit.any():
            mark(code, rows[hit], [hosts[n].host for n in host_of[hit]])
            bad |= hit
    words = _places(rows, bad, hosts, host_of, stated, fits, carriers, mark)
    apart = ends & ~distinct_ones.str.contains("[A-Za-z0-9%]$").to_numpy()[which]
    asked = ~bad & ~apart & wanted.is_not_null().to_numpy() & ~_forms_only(hosts, host_of, stated[rows], carriers)
    _without_number(rows, np.flatnonzero(asked), some, numbers, words, mark)
    result[rows] = words
    return _worded(result)


def bare(urls: pl.Series) -> pl.Series:
    """Links without outer white space; null where nothing else is typed."""
    odd = (~urls.str.starts_with("http")).fill_null(False).arg_true()
    blank = odd.filter(urls.gather(odd).str.contains(_BLANK))
    return (urls.scatter(blank, None) if len(blank) else urls).str.strip_chars(" \t\r\n")


def _worded(numbers: NDArray[np.int8]) -> pl.Series:
    """The words of Url by their place in it; null for -1."""
    return worded("url_result", [None, *Url], numbers + 1)


def _beginnings(urls: pl.Series, numbers: pl.Series) -> tuple[pl.Series, Flags]:
    """What stands before the number in each link that ends in it, spelt alike; the whole link else. And whether.

    A number that touches the host is a part of it, and stays.
    """
    frame = pl.DataFrame({"url": urls, "number": numbers})
    cut = pl.when(pl.col("number").str.contains(_NUMBER)).then(pl.col("url").str.strip_suffix(pl.col("number")))
    apart = pl.when(cut.str.contains(_PAST_HOST)).then(cut).otherwise("url").alias("begin")
    begins = frame.select(apart)["begin"]
    ends: Flags = (begins.str.len_bytes() < urls.str.len_bytes()).to_numpy()
    return begins, ends


def _form(some: pl.Series, rows: NDArray[np.int64], odd: Flags, longest: int, mark: Mark) -> Flags:
    """Marks links that cannot be links at all. ``odd``: those that have to be looked at sign by sign."""
    bad: Flags = odd | (some.str.len_bytes() > longest).to_numpy()
    at = np.flatnonzero(bad)
    if len(at):
        bad[at] = _ill_formed(some.gather(at), rows[at], longest, mark)
    return bad


def _ill_formed(some: pl.Series, rows: NDArray[np.int64], longest: int, mark: Mark) -> Flags:
    length = some.str.len_chars()
    long = (length > longest).to_numpy()
    mark("url_too_long", rows[long], length.filter(long).cast(pl.String), str(longest))
    unfit = some.str.contains(_UNFIT).to_numpy()
    mark("url_characters", rows[unfit])
    scheme = ~some.str.contains(_SCHEME).to_numpy()
    mark("url_scheme", rows[scheme])
    bad: Flags = long | unfit | scheme
    return bad


def _hosts(some: pl.Series, carriers: Carriers) -> tuple[list[_Host], Places]:
    """The distinct hosts, and which of them each link has."""
    authority = some.str.extract(_AUTHORITY).fill_null("")
    first, which = distinct(authority.hash())
    return [_host(text, carriers) for text in authority.gather(first)], which


def _host(authority: str, carriers: Carriers) -> _Host:
    name, _, after = authority.rpartition("@")
    host = _PORT.sub("", after).lower().removesuffix(".")
    if name or "@" in authority:
        return _Host(host[:80], "url_user", 0, aggregator=False)
    labels = host.split(".")
    if host.isascii() and (len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(part) for part in labels)):
        return _Host(host[:80], "url_no_host", 0, aggregator=False)
    owners = sum(carrier.mask for carrier in carriers.carriers if on_host(host, carrier.hosts))
    return _Host(host[:80], None, owners, on_host(host, carriers.aggregators))


def on_host(host: str, hosts: Sequence[str]) -> bool:
    """Whether a host is one of these or stands below one of them."""
    return any(host == known or host.endswith("." + known) for known in hosts)


def _places(
    rows: NDArray[np.int64],
    bad: Flags,
    hosts: list[_Host],
    host_of: Places,
    stated: Bits,
    fits: Bits,
    carriers: Carriers,
    mark: Mark,
) -> NDArray[np.int8]:
    """The Url word of each link by its host, as its place in Url."""
    owners = np.array([host.owners for host in hosts], dtype=np.uint64)[host_of]
    aggregator = np.array([host.aggregator for host in hosts], dtype=bool)[host_of]
    theirs = stated[rows]
    own = (owners & theirs) != 0
    partner = (owners & fits[rows]) != 0
    at = np.flatnonzero(~own & ~partner)
    partner[at] = (owners[at] & partners_of(theirs[at], carriers)) != 0
    words: NDArray[np.int8] = np.select(
        [bad, own, aggregator, (theirs != 0) & partner, owners != 0],
        [_AT[Url.ILL_FORMED], _AT[Url.OWN], _AT[Url.AGGREGATOR], _AT[Url.PARTNER], _AT[Url.OTHER_CARRIER]],
        _AT[Url.UNKNOWN_HOST],
    ).astype(np.int8)
    mark("url_aggregator", rows[words == _AT[Url.AGGREGATOR]])
    known = theirs != 0
    other = known & (words == _AT[Url.OTHER_CARRIER])
    mark("url_other_carrier", rows[other], None, [_first(carriers, int(n)) for n in owners[other]])
    strange = known & (words == _AT[Url.UNKNOWN_HOST])
    mark("url_unknown_host", rows[strange], [hosts[n].host for n in host_of[strange]])
    return words


def _first(carriers: Carriers, owners: int) -> str:
    return " / ".join(carrier.name for carrier in carriers.members(owners)[:3])


def _forms_only(hosts: list[_Host], host_of: Places, stated: Bits, carriers: Carriers) -> Flags:
    """Whether a link leads to a stated carrier whose page has no number in its address."""
    numberless = sum(carrier.mask for carrier in carriers.carriers if not carrier.number_in_url)
    owners = np.array([host.owners for host in hosts], dtype=np.uint64)[host_of] & stated
    found: Flags = (owners != 0) & ((owners & ~np.uint64(numberless)) == 0)
    return found


def tokens(urls: pl.Series) -> pl.DataFrame:
    """What may be a number in each link: one row each with ``n`` (the link's place) and ``token``.

    Links are percent-decoded and taken in upper case, with and without the separators inside.
    """
    short = urls.str.slice(0, _LONG_TEXT)
    escaped = short.str.contains("%", literal=True)
    if escaped.any():
        plain = [unquote(url) for url in short.filter(escaped)]
        short = short.scatter(escaped.arg_true(), pl.Series(plain, dtype=pl.String))
    tail = short.str.replace(_AUTHORITY, "").str.to_uppercase()
    apart = tail.str.contains(_APART).arg_true()
    joined = tail.gather(apart).str.replace_all(_SEPARATORS, "")
    every = pl.int_range(len(tail), dtype=pl.UInt32, eager=True)
    parts = [
        pl.DataFrame({"n": n, "token": some.str.extract_all(_TOKEN)}) for n, some in ((every, tail), (apart, joined))
    ]
    return pl.concat(parts).explode("token", empty_as_null=True, keep_nulls=True).drop_nulls("token")


def _without_number(
    rows: NDArray[np.int64],
    at: NDArray[np.int64],
    some: pl.Series,
    numbers: pl.Series,
    words: NDArray[np.int8],
    mark: Mark,
) -> None:
    """Of the links ``at``, marks those that lack their row's number however it is spelt: a home page, another
    row's number, or some other one."""
    if not len(at):
        return
    held = tokens(some.gather(at))
    its_own = held.filter(held["token"] == numbers.gather(rows[at]).gather(held["n"]))["n"].to_numpy()
    lacks = np.ones(len(at), dtype=bool)
    lacks[its_own] = False
    held = held.filter(pl.Series(lacks).gather(held["n"]))
    held = held.filter(pl.col("token").str.contains(_NUMBER_LIKE) & (pl.col("token").str.count_matches("[0-9]") >= 4))
    held = held.select(pl.Series(at).gather(held["n"]).alias("at"), "token")
    at = at[lacks]
    in_file = numbers.filter(numbers.is_in(held["token"].unique().implode())).unique()
    others = held.filter(pl.col("token").is_in(in_file.implode()))
    others = others.sort("at", "token").unique("at", keep="first", maintain_order=True)
    mark("url_other_row", rows[others["at"].to_numpy()], None, others["token"])
    left = np.zeros(len(rows), dtype=np.int8)  # 1: no number at all, 2: some number
    left[at] = 1
    left[held["at"].to_numpy()] = 2
    left[others["at"].to_numpy()] = 0
    mark("url_number_differs", rows[left == 2])
    home = np.flatnonzero(left == 1)
    words[home] = _AT[Url.HOME_PAGE]
    mark("url_home_page", rows[home])
