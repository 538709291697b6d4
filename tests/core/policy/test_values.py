"""The policy files: what holds on which day, and how a broken file is told."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from core.policy.extract import extract
from core.policy.values import DIRECTORY, NotInForce, PolicyError, load

GOOD = """[accept_within_hours]
rule = "CD-O1"
unit = "hours"
title = "Accept within"
last_checked = 2026-11-22

[[accept_within_hours.values]]
since = 2020-03-01
amount = 48
source = "deck"

[[accept_within_hours.values]]
since = 2026-07-01
amount = 36
source = "made up"
"""


def test_the_day_of_the_change_has_the_new_value_and_the_day_before_the_old(tmp_path):
    (tmp_path / "made_up.toml").write_text(GOOD)
    values = load(tmp_path)
    days = [dt.date(2020, 2, 29), dt.date(2020, 3, 1), dt.date(2026, 6, 30), dt.date(2026, 7, 1), dt.date(2026, 7, 2)]
    frame = pl.DataFrame({"day": days})
    found = frame.select(values.in_force("accept_within_hours", pl.col("day")))
    assert found.to_series().to_list() == [None, 48, 48, 36, 36]
    assert [values.on("accept_within_hours", day).amount for day in days[1:]] == [48, 48, 36, 36]
    with pytest.raises(NotInForce):
        values.on("accept_within_hours", days[0])


@pytest.mark.rule("CD-O1")
def test_last_years_order_is_judged_by_last_years_rule(tmp_path, desk):
    (tmp_path / "made_up.toml").write_text(GOOD + (DIRECTORY / "across.toml").read_text() + _workdays())
    # Midnight of 1 July in Paris is 22:00 UTC on 30 June.
    created = [dt.datetime(2026, 6, 30, 21, 59, tzinfo=dt.UTC), dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC)]
    judged = desk.judge(*({"created_at": at} for at in created), now=created[0], values=load(tmp_path))
    hours = ((judged["due_at"] - judged["created_at"]).dt.total_hours()).to_list()
    assert sorted(hours) == [36, 48]
    assert sorted(judged["rule_values"]) == ["accept_within_hours=36", "accept_within_hours=48"]


def _workdays() -> str:
    text = (DIRECTORY / "cdiscount.toml").read_text()
    start = text.index("[preparation_workdays]")
    return text[start : text.index("[indicator_short_days]")]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("since = 2026-07-01", "since = 2020-03-01", 13, "does not rise"),
        ("since = 2026-07-01", 'since = "July"', 13, "not a date"),
        ('unit = "hours"', 'unit = "parsecs"', 3, "unknown unit"),
        ('unit = "hours"\n', "", 1, "unit is missing"),
        ('source = "made up"', 'source = ""', 15, "source is missing"),
        ("last_checked = 2026-11-22", "", 1, "last_checked"),
        ("amount = 36", 'amount = "36"', 14, "does not fit"),
        ("amount = 36", "amount = -1", 14, "negative"),
        ("amount = 36", "amount = true", 14, "does not fit"),
        ("amount = 36", "amount = ", 14, "Invalid value"),
        ('rule = "CD-O1"', 'rule = "O1"', 2, "not an id"),
        ('title = "Accept within"', 'titel = "Accept within"', 4, "unknown field"),
    ],
)
def test_a_broken_file_names_its_file_and_line(tmp_path, old, new, line, says):
    file = tmp_path / "broken.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(PolicyError, match=says) as caught:
        load(tmp_path)
    assert str(caught.value).startswith(f"{file}:{line}:")


def test_a_parameter_may_stand_in_one_file_only(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD)
    with pytest.raises(PolicyError, match=r"b\.toml:1: .*twice"):
        load(tmp_path)


@pytest.mark.rule("CD-H1", "CD-O2", "CD-O3", "CD-O4", "CD-O5", "CD-C1", "CD-S1", "XX-D2")
def test_every_rule_in_scope_has_a_dated_value(values):
    rules = {parameter.rule for parameter in values.parameters.values()}
    scope = {"CD-O1", "CD-O2", "CD-O3", "CD-O4", "CD-O5", "CD-C1", "CD-S1", "CD-S2", "CD-S9", "CD-H1"}
    assert scope | {"XX-D1", "XX-D2", "XX-D3"} <= rules
    today = dt.date(2026, 11, 23)
    assert values.fraction("acceptance_rate_at_least", today) == Decimal("0.975")


def test_titles_and_rules_in_words_can_be_translated(values):
    found = set()
    for file in DIRECTORY.glob("*.toml"):
        with file.open("rb") as stream:
            found |= {message for _, _, message, _ in extract(stream, (), (), {})}
    for parameter in values.parameters.values():
        assert parameter.title in found
        assert not parameter.text_only or parameter.history[-1].amount in found
