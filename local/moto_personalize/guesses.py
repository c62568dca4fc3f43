"""What the backend does where Amazon Personalize's documentation leaves the answer open."""

from dataclasses import dataclass
from typing import Literal

ErrorCode = Literal[
    "InvalidInputException",
    "LimitExceededException",
    "ResourceAlreadyExistsException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ValidationException",
]


@dataclass(frozen=True)
class Guesses:
    """One field for each behaviour that is a guess, so that code can be tried against the others.

    The defaults are what is most likely. None, where a field allows it, means that the service does not
    mind. The wording of error messages is a guess throughout; only their codes are meant to be relied on.
    """

    second_tracker_same_name: ErrorCode = "ResourceAlreadyExistsException"
    """CreateEventTracker: a group has one tracker at most; the code was seen, but is not documented."""

    second_tracker_other_name: ErrorCode = "ResourceAlreadyExistsException"
    """CreateEventTracker: documented as "an error", without saying which."""

    tracker_name_in_another_group: ErrorCode | None = None
    """CreateEventTracker: nothing says whether tracker names are unique beyond their dataset group."""

    states_that_free_the_group: frozenset[str] = frozenset()
    """CreateEventTracker: states in which a tracker no longer keeps a second one out of its group. Nothing
    is known; by default a tracker takes its group's place from its creation until it is gone."""

    group_not_active: ErrorCode = "ResourceInUseException"
    """CreateEventTracker, CreateDataset: the group has to be ACTIVE; the code is not documented."""

    group_without_interactions: ErrorCode | None = "InvalidInputException"
    """CreateEventTracker: refusals have been seen, but neither the rule nor the code is documented."""

    interactions_must_be_active: bool = False
    """CreateEventTracker: whether an Interactions dataset has to be ACTIVE, or merely to be there."""

    delete_while_changing: ErrorCode = "ResourceInUseException"
    """DeleteEventTracker: the rule (only when ACTIVE or CREATE FAILED) is documented, the code is not.
    DeleteDatasetGroup and DeleteDataset are taken to do the same."""

    delete_of_used_group: ErrorCode = "ResourceInUseException"
    """DeleteDatasetGroup: trackers and datasets have to be deleted first; the code is not documented."""

    tags_while_changing: ErrorCode | None = None
    """TagResource, UntagResource, ListTagsForResource: all three list ResourceInUseException without
    saying when. Set it to refuse them unless the resource is ACTIVE or CREATE FAILED."""

    refused_tags: ErrorCode = "InvalidInputException"
    """Duplicate keys in one request, and keys that begin with `aws:` in any case."""

    constraint_violation: ErrorCode = "InvalidInputException"
    """A value that breaks a length, pattern or enumeration of the API model. InvalidInputException is the
    documented one; services of this family answer ValidationException too."""

    foreign_arn: ErrorCode = "ResourceNotFoundException"
    """The ARN of another partition, region or account."""

    wrong_resource_type: ErrorCode = "InvalidInputException"
    """The ARN of another type of Personalize resource than the operation is about."""

    list_of_unknown_group: ErrorCode | None = None
    """ListEventTrackers, ListDatasets: neither lists ResourceNotFoundException, so the list is empty."""

    page_size: int = 100
    """List operations: how many items a page has if maxResults is left out; 100 is its maximum."""

    empty_next_token: bool = False
    """List operations: whether the last page has a nextToken that is empty, instead of none."""

    invisible_seconds: float = 0.0
    """CreateEventTracker: nothing says that a new tracker can be read at once. For so long it is not found, not listed,
    and has no tags to be listed or changed; it takes its group's place all the same."""

    left_out_members: frozenset[str] = frozenset()
    """DescribeEventTracker, ListEventTrackers: every member of a description is optional in the API model. These are
    left out of descriptions and summaries."""
