"""Lambda as CloudFormation uses it: asynchronous invocations, at least once, again when they fail.

Source: the AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import copy
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from simulation.virtual_time import Killed, VirtualTime

FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:provider"
TIMEOUT = 900.0
RETRY_DELAYS = (60.0, 120.0)
MAXIMUM_EVENT_AGE = 3600.0

Event = dict[str, Any]


@dataclass
class Context:
    """The context object of an invocation that began at `start`."""

    time: VirtualTime
    start: float
    function_name: str = "provider"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = FUNCTION_ARN
    aws_request_id: str = "4ecaf1c1-0000-4000-8000-000000000000"
    log_group_name: str = "/aws/lambda/provider"
    log_stream_name: str = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return int((self.start + TIMEOUT - self.time.now) * 1000)


@dataclass(eq=False)
class Invocation:
    """One delivery of an event. `accepted`: how many of its responses it saw accepted."""

    event: Event
    start: float
    end: float | None = None
    error: BaseException | None = None
    accepted: int = 0


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


def current_invocation() -> Invocation | None:
    """The invocation that is running; None outside of the function."""
    return _current.get()


class Lambda:
    """One function.

    `duplicates` says how many seconds after the first delivery each event comes again; `again_at_once`, whether
    it comes again when it was handled.
    """

    def __init__(self, time: VirtualTime, function: Callable[[Event, Context], object]) -> None:
        self._time = time
        self._function = function
        self.duplicates: tuple[float, ...] = ()
        self.again_at_once = False
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

    def invoke(self, event: Event) -> None:
        """Take an event; it is delivered in its own time."""
        for delay in (0.0, *self.duplicates):
            self._deliver(event, delay, RETRY_DELAYS, self.again_at_once, self._time.now + MAXIMUM_EVENT_AGE)

    def _deliver(self, event: Event, delay: float, retries: tuple[float, ...], again: bool, latest: float) -> None:
        if self._time.now + delay > latest:
            return

        def invoke() -> None:
            invocation = Invocation(copy.deepcopy(event), self._time.now)
            self.history.append(invocation)
            _current.set(invocation)
            self._time.limit(TIMEOUT)
            self.running += 1
            try:
                self._function(invocation.event, Context(self._time, invocation.start))
            except (Exception, Killed) as error:  # noqa: BLE001 - a service outlives whatever its functions raise
                invocation.error = error
                if retries:
                    self._deliver(event, retries[0], retries[1:], again, latest)
            else:
                if again:
                    self._deliver(event, 0.0, RETRY_DELAYS, False, latest)
            finally:
                self.running -= 1
                invocation.end = self._time.now

        self._time.spawn(invoke, delay)
