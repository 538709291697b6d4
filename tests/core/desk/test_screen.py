"""What a team screen is told: counts, next deadlines, ages; nothing that a public place may not see."""

import dataclasses
import datetime as dt
import json

import pytest

from core.desk import freshness, imports, return_typing, screen, settings, surveillance
from core.desk.base import Desk, Person
from tests.core.desk.conftest import NOON, export

LEA = Person("Léa", "admin")
HOUR = dt.timedelta(hours=1)
TO_ACCEPT, TO_SHIP, GONE = "À accepter", "En attente de préparation", "Expédiée"


@pytest.fixture(autouse=True)
def _always_staffed(desk: Desk) -> None:
    """Somebody is always there, so that the bands follow the marketplaces' clocks alone."""
    team = settings.team(desk)
    hours = {day: (("00:00", "24:00"),) for day in range(7)}
    settings.save_team(desk, LEA, dataclasses.replace(team, hours=hours, country=""))


def ago(hours: float) -> dt.datetime:
    return NOON - hours * HOUR


def shop(desk: Desk, name: str, *orders: tuple[str, float, str], age: float = 1.0) -> int:
    """A Cdiscount shop with orders (number, hours ago, state); its file is ``age`` hours old."""
    shop_id = settings.add_shop(desk, LEA, "cdiscount", name)
    newest = (f"{name}-sent", age, GONE)
    data = export(*((number, ago(hours), state) for number, hours, state in (*orders, newest)))
    imports.write(desk, LEA, imports.preview(desk, shop_id, "e.csv", data, NOON), NOON)
    return shop_id


def seen(desk: Desk, now: dt.datetime = NOON, shops: frozenset[int] | None = None) -> screen.Picture:
    told = screen.picture(desk, now, shops)
    assert json.loads(json.dumps(told)) == told
    return told


def named(told: screen.Picture, view: str, name: str | None = None) -> screen.Picture:
    (found,) = [one for one in told["views"] if (one["view"], one["name"]) == (view, name)]
    return found


def test_an_empty_base_is_unknown_and_not_zero(desk: Desk) -> None:
    told = seen(desk)
    assert [view["view"] for view in told["views"]] == ["all"]
    assert (named(told, "all")["bands"], named(told, "all")["as_of"]) == (None, None)


def test_nothing_to_do_is_zero_and_not_unknown(desk: Desk) -> None:
    shop(desk, "Lumina")
    settings.add_shop(desk, LEA, "amazon", "Lumina DE")
    told = seen(desk)
    assert named(told, "all")["bands"] == {"overdue": 0, "now": 0, "soon": 0}
    assert (named(told, "all")["kinds"], named(told, "all")["next"]) == ([], [])
    assert told["unknown"] == ["Lumina DE"]


def test_counts_deadlines_and_kinds_are_the_queue_s_own(desk: Desk) -> None:
    shop(desk, "Lumina", ("2611000001ABC", 47, TO_ACCEPT), ("2611000002ABC", 30, TO_ACCEPT), ("26K-3", 2, TO_ACCEPT))
    told = named(seen(desk), "all")
    assert told["bands"] == {"overdue": 0, "now": 1, "soon": 1}
    assert [(kind["kind"], kind["now"], kind["soon"], kind["calm"]) for kind in told["kinds"]] == [
        ("accept_order", 1, 1, 1)
    ]
    assert told["next"][0] == {
        "kind": "accept_order", "shop": "Lumina", "band": "now", "due_at": "2026-11-25T12:00:00Z",
        "staffed_until": "2026-11-25T12:00:00Z", "number": "…01ABC",
    }  # fmt: skip
    assert [row["number"] for row in told["next"]] == ["…01ABC", "…02ABC", "26K-3"]


def test_no_more_than_seven_figures_and_six_deadlines(desk: Desk) -> None:
    shop(desk, "Lumina", *((f"A-{n}", 40 - n, TO_ACCEPT) for n in range(9)))
    told = named(seen(desk), "all")
    assert len(told["bands"]) + len(told["kinds"]) <= screen.FIGURES
    assert [row["number"] for row in told["next"]] == [f"A-{n}" for n in range(screen.NEXT)]


def test_each_shop_and_each_kind_has_its_view_the_most_urgent_first(desk: Desk) -> None:
    shop(desk, "Calm", ("C-1", 2, TO_ACCEPT))
    shop(desk, "Urgent", ("U-1", 47, TO_ACCEPT))
    shop(desk, "Idle")
    told = seen(desk)
    assert [(view["view"], view["name"]) for view in told["views"]] == [
        ("all", None), ("shop", "Urgent"), ("shop", "Calm"), ("kind", "accept_order"),
    ]  # fmt: skip
    assert named(told, "shop", "Urgent")["bands"] == {"overdue": 0, "now": 1, "soon": 0}
    assert [row["number"] for row in named(told, "shop", "Calm")["next"]] == ["C-1"]


def test_a_figure_is_as_old_as_the_oldest_file_behind_it(desk: Desk) -> None:
    shop(desk, "Fresh", ("F-1", 30, TO_ACCEPT), age=0.5)
    shop(desk, "Older", ("O-1", 30, TO_ACCEPT), age=3)
    told = seen(desk)
    ages = {"source": "Older", "sources": 2, "as_of": "2026-11-25T08:00:00Z", "old_at": "2026-11-25T16:00:00Z"}
    assert named(told, "all").items() >= ages.items()
    assert named(told, "kind", "accept_order").items() >= ages.items()
    assert named(told, "shop", "Fresh")["as_of"] == "2026-11-25T10:30:00Z"


def test_old_and_gone_follow_the_shop_s_own_interval(desk: Desk) -> None:
    shop_id = shop(desk, "Lumina", ("L-1", 30, TO_ACCEPT), age=1)
    freshness.save_intervals(desk, LEA, {shop_id: 0.75}, 0, NOON)
    told = named(seen(desk), "all")
    assert (told["old_at"], told["gone_at"]) == ("2026-11-25T11:30:00Z", "2026-11-25T13:00:00Z")


def test_after_four_intervals_a_shop_is_left_out_and_said(desk: Desk) -> None:
    shop(desk, "Lumina", ("L-1", 30, TO_ACCEPT), age=1)
    shop(desk, "Silent", ("S-1", 30, TO_ACCEPT), age=15.99)
    assert named(seen(desk), "all")["bands"]["soon"] == 2
    told = seen(desk, NOON + HOUR / 100)
    assert named(told, "all")["bands"]["soon"] == 1
    assert [stale["shop"] for stale in told["stale"]] == ["Silent"]
    assert not [view for view in told["views"] if view["name"] == "Silent"]


def test_when_every_shop_is_silent_nothing_is_known(desk: Desk) -> None:
    shop(desk, "Lumina", ("L-1", 30, TO_ACCEPT), age=1)
    assert named(seen(desk, NOON + 16 * HOUR), "all")["bands"] is None


def test_deadlines_gone_by_since_the_file_are_counted(desk: Desk) -> None:
    shop(desk, "Lumina", ("BEFORE", 50, TO_ACCEPT), ("SINCE", 47.5, TO_ACCEPT), ("LATER", 30, TO_ACCEPT), age=1)
    later = seen(desk, NOON + HOUR)
    assert named(later, "all")["passed"] == 1  # SINCE was to be accepted by 11:30 UTC
    assert later["coming"] == ["2026-11-26T05:00:00Z"]
    assert named(seen(desk), "all")["passed"] == 0


def test_a_screen_of_one_shop_learns_nothing_of_another(desk: Desk) -> None:
    mine = shop(desk, "Mine", ("M-1", 47, TO_ACCEPT))
    shop(desk, "Theirs", ("T-1", 47, TO_ACCEPT))
    settings.add_shop(desk, LEA, "amazon", "Theirs too")
    told = seen(desk, shops=frozenset({mine}))
    assert named(told, "all")["bands"]["now"] == 1
    assert "Theirs" not in json.dumps(told)
    assert "T-1" not in json.dumps(told)
    assert named(seen(desk, shops=frozenset({999})), "all")["bands"] is None


def test_returns_stand_beside_orders_and_age_by_their_own_file(desk: Desk) -> None:
    shop_id = shop(desk, "Lumina", ("L-1", 30, TO_ACCEPT), age=1)
    asked = {"order_number": "L-9", "requested_at": ago(40), "reason_text": "changed my mind"}
    return_typing.record(desk, LEA, shop_id, return_typing.typed(desk, shop_id, asked), NOON)
    told = seen(desk)
    kinds = {kind["kind"]: kind for kind in named(told, "all")["kinds"]}
    assert kinds["answer_return"]["source"] is None
    assert kinds["accept_order"]["source"] == "Lumina"


def test_surveillance_tells_its_day(desk: Desk) -> None:
    shop_id = shop(desk, "Lumina")
    surveillance.save_notice(desk, LEA, shop_id, NOON.date() - dt.timedelta(days=11), 0, NOON)
    assert seen(desk)["surveillance"] == [{"shop": "Lumina", "day": 12, "days": 30}]


def test_nothing_of_a_person_or_an_amount_is_told(desk: Desk) -> None:
    shop(desk, "Lumina", ("2611000001ABC", 47, TO_ACCEPT))
    told = json.dumps(seen(desk))
    assert "2611000001ABC" not in told
    assert not {"buyer", "minor", "currency", "assignee", "sku"} & set(told.replace('"', " ").split())
