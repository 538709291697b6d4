"""The route of a screen's figures: who gets them, how often they are worked out, and what guessing leads to."""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from core.desk import imports, limiter, screens, settings
from core.desk.base import Desk, Person, StoreUnavailable
from core.desk.screen_route import CHECKED_EVERY, JUDGED_EVERY, NOTED_EVERY, Figures
from core.desk.screens import Look
from tests.core.desk.conftest import NOON, export

ADMIN = Person("Zoé", "admin")
SECOND = dt.timedelta(seconds=1)


class Clock:
    """A clock that the test turns."""

    now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def figures(desk: Desk, clock: Clock) -> Figures:
    return Figures(opened=lambda: desk, clock=clock)


def screen(desk: Desk, **fields: Any) -> str:
    asked = {"name": "TV", "shops": None, "look": Look(), "expires_at": None} | fields
    return screens.create(desk, ADMIN, now=NOON, **asked)


def ask(figures: Figures, token: str | None, peer: str = "192.0.2.1", **headers: str) -> httpx.Response:
    if token is not None:
        headers["authorization"] = f"Bearer {token}"

    async def once() -> httpx.Response:
        app = Starlette(routes=[Route("/screen/figures", figures.answer)])
        transport = httpx.ASGITransport(app=app, client=(peer, 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.get("/screen/figures", headers=headers)

    return asyncio.run(once())


def status(figures: Figures, token: str | None, peer: str = "192.0.2.1") -> int:
    return ask(figures, token, peer).status_code


def test_a_token_gets_the_figures_and_nobody_keeps_them_on_the_way(figures: Figures, desk: Desk) -> None:
    answer = ask(figures, screen(desk, look=Look(language="fr")))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-desk48-now"] == str(int(NOON.timestamp() * 1000))
    told = answer.json()
    assert told["look"]["language"] == "fr"
    assert told["views"][0]["view"] == "all"
    assert len(told["build"]) == 12


def test_what_the_screen_has_already_is_not_sent_again(figures: Figures, desk: Desk, clock: Clock) -> None:
    token = screen(desk)
    tag = ask(figures, token).headers["etag"]
    clock.now += 5 * SECOND
    again = ask(figures, token, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-desk48-now"] == str(int(clock.now.timestamp() * 1000))
    settings.add_shop(desk, ADMIN, "cdiscount", "Lumina")
    clock.now += CHECKED_EVERY
    changed = ask(figures, token, **{"if-none-match": tag})
    assert (changed.status_code, changed.json()["unknown"]) == (200, ["Lumina"])


def test_figures_are_worked_out_once_per_revision_and_interval_for_all(
    figures: Figures, desk: Desk, clock: Clock
) -> None:
    tokens = [screen(desk) for _ in range(5)] + [screen(desk, look=Look(language="fr"))]
    for token in tokens * 3:
        assert status(figures, token) == 200
    assert figures.computed == 1
    clock.now += JUDGED_EVERY - SECOND
    assert ask(figures, tokens[0]).headers["x-desk48-computed"] == "1"
    clock.now += SECOND
    assert ask(figures, tokens[0]).headers["x-desk48-computed"] == "2"
    settings.add_shop(desk, ADMIN, "cdiscount", "Lumina")
    clock.now += CHECKED_EVERY
    assert ask(figures, tokens[1]).headers["x-desk48-computed"] == "3"


def test_a_question_that_comes_late_does_not_turn_the_figures_back(figures: Figures, desk: Desk, clock: Clock) -> None:
    token = screen(desk)
    for late in (0, 1, 0, 1, 0):
        clock.now = NOON - late * SECOND
        assert status(figures, token) == 200
    assert figures.computed == 1
    clock.now = NOON - dt.timedelta(hours=1)  # the clock was set back
    assert status(figures, token) == 200
    assert figures.computed == 2


def closed(desk: Desk, clock: Clock) -> dict[str, Callable[[], str | None]]:
    def revoked() -> str:
        token = screen(desk)
        screens.revoke(desk, ADMIN, 1, 1, NOON)
        return token

    def renewed() -> str:
        token = screen(desk)
        screens.renew(desk, ADMIN, 1, 1, None, NOON)
        return token

    def expired() -> str:
        token = screen(desk, expires_at=NOON + SECOND)
        clock.now += SECOND
        return token

    return {
        "revoked": revoked, "renewed": renewed, "expired": expired, "unknown": lambda: "guess", "none": lambda: None,
        "empty": lambda: "", "too long": lambda: "x" * 100_000, "hash": lambda: screens.digest(screen(desk)),
        "longer": lambda: screen(desk) + "x", "shorter": lambda: screen(desk)[:-1],
    }  # fmt: skip


@pytest.mark.parametrize("case", closed(None, None))  # type: ignore[arg-type]
def test_what_opens_no_screen_is_refused_without_a_word(case: str, figures: Figures, desk: Desk, clock: Clock) -> None:
    answer = ask(figures, closed(desk, clock)[case]())
    assert (answer.status_code, answer.content) == (403, b"")
    assert "etag" not in answer.headers


def test_a_token_that_was_ended_opens_nothing_a_second_later(figures: Figures, desk: Desk, clock: Clock) -> None:
    token = screen(desk)
    tag = ask(figures, token).headers["etag"]
    screens.revoke(desk, ADMIN, 1, 1, NOON)
    clock.now += CHECKED_EVERY
    assert ask(figures, token, **{"if-none-match": tag}).status_code == 403
    assert ask(figures, token, **{"if-none-match": "*"}).status_code == 403


def test_the_gate_is_told_which_tokens_open_a_screen_and_slows_who_guesses(
    figures: Figures, desk: Desk, clock: Clock
) -> None:
    good, over = screen(desk), screen(desk, expires_at=NOON + SECOND)
    assert (figures.opens(good, "a"), figures.opens(over, "a")) == (True, True)
    clock.now += SECOND
    screens.revoke(desk, ADMIN, 1, 1, NOON)
    another = screen(desk)
    assert (figures.opens(good, "a"), figures.opens(over, "a")) == (False, False)
    assert not any(figures.opens(f"guess {n}", "b") for n in range(limiter.FREE))
    assert (figures.opens(another, "b"), figures.opens(another, "a")) == (False, True)


def test_a_token_counts_in_the_header_only(figures: Figures, desk: Desk) -> None:
    token = screen(desk)
    assert ask(figures, None, authorization=f"Basic {token}").status_code == 403
    assert ask(figures, None, cookie=f"token={token}").status_code == 403


def test_who_guesses_is_slowed_down_even_with_the_right_token(figures: Figures, desk: Desk, clock: Clock) -> None:
    token = screen(desk)
    assert [status(figures, f"guess {n}") for n in range(limiter.FREE)] == [403] * limiter.FREE
    answer = ask(figures, token)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert status(figures, token, "192.0.2.2") == 200
    clock.now += SECOND
    assert status(figures, token) == 200


def test_guesses_in_a_day_are_few(figures: Figures, desk: Desk, clock: Clock) -> None:
    screen(desk)
    tried = 0
    for n in range(24 * 60 * 2):
        tried += status(figures, f"guess {n}") == 403
        clock.now += 30 * SECOND
    assert tried < 200


def test_a_screen_that_was_served_before_does_not_suffer_from_a_guessing_neighbour(
    figures: Figures, desk: Desk
) -> None:
    token = screen(desk)
    assert status(figures, token) == 200
    for n in range(50):
        ask(figures, f"guess {n}")
    assert status(figures, token) == 200


def test_a_screen_that_is_over_but_keeps_asking_is_no_guesser(figures: Figures, desk: Desk) -> None:
    over, good = screen(desk), screen(desk)
    assert status(figures, good) == 200
    screens.revoke(desk, ADMIN, 1, 1, NOON)
    assert {status(figures, over) for _ in range(50)} == {403}
    assert status(figures, good) == 200


def test_a_link_for_one_shop_never_shows_another(figures: Figures, desk: Desk) -> None:
    ids = {}
    for name in ("Mine", "Theirs"):
        ids[name] = settings.add_shop(desk, ADMIN, "cdiscount", name)
        orders = [(f"{name}-{hours}", NOON - dt.timedelta(hours=hours), "À accepter") for hours in (47, 1)]
        data = export(*orders)
        imports.write(desk, ADMIN, imports.preview(desk, ids[name], "e.csv", data, NOON), NOON)
    mine, every = screen(desk, shops=[ids["Mine"]]), screen(desk)
    assert "Theirs" in ask(figures, every).text  # so that a shared answer would show
    answer = ask(figures, mine)
    assert answer.json()["views"][0]["bands"]["now"] == 1
    assert "Theirs" not in answer.text


def test_the_last_use_is_noted_but_seldom_and_moves_no_revision(figures: Figures, desk: Desk, clock: Clock) -> None:
    token = screen(desk)
    before = desk.revision()
    used = []
    for _ in range(5):
        assert status(figures, token) == 200
        used.append(screens.listed(desk, ADMIN)["last_used_at"][0])
        clock.now += NOTED_EVERY / 2
    assert used == [NOON, NOON, NOON + NOTED_EVERY, NOON + NOTED_EVERY, NOON + 2 * NOTED_EVERY]
    assert desk.revision() == before
    assert figures.computed == 5


def test_a_base_that_is_away_is_said_and_comes_back(desk: Desk, clock: Clock) -> None:
    token, away = screen(desk), [True]

    def opened() -> Desk:
        if away[0]:
            raise StoreUnavailable("here", "gone", "wait")
        return desk

    figures = Figures(opened=opened, clock=clock)
    assert status(figures, token) == 503
    away[0] = False
    assert status(figures, token) == 200
