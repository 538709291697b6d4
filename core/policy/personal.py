"""Personal data: kept no longer than set, never wiped while something about the order still runs (XX-P1)."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import polars as pl

from core.policy.returns import reasons, statuses
from core.policy.values import applies
from core.policy.words import OPEN_STATES, N_

KEPT: Final = {
    "order_open": N_("The order is still open."),
    "return_open": N_("A return of it is still open."),
    "inquiry_open": N_("The buyer still waits for an answer."),
    "dispute_open": N_("A dispute about it still runs."),
    "not_yet": N_("It is kept until its last day."),
}
"""Why the personal data of an order stays for now; only the last one gives way to a person's word."""


@applies("XX-P1")
def judged(cases: pl.DataFrame, days: int, now: dt.datetime) -> pl.DataFrame:
    """``cases`` with ``wipe_at`` (from when on the personal data goes) and ``kept_by`` (a key of :data:`KEPT`; null:
    it goes now).

    ``cases``: state (null: no order is known), last_at (the newest instant at which something happened; null: cannot
    tell, it stays), return_open, inquiry_open, dispute_until. ``days``: of retention, counted in whole UTC days from
    the day of ``last_at``, so that all of a day goes at once.
    """
    wipe_at = pl.col("last_at").dt.truncate("1d") + dt.timedelta(days=days + 1)
    return cases.with_columns(wipe_at=wipe_at).with_columns(
        kept_by=pl.when(pl.col("state").is_in([str(state) for state in OPEN_STATES])).then(pl.lit("order_open"))
        .when("return_open").then(pl.lit("return_open"))
        .when("inquiry_open").then(pl.lit("inquiry_open"))
        .when(pl.col("dispute_until") > now).then(pl.lit("dispute_open"))
        .when((pl.col("wipe_at") <= now).fill_null(False)).then(None)
        .otherwise(pl.lit("not_yet"))
    )  # fmt: skip


def cutoff(days: int, now: dt.datetime) -> dt.datetime:
    """What happened before this instant may be older than ``days`` of retention; nothing younger is."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=days)


def _no_table(_word: str) -> bool:
    return False


WORDS: Final[dict[str, dict[str, Callable[[str], bool]]]] = {
    "returns": {
        "reason_word": reasons.is_known,
        "status_word": statuses.is_answered,
        **dict.fromkeys(("resolution_word", "return_type", "label_word", "label_paid_by"), _no_table),
    },
    "inquiries": dict.fromkeys(("level_word", "topic_word", "about_word", "status_word"), _no_table),
    "disputes": dict.fromkeys(("status_word", "reason_word", "kind_word"), _no_table),
}
"""The fields of records in which a marketplace's code is expected, each with whether a table of ours knows a word.

Figures and clocks need the known ones, which name nobody. Any other may say anything: a column mapped by hand brings
what the buyer wrote. It goes with the personal data.
"""


def known_words(kind: str, field: str, words: Iterable[str]) -> list[str]:
    """Those of the words in a field of :data:`WORDS` that a table knows."""
    return [word for word in words if WORDS[kind][field](word)]


def bare_link(url: str, number: str | None) -> str:
    """A parcel's link with no more than what leads to the parcel: many name the buyer's postcode beside its number.

    Of its path it keeps the number, words without a digit and parts too short for a postcode, of the query the number
    and words of at most three letters (a language); without the number the host alone. What is no web address becomes
    empty.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    leads = _plain(number or "")
    fields = [(name, value) for name, value in parse_qsl(parts.query) if _plain(value) == leads or _is_short(value)]
    held = [*parts.path.split("/"), *parts.fragment.split("/"), *(value for _, value in fields)]
    if not leads or leads not in map(_plain, held):
        return f"{parts.scheme}://{parts.hostname}"
    path, fragment = (
        "/".join(part for part in place.split("/") if _plain(part) == leads or _is_no_place(part))
        for place in (parts.path, parts.fragment)
    )
    kept = parts.query if len(fields) == parts.query.count("&") + 1 else urlencode(fields)  # spelled as it was
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, kept, fragment))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _is_short(text: str) -> bool:
    return len(text) <= 2 or (len(text) == 3 and text.isalpha())


def _is_no_place(part: str) -> bool:
    return len(part) <= 2 or not any(map(str.isdigit, part))
