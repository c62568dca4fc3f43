"""Waiting: a clock that can be replaced, and a deadline with pauses that grow."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Clock:
    """Seconds on a clock that only runs forward, and a way to let them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Deadline:
    """A moment `seconds` from its making on. `clock` measures and passes the time until then."""

    clock: Clock
    seconds: float
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_start", self.clock.now())

    @property
    def elapsed(self) -> float:
        """The seconds since the deadline was set."""
        return self.clock.now() - self._start

    def within(self, seconds: float) -> "Deadline":
        """The moment `seconds` from now on, or this one if it comes first."""
        return Deadline(self.clock, min(seconds, self.seconds - self.elapsed))

    def attempts(self) -> Iterator[float]:
        """Yield the seconds since the first attempt: at once, after each pause, and last at the deadline.

        However late it is, there is one attempt. The pause grows with the time already waited (contract
        W1): a second at first, 4 s after 30 s, never more than 15 s. So an event tracker that takes
        the usual 15-45 s is seen ACTIVE within 10% of that time, and one that takes minutes costs few calls.
        """
        first = self.clock.now()
        while True:
            waited = self.clock.now() - first
            yield waited
            left = self.seconds - self.elapsed
            if left <= 0:
                return
            self.clock.sleep(min(left, max(1.0, waited / 8), 15.0))
