"""Who guesses has to wait, longer each time; who does not, never."""

import datetime as dt

import pytest

from core.desk import limiter
from core.desk.limiter import NO_WAIT, Limiter
from tests.core.desk.conftest import NOON

SECOND = dt.timedelta(seconds=1)


def failing(count: int, limit: Limiter) -> Limiter:
    for _ in range(count):
        limit.failed("a", NOON)
    return limit


def test_the_first_failures_cost_nothing() -> None:
    assert failing(limiter.FREE - 1, Limiter()).wait("a", NOON) == NO_WAIT
    assert failing(limiter.FREE, Limiter()).wait("a", NOON) == SECOND


@pytest.mark.parametrize(("more", "seconds"), [(0, 1), (1, 2), (2, 4), (5, 32), (9, 512), (10, 900), (5000, 900)])
def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(more: int, seconds: int) -> None:
    assert failing(limiter.FREE + more, Limiter()).wait("a", NOON) == seconds * SECOND


def test_the_wait_runs_down_and_the_next_failure_doubles_it_still() -> None:
    limit = failing(limiter.FREE, Limiter())
    assert limit.wait("a", NOON + SECOND / 2) == SECOND / 2
    assert limit.wait("a", NOON + SECOND) == NO_WAIT
    limit.failed("a", NOON + SECOND)
    assert limit.wait("a", NOON + SECOND) == 2 * SECOND


def test_others_do_not_wait() -> None:
    assert failing(50, Limiter()).wait("b", NOON) == NO_WAIT


def test_an_hour_without_failure_or_a_success_forgets_everything() -> None:
    limit = failing(50, Limiter())
    limit.failed("a", NOON + limiter.FORGOTTEN + SECOND)
    assert limit.wait("a", NOON + limiter.FORGOTTEN + SECOND) == NO_WAIT
    limit = failing(50, Limiter())
    limit.passed("a")
    assert limit.wait("a", NOON) == NO_WAIT


def test_memory_has_an_end_and_the_oldest_goes_first() -> None:
    limit = Limiter(peers=3, free=1)
    for name in ("a", "b", "c", "a", "d"):
        limit.failed(name, NOON)
    assert [name for name in "abcd" if limit.wait(name, NOON)] == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, "unknown"),
        ("", "unknown"),
    ],
)
def test_a_household_is_one_peer(address: str | None, peer: str) -> None:
    assert limiter.peer(address) == peer
