"""A small CloudFormation: what it sends to the provider of a custom resource, and what it makes of the answers.

Source: the AWS CloudFormation user guide, "Custom resources", and what projects that use them have seen.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.protocol.lambda_service import FUNCTION_ARN, Event, Invocation, Lambda, current_invocation
from tests.protocol.rules import Rule, Violation
from tests.protocol.virtual_time import VirtualTime

SERVICE_TIMEOUT = 3600.0

Properties = dict[str, Any]


class ValidationError(Exception):
    """CloudFormation refuses an operation."""


@dataclass(frozen=True)
class Answer:
    """An answer as CloudFormation took it. `tracker_status` is that of the tracker it names, at that moment."""

    status: str
    physical_id: str
    reason: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tracker_status: str | None = None


@dataclass(eq=False)
class Request:
    """A request that was sent. `replaced_by`: of a clean-up, the request whose answer replaced the physical id.

    `looked` is when its function last called the service before the answer counted.
    """

    event: Event
    sent: float
    replaced_by: "Request | None" = None
    looked: float = 0.0
    answer: Answer | None = None
    answered: float | None = None

    @property
    def id(self) -> str:
        return self.event["RequestId"]

    @property
    def type(self) -> str:
        return self.event["RequestType"]

    @property
    def resource(self) -> tuple[str, str]:
        """Whose request it is: the stack and the logical id."""
        return self.event["StackId"], self.event["LogicalResourceId"]

    @property
    def service_timeout(self) -> float:
        return float(self.event["ResourceProperties"].get("ServiceTimeout", SERVICE_TIMEOUT))

    def __str__(self) -> str:
        return f"{self.type} of {self.event['LogicalResourceId']} in {self.event['StackId'].split('/')[1]}"


@dataclass(frozen=True)
class Put:
    """An answer that arrived, with what had sent it."""

    request: Request
    invocation: Invocation | None
    moment: float
    answer: Answer
    body: str


@dataclass
class Resource:
    """A custom resource of a stack, as CloudFormation remembers it. `answer`: the last one that said SUCCESS."""

    physical_id: str
    properties: Properties
    answer: Answer | None = None

    @property
    def attributes(self) -> dict[str, str]:
        return self.answer.attributes if self.answer else {}


class CloudFormation:
    """The side of the service that keeps requests and takes answers.

    `tracker_status` tells the state of a tracker by its ARN, for the record. An answer that breaks the
    protocol is a violation.
    """

    def __init__(self, time: VirtualTime, tracker_status: Callable[[str], str | None]) -> None:
        self.time = time
        self.function: Lambda
        self.requests: dict[str, Request] = {}
        self.puts: list[Put] = []
        self.stacks: list[Stack] = []
        self.violations: list[Violation] = []
        self._tracker_status = tracker_status
        self._random = Random(0)

    def stack(self, name: str) -> "Stack":
        """A stack that does not exist yet."""
        self.stacks.append(Stack(self, name))
        return self.stacks[-1]

    def new_id(self) -> str:
        """A UUID that is the same in every run."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def send(self, event: Event, replaced_by: Request | None = None) -> Request:
        """Send a request."""
        key = self._random.getrandbits(64)
        url = f"https://cloudformation-custom-resource-response.example/{len(self.requests)}?X-Amz-Signature={key:016x}"
        request = Request({**event, "ResponseURL": url}, self.time.now, replaced_by)
        self.requests[url] = request
        self.function.invoke(request.event)
        return request

    def request_of(self, invocation: Invocation) -> Request:
        """The request that was delivered."""
        return self.requests[invocation.event["ResponseURL"]]

    def note_call(self, invocation: Invocation) -> None:
        """Take notice that the function called the service."""
        request = self.request_of(invocation)
        if not request.answer:
            request.looked = self.time.now

    def put(self, url: str, body: str) -> int:
        """Take an answer, as Amazon S3 does for CloudFormation: it checks nothing but the address.

        The first answer counts. Returns the HTTP status.
        """
        invocation = current_invocation()
        request = self.requests.get(url)
        if request is None or (invocation and invocation.event["ResponseURL"] != url):
            self._object(f"{invocation.event['RequestType'] if invocation else 'nobody'} answered {url}")
            return 403
        answer, problems = self._read(request, body)
        for problem in problems:
            self._object(f"{request}: {problem}")
        before = [put.body for put in self.puts if put.invocation is invocation]
        if before and before != [body] * len(before):
            self._object(f"{request}: one delivery gave two answers, {before[0]} and {body}")
        self.puts.append(Put(request, invocation, self.time.now, answer, body))
        if not request.answer:
            request.answer, request.answered = answer, self.time.now
        return 200

    def _read(self, request: Request, body: str) -> tuple[Answer, list[str]]:
        """The answer, and what is wrong with it. CloudFormation makes up an id where there is none."""
        try:
            document = json.loads(body)
            assert isinstance(document, dict)
        except (ValueError, AssertionError):
            return Answer("FAILED", self.made_up_id(request), "Invalid response object"), ["not a JSON object"]
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
        if not has_id:
            physical_id = self.made_up_id(request)
        status = "FAILED" if failed or problems else "SUCCESS"
        reason = document.get("Reason", "") if failed else ""
        return Answer(status, physical_id, reason, data, self._tracker_status(physical_id)), problems

    def made_up_id(self, request: Request) -> str:
        """The physical id of a resource that has none yet."""
        stack_name = request.event["StackId"].split("/")[1]
        return f"{stack_name}-{request.event['LogicalResourceId']}-{self._random.getrandbits(48):012X}"

    def _object(self, how: str) -> None:
        self.violations.append(Violation(Rule.ONE_ANSWER, how))


@dataclass(eq=False)
class Stack:
    """A stack with custom resources; the operations return when they are over.

    `status` is the stack's, `reasons` are those of all FAILED answers, the last last, and `retained` are the
    physical ids of what left the stack without being deleted.
    """

    cloudformation: CloudFormation
    name: str
    status: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    retained: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{self.name}/{self.cloudformation.new_id()}"

    def resource(self, logical_id: str = "Tracker") -> Resource:
        """The resource with that logical id."""
        if logical_id not in self.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {self.name}.")
        return self.resources[logical_id]

    def create(self, logical_id: str = "Tracker", *, sibling_fails: bool = False, **properties: Any) -> None:
        """Create the stack with one custom resource. `sibling_fails`: something else fails after it was created."""
        request = self._send("Create", logical_id, properties)
        answer = self._await(request)
        if answer and answer.status == "SUCCESS" and not sibling_fails:
            self.resources[logical_id] = Resource(answer.physical_id, properties, answer)
            self.status = "CREATE_COMPLETE"
        else:
            self._roll_back_create(request, properties)

    def create_abandoned(self, after: float, logical_id: str = "Tracker", **properties: Any) -> None:
        """Create the stack; something else fails after some seconds, and the Delete does not wait for the Create."""
        request = self._send("Create", logical_id, properties)
        self._await(request, after)
        self._roll_back_create(request, properties)

    def update(
        self,
        logical_id: str = "Tracker",
        *,
        sibling_fails: bool = False,
        abandoned_after: float | None = None,
        **properties: Any,
    ) -> None:
        """Update the custom resource.

        `sibling_fails`: something else fails after it was updated. `abandoned_after`: or after so many seconds,
        and the rollback does not wait for the Update.
        """
        if self.status not in ("", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not be updated.")
        resource = self.resource(logical_id)
        former = resource.properties
        request = self._send("Update", logical_id, properties, resource.physical_id, former)
        answer = self._await(request, abandoned_after)
        succeeded = answer is not None and answer.status == "SUCCESS"
        if succeeded and not sibling_fails and abandoned_after is None:
            self._replace(logical_id, request, properties)
            self.status = "UPDATE_COMPLETE"
            return
        # The rollback sends the physical id of a successful answer, else the one there was.
        physical_id = answer.physical_id if answer and succeeded else resource.physical_id
        self.resources[logical_id] = Resource(physical_id, properties, answer if succeeded else resource.answer)
        self._roll_back_update(logical_id, former)

    def continue_rollback(self, logical_id: str = "Tracker") -> None:
        """Try a rollback that failed once more, as ContinueUpdateRollback does."""
        if self.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not continue a rollback.")
        resource = self.resources[logical_id]
        former, resource.properties = resource.properties, self._tried
        self._roll_back_update(logical_id, former)

    def retain(self, logical_id: str = "Tracker") -> None:
        """Take the resource out of the template; it has `DeletionPolicy: Retain`."""
        self.retained.add(self.resources.pop(logical_id).physical_id)

    def delete(self) -> None:
        """Delete the stack."""
        for logical_id, resource in list(self.resources.items()):
            answer = self._await(self._send("Delete", logical_id, resource.properties, resource.physical_id))
            if not (answer and answer.status == "SUCCESS"):
                self.status = "DELETE_FAILED"
                return
            del self.resources[logical_id]
        self.status = "DELETE_COMPLETE"

    def force_delete(self) -> None:
        """Delete the stack, and leave behind what cannot be deleted."""
        self.delete()
        self.resources.clear()
        self.status = "DELETE_COMPLETE"

    def _roll_back_create(self, request: Request, properties: Properties) -> None:
        logical_id = request.event["LogicalResourceId"]
        physical_id = request.answer.physical_id if request.answer else self.cloudformation.made_up_id(request)
        answer = self._await(self._send("Delete", logical_id, properties, physical_id))
        if answer and answer.status == "SUCCESS":
            self.status = "ROLLBACK_COMPLETE"
        else:
            self.resources[logical_id] = Resource(physical_id, properties)
            self.status = "ROLLBACK_FAILED"

    def _roll_back_update(self, logical_id: str, former: Properties) -> None:
        resource = self.resources[logical_id]
        request = self._send("Update", logical_id, former, resource.physical_id, resource.properties)
        answer = self._await(request)
        if answer and answer.status == "SUCCESS":
            self._replace(logical_id, request, former)
            self.status = "UPDATE_ROLLBACK_COMPLETE"
        else:
            self._tried, resource.properties = resource.properties, former
            self.status = "UPDATE_ROLLBACK_FAILED"

    def _replace(self, logical_id: str, request: Request, properties: Properties) -> None:
        before, answer = self.resources[logical_id], request.answer
        assert answer
        self.resources[logical_id] = Resource(answer.physical_id, properties, answer)
        if answer.physical_id != before.physical_id:
            # The clean-up. What it says changes nothing for the stack.
            self._await(self._send("Delete", logical_id, before.properties, before.physical_id, replaced_by=request))

    def _await(self, request: Request, seconds: float | None = None) -> Answer | None:
        """Wait for the answer, for as long as CloudFormation does."""
        patience = request.service_timeout if seconds is None else seconds
        self.cloudformation.time.run_until(lambda: request.answer is not None, patience)
        if request.answer and request.answer.status == "FAILED":
            self.reasons.append(request.answer.reason)
        return request.answer

    def _send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        former: Properties | None = None,
        *,
        replaced_by: Request | None = None,
    ) -> Request:
        event = {
            "RequestType": request_type,
            "RequestId": self.cloudformation.new_id(),
            "StackId": self.id,
            "LogicalResourceId": logical_id,
            "ResourceType": "Custom::PersonalizeEventTracker",
            "ServiceToken": FUNCTION_ARN,
            "ResourceProperties": stringified({"ServiceToken": FUNCTION_ARN, **properties}),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if former is not None:
            event["OldResourceProperties"] = stringified({"ServiceToken": FUNCTION_ARN, **former})
        return self.cloudformation.send(event, replaced_by)


def stringified(value: Any) -> Any:
    """Properties as they arrive: every scalar is a string."""
    if isinstance(value, dict):
        return {key: stringified(member) for key, member in value.items()}
    if isinstance(value, list):
        return [stringified(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
