"""The event trackers of Amazon Personalize. botocore and its exceptions end here."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import botocore.exceptions
from botocore.config import Config

from event_tracker.errors import (
    EventTrackerError,
    MaybeOccupiedError,
    OutOfTimeError,
    ServiceError,
    TrackerInUseError,
    TrackerNotFoundError,
)
from event_tracker.telemetry import logger
from event_tracker.waiting import Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient
    from mypy_boto3_personalize.type_defs import EventTrackerSummaryTypeDef, EventTrackerTypeDef, TagTypeDef

T = TypeVar("T")

ACTIVE = "ACTIVE"
CREATE_FAILED = "CREATE FAILED"
CREATING = frozenset({"CREATE PENDING", "CREATE IN_PROGRESS"})
DELETING = frozenset({"DELETE PENDING", "DELETE IN_PROGRESS"})

# botocore's own attempts are few and short, since each call is repeated until the deadline anyway: a call
# that hangs must not outlast the reserve that the handler keeps for the answer. The retry mode is set because
# its default differs between versions of botocore (contract W4).
CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})

# A role that was made in the same stack as its user takes a while to work (contract W4).
_ACCESS_DENIED_SECONDS = 30.0

# How CreateEventTracker may say that the group has a tracker, and for how many seconds it is worth another try
# when the group turns out to have none. In use: the group itself is not ACTIVE yet. Limit exceeded is a rate limit
# then, and hundreds of creates at once have to wait for each other for minutes. Or a tracker is listed in a moment, or
# is just gone (contract C2, C5).
_MAYBE_OCCUPIED_SECONDS = {
    "ResourceInUseException": math.inf,
    "LimitExceededException": 600.0,
    "ResourceAlreadyExistsException": 120.0,
}

_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


@dataclass(frozen=True)
class Tracker:
    """An event tracker as DescribeEventTracker shows it."""

    arn: str
    name: str
    dataset_group_arn: str
    tracking_id: str
    account_id: str
    status: str
    creation_date_time: datetime
    last_updated_date_time: datetime

    @property
    def attributes(self) -> dict[str, str]:
        """What `Fn::GetAtt` can name: the native type's attributes, and more (contract, section 2)."""
        return {
            "TrackingId": self.tracking_id,
            "EventTrackerArn": self.arn,
            "Name": self.name,
            "DatasetGroupArn": self.dataset_group_arn,
            "AccountId": self.account_id,
            "Status": self.status,
            "CreationDateTime": _iso_8601(self.creation_date_time),
            "LastUpdatedDateTime": _iso_8601(self.last_updated_date_time),
        }


class Trackers:
    """The event trackers of one account and region.

    Throttling, failures of the service and of the network are no answers: every method tries again until
    the deadline, then raises OutOfTimeError. Any other refusal raises EventTrackerError in the service's
    words, unless said otherwise.
    """

    def __init__(self, client: "PersonalizeClient", deadline: Deadline) -> None:
        self._client = client
        self.deadline = deadline

    def create(self, name: str, dataset_group_arn: str, tags: Mapping[str, str]) -> str:
        """Create a tracker and return its ARN; it is not ACTIVE yet.

        Raises MaybeOccupiedError when the refusal may mean that the group has a tracker.
        """
        try:
            response = self._call(
                f"create event tracker {name} in {dataset_group_arn}",
                self._client.create_event_tracker,
                name=name,
                datasetGroupArn=dataset_group_arn,
                tags=_as_list(tags),
            )
        except ServiceError as refusal:
            if refusal.code in _MAYBE_OCCUPIED_SECONDS:
                raise MaybeOccupiedError(str(refusal), _MAYBE_OCCUPIED_SECONDS[refusal.code]) from refusal
            raise EventTrackerError(str(refusal)) from refusal
        return response["eventTrackerArn"]

    def find(self, arn: str) -> Tracker:
        """Describe a tracker; raises TrackerNotFoundError."""
        response = self._call(f"describe event tracker {arn}", self._client.describe_event_tracker, eventTrackerArn=arn)
        return _tracker(response["eventTracker"])

    def find_in_group(self, dataset_group_arn: str) -> Tracker:
        """Describe the tracker of a dataset group, of which there is one at most.

        Raises TrackerNotFoundError, also when there is no such group.
        """
        summaries: list[EventTrackerSummaryTypeDef] = []
        page: dict[str, str] | None = {}
        while page is not None:
            try:
                response = self._call(
                    f"list the event trackers of {dataset_group_arn}",
                    self._client.list_event_trackers,
                    datasetGroupArn=dataset_group_arn,
                    **page,
                )
            except ServiceError as refusal:
                # The ARN is well-formed, so the input that is invalid can only be a group that does not
                # exist: the operation has no other way to say so (API page ListEventTrackers).
                if refusal.code == "InvalidInputException":
                    break
                raise
            summaries += response["eventTrackers"]
            page = {"nextToken": response["nextToken"]} if "nextToken" in response else None
        if not summaries:
            raise TrackerNotFoundError(f"Dataset group {dataset_group_arn} has no event tracker.", "")
        # A second one would be one that is being deleted: whether it keeps its place until then is not documented.
        summary = min(summaries, key=lambda summary: summary["status"] in DELETING)
        return self.find(summary["eventTrackerArn"])

    def find_tags(self, arn: str) -> dict[str, str]:
        """The tags of a tracker; raises TrackerNotFoundError."""
        response = self._call(f"list the tags of {arn}", self._client.list_tags_for_resource, resourceArn=arn)
        return {tag["tagKey"]: tag["tagValue"] for tag in response["tags"]}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Put tags on a tracker; raises TrackerNotFoundError."""
        self._call(
            f"tag {arn}",
            self._client.tag_resource,
            resourceArn=arn,
            tags=_as_list(tags),
        )

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """Take tags off a tracker; raises TrackerNotFoundError."""
        self._call(f"untag {arn}", self._client.untag_resource, resourceArn=arn, tagKeys=list(keys))

    def delete(self, arn: str) -> None:
        """Start the deletion of a tracker; raises TrackerNotFoundError, TrackerInUseError."""
        self._call(f"delete event tracker {arn}", self._client.delete_event_tracker, eventTrackerArn=arn)

    def _call(self, purpose: str, operation: Callable[..., T], **arguments: object) -> T:
        trouble = ""
        for waited in self.deadline.attempts():
            try:
                response = operation(**arguments)
            except botocore.exceptions.ClientError as error:
                why = f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"
                if _is_throttling(error):
                    self.deadline.crowded()
                if not _may_pass(error, waited):
                    raise _translated(error, f"Could not {purpose}: {why}") from error
            except (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError) as error:
                why = str(error)
            except botocore.exceptions.NoCredentialsError as error:
                raise EventTrackerError(f"Could not {purpose}: {error}. {_CREDENTIALS_REMEDY}") from error
            except botocore.exceptions.BotoCoreError as error:
                raise EventTrackerError(f"Could not {purpose}: {error}") from error
            else:
                self.deadline.served()
                return response
            if not trouble:
                logger.warning("Trying again until it is answered", call=purpose, why=why)
            trouble = why
        raise OutOfTimeError(
            f"Could not {purpose} before the deadline: {trouble}. "
            "Deploy again when Amazon Personalize answers the provider's function."
        )


# API page CommonErrors, and a wrong secret key.
_INVALID_CREDENTIALS = frozenset(
    {"ExpiredTokenException", "IncompleteSignature", "InvalidSignatureException", "UnrecognizedClientException"}
)
_CREDENTIALS_REMEDY = (
    "The function's credentials are not valid. Under sam local invoke they are your own: renew them, and see that "
    "aws sts get-caller-identity answers. In Lambda they are its role's: see that the role exists."
)

_REMEDIES = {
    ("CreateEventTracker", "ResourceNotFoundException"): "The dataset group does not exist: correct DatasetGroupArn, "
    "or, if the same template makes the group, refer to it with !GetAtt.",
    ("CreateEventTracker", "InvalidInputException"): "If the dataset group has no Interactions dataset yet, create "
    "one, and in the same template let the tracker wait for it with DependsOn.",
    ("CreateEventTracker", "LimitExceededException"): "Deploy again in a few minutes, or have the quota raised.",
    ("CreateEventTracker", "ResourceAlreadyExistsException"): "The group has no tracker, so the name may be taken in "
    "another one: choose another Name, or deploy again.",
    ("TagResource", "TooManyTagsException"): "A tracker can have 50 tags, those included that others have put on it: "
    "remove some.",
}


def _may_pass(error: botocore.exceptions.ClientError, waited: float) -> bool:
    """Whether the same call may yet be answered otherwise."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code == "AccessDeniedException":
        return waited < _ACCESS_DENIED_SECONDS
    if error.operation_name in _TAGGING and code in ("ResourceInUseException", "LimitExceededException"):
        return True
    return status >= 500 or _is_throttling(error)


def _is_throttling(error: botocore.exceptions.ClientError) -> bool:
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 429 or "Throttl" in code or code == "TooManyRequestsException"


def _translated(error: botocore.exceptions.ClientError, text: str) -> ServiceError:
    code, operation = error.response["Error"]["Code"], error.operation_name
    remedy = _REMEDIES.get((operation, code), "")
    if code == "AccessDeniedException":
        remedy = f"Allow personalize:{operation} in the role of the provider's function."
    elif code in _INVALID_CREDENTIALS:
        remedy = _CREDENTIALS_REMEDY
    kinds = {"ResourceNotFoundException": TrackerNotFoundError, "ResourceInUseException": TrackerInUseError}
    return kinds.get(code, ServiceError)(f"{text.removesuffix('.')}. {remedy}".strip(), code)


def _as_list(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]


def _tracker(described: "EventTrackerTypeDef") -> Tracker:
    return Tracker(
        arn=described["eventTrackerArn"],
        name=described["name"],
        dataset_group_arn=described["datasetGroupArn"],
        tracking_id=described["trackingId"],
        account_id=described["accountId"],
        status=described["status"],
        creation_date_time=described["creationDateTime"],
        last_updated_date_time=described["lastUpdatedDateTime"],
    )


def _iso_8601(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
