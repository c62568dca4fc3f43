"""The page on the AWS CDK and Terraform: what it tells people to copy works, taken from the page itself."""

import json
import re
from pathlib import Path

import pytest

from local.cloud import ROOT, Cloud
from local.sam import PROVIDER_STACK
from tests.cdk import CDK, synthesize
from tests.e2e.conftest import Stack
from tests.e2e.provider import client

PAGE = (ROOT / "docs" / "cdk-and-terraform.md").read_text()


def block(language: str) -> str:
    (only,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return only


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template that the app of the page makes."""
    return synthesize(block("python"), tmp_path_factory.mktemp("cdk")) / "shop.template.json"


def test_the_cdk_has_the_native_type_as_the_page_says() -> None:
    (module,) = CDK.glob("lib/python*/site-packages/aws_cdk/aws_personalize/__init__.py")
    (version,) = re.findall("^aws-cdk-lib==(\\S+)", (ROOT / "requirements-cdk.txt").read_text(), re.MULTILINE)

    assert "\nclass CfnEventTracker(" in module.read_text()
    assert f"`aws_personalize.CfnEventTracker` (`aws-cdk-lib` {version} has it)" in PAGE


def test_the_cdk_makes_the_template_that_one_would_write(synthesized: Path) -> None:
    template = json.loads(synthesized.read_text())

    assert template["Resources"] == {
        "Tracker": {
            "Type": "Custom::PersonalizeEventTracker",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "ServiceToken": {"Fn::ImportValue": f"{PROVIDER_STACK}-ServiceToken"},
                "ServiceTimeout": "900",
                "DatasetGroupArn": {"Ref": "DatasetGroupArn"},
                "Name": "shop-clicks",
                "AdoptExisting": False,
                "Tags": [{"Key": "team", "Value": "recommendations"}],
            },
        }
    }
    assert template["Outputs"]["TrackingId"] == {"Value": {"Fn::GetAtt": ["Tracker", "TrackingId"]}}


def test_what_the_cdk_makes_is_deployed(cloud: Cloud, stack: Stack, group: str, synthesized: Path) -> None:
    # As `cdk bootstrap` leaves it: the version that a synthesized template asks for.
    version = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
    client(cloud, "ssm").put_parameter(**version)

    assert stack.create_from(synthesized.read_text(), DatasetGroupArn=group) == "CREATE_COMPLETE"

    described = cloud.personalize.describe_event_tracker(eventTrackerArn=stack.outputs["EventTrackerArn"])
    assert described["eventTracker"]["name"] == "shop-clicks"
    assert stack.outputs["TrackingId"] == described["eventTracker"]["trackingId"]


def test_what_terraform_is_told_is_deployed(cloud: Cloud, stack: Stack, group: str) -> None:
    module = block("terraform")
    (name,) = re.findall(r'file\("\$\{path\.module\}/(.*?)"\)', module)
    (given,) = re.findall(r"parameters = \{\n(.*?)\}", module, re.DOTALL)
    parameters = dict(re.findall(r'(\w+) += "?([^"\n]+)', given))
    assert parameters.pop("DatasetGroupArn") == "var.dataset_group_arn"

    status = stack.create_from((ROOT / "examples" / name).read_text(), DatasetGroupArn=group, **parameters)

    assert status == "CREATE_COMPLETE"
    assert set(re.findall(r'\.outputs\["(\w+)"\]', module)) <= stack.outputs.keys()
    arn = stack.outputs["EventTrackerArn"]
    assert cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["name"] == "shop-clicks"
