"""Pauses that grow, up to a deadline."""

import itertools

import pytest

from event_tracker.waiting import Clock, Deadline
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

    assert deadline.elapsed == 9.5
    assert list(deadline.attempts()) == [0, 0.5]


@pytest.mark.parametrize(("seconds", "end"), [(3, 8), (100, 10)])
def test_a_deadline_within_another_is_never_later(time: VirtualTime, seconds: float, end: float) -> None:
    deadline = Deadline(time.clock, 10)
    time.sleep(5)

    list(deadline.within(seconds).attempts())

    assert time.now == end


def pause_after(refusals: int, answers: int = 0, chance: float = 0.5) -> float:
    """The pause after the first attempt when the service has refused so many calls and answered so many."""
    time = VirtualTime()
    deadline = Deadline(Clock(now=lambda: time.now, sleep=time.sleep, random=lambda: chance), 100)
    for _ in range(refusals):
        deadline.crowded()
    for _ in range(answers):
        deadline.served()
    _, second, *_ = deadline.attempts()
    return second


def test_each_refusal_of_a_crowded_service_makes_pauses_longer_by_a_third_up_to_a_quarter_of_a_minute() -> None:
    assert [pause_after(refusals) for refusals in (0, 1, 2, 3)] == pytest.approx([1, 1, 4 / 3, 16 / 9])
    assert pause_after(20) == 15


def test_each_answer_takes_back_half_of_that() -> None:
    assert [pause_after(20, answers) for answers in (1, 2, 3, 4)] == [7.5, 3.75, 1.875, 1]


def test_those_who_were_refused_together_do_not_come_back_together() -> None:
    assert [pause_after(20, chance=chance) for chance in (0, 0.25, 0.75, 1)] == [7.5, 11.25, 18.75, 22.5]
