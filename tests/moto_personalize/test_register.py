"""How moto comes to use the backend, in this process and in its server."""

import json
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto import mock_aws

from local.moto_personalize import Guesses, guess, personalize_backends, register
from local.moto_personalize.personalizeevents.models import personalizeevents_backends

from .resources import client, create_group, create_tracker, progress, refused, status, unknown


@mock_aws
def test_registering_again_loses_nothing() -> None:
    arn = create_tracker()
    register()
    assert status(arn) == "ACTIVE"


def test_guesses_can_be_switched_in_all_backends_that_are_there_and_in_those_to_come() -> None:
    try:
        with mock_aws():
            before = create_group(interactions=False)
            guess(Guesses(group_without_interactions=None))
            create_tracker(before)
        with mock_aws():
            create_tracker(create_group(interactions=False))
            guess(Guesses())
            with refused("InvalidInputException", "has no Interactions dataset"):
                create_tracker(create_group("books", interactions=False))
    finally:
        guess(Guesses())


def test_guesses_do_not_outlive_the_mock() -> None:
    with mock_aws():
        backend = personalize_backends["123456789012"]["us-east-1"]
        backend.guesses = replace(Guesses(), page_size=1)
        backend.tracker_creations_to_fail = 3
    with mock_aws():
        backend = personalize_backends["123456789012"]["us-east-1"]
        assert (backend.guesses, backend.tracker_creations_to_fail) == (Guesses(), 0)


@mock_aws
def test_schemas_are_still_those_of_moto() -> None:
    arn = client().create_schema(name="schema", schema="{}")["schemaArn"]
    assert client().describe_schema(schemaArn=arn)["schema"]["name"] == "schema"
    assert len(client().list_schemas()["schemas"]) == 1
    client().delete_schema(schemaArn=arn)
    with unknown(arn):
        client().describe_schema(schemaArn=arn)


def test_the_server_serves_a_tracker_and_its_events(server_url: str) -> None:
    personalize = boto3.client("personalize", endpoint_url=server_url)
    events = boto3.client("personalize-events", endpoint_url=server_url)
    group = create_group(personalize=personalize)
    progress("eventtracker", "manual", times=1)
    created = personalize.create_event_tracker(name="clicks", datasetGroupArn=group)
    arn = created["eventTrackerArn"]
    with refused("ResourceAlreadyExistsException", f"event tracker {arn} already exists"):
        personalize.create_event_tracker(name="clicks", datasetGroupArn=group)
    with pytest.raises(personalize.exceptions.ResourceInUseException) as refusal:
        personalize.delete_dataset_group(datasetGroupArn=group)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    described = [personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"] for _ in range(2)]
    assert [tracker["status"] for tracker in described] == ["CREATE IN_PROGRESS", "ACTIVE"]
    event = {"eventType": "watch", "sentAt": "2026-11-22T10:00:00Z"}
    events.put_events(trackingId=created["trackingId"], sessionId="evening", eventList=[event])
    (recorded,) = personalizeevents_backends["123456789012"]["us-east-1"].events
    assert recorded.tracking_id == created["trackingId"]

    elsewhere = boto3.client("personalize", endpoint_url=server_url, region_name="eu-west-1")
    assert elsewhere.list_dataset_groups()["datasetGroups"] == []
    with unknown(group):
        elsewhere.describe_dataset_group(datasetGroupArn=group)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"datasetGroupArn": None, "name": ""},
            {
                "__type": "InvalidInputException",
                "message": "3 validation errors detected: "
                "Value '' at 'name' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1; "
                "Value '' at 'name' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*; "
                "Value null at 'datasetGroupArn' failed to satisfy constraint: Member must not be null",
            },
        ),
        ({"name": 5}, {"__type": "SerializationException", "message": "name is not a string."}),
    ],
)
def test_the_server_checks_a_client_that_checks_nothing(
    server_url: str, body: dict[str, Any], error: dict[str, str]
) -> None:
    connection = HTTPConnection(urlsplit(server_url).netloc)
    connection.request(
        "POST",
        "/",
        json.dumps(body),
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonPersonalize.CreateEventTracker",
            "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/personalize/aws4_request",
        },
    )
    response = connection.getresponse()
    assert (response.status, json.load(response)) == (400, error)
    connection.close()
