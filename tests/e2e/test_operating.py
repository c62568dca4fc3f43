"""The dashboard and the alarms, switched on and off by `sam deploy`."""

import boto3

from local import sam
from local.cloud import REGION, Cloud

TOPIC = f"arn:aws:sns:{REGION}:123456789012:operators"


def deploy(cloud: Cloud, parameters: str) -> None:
    template = cloud.directory / "build" / "template.yaml"
    sam.sam(cloud, ["deploy", "--template-file", str(template), "--parameter-overrides", parameters])


def test_dashboard_and_alarms_come_and_go(cloud: Cloud) -> None:
    cloudwatch = boto3.client("cloudwatch", endpoint_url=cloud.url, verify=str(cloud.ca_bundle))

    deploy(cloud, f"Dashboard=true AlarmTopicArn={TOPIC}")
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    assert dashboard["DashboardName"] == f"{sam.PROVIDER_STACK}-{REGION}"
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {"Failed", "Errors"}
    assert [alarm["AlarmActions"] for alarm in alarms] == [[TOPIC], [TOPIC]]

    deploy(cloud, 'Dashboard=false AlarmTopicArn=""')
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
