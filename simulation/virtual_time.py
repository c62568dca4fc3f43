"""Time that passes only when everybody sleeps, so that an hour takes milliseconds.

Tasks are greenlets: one runs at a time, until it sleeps. What happens is therefore the same in every run.
"""

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import NoReturn, cast

from greenlet import getcurrent, greenlet

from event_tracker.waiting import Clock

# When virtual time begins, in seconds since the epoch.
BEGIN = datetime(2026, 11, 25, 22, 10, tzinfo=UTC).timestamp()


class Killed(BaseException):
    """The running task is no more: none of its code has any effect after this."""


class Task(greenlet):  # type: ignore[misc]
    """Something that runs in its own time. It is killed when it sleeps beyond its `end`."""

    end = math.inf


@dataclass(order=True)
class _Alarm:
    moment: float
    order: int
    task: greenlet = field(compare=False)
    is_off: bool = field(default=False, compare=False)


class VirtualTime:
    """A clock, and the tasks that sleep by it. `on_passing` is told of every stretch of time that passes."""

    def __init__(self, on_passing: Callable[[float], None] = lambda seconds: None) -> None:
        self.now = 0.0
        self._on_passing = on_passing
        self._random = Random(0)
        self._scheduler = getcurrent()
        self._alarms: list[_Alarm] = []
        self._order = itertools.count()
        self._waiting: list[tuple[Callable[[], bool], _Alarm]] = []

    @property
    def clock(self) -> Clock:
        """The clock that is handed to the function."""
        return Clock(
            now=lambda: self.now,
            sleep=self.sleep,
            random=self._random.random,
            time=self.time,
        )

    def time(self) -> float:
        """Seconds since the epoch."""
        return BEGIN + self.now

    @property
    def is_idle(self) -> bool:
        """Whether no task is left."""
        return all(alarm.is_off for alarm in self._alarms)

    def spawn(self, task: Callable[[], None], delay: float = 0.0) -> None:
        """Run a task after `delay` seconds."""
        self._set_alarm(Task(task, parent=self._scheduler), delay)

    def limit(self, seconds: float) -> None:
        """Have the running task killed when so many seconds have passed, unless it is done by then."""
        _running().end = self.now + seconds

    def kill(self) -> NoReturn:
        """Kill the running task."""
        _running().end = -math.inf
        raise Killed

    def sleep(self, seconds: float) -> None:
        """Let time pass: a task lets the others run meanwhile, the main program makes them run."""
        if getcurrent() is self._scheduler:
            self.run_until(lambda: False, seconds)
            return
        me = _running()
        left = me.end - self.now
        if left > 0:
            self._set_alarm(me, min(seconds, left))
            self._scheduler.switch()
        if seconds >= left:
            self.kill()

    def run_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until `done` or until `seconds` have passed, and return whether it is done."""
        if getcurrent() is not self._scheduler:
            return self._wait_until(done, seconds)
        end = self.now + seconds
        while not done() and self._alarms and self._alarms[0].moment <= end:
            alarm = heapq.heappop(self._alarms)
            if not alarm.is_off:
                self._pass(alarm.moment)
                alarm.task.switch()
                self._wake_waiting()
        if done():
            return True
        self._pass(end)
        return False

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        if not done():
            waiting = done, self._set_alarm(getcurrent(), seconds)
            self._waiting.append(waiting)
            self._scheduler.switch()
            self._waiting.remove(waiting)
        return done()

    def _wake_waiting(self) -> None:
        for done, alarm in self._waiting:
            if not alarm.is_off and done():
                alarm.is_off = True
                self._set_alarm(alarm.task, 0.0)

    def _set_alarm(self, task: greenlet, delay: float) -> _Alarm:
        alarm = _Alarm(self.now + delay, next(self._order), task)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def _pass(self, moment: float) -> None:
        passed, self.now = moment - self.now, moment
        if passed:
            self._on_passing(passed)


def _running() -> Task:
    return cast("Task", getcurrent())
