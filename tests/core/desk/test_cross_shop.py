"""What one shop's people read: nothing of another shop, by no link, and no sign that it exists."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from types import MappingProxyType

import polars as pl
import pytest

from core.desk import imports, jobs, settings, shipments
from core.desk.base import Desk, NotAllowed, NotThere, Person, open_desk
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON
from tests.core.desk.two_shops import OURS, THEIRS, Shop, built, file_of, nowhere
from tests.core.desk.use_cases import SEEN, SHOWN

COUNTED = {"shipment_history.verdicts", "shipment_history.pass_rates"}
"""What gives a sum over the shops."""
WORD = r"r-[0-9a-f]{8}|mimosa|tamaris"
NAMES = (OURS.lower(), THEIRS.lower())


def said(value: object) -> str:
    """All that a result says, as one text in small letters."""
    if isinstance(value, pl.DataFrame):
        return str(value.rows()).lower()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return " ".join(said(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(map(said, value))
    if isinstance(value, dict):
        return " ".join(said(part) for pair in value.items() for part in pair)
    return str(value).lower()


def outcome(read: Callable[[], object]) -> object:
    """What a look gives, or the kind of its refusal."""
    try:
        found = read()
    except (NotThere, ValueError) as why:
        return type(why)
    return None if isinstance(found, pl.DataFrame) and found.is_empty() else said(found)


def person_of(shop_id: int) -> Person:
    return Person("Zoé", None, MappingProxyType({shop_id: "admin"}))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Shop, Shop]]:
    """A base that no test here writes into."""
    desk = open_desk(sqlite_base(tmp_path_factory.mktemp("shops") / "desk.db"))
    yield desk, *built(desk)
    desk.engine.dispose()


def test_nobody_reads_of_a_shop_that_is_not_theirs(ready_url: str) -> None:
    desk = open_desk(ready_url)
    ours, theirs = built(desk)
    mine, other, none = (desk.seen_by(who) for who in (person_of(ours.id), person_of(theirs.id), Person("Zoé", None)))
    for name, read in SEEN.items():
        if name in COUNTED:
            assert read(mine, ours) + read(other, ours) == read(desk, ours), name  # type: ignore[operator]  # numbers
            assert not read(none, ours), name
            continue
        told = [said(read(seen, ours)) for seen in (desk, mine, other, none)]
        marks = [{*NAMES, ours.rule_id.lower(), theirs.rule_id.lower()} & set(re.findall(WORD, text)) for text in told]
        assert marks[0], f"{name} shows no shop at all"
        assert marks[1] <= {NAMES[0], ours.rule_id.lower()}, name
        assert marks[2] <= {NAMES[1], theirs.rule_id.lower()}, name
        assert not marks[3], name
    for name, read in SHOWN.items():
        assert outcome(lambda read=read: read(mine, ours)) not in (NotThere, ValueError), name
        for seen in (mine, none):
            foreign = outcome(lambda read=read, seen=seen: read(seen, theirs))
            assert foreign == outcome(lambda read=read, seen=seen: read(seen, nowhere())), name
    desk.engine.dispose()


def test_a_number_of_another_shop_is_told_without_its_order(scene: tuple[Desk, Shop, Shop]) -> None:
    desk, ours, theirs = scene
    codes = {}
    for seen in (desk, desk.seen_by(person_of(ours.id))):
        row = shipments.look(seen, NOON).filter(order_number=ours.order("ship").order_number).row(0, named=True)
        assert row["codes"] == [reason["code"] for reason in row["reasons"]]
        codes[seen.sees] = row["codes"], theirs.name in str(row["reasons"]), row["held_back"]
    assert codes == {
        None: (["shape_of_other", "repeat_other_shop"], True, "needs_word"),
        frozenset({ours.id}): (["shape_of_other", "repeat_elsewhere"], False, "needs_word"),
    }


def test_a_file_of_another_shop_is_refused_without_its_name(scene: tuple[Desk, Shop, Shop]) -> None:
    desk, ours, _ = scene
    for who, named in ((person_of(ours.id), None), (Person("Zoé", "admin"), THEIRS)):
        with pytest.raises(imports.WrongShop) as stop:
            imports.preview(desk.seen_by(who), ours.id, "x.csv", file_of(THEIRS), NOON)
        assert stop.value.shop == named
        assert (THEIRS in str(stop.value)) is (named is not None)


def test_the_newest_hundred_are_those_that_may_be_seen(scene: tuple[Desk, Shop, Shop]) -> None:
    desk, ours, theirs = scene
    assert imports.history(desk, 1)["shop"].to_list() == [THEIRS]
    assert imports.history(desk.seen_by(person_of(ours.id)), 1)["shop"].to_list() == [OURS]
    assert imports.history(desk, 1)["shop"].to_list() == [THEIRS]
    assert jobs.jobs(desk.seen_by(person_of(theirs.id)), NOON)["shop_id"].to_list() == [theirs.id]


def test_naming_a_shop_that_one_does_not_see_is_like_naming_a_new_one(scene: tuple[Desk, Shop, Shop]) -> None:
    desk, ours, _ = scene
    who = person_of(ours.id)
    assert settings.add_shop(desk, who, "cdiscount", OURS) == ours.id
    said_of = []
    for name in (THEIRS, "Brand new"):
        with pytest.raises(NotAllowed) as no:
            settings.add_shop(desk, who, "cdiscount", name)
        said_of.append(str(no.value))
    assert said_of[0] == said_of[1]
    assert settings.shops(desk).height == 2
