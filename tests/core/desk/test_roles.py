"""Who may do what: every use case by every role, as the table of the README says, and nobody else."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType

import polars as pl
import pytest

from core.desk import orders, people, surveillance
from core.desk.access import ACTION_WORDS, ACTIONS, ROLES
from core.desk.base import Desk, NotAllowed, NotThere, Person, SignedOut, open_desk
from tests.bases import sqlite_base
from tests.core.desk.conftest import NOON
from tests.core.desk.two_shops import Shop, built
from tests.core.desk.use_cases import DONE, NORA, OF_THE_TEAM, SEEN, SHOWN, give_word, public

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")
EVERYWHERE = " everywhere"
Scene = tuple[Desk, Shop, Shop]


def table() -> dict[str, dict[str, bool]]:
    """The README's table: what is done, in words -> role -> whether the role includes it."""
    section = README.split("## Who may do what\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|(.*)\|$", section, re.MULTILINE)
    head, _, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {cells[0]: {role: cell == "yes" for role, cell in zip(head[1:], cells[1:], strict=True)} for cells in rows}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    desk = open_desk(sqlite_base(tmp_path_factory.mktemp("roles") / "desk.db"))
    shops = built(desk)
    assert people.add(desk, Person("Chef"), "Nora", "", {0: "viewer"}, NOON) == NORA
    yield desk, *shops
    desk.engine.dispose()


class Written(Exception):
    """A use case has done all of its work, and it is taken back."""


@pytest.fixture(autouse=True)
def taken_back(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test does stays in the base: each transaction is broken off at its very end."""
    request.getfixturevalue("scene")

    def stop(*_: object) -> None:
        raise Written

    monkeypatch.setattr("core.store.chain.append", stop)
    monkeypatch.setattr("core.store.jobs.changing", stop)


def refused(done: Callable[[], object]) -> bool:
    """Whether the desk refuses it; else it has to be done to its end."""
    try:
        done()
    except (NotAllowed, NotThere):
        return True
    except Written:
        return False
    return False


def test_the_table_of_the_readme_is_that_of_the_desk() -> None:
    held = {ACTION_WORDS[action]: {role: action in ACTIONS[role] for role in ROLES} for action in ACTION_WORDS}
    assert table() == held
    assert set().union(*ACTIONS.values()) == ACTION_WORDS.keys()


def test_every_use_case_of_the_desk_is_known_here() -> None:
    told = {name.split(",")[0] for name in (*DONE, *SEEN, *SHOWN)} | OF_THE_TEAM
    acts = {name for name, given in public() if "person" in given and "desk" in given and name != "acting.acting"}
    looks = {name for name, given in public() if given[:1] == ["desk"] and not {"person", "connection"} & set(given)}
    assert acts - told == set(), "what a person does has to stand in DONE"
    assert looks - told == set(), "what is read has to stand in SEEN or SHOWN, or in OF_THE_TEAM"
    assert told - {name for name, _ in public()} == set()


@pytest.mark.parametrize("name", DONE)
def test_a_use_case_asks_the_role_as_the_table_says(scene: Scene, name: str) -> None:
    desk, ours, theirs = scene
    action, does = DONE[name]
    everywhere = action.endswith(EVERYWHERE)
    includes = table()[ACTION_WORDS[action.removesuffix(EVERYWHERE)]]
    before = desk.revision()
    for role in (None, "root", "Admin", *ROLES):
        may = includes.get(role or "", False)
        all_shops = Person("Zoé", role)
        one_shop = Person("Zoé", None, MappingProxyType({ours.id: role or ""}))
        lessened = Person("Zoé", "admin", MappingProxyType({ours.id: role or ""}))
        assert refused(lambda who=all_shops: does(desk.seen_by(who), who, ours)) is not may, role
        assert refused(lambda who=one_shop: does(desk.seen_by(who), who, ours)) is not (may and not everywhere), role
        assert refused(lambda who=lessened: does(desk, who, ours)) is not (may or everywhere), role
    elsewhere = Person("Zoé", None, MappingProxyType({theirs.id: "admin"}))
    assert refused(lambda: does(desk.seen_by(elsewhere), elsewhere, ours))
    assert refused(lambda: does(desk, elsewhere, ours))
    assert desk.revision() == before


@pytest.mark.parametrize("name", DONE)
def test_a_session_that_has_ended_does_nothing(scene: Scene, name: str) -> None:
    def ended() -> None:
        raise SignedOut

    desk, ours, _ = scene
    with pytest.raises(SignedOut):
        DONE[name][1](desk, Person("Zoé", "admin", still=ended), ours)


def test_a_lead_s_word_is_a_lead_s_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, ours, _ = scene
    today = pl.DataFrame([(ours.id, ours.name, NOON.date(), 1, 30)], schema=surveillance.SCHEMA, orient="row")
    monkeypatch.setattr(surveillance, "days", lambda *_: today)
    includes = table()[ACTION_WORDS["vouch_as_lead"]]
    for role in ROLES:
        who = Person("Zoé", role)
        given = refused(lambda who=who: give_word(desk, who, ours, "a photo"))
        assert given is not includes[role], role


def test_one_s_own_decision_may_be_withdrawn_by_an_operator(scene: Scene) -> None:
    desk, ours, _ = scene
    key = [ours.order("decided")]
    same, another = Person(f"{ours.name}-person", "operator"), Person("Zoé", "operator")
    assert not refused(lambda: orders.decide(desk, same, orders.DecisionKind.WITHDRAW, key, NOON))
    assert refused(lambda: orders.decide(desk, another, orders.DecisionKind.WITHDRAW, key, NOON))
