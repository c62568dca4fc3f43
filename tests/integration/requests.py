"""Single requests to the real handler, with the events of `events/` as templates."""

import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from event_tracker.handler import make_handler
from simulation.events import document, event
from simulation.virtual_time import BEGIN, VirtualTime
from simulation.world import World
from tests.integration.faults import Fault, FaultyClient

STACK_ID, URL = document("create.json")["StackId"], document("create.json")["ResponseURL"]
OWNED = {"cloudformation:stack-id": STACK_ID, "cloudformation:logical-id": "Tracker"}


def timestamp(seconds: float) -> str:
    """A moment of virtual time in the form of X-Amz-Date."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(BEGIN + seconds))


def owned(made_by: str, sent: float, responded: float | None = None) -> dict[str, str]:
    """The tags of a tracker that a request for this resource has made: its type and id, and two moments."""
    end = "pending" if responded is None else timestamp(responded)
    return {**OWNED, "cloudformation:created-by": f"{made_by}/{timestamp(sent)}/{end}"}


# What a request that is sent when the test begins may meet.
UNACKNOWLEDGED = owned("Create/an-earlier-one", -60)
ORPHANED = owned("Update/an-earlier-one", -60)
ACKNOWLEDGED = owned("Create/an-earlier-one", -60, -30)
NEWER = owned("Update/a-newer-one", 3600)


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
class Reply:
    """What the other side says to a PUT."""

    status: int


@dataclass
class Inbox:
    """Takes responses in place of CloudFormation. `replies` come first: a status, or an exception to raise."""

    responses: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    replies: list[int | Exception] = field(default_factory=list)

    def request(self, method: str, url: str, *, body: str, headers: dict[str, str]) -> Reply:
        assert (method, headers) == ("PUT", {"Content-Type": ""})
        self.attempts += 1
        # What urllib3 logs, and at which levels.
        log = logging.getLogger("urllib3.connectionpool")
        log.debug('"%s %s HTTP/1.1"', method, url)
        log.warning("Retrying after connection broken: %s", url)
        reply = self.replies.pop(0) if self.replies else 200
        if isinstance(reply, Exception):
            raise reply
        if reply == 200:
            self.responses.append(json.loads(body))
        return Reply(reply)


def with_fault(aws: World, fault: Fault, *, after_effect: bool = False) -> "Requests":
    """Requests whose calls fail as `fault` says, which gets the names of a client's methods."""
    return Requests(aws, FaultyClient(aws.service, fault, after_effect=after_effect))


class Requests:
    """Sends requests to the handler, one after the other, in the world's virtual time."""

    def __init__(self, aws: World, client: Any = None, *, sam_local: bool = False) -> None:
        self.inbox = Inbox()
        self._aws = aws
        self._handler = make_handler(client or aws.service, self.inbox, aws.time.clock, sam_local)  # type: ignore[arg-type]

    def __call__(self, request_type: str, *, seconds: float = 900.0, **fields: Any) -> dict[str, Any]:
        """The response to a request that is sent now. `seconds` is how long the invocation may take."""
        return self.send(event(request_type, **{"ResponseURL": self.url, **fields}), seconds=seconds)

    def create(self, **fields: Any) -> str:
        """The physical id of what a Create makes."""
        return str(self("Create", **fields)["PhysicalResourceId"])

    def update(self, physical_id: str, **fields: Any) -> dict[str, Any]:
        """The response to an Update, of the tags unless `fields` say otherwise."""
        return self("Update", PhysicalResourceId=physical_id, **fields)

    def change_group(
        self, physical_id: str, old: str, new: str, *, seconds: float = 900.0, **properties: Any
    ) -> dict[str, Any]:
        """The response to an Update from one dataset group to another."""
        wanted, before = {"DatasetGroupArn": new, **properties}, {"DatasetGroupArn": old}
        return self.update(physical_id, seconds=seconds, ResourceProperties=wanted, OldResourceProperties=before)

    def delete(self, physical_id: str, **fields: Any) -> dict[str, Any]:
        """The response to a Delete."""
        return self("Delete", PhysicalResourceId=physical_id, **fields)

    @property
    def url(self) -> str:
        """The ResponseURL of a request that is sent now."""
        return f"{URL}?X-Amz-Date={timestamp(self._aws.time.now)}"

    def send(self, payload: Any, *, seconds: float = 900.0) -> dict[str, Any]:
        """What the handler returns for a payload."""
        return self._handler(payload, Context(self._aws.time, seconds))  # type: ignore[arg-type]
