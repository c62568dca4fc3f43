"""What the life of a tracker in tests/live does not have, through CloudFormation's own API."""

import pytest

from local.cloud import Cloud
from local.examples import DIRECTORY
from tests.e2e.conftest import Stack


def trackers(cloud: Cloud, group: str) -> list[str]:
    """The ARNs of the trackers in a group."""
    listed = cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    return [summary["eventTrackerArn"] for summary in listed]


def team(name: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": name}]


def test_a_tracker_deleted_behind_the_stacks_back_is_made_anew(cloud: Cloud, stack: Stack, group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs
    cloud.personalize.delete_event_tracker(eventTrackerArn=before["TrackerEventTrackerArn"])

    assert stack.update(Tracker={"DatasetGroupArn": group, "Tags": team("shop")}) == "UPDATE_COMPLETE"

    assert trackers(cloud, group) == [stack.outputs["TrackerEventTrackerArn"]]
    assert stack.outputs["TrackerTrackingId"] != before["TrackerTrackingId"]


@pytest.mark.usefixtures("slow_groups")
def test_a_dataset_group_that_becomes_active_only_later_is_waited_for(cloud: Cloud, stack: Stack) -> None:
    group = cloud.personalize.create_dataset_group(name="later")["datasetGroupArn"]
    described = cloud.personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert described["status"] == "CREATE PENDING"

    assert stack.create(Tracker={"DatasetGroupArn": group}) == "CREATE_COMPLETE"

    assert trackers(cloud, group) == [stack.outputs["TrackerEventTrackerArn"]]


def test_a_dataset_group_can_be_deleted_right_after_its_stack(cloud: Cloud, stack: Stack, group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})

    stack.delete()

    for dataset in cloud.personalize.list_datasets(datasetGroupArn=group)["datasets"]:
        cloud.personalize.delete_dataset(datasetArn=dataset["datasetArn"])
    cloud.personalize.delete_dataset_group(datasetGroupArn=group)


def test_a_template_that_makes_everything_sends_an_event(cloud: Cloud, stack: Stack) -> None:
    example = (DIRECTORY / "complete.yaml").read_text()

    assert stack.create_from(example) == "CREATE_COMPLETE"
    function_name = stack.outputs["FunctionName"]
    response = cloud.functions.invoke(FunctionName=function_name, Payload=b'{"user": "sam", "item": "brazil"}')

    assert "FunctionError" not in response
    (recorded,) = cloud.recorded_events
    assert recorded["tracking_id"] == stack.outputs["TrackingId"]
    assert recorded["event"]["itemId"] == "brazil"
    assert stack.delete() == "DELETE_COMPLETE"
