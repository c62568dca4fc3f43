"""A small CloudFormation: what it sends to the provider of a custom resource, and what it makes of the responses.

Source: the AWS CloudFormation user guide, "Custom resources", and what projects that use them have seen.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulation.lambda_service import Event, Invocation, Lambda, current_invocation
from simulation.virtual_time import VirtualTime

SERVICE_TIMEOUT = 3600.0

Properties = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """A response as CloudFormation took it. `tracker_status` is that of the tracker it names, at that moment."""

    status: str
    physical_id: str
    reason: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tracker_status: str | None = None


@dataclass(eq=False)
class Request:
    """A request that was sent. `replaced_by`: of a clean-up, the request whose response replaced the physical id.

    `looked` is when its function last called the service before the response counted.
    """

    event: Event
    sent: float
    replaced_by: "Request | None" = None
    response: Response | None = None
    responded: float | None = None

    @property
    def id(self) -> str:
        """The RequestId."""
        return str(self.event["RequestId"])

    @property
    def type(self) -> str:
        """Create, Update or Delete."""
        return str(self.event["RequestType"])

    @property
    def resource(self) -> tuple[str, str]:
        """Whose request it is: the stack and the logical id."""
        return self.event["StackId"], self.event["LogicalResourceId"]

    @property
    def service_timeout(self) -> float:
        """For how long CloudFormation waits for the response."""
        return float(self.event["ResourceProperties"].get("ServiceTimeout", SERVICE_TIMEOUT))

    def __str__(self) -> str:
        return f"{self.type} of {self.event['LogicalResourceId']} in {self.event['StackId'].split('/')[1]}"


@dataclass(frozen=True)
class Put:
    """A response that arrived, with what had sent it."""

    request: Request
    invocation: Invocation | None
    moment: float
    response: Response
    body: str


class CloudFormation:
    """The side of the service that keeps requests and takes responses.

    `tracker_status` tells the state of a tracker by its ARN, for the record. A response that breaks the
    protocol becomes one of the `objections`.
    """

    def __init__(self, time: VirtualTime, tracker_status: Callable[[str], str | None]) -> None:
        self.time = time
        self.function: Lambda
        self.requests: dict[str, Request] = {}
        self.puts: list[Put] = []
        self.objections: list[str] = []
        self._tracker_status = tracker_status
        self._random = Random(0)

    def new_id(self) -> str:
        """A UUID that is the same in every run."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def send(self, event: Event, replaced_by: Request | None = None) -> Request:
        """Send a request."""
        key = self._random.getrandbits(64)
        date = f"X-Amz-Date={self.time.clock.timestamp}"
        url = f"https://response.example/{len(self.requests)}?{date}&X-Amz-Signature={key:016x}"
        request = Request({**event, "ResponseURL": url}, self.time.now, replaced_by)
        self.requests[url] = request
        self.function.invoke(request.event)
        return request

    def request_of(self, invocation: Invocation) -> Request:
        """The request that was delivered."""
        return self.requests[invocation.event["ResponseURL"]]

    def put(self, url: str, body: str) -> int:
        """Take an response, as Amazon S3 does for CloudFormation: it checks nothing but the address.

        The first response counts. Returns the HTTP status.
        """
        invocation = current_invocation()
        request = self.requests.get(url)
        if request is None or (invocation and invocation.event["ResponseURL"] != url):
            self._object_to(f"{invocation.event['RequestType'] if invocation else 'nobody'} sent a response to {url}")
            return 403
        response, problems = self._read(request, body)
        for problem in problems:
            self._object_to(f"{request}: {problem}")
        before = [put.body for put in self.puts if put.invocation is invocation]
        if before and before != [body] * len(before):
            self._object_to(f"{request}: one delivery gave two responses, {before[0]} and {body}")
        self.puts.append(Put(request, invocation, self.time.now, response, body))
        if not request.response:
            request.response, request.responded = response, self.time.now
        return 200

    def _read(self, request: Request, body: str) -> tuple[Response, list[str]]:
        """The response, and what is wrong with it. CloudFormation makes up an id where there is none."""
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            return Response("FAILED", self.made_up_id(request), "Invalid response object"), ["not a JSON object"]
        physical_id, data = document.get("PhysicalResourceId"), document.get("Data") or {}
        has_id = isinstance(physical_id, str) and 0 < len(physical_id.encode()) <= 1024
        failed = document.get("Status") == "FAILED"
        checks = {
            f"{len(body.encode())} bytes": len(body.encode()) < 4096,
            f"Status {document.get('Status')}": document.get("Status") in ("SUCCESS", "FAILED"),
            f"physical id {physical_id!r}": has_id,
            "a failure without a Reason": bool(document.get("Reason")) or not failed,
            "Data other than strings": isinstance(data, dict) and all(isinstance(v, str) for v in data.values()),
            "another physical id": physical_id == request.event.get("PhysicalResourceId")
            or request.type == "Create"
            or (request.type == "Update" and not failed),
            **{
                f"another {name}": document.get(name) == request.event[name]
                for name in ("StackId", "RequestId", "LogicalResourceId")
            },
        }
        problems = [problem for problem, fine in checks.items() if not fine]
        physical_id = str(physical_id) if has_id else self.made_up_id(request)
        status = "FAILED" if failed or problems else "SUCCESS"
        reason = document.get("Reason", "") if failed else ""
        return Response(status, physical_id, reason, data, self._tracker_status(physical_id)), problems

    def made_up_id(self, request: Request) -> str:
        """The physical id of a resource that has none yet."""
        stack_name = request.event["StackId"].split("/")[1]
        return f"{stack_name}-{request.event['LogicalResourceId']}-{self._random.getrandbits(48):012X}"

    def _object_to(self, how: str) -> None:
        self.objections.append(how)
