"""Files out: nothing in them runs, numbers stay numbers."""

import io

import fastexcel
import polars as pl
import pytest

from core.desk import exports

DANGEROUS = ["=1+1", "+33612345678", "-2+3", "@SUM(A1)", "\tx", "\rx", "  =1", "＝1", "＋1", "－1", "＠x", "\u200b=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert exports.safe(pl.DataFrame({"a": [text]}))["a"][0] == "'" + text


@pytest.mark.parametrize("text", ["Camille", "2-3", "a=b", "", "12,50 €", "王芳"])
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert exports.safe(pl.DataFrame({"a": [text]}))["a"][0] == text


def test_negative_numbers_stay_numbers() -> None:
    frame = pl.DataFrame({"amount": [-5, 7]})
    assert exports.safe(frame).equals(frame)
    assert exports.csv(frame).decode("utf-8-sig").splitlines() == ["amount", "-5", "7"]


def test_csv_opens_rightly_in_a_french_excel() -> None:
    written = exports.csv(pl.DataFrame({"nom": ["Béranger"], "x": [None]}, schema={"nom": pl.String, "x": pl.String}))
    assert written.startswith(b"\xef\xbb\xbfnom;x")


def test_xlsx_keeps_texts_as_texts_and_numbers_as_numbers() -> None:
    frame = pl.DataFrame({"text": [*DANGEROUS, "0012"], "n": list(range(len(DANGEROUS) + 1))})
    back = fastexcel.read_excel(io.BytesIO(exports.xlsx(frame)).getvalue()).load_sheet(0).to_polars()
    assert back["text"].to_list()[-1] == "0012"
    assert back["text"].to_list()[0] == "=1+1"
    assert back["n"].cast(pl.Int64).to_list() == frame["n"].to_list()


def test_an_empty_table_can_be_exported() -> None:
    empty = pl.DataFrame(schema={"a": pl.String, "at": pl.Datetime("us", "UTC")})
    assert exports.csv(empty).decode("utf-8-sig").strip() == "a;at"
    assert exports.xlsx(empty)


def test_a_copy_is_as_safe_as_a_file() -> None:
    assert exports.clipboard(pl.DataFrame({"a": ["=1", "x\ty"], "b": [1, 2]})).splitlines() == [
        "a\tb",
        "'=1\t1",
        "x y\t2",
    ]
