"""Who owns an event tracker by its tags, and whether that owner still has it: what CloudFormation knows of the stack.

Nothing here changes anything. In doubt a tracker counts as in use: a tracking ID that was lost cannot be had back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_personalize import PersonalizeClient

# Those of provider/event_tracker/ownership.py, which is not installed here.
STACK_ID = "cloudformation:stack-id"
LOGICAL_ID = "cloudformation:logical-id"
CREATED_BY = "cloudformation:created-by"


class Finding(StrEnum):
    """What a tracker is to the stack that its tags name."""

    IN_USE = "in use"
    UNOWNED = "unowned"
    RETAINED = "retained"
    UNDECIDED = "undecided"
    STACK_GONE = "stack gone"
    RESOURCE_GONE = "resource gone"
    REPLACED = "replaced"
    UNACKNOWLEDGED = "unacknowledged"

    @property
    def is_orphan(self) -> bool:
        """Whether no stack has the tracker any more, as far as CloudFormation knows."""
        return self in (self.STACK_GONE, self.RESOURCE_GONE, self.REPLACED, self.UNACKNOWLEDGED)


@dataclass(frozen=True)
class Tracker:
    """An event tracker, with its tags."""

    arn: str
    name: str
    status: str
    tags: Mapping[str, str]

    @property
    def stack_id(self) -> str:
        """The stack that owns it; empty if none does."""
        return self.tags.get(STACK_ID, "")

    @property
    def logical_id(self) -> str:
        """The resource that owns it; empty if none does."""
        return self.tags.get(LOGICAL_ID, "")

    @property
    def stack_name(self) -> str:
        """The name in the stack's id, which is an ARN except outside CloudFormation."""
        resource = self.stack_id.rpartition(":")[2].split("/")
        return resource[1] if len(resource) > 1 else self.stack_id

    @property
    def is_pending(self) -> bool:
        """Whether the response of the request that made it was not sent, as far as its tags tell."""
        return self.tags.get(CREATED_BY, "").endswith("/pending")


class Stacks(Protocol):
    """What is asked of CloudFormation about a stack, which may be deleted or unknown."""

    def status(self, stack_id: str) -> str | None:
        """Its status; None if CloudFormation knows no such stack, as 90 days after its deletion."""

    def physical_ids(self, stack_id: str) -> dict[str, str]:
        """The physical ids of its resources, by logical id, without those that are deleted."""

    def has_retained(self, stack_id: str, physical_id: str) -> bool:
        """Whether its events say that it left this resource in place on purpose."""


def examine(tracker: Tracker, stacks: Stacks) -> tuple[Finding, str]:
    """What a tracker is to the stack that its tags name, with the reason."""
    if not tracker.stack_id or not tracker.logical_id:
        return Finding.UNOWNED, "No tags name a resource that owns it: it was adopted, or somebody else made it."
    if tracker.status not in ("ACTIVE", "CREATE FAILED"):
        return Finding.UNDECIDED, f"It is {tracker.status}."
    if not _same_place(tracker.arn, tracker.stack_id):
        return Finding.UNDECIDED, "The stack in its tags is not of this account and region."
    status = stacks.status(tracker.stack_id)
    if status is None:
        reason = "CloudFormation knows no such stack, or no more; whether it left the tracker on purpose is not known."
        return Finding.STACK_GONE, reason
    # After a failure the next operation may need, or remove, what this one left.
    if not status.endswith("_COMPLETE"):
        return Finding.UNDECIDED, f"Stack {tracker.stack_name} is {status}."
    return _examine_with_stack(tracker, stacks, status)


def _examine_with_stack(tracker: Tracker, stacks: Stacks, status: str) -> tuple[Finding, str]:
    """The same, for a stack that is known and in which nothing is going on."""
    resource = f"{tracker.logical_id} of stack {tracker.stack_name}"
    physical_ids = stacks.physical_ids(tracker.stack_id)
    for logical_id, physical_id in physical_ids.items():
        if physical_id == tracker.arn:
            return Finding.IN_USE, f"It is {logical_id} of stack {tracker.stack_name}."
    if stacks.has_retained(tracker.stack_id, tracker.arn):
        return Finding.RETAINED, f"Stack {tracker.stack_name} left it in place on purpose (DELETE_SKIPPED)."
    if tracker.is_pending:
        reason = f"CloudFormation did not take the response of the request that made it for {resource}."
        return Finding.UNACKNOWLEDGED, reason
    if status == "DELETE_COMPLETE":
        return Finding.STACK_GONE, f"Stack {tracker.stack_name} is deleted."
    if tracker.logical_id not in physical_ids:
        return Finding.RESOURCE_GONE, f"There is no {resource}."
    return Finding.REPLACED, f"{resource} has the physical id {physical_ids[tracker.logical_id]}."


def _same_place(arn: str, other: str) -> bool:
    """Whether two ARNs are of one partition, region and account."""
    parts, others = arn.split(":"), other.split(":")
    return len(others) > 5 and (parts[1], *parts[3:5]) == (others[1], *others[3:5])


def list_trackers(personalize: "PersonalizeClient") -> Iterator[Tracker]:
    """All event trackers of the region."""
    for page in personalize.get_paginator("list_event_trackers").paginate():
        for summary in page["eventTrackers"]:
            # The service's model promises none of its members, and without an ARN nothing can be said.
            arn = summary.get("eventTrackerArn")
            if not arn:
                continue
            try:
                tags = personalize.list_tags_for_resource(resourceArn=arn)["tags"]
            except personalize.exceptions.ResourceNotFoundException:
                # It was deleted in the meantime.
                continue
            values = {tag["tagKey"]: tag["tagValue"] for tag in tags}
            yield Tracker(arn, summary.get("name", ""), summary.get("status", "of unknown status"), values)


@dataclass(frozen=True)
class CloudFormationStacks:
    """The stacks of an account and region."""

    client: "CloudFormationClient"

    def status(self, stack_id: str) -> str | None:
        """As in Stacks."""
        try:
            (stack,) = self.client.describe_stacks(StackName=stack_id)["Stacks"]
        except ClientError as error:
            details = error.response["Error"]
            # There is no code for this alone, and any other refusal is no proof that a stack is gone.
            if details["Code"] == "ValidationError" and "does not exist" in details["Message"]:
                return None
            raise
        return stack["StackStatus"]

    def physical_ids(self, stack_id: str) -> dict[str, str]:
        """As in Stacks."""
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        return {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceStatus"] not in ("DELETE_COMPLETE", "DELETE_SKIPPED")
        }

    def has_retained(self, stack_id: str, physical_id: str) -> bool:
        """As in Stacks."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return any(
            (event.get("PhysicalResourceId"), event.get("ResourceStatus")) == (physical_id, "DELETE_SKIPPED")
            for page in pages
            for event in page["StackEvents"]
        )
