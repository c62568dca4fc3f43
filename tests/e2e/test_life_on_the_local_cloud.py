"""The life of a tracker, through CloudFormation's own API: the built zip, TLS, and real time."""

import boto3
import pytest

from local import sam
from local.cloud import REGION, Cloud
from local.examples import DIRECTORY
from tests.e2e.conftest import Stack

NOWHERE = "arn:aws:personalize:us-east-1:123456789012:dataset-group/nowhere"
RENAME = {"Name": "clicks", "ReplacementStrategy": "delete_then_create"}


def trackers(cloud: Cloud, group: str) -> list[str]:
    """The ARNs of the trackers in a group."""
    listed = cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    return [summary["eventTrackerArn"] for summary in listed]


def tags(cloud: Cloud, arn: str) -> dict[str, str]:
    listed = cloud.personalize.list_tags_for_resource(resourceArn=arn)["tags"]
    return {tag["tagKey"]: tag["tagValue"] for tag in listed}


def team(name: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": name}]


def foreign_tracker(cloud: Cloud, group: str) -> str:
    """A tracker that no stack made, ACTIVE."""
    arn = cloud.personalize.create_event_tracker(name="theirs", datasetGroupArn=group)["eventTrackerArn"]
    while cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["status"] != "ACTIVE":
        pass
    return arn


def test_a_template_becomes_a_tracking_id_and_leaves_nothing_behind(cloud: Cloud, stack: Stack, group: str) -> None:
    assert stack.create(Tracker={"DatasetGroupArn": group, "Tags": team("shop")}) == "CREATE_COMPLETE"
    (arn,) = trackers(cloud, group)
    described = cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert stack.outputs == {
        "TrackerTrackingId": described["trackingId"],
        "TrackerEventTrackerArn": arn,
        "TrackerName": described["name"],
    }
    assert described["status"] == "ACTIVE"

    assert stack.update(Tracker={"DatasetGroupArn": group, "Tags": team("web")}) == "UPDATE_COMPLETE"
    assert tags(cloud, arn)["team"] == "web"
    assert stack.outputs["TrackerTrackingId"] == described["trackingId"]

    assert stack.delete() == "DELETE_COMPLETE"
    assert trackers(cloud, group) == []


def test_an_update_that_fails_elsewhere_rolls_back_to_the_tracker_that_was(
    cloud: Cloud, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs

    status = stack.update(Tracker={"DatasetGroupArn": other_group}, Second={"DatasetGroupArn": NOWHERE})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "The dataset group does not exist" in stack.reasons[0]
    assert stack.outputs == before
    assert trackers(cloud, group) == [before["TrackerEventTrackerArn"]]
    assert trackers(cloud, other_group) == []


def test_a_rename_is_refused_and_rolled_back(cloud: Cloud, stack: Stack, group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs

    assert stack.update(Tracker={"DatasetGroupArn": group, "Name": "clicks"}) == "UPDATE_ROLLBACK_COMPLETE"

    assert "ReplacementStrategy: delete_then_create" in stack.reasons[0]
    assert stack.outputs == before
    assert trackers(cloud, group) == [before["TrackerEventTrackerArn"]]


def test_a_rename_that_is_opted_in_to_is_done(cloud: Cloud, stack: Stack, group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs

    assert stack.update(Tracker={"DatasetGroupArn": group, **RENAME}) == "UPDATE_COMPLETE"

    assert stack.outputs["TrackerName"] == "clicks"
    assert stack.outputs["TrackerTrackingId"] != before["TrackerTrackingId"]
    assert trackers(cloud, group) == [stack.outputs["TrackerEventTrackerArn"]]
    stack.delete()
    assert trackers(cloud, group) == []


def test_a_change_of_group_replaces_the_tracker(cloud: Cloud, stack: Stack, group: str, other_group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs

    assert stack.update(Tracker={"DatasetGroupArn": other_group}) == "UPDATE_COMPLETE"

    assert trackers(cloud, group) == []
    assert trackers(cloud, other_group) == [stack.outputs["TrackerEventTrackerArn"]]
    assert stack.outputs["TrackerTrackingId"] != before["TrackerTrackingId"]


def test_an_adopted_tracker_outlives_the_stack(cloud: Cloud, stack: Stack, group: str) -> None:
    theirs = foreign_tracker(cloud, group)

    assert stack.create(Tracker={"DatasetGroupArn": group}) == "ROLLBACK_COMPLETE"
    assert "AdoptExisting: true" in stack.reasons[0]
    stack.delete()

    adopt = {"DatasetGroupArn": group, "AdoptExisting": True, "Tags": team("shop")}
    assert stack.create(Tracker=adopt) == "CREATE_COMPLETE"
    assert stack.outputs["TrackerEventTrackerArn"] == theirs
    assert tags(cloud, theirs) == {"team": "shop"}

    assert stack.delete() == "DELETE_COMPLETE"
    assert trackers(cloud, group) == [theirs]


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
