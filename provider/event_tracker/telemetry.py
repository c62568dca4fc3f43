"""What the provider tells its operators: one JSON log, and metrics (rules O1, O2)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="personalize-event-tracker")
metrics = Metrics(namespace="PersonalizeEventTracker", service="personalize-event-tracker")


def record(metric: str, value: float) -> None:
    """Add a value to a metric; one whose name begins with Seconds is in seconds, any other is a count."""
    metrics.add_metric(metric, MetricUnit.Seconds if metric.startswith("Seconds") else MetricUnit.Count, value)


def log_and_count(event: str, **fields: Any) -> None:
    """Log an event with these fields, and count it in the metric of its name."""
    logger.info(event, **fields)
    record(event, 1)
