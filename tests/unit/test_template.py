"""The provider's stack: least privilege, the log, and what Lambda does with a failed invocation (S1, S3)."""

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
