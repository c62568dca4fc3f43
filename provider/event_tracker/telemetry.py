"""What the provider tells its operators: one JSON log, and metrics (rules O1, O2)."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="personalize-event-tracker")
metrics = Metrics(namespace="PersonalizeEventTracker", service="personalize-event-tracker")


def increment(name: str, value: int = 1) -> None:
    """Add to the metric that counts `name`."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def record_duration(name: str, seconds: float) -> None:
    """Record how long something took."""
    metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=seconds)
