"""Pauses that grow, up to a deadline."""

import itertools

import pytest

from event_tracker.waiting import Deadline
from tests.protocol.virtual_time import VirtualTime


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
    assert pauses[near_60] == pytest.approx(near_60 / 20)
    assert max(pauses.values()) == pytest.approx(15)


def test_a_deadline_counts_from_its_making(time: VirtualTime) -> None:
    deadline = Deadline(time.clock, 10)
    time.sleep(9.5)

    assert deadline.elapsed == 9.5
    assert list(deadline.attempts()) == [0, 0.5]


@pytest.mark.parametrize(("seconds", "end"), [(3, 8), (100, 10)])
def test_a_deadline_within_another_is_never_later(time: VirtualTime, seconds: float, end: float) -> None:
    deadline = Deadline(time.clock, 10)
    time.sleep(5)

    list(deadline.within(seconds).attempts())

    assert time.now == end
