"""Waiting: a clock that can be replaced, and a deadline with pauses that grow."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Seconds on a clock that only runs forward, and a way to let them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Deadline:
    """The moment `seconds` from its making on, and the waiting until then, by `clock`."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._start = clock.now()

    @property
    def elapsed(self) -> float:
        """The seconds since the deadline was set."""
        return self._clock.now() - self._start

    def within(self, seconds: float) -> "Deadline":
        """The moment `seconds` from now on, or this one if it comes first."""
        return Deadline(self._clock, min(seconds, self._seconds - self.elapsed))

    def attempts(self, shortest_pause: float = 1.0) -> Iterator[float]:
        """Yield the seconds since the first attempt: at once, after each pause, and last at the deadline.

        However late it is, there is one attempt. The pause is a twentieth of the time already waited, between
        `shortest_pause` and 15 s (contract W1): by default 1 s for the first 20 s, 3 s after a minute. So an event
        tracker is seen ACTIVE within a second or 5% of the time it took, and one that takes minutes costs few calls.
        """
        first = self._clock.now()
        while True:
            waited = self._clock.now() - first
            yield waited
            left = self._seconds - self.elapsed
            if left <= 0:
                return
            self._clock.sleep(min(left, max(shortest_pause, waited / 20), 15.0))
