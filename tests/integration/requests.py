"""Single requests to the real handler, with the events of `events/` as templates."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from event_tracker.handler import make_handler
from simulation.events import document, event
from simulation.virtual_time import VirtualTime
from simulation.world import World

STACK_ID = document("create.json")["StackId"]
OWNED = {"cloudformation:stack-id": STACK_ID, "cloudformation:logical-id": "Tracker"}


@dataclass
class Context:
    """The context object of an invocation that may take `seconds` from its making on."""

    time: VirtualTime
    seconds: float = 900.0
    function_name: str = "provider"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:provider"
    aws_request_id: str = "4ecaf1c1-0000-4000-8000-000000000000"

    def __post_init__(self) -> None:
        self._end = self.time.now + self.seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - self.time.now) * 1000)


@dataclass
class Response:
    """What the other side says to a PUT."""

    status: int


@dataclass
class Inbox:
    """Takes answers in place of CloudFormation. `responses` come first: a status, or an exception to raise."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    responses: list[int | Exception] = field(default_factory=list)

    def request(self, method: str, url: str, *, body: str, headers: dict[str, str]) -> Response:
        assert (method, headers) == ("PUT", {"Content-Type": ""})
        self.attempts += 1
        # What urllib3 logs, and at which levels.
        log = logging.getLogger("urllib3.connectionpool")
        log.debug('"%s %s HTTP/1.1"', method, url)
        log.warning("Retrying after connection broken: %s", url)
        response = self.responses.pop(0) if self.responses else 200
        if isinstance(response, Exception):
            raise response
        if response == 200:
            self.answers.append(json.loads(body))
        return Response(response)


class Requests:
    """Sends requests to the handler, one after the other, in the world's virtual time."""

    def __init__(self, aws: World, client: Any = None, *, sam_local: bool = False) -> None:
        self.inbox = Inbox()
        self._aws = aws
        self._handler = make_handler(client or aws.service, self.inbox, aws.time.clock, sam_local)  # type: ignore[arg-type]

    def __call__(self, request_type: str, *, seconds: float = 900.0, **fields: Any) -> dict[str, Any]:
        """The answer to a request. `seconds` is how long the invocation may take."""
        return self.deliver(event(request_type, **fields), seconds=seconds)

    def deliver(self, payload: Any, *, seconds: float = 900.0) -> dict[str, Any]:
        """What the handler returns for a payload."""
        return self._handler(payload, Context(self._aws.time, seconds))  # type: ignore[arg-type]
