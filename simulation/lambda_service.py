"""Lambda as CloudFormation uses it: asynchronous invocations, at least once, again when they fail.

Source: the AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from simulation.virtual_time import Killed, VirtualTime

FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:provider"
TIMEOUT = 900.0
RETRY_DELAYS = (60.0, 120.0)
MAXIMUM_EVENT_AGE = 3600.0
# Of an event for which the function has no instance left: twice as long each time, between these.
THROTTLED_DELAYS = (1.0, 300.0)

Event = dict[str, Any]


@dataclass
class Context:
    """The context object of an invocation that began at `start` and may take `timeout` seconds."""

    time: VirtualTime
    start: float
    timeout: float = TIMEOUT
    function_name: str = "provider"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = FUNCTION_ARN
    aws_request_id: str = "4ecaf1c1-0000-4000-8000-000000000000"
    log_group_name: str = "/aws/lambda/provider"
    log_stream_name: str = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return int((self.start + self.timeout - self.time.now) * 1000)


@dataclass(eq=False)
class Invocation:
    """One delivery of an event. `accepted`: how many of its responses it saw accepted."""

    event: Event
    start: float
    end: float | None = None
    error: BaseException | None = None
    accepted: int = 0


@dataclass(frozen=True)
class _Delivery:
    event: Event
    latest: float
    retries: tuple[float, ...] = RETRY_DELAYS
    again: bool = False
    throttled: float = THROTTLED_DELAYS[0]


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


def current_invocation() -> Invocation | None:
    """The invocation that is running; None outside of the function."""
    return _current.get()


class Lambda:
    """One function.

    `timeout` and `concurrency` are its own settings. `duplicates` says how many seconds after the first delivery
    each event comes again; `again_at_once`, whether it comes again when it was handled. `late` are the seconds by
    which the next events are late, one each, so that they can overtake one another.
    """

    def __init__(self, time: VirtualTime, function: Callable[[Event, Context], object]) -> None:
        self._time = time
        self._function = function
        self.timeout = TIMEOUT
        self.concurrency: int | None = None
        self.duplicates: tuple[float, ...] = ()
        self.again_at_once = False
        self.late: Iterator[float] = iter(())
        self.running = 0
        self.history: list[Invocation] = []

    @property
    def invocations(self) -> int:
        """How often the function was invoked."""
        return len(self.history)

    @property
    def errors(self) -> list[BaseException]:
        """What the invocations that failed raised."""
        return [invocation.error for invocation in self.history if invocation.error]

    def come_late(self, seconds: Iterable[float]) -> None:
        """Have the next events come late, each by so many seconds."""
        self.late = iter(list(seconds))

    def invoke(self, event: Event) -> None:
        """Take an event; it is delivered in its own time."""
        late, latest = next(self.late, 0.0), self._time.now + MAXIMUM_EVENT_AGE
        for delay in (0.0, *self.duplicates):
            self._deliver(_Delivery(event, latest, again=self.again_at_once), late + delay)

    def _deliver(self, delivery: _Delivery, delay: float) -> None:
        if self._time.now + delay <= delivery.latest:
            self._time.spawn(lambda: self._start(delivery), delay)

    def _start(self, delivery: _Delivery) -> None:
        if self.concurrency is not None and self.running >= self.concurrency:
            later = _Delivery(
                delivery.event,
                delivery.latest,
                delivery.retries,
                delivery.again,
                min(2 * delivery.throttled, THROTTLED_DELAYS[1]),
            )
            self._deliver(later, delivery.throttled)
            return
        invocation = Invocation(copy.deepcopy(delivery.event), self._time.now)
        self.history.append(invocation)
        _current.set(invocation)
        self._time.limit(self.timeout)
        self.running += 1
        try:
            self._function(invocation.event, Context(self._time, invocation.start, self.timeout))
        except (Exception, Killed) as error:  # noqa: BLE001 - a service outlives whatever its functions raise
            invocation.error = error
            if delivery.retries:
                again = _Delivery(delivery.event, delivery.latest, delivery.retries[1:], delivery.again)
                self._deliver(again, delivery.retries[0])
        else:
            if delivery.again:
                self._deliver(_Delivery(delivery.event, delivery.latest), 0.0)
        finally:
            self.running -= 1
            invocation.end = self._time.now
