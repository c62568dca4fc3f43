"""A small CloudFormation: what it sends to the provider of a custom resource, and what it makes of the answers.

Source: the AWS CloudFormation user guide, "Custom resources", and what projects that use them have seen.
"""

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.protocol.lambda_service import Event, Lambda
from tests.protocol.virtual_time import VirtualTime

SERVICE_TIMEOUT = 3600.0
TOKEN = "arn:aws:lambda:us-east-1:123456789012:function:provider"

Properties = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer that CloudFormation took."""

    status: str
    physical_id: str
    reason: str
    attributes: dict[str, str]


@dataclass
class Resource:
    """A custom resource of a stack, as CloudFormation remembers it."""

    physical_id: str
    properties: Properties
    attributes: dict[str, str]


class CloudFormation:
    """The side of the service that keeps requests and takes answers."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.function: Lambda
        self.requests: dict[str, Event] = {}
        self.answers: dict[str, Answer] = {}
        self.puts: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)

    def send(self, event: Event) -> str:
        """Send a request and return its ResponseURL."""
        url = f"https://cloudformation.example/{next(self._numbers)}?X-Amz-Signature=secret"
        self.requests[url] = {**event, "ResponseURL": url}
        self.function.invoke(self.requests[url])
        return url

    def put(self, url: str, body: str) -> int:
        """Take an answer, if it is valid; the first counts. Returns the HTTP status."""
        request = self.requests[url]
        assert len(body.encode()) < 4096, f"an answer of {len(body.encode())} bytes"
        answer = json.loads(body)
        assert answer["Status"] in ("SUCCESS", "FAILED")
        assert 0 < len(answer["PhysicalResourceId"]) <= 1024
        for name in ("StackId", "RequestId", "LogicalResourceId"):
            assert answer[name] == request[name], name
        if answer["Status"] == "FAILED":
            assert answer["Reason"]
        assert all(isinstance(value, str) for value in answer["Data"].values())
        self.puts.append((request["RequestId"], answer))
        self.answers.setdefault(
            url, Answer(answer["Status"], answer["PhysicalResourceId"], answer.get("Reason", ""), answer["Data"])
        )
        return 200

    def stack(self, name: str) -> "Stack":
        return Stack(self, name)


@dataclass
class Stack:
    """A stack with custom resources; the operations return when they are over.

    `status` is the stack's, `reasons` are those of all FAILED answers, the last last.
    """

    cloudformation: CloudFormation
    name: str
    status: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{self.name}/{uuid.uuid4()}"

    def create(self, logical_id: str = "Tracker", *, sibling_fails: bool = False, **properties: Any) -> None:
        """Create the stack with one custom resource. `sibling_fails`: something else fails after it was created."""
        answer = self._request("Create", logical_id, properties)
        if answer and answer.status == "SUCCESS" and not sibling_fails:
            self.resources[logical_id] = Resource(answer.physical_id, properties, answer.attributes)
            self.status = "CREATE_COMPLETE"
            return
        physical_id = answer.physical_id if answer else self._invented_id(logical_id)
        gone = self._request("Delete", logical_id, properties, physical_id)
        self.status = "ROLLBACK_COMPLETE" if gone and gone.status == "SUCCESS" else "ROLLBACK_FAILED"

    def create_abandoned(self, after: float, logical_id: str = "Tracker", **properties: Any) -> None:
        """Create the stack; something else fails after some seconds, and the Delete does not wait for the Create."""
        url = self._send("Create", logical_id, properties)
        answer = self._answer(url, after)
        physical_id = answer.physical_id if answer else self._invented_id(logical_id)
        gone = self._request("Delete", logical_id, properties, physical_id)
        self.status = "ROLLBACK_COMPLETE" if gone and gone.status == "SUCCESS" else "ROLLBACK_FAILED"

    def update(self, logical_id: str = "Tracker", *, sibling_fails: bool = False, **properties: Any) -> None:
        """Update the custom resource. `sibling_fails`: something else fails after it was updated."""
        resource = self.resources[logical_id]
        former = resource.properties
        answer = self._request("Update", logical_id, properties, resource.physical_id, former)
        if answer and answer.status == "SUCCESS" and not sibling_fails:
            self._replace(logical_id, answer, properties)
            self.status = "UPDATE_COMPLETE"
            return
        if answer and answer.status == "SUCCESS":
            resource.physical_id, resource.properties = answer.physical_id, properties
        else:
            # The rollback sends the same physical id; its old properties are those of the update that failed.
            resource.properties = properties
        back = self._request("Update", logical_id, former, resource.physical_id, properties)
        if back and back.status == "SUCCESS":
            self._replace(logical_id, back, former)
            self.status = "UPDATE_ROLLBACK_COMPLETE"
        else:
            resource.properties = former
            self.status = "UPDATE_ROLLBACK_FAILED"

    def delete(self) -> None:
        """Delete the stack."""
        for logical_id, resource in list(self.resources.items()):
            answer = self._request("Delete", logical_id, resource.properties, resource.physical_id)
            if not (answer and answer.status == "SUCCESS"):
                self.status = "DELETE_FAILED"
                return
            del self.resources[logical_id]
        self.status = "DELETE_COMPLETE"

    def _replace(self, logical_id: str, answer: Answer, properties: Properties) -> None:
        before = self.resources[logical_id]
        self.resources[logical_id] = Resource(answer.physical_id, properties, answer.attributes)
        if answer.physical_id != before.physical_id:
            # The clean-up. What it says changes nothing for the stack.
            self._request("Delete", logical_id, before.properties, before.physical_id)

    def _request(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        former: Properties | None = None,
    ) -> Answer | None:
        """Send a request and wait for the answer, for as long as CloudFormation does."""
        url = self._send(request_type, logical_id, properties, physical_id, former)
        answer = self._answer(url, float(properties.get("ServiceTimeout", SERVICE_TIMEOUT)))
        if answer and answer.status == "FAILED":
            self.reasons.append(answer.reason)
        return answer

    def _answer(self, url: str, seconds: float) -> Answer | None:
        cloudformation = self.cloudformation
        cloudformation.time.run_until(lambda: url in cloudformation.answers, seconds)
        return cloudformation.answers.get(url)

    def _send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        former: Properties | None = None,
    ) -> str:
        event = {
            "RequestType": request_type,
            "RequestId": str(uuid.uuid4()),
            "StackId": self.id,
            "LogicalResourceId": logical_id,
            "ResourceType": "Custom::PersonalizeEventTracker",
            "ServiceToken": TOKEN,
            "ResourceProperties": stringified({"ServiceToken": TOKEN, **properties}),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if former is not None:
            event["OldResourceProperties"] = stringified({"ServiceToken": TOKEN, **former})
        return self.cloudformation.send(event)

    def _invented_id(self, logical_id: str) -> str:
        return f"{self.name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"


def stringified(value: Any) -> Any:
    """Properties as they arrive: every scalar is a string."""
    if isinstance(value, dict):
        return {key: stringified(member) for key, member in value.items()}
    if isinstance(value, list):
        return [stringified(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
