"""A provider with crhelper's poller, as its documentation shows it. Never deploy it."""

from typing import Any

import boto3
from crhelper import CfnResource

helper = CfnResource(polling_interval=1)
personalize = boto3.client("personalize")


@helper.create
def create(event: Any, _: Any) -> None:
    """Begin; crhelper then makes a rule that invokes the function every minute."""
    properties = event["ResourceProperties"]
    response = personalize.create_event_tracker(name="clicks", datasetGroupArn=properties["DatasetGroupArn"])
    helper.Data["Arn"] = response["eventTrackerArn"]


@helper.poll_create
def poll_create(event: Any, _: Any) -> str | None:
    """Return the physical id when it is ACTIVE; until then nothing, which has crhelper ask again."""
    tracker = personalize.describe_event_tracker(eventTrackerArn=event["CrHelperData"]["Arn"])["eventTracker"]
    if tracker["status"] != "ACTIVE":
        return None
    helper.Data["TrackingId"] = tracker["trackingId"]
    return tracker["eventTrackerArn"]


def handler(event: Any, context: Any) -> None:
    """Do as crhelper's documentation says."""
    helper(event, context)
