"""What is easily got slightly wrong: each of these was, in a mutant of the provider that no other test noticed."""

import dataclasses
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from simulation.world import World
from tests.integration.faults import FaultyClient, OtherwiseReal, client_error, once
from tests.integration.requests import ACKNOWLEDGED, STACK_ID, Requests


def metric(output: str, name: str) -> Any:
    """The last value of a metric in what was printed."""
    documents = [json.loads(line) for line in output.splitlines() if line.startswith('{"_aws"')]
    return [document[name] for document in documents if name in document][-1]


def test_seconds_to_active_count_from_the_creation(
    aws: World, requests: Requests, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = aws.dataset_group("films", active=False)

    def becomes_active() -> None:
        aws.backend.dataset_groups[arn].status = "ACTIVE"

    aws.time.spawn(becomes_active, delay=300)

    requests("Create")

    assert metric(capsys.readouterr().out, "SecondsToActive")[0] < 30


def test_seconds_to_delete_count_from_the_deletion(
    aws: World, requests: Requests, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    created = requests("Create")
    busy_until = aws.time.now + 100

    def fault(name: str) -> Exception | None:
        busy = name == "delete_event_tracker" and aws.time.now < busy_until
        return client_error("ResourceInUseException", 400, "DeleteEventTracker") if busy else None

    Requests(aws, FaultyClient(aws.service, fault))("Delete", PhysicalResourceId=created["PhysicalResourceId"])

    assert metric(capsys.readouterr().out, "SecondsToDelete")[0] < 30


def test_adoption_removes_no_tags_but_those_of_ownership(aws: World, requests: Requests, group: str) -> None:
    left = aws.tracker(group, tags={**ACKNOWLEDGED, "cost": "42"})

    requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"})

    assert aws.tags(left) == {"cost": "42"}


def test_why_the_service_could_not_be_reached_is_told_at_the_deadline(aws: World, group: str) -> None:
    error = EndpointConnectionError(endpoint_url="https://personalize.example")

    response = Requests(aws, FaultyClient(aws.service, lambda name: error))("Create")

    assert response["Status"] == "FAILED"
    assert "https://personalize.example" in response["Reason"]


def test_a_tracker_that_somebody_else_is_deleting_is_waited_for_and_not_deleted_by_us(aws: World, group: str) -> None:
    going = aws.tracker(group)
    aws.service.delete_event_tracker(eventTrackerArn=going)
    calls: list[str] = []

    response = Requests(aws, FaultyClient(aws.service, calls.append))("Create")  # type: ignore[arg-type]

    assert response["Status"] == "SUCCESS"
    assert "delete_event_tracker" not in calls


@pytest.mark.parametrize("old", [None, {}, {"DatasetGroupArn": "bad"}], ids=str)
def test_an_update_of_a_tracker_that_is_there_neither_lists_nor_creates(
    aws: World, requests: Requests, group: str, old: Any
) -> None:
    created = requests("Create")
    calls: list[str] = []

    response = Requests(aws, FaultyClient(aws.service, calls.append))(  # type: ignore[arg-type]
        "Update", PhysicalResourceId=created["PhysicalResourceId"], OldResourceProperties=old
    )

    assert response["Status"] == "SUCCESS"
    assert not {"create_event_tracker", "list_event_trackers"} & set(calls)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("LimitExceededException", "Deploy again in a few minutes, or have the quota raised."),
        ("ResourceAlreadyExistsException", "choose another Name, or deploy again."),
    ],
)
def test_a_refusal_without_a_tracker_is_told_with_the_remedy(
    aws: World, requests: Requests, code: str, remedy: str
) -> None:
    aws.dataset_group("films", active=False)
    aws.backend.guesses = dataclasses.replace(aws.backend.guesses, group_not_active=code)

    response = requests("Create")

    assert remedy in response["Reason"]


def test_a_name_that_stays_the_same_is_no_rename(aws: World, requests: Requests, group: str) -> None:
    properties = {"DatasetGroupArn": group, "Name": "clicks"}
    created = requests("Create", ResourceProperties=properties)

    response = requests(
        "Update",
        PhysicalResourceId=created["PhysicalResourceId"],
        ResourceProperties={**properties, "Tags": [{"Key": "team", "Value": "web"}]},
        OldResourceProperties=properties,
    )

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", created["PhysicalResourceId"])


@pytest.mark.parametrize("code", ["ResourceInUseException", "LimitExceededException"])
@pytest.mark.parametrize(("operation", "name"), [("tag_resource", "TagResource"), ("untag_resource", "UntagResource")])
def test_tags_that_cannot_be_changed_while_a_tracker_changes_are_waited_for(
    aws: World, requests: Requests, group: str, code: str, operation: str, name: str
) -> None:
    old = {"DatasetGroupArn": group, "Tags": [{"Key": "old", "Value": "1"}]}
    created = requests("Create", ResourceProperties=old)
    fault = once(operation, client_error(code, 400, name))

    response = Requests(aws, FaultyClient(aws.service, fault))(
        "Update",
        PhysicalResourceId=created["PhysicalResourceId"],
        ResourceProperties={"DatasetGroupArn": group, "Tags": [{"Key": "new", "Value": "2"}]},
        OldResourceProperties=old,
    )

    assert fault(operation) is None, "the fault was not met"
    assert response["Status"] == "SUCCESS"
    tags = aws.tags(created["PhysicalResourceId"])
    assert ("old" in tags, tags["new"]) == (False, "2")


def test_the_problems_of_every_tag_are_told(requests: Requests, group: str) -> None:
    tags = ["a=b", {"Key": 5, "Value": "x"}]

    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "Tags": tags})

    assert "Tags[0] is" in response["Reason"]
    assert "Tags[1].Key is 5" in response["Reason"]


def test_a_refusal_without_a_remedy_ends_with_the_services_words(aws: World, group: str) -> None:
    def fault(name: str) -> Exception | None:
        return client_error("SomethingNew", 400, "DescribeEventTracker") if name.startswith("describe") else None

    response = Requests(aws, FaultyClient(aws.service, fault))("Create")

    assert response["Reason"].endswith("SomethingNew: in a test.")


def test_moments_are_told_in_utc_wherever_the_function_runs(aws: World, group: str) -> None:
    moment = datetime(2024, 5, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))

    class Elsewhere(OtherwiseReal):
        def describe_event_tracker(self, **arguments: Any) -> Any:
            response = aws.service.describe_event_tracker(**arguments)
            response["eventTracker"]["creationDateTime"] = moment
            return response

    response = Requests(aws, Elsewhere(aws.service))("Create")

    assert response["Data"]["CreationDateTime"] == "2024-05-01T10:30:00.000Z"


def test_the_functions_account_counts_and_not_the_stacks(aws: World, requests: Requests, group: str) -> None:
    stack_id = STACK_ID.replace("123456789012", "111122223333")

    response = requests("Create", StackId=stack_id, ResourceProperties={"DatasetGroupArn": group})

    assert response["Status"] == "SUCCESS"


def test_a_tracker_without_an_owner_is_not_said_to_belong_to_anybody(
    aws: World, requests: Requests, group: str
) -> None:
    aws.tracker(group)

    assert "belongs to" not in requests("Create")["Reason"]


def test_what_is_ours_needs_no_tags_removed_to_be_adopted(aws: World, requests: Requests, group: str) -> None:
    aws.tracker(group, tags=ACKNOWLEDGED)

    assert "remove" not in requests("Create")["Reason"]


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_tag_value_that_is_a_number_is_told_and_never_blocks_a_delete(
    aws: World, requests: Requests, group: str, request_type: str
) -> None:
    properties = {"DatasetGroupArn": group, "Tags": [{"Key": "a", "Value": 5}]}

    response = requests(request_type, ResourceProperties=properties)

    if request_type == "Delete":
        assert response["Status"] == "SUCCESS"
    else:
        assert "Tags[0].Value is 5 but must be" in response["Reason"]


def test_the_longest_service_timeout_is_taken(requests: Requests, group: str) -> None:
    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "ServiceTimeout": "3600"})

    assert response["Status"] == "SUCCESS"
