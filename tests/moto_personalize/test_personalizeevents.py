"""What Amazon Personalize Events does with its one operation."""

from typing import Any

import pytest

from local.moto_personalize.personalizeevents.models import Event, personalizeevents_backends

from .resources import client, create_tracker, describe, progress, refused

pytestmark = pytest.mark.usefixtures("_either_backend", "_aws")

WATCH: dict[str, Any] = {"eventType": "watch", "itemId": "brazil", "sentAt": "2026-11-22T10:00:00Z"}


def put(tracking_id: str, count: int = 1, **more: str) -> None:
    events = client("personalize-events")
    events.put_events(trackingId=tracking_id, sessionId="evening", eventList=[WATCH] * count, **more)


def recorded(region: str = "us-east-1") -> list[Event]:
    return personalizeevents_backends["123456789012"][region].events


def nobodys(tracking_id: str) -> Any:
    return refused("InvalidInputException", f"There is no event tracker with the tracking ID {tracking_id}.")


def test_put_events() -> None:
    tracking_id = describe(create_tracker())["trackingId"]
    put(tracking_id, 2, userId="sam")
    assert [(event.tracking_id, event.session_id, event.user_id) for event in recorded()] == [
        (tracking_id, "evening", "sam")
    ] * 2
    assert recorded()[0].event == {"eventType": "watch", "itemId": "brazil", "sentAt": 1795341600}


def test_put_events__in_china() -> None:
    personalize = client(region="cn-north-1")
    with nobodys("of-nobody"):
        client("personalize-events", "cn-north-1").put_events(
            trackingId="of-nobody", sessionId="evening", eventList=[WATCH]
        )
    assert personalize.list_event_trackers()["eventTrackers"] == []


def test_put_events__tracking_id_of_nobody() -> None:
    arn = create_tracker()
    tracking_id = describe(arn)["trackingId"]
    client().delete_event_tracker(eventTrackerArn=arn)
    for nobody in ("of-nobody", tracking_id):
        with nobodys(nobody):
            put(nobody)
    assert recorded() == []


def test_put_events__tracker_that_is_not_active() -> None:
    progress("eventtracker", "manual", times=100)
    arn = create_tracker()
    with refused("InvalidInputException", f"Event tracker {arn} is not ACTIVE."):
        put(describe(arn)["trackingId"])


def test_put_events__more_than_ten() -> None:
    constraint = "Member must have length less than or equal to 10"
    message = f"1 validation error detected: Value at 'eventList' failed to satisfy constraint: {constraint}"
    with refused("InvalidInputException", message):
        put(describe(create_tracker())["trackingId"], 11)
