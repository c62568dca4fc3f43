"""The provider's stack: least privilege, the log, alarms, and what Lambda does with a failed invocation (S1, S3)."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from tests.unit.resolved import lint, read, resolved

ROOT = Path(__file__).parents[2]
HERE = "arn:${AWS::Partition}:personalize:${AWS::Region}:${AWS::AccountId}"
GROUPS, TRACKERS = f"{HERE}:dataset-group/*", f"{HERE}:event-tracker/*"
OWNED = {"Null": {"aws:ResourceTag/cloudformation:stack-id": "false"}}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return read(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def plain(template: dict[str, Any]) -> dict[str, Any]:
    """The resources that there are with the defaults."""
    return resolved(template)


@pytest.fixture(scope="module")
def grants(plain: dict[str, Any]) -> list[tuple[str, list[str], Any]]:
    """Action, resources and condition of everything that the role allows of Amazon Personalize."""
    found = []
    (policy,) = [
        policy["PolicyDocument"]
        for policy in plain["ProviderRole"]["Properties"]["Policies"]
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


def test_the_function_may_do_what_it_does_to_what_its_stacks_own_and_nothing_else(
    grants: list[tuple[str, list[str], Any]],
) -> None:
    # ListEventTrackers has no resource type.
    others_tags = {"ForAllValues:StringNotLike": {"aws:TagKeys": "cloudformation:*"}, "Null": {"aws:TagKeys": "false"}}
    assert sorted(grants, key=lambda grant: grant[0]) == [
        ("personalize:CreateEventTracker", [GROUPS, TRACKERS], None),
        ("personalize:DeleteEventTracker", [TRACKERS], OWNED),
        ("personalize:DescribeEventTracker", [TRACKERS], None),
        ("personalize:ListEventTrackers", ["*"], None),
        ("personalize:ListTagsForResource", [TRACKERS], None),
        ("personalize:TagResource", [TRACKERS], None),
        ("personalize:UntagResource", [TRACKERS], OWNED),
        ("personalize:UntagResource", [TRACKERS], others_tags),
    ]


def test_the_function_may_write_to_its_own_log_and_to_no_other(plain: dict[str, Any]) -> None:
    logs, _ = plain["ProviderRole"]["Properties"]["Policies"]
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


def test_lambda_delivers_a_failed_invocation_twice_more_within_the_hour(plain: dict[str, Any]) -> None:
    assert plain["ProviderFunctionEventInvokeConfig"]["Properties"] == {
        "FunctionName": {"Ref": "ProviderFunction"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 3600,
    }
    function = plain["ProviderFunction"]["Properties"]
    assert (function["Runtime"], function["MemorySize"], function["Timeout"]) == ("python3.13", 256, 900)


def test_the_service_token_is_exported_under_the_stacks_name(template: dict[str, Any]) -> None:
    assert template["Outputs"]["ServiceToken"]["Export"]["Name"] == {"Fn::Sub": "${AWS::StackName}-ServiceToken"}


KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = "arn:aws:iam::123456789012:policy/developers"
TOPIC = "arn:aws:sns:us-east-1:123456789012:operators"
VPC = {"VpcSubnetIds": "subnet-0a1b,subnet-2c3d", "VpcSecurityGroupIds": "sg-4e5f"}
FUNCTION, LOGS, ROLE = "ProviderFunction", "ProviderLogs", "ProviderRole"


def test_the_defaults_add_nothing(plain: dict[str, Any]) -> None:
    assert list(plain) == [FUNCTION, "ProviderFunctionEventInvokeConfig", LOGS, ROLE]
    assert "VpcConfig" not in plain[FUNCTION]["Properties"]
    assert plain[LOGS]["Properties"] == {"RetentionInDays": "90"}
    role = plain[ROLE]["Properties"]
    assert list(role) == ["Description", "AssumeRolePolicyDocument", "Policies"]
    assert [policy["PolicyName"] for policy in role["Policies"]] == ["logs", "event-trackers"]


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """The properties that differ, by the resources that have them; all of a resource that is new."""
    assert before.keys() <= after.keys()
    found = {}
    for name, resource in after.items():
        old, new = before.get(name, {"Properties": {}})["Properties"], resource["Properties"]
        if names := {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}:
            found[name] = names
    return found


QUEUE = {"UnansweredRequests", "UnansweredRequestsPolicy"}


@pytest.mark.parametrize(
    ("parameters", "new", "changes"),
    [
        ({"AlarmTopicArn": TOPIC}, {"FailedRequestAlarm", "FailedInvocationAlarm"}, {}),
        ({"Dashboard": "true"}, {"ProviderDashboard"}, {}),
        ({"PermissionsBoundaryArn": BOUNDARY}, set(), {ROLE: {"PermissionsBoundary"}}),
        ({"RolePath": "/delivery/"}, set(), {ROLE: {"Path"}}),
        ({"KmsKeyArn": KEY}, set(), {LOGS: {"KmsKeyId"}}),
        (VPC, set(), {FUNCTION: {"VpcConfig"}, ROLE: {"Policies"}}),
        (
            {"UnansweredRequestsQueue": "true"},
            QUEUE,
            {"ProviderFunctionEventInvokeConfig": {"DestinationConfig"}, ROLE: {"Policies"}},
        ),
        (
            {"UnansweredRequestsQueue": "true", "AlarmTopicArn": TOPIC},
            {*QUEUE, "FailedRequestAlarm", "FailedInvocationAlarm", "UnansweredRequestAlarm"},
            {"ProviderFunctionEventInvokeConfig": {"DestinationConfig"}, ROLE: {"Policies"}},
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_parameter_adds_what_it_is_for_and_nothing_else(
    template: dict[str, Any],
    plain: dict[str, Any],
    parameters: dict[str, str],
    new: set[str],
    changes: dict[str, set[str]],
) -> None:
    governed = resolved(template, **parameters)

    assert governed.keys() - plain.keys() == new
    assert {name: what for name, what in changed(plain, governed).items() if name not in new} == changes


GOVERNED = {
    "PermissionsBoundaryArn": BOUNDARY,
    "RolePath": "/delivery/",
    "KmsKeyArn": KEY,
    **VPC,
    "UnansweredRequestsQueue": "true",
    "AlarmTopicArn": TOPIC,
}


def test_sam_makes_one_template_of_it_whatever_the_parameters_which_cloudformation_takes(
    template: dict[str, Any],
) -> None:
    source = copy.deepcopy(template)
    source["Resources"][FUNCTION]["Properties"]["CodeUri"] = "s3://bucket/key"
    defaults = {name: body["Default"] for name, body in source["Parameters"].items()}

    made, *others = (
        transform(
            copy.deepcopy(source), {**defaults, **parameters, "AWS::Region": "us-east-1"}, ManagedPolicyLoader(None)
        )
        for parameters in ({}, *({name: value} for name, value in GOVERNED.items()), GOVERNED)
    )

    # Nothing of its own, above all no queue or role. Of its conditions cfn-lint checks each branch.
    assert made["Resources"].keys() == template["Resources"].keys()
    assert made["Resources"][FUNCTION]["Type"] == "AWS::Lambda::Function"
    assert all(other == made for other in others)
    assert lint(json.dumps(made), "us-east-1", "cn-north-1") == []


def added_policies(template: dict[str, Any], **parameters: str) -> dict[str, list[dict[str, Any]]]:
    """The statements that parameters add to the role's, by the name of the policy."""
    policies = resolved(template, **parameters)[ROLE]["Properties"]["Policies"]
    return {policy["PolicyName"]: policy["PolicyDocument"]["Statement"] for policy in policies[2:]}


def test_in_a_vpc_lambda_may_make_network_interfaces_and_the_functions_code_may_not(template: dict[str, Any]) -> None:
    ((name, (lambda_may, code_may_not)),) = added_policies(template, **VPC).items()

    assert name == "network-interfaces"
    assert lambda_may["Action"] == code_may_not["Action"]
    assert all(action.startswith("ec2:") for action in lambda_may["Action"])
    assert (lambda_may["Effect"], code_may_not["Effect"]) == ("Allow", "Deny")
    assert code_may_not["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}
    assert resolved(template, **VPC)[FUNCTION]["Properties"]["VpcConfig"] == {
        "SubnetIds": ["subnet-0a1b", "subnet-2c3d"],
        "SecurityGroupIds": ["sg-4e5f"],
    }


def test_the_function_may_send_to_its_queue_and_use_its_key_for_that_alone(template: dict[str, Any]) -> None:
    send = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["UnansweredRequests", "Arn"]},
    }
    use = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": KEY,
        "Condition": {"StringEquals": {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.${AWS::URLSuffix}"}}},
    }
    assert added_policies(template, UnansweredRequestsQueue="true") == {"unanswered-requests": [send]}
    assert added_policies(template, UnansweredRequestsQueue="true", KmsKeyArn=KEY) == {
        "unanswered-requests": [send],
        "unanswered-requests-key": [use],
    }


@pytest.mark.parametrize(
    ("parameters", "encryption"),
    [({}, {"SqsManagedSseEnabled": True}), ({"KmsKeyArn": KEY}, {"KmsMasterKeyId": KEY})],
    ids=["", "with a key"],
)
def test_the_queue_is_encrypted(
    template: dict[str, Any], parameters: dict[str, str], encryption: dict[str, object]
) -> None:
    queue = resolved(template, UnansweredRequestsQueue="true", **parameters)["UnansweredRequests"]
    assert queue["Properties"] == {"MessageRetentionPeriod": 1209600, **encryption}


def test_only_the_account_reads_the_queue_and_only_the_function_writes_to_it(template: dict[str, Any]) -> None:
    policy = resolved(template, UnansweredRequestsQueue="true")["UnansweredRequestsPolicy"]["Properties"]

    assert policy["Queues"] == [{"Ref": "UnansweredRequests"}]
    refused = {
        statement["Action"] + " unless " + "".join(statement["Condition"]): statement
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert {statement["Effect"] for statement in refused.values()} == {"Deny"}
    assert {statement["Principal"] for statement in refused.values()} == {"*"}
    assert {action: statement["Condition"] for action, statement in refused.items()} == {
        "sqs:* unless StringNotEquals": {"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}},
        "sqs:SendMessage unless ArnNotEquals": {
            "ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ProviderRole", "Arn"]}}
        },
        "sqs:* unless Bool": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "AlarmTopicArn",
            [TOPIC, "arn:aws-cn:sns:cn-north-1:123456789012:operators"],
            ["operators", "arn:aws:sqs:us-east-1:123456789012:operators"],
        ),
        (
            "KmsKeyArn",
            [KEY, KEY.replace("aws", "aws-cn")],
            ["alias/logs", "arn:aws:kms:us-east-1:123456789012:alias/logs"],
        ),
        (
            "PermissionsBoundaryArn",
            [BOUNDARY, "arn:aws:iam::aws:policy/ReadOnlyAccess"],
            ["developers", "arn:aws:iam::123456789012:role/developers"],
        ),
        ("RolePath", ["/", "/delivery/", "/delivery/personalize/"], ["delivery", "/delivery", "delivery/"]),
        ("VpcSubnetIds", ["subnet-0a1b", VPC["VpcSubnetIds"]], ["subnet-0a1b, subnet-2c3d", "vpc-0a1b", ","]),
        ("VpcSecurityGroupIds", ["sg-4e5f", "sg-4e5f,sg-6a7b"], ["sg-4e5f,", "default"]),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_deployed(
    template: dict[str, Any], parameter: str, good: list[str], bad: list[str]
) -> None:
    declared = template["Parameters"][parameter]
    accepted = re.compile(declared["AllowedPattern"]).search
    assert declared["Default"] == ""
    assert [value for value in ["", *good] if not accepted(value)] == []
    assert [value for value in bad if accepted(value)] == []
    assert declared["ConstraintDescription"]


@pytest.mark.parametrize(
    ("name", "namespace", "metric", "statistic", "dimension"),
    [
        ("FailedRequestAlarm", "PersonalizeEventTracker", "Failed", "Sum", None),
        ("FailedInvocationAlarm", "AWS/Lambda", "Errors", "Sum", ("FunctionName", {"Ref": "ProviderFunction"})),
        (
            "UnansweredRequestAlarm",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            ("QueueName", {"Fn::GetAtt": ["UnansweredRequests", "QueueName"]}),
        ),
    ],
)
def test_one_failure_notifies_the_topic_and_silence_does_not(
    template: dict[str, Any],
    name: str,
    namespace: str,
    metric: str,
    statistic: str,
    dimension: tuple[str, Any] | None,
) -> None:
    alarm = template["Resources"][name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (namespace, metric, statistic)
    if dimension:
        assert alarm["Dimensions"] == [{"Name": dimension[0], "Value": dimension[1]}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    assert (alarm["Period"], alarm["TreatMissingData"]) == (300, "notBreaching")
    assert alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) == 1
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


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
