"""The start of a provider as most people write it, with crhelper and Powertools. Never deploy it."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from crhelper import CfnResource

logger = Logger(service="tracker")
metrics = Metrics(namespace="Tracker", service="tracker")
helper = CfnResource()
personalize = boto3.client("personalize")


@helper.create
def create(event: Any, _: Any) -> Any:
    """Make the first call of a create."""
    properties = event["ResourceProperties"]
    response = personalize.create_event_tracker(name="tracker", datasetGroupArn=properties["DatasetGroupArn"])
    return response["eventTrackerArn"]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, context: Any) -> None:
    """Do as crhelper's documentation says."""
    helper(event, context)
