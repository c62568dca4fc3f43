"""The provider's stack: least privilege, the log, alarms, and what Lambda does with a failed invocation (S1, S3)."""

import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str

ROOT = Path(__file__).parents[2]
HERE = "arn:${AWS::Partition}:personalize:${AWS::Region}:${AWS::AccountId}"
GROUPS, TRACKERS = f"{HERE}:dataset-group/*", f"{HERE}:event-tracker/*"
OWNED = {"Null": {"aws:ResourceTag/cloudformation:stack-id": "false"}}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    decoded, problems = decode_str((ROOT / "template.yaml").read_text())
    assert not problems
    return decoded  # type: ignore[return-value]


@pytest.fixture(scope="module")
def grants(template: dict[str, Any]) -> list[tuple[str, list[str], Any]]:
    """Action, resources and condition of everything that the role allows of Amazon Personalize."""
    found = []
    (policy,) = [
        policy["PolicyDocument"]
        for policy in template["Resources"]["ProviderRole"]["Properties"]["Policies"]
        if policy["PolicyName"] == "event-trackers"
    ]
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        resources = as_list(statement["Resource"])
        where = [r if isinstance(r, str) else r["Fn::Sub"] for r in resources]
        found += [(action, where, statement.get("Condition")) for action in as_list(statement["Action"])]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_function_may_do_what_it_does_and_nothing_else(grants: list[tuple[str, list[str], Any]]) -> None:
    assert {action for action, _, _ in grants} == {
        "personalize:CreateEventTracker",
        "personalize:DeleteEventTracker",
        "personalize:DescribeEventTracker",
        "personalize:ListEventTrackers",
        "personalize:ListTagsForResource",
        "personalize:TagResource",
        "personalize:UntagResource",
    }


def test_only_the_action_without_a_resource_type_is_allowed_on_everything(
    grants: list[tuple[str, list[str], Any]],
) -> None:
    for action, resources, _ in grants:
        if action == "personalize:ListEventTrackers":
            assert resources == ["*"]
        elif action == "personalize:CreateEventTracker":
            assert resources == [GROUPS, TRACKERS]
        else:
            assert resources == [TRACKERS]


def test_only_what_a_stack_owns_can_be_deleted(grants: list[tuple[str, list[str], Any]]) -> None:
    assert [condition for action, _, condition in grants if action == "personalize:DeleteEventTracker"] == [OWNED]


def test_ownership_tags_can_be_taken_only_off_what_a_stack_owns(grants: list[tuple[str, list[str], Any]]) -> None:
    assert [condition for action, _, condition in grants if action == "personalize:UntagResource"] == [
        OWNED,
        {
            "ForAllValues:StringNotLike": {"aws:TagKeys": "cloudformation:*"},
            "Null": {"aws:TagKeys": "false"},
        },
    ]


def test_the_function_may_write_to_its_own_log_and_to_no_other(template: dict[str, Any]) -> None:
    logs, _ = template["Resources"]["ProviderRole"]["Properties"]["Policies"]
    assert logs["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["ProviderLogs", "Arn"]},
        }
    ]


def test_the_log_group_is_the_templates_own_and_has_a_retention(template: dict[str, Any]) -> None:
    function = template["Resources"]["ProviderFunction"]["Properties"]
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": "ProviderLogs"}
    logs = template["Resources"]["ProviderLogs"]
    assert logs["Type"] == "AWS::Logs::LogGroup"
    assert logs["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionInDays"}


def test_lambda_delivers_a_failed_invocation_twice_more_within_the_hour(template: dict[str, Any]) -> None:
    function = template["Resources"]["ProviderFunction"]["Properties"]
    assert function["EventInvokeConfig"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    assert (function["Runtime"], function["MemorySize"], function["Timeout"]) == ("python3.13", 256, 900)


def test_the_service_token_is_exported_under_the_stacks_name(template: dict[str, Any]) -> None:
    assert template["Outputs"]["ServiceToken"]["Export"]["Name"] == {"Fn::Sub": "${AWS::StackName}-ServiceToken"}


def test_dashboard_and_alarms_are_there_only_when_asked_for(template: dict[str, Any]) -> None:
    conditions = {name: body["Condition"] for name, body in template["Resources"].items() if "Condition" in body}
    assert conditions == {
        "FailedRequestAlarm": "HasAlarms",
        "FailedInvocationAlarm": "HasAlarms",
        "ProviderDashboard": "HasDashboard",
    }
    assert template["Conditions"] == {
        "HasAlarms": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]},
        "HasDashboard": {"Fn::Equals": [{"Ref": "Dashboard"}, "true"]},
    }
    assert (template["Parameters"]["AlarmTopicArn"]["Default"], template["Parameters"]["Dashboard"]["Default"]) == (
        "",
        "false",
    )


@pytest.mark.parametrize(
    ("topic", "is_one"),
    [
        ("", True),
        ("arn:aws:sns:us-east-1:123456789012:operators", True),
        ("arn:aws-cn:sns:cn-north-1:123456789012:operators", True),
        ("operators", False),
        ("arn:aws:sqs:us-east-1:123456789012:operators", False),
    ],
)
def test_what_is_no_topic_is_refused_before_anything_is_deployed(
    template: dict[str, Any], topic: str, is_one: bool
) -> None:
    assert bool(re.search(template["Parameters"]["AlarmTopicArn"]["AllowedPattern"], topic)) == is_one


@pytest.mark.parametrize("name", ["FailedRequestAlarm", "FailedInvocationAlarm"])
def test_one_failure_notifies_the_topic_and_silence_does_not(template: dict[str, Any], name: str) -> None:
    alarm = template["Resources"][name]["Properties"]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"], alarm["TreatMissingData"]) == (
        "Sum",
        "GreaterThanOrEqualToThreshold",
        1,
        "notBreaching",
    )
    assert alarm["Period"] == 300
    assert alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) == 1
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


def test_an_alarm_watches_the_invocations_that_fail(template: dict[str, Any]) -> None:
    alarm = template["Resources"]["FailedInvocationAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "ProviderFunction"}}]


def test_an_invocation_that_fails_after_all_of_its_time_is_still_seen(template: dict[str, Any]) -> None:
    alarm = template["Resources"]["FailedInvocationAlarm"]["Properties"]
    function = template["Resources"]["ProviderFunction"]["Properties"]
    # Lambda dates an error to the beginning of the invocation (its developer guide, "Types of metrics").
    assert alarm["Period"] * alarm["EvaluationPeriods"] > function["Timeout"]


def test_the_version_to_publish_is_the_changelogs_newest(template: dict[str, Any]) -> None:
    versions = re.findall(
        r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert template["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"] == versions[0]


def test_what_is_published_has_what_the_repository_asks_for(template: dict[str, Any]) -> None:
    # The limits are those of the SAM developer guide, "Metadata section properties".
    metadata = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch("[a-zA-Z0-9-]{1,140}", metadata["Name"])
    assert 1 <= len(metadata["Description"]) <= 256
    assert re.fullmatch("[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?", metadata["Author"])
    assert len(metadata["Labels"]) <= 10
    assert all(re.fullmatch(r"[a-zA-Z0-9+_:/@-]{1,127}", label) for label in metadata["Labels"])
    assert metadata["SpdxLicenseId"] == "Apache-2.0"
    for name in ("LicenseUrl", "ReadmeUrl"):
        assert (ROOT / metadata[name]).is_file()
