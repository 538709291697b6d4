"""Hours, days and names as people type them."""

import datetime as dt

import pytest

from core.desk.settings import Unclear, format_hours, parse_days, parse_hours, parse_people


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("  ", ()),
        ("09:00-12:00 13:00-18:00", (("09:00", "12:00"), ("13:00", "18:00"))),
        ("13:00-18:00, 9:00 - 12:00", (("09:00", "12:00"), ("13:00", "18:00"))),
        ("９：００－１２：００、１３：００～１８：００", (("09:00", "12:00"), ("13:00", "18:00"))),
        ("00:00-24:00", (("00:00", "24:00"),)),
        ("08:00-12:00 20:00-02:00", (("08:00", "12:00"), ("20:00", "02:00"))),
        ("09:00–12:00 12:00—18:00", (("09:00", "12:00"), ("12:00", "18:00"))),
    ],
)
def test_hours(text: str, spans: tuple[tuple[str, str], ...]) -> None:
    assert parse_hours(text) == spans
    assert parse_hours(format_hours(spans)) == spans


@pytest.mark.parametrize(
    "text", ["9", "9-12", "09:00", "25:00-26:00", "09:60-10:00", "09:00-09:00", "24:00-08:00", "nine-ten"]
)
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(Unclear, match="is not a span of hours"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["09:00-12:00 11:00-13:00", "20:00-02:00 22:00-23:00"])
def test_spans_that_overlap(text: str) -> None:
    with pytest.raises(Unclear, match="begins before the other ends"):
        parse_hours(text)


def test_days() -> None:
    assert parse_days(" 2026-12-31, 2026-12-24\n2026-12-31 ") == (dt.date(2026, 12, 24), dt.date(2026, 12, 31))
    assert parse_days("") == ()
    with pytest.raises(Unclear, match=r"24/12/2026 is not a day"):
        parse_days("24/12/2026")


def test_people() -> None:
    assert parse_people(" Léa \n\n王  芳\nLéa") == ("Léa", "王 芳")
