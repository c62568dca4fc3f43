"""What the service may do with what was just made, and with what it may leave out."""

from dataclasses import replace

import pytest

from .conftest import Personalize, progress
from .errors import refused


@pytest.fixture
def now(personalize: Personalize) -> list[float]:
    """The time that the backend goes by, to be changed: 1970, at first."""
    now = [0.0]
    personalize.backend.clock = lambda: now[0]
    return now


def test_dates_go_by_the_clock_of_the_backend(personalize: Personalize, now: list[float], group_arn: str) -> None:
    progress("eventtracker", "manual", times=1)
    now[0] = 100.0
    arn = personalize.create_tracker(group_arn)
    now[0] = 160.0
    tracker = personalize.client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert tracker["creationDateTime"].timestamp() == 100
    assert tracker["lastUpdatedDateTime"].timestamp() == 160


def test_a_new_tracker_may_be_invisible_for_a_while(personalize: Personalize, now: list[float], group_arn: str) -> None:
    personalize.backend.guesses = replace(personalize.backend.guesses, invisible_seconds=3.0)
    client = personalize.client
    arn = personalize.create_tracker(group_arn, tags=[{"tagKey": "stage", "tagValue": "test"}])
    now[0] = 2.9

    message = f"Resource Arn {arn} does not exist."
    with refused("ResourceNotFoundException", message):
        personalize.status(arn)
    with refused("ResourceNotFoundException", message):
        client.delete_event_tracker(eventTrackerArn=arn)
    with refused("ResourceNotFoundException", message):
        personalize.tags(arn)
    with refused("ResourceNotFoundException", message):
        client.tag_resource(resourceArn=arn, tags=[{"tagKey": "stage", "tagValue": "prod"}])
    with refused("ResourceNotFoundException", message):
        client.untag_resource(resourceArn=arn, tagKeys=["stage"])
    assert client.list_event_trackers(datasetGroupArn=group_arn)["eventTrackers"] == []

    now[0] = 3.0
    assert personalize.status(arn) == "ACTIVE"
    assert personalize.tags(arn) == {"stage": "test"}
    assert len(client.list_event_trackers(datasetGroupArn=group_arn)["eventTrackers"]) == 1


def test_an_invisible_tracker_takes_its_group_all_the_same(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.guesses = replace(personalize.backend.guesses, invisible_seconds=60.0)
    personalize.create_tracker(group_arn)
    with refused("ResourceAlreadyExistsException", "already exists"):
        personalize.create_tracker(group_arn)
    with refused("ResourceInUseException", "cannot be deleted before"):
        personalize.client.delete_dataset_group(datasetGroupArn=group_arn)


def test_members_of_descriptions_may_be_left_out(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    left_out = frozenset({"trackingId", "name", "lastUpdatedDateTime"})
    personalize.backend.guesses = replace(personalize.backend.guesses, left_out_members=left_out)
    described = personalize.client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert set(described) == {"accountId", "creationDateTime", "datasetGroupArn", "eventTrackerArn", "status"}
    (summary,) = personalize.client.list_event_trackers()["eventTrackers"]
    assert set(summary) == {"creationDateTime", "eventTrackerArn", "status"}


def test_the_last_page_may_have_an_empty_token(personalize: Personalize, group_arn: str) -> None:
    personalize.create_tracker(group_arn)
    personalize.create_tracker(personalize.create_group("books"))
    personalize.backend.guesses = replace(personalize.backend.guesses, empty_next_token=True)
    first = personalize.client.list_event_trackers(maxResults=1)
    assert first["nextToken"]
    assert personalize.client.list_event_trackers(maxResults=1, nextToken=first["nextToken"])["nextToken"] == ""
    assert personalize.client.list_dataset_groups()["nextToken"] == ""
    # Whoever goes on with it begins anew.
    assert personalize.client.list_event_trackers(nextToken="")["eventTrackers"]
