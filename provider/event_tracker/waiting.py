"""Waiting: a clock that tests replace, and a deadline with pauses that grow."""

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LONGEST_PAUSE = 15.0

# Of the function's time, what is kept for after the deadline when everything hangs: the call that is under way (31 s),
# the removal of what a failed update made (15 s, and 31 s for its last call), and the sending of the response (34 s).
# A function with a short Timeout keeps a quarter of it.
_FUNCTION_RESERVE_SECONDS = 120.0

# The same for ServiceTimeout, which also runs while the request is on its way to the function.
_SERVICE_RESERVE_SECONDS = 60.0


@dataclass(frozen=True)
class Clock:
    """Seconds on a clock that only runs forward, a way to let them pass, chance from 0 to 1, and seconds since 1970."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    time: Callable[[], float] = time.time

    @property
    def timestamp(self) -> str:
        """The time of day in the form of X-Amz-Date, `20261125T221000Z`."""
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.time()))


class Deadline:
    """The moment `seconds` from its making on; `limit` names the setting that leaves `reserve` seconds after it."""

    def __init__(self, clock: Clock, seconds: float, limit: str = "", reserve: float = 0.0) -> None:
        self.clock = clock
        self.limit = limit
        self.reserve = reserve
        self._end = clock.now() + seconds

    @classmethod
    def of_request(cls, clock: Clock, function_seconds: float, service_timeout: int | None) -> "Deadline":
        """The end of all waiting for a request (rule W2), when the function has `function_seconds` left."""
        reserve = min(_FUNCTION_RESERVE_SECONDS, function_seconds / 4)
        limits = [(function_seconds - reserve, f"the function's Timeout ({function_seconds:.0f} s)")]
        if service_timeout is not None:
            service_reserve = min(_SERVICE_RESERVE_SECONDS, service_timeout / 4)
            limits.append((service_timeout - service_reserve, f"ServiceTimeout ({service_timeout} s)"))
            reserve = min(reserve, service_reserve)
        return cls(clock, *min(limits), reserve)

    @property
    def left(self) -> float:
        """The seconds until the deadline; negative after it."""
        return self._end - self.clock.now()

    def attempts(self, seconds: float = math.inf, shortest_pause: float = 1.0) -> Iterator[float]:
        """Yield the seconds since the first attempt: at once, after each pause, and last at the deadline.

        The last attempt comes after `seconds` if that is sooner; however late it is, there is one. A pause is a 22nd
        of the time waited so far, between `shortest_pause` and 15 s (rule W1): 1 s for the first 22 s, 2.7 s after a
        minute. So you learn that a tracker is ACTIVE within a second or 5% of the time that it took, and one that
        takes minutes costs few calls.
        """
        first = self.clock.now()
        while True:
            waited = self.clock.now() - first
            yield waited
            left = min(self.left, seconds - (self.clock.now() - first))
            if left <= 0:
                return
            self.clock.sleep(min(left, max(shortest_pause, min(waited / 22, _LONGEST_PAUSE))))
