"""The event trackers of Amazon Personalize. botocore and its exceptions end here."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import botocore.exceptions
from botocore.config import Config

from event_tracker.errors import AccessDeniedError, OutOfTimeError, ServiceError, TrackerNotFoundError
from event_tracker.telemetry import logger
from event_tracker.waiting import Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient
    from mypy_boto3_personalize.type_defs import TagTypeDef

T = TypeVar("T")

ACTIVE = "ACTIVE"
CREATE_FAILED = "CREATE FAILED"
CREATING = frozenset({"CREATE PENDING", "CREATE IN_PROGRESS"})
DELETING = frozenset({"DELETE PENDING", "DELETE IN_PROGRESS"})

# Few and short attempts, since each call is repeated until the deadline: one that hangs must not outlast the time that
# is kept for the response. The connect time limit counts for each of a host's addresses, of which there may be eight.
# The retry mode is set because its default differs between versions of botocore (rule W4).
CLIENT_CONFIG = Config(connect_timeout=1, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 2})

# A role that was made in the same stack as its user takes a while to work (rule W4).
_ACCESS_DENIED_SECONDS = 30.0

_LONGEST_BACKOFF = 15.0

# Beside codes with "Throttl" in them, what botocore's standard retry mode takes for passing; a test compares the two.
# LimitExceededException is missing: for CreateEventTracker it may mean that the group has a tracker (rule C2).
_THROTTLING = {"BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException"}
_THROTTLING |= {"RequestLimitExceeded", "SlowDown", "TooManyRequestsException", "TransactionInProgressException"}
_TRANSIENT = {"RequestTimeout", "RequestTimeoutException"}
# The tagging operations list both, and do not say when.
_TAGGING = {"TagResource", "UntagResource", "ListTagsForResource"}
_PASSING_FOR_TAGS = {"ResourceInUseException", "LimitExceededException"}

_CREDENTIALS_REMEDY = (
    "The function's credentials are not valid. Under sam local invoke they are your own: renew them, and check them "
    "with aws sts get-caller-identity. In Lambda they are those of its role: check that the role exists."
)
# API page CommonErrors, and a wrong secret key.
_INVALID_CREDENTIALS = {"ExpiredTokenException", "IncompleteSignature"}
_INVALID_CREDENTIALS |= {"InvalidSignatureException", "UnrecognizedClientException"}
_ENDPOINT_REMEDY = (
    "This is no response of Amazon Personalize. Check what answers at the function's endpoint, which "
    "PersonalizeEndpointUrl, a parameter of the provider's stack, sets."
)
_REMEDIES = {
    ("CreateEventTracker", "ResourceNotFoundException"): "The dataset group does not exist: correct DatasetGroupArn, "
    "or, if the same template makes the group, refer to it with !GetAtt.",
    ("CreateEventTracker", "InvalidInputException"): "If the dataset group has no Interactions dataset yet, create "
    "one. In the same template, add DependsOn with the dataset to the tracker.",
    ("CreateEventTracker", "LimitExceededException"): "Deploy again in a few minutes, or have the quota raised.",
    ("CreateEventTracker", "ResourceAlreadyExistsException"): "The group has no tracker, so the name may be taken in "
    "another one: choose another Name, or deploy again.",
    ("TagResource", "TooManyTagsException"): "A tracker can have 50 tags, those included that others have set: "
    "remove some.",
}


@dataclass(frozen=True)
class Tracker:
    """An event tracker as DescribeEventTracker shows it. Members that the service leaves out are empty.

    `attributes` are what `Fn::GetAtt` can name: the native type's attributes, and more (docs/reference.md). `tags` are
    empty, unless it was found with them.
    """

    arn: str
    name: str
    dataset_group_arn: str
    tracking_id: str
    status: str
    attributes: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"Event tracker {self.name} ({self.arn})"


class Trackers:
    """The event trackers of one account and region.

    Throttling, failures of the service and of the network are retried until the deadline; then OutOfTimeError is
    raised. Any other refusal raises ServiceError in the service's words. `may_have_created`: a CreateEventTracker call
    succeeded, or may have, since a response to it was lost.
    """

    def __init__(self, client: "PersonalizeClient", deadline: Deadline) -> None:
        self.deadline = deadline
        self.may_have_created = False
        self._client = client
        self._known: dict[str, dict[str, Any]] = {}
        self._backoff = 0.0
        self._lost_response = False

    def create(self, name: str, dataset_group_arn: str, tags: Mapping[str, str]) -> Tracker:
        """Create a tracker; it is not ACTIVE yet."""
        self._lost_response = False
        members: dict[str, Any] = {"name": name, "datasetGroupArn": dataset_group_arn}
        try:
            response = self._call(
                f"create event tracker {name} in {dataset_group_arn}",
                lambda: self._client.create_event_tracker(**members, tags=_as_list(tags)),
            )
            self.may_have_created = True
        finally:
            self.may_have_created |= self._lost_response
        arn = response["eventTrackerArn"]
        self._known[arn] = {**members, "trackingId": response.get("trackingId", "")}
        return replace(_tracker(arn, self._known[arn]), tags=tags)

    def find(self, arn: str) -> Tracker:
        """Describe a tracker; raises TrackerNotFoundError."""
        operation = self._client.describe_event_tracker
        response = self._call(f"describe event tracker {arn}", lambda: operation(eventTrackerArn=arn))
        # What the service leaves out may be known from elsewhere.
        return _tracker(arn, {**self._known.get(arn, {}), **response["eventTracker"]})

    def find_tagged(self, arn: str) -> Tracker:
        """Describe a tracker with its tags; raises TrackerNotFoundError."""
        return replace(self.find(arn), tags=self.find_tags(arn))

    def tracker_in_group(self, dataset_group_arn: str) -> Tracker | None:
        """The tracker of a dataset group, of which there is one at most, with its tags."""
        pages = self._client.get_paginator("list_event_trackers").paginate(datasetGroupArn=dataset_group_arn)
        try:
            listed = self._call(f"list the event trackers of {dataset_group_arn}", pages.build_full_result)
        except ServiceError as refusal:
            # The ARN is well-formed, so the input that is invalid can only be a group that does not exist: the
            # operation has no other way to say so (API page ListEventTrackers).
            if isinstance(refusal, TrackerNotFoundError) or refusal.code == "InvalidInputException":
                return None
            raise
        # A second one would be one that is being deleted: whether it keeps its place until then is not documented.
        summaries = [summary for summary in listed.get("eventTrackers", []) if "eventTrackerArn" in summary]
        for summary in sorted(summaries, key=lambda summary: summary.get("status") in DELETING):
            with suppress(TrackerNotFoundError):
                return self.find_tagged(summary["eventTrackerArn"])
        return None

    def find_tags(self, arn: str) -> dict[str, str]:
        """The tags of a tracker; raises TrackerNotFoundError."""
        response = self._call(f"list the tags of {arn}", lambda: self._client.list_tags_for_resource(resourceArn=arn))
        return {tag["tagKey"]: tag["tagValue"] for tag in response.get("tags", [])}

    def tag(self, tracker: Tracker, tags: Mapping[str, str]) -> Tracker:
        """Set tags of a tracker, and return it with them; raises TrackerNotFoundError."""
        arn = tracker.arn
        self._call(f"tag {arn}", lambda: self._client.tag_resource(resourceArn=arn, tags=_as_list(tags)))
        return replace(tracker, tags={**tracker.tags, **tags})

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """Remove tags from a tracker; raises TrackerNotFoundError."""
        self._call(f"untag {arn}", lambda: self._client.untag_resource(resourceArn=arn, tagKeys=list(keys)))

    def delete(self, arn: str) -> None:
        """Start the deletion of a tracker; raises TrackerNotFoundError."""
        self._call(f"delete event tracker {arn}", lambda: self._client.delete_event_tracker(eventTrackerArn=arn))

    def _call(self, purpose: str, operation: Callable[[], T]) -> T:
        """Make a call until it succeeds, is refused, or the deadline has passed."""
        last_error = ""
        for waited in self.deadline.attempts():
            self._back_off()
            try:
                response = operation()
            except botocore.exceptions.ClientError as error:
                self._note(error)
                if not _is_passing(error, waited):
                    raise _translated(error, purpose) from error
                why = _why(error)
            except (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError) as error:
                self._lost_response = True
                why = str(error)
            except botocore.exceptions.NoCredentialsError as error:
                raise AccessDeniedError(f"Could not {purpose}: {error}. {_CREDENTIALS_REMEDY}") from error
            except botocore.exceptions.BotoCoreError as error:
                raise ServiceError(f"Could not {purpose}: {error}") from error
            else:
                self._backoff /= 2
                return response
            if not last_error:
                logger.warning("Retrying", call=purpose, why=why)
            last_error = why
        raise OutOfTimeError(
            f"Could not {purpose} in the time that {self.deadline.limit} leaves for waiting: {last_error}. "
            "Deploy again when the provider's function can reach Amazon Personalize."
        )

    def _note(self, error: botocore.exceptions.ClientError) -> None:
        code, metadata = error.response["Error"]["Code"], error.response["ResponseMetadata"]
        if metadata.get("RetryAttempts", 0) or metadata["HTTPStatusCode"] >= 500:
            self._lost_response = True
        if _is_throttling(error) or (error.operation_name, code) == ("CreateEventTracker", "LimitExceededException"):
            self._backoff = min(max(1.0, self._backoff * 4 / 3), _LONGEST_BACKOFF)

    def _back_off(self) -> None:
        """Pause while the service throttles, with jitter, so that callers throttled together do not return together."""
        if self._backoff >= 0.1:
            clock = self.deadline.clock
            clock.sleep(min(max(self.deadline.left, 0.0), self._backoff * (0.5 + clock.random())))


def _is_passing(error: botocore.exceptions.ClientError, waited: float) -> bool:
    """Whether the same call may succeed later."""
    code = error.response["Error"]["Code"]
    if code == "AccessDeniedException":
        return waited < _ACCESS_DENIED_SECONDS
    if error.operation_name in _TAGGING and code in _PASSING_FOR_TAGS:
        return True
    return code in _TRANSIENT or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or _is_throttling(error)


def _is_throttling(error: botocore.exceptions.ClientError) -> bool:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return "Throttl" in code or code in _THROTTLING or status == 429


def _why(error: botocore.exceptions.ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message")
    return f"{code}: {message.removesuffix('.')}" if message else f"{code}, without a message"


def _translated(error: botocore.exceptions.ClientError, purpose: str) -> ServiceError:
    code, operation = error.response["Error"]["Code"], error.operation_name
    kind, remedy = ServiceError, _REMEDIES.get((operation, code), "")
    if code == "AccessDeniedException":
        kind, remedy = AccessDeniedError, f"Allow personalize:{operation} in the role of the provider's function."
    elif code in _INVALID_CREDENTIALS:
        kind, remedy = AccessDeniedError, _CREDENTIALS_REMEDY
    elif code == "ResourceNotFoundException" and operation != "CreateEventTracker":
        kind = TrackerNotFoundError
    elif code.isdigit():
        remedy = _ENDPOINT_REMEDY
    return kind(f"Could not {purpose}: {_why(error)}. {remedy}".strip(), code)


def _as_list(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]


def _tracker(arn: str, members: Mapping[str, Any]) -> Tracker:
    found = {"EventTrackerArn": arn, "AccountId": arn.split(":")[4]}
    for member in ("trackingId", "name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"):
        value = members.get(member, "")
        if isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        found[member[0].upper() + member[1:]] = value
    return Tracker(arn, found["Name"], found["DatasetGroupArn"], found["TrackingId"], found["Status"], found)
