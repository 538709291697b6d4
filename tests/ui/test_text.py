"""Numbers, amounts, times and sentences in the three languages."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from core.policy.explain import Zone
from ui.text import LANGUAGES, NOTHING, pick, text

FRIDAY = dt.datetime(2026, 11, 27, 13, 5, tzinfo=dt.UTC)
NARROW, NO_BREAK = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


class Shown(NamedTuple):
    """One value as the three languages write it."""

    method: str
    arguments: tuple[object, ...]
    en: str
    zh_CN: str  # noqa: N815 - the language's code
    fr: str


CASES = [
    Shown("left", (4800,), "1 h 20", "1小时20分", "1 h 20"),
    Shown("left", (3659,), "1 h 00", "1小时00分", "1 h 00"),
    Shown("left", (2 * 86400 + 3 * 3600 + 3599,), "2 d 3 h", "2天3小时", "2 j 3 h"),
    Shown("left", (1259,), "20 min", "20分钟", "20 min"),
    Shown("left", (0,), "0 min", "0分钟", "0 min"),
    Shown("left", (-4800,), "−1 h 20", "−1小时20分", "−1 h 20"),
    Shown("left", (None,), NOTHING, NOTHING, NOTHING),
    Shown("ago", (6 * 3600,), "6 h 00 ago", "6小时00分前", "il y a 6 h 00"),
    Shown("money", (123450, "EUR"), "€1,234.50", "€1,234.50", f"1{NARROW}234,50{NO_BREAK}€"),
    Shown("money", (500, "JPY"), "JP¥500", "JP¥500", f"500{NO_BREAK}JPY"),
    Shown("money", (1999, None), "19.99", "19.99", "19,99"),
    Shown("money", (None, "EUR"), NOTHING, NOTHING, NOTHING),
    Shown("number", (1234567,), "1,234,567", "1,234,567", f"1{NARROW}234{NARROW}567"),
    Shown("number", (2.5, 2), "2.50", "2.50", "2,50"),
    Shown("percent", (0.9871,), "98.7%", "98.7%", f"98,7{NARROW}%"),
    Shown("percent", (1, 0), "100%", "100%", f"100{NARROW}%"),
    Shown("moment", (FRIDAY, "Europe/Paris"), "Fri 27 Nov 14:05", "11月27日周五 14:05", "ven. 27 nov. 14:05"),
    Shown("moment", (FRIDAY, "Asia/Shanghai"), "Fri 27 Nov 21:05", "11月27日周五 21:05", "ven. 27 nov. 21:05"),
    Shown("day", (FRIDAY.date(),), "27 Nov 2026", "2026年11月27日", "27 nov. 2026"),
    Shown("city", ("Asia/Shanghai",), "Shanghai", "上海", "Shanghai"),
    Shown("city", ("Europe/Paris",), "Paris", "巴黎", "Paris"),
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}{case.arguments}")
def test_values_as_each_language_writes_them(case: Shown, lang: str) -> None:
    found = getattr(text(lang), case.method)(*case.arguments)
    # Which no-break space a language puts before a sign is CLDR's to say and changes with it.
    assert found.replace(NARROW, NO_BREAK) == getattr(case, lang).replace(NARROW, NO_BREAK)


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("fr-FR", "fr"),
        ("zh-CN", "zh_CN"),
        ("zh_CN", "zh_CN"),
        ("zh-TW,zh;q=0.8", "zh_CN"),
        ("de-DE,de;q=0.9,fr;q=0.8,en;q=0.7", "fr"),
        ("en;q=0.5,zh;q=0.9", "zh_CN"),
        ("fr;q=0,en", "en"),
        ("FR", "fr"),
        ("de", "en"),
        ("fr;q=high", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_browser_says_which_language(accept: str | None, lang: str) -> None:
    assert pick(accept) == lang


def test_values_inside_a_sentence_are_written_in_the_language() -> None:
    at = FRIDAY.astimezone(ZoneInfo("Asia/Shanghai"))
    assert text("fr").show(at) == "ven. 27 nov. 21:05"
    assert text("zh_CN").show(Zone("Asia/Shanghai")) == "上海"
    assert text("zh_CN").show(ZoneInfo("Europe/Paris")) == "巴黎"
    assert text("fr").show(12000).replace(NARROW, " ") == "12 000"
    assert text("en").show("C-000123") == "C-000123"
    assert text("en").show(None) == NOTHING


def test_text_from_files_cannot_fill_places_or_speak_markdown() -> None:
    assert text("en")._("{time} ago", time="{0.__class__} **x**") == "{0.__class__} **x** ago"
    assert text("en").plain("![x](http://a.b)\n# t $1$ @c") == r"\!\[x\]\(http\://a\.b\) \# t \$1\$ \@c"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        text("en").moment(dt.datetime(2026, 1, 1), "Europe/Paris")


def test_an_empty_sentence_is_not_the_catalogue_head() -> None:
    assert text("fr")._("") == ""
