"""Waiting: rules W1, W2, W3, W4."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from event_tracker.errors import ServiceError, TrackerNotFoundError
from event_tracker.trackers import CLIENT_CONFIG, Scope, Tracker, Trackers
from event_tracker.waiting import Deadline
from simulation.world import World
from tests.integration.faults import FaultyClient, OtherwiseReal, always, client_error, once
from tests.integration.requests import Requests, with_fault

PASSING = {
    "throttled": client_error("ThrottlingException"),
    "too many": client_error("TooManyRequestsException"),
    "too many by status": client_error("SomethingElse", 429),
    "failing": client_error("InternalServerError", 500),
    "unreachable": EndpointConnectionError(endpoint_url="https://personalize.example"),
    "silent": ReadTimeoutError(endpoint_url="https://personalize.example"),
}


def during(aws: World, start: float, end: float, error: Exception) -> Callable[[str], Exception | None]:
    """A fault of every call in a stretch of time."""
    return lambda name: error if start <= aws.time.now < end else None


def test_the_polls_are_close_at_first_and_sparse_later(aws: World, requests: Requests, group: str) -> None:
    polls: list[float] = []

    def note(name: str) -> None:
        if name == "describe_event_tracker":
            polls.append(aws.time.now)
            (tracker,) = aws.backend.event_trackers.values()
            tracker.pass_through(tracker.creation[1:])

    with_fault(aws, note)("Create")

    pauses = [round(later - earlier, 3) for earlier, later in itertools.pairwise(polls)]
    assert pauses[0] == 1
    assert pauses[:-1] == sorted(pauses[:-1])
    assert max(pauses) == 15
    assert len([moment for moment in polls if moment <= 45]) > 15
    assert len([moment for moment in polls if moment <= 30]) <= 30
    assert len([moment for moment in polls if moment <= 600]) <= 120


def test_at_the_functions_deadline_a_create_fails_with_state_time_and_the_trackers_arn(
    aws: World, requests: Requests, group: str
) -> None:
    response = requests("Create", seconds=8)

    (arn,) = aws.trackers()
    assert (response["Status"], response["PhysicalResourceId"]) == ("FAILED", arn)
    assert (
        "was still CREATE IN_PROGRESS and not ACTIVE after 6 s. The limit is the time that the function's Timeout (8 s)"
        in response["Reason"]
    )


@pytest.mark.parametrize(
    ("service_timeout", "seconds"), [("1", 0.75), ("20", 15), ("300", 240), ("900", 780), ("3600", 780)]
)
def test_service_timeout_bounds_the_waiting_and_does_not_extend_the_functions_time(
    aws: World, requests: Requests, service_timeout: str, seconds: float
) -> None:
    arn = aws.dataset_group("films", active=False)

    response = requests("Create", ResourceProperties={"DatasetGroupArn": arn, "ServiceTimeout": service_timeout})

    assert response["Status"] == "FAILED"
    assert aws.time.now == seconds


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_even_when_the_service_is_silent_the_response_comes_before_service_timeout(
    aws: World, requests: Requests, group: str, other_group: str, request_type: str
) -> None:
    created = requests.create()
    start = aws.time.now

    def silent(name: str) -> Exception | None:
        if name != "create_event_tracker":
            # Two attempts with a time limit of 10 s each, and a pause.
            aws.time.sleep(21)
            return PASSING["silent"]
        return None

    properties = {"DatasetGroupArn": other_group, "ServiceTimeout": "300"}
    response = with_fault(aws, silent)(
        request_type,
        PhysicalResourceId=created if request_type == "Update" else None,
        ResourceProperties=properties,
        OldResourceProperties={"DatasetGroupArn": group},
    )

    assert response["Status"] == "FAILED"
    assert aws.time.now - start < 300


@pytest.mark.parametrize(
    ("seconds", "service_timeout", "limit"),
    [
        (60, None, "the function's Timeout (60 s)"),
        (120, None, "the function's Timeout (120 s)"),
        (900, "5", "ServiceTimeout (5 s)"),
        (60, "300", "the function's Timeout (60 s)"),
    ],
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_whatever_runs_out_of_time_names_the_limit_that_binds(
    aws: World, seconds: float, service_timeout: str | None, limit: str, request_type: str
) -> None:
    group = aws.dataset_group("films", active=False)
    properties = {"DatasetGroupArn": group, **({"ServiceTimeout": service_timeout} if service_timeout else {})}

    response = Requests(aws)(request_type, seconds=seconds, ResourceProperties=properties)

    assert response["Status"] == "FAILED"
    assert f"in the time that {limit} leaves for waiting" in response["Reason"]


@pytest.mark.parametrize(
    ("seconds", "service_timeout", "told"),
    [
        (60, None, "the function's Timeout (60 s) leaves 45 s"),
        (120, None, "the function's Timeout (120 s) leaves 90 s"),
        (159, None, "the function's Timeout (159 s) leaves 119 s"),
        (900, "5", "ServiceTimeout (5 s) leaves 4 s"),
    ],
)
def test_a_rename_without_the_time_for_it_is_refused_before_anything_is_touched(
    aws: World, requests: Requests, group: str, seconds: float, service_timeout: str | None, told: str
) -> None:
    created = requests.create()
    before = aws.tags(created)
    rename = {"DatasetGroupArn": group, "Name": "other", "ReplacementStrategy": "delete_then_create"}
    if service_timeout:
        rename["ServiceTimeout"] = service_timeout

    response = requests.update(created, seconds=seconds, ResourceProperties=rename)

    assert response["Status"] == "FAILED"
    assert f"({created}) must be deleted before one named other can be created." in response["Reason"]
    assert f"{told}. Nothing was changed. Set that limit to at least 300 s and deploy again." in response["Reason"]
    assert aws.tags(created) == before


def test_a_rename_with_two_minutes_left_is_done(aws: World, requests: Requests, group: str) -> None:
    created = requests.create()
    rename = {"DatasetGroupArn": group, "Name": "other", "ReplacementStrategy": "delete_then_create"}

    response = requests.update(created, seconds=160, ResourceProperties=rename)

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers().values()) == ["other"]


def test_a_delete_that_runs_out_of_time_says_so(aws: World, requests: Requests, group: str) -> None:
    arn = requests.create()

    response = requests.delete(arn, seconds=4)

    assert response["Reason"].startswith(f"Event tracker {arn} was still DELETE ")
    assert " and not gone after 3 s. The limit is the time that the function's Timeout (4 s)" in response["Reason"]


@pytest.mark.parametrize("status", ["CREATE FAILED", "SOMETHING NEW"])
def test_a_failed_or_unknown_state_ends_a_wait_at_once(aws: World, requests: Requests, group: str, status: str) -> None:
    def change() -> None:
        (arn,) = aws.trackers()
        aws.backend.event_trackers[arn].status = status

    aws.time.spawn(change, delay=3)

    response = requests("Create")

    assert response["Status"] == "FAILED"
    assert f"became {status} instead of ACTIVE" in response["Reason"]
    assert aws.time.now < 10


def test_an_unknown_state_ends_the_wait_for_a_deletion_at_once(aws: World, requests: Requests, group: str) -> None:
    created = requests.create()

    def change() -> None:
        aws.backend.event_trackers[created].status = "SOMETHING NEW"

    aws.time.spawn(change, delay=3)

    response = requests.delete(created)

    assert response["Status"] == "FAILED"
    assert "became SOMETHING NEW instead of being deleted" in response["Reason"]


@pytest.mark.parametrize(("is_own", "seconds"), [(True, 30), (False, 3)])
def test_a_tracker_that_vanishes_while_it_is_waited_for_fails_the_create(
    aws: World, requests: Requests, group: str, is_own: bool, seconds: float
) -> None:
    properties = {"DatasetGroupArn": group, "AdoptExisting": "true"}
    if not is_own:
        aws.service.create_event_tracker(name="theirs", datasetGroupArn=group)
    aws.time.spawn(aws.backend._event_trackers.clear, delay=3)

    response = requests("Create", ResourceProperties=properties)

    assert response["Status"] == "FAILED"
    assert "was deleted before it was ACTIVE" in response["Reason"]
    # What this request made may not be visible yet.
    assert seconds <= aws.time.now < seconds + 2


def test_a_tracker_that_is_not_visible_at_the_deadline_is_told(aws: World, requests: Requests, group: str) -> None:
    aws.backend.guesses = dataclasses.replace(aws.backend.guesses, invisible_seconds=1000.0)

    response = requests("Create", seconds=4)

    assert "was still not visible and not ACTIVE after" in response["Reason"]


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_what_passes_is_no_reason_to_give_up(
    aws: World, requests: Requests, group: str, error: Exception, request_type: str
) -> None:
    created = requests("Create") if request_type == "Delete" else {"PhysicalResourceId": None}
    start = aws.time.now
    faulty = with_fault(aws, during(aws, start + 2, start + 200, error))

    response = faulty(request_type, PhysicalResourceId=created["PhysicalResourceId"])

    assert response["Status"] == "SUCCESS"
    assert len(aws.trackers()) == (request_type == "Create")


@pytest.mark.parametrize(
    ("operation", "error", "most"),
    [
        ("", PASSING["throttled"], 30),
        ("create_event_tracker", client_error("LimitExceededException", operation="CreateEventTracker"), 60),
    ],
)
def test_while_throttled_the_calls_are_few_and_irregular(
    aws: World, group: str, operation: str, error: Exception, most: int
) -> None:
    calls: list[float] = []

    def throttle(name: str) -> Exception | None:
        if not name.startswith(operation):
            return None
        calls.append(aws.time.now)
        return error if aws.time.now < 300 else None

    response = with_fault(aws, throttle)("Create")

    pauses = [later - earlier for earlier, later in itertools.pairwise(moment for moment in calls if 60 < moment < 300)]
    assert response["Status"] == "SUCCESS"
    assert len([moment for moment in calls if moment < 300]) < most
    assert len(set(pauses)) == len(pauses)
    assert max(pauses) <= 15 + 22.5


def test_a_service_that_fails_is_not_taken_for_one_that_throttles(aws: World, group: str) -> None:
    calls: list[float] = []

    def fail(name: str) -> Exception | None:
        calls.append(aws.time.now)
        return PASSING["failing"] if aws.time.now < 20 else None

    with_fault(aws, fail)("Create")

    assert [moment for moment in calls if moment < 20] == list(range(20))


@pytest.mark.parametrize(
    ("error", "told"),
    [("throttled", "ThrottlingException"), ("unreachable", "https://personalize.example")],
)
def test_what_does_not_pass_is_told_at_the_deadline(aws: World, group: str, error: str, told: str) -> None:
    response = with_fault(aws, lambda name: PASSING[error])("Create")

    assert response["Status"] == "FAILED"
    assert told in response["Reason"]
    assert response["PhysicalResourceId"].startswith("not-created:")
    assert aws.time.now > 700


@pytest.mark.parametrize("error", [PASSING["failing"], PASSING["silent"]], ids=["failing", "silent"])
def test_a_create_whose_response_is_lost_is_not_done_twice(aws: World, group: str, error: Exception) -> None:
    client = FaultyClient(aws.service, once("create_event_tracker", error), after_effect=True)

    response = Requests(aws, client)("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


def test_access_denied_is_tried_again_since_a_new_role_takes_a_while(aws: World, group: str) -> None:
    denied = client_error("AccessDeniedException", operation="CreateEventTracker")

    response = with_fault(aws, during(aws, 0, 25, denied))("Create")

    assert response["Status"] == "SUCCESS"


def test_access_denied_for_good_is_told_after_half_a_minute_with_the_remedy(aws: World, group: str) -> None:
    denied = client_error("AccessDeniedException", operation="CreateEventTracker")

    response = with_fault(aws, during(aws, 0, 10000, denied))("Create")

    assert response["Status"] == "FAILED"
    assert "Allow personalize:CreateEventTracker" in response["Reason"]
    assert 30 <= aws.time.now < 33


@pytest.mark.parametrize(
    "error",
    [
        client_error("ExpiredTokenException", 403),
        client_error("IncompleteSignature", 403),
        client_error("InvalidSignatureException", 403),
        client_error("UnrecognizedClientException", 403),
        NoCredentialsError(),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_credentials_that_are_not_valid_are_told_at_once_with_the_remedy(
    aws: World, error: Exception, request_type: str
) -> None:
    response = with_fault(aws, lambda name: error)(request_type)

    assert response["Status"] == "FAILED"
    assert str(getattr(error, "response", {}).get("Error", {}).get("Code", error)) in response["Reason"]
    assert "aws sts get-caller-identity" in response["Reason"]
    assert aws.time.now < 1


@pytest.mark.parametrize("code", ["ResourceInUseException", "LimitExceededException"])
def test_tags_that_cannot_be_read_while_a_tracker_changes_are_waited_for(aws: World, group: str, code: str) -> None:
    created = Requests(aws)("Create")
    fault: Any = once("list_tags_for_resource", client_error(code, operation="ListTagsForResource"))

    resumed = with_fault(aws, fault)("Create")

    assert resumed == created


@pytest.mark.parametrize(("failed", "status"), [(0, "ACTIVE"), (1, "CREATE FAILED")])
def test_a_tracker_whose_status_is_as_before_after_its_deletion_was_accepted_is_waited_for(
    aws: World, requests: Requests, group: str, failed: int, status: str
) -> None:
    aws.backend.tracker_creations_to_fail = failed
    arn = requests.create()

    class Lagging(OtherwiseReal):
        lag = 3

        def describe_event_tracker(self, **arguments: Any) -> Any:
            response = aws.service.describe_event_tracker(**arguments)
            if self.lag:
                self.lag -= 1
                response["eventTracker"]["status"] = status
            return response

    response = Requests(aws, Lagging(aws.service)).delete(arn)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


ARN = "arn:aws:personalize:us-east-1:123456789012:event-tracker/ca4f41f3"
SCOPE = Scope.from_arn(ARN)
CALLS: dict[str, tuple[Callable[[Trackers], Any], str]] = {
    "create_event_tracker": (
        lambda trackers: trackers.create("clicks", ARN, {}),
        f"create event tracker clicks in {ARN}",
    ),
    "describe_event_tracker": (lambda trackers: trackers.find(ARN), f"describe event tracker {ARN}"),
    "list_event_trackers": (lambda trackers: trackers.tracker_in_group(ARN), f"list the event trackers of {ARN}"),
    "list_tags_for_resource": (lambda trackers: trackers.find_tags(ARN), f"list the tags of {ARN}"),
    "tag_resource": (lambda trackers: trackers.tag(Tracker(ARN, "", "", "", "", {}), {}), f"tag {ARN}"),
    "untag_resource": (lambda trackers: trackers.untag(ARN, []), f"untag {ARN}"),
    "delete_event_tracker": (lambda trackers: trackers.delete(ARN), f"delete event tracker {ARN}"),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_refusal_says_what_could_not_be_done(aws: World, operation: str) -> None:
    call, purpose = CALLS[operation]
    client = FaultyClient(aws.service, always(operation, client_error("SomethingNew")))

    with pytest.raises(ServiceError) as refusal:
        call(Trackers(client, SCOPE, Deadline(aws.time.clock, 60)))  # type: ignore[arg-type]

    assert str(refusal.value) == f"Could not {purpose}: SomethingNew: in a test."
    assert refusal.value.code == "SomethingNew"


@pytest.mark.parametrize(
    ("message", "shown"), [("Why. And why.", "Why. And why."), ("", "the service gave no message.")]
)
def test_a_refusal_has_the_services_words_as_a_sentence(aws: World, message: str, shown: str) -> None:
    error = client_error("SomethingNew")
    error.response["Error"]["Message"] = message
    client = FaultyClient(aws.service, always("untag_resource", error))

    with pytest.raises(ServiceError) as refusal:
        Trackers(client, SCOPE, Deadline(aws.time.clock, 60)).untag(ARN, [])  # type: ignore[arg-type]

    assert str(refusal.value) == f"Could not untag {ARN}: SomethingNew: {shown}"


@pytest.mark.parametrize("operation", sorted(CALLS.keys() - {"list_event_trackers", "describe_event_tracker"}))
def test_what_is_not_found_is_a_tracker_unless_one_is_created(aws: World, operation: str) -> None:
    client = FaultyClient(
        aws.service,
        always(
            operation,
            client_error(
                "ResourceNotFoundException", operation="".join(part.capitalize() for part in operation.split("_"))
            ),
        ),
    )

    with pytest.raises(ServiceError) as refusal:
        CALLS[operation][0](Trackers(client, SCOPE, Deadline(aws.time.clock, 60)))  # type: ignore[arg-type]

    assert isinstance(refusal.value, TrackerNotFoundError) == (operation != "create_event_tracker")


def test_the_clients_time_limits_are_short_and_its_retry_mode_is_set() -> None:
    assert CLIENT_CONFIG.retries == {"mode": "standard", "total_max_attempts": 2}
    assert CLIENT_CONFIG.connect_timeout == 1
    assert CLIENT_CONFIG.read_timeout == 8
