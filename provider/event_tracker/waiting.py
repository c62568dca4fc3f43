"""Waiting: a clock that can be replaced, and a deadline with pauses that grow."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LONGEST_PAUSE = 15.0


@dataclass(frozen=True)
class Clock:
    """Seconds on a clock that only runs forward, a way to let them pass, and chance, from 0 to 1."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


class Deadline:
    """The moment `seconds` from its making on, and the waiting until then, by `clock`."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._start = clock.now()
        self._crowd_pause = 0.0

    @property
    def elapsed(self) -> float:
        """The seconds since the deadline was set."""
        return self._clock.now() - self._start

    def within(self, seconds: float) -> "Deadline":
        """The moment `seconds` from now on, or this one if it comes first."""
        return Deadline(self._clock, min(seconds, self._seconds - self.elapsed))

    def crowded(self) -> None:
        """Note that the service has refused a call because there are too many: pauses get longer by a third.

        They are then also of random length, so that those who were refused together do not come back together.
        """
        self._crowd_pause = min(max(1.0, self._crowd_pause * 4 / 3), _LONGEST_PAUSE)

    def served(self) -> None:
        """Note that the service has answered a call: half of that is taken back."""
        self._crowd_pause /= 2

    def attempts(self, shortest_pause: float = 1.0) -> Iterator[float]:
        """Yield the seconds since the first attempt: at once, after each pause, and last at the deadline.

        However late it is, there is one attempt. The pause is a 22nd of the time already waited, between
        `shortest_pause` and 15 s (contract W1): by default 1 s for the first 22 s, 2.7 s after a minute. So an event
        tracker is seen ACTIVE within a second or 5% of the time it took, and one that takes minutes costs few calls.
        While the service is crowded it is longer.
        """
        first = self._clock.now()
        while True:
            waited = self._clock.now() - first
            yield waited
            left = self._seconds - self.elapsed
            if left <= 0:
                return
            crowd_pause = self._crowd_pause * (0.5 + self._clock.random())
            self._clock.sleep(min(left, max(shortest_pause, min(waited / 22, _LONGEST_PAUSE), crowd_pause)))
