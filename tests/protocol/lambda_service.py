"""Lambda as CloudFormation uses it: asynchronous invocations, at least once, again when they fail."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.protocol.virtual_time import VirtualTime

FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:provider"
TIMEOUT = 900.0
RETRY_DELAYS = (60.0, 120.0)

Event = dict[str, Any]


class Killed(BaseException):
    """The execution environment is gone in the middle of an invocation; no code of the function's runs after."""


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
        return int((self.start + TIMEOUT - self.time.now) * 1000)


class Lambda:
    """One function. `duplicates` says how many seconds after the first delivery each event comes again."""

    def __init__(self, time: VirtualTime, function: Callable[[Event, Context], object]) -> None:
        self._time = time
        self._function = function
        self.duplicates: tuple[float, ...] = ()
        self.running = 0
        self.invocations = 0
        self.errors: list[BaseException] = []

    def invoke(self, event: Event) -> None:
        """Take an event; it is delivered in its own time."""
        for delay in (0.0, *self.duplicates):
            self._deliver(event, delay, RETRY_DELAYS)

    def _deliver(self, event: Event, delay: float, retries: tuple[float, ...]) -> None:
        def invocation() -> None:
            self.running += 1
            self.invocations += 1
            try:
                self._function(copy.deepcopy(event), Context(self._time, self._time.now))
            except (Exception, Killed) as error:
                self.errors.append(error)
                if retries:
                    self._deliver(event, retries[0], retries[1:])
            finally:
                self.running -= 1

        self._time.spawn(invocation, delay)
