from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from .conftest import Personalize, progress
from .errors import refused

if TYPE_CHECKING:
    from mypy_boto3_personalize.type_defs import TagTypeDef


def some_tags(count: int, prefix: str = "key") -> "list[TagTypeDef]":
    return [{"tagKey": f"{prefix}{n}", "tagValue": "value"} for n in range(count)]


def test_tags_come_with_the_creation(personalize: Personalize) -> None:
    group = personalize.client.create_dataset_group(name="films", tags=some_tags(1))["datasetGroupArn"]
    schema = personalize.client.create_schema(name="schema", schema="{}")["schemaArn"]
    dataset = personalize.client.create_dataset(
        name="dataset", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions", tags=some_tags(2)
    )["datasetArn"]
    tracker = personalize.create_tracker(group, tags=some_tags(3))
    assert [len(personalize.tags(arn)) for arn in (group, dataset, tracker)] == [1, 2, 3]


def test_tags_are_set_replaced_and_removed(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn, tags=[{"tagKey": "stage", "tagValue": "test"}])
    personalize.client.tag_resource(
        resourceArn=arn,
        tags=[{"tagKey": "stage", "tagValue": ""}, {"tagKey": "team", "tagValue": "films"}],
    )
    assert personalize.tags(arn) == {"stage": "", "team": "films"}
    personalize.client.untag_resource(resourceArn=arn, tagKeys=["stage", "unknown"])
    assert personalize.tags(arn) == {"team": "films"}


def test_a_tracker_without_tags_has_an_empty_list(personalize: Personalize, group_arn: str) -> None:
    assert personalize.tags(personalize.create_tracker(group_arn)) == {}


@pytest.mark.parametrize("kind", ["event-tracker/0123abcd", "dataset-group/none", "schema/none", "what"])
def test_tags_need_a_resource(personalize: Personalize, kind: str) -> None:
    arn = f"arn:aws:personalize:us-east-1:123456789012:{kind}"
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.tags(arn)
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.client.tag_resource(resourceArn=arn, tags=[])
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.client.untag_resource(resourceArn=arn, tagKeys=["stage"])


def test_tags_go_with_their_resource(personalize: Personalize) -> None:
    arn = personalize.client.create_dataset_group(name="films", tags=some_tags(1))["datasetGroupArn"]
    personalize.client.delete_dataset_group(datasetGroupArn=arn)
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.tags(arn)
    assert personalize.tags(personalize.create_group(interactions=False)) == {}


@pytest.mark.parametrize("count", [51, 201])
def test_more_than_fifty_tags_at_creation_are_too_many(personalize: Personalize, group_arn: str, count: int) -> None:
    with refused("TooManyTagsException", "A resource can have at most 50 tags."):
        personalize.create_tracker(group_arn, tags=some_tags(count))
    assert personalize.client.list_event_trackers()["eventTrackers"] == []


def test_more_than_fifty_tags_in_all_are_too_many(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn, tags=some_tags(49))
    personalize.client.tag_resource(resourceArn=arn, tags=some_tags(50))
    with refused("TooManyTagsException", "A resource can have at most 50 tags."):
        personalize.client.tag_resource(resourceArn=arn, tags=some_tags(1, "one-more"))
    assert len(personalize.tags(arn)) == 50


@pytest.mark.parametrize("count", [51, 201])
def test_more_than_fifty_tag_keys_are_too_many(personalize: Personalize, group_arn: str, count: int) -> None:
    arn = personalize.create_tracker(group_arn)
    personalize.client.untag_resource(resourceArn=arn, tagKeys=[f"key{n}" for n in range(50)])
    with refused("TooManyTagKeysException", "A request can remove at most 50 tag keys."):
        personalize.client.untag_resource(resourceArn=arn, tagKeys=[f"key{n}" for n in range(count)])


@pytest.mark.parametrize("key", ["aws:stack", "AWS:stack", "Aws:"])
def test_the_keys_of_aws_are_refused(personalize: Personalize, group_arn: str, key: str) -> None:
    with refused("InvalidInputException", "Tag keys must not begin with aws:."):
        personalize.create_tracker(group_arn, tags=[{"tagKey": key, "tagValue": ""}])
    with refused("InvalidInputException", "Tag keys must not begin with aws:."):
        personalize.client.tag_resource(resourceArn=group_arn, tags=[{"tagKey": key, "tagValue": ""}])


def test_a_key_that_only_looks_like_one_of_aws_is_taken(personalize: Personalize, group_arn: str) -> None:
    personalize.create_tracker(group_arn, tags=[{"tagKey": "awsome:stack", "tagValue": "aws:"}])


def test_duplicate_keys_are_refused(personalize: Personalize, group_arn: str) -> None:
    tags: list[TagTypeDef] = [{"tagKey": "stage", "tagValue": value} for value in ("test", "prod")]
    with refused("InvalidInputException", "Tag keys must be unique."):
        personalize.create_tracker(group_arn, tags=tags)
    personalize.backend.guesses = replace(personalize.backend.guesses, refused_tags="ValidationException")
    with refused("ValidationException", "Tag keys must be unique."):
        personalize.client.tag_resource(resourceArn=group_arn, tags=tags)


def test_keys_differ_by_case(personalize: Personalize, group_arn: str) -> None:
    tags: list[TagTypeDef] = [{"tagKey": key, "tagValue": ""} for key in ("stage", "Stage")]
    assert len(personalize.tags(personalize.create_tracker(group_arn, tags=tags))) == 2


def test_a_resource_that_is_changing_may_refuse_tags(personalize: Personalize, group_arn: str) -> None:
    progress("eventtracker", "manual", times=1)
    arn = personalize.create_tracker(group_arn, tags=some_tags(1))
    assert len(personalize.tags(arn)) == 1
    personalize.backend.guesses = replace(personalize.backend.guesses, tags_while_changing="ResourceInUseException")
    with refused("ResourceInUseException", f"Resource Arn {arn} is in CREATE PENDING."):
        personalize.tags(arn)
    progress("eventtracker", "immediate")
    assert len(personalize.tags(arn)) == 1
