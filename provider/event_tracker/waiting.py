"""Waiting: a clock that tests replace, and a deadline with pauses that grow."""

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Of the function's time, what is kept for after the deadline when everything hangs: the call that is under way (31 s),
# the removal of what a failed update made (15 s, and 31 s for its last call), and the sending of the response (34 s).
_FUNCTION_RESERVE_SECONDS = 120.0
# The same for ServiceTimeout, which also runs while the request is on its way. Short ones keep a quarter.
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
        self.clock, self.limit, self.reserve = clock, limit, reserve
        self._end = clock.now() + seconds

    def of_waiting(self, service_timeout: int | None) -> "Deadline":
        """The end of all waiting for a request (rule W2), when this is the end of the function's time."""
        reserve = min(_FUNCTION_RESERVE_SECONDS, self.left / 4)
        limits = [(self.left - reserve, f"the function's Timeout ({self.left:.0f} s)")]
        if service_timeout is not None:
            service_reserve = min(_SERVICE_RESERVE_SECONDS, service_timeout / 4)
            limits.append((service_timeout - service_reserve, f"ServiceTimeout ({service_timeout} s)"))
            reserve = min(reserve, service_reserve)
        return Deadline(self.clock, *min(limits), reserve)

    @property
    def left(self) -> float:
        """The seconds until the deadline; negative after it."""
        return self._end - self.clock.now()

    def attempts(self, seconds: float = math.inf, shortest_pause: float = 1.0) -> Iterator[float]:
        """Yield the seconds since the first attempt: at once, after each pause, and last at the deadline.

        The last attempt comes after `seconds` if that is sooner; however late it is, there is one. A pause is a 22nd of
        the time waited, between `shortest_pause` and 15 s, so that the wait is at most a second or 5% too long (W1).
        """
        first, waited = self.clock.now(), 0.0
        while True:
            yield waited
            left = min(self.left, seconds - (self.clock.now() - first))
            if left <= 0:
                return
            self.clock.sleep(min(left, max(shortest_pause, min(waited / 22, 15.0))))
            waited = self.clock.now() - first
