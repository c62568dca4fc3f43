"""Time that passes only when everybody sleeps, so that an hour takes milliseconds.

Tasks are greenlets: one runs at a time, until it sleeps. What happens is therefore the same in every run.
"""

import heapq
import itertools
from collections.abc import Callable

from greenlet import getcurrent, greenlet

from event_tracker.waiting import Clock


class VirtualTime:
    """A clock, and the tasks that sleep by it. `on_passing` is told of every stretch of time that passes."""

    def __init__(self, on_passing: Callable[[float], None] = lambda seconds: None) -> None:
        self.now = 0.0
        self._on_passing = on_passing
        self._scheduler = getcurrent()
        self._sleepers: list[tuple[float, int, greenlet]] = []
        self._order = itertools.count()

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=self.sleep)

    def spawn(self, task: Callable[[], None], delay: float = 0.0) -> None:
        """Run a task after `delay` seconds."""
        self._wake(greenlet(task, parent=self._scheduler), delay)

    def sleep(self, seconds: float) -> None:
        """Let time pass: a task lets the others run meanwhile, the main program makes them run."""
        me = getcurrent()
        if me is self._scheduler:
            self.run_until(lambda: False, seconds)
        else:
            self._wake(me, seconds)
            self._scheduler.switch()

    def run_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Run the tasks until `done` or until `seconds` have passed, and return whether it is done."""
        end = self.now + seconds
        while not done() and self._sleepers and self._sleepers[0][0] <= end:
            moment, _, task = heapq.heappop(self._sleepers)
            self._pass(moment)
            task.switch()
        if done():
            return True
        self._pass(end)
        return False

    def _wake(self, task: greenlet, delay: float) -> None:
        heapq.heappush(self._sleepers, (self.now + delay, next(self._order), task))

    def _pass(self, moment: float) -> None:
        passed, self.now = moment - self.now, moment
        if passed:
            self._on_passing(passed)
