"""What docs/operating.md says of a provider that is upgraded, removed, or moved elsewhere."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Stack, template
from tests.e2e.provider import Provider, client, deployed_template

if TYPE_CHECKING:
    from mypy_boto3_personalize.type_defs import EventTrackerTypeDef

    from local.cloud import Cloud


@pytest.fixture(scope="module")
def provider(cloud: "Cloud") -> Iterator[Provider]:
    provider = Provider(cloud, "a-provider-in-operation")
    assert provider.deploy(PersonalizeEndpointUrl=cloud.personalize_url) == "CREATE_COMPLETE"
    yield provider
    assert provider.delete() == "DELETE_COMPLETE"


@pytest.fixture
def shop(cloud: "Cloud", provider: Provider, group: str) -> Iterator[Stack]:
    """A stack that imports the provider's export."""
    stack = Stack(cloud, f"shop-of-{provider.name}")
    assert stack.create_from(tracker(provider, group)) == "CREATE_COMPLETE"
    yield stack
    assert stack.delete() == "DELETE_COMPLETE"
    assert in_service(cloud, group) == []


def tracker(provider: Provider, group: str, **properties: Any) -> str:
    return template({"Tracker": {"DatasetGroupArn": group, **properties}}, provider=provider.name)


def in_service(cloud: "Cloud", group: str) -> "list[tuple[EventTrackerTypeDef, Any]]":
    """The trackers of a group, and their tags."""
    personalize = cloud.personalize
    arns = [each["eventTrackerArn"] for each in personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]]
    return [
        (
            personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"],
            personalize.list_tags_for_resource(resourceArn=arn)["tags"],
        )
        for arn in arns
    ]


def test_an_upgrade_changes_nothing_for_trackers_that_exist(
    cloud: "Cloud", provider: Provider, shop: Stack, group: str
) -> None:
    before, token = in_service(cloud, group), provider.outputs["ServiceToken"]
    assert len(before) == 1

    description = "Description: Custom::PersonalizeEventTracker"
    another = deployed_template(cloud).replace(description, "Description: another version")
    parameters = {"PersonalizeEndpointUrl": cloud.personalize_url, "LogLevel": "DEBUG"}
    assert provider.update_from(another, **parameters) == "UPDATE_COMPLETE"

    assert provider.function["Description"] == "another version"
    assert provider.outputs["ServiceToken"] == token
    assert in_service(cloud, group) == before
    # The new version goes on where the old one was.
    tags = [{"Key": "team", "Value": "search"}]
    assert shop.update_from(tracker(provider, group, Tags=tags)) == "UPDATE_COMPLETE"
    ((after, tags_after),) = in_service(cloud, group)
    assert after["trackingId"] == before[0][0]["trackingId"]
    assert {"tagKey": "team", "tagValue": "search"} in tags_after


def test_a_provider_that_is_in_use_is_not_deleted(provider: Provider, shop: Stack) -> None:
    with pytest.raises(ClientError, match=f"is imported by stack {shop.name}"):
        provider.delete()

    assert provider.function


def test_the_template_without_its_transform_is_deployed_from_another_bucket(cloud: "Cloud", provider: Provider) -> None:
    processed: Any = cloud.cloudformation.get_template(StackName=provider.name, TemplateStage="Processed")
    plain = processed["TemplateBody"]
    plain = json.loads(plain) if isinstance(plain, str) else plain
    assert "Transform" not in plain
    s3 = client(cloud, "s3")
    code = plain["Resources"]["ProviderFunction"]["Properties"]["Code"]
    s3.create_bucket(Bucket="artifacts-us-east-1")
    s3.copy_object(
        Bucket="artifacts-us-east-1", Key="provider.zip", CopySource={"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    )

    plain["Resources"]["ProviderFunction"]["Properties"]["Code"] = {
        "S3Bucket": {"Fn::Sub": "artifacts-${AWS::Region}"},
        "S3Key": "provider.zip",
    }
    elsewhere = Provider(cloud, "in-a-stack-set")
    assert elsewhere.create_from(json.dumps(plain)) == "CREATE_COMPLETE"

    assert elsewhere.function["CodeSha256"] == provider.function["CodeSha256"]
    assert elsewhere.delete() == "DELETE_COMPLETE"
