"""The least that can call Amazon Personalize."""

from typing import Any

import boto3

personalize = boto3.client("personalize")


def handler(event: Any, _: Any) -> Any:
    """Make one call."""
    properties = event["ResourceProperties"]
    return personalize.create_event_tracker(name="tracker", datasetGroupArn=properties["DatasetGroupArn"])
