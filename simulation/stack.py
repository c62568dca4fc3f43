"""A stack with custom resources: the requests that CloudFormation sends for it, in the order in which it sends them."""

from dataclasses import dataclass, field
from typing import Any

from simulation.cloudformation import CloudFormation, Properties, Request, Response
from simulation.lambda_service import FUNCTION_ARN


class ValidationError(Exception):
    """CloudFormation refuses an operation."""


@dataclass
class Resource:
    """A custom resource of a stack, as CloudFormation remembers it. `response`: the last one that said SUCCESS."""

    physical_id: str
    properties: Properties
    response: Response | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """What Fn::GetAtt gives."""
        return self.response.attributes if self.response else {}


@dataclass(eq=False)
class Stack:
    """A stack with custom resources; the operations return when they are over.

    `status` is the stack's, `reasons` are those of all FAILED responses, the last last, and `retained` are the
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
        response = self._await(request)
        if response and response.status == "SUCCESS" and not sibling_fails:
            self.resources[logical_id] = Resource(response.physical_id, properties, response)
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
        old = resource.properties
        request = self._send("Update", logical_id, properties, resource.physical_id, old)
        response = self._await(request, abandoned_after)
        succeeded = response is not None and response.status == "SUCCESS"
        if succeeded and not sibling_fails and abandoned_after is None:
            self._replace(logical_id, request, properties)
            self.status = "UPDATE_COMPLETE"
            return
        # The rollback sends the physical id of a successful response, else the one there was.
        physical_id = response.physical_id if response and succeeded else resource.physical_id
        self.resources[logical_id] = Resource(physical_id, properties, response if succeeded else resource.response)
        self._roll_back_update(logical_id, old)

    def continue_rollback(self, logical_id: str = "Tracker") -> None:
        """Try a rollback that failed once more, as ContinueUpdateRollback does."""
        if self.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not continue a rollback.")
        resource = self.resources[logical_id]
        old, resource.properties = resource.properties, self._tried
        self._roll_back_update(logical_id, old)

    def retain(self, logical_id: str = "Tracker") -> None:
        """Take the resource out of the template; it has `DeletionPolicy: Retain`."""
        self.retained.add(self.resources.pop(logical_id).physical_id)

    def delete(self) -> None:
        """Delete the stack."""
        for logical_id, resource in list(self.resources.items()):
            response = self._await(self._send("Delete", logical_id, resource.properties, resource.physical_id))
            if not (response and response.status == "SUCCESS"):
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
        physical_id = request.response.physical_id if request.response else self.cloudformation.made_up_id(request)
        response = self._await(self._send("Delete", logical_id, properties, physical_id))
        if response and response.status == "SUCCESS":
            self.status = "ROLLBACK_COMPLETE"
        else:
            self.resources[logical_id] = Resource(physical_id, properties)
            self.status = "ROLLBACK_FAILED"

    def _roll_back_update(self, logical_id: str, old: Properties) -> None:
        resource = self.resources[logical_id]
        request = self._send("Update", logical_id, old, resource.physical_id, resource.properties)
        response = self._await(request)
        if response and response.status == "SUCCESS":
            self._replace(logical_id, request, old)
            self.status = "UPDATE_ROLLBACK_COMPLETE"
        else:
            self._tried, resource.properties = resource.properties, old
            self.status = "UPDATE_ROLLBACK_FAILED"

    def _replace(self, logical_id: str, request: Request, properties: Properties) -> None:
        before, response = self.resources[logical_id], request.response
        if response is None:
            raise ValueError(f"{request} has no response.")
        self.resources[logical_id] = Resource(response.physical_id, properties, response)
        if response.physical_id != before.physical_id:
            # The clean-up. What it says changes nothing for the stack.
            self._await(self._send("Delete", logical_id, before.properties, before.physical_id, replaced_by=request))

    def _await(self, request: Request, seconds: float | None = None) -> Response | None:
        """Wait for the response, for as long as CloudFormation does."""
        seconds_left = request.service_timeout if seconds is None else seconds
        self.cloudformation.time.run_until(lambda: request.response is not None, seconds_left)
        if request.response and request.response.status == "FAILED":
            self.reasons.append(request.response.reason)
        return request.response

    def _send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        old: Properties | None = None,
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
        if old is not None:
            event["OldResourceProperties"] = stringified({"ServiceToken": FUNCTION_ARN, **old})
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
