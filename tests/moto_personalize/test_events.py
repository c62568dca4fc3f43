from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from .conftest import Personalize, progress
from .errors import refused

WATCH: dict[str, Any] = {"eventType": "watch", "itemId": "brazil", "sentAt": "2026-11-22T10:00:00Z"}


@pytest.fixture
def events(personalize: Personalize) -> BaseClient:
    return boto3.client("personalize-events")


def tracking_id(personalize: Personalize, tracker_arn: str) -> str:
    return personalize.client.describe_event_tracker(eventTrackerArn=tracker_arn)["eventTracker"]["trackingId"]


def test_an_event_for_an_active_tracker_is_recorded(
    personalize: Personalize, events: BaseClient, group_arn: str
) -> None:
    tracking = tracking_id(personalize, personalize.create_tracker(group_arn))

    events.put_events(trackingId=tracking, sessionId="evening", userId="sam", eventList=[WATCH, WATCH])

    recorded = personalize.backend.events
    assert [(event.tracking_id, event.session_id, event.user_id) for event in recorded] == [
        (tracking, "evening", "sam")
    ] * 2
    assert recorded[0].event == {"eventType": "watch", "itemId": "brazil", "sentAt": 1795341600}


def test_an_event_for_an_unknown_tracking_id_is_refused(personalize: Personalize, events: BaseClient) -> None:
    with refused("InvalidInputException", "There is no event tracker with the tracking ID of-nobody."):
        events.put_events(trackingId="of-nobody", sessionId="evening", eventList=[WATCH])
    assert personalize.backend.events == []


def test_an_event_for_a_tracker_that_is_not_active_is_refused(
    personalize: Personalize, events: BaseClient, group_arn: str
) -> None:
    progress("eventtracker", "manual", times=100)
    created = personalize.client.create_event_tracker(name="clicks", datasetGroupArn=group_arn)

    with refused("InvalidInputException", f"Event tracker {created['eventTrackerArn']} is not ACTIVE."):
        events.put_events(trackingId=created["trackingId"], sessionId="evening", eventList=[WATCH])


def test_an_event_for_a_tracker_that_is_gone_is_refused(
    personalize: Personalize, events: BaseClient, group_arn: str
) -> None:
    arn = personalize.create_tracker(group_arn)
    tracking = tracking_id(personalize, arn)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)

    with refused("InvalidInputException", f"There is no event tracker with the tracking ID {tracking}."):
        events.put_events(trackingId=tracking, sessionId="evening", eventList=[WATCH])


def test_more_than_ten_events_at_once_are_refused(personalize: Personalize, events: BaseClient, group_arn: str) -> None:
    tracking = tracking_id(personalize, personalize.create_tracker(group_arn))
    constraint = "Member must have length less than or equal to 10"

    with refused(
        "InvalidInputException",
        f"1 validation error detected: Value at 'eventList' failed to satisfy constraint: {constraint}",
    ):
        events.put_events(trackingId=tracking, sessionId="evening", eventList=[WATCH] * 11)


def test_the_server_serves_events(served_personalize: Personalize, server_url: str) -> None:
    tracking = tracking_id(served_personalize, served_personalize.create_tracker(served_personalize.create_group()))
    events = boto3.client("personalize-events", endpoint_url=server_url)

    events.put_events(trackingId=tracking, sessionId="evening", eventList=[WATCH])

    assert [event.tracking_id for event in served_personalize.backend.events] == [tracking]
