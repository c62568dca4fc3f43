"""A stack with custom resources: the requests that CloudFormation sends for it, and in which order.

Source: the AWS CloudFormation user guide and its reference of UpdateReplacePolicy and DeletionPolicy.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from simulation.cloudformation import CloudFormation, Properties, Request, Response
from simulation.lambda_service import FUNCTION_ARN

DELETE, RETAIN, RETAIN_EXCEPT_ON_CREATE = "Delete", "Retain", "RetainExceptOnCreate"

UPDATABLE = {"", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"}


class ValidationError(Exception):
    """CloudFormation refuses an operation."""


@dataclass(frozen=True)
class Declaration:
    """A resource as a template declares it."""

    properties: Properties
    update_replace_policy: str = DELETE
    deletion_policy: str = DELETE

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Declaration":
        """A declaration whose policies stand among the properties, by their names in a template."""
        properties = dict(members)
        policies = (properties.pop(name, DELETE) for name in ("UpdateReplacePolicy", "DeletionPolicy"))
        return cls(properties, *policies)


Template: TypeAlias = Mapping[str, Declaration]


@dataclass
class Resource:
    """A custom resource of a stack, as CloudFormation remembers it.

    `response`: the last one that said SUCCESS. `failed`: the Create that failed, if the resource was preserved.
    """

    physical_id: str
    declared: Declaration
    response: Response | None = None
    failed: Request | None = None

    @property
    def properties(self) -> Properties:
        """The properties that it has."""
        return self.declared.properties

    @property
    def attributes(self) -> dict[str, str]:
        """What Fn::GetAtt gives."""
        return self.response.attributes if self.response else {}


@dataclass
class _Change:
    """What an operation does to one resource: a Create, if there is none `before`, or an Update."""

    logical_id: str
    declared: Declaration
    before: Resource | None
    request: Request

    @property
    def physical_id(self) -> str:
        """The id that the resource has now."""
        taken = self.request.taken
        if taken and (self.before is None or taken.is_success):
            return taken.physical_id
        return self.before.physical_id if self.before else ""

    @property
    def after(self) -> Resource:
        """The resource when the change has succeeded."""
        return Resource(self.physical_id, self.declared, self.request.taken)


@dataclass
class _CleanUp:
    """A physical id that has left the stack: it is deleted, unless it is retained."""

    logical_id: str
    physical_id: str
    properties: Properties
    is_retained: bool = False
    replaced_by: Request | None = None


@dataclass(eq=False)
class Stack:
    """A stack with custom resources; the operations return when they are over.

    `status` is the stack's, and `reasons` are those of all FAILED responses, the last last. `retained` are the
    physical ids that left the stack without a Delete, `left_behind` those whose Delete failed, and `skipped` the
    ids of Creates that failed and whose resource was retained all the same.
    """

    cloudformation: CloudFormation
    name: str
    status: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    retained: set[str] = field(default_factory=set)
    left_behind: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    _rolling_back: list[_Change] = field(default_factory=list)
    _later: list[_CleanUp] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{self.name}/{self.cloudformation.new_id()}"

    @property
    def template(self) -> dict[str, Declaration]:
        """The template that it was last deployed with."""
        return {logical_id: resource.declared for logical_id, resource in self.resources.items()}

    def resource(self, logical_id: str = "Tracker") -> Resource:
        """The resource with that logical id."""
        if logical_id not in self.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {self.name}.")
        return self.resources[logical_id]

    def create(self, logical_id: str = "Tracker", *, sibling_fails: bool = False, **members: Any) -> None:
        """Create a custom resource, and the stack if there is none.

        `members`: properties, UpdateReplacePolicy, DeletionPolicy. `sibling_fails`: something else fails after it.
        """
        self.deploy({**self.template, logical_id: Declaration.of(members)}, sibling_fails=sibling_fails)

    def create_abandoned(self, after: float, logical_id: str = "Tracker", **members: Any) -> None:
        """Create the stack; something else fails after some seconds, and the Delete does not wait for the Create."""
        self.deploy({**self.template, logical_id: Declaration.of(members)}, cancelled_after=after)

    def update(
        self,
        logical_id: str = "Tracker",
        *,
        sibling_fails: bool = False,
        abandoned_after: float | None = None,
        **members: Any,
    ) -> None:
        """Update the custom resource, changed or not.

        `sibling_fails`: something else fails after it was updated. `abandoned_after`: or after so many seconds,
        and the rollback does not wait for the Update.
        """
        if self.status in UPDATABLE:
            self.resource(logical_id)
        self.deploy(
            {**self.template, logical_id: Declaration.of(members)},
            sibling_fails=sibling_fails,
            cancelled_after=abandoned_after,
            force={logical_id},
        )

    def deploy(
        self,
        template: Template,
        *,
        sibling_fails: bool = False,
        cancelled_after: float | None = None,
        disable_rollback: bool = False,
        one_by_one: bool = False,
        delete_failed_first: bool = False,
        force: Collection[str] = (),
    ) -> None:
        """Create or update the stack.

        `sibling_fails`: something else fails in the end. `cancelled_after`: the operation ends after so many seconds,
        and its requests are heard of no more. `disable_rollback`: what failed is preserved; the next deployment
        creates it anew, and deletes what there was of it afterwards, or first (`delete_failed_first`). `one_by_one`:
        each resource depends on the one before. `force`: send an Update for these though nothing has changed.
        """
        if self.status not in UPDATABLE:
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not be updated.")
        operation = "UPDATE" if self.status or self.resources else "CREATE"
        if delete_failed_first:
            self._delete_failed(template)
        changes, has_succeeded = self._change(template, cancelled_after, one_by_one, force)
        if has_succeeded and not sibling_fails and cancelled_after is None:
            self._complete(template, changes)
            self.status = f"{operation}_COMPLETE"
        elif disable_rollback:
            self._preserve(changes)
            self.status = f"{operation}_FAILED"
        elif operation == "CREATE":
            self._roll_back_creation(changes)
        else:
            self._rolling_back = changes
            self._roll_back_update()

    def continue_rollback(self) -> None:
        """Try a rollback that failed once more, as ContinueUpdateRollback does."""
        if self.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not continue a rollback.")
        self._roll_back_update()

    def retain(self, logical_id: str = "Tracker") -> None:
        """Take the resource out of the template; it has `DeletionPolicy: Retain`."""
        self.retained.add(self.resources.pop(logical_id).physical_id)

    def delete(self) -> None:
        """Delete the stack."""
        self._clean_up([*self._later, *self._left_by_rollback()])
        self._later, self._rolling_back = [], []
        for logical_id, resource in list(self.resources.items()):
            policy = resource.declared.deletion_policy
            clean_up = _CleanUp(logical_id, resource.physical_id, resource.properties)
            if policy == RETAIN or (policy == RETAIN_EXCEPT_ON_CREATE and not resource.failed):
                self._skip(resource)
            elif not self._is_deleted(clean_up):
                self.status = "DELETE_FAILED"
                return
            del self.resources[logical_id]
        self.status = "DELETE_COMPLETE"

    def force_delete(self) -> None:
        """Delete the stack, and leave behind what cannot be deleted."""
        self.delete()
        self.left_behind |= {resource.physical_id for resource in self.resources.values()}
        self.resources.clear()
        self.status = "DELETE_COMPLETE"

    def _change(
        self, template: Template, cancelled_after: float | None, one_by_one: bool, force: Collection[str]
    ) -> tuple[list[_Change], bool]:
        """Send a Create or an Update for everything that differs, and await the responses."""
        end = math.inf if cancelled_after is None else self._now + cancelled_after
        changes: list[_Change] = []
        for logical_id, declared in template.items():
            before = self.resources.get(logical_id)
            if before and not before.failed and before.properties == declared.properties and logical_id not in force:
                continue
            changes.append(self._start(logical_id, declared, None if before is None or before.failed else before))
            if one_by_one and not self._have_succeeded([changes[-1].request], end):
                return changes, False
        return changes, self._have_succeeded([change.request for change in changes], end)

    def _start(self, logical_id: str, declared: Declaration, before: Resource | None) -> _Change:
        if before is None:
            request = self._send("Create", logical_id, declared.properties)
        else:
            request = self._send("Update", logical_id, declared.properties, before.physical_id, before.properties)
        return _Change(logical_id, declared, before, request)

    def _complete(self, template: Template, changes: Iterable[_Change]) -> None:
        """Have the stack be as the template says, and delete what is no longer in it."""
        before = dict(self.resources)
        failed = [one for change in changes if change.before is None for one in self._left_by_failed(change.logical_id)]
        self.resources = {
            logical_id: Resource(old.physical_id, template[logical_id], old.response, old.failed)
            for logical_id, old in before.items()
            if logical_id in template
        }
        clean_ups = self._replace(changes)
        clean_ups += failed
        for logical_id, old in before.items():
            if logical_id not in template:
                is_retained = old.declared.deletion_policy != DELETE and not old.failed
                clean_ups.append(_CleanUp(logical_id, old.physical_id, old.properties, is_retained))
        self._clean_up([*self._later, *clean_ups])
        self._later = []

    def _replace(self, changes: Iterable[_Change]) -> list[_CleanUp]:
        """Have the resources be as they were changed, and return what that replaced."""
        clean_ups = []
        for change in changes:
            self.resources[change.logical_id] = change.after
            self.retained.discard(change.physical_id)
            if change.before and change.before.physical_id != change.physical_id:
                clean_ups.append(
                    _CleanUp(
                        change.logical_id,
                        change.before.physical_id,
                        change.before.properties,
                        change.declared.update_replace_policy == RETAIN,
                        change.request,
                    )
                )
        return clean_ups

    def _preserve(self, changes: Iterable[_Change]) -> None:
        """Keep what succeeded and what failed; only what was replaced waits for its deletion."""
        self._later += self._replace(change for change in changes if change.request.has_succeeded)
        for change in changes:
            if not change.request.has_succeeded and change.before is None:
                self._later += self._left_by_failed(change.logical_id)
                physical_id = change.physical_id or self.cloudformation.made_up_id(change.request)
                self.resources[change.logical_id] = Resource(physical_id, change.declared, failed=change.request)

    def _left_by_failed(self, logical_id: str) -> list[_CleanUp]:
        """What a Create that failed has left, as far as CloudFormation knows, if the resource was preserved."""
        resource = self.resources.get(logical_id)
        if resource is None or not resource.failed:
            return []
        return [_CleanUp(logical_id, resource.physical_id, resource.properties)]

    def _delete_failed(self, template: Template) -> None:
        for logical_id in template:
            clean_ups = self._left_by_failed(logical_id)
            self._clean_up(clean_ups)
            if clean_ups:
                del self.resources[logical_id]

    def _roll_back_creation(self, changes: Iterable[_Change]) -> None:
        self.status = "ROLLBACK_COMPLETE"
        for change in changes:
            resource = self._made(change)
            if change.declared.deletion_policy == RETAIN:
                self._skip(resource)
            elif not self._is_deleted(_CleanUp(change.logical_id, resource.physical_id, resource.properties)):
                self.resources[change.logical_id] = resource
                self.status = "ROLLBACK_FAILED"

    def _roll_back_update(self) -> None:
        """Send an Update with the properties swapped for each Update there was, and delete what was created."""
        back = []
        for change in self._rolling_back:
            if change.before:
                old, new = change.before.properties, change.declared.properties
                request = self._send("Update", change.logical_id, old, change.physical_id, new, undo=change.request)
                now = Resource(change.physical_id, change.declared)
                back.append(_Change(change.logical_id, change.before.declared, now, request))
        if not self._have_succeeded([change.request for change in back], math.inf, wait_for_all=True):
            self._remember_what_is_left(back)
            return
        clean_ups = self._replace(back)
        for clean_up in clean_ups:
            clean_up.is_retained = False
        for change in self._rolling_back:
            if change.before is None:
                made = self._made(change)
                if change.declared.deletion_policy == RETAIN:
                    self._skip(made)
                else:
                    clean_ups.append(_CleanUp(change.logical_id, made.physical_id, made.properties))
        self._clean_up(clean_ups)
        self._rolling_back = []
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def _remember_what_is_left(self, back: Iterable[_Change]) -> None:
        """Note what a rollback that failed has brought about, and what is still to be done."""
        done = {change.logical_id for change in back if change.request.has_succeeded}
        self._later += self._replace(change for change in back if change.request.has_succeeded)
        self._rolling_back = [change for change in self._rolling_back if change.logical_id not in done]
        for change in self._rolling_back:
            if change.before:
                self.resources[change.logical_id] = replace(change.before, physical_id=change.physical_id)
        self.status = "UPDATE_ROLLBACK_FAILED"

    def _left_by_rollback(self) -> list[_CleanUp]:
        """What is there beside the resources while a rollback has failed: what was replaced, and what was created."""
        clean_ups = []
        for change in self._rolling_back:
            there = change.before or self._made(change)
            if change.before is None or there.physical_id != change.physical_id:
                clean_ups.append(_CleanUp(change.logical_id, there.physical_id, there.properties))
        return clean_ups

    def _made(self, change: _Change) -> Resource:
        """What a Create has made, as far as CloudFormation knows; it makes up an id where it has heard of none."""
        physical_id = change.physical_id or self.cloudformation.made_up_id(change.request)
        failed = None if change.request.has_succeeded else change.request
        return Resource(physical_id, change.declared, change.request.taken, failed)

    def _skip(self, resource: Resource) -> None:
        """Retain a resource."""
        self.retained.add(resource.physical_id)
        if resource.failed:
            self.skipped.add(resource.failed.id)

    def _clean_up(self, clean_ups: Iterable[_CleanUp]) -> None:
        """Delete what is not retained. What comes of it changes nothing for the stack."""
        for clean_up in clean_ups:
            if clean_up.is_retained:
                self.retained.add(clean_up.physical_id)
            elif not self._is_deleted(clean_up):
                self.left_behind.add(clean_up.physical_id)

    def _is_deleted(self, clean_up: _CleanUp) -> bool:
        request = self._send(
            "Delete",
            clean_up.logical_id,
            clean_up.properties,
            clean_up.physical_id,
            replaced_by=clean_up.replaced_by,
        )
        return self._have_succeeded([request], math.inf)

    def _have_succeeded(self, requests: Collection[Request], end: float, *, wait_for_all: bool = False) -> bool:
        """Wait for the responses for as long as CloudFormation does: as soon as one failed, it hears of no more."""

        def is_over() -> bool:
            responses = [request.response for request in requests]
            has_failed = any(response and not response.is_success for response in responses)
            return all(responses) or (has_failed and not wait_for_all)

        seconds = min([end, *(request.sent + request.service_timeout for request in requests)]) - self._now
        if requests and seconds < math.inf:
            self.cloudformation.time.run_until(is_over, max(seconds, 0.0))
        for request in requests:
            request.closed = self._now if request.closed is None else request.closed
            if request.taken and not request.taken.is_success:
                self.reasons.append(request.taken.reason)
        return all(request.has_succeeded for request in requests)

    @property
    def _now(self) -> float:
        return self.cloudformation.time.now

    def _send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        old: Properties | None = None,
        *,
        replaced_by: Request | None = None,
        undo: Request | None = None,
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
        request = Request(event, self._now, replaced_by, undo)
        self.cloudformation.send(request)
        return request


def stringified(value: Any) -> Any:
    """Properties as they arrive: every scalar is a string."""
    if isinstance(value, dict):
        return {key: stringified(member) for key, member in value.items()}
    if isinstance(value, list):
        return [stringified(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
