"""What the service's documentation leaves open must not matter: rules C1, C2, C5, D2, D4."""

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import PartialCredentialsError

from simulation.stack import Stack
from simulation.world import World
from tests.integration.faults import FaultyClient, OtherwiseReal, always, client_error
from tests.integration.requests import ACKNOWLEDGED, ORPHANED, OWNED, Requests, event, owned

DELETING = frozenset({"DELETE PENDING", "DELETE IN_PROGRESS"})


def guess(aws: World, **guesses: Any) -> None:
    aws.backend.guesses = dataclasses.replace(aws.backend.guesses, **guesses)


GUESSES: dict[str, dict[str, Any]] = {
    "limit": {"second_tracker_other_name": "LimitExceededException"},
    "in use": {"second_tracker_other_name": "ResourceInUseException"},
    "a deleted tracker frees its group": {"states_that_free_the_group": DELETING},
    "no tags while changing": {"tags_while_changing": "ResourceInUseException"},
    "unknown groups cannot be listed": {"list_of_unknown_group": "InvalidInputException"},
    "unknown groups are not found": {"list_of_unknown_group": "ResourceNotFoundException"},
    "small pages": {"page_size": 1},
}


@pytest.mark.parametrize("guesses", GUESSES.values(), ids=GUESSES)
def test_a_whole_life_goes_well_whichever_way_the_service_behaves(
    aws: World, stack: Stack, group: str, other_group: str, guesses: dict[str, Any]
) -> None:
    guess(aws, **guesses)

    stack.create(DatasetGroupArn=group, Name="clicks")
    first = stack.resources["Tracker"].physical_id
    stack.update(DatasetGroupArn=group, Name="views", ReplacementStrategy="delete_then_create")
    assert stack.status == "UPDATE_COMPLETE"
    stack.update(DatasetGroupArn=other_group, sibling_fails=True)
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert list(aws.trackers().values()) == ["views"]
    assert first not in aws.trackers()
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"
    assert aws.trackers() == {}


def test_of_two_trackers_in_a_group_the_one_that_stays_counts(aws: World, requests: Requests, group: str) -> None:
    guess(aws, states_that_free_the_group=DELETING)
    going = aws.tracker(group, name="going", tags=OWNED)
    aws.service.delete_event_tracker(eventTrackerArn=going)
    aws.service.create_event_tracker(name="theirs", datasetGroupArn=group)

    response = requests("Create")

    assert response["Status"] == "FAILED"
    assert "Event tracker theirs" in response["Reason"]


def test_of_two_trackers_of_ours_in_a_group_the_delete_finds_the_one_that_stays(
    aws: World, requests: Requests, group: str
) -> None:
    guess(aws, states_that_free_the_group=DELETING)
    ours = owned("Create/the-failed-one", -60)
    going = aws.tracker(group, name="going", tags=ours)
    aws.service.delete_event_tracker(eventTrackerArn=going)
    aws.service.create_event_tracker(
        name="left", datasetGroupArn=group, tags=[{"tagKey": key, "tagValue": value} for key, value in ours.items()]
    )

    requests("Delete", PhysicalResourceId="not-created:the-failed-one")

    aws.time.sleep(60)
    assert aws.trackers() == {}


@pytest.mark.parametrize("code", ["InvalidInputException", "ResourceNotFoundException"])
def test_a_group_that_cannot_be_listed_because_it_is_gone_never_blocks_a_delete(
    aws: World, requests: Requests, code: str
) -> None:
    guess(aws, list_of_unknown_group=code)

    response = requests("Delete", PhysicalResourceId="shop-Tracker-1ABCDEFGHIJKL")

    assert response["Status"] == "SUCCESS"


def test_an_empty_page_is_not_the_end_of_a_list(aws: World, group: str) -> None:
    theirs = aws.tracker(group)

    class Pages(OtherwiseReal):
        def list_event_trackers(self, **arguments: Any) -> Any:
            if arguments.pop("nextToken", None) is None:
                return {"eventTrackers": [], "nextToken": "more"}
            return aws.service.list_event_trackers(**arguments)

    response = Requests(aws, Pages(aws.service))("Create")

    assert theirs in response["Reason"]


def test_a_name_that_is_taken_in_another_group_fails_in_the_services_words(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    guess(aws, tracker_name_in_another_group="ResourceAlreadyExistsException")
    aws.tracker(other_group, name="clicks")

    stack.create(DatasetGroupArn=group, Name="clicks")

    assert "ResourceAlreadyExistsException" in stack.reasons[0]
    assert stack.status == "ROLLBACK_COMPLETE"


def test_a_refusal_to_list_is_told(aws: World, group: str) -> None:
    aws.tracker(group)
    refusal = client_error("SomethingNew", 400, "ListEventTrackers")

    response = Requests(aws, FaultyClient(aws.service, always("list_event_trackers", refusal)))("Create")

    assert "Could not list the event trackers" in response["Reason"]
    assert "SomethingNew: in a test" in response["Reason"]


def test_a_mistake_in_the_functions_own_set_up_is_told(aws: World, group: str) -> None:
    error = PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY")

    response = Requests(aws, FaultyClient(aws.service, lambda name: error))("Create")

    assert response["Status"] == "FAILED"
    assert "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY" in response["Reason"]


@pytest.mark.parametrize("operation", ["list_tags_for_resource", "delete_event_tracker"])
def test_a_tracker_that_goes_between_two_calls_is_gone(aws: World, group: str, operation: str) -> None:
    left = aws.tracker(group, tags=ACKNOWLEDGED)
    aws.backend.event_trackers[left].status = "CREATE FAILED"

    def fault(name: str) -> None:
        if name == operation:
            aws.backend._event_trackers.pop(left, None)

    response = Requests(aws, FaultyClient(aws.service, fault))("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


def test_nothing_is_undone_that_this_update_did_not_make(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    # As if CreateEventTracker were idempotent, and responded with what is there.
    created = requests("Create")
    theirs = aws.tracker(other_group)
    aws.backend.event_trackers[theirs].status = "CREATE FAILED"

    class Idempotent(OtherwiseReal):
        def create_event_tracker(self, **_: Any) -> Any:
            return {"eventTrackerArn": theirs}

    response = Requests(aws, Idempotent(aws.service))(
        "Update",
        PhysicalResourceId=created["PhysicalResourceId"],
        ResourceProperties={"DatasetGroupArn": other_group},
        OldResourceProperties=event("Create")["ResourceProperties"],
    )

    assert response["Status"] == "FAILED"
    aws.time.sleep(60)
    assert theirs in aws.trackers()


def test_orphan_that_goes_by_itself_is_no_failure(aws: World, requests: Requests, group: str, other_group: str) -> None:
    created = requests("Create")
    orphan = aws.tracker(other_group, tags=ORPHANED)

    def fault(name: str) -> None:
        if name == "list_tags_for_resource":
            aws.backend._event_trackers.pop(orphan, None)

    response = Requests(aws, FaultyClient(aws.service, fault))(
        "Update",
        PhysicalResourceId=created["PhysicalResourceId"],
        ResourceProperties={"DatasetGroupArn": group},
        OldResourceProperties={"DatasetGroupArn": other_group},
    )

    assert response["Status"] == "SUCCESS"


def test_a_tracker_that_stays_in_use_is_told_at_the_deadline(aws: World, requests: Requests, group: str) -> None:
    created = requests("Create")

    busy = client_error("ResourceInUseException", 400, "DeleteEventTracker")

    response = Requests(aws, FaultyClient(aws.service, always("delete_event_tracker", busy)))(
        "Delete", PhysicalResourceId=created["PhysicalResourceId"]
    )

    assert response["Status"] == "FAILED"
    assert "ResourceInUseException: in a test. The limit is the time that the function's Timeout" in response["Reason"]
    assert 700 < aws.time.now < 900
