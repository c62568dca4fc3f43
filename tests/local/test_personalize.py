"""The guesses about Amazon Personalize, switched from outside."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from local.cloud import Cloud, running_personalize
from local.moto_personalize import Guesses
from local.personalize import GUESSES_PATH


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    guesses = {"list_of_unknown_group": "InvalidInputException"}
    with running_personalize(seconds_per_state=60, guesses=guesses) as cloud:
        yield cloud


def switch(cloud: Cloud, guesses: Any) -> tuple[int, str]:
    response = urllib3.request("PUT", cloud.personalize_url + GUESSES_PATH, body=json.dumps(guesses))
    return response.status, response.data.decode()


def refusal_to_list(cloud: Cloud) -> str:
    group = "arn:aws:personalize:us-east-1:123456789012:dataset-group/nowhere"
    with pytest.raises(ClientError) as refusal:
        cloud.personalize.list_event_trackers(datasetGroupArn=group)
    return refusal.value.response["Error"]["Code"]


def test_guesses_are_switched_while_the_local_cloud_runs_and_its_trackers_stay(cloud: Cloud) -> None:
    assert refusal_to_list(cloud) == "InvalidInputException"
    group = cloud.create_dataset_group("films")
    tracker = cloud.personalize.create_event_tracker(name="clicks", datasetGroupArn=group)["eventTrackerArn"]

    status, guesses = switch(cloud, {"list_of_unknown_group": "ResourceNotFoundException", "invisible_seconds": 600})
    assert status == 200
    assert Guesses.from_json(json.loads(guesses)) == Guesses(
        list_of_unknown_group="ResourceNotFoundException", invisible_seconds=600
    )
    assert refusal_to_list(cloud) == "ResourceNotFoundException"
    with pytest.raises(cloud.personalize.exceptions.ResourceNotFoundException):
        cloud.personalize.describe_event_tracker(eventTrackerArn=tracker)

    assert switch(cloud, {})[0] == 200
    described = cloud.personalize.describe_event_tracker(eventTrackerArn=tracker)["eventTracker"]
    assert described["status"] == "CREATE PENDING"
    assert urllib3.request("GET", cloud.personalize_url + GUESSES_PATH).json() == Guesses().to_json()


@pytest.mark.parametrize(
    ("guesses", "message"),
    [({"page_size": "many"}, "page_size cannot be 'many'."), ({"pages": 1}, "pages is no guess")],
)
def test_what_is_no_guess_is_refused_and_changes_nothing(cloud: Cloud, guesses: Any, message: str) -> None:
    before = urllib3.request("GET", cloud.personalize_url + GUESSES_PATH).json()
    status, reason = switch(cloud, guesses)
    assert (status, reason.startswith(message)) == (400, True)
    assert urllib3.request("GET", cloud.personalize_url + GUESSES_PATH).json() == before
