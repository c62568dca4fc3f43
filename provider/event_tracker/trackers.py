"""The event trackers of Amazon Personalize. botocore and its exceptions end here."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

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
NAME = "[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}"
# A role that was made in the same stack as its user takes a while to work (rule W4).
_ACCESS_DENIED_SECONDS = 30.0
# Beside codes with "Throttl" in them, what botocore's standard retry mode takes for passing; a test compares the two.
# LimitExceededException is missing: for CreateEventTracker it may mean that the group has a tracker (rule C2).
_PASSING = {"BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "SlowDown"}
_PASSING |= {"RequestLimitExceeded", "RequestTimeout", "RequestTimeoutException"}
_PASSING |= {"TooManyRequestsException", "TransactionInProgressException"}
# API page CommonErrors, and a wrong secret key.
_INVALID_CREDENTIALS = {"ExpiredTokenException", "IncompleteSignature"}
_INVALID_CREDENTIALS |= {"InvalidSignatureException", "UnrecognizedClientException"}
_CREDENTIALS_REMEDY = (
    "The function's credentials are not valid. Under sam local invoke they are your own: renew them, and check them "
    "with aws sts get-caller-identity. In Lambda they are those of its role: check that the role exists."
)
_ENDPOINT_REMEDY = "This is no response of Amazon Personalize. Check PersonalizeEndpointUrl of the provider's stack."
_REMEDIES = {
    ("CreateEventTracker", "ResourceNotFoundException"): "The dataset group does not exist: correct DatasetGroupArn, "
    "or, if the same template makes the group, refer to it with !GetAtt.",
    ("CreateEventTracker", "InvalidInputException"): "If the dataset group has no Interactions dataset yet, create "
    "one. In the same template, add DependsOn with the dataset to the tracker.",
    ("CreateEventTracker", "LimitExceededException"): "Deploy again in a few minutes, or have the quota raised.",
    ("CreateEventTracker", "ResourceAlreadyExistsException"): "The group has no tracker, so the name may be taken in "
    "another one: choose another Name, or deploy again.",
    ("TagResource", "TooManyTagsException"): "A tracker can have 50 tags, including those of others: remove some.",
}


@dataclass(frozen=True)
class Tracker:
    """An event tracker as DescribeEventTracker shows it; members that the service leaves out, and `tags` that were not
    asked for, are empty. `attributes` are what `Fn::GetAtt` can name (docs/reference.md).
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


class Scope(NamedTuple):
    """A partition, region and account."""

    partition: str
    region: str
    account: str

    @classmethod
    def from_arn(cls, arn: str) -> "Scope":
        """The scope of an ARN, be it of a Lambda function or of a stack. Raises ValueError if it is no ARN."""
        _, partition, _, region, account, *_ = arn.split(":")
        return cls(partition, region, account)

    def has_event_tracker(self, arn: str) -> bool:
        """Whether this is the ARN of an event tracker in this scope, existing or not."""
        return re.fullmatch(f"{self._prefix('event-tracker')}{NAME}", arn) is not None

    def why_no_dataset_group(self, arn: object) -> str:
        """Why this is not the ARN of a dataset group in this scope; empty if it is one."""
        found = re.fullmatch(f"arn:([^:]+):personalize:([^:]+):([^:]+):dataset-group/{NAME}", str(arn))
        if not found:
            return f"the ARN of a dataset group, {self._prefix('dataset-group')}<name>"
        parts = zip(self._fields, self, found.groups(), strict=True)
        wrong = [f"{name} {here}" for name, here, there in parts if here != there]
        return f"in the provider's {' and '.join(wrong)}" if wrong else ""

    def _prefix(self, resource_type: str) -> str:
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{resource_type}/"


class Trackers:
    """The event trackers of a partition, region and account.

    Throttling, failures of the service and of the network are retried until the deadline, and then raise
    OutOfTimeError. Any other refusal raises ServiceError, TrackerNotFoundError if there is no such tracker.
    `may_have_created`: a CreateEventTracker call succeeded, or may have, since a response to it was lost.
    """

    def __init__(self, client: "PersonalizeClient", scope: Scope, deadline: Deadline) -> None:
        self.scope, self.deadline = scope, deadline
        self.may_have_created, self._backoff = False, 0.0
        self._client = client
        self._known: dict[str, dict[str, Any]] = {}

    def create(self, name: str, dataset_group_arn: str, tags: Mapping[str, str]) -> Tracker:
        """Create a tracker; it is not ACTIVE yet."""
        members = {"name": name, "datasetGroupArn": dataset_group_arn}
        operation = partial(self._client.create_event_tracker, **members, tags=_as_list(tags))
        response = self._call(f"create event tracker {name} in {dataset_group_arn}", operation, creates=True)
        arn = response["eventTrackerArn"]
        self._known[arn] = {**members, "trackingId": response.get("trackingId", "")}
        return replace(_tracker(arn, self._known[arn]), tags=tags)

    def find(self, arn: str, with_tags: bool = False) -> Tracker | None:
        """Describe a tracker; None if it is not found."""
        operation = partial(self._client.describe_event_tracker, eventTrackerArn=arn)
        with suppress(TrackerNotFoundError):
            response = self._call(f"describe event tracker {arn}", operation)
            # The service may leave out what it was told when this tracker was created.
            tracker = _tracker(arn, {**self._known.get(arn, {}), **response["eventTracker"]})
            return replace(tracker, tags=self.find_tags(arn)) if with_tags else tracker
        return None

    def tracker_in_group(self, dataset_group_arn: str) -> Tracker | None:
        """The tracker of a dataset group, of which there is one at most, with its tags."""
        pages = self._client.get_paginator("list_event_trackers").paginate(datasetGroupArn=dataset_group_arn)
        with suppress(TrackerNotFoundError):
            listed = self._call(f"list the event trackers of {dataset_group_arn}", pages.build_full_result)
            summaries = [summary for summary in listed.get("eventTrackers", []) if "eventTrackerArn" in summary]
            # A second one would be one that is being deleted: whether it keeps its place until then is not documented.
            summaries.sort(key=lambda summary: summary.get("status") in DELETING)
            found = (self.find(summary["eventTrackerArn"], with_tags=True) for summary in summaries)
            return next(filter(None, found), None)
        return None

    def find_tags(self, arn: str) -> dict[str, str]:
        """The tags of a tracker."""
        response = self._call(f"list the tags of {arn}", lambda: self._client.list_tags_for_resource(resourceArn=arn))
        return {tag["tagKey"]: tag["tagValue"] for tag in response.get("tags", [])}

    def tag(self, tracker: Tracker, tags: Mapping[str, str]) -> Tracker:
        """Set tags of a tracker, and return it with them."""
        operation = partial(self._client.tag_resource, resourceArn=tracker.arn, tags=_as_list(tags))
        self._call(f"tag {tracker.arn}", operation)
        return replace(tracker, tags={**tracker.tags, **tags})

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """Remove tags from a tracker."""
        self._call(f"untag {arn}", lambda: self._client.untag_resource(resourceArn=arn, tagKeys=list(keys)))

    def delete(self, arn: str) -> None:
        """Start the deletion of a tracker."""
        self._call(f"delete event tracker {arn}", lambda: self._client.delete_event_tracker(eventTrackerArn=arn))

    def _call(self, purpose: str, operation: Callable[[], T], creates: bool = False) -> T:
        """Make a call until it succeeds, is refused, or the deadline has passed."""
        clock, refusal = self.deadline.clock, None
        for waited in self.deadline.attempts():
            if self._backoff >= 0.1:
                # With jitter, so that callers that were throttled together do not return together.
                clock.sleep(min(max(self.deadline.left, 0.0), self._backoff * (0.5 + clock.random())))
            try:
                response = operation()
            except botocore.exceptions.ClientError as error:
                self._note(error, creates)
                refusal = _translated(error, purpose)
                if not _is_passing(error, waited):
                    raise refusal from error
            except (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError) as error:
                self.may_have_created |= creates
                refusal = ServiceError(f"Could not {purpose}: {error}.")
            except botocore.exceptions.NoCredentialsError as error:
                raise AccessDeniedError(f"Could not {purpose}: {error}. {_CREDENTIALS_REMEDY}") from error
            except botocore.exceptions.BotoCoreError as error:
                raise ServiceError(f"Could not {purpose}: {error}") from error
            else:
                self.may_have_created |= creates
                self._backoff /= 2
                return response
            if not waited:
                logger.warning("Retrying", why=str(refusal))
        raise OutOfTimeError(
            f"{refusal} No attempt succeeded in the time that {self.deadline.limit} leaves for waiting. Deploy again "
            "when the provider's function can reach Amazon Personalize."
        )

    def _note(self, error: botocore.exceptions.ClientError, creates: bool) -> None:
        code, metadata = error.response["Error"]["Code"], error.response["ResponseMetadata"]
        if creates and (metadata.get("RetryAttempts", 0) or metadata["HTTPStatusCode"] >= 500):
            self.may_have_created = True
        if _is_throttling(error) or (creates and code == "LimitExceededException"):
            self._backoff = min(max(1.0, self._backoff * 4 / 3), 15.0)


def _is_passing(error: botocore.exceptions.ClientError, waited: float) -> bool:
    """Whether the same call may succeed later."""
    code = error.response["Error"]["Code"]
    if code == "AccessDeniedException":
        return waited < _ACCESS_DENIED_SECONDS
    # The tagging operations list both, and do not say when.
    if error.operation_name.endswith("Resource") and code in ("ResourceInUseException", "LimitExceededException"):
        return True
    return _is_throttling(error) or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _is_throttling(error: botocore.exceptions.ClientError) -> bool:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return "Throttl" in code or code in _PASSING or status == 429


def _translated(error: botocore.exceptions.ClientError, purpose: str) -> ServiceError:
    code, operation = error.response["Error"]["Code"], error.operation_name
    message = error.response["Error"].get("Message") or "the service gave no message"
    kind, remedy = ServiceError, _REMEDIES.get((operation, code), "")
    if code == "AccessDeniedException":
        kind, remedy = AccessDeniedError, f"Allow personalize:{operation} in the role of the provider's function."
    elif code in _INVALID_CREDENTIALS:
        kind, remedy = AccessDeniedError, _CREDENTIALS_REMEDY
    elif code == "ResourceNotFoundException" and operation != "CreateEventTracker":
        kind = TrackerNotFoundError
    elif (operation, code) == ("ListEventTrackers", "InvalidInputException"):
        # The ARN is well-formed, so there is no such group: the operation has no other way to say so (its API page).
        kind = TrackerNotFoundError
    elif code.isdigit():
        remedy = _ENDPOINT_REMEDY
    return kind(f"Could not {purpose}: {code}: {message.removesuffix('.')}. {remedy}".strip(), code)


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
