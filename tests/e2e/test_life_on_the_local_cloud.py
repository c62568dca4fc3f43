"""What the life of a tracker in tests/live does not have, through CloudFormation's own API."""

import boto3
import pytest

from local import sam
from local.cloud import REGION, Cloud
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


def test_the_providers_dashboard_and_alarms_come_and_go(cloud: Cloud) -> None:
    cloudwatch = boto3.client("cloudwatch", endpoint_url=cloud.url, verify=str(cloud.ca_bundle))
    topic = f"arn:aws:sns:{REGION}:123456789012:operators"
    template = sam.build(cloud)

    sam.deploy_stack(cloud, template, sam.PROVIDER_STACK, {"Dashboard": "true", "AlarmTopicArn": topic})
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    assert dashboard["DashboardName"] == f"{sam.PROVIDER_STACK}-{REGION}"
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {"Failed", "Errors"}
    assert [alarm["AlarmActions"] for alarm in alarms] == [[topic], [topic]]

    sam.deploy_stack(cloud, template, sam.PROVIDER_STACK, {"Dashboard": "false", "AlarmTopicArn": '""'})
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
