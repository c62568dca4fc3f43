"""What AWS refuses, and in which words: the local cloud does the same."""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest

from local import sam
from local.cloud import ROOT, Cloud
from tests.e2e.conftest import Stack
from tests.e2e.provider import Provider, client


@pytest.fixture
def without_packages(cloud: Cloud) -> Iterator[str]:
    """The ARN of a function that has the provider's sources in its zip, and nothing else."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in (ROOT / "provider" / "event_tracker").glob("*.py"):
            archive.write(path, f"event_tracker/{path.name}")
    created = cloud.functions.create_function(
        FunctionName="without-packages",
        Runtime="python3.13",
        Handler="event_tracker.function.handler",
        Role=Provider(cloud, sam.PROVIDER_STACK).role["Arn"],
        Code={"ZipFile": file.getvalue()},
    )
    yield created["FunctionArn"]
    cloud.functions.delete_function(FunctionName="without-packages")


def test_a_function_sees_its_zip_and_what_the_runtime_brings(cloud: Cloud, without_packages: str) -> None:
    response = cloud.functions.invoke(FunctionName=without_packages, Payload=b"{}")

    assert response["FunctionError"] == "Unhandled"
    told = json.loads(response["Payload"].read())
    assert told["errorType"] == "Runtime.ImportModuleError"
    assert re.fullmatch(
        r"Unable to import module 'event_tracker\.function': No module named '(aws_lambda_powertools|crhelper)'",
        told["errorMessage"],
    )


def test_a_function_that_cannot_start_does_not_respond(
    cloud: Cloud, stack: Stack, group: str, without_packages: str
) -> None:
    status = stack.create(Tracker={"DatasetGroupArn": group, "ServiceToken": without_packages, "ServiceTimeout": 1})

    # It does not respond to the Delete of the rollback either.
    assert status == "ROLLBACK_FAILED"
    assert stack.reasons[-1].startswith(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId ["
    )
    events = client(cloud, "logs").filter_log_events(logGroupName="/aws/lambda/without-packages")["events"]
    assert any("[ERROR] Runtime.ImportModuleError: Unable to import module" in event["message"] for event in events)


def test_a_failure_is_worded_as_by_cloudformation(stack: Stack, group: str) -> None:
    stack.create(Tracker={"DatasetGroupArn": group, "Name": "-"})

    assert re.fullmatch(
        r"Received response status \[FAILED\] from custom resource\. Message returned: .*Name.* "
        r"\(RequestId: [0-9a-f-]{36}\)",
        stack.reasons[-1],
        re.DOTALL,
    )


def test_a_tracker_does_not_wait_for_a_dataset_that_it_does_not_depend_on(cloud: Cloud, stack: Stack) -> None:
    example = (ROOT / "examples" / "complete.yaml").read_text()
    assert example.count("    DependsOn: Interactions\n") == 1

    status = stack.create_from(example.replace("    DependsOn: Interactions\n", ""))

    assert status == "ROLLBACK_COMPLETE"
    assert "Interactions" in stack.reasons[-1]


def test_a_change_set_leaves_out_what_is_not_made(cloud: Cloud) -> None:
    made, left_out = ({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "-"}} for _ in "12")
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}, "Always": {"Fn::Equals": ["a", "a"]}},
        "Resources": {"Made": {**made, "Condition": "Always"}, "LeftOut": {**left_out, "Condition": "Never"}},
    }
    names = {"StackName": "conditions", "ChangeSetName": "conditions"}
    cloud.cloudformation.create_change_set(**names, ChangeSetType="CREATE", TemplateBody=json.dumps(template))
    cloud.cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 1})

    changes = cloud.cloudformation.describe_change_set(**names)["Changes"]

    assert [change["ResourceChange"]["LogicalResourceId"] for change in changes] == ["Made"]
    cloud.cloudformation.delete_stack(StackName="conditions")


@pytest.fixture
def may_not_create(cloud: Cloud) -> Iterator[None]:
    """The role may no longer make event trackers."""
    iam = client(cloud, "iam")
    names = {"RoleName": Provider(cloud, sam.PROVIDER_STACK).role["RoleName"], "PolicyName": "event-trackers"}
    policy = iam.get_role_policy(**names)["PolicyDocument"]
    fewer = {**policy, "Statement": [one for one in policy["Statement"] if one["Sid"] != "Create"]}
    assert len(fewer["Statement"]) == len(policy["Statement"]) - 1
    iam.put_role_policy(**names, PolicyDocument=json.dumps(fewer))
    yield
    iam.put_role_policy(**names, PolicyDocument=json.dumps(policy))


@pytest.mark.usefixtures("may_not_create")
def test_a_function_may_do_what_its_role_allows(cloud: Cloud, stack: Stack, group: str) -> None:
    assert stack.create(Tracker={"DatasetGroupArn": group, "ServiceTimeout": 8}) == "ROLLBACK_COMPLETE"

    assert "is not authorized to perform: personalize:CreateEventTracker on resource: " in stack.reasons[-1]


def test_the_provider_needs_no_parameter_to_find_the_local_amazon_personalize(
    cloud: Cloud, stack: Stack, group: str
) -> None:
    environment = Provider(cloud, sam.PROVIDER_STACK).function["Environment"]
    assert environment["Variables"]["AWS_ENDPOINT_URL_PERSONALIZE"] == ""

    assert stack.create(Tracker={"DatasetGroupArn": group}) == "CREATE_COMPLETE"
