"""What is easily got slightly wrong: each of these was, in a mutant of the provider that no other test noticed."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from simulation.world import World
from tests.integration.faults import OtherwiseReal, client_error, once
from tests.integration.requests import STACK_ID, Requests, with_fault


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
    created = requests.create()
    busy_until = aws.time.now + 100

    def fault(name: str) -> Exception | None:
        busy = name == "delete_event_tracker" and aws.time.now < busy_until
        return client_error("ResourceInUseException", 400, "DeleteEventTracker") if busy else None

    with_fault(aws, fault).delete(created)

    assert metric(capsys.readouterr().out, "SecondsToDelete")[0] < 30


@pytest.mark.parametrize("old", [None, {}, {"DatasetGroupArn": "bad"}], ids=str)
def test_an_update_of_a_tracker_that_is_there_neither_lists_nor_creates(
    aws: World, requests: Requests, group: str, old: Any
) -> None:
    created = requests.create()
    calls: list[str] = []

    response = with_fault(aws, calls.append).update(created, OldResourceProperties=old)

    assert response["Status"] == "SUCCESS"
    assert not {"create_event_tracker", "list_event_trackers"} & set(calls)


@pytest.mark.parametrize("code", ["ResourceInUseException", "LimitExceededException"])
@pytest.mark.parametrize(("operation", "name"), [("tag_resource", "TagResource"), ("untag_resource", "UntagResource")])
def test_tags_that_cannot_be_changed_while_a_tracker_changes_are_waited_for(
    aws: World, requests: Requests, group: str, code: str, operation: str, name: str
) -> None:
    old = {"DatasetGroupArn": group, "Tags": [{"Key": "old", "Value": "1"}]}
    created = requests.create(ResourceProperties=old)
    fault = once(operation, client_error(code, 400, name))

    response = with_fault(aws, fault).update(
        created,
        ResourceProperties={"DatasetGroupArn": group, "Tags": [{"Key": "new", "Value": "2"}]},
        OldResourceProperties=old,
    )

    assert fault(operation) is None, "the fault was not met"
    assert response["Status"] == "SUCCESS"
    tags = aws.tags(created)
    assert ("old" in tags, tags["new"]) == (False, "2")


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
