from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from local.moto_personalize import Guesses, PersonalizeBackend, register

from .conftest import Personalize, progress
from .errors import refused


@pytest.fixture
def _default_guesses() -> Iterator[None]:
    yield
    PersonalizeBackend.default_guesses = Guesses()


def test_registering_again_loses_nothing(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    register()
    assert personalize.status(arn) == "ACTIVE"


@pytest.mark.usefixtures("_default_guesses")
def test_guesses_can_be_set_for_all_backends_to_come() -> None:
    register(Guesses(group_without_interactions=None))
    with mock_aws():
        personalize = Personalize(boto3.client("personalize"))
        personalize.create_tracker(personalize.create_group(interactions=False))


def test_guesses_do_not_outlive_the_mock() -> None:
    with mock_aws():
        backend = Personalize(boto3.client("personalize")).backend
        backend.guesses = replace(backend.guesses, page_size=1)
        backend.tracker_creations_to_fail = 3
    with mock_aws():
        backend = Personalize(boto3.client("personalize")).backend
        assert backend.guesses == Guesses()
        assert backend.tracker_creations_to_fail == 0


def test_schemas_are_still_those_of_moto(personalize: Personalize) -> None:
    arn = personalize.client.create_schema(name="schema", schema="{}")["schemaArn"]
    assert personalize.client.describe_schema(schemaArn=arn)["schema"]["name"] == "schema"
    assert len(personalize.client.list_schemas()["schemas"]) == 1
    personalize.client.delete_schema(schemaArn=arn)
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.client.describe_schema(schemaArn=arn)


def test_the_server_serves_the_life_of_a_tracker(served_personalize: Personalize) -> None:
    client = served_personalize.client
    group_arn = served_personalize.create_group()
    progress("eventtracker", "manual", times=1)
    arn = served_personalize.create_tracker(group_arn, tags=[{"tagKey": "stage", "tagValue": "test"}])
    assert [served_personalize.status(arn) for _ in range(2)] == ["CREATE IN_PROGRESS", "ACTIVE"]
    assert served_personalize.tags(arn) == {"stage": "test"}
    client.delete_event_tracker(eventTrackerArn=arn)
    assert served_personalize.status(arn) == "DELETE IN_PROGRESS"
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        served_personalize.status(arn)
    assert client.list_event_trackers(datasetGroupArn=group_arn)["eventTrackers"] == []


def test_the_server_answers_errors_as_the_service_does(served_personalize: Personalize) -> None:
    client = served_personalize.client
    group_arn = served_personalize.create_group()
    served_personalize.create_tracker(group_arn)
    with refused("ResourceAlreadyExistsException", "already exists"):
        served_personalize.create_tracker(group_arn)
    with pytest.raises(client.exceptions.ResourceInUseException) as refusal:
        client.delete_dataset_group(datasetGroupArn=group_arn)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_server_keeps_regions_apart(served_personalize: Personalize, server_url: str) -> None:
    elsewhere = boto3.client("personalize", endpoint_url=server_url, region_name="eu-west-1")
    arn = served_personalize.create_group()
    assert elsewhere.list_dataset_groups()["datasetGroups"] == []
    with refused("ResourceNotFoundException", f"Resource Arn {arn} is not in account 123456789012"):
        elsewhere.describe_dataset_group(datasetGroupArn=arn)
