"""A small CloudFormation: what it sends to the provider of a custom resource, and what it makes of the responses.

Source: the AWS CloudFormation user guide, "Custom resources", and what projects that use them have seen.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulation.lambda_service import Event, Invocation, Lambda, current_invocation
from simulation.response_url import SECONDS_VALID, response_url
from simulation.virtual_time import VirtualTime

SERVICE_TIMEOUT = 3600.0

Properties = dict[str, Any]


@dataclass(frozen=True)
class Tracker:
    """The state and the tags of an event tracker at some moment; no state if there is none."""

    status: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A response as it arrived. `tracker` is what its physical id named at that moment."""

    status: str
    physical_id: str
    reason: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tracker: Tracker = field(default_factory=Tracker)

    @property
    def is_success(self) -> bool:
        """Whether it says SUCCESS."""
        return self.status == "SUCCESS"


@dataclass(eq=False)
class Request:
    """A request that was sent, and the first response to it.

    `replaced_by`: of a clean-up, the request whose response replaced the physical id. `rollback_of`: the request that
    this one undoes. `closed`: when CloudFormation stopped waiting for the response; it takes none that comes later.
    """

    event: Event
    sent: float
    replaced_by: "Request | None" = None
    rollback_of: "Request | None" = None
    response: Response | None = None
    responded: float | None = None
    closed: float | None = None

    @property
    def taken(self) -> Response | None:
        """The response, if CloudFormation took it."""
        in_time = self.responded is not None and (self.closed is None or self.responded <= self.closed)
        return self.response if in_time else None

    @property
    def has_succeeded(self) -> bool:
        """Whether CloudFormation took a response that says SUCCESS."""
        return self.taken is not None and self.taken.is_success

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
    def physical_id(self) -> str:
        """The physical id in it; empty for a Create."""
        return str(self.event.get("PhysicalResourceId", ""))

    @property
    def wanted(self) -> Properties:
        """The properties in it, as they arrive: strings."""
        return dict(self.event["ResourceProperties"])

    @property
    def old(self) -> Properties:
        """The old properties in it; those of an Update only."""
        return dict(self.event.get("OldResourceProperties", {}))

    @property
    def service_timeout(self) -> float:
        """For how long CloudFormation waits for the response."""
        return float(self.event["ResourceProperties"].get("ServiceTimeout", SERVICE_TIMEOUT))

    def __str__(self) -> str:
        kind = f"{self.type}{' (rollback)' if self.rollback_of else ''}"
        return f"{kind} of {self.event['LogicalResourceId']} in {self.event['StackId'].split('/')[1]}"


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

    `tracker` tells what a physical id names, for the record. `dated_urls`: whether ResponseURLs tell when their
    request was sent. A response that breaks the protocol becomes one of the `objections`.
    """

    def __init__(self, time: VirtualTime, tracker: Callable[[str], Tracker]) -> None:
        self.time = time
        self.dated_urls = True
        self.function: Lambda
        self.requests: dict[str, Request] = {}
        self.puts: list[Put] = []
        self.objections: list[str] = []
        self._tracker = tracker
        self._random = Random(0)

    def new_id(self) -> str:
        """A UUID that is the same in every run."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def send(self, request: Request) -> None:
        """Send a request, with a ResponseURL of its own."""
        url = response_url(
            request.event["StackId"],
            request.event["LogicalResourceId"],
            request.id,
            self.time.time(),
            self._random,
            dated=self.dated_urls,
        )
        request.event["ResponseURL"] = url
        self.requests[url] = request
        self.function.invoke(request.event)

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
        if self.time.now > request.sent + SECONDS_VALID:
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
        return Response(status, physical_id, reason, data, self._tracker(physical_id)), problems

    def made_up_id(self, request: Request) -> str:
        """The physical id of a resource that has none yet."""
        stack_name = request.event["StackId"].split("/")[1]
        return f"{stack_name}-{request.event['LogicalResourceId']}-{self._random.getrandbits(48):012X}"

    def _object_to(self, how: str) -> None:
        self.objections.append(how)
