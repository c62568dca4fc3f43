"""What the backend does where Amazon Personalize's documentation leaves that open."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from moto.personalize.exceptions import PersonalizeException

ErrorCode = Literal[
    "AccessDeniedException",
    "InvalidInputException",
    "LimitExceededException",
    "ResourceAlreadyExistsException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ValidationException",
]


@dataclasses.dataclass(frozen=True)
class Guesses:
    """One field for each behavior that is a guess, so that code can be tried against the others.

    The defaults are what is most likely, and what the plain backend does. None, where a field allows it, means that
    the service does not mind. The wording of error messages is a guess throughout; only their codes are meant to be
    relied on.
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
    documented one; services of this family respond with ValidationException too."""

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

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The defaults but for these fields, in the types of JSON. Raises ValueError about the first that is wrong."""
        types = get_type_hints(cls)
        for name, value in values.items():
            if name not in types:
                raise ValueError(f"{name} is no guess; there are {', '.join(types)}.")
            if not _fits(value, types[name]):
                raise ValueError(f"{name} cannot be {value!r}.")
        fields: dict[str, Any] = {n: frozenset(v) if isinstance(v, list) else v for n, v in values.items()}
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """All fields, in the types of JSON."""
        fields = dataclasses.asdict(self).items()
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in fields}


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of JSON's is of a field's type."""
    arguments = get_args(kind)
    match get_origin(kind):
        case None if kind is float:
            return type(value) in (int, float)
        case None:
            return type(value) is kind
        case origin if origin is Literal:
            return value in arguments
        case origin if origin is frozenset:
            return type(value) is list and all(_fits(item, arguments[0]) for item in value)
        case _:
            return any(_fits(value, argument) for argument in arguments)


@contextmanager
def refused_with(code: ErrorCode, instead_of: type[PersonalizeException]) -> Iterator[None]:
    """Give an error another code."""
    try:
        yield
    except instead_of as error:
        raise PersonalizeException(code, error.message) from None
