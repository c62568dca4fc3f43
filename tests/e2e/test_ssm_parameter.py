"""The example that hands the tracking ID to applications in a parameter."""

from pathlib import Path

import boto3

from local.cloud import REGION, Cloud
from tests.e2e.conftest import Stack

EXAMPLE = (Path(__file__).parents[2] / "examples" / "ssm-parameter.yaml").read_text()


def test_applications_find_the_tracking_id_of_a_replaced_tracker_where_the_old_one_was(
    cloud: Cloud, stack: Stack, group: str, other_group: str
) -> None:
    ssm = boto3.client("ssm", endpoint_url=cloud.url, verify=str(cloud.ca_bundle), region_name=REGION)

    def in_parameter() -> str:
        return ssm.get_parameter(Name=f"/personalize/{stack.name}/tracking-id")["Parameter"]["Value"]

    def in_service() -> str:
        listed = cloud.personalize.list_event_trackers()["eventTrackers"]
        described = [
            cloud.personalize.describe_event_tracker(eventTrackerArn=each["eventTrackerArn"]) for each in listed
        ]
        (tracker,) = [
            each["eventTracker"]
            for each in described
            if each["eventTracker"]["datasetGroupArn"] in (group, other_group)
        ]
        return tracker["trackingId"]

    assert stack.create_from(EXAMPLE, DatasetGroupArn=group) == "CREATE_COMPLETE"
    first = in_parameter()
    assert first == in_service()

    assert stack.update_from(EXAMPLE, DatasetGroupArn=other_group) == "UPDATE_COMPLETE"
    assert in_parameter() == in_service() != first
