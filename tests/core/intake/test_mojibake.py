"""Chinese that was read in a wrong encoding is found, in files and in cells; what people write in Europe never is."""

from collections.abc import Callable
from functools import cache

import polars as pl
import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.encoding import decide
from core.intake.mojibake import garbled
from tests.core.intake.files import FORMATS, codes, export, reading, row

EUROPE = ("fr", "de", "pl", "es", "pt", "it", "cs", "sv", "hu", "tr", "vi")
WAYS: dict[str, Callable[[str], str]] = {
    "GBK as Windows-1252": lambda word: word.encode("gbk").decode("cp1252", "replace"),
    "GBK as Latin-1": lambda word: word.encode("gbk").decode("latin-1"),
    "UTF-8 as GB18030": lambda word: word.encode().decode("gb18030", "replace"),
    "UTF-8 as GBK, the lost signs as question marks": lambda word: (
        word.encode().decode("gbk", "replace").replace("\ufffd", "?")
    ),
    "UTF-8 as Latin-1": lambda word: word.encode().decode("latin-1"),
}


@cache
def words(language: str) -> list[str]:
    """Real words: countries, languages, currencies, months and days as the language writes them."""
    locale = Locale.parse(language)
    named = [*locale.territories.values(), *locale.languages.values(), *locale.currencies.values()]
    dated = [*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values()]
    return sorted({str(word) for word in (*named, *dated)})


@pytest.mark.parametrize("language", [*EUROPE, "zh_Hans", "zh_Hant", "ja", "ko"])
def test_no_real_word_is_taken_for_garbled_text(language: str) -> None:
    real = words(language)
    cells = pl.Series([*real, *(word.upper() for word in real), *(f"«\u00a0{word}\u00a0»" for word in real)])
    assert cells.filter(garbled(cells)).to_list() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([word for language in ("fr", "de", "pl") for word in words(language)]), min_size=1))
def test_no_sentence_of_french_german_and_polish_words_is_taken_for_garbled_text(said: list[str]) -> None:
    assert not garbled(pl.Series([" ".join(said), ", ".join(said).upper(), "".join(said)])).any()


@pytest.mark.parametrize("way", WAYS)
def test_chinese_that_was_read_in_a_wrong_encoding_is_found(way: str) -> None:
    real = [word for word in words("zh_Hans") if len(word) > 2 and word.isalpha() and not word.isascii()]
    found = garbled(pl.Series([f"A {WAYS[way](word)}" for word in real]))
    assert found.mean() > 0.9


def test_a_line_of_dots_and_a_row_of_letters_are_no_chinese() -> None:
    for text in ("········", "ÄÖÜß", "àéîõù", "°°°°", "××××", "涓涓细流", "联通", "ÉÉ"):
        assert not garbled(pl.Series([text])).item()


def test_garbled_chinese_is_found_where_no_other_odd_sign_stands_near() -> None:
    data = export(row("A", title="Lampe d'été"), row("B", title="ÖÐ¹ú"))
    assert "garbled" in codes(reading(data))
    assert "garbled" in codes(reading(data.decode().encode("cp1252")))
    assert "garbled" not in codes(reading(export(row("A", title="Lampe d'été"), row("B", title="Fenêtre à Nîmes"))))


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(words("zh_Hans")), st.integers(0, 400))
def test_a_file_in_gbk_is_told_by_one_chinese_cell(word: str, others: int) -> None:
    """But for a word of two signs whose four bytes happen to be two signs of UTF-8 (欧元): alone it tells nothing."""
    table = ("order;title;qty\n" + "A;Lamp;1\n" * others + f"B;{word};1\n").encode("gb18030")
    assert decide(table, FORMATS.words).encoding == ("utf-8" if is_utf8(table) else "gb18030")


def test_few_chinese_words_are_utf8_by_chance() -> None:
    chinese = [word for word in words("zh_Hans") if not word.isascii()]
    assert sum(is_utf8(word.encode("gb18030")) for word in chinese) < len(chinese) / 100


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([word for language in ("fr", "de", "es", "sv") for word in words(language)]))
def test_a_file_in_windows_1252_is_not_taken_for_gbk(word: str) -> None:
    told = decide(f"order;title;qty\nB;{word};1\n".encode("cp1252", "ignore"), FORMATS.words).encoding
    assert told != "gb18030"
