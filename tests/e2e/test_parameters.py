"""What accounts with rules ask of the provider's stack, deployed: each parameter alone, and all of them."""

import itertools
import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local import sam
from local.cloud import ACCOUNT_ID, REGION, Cloud
from tests.e2e.conftest import Stack
from tests.e2e.provider import Provider, client

_numbers = itertools.count(1)
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:operators"


@pytest.fixture
def provider(cloud: Cloud) -> Iterator[Provider]:
    provider = Provider(cloud, f"governed-{next(_numbers)}")
    yield provider
    provider.delete()


@pytest.fixture(scope="module")
def key(cloud: Cloud) -> str:
    return client(cloud, "kms").create_key()["KeyMetadata"]["Arn"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def boundary(cloud: Cloud) -> str:
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    created = client(cloud, "iam").create_policy(PolicyName="developers", PolicyDocument=json.dumps(allow))
    return created["Policy"]["Arn"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def vpc(cloud: Cloud) -> dict[str, str]:
    ec2 = client(cloud, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in range(2)
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="provider", Description="provider")["GroupId"]
    return {"VpcSubnetIds": ",".join(subnets), "VpcSecurityGroupIds": group}


def test_the_defaults_add_nothing(cloud: Cloud) -> None:
    provider = Provider(cloud, sam.PROVIDER_STACK)

    assert provider.role["Path"] == "/"
    assert provider.policies == {"logs", "event-trackers"}
    assert "kmsKeyId" not in provider.log_group
    assert provider.destination is None
    assert provider.outputs.keys() == {"ServiceToken"}


@pytest.mark.parametrize(
    ("parameter", "added"),
    [
        ("PermissionsBoundaryArn", set()),
        ("RolePath", set()),
        ("KmsKeyArn", set()),
        ("VpcSubnetIds", {"network-interfaces"}),
        ("UnansweredRequestsQueue", {"unanswered-requests"}),
    ],
)
def test_each_is_deployed_alone(
    provider: Provider, boundary: str, key: str, vpc: dict[str, str], parameter: str, added: set[str]
) -> None:
    values = {
        "PermissionsBoundaryArn": boundary,
        "RolePath": "/delivery/",
        "KmsKeyArn": key,
        "UnansweredRequestsQueue": "true",
    }
    parameters = vpc if parameter in vpc else {parameter: values[parameter]}

    assert provider.deploy(**parameters) == "CREATE_COMPLETE"

    assert provider.policies == {"logs", "event-trackers", *added}


@pytest.mark.parametrize("parameter", ["VpcSubnetIds", "VpcSecurityGroupIds"])
def test_half_of_a_vpc_is_refused_before_anything_is_made(cloud: Cloud, vpc: dict[str, str], parameter: str) -> None:
    provider = Provider(cloud, "governed-by-half")
    with pytest.raises(ClientError, match="are given together, or not at all"):
        provider.deploy(**{parameter: vpc[parameter]})


def test_all_of_them_come_and_go(
    provider: Provider, boundary: str, key: str, vpc: dict[str, str], stack: Stack, group: str
) -> None:
    assert provider.deploy() == "CREATE_COMPLETE"
    token = provider.outputs["ServiceToken"]

    status = provider.change(
        PermissionsBoundaryArn=boundary,
        RolePath="/delivery/",
        KmsKeyArn=key,
        UnansweredRequestsQueue="true",
        AlarmTopicArn=TOPIC,
        Dashboard="true",
        PersonalizeEndpointUrl=provider.cloud.personalize_url,
        **vpc,
    )
    assert status == "UPDATE_COMPLETE"
    assert provider.outputs["ServiceToken"] == token
    # ministack's CloudFormation hands on neither the boundary nor the function's VpcConfig.
    assert provider.policies == {
        *("logs", "event-trackers", "network-interfaces", "unanswered-requests", "unanswered-requests-key")
    }
    assert provider.role["Path"] == "/delivery/"
    assert provider.function["Role"] == provider.role["Arn"]
    assert provider.log_group["kmsKeyId"] == key
    url = provider.outputs["UnansweredRequestsQueueUrl"]
    queue = provider.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["KmsMasterKeyId"] == key
    assert provider.destination == queue["QueueArn"]
    assert {statement["Effect"] for statement in json.loads(queue["Policy"])["Statement"]} == {"Deny"}
    cloudwatch = provider.client("cloudwatch")
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    assert dashboard["DashboardName"] == f"{provider.name}-{REGION}"
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {"Failed", "Errors", "ApproximateNumberOfMessagesVisible"}
    assert [alarm["AlarmActions"] for alarm in alarms] == [[TOPIC]] * 3

    tracker = {"ServiceToken": token, "ServiceTimeout": 900, "DatasetGroupArn": group}
    resources = {"Tracker": {"Type": "Custom::PersonalizeEventTracker", "Properties": tracker}}
    assert stack.create_from(json.dumps({"Resources": resources})) == "CREATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"

    assert provider.change() == "UPDATE_COMPLETE"
    assert cloudwatch.list_dashboards()["DashboardEntries"] == cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert provider.outputs == {"ServiceToken": token}
    assert provider.policies == {"logs", "event-trackers"}
    assert provider.destination is None
