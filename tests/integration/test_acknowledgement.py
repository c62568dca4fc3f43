"""After the response that says SUCCESS, a tag notes that it was sent: rules C1, A5, U4."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from event_tracker.errors import ResponseNotDeliveredError
from simulation.world import World
from tests.integration.faults import FaultyClient, always, client_error
from tests.integration.requests import ORPHANED, OWNED, UNACKNOWLEDGED, Requests, timestamp, with_fault

Log = Callable[[], list[dict[str, Any]]]
CREATED_BY = "cloudformation:created-by"


def created_by(aws: World, arn: str) -> str:
    return aws.tags(arn)[CREATED_BY]


def test_the_tag_tells_when_the_response_was_sent(aws: World, requests: Requests, group: str) -> None:
    arn = requests.create()

    assert created_by(aws, arn) == (
        f"Create/11111111-1111-4111-8111-111111111111/{timestamp(0)}/{timestamp(aws.time.now)}"
    )


def test_a_create_that_fails_notes_nothing(aws: World, requests: Requests, group: str) -> None:
    arn = requests("Create", seconds=4)["PhysicalResourceId"]

    assert created_by(aws, arn).endswith("/pending")


def test_a_response_that_did_not_arrive_is_not_noted(aws: World, requests: Requests, group: str) -> None:
    requests.inbox.replies = [403]
    with pytest.raises(ResponseNotDeliveredError):
        requests("Create")

    (arn,) = aws.trackers()
    assert created_by(aws, arn).endswith("/pending")


@pytest.mark.parametrize(
    "error",
    [client_error("ThrottlingException"), ReadTimeoutError(endpoint_url="https://personalize.example")],
    ids=["throttled", "silent"],
)
def test_the_note_is_tried_again(aws: World, group: str, error: Exception) -> None:
    client = FaultyClient(aws.service, lambda name: error if name == "tag_resource" and aws.time.now < 200 else None)

    arn = Requests(aws, client)("Create")["PhysicalResourceId"]

    assert not created_by(aws, arn).endswith("/pending")


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", operation="TagResource"),
        client_error("ThrottlingException"),
        KeyError("x"),
    ],
    ids=["denied", "throttled", "unexpected"],
)
@pytest.mark.parametrize(("seconds", "longest"), [(900, 310), (120, 120)])
def test_a_note_that_fails_is_logged_and_changes_nothing_of_the_response(
    aws: World, group: str, log: Log, error: Exception, seconds: float, longest: float
) -> None:
    requests = with_fault(aws, always("tag_resource", error))

    response = requests("Create", seconds=seconds)

    assert response["Status"] == "SUCCESS"
    assert requests.inbox.responses == [response]
    assert aws.time.now < longest
    (line,) = [line for line in log() if "Could not note" in line["message"]]
    assert line["tracker"] == response["PhysicalResourceId"]


def test_the_next_update_notes_what_the_create_could_not(aws: World, group: str) -> None:
    denied = client_error("AccessDeniedException", operation="TagResource")
    arn = with_fault(aws, always("tag_resource", denied))("Create")["PhysicalResourceId"]
    assert created_by(aws, arn).endswith("/pending")
    sent = timestamp(aws.time.now)

    Requests(aws).update(arn)

    assert created_by(aws, arn) == f"Create/11111111-1111-4111-8111-111111111111/{timestamp(0)}/{sent}"


def test_an_update_that_does_not_know_when_it_was_sent_notes_that(aws: World, requests: Requests, group: str) -> None:
    arn = aws.tracker(group, tags=UNACKNOWLEDGED)

    requests.update(arn, ResponseURL="https://response.example")

    assert created_by(aws, arn) == f"Create/an-earlier-one/{timestamp(-60)}/-"


def test_an_update_notes_the_response_for_what_it_has_made_or_claimed(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    left = aws.tracker(other_group, tags=ORPHANED)
    change: dict[str, Any] = {
        "PhysicalResourceId": created,
        "ResourceProperties": {"DatasetGroupArn": other_group},
        "OldResourceProperties": {"DatasetGroupArn": group},
    }
    sent = timestamp(aws.time.now)

    response = requests("Update", RequestId="change", **change)

    assert response["PhysicalResourceId"] == left
    assert created_by(aws, left) == f"Update/change/{sent}/{timestamp(aws.time.now)}"


@pytest.mark.parametrize("tags", [{}, OWNED], ids=["adopted", "handed over"])
def test_a_tracker_that_no_request_has_made_gets_no_note(
    aws: World, requests: Requests, group: str, tags: dict[str, str]
) -> None:
    arn = aws.tracker(group, tags=tags)

    response = requests.update(arn)

    assert response["Status"] == "SUCCESS"
    assert CREATED_BY not in aws.tags(arn)


def test_a_request_that_is_delivered_again_notes_nothing_twice(aws: World, requests: Requests, group: str) -> None:
    arn = requests.create()
    noted = created_by(aws, arn)
    calls: list[str] = []

    with_fault(aws, calls.append)("Create")  # type: ignore[arg-type]

    assert "tag_resource" not in calls
    assert created_by(aws, arn) == noted


def test_a_delete_notes_nothing(aws: World, requests: Requests, group: str) -> None:
    arn = requests.create()
    calls: list[str] = []

    with_fault(aws, calls.append).delete(arn)  # type: ignore[arg-type]

    assert calls[-1] == "describe_event_tracker"
