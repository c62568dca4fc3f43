"""Pauses that grow, up to a deadline: rules W1, W2."""

import itertools

import pytest

from event_tracker.waiting import Deadline
from simulation.virtual_time import VirtualTime


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


def test_the_first_attempt_is_at_once_and_the_last_at_the_deadline(time: VirtualTime) -> None:
    assert list(Deadline(time.clock, 2.5).attempts()) == [0, 1, 2, 2.5]
    assert time.now == 2.5


@pytest.mark.parametrize("seconds", [0, -100])
def test_however_late_it_is_there_is_one_attempt(time: VirtualTime, seconds: float) -> None:
    assert list(Deadline(time.clock, seconds).attempts()) == [0]
    assert time.now == 0


def test_pauses_grow_with_the_time_waited_up_to_a_quarter_of_a_minute(time: VirtualTime) -> None:
    moments = list(Deadline(time.clock, 600).attempts())
    pauses = {earlier: later - earlier for earlier, later in itertools.pairwise(moments)}

    assert pauses[0] == 1
    near_60 = min(moments, key=lambda moment: abs(moment - 60))
    assert pauses[near_60] == pytest.approx(near_60 / 22)
    assert max(pauses.values()) == pytest.approx(15)


def test_a_deadline_counts_from_its_making(time: VirtualTime) -> None:
    deadline = Deadline(time.clock, 10)
    time.sleep(9.5)

    assert deadline.left == 0.5
    assert list(deadline.attempts()) == [0, 0.5]


@pytest.mark.parametrize(("seconds", "end"), [(3, 8), (100, 10)])
def test_attempts_for_some_seconds_never_last_longer_than_the_deadline(
    time: VirtualTime, seconds: float, end: float
) -> None:
    deadline = Deadline(time.clock, 10)
    time.sleep(5)

    list(deadline.attempts(seconds))

    assert time.now == end


@pytest.mark.parametrize(
    ("function_seconds", "service_timeout", "left", "limit", "reserve"),
    [
        (900, None, 780, "the function's Timeout (900 s)", 120),
        (480, None, 360, "the function's Timeout (480 s)", 120),
        (120, None, 90, "the function's Timeout (120 s)", 30),
        (60, None, 45, "the function's Timeout (60 s)", 15),
        (900, 3600, 780, "the function's Timeout (900 s)", 60),
        (900, 300, 240, "ServiceTimeout (300 s)", 60),
        (900, 20, 15, "ServiceTimeout (20 s)", 5),
        (120, 90, 67.5, "ServiceTimeout (90 s)", 22.5),
        (60, 90, 45, "the function's Timeout (60 s)", 15),
    ],
)
def test_of_two_limits_the_one_that_leaves_less_time_counts_and_is_named(
    time: VirtualTime, function_seconds: float, service_timeout: int | None, left: float, limit: str, reserve: float
) -> None:
    deadline = Deadline(time.clock, function_seconds).of_waiting(service_timeout)

    assert (deadline.left, deadline.limit, deadline.reserve) == (left, limit, reserve)


def test_the_shortest_pause_can_be_longer(time: VirtualTime) -> None:
    assert list(Deadline(time.clock, 25).attempts(shortest_pause=10)) == [0, 10, 20, 25]


def test_a_time_of_day_is_told_as_in_the_address_of_a_response(time: VirtualTime) -> None:
    time.sleep(61)

    assert time.clock.timestamp == "20261125T221101Z"
