from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal, get_args

import pytest

from .conftest import Personalize, progress
from .errors import refused

Progression = Literal["immediate", "manual", "time"]
SET_PROGRESSION: dict[Progression, Callable[[], None]] = {
    "immediate": lambda: progress("eventtracker", "immediate"),
    "manual": lambda: progress("eventtracker", "manual", times=1),
    "time": lambda: progress("eventtracker", "time", seconds=0),
}


def statuses(personalize: Personalize, arn: str, looks: int) -> list[str]:
    return [personalize.status(arn) for _ in range(looks)]


def listed(personalize: Personalize) -> list[str]:
    return [tracker["status"] for tracker in personalize.client.list_event_trackers()["eventTrackers"]]


def an_hour_passes(personalize: Personalize, arn: str) -> None:
    personalize.backend.event_trackers[arn]._time_progressed -= timedelta(hours=1)


def test_a_tracker_is_active_at_the_first_look(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    assert listed(personalize) == ["ACTIVE"]
    assert personalize.status(arn) == "ACTIVE"


def test_a_deleted_tracker_is_gone_at_the_first_look(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert listed(personalize) == []
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.status(arn)


def test_each_describe_moves_a_creation_on(personalize: Personalize, group_arn: str) -> None:
    progress("eventtracker", "manual", times=2)
    arn = personalize.create_tracker(group_arn)
    assert statuses(personalize, arn, 5) == [
        "CREATE PENDING",
        "CREATE IN_PROGRESS",
        "CREATE IN_PROGRESS",
        "ACTIVE",
        "ACTIVE",
    ]


def test_each_describe_moves_a_deletion_on(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    assert personalize.status(arn) == "ACTIVE"
    progress("eventtracker", "manual", times=2)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert statuses(personalize, arn, 3) == ["DELETE PENDING", "DELETE IN_PROGRESS", "DELETE IN_PROGRESS"]
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        personalize.status(arn)


def test_a_list_moves_nothing_on(personalize: Personalize, group_arn: str) -> None:
    progress("eventtracker", "manual", times=1)
    personalize.create_tracker(group_arn)
    assert [listed(personalize) for _ in range(3)] == [["CREATE PENDING"]] * 3


def test_time_moves_a_creation_on(personalize: Personalize, group_arn: str) -> None:
    progress("eventtracker", "time", seconds=60)
    arn = personalize.create_tracker(group_arn)
    assert statuses(personalize, arn, 2) == ["CREATE PENDING"] * 2
    an_hour_passes(personalize, arn)
    assert statuses(personalize, arn, 2) == ["CREATE IN_PROGRESS"] * 2
    an_hour_passes(personalize, arn)
    assert statuses(personalize, arn, 2) == ["ACTIVE"] * 2


def test_time_moves_a_deletion_on(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    assert personalize.status(arn) == "ACTIVE"
    progress("eventtracker", "time", seconds=60)
    an_hour_passes(personalize, arn)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert statuses(personalize, arn, 2) == ["DELETE PENDING"] * 2
    an_hour_passes(personalize, arn)
    assert listed(personalize) == ["DELETE IN_PROGRESS"]
    an_hour_passes(personalize, arn)
    assert listed(personalize) == []


def test_a_request_sees_one_state_of_a_tracker(personalize: Personalize, group_arn: str) -> None:
    personalize.create_tracker(group_arn)
    progress("eventtracker", "time", seconds=0)
    assert [listed(personalize) for _ in range(3)] == [["CREATE IN_PROGRESS"], ["ACTIVE"], ["ACTIVE"]]


def test_a_change_of_state_is_an_update(personalize: Personalize, group_arn: str) -> None:
    progress("eventtracker", "manual", times=1)
    arn = personalize.create_tracker(group_arn)
    tracker = personalize.backend.event_trackers[arn]
    tracker.created = tracker.last_updated = 0.0
    (pending,) = personalize.client.list_event_trackers()["eventTrackers"]
    assert pending["lastUpdatedDateTime"] == pending["creationDateTime"]
    in_progress = personalize.client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert in_progress["lastUpdatedDateTime"] > in_progress["creationDateTime"]


@pytest.mark.parametrize("progression", get_args(Progression))
def test_a_failed_tracker_stays_failed(personalize: Personalize, group_arn: str, progression: Progression) -> None:
    arn = personalize.create_tracker(group_arn)
    SET_PROGRESSION[progression]()
    personalize.backend.event_trackers[arn].status = "CREATE FAILED"
    assert statuses(personalize, arn, 3) == ["CREATE FAILED"] * 3


@pytest.mark.parametrize("progression", get_args(Progression))
def test_the_next_creations_can_be_made_to_fail(
    personalize: Personalize, group_arn: str, progression: Progression
) -> None:
    SET_PROGRESSION[progression]()
    personalize.backend.tracker_creations_to_fail = 1
    failed = personalize.create_tracker(group_arn)
    made = personalize.create_tracker(personalize.create_group("books"))
    assert statuses(personalize, failed, 4)[-1] == "CREATE FAILED"
    assert statuses(personalize, made, 4)[-1] == "ACTIVE"


def test_a_failed_tracker_keeps_its_place_until_deleted(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.tracker_creations_to_fail = 1
    arn = personalize.create_tracker(group_arn)
    with refused("ResourceAlreadyExistsException", f"Event tracker {arn} already exists"):
        personalize.create_tracker(group_arn)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert personalize.create_tracker(group_arn) != arn


def test_a_tracker_keeps_its_place_while_it_is_deleted(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    assert personalize.status(arn) == "ACTIVE"
    progress("eventtracker", "manual", times=1)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    with refused("ResourceAlreadyExistsException", f"Event tracker {arn} already exists"):
        personalize.create_tracker(group_arn)
    assert personalize.status(arn) == "DELETE IN_PROGRESS"
    with refused("ResourceAlreadyExistsException", f"Event tracker {arn} already exists"):
        personalize.create_tracker(group_arn)
    with refused("ResourceNotFoundException", arn):
        personalize.status(arn)
    assert personalize.create_tracker(group_arn) != arn


def test_a_tracker_may_free_its_place_earlier(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.guesses = replace(
        personalize.backend.guesses, states_that_free_the_group=frozenset({"DELETE PENDING"})
    )
    arn = personalize.create_tracker(group_arn)
    assert personalize.status(arn) == "ACTIVE"
    progress("eventtracker", "manual", times=2)
    personalize.client.delete_event_tracker(eventTrackerArn=arn)
    assert personalize.create_tracker(group_arn) != arn


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS"])
def test_a_tracker_that_is_changing_cannot_be_deleted(personalize: Personalize, group_arn: str, status: str) -> None:
    progress("eventtracker", "manual", times=9)
    arn = personalize.create_tracker(group_arn)
    personalize.backend.event_trackers[arn].status = status
    with refused("ResourceInUseException", f"Resource Arn {arn} is in {status}."):
        personalize.client.delete_event_tracker(eventTrackerArn=arn)
    personalize.backend.guesses = replace(personalize.backend.guesses, delete_while_changing="InvalidInputException")
    with refused("InvalidInputException", f"is in {status}"):
        personalize.client.delete_event_tracker(eventTrackerArn=arn)


def test_a_group_passes_through_its_states(personalize: Personalize) -> None:
    progress("datasetgroup", "manual", times=1)
    arn = personalize.create_group(interactions=False)

    def status() -> str:
        return personalize.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"]

    assert [status(), status()] == ["CREATE IN_PROGRESS", "ACTIVE"]
    personalize.client.delete_dataset_group(datasetGroupArn=arn)
    (group,) = personalize.client.list_dataset_groups()["datasetGroups"]
    assert group["status"] == "DELETE PENDING"
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        status()


def test_a_dataset_passes_through_its_states(personalize: Personalize) -> None:
    progress("dataset", "manual", times=1)
    arn = personalize.create_dataset(personalize.create_group(interactions=False))

    def status() -> str:
        return personalize.client.describe_dataset(datasetArn=arn)["dataset"]["status"]

    assert [status(), status()] == ["CREATE IN_PROGRESS", "ACTIVE"]
    personalize.client.delete_dataset(datasetArn=arn)
    assert status() == "DELETE IN_PROGRESS"
    with refused("ResourceNotFoundException", f"Resource Arn {arn} does not exist."):
        status()
