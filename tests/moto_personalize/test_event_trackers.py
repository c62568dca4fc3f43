import re
from dataclasses import replace
from uuid import UUID

import boto3
import pytest
from moto import mock_aws
from moto.utilities.id_generator import moto_id_manager

from local.moto_personalize.guesses import ErrorCode
from local.moto_personalize.models import EventTrackerIdentifier

from .conftest import Personalize
from .errors import refused

GONE = "arn:aws:personalize:us-east-1:123456789012:event-tracker/0123abcd"


def test_a_tracker_arn_ends_in_eight_hex_digits(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    assert re.fullmatch(r"arn:aws:personalize:us-east-1:123456789012:event-tracker/[0-9a-f]{8}", arn)


def test_the_end_of_a_tracker_arn_can_be_chosen_as_moto_has_it_for_others(
    personalize: Personalize, group_arn: str
) -> None:
    identifier = EventTrackerIdentifier("123456789012", "us-east-1", "clicks")
    moto_id_manager.set_custom_id(identifier, "ca4f41f3")
    try:
        assert personalize.create_tracker(group_arn).endswith(":event-tracker/ca4f41f3")
    finally:
        moto_id_manager.unset_custom_id(identifier)


def test_the_tracking_id_is_a_uuid_and_is_known_at_once(personalize: Personalize, group_arn: str) -> None:
    created = personalize.client.create_event_tracker(name="clicks", datasetGroupArn=group_arn)
    assert str(UUID(created["trackingId"])) == created["trackingId"]
    described = personalize.client.describe_event_tracker(eventTrackerArn=created["eventTrackerArn"])
    assert described["eventTracker"]["trackingId"] == created["trackingId"]


def test_a_tracker_is_described_in_full(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    tracker = personalize.client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert tracker["creationDateTime"] <= tracker["lastUpdatedDateTime"]
    assert tracker == {
        "name": "clicks",
        "eventTrackerArn": arn,
        "accountId": "123456789012",
        "trackingId": tracker["trackingId"],
        "datasetGroupArn": group_arn,
        "status": "ACTIVE",
        "creationDateTime": tracker["creationDateTime"],
        "lastUpdatedDateTime": tracker["lastUpdatedDateTime"],
    }


def test_a_tracker_can_be_made_in_china() -> None:
    with mock_aws():
        personalize = Personalize(boto3.client("personalize", region_name="cn-north-1"))
        arn = personalize.create_tracker(personalize.create_group())
        assert arn.startswith("arn:aws-cn:personalize:cn-north-1:123456789012:event-tracker/")
        assert personalize.status(arn) == "ACTIVE"


def test_a_tracker_that_never_was_is_not_found(personalize: Personalize) -> None:
    with refused("ResourceNotFoundException", f"Resource Arn {GONE} does not exist."):
        personalize.status(GONE)


def test_a_tracker_that_never_was_cannot_be_deleted(personalize: Personalize) -> None:
    with refused("ResourceNotFoundException", f"Resource Arn {GONE} does not exist."):
        personalize.client.delete_event_tracker(eventTrackerArn=GONE)


def test_a_tracker_needs_a_dataset_group(personalize: Personalize) -> None:
    group = "arn:aws:personalize:us-east-1:123456789012:dataset-group/none"
    with refused("ResourceNotFoundException", f"Resource Arn {group} does not exist."):
        personalize.create_tracker(group)


def test_a_second_tracker_in_a_group_is_refused(personalize: Personalize, group_arn: str) -> None:
    first = personalize.create_tracker(group_arn)
    for name in ("clicks", "views"):
        with refused("ResourceAlreadyExistsException", f"Event tracker {first} already exists in {group_arn}."):
            personalize.create_tracker(group_arn, name)


@pytest.mark.parametrize("code", ["LimitExceededException", "ResourceInUseException"])
def test_a_second_tracker_may_be_refused_otherwise(personalize: Personalize, group_arn: str, code: ErrorCode) -> None:
    personalize.create_tracker(group_arn)
    guesses = personalize.backend.guesses
    personalize.backend.guesses = replace(guesses, second_tracker_same_name=code)
    with refused(code, "already exists"):
        personalize.create_tracker(group_arn)
    with refused("ResourceAlreadyExistsException", "already exists"):
        personalize.create_tracker(group_arn, "views")
    personalize.backend.guesses = replace(guesses, second_tracker_other_name=code)
    with refused(code, "already exists"):
        personalize.create_tracker(group_arn, "views")
    with refused("ResourceAlreadyExistsException", "already exists"):
        personalize.create_tracker(group_arn)


def test_another_group_may_have_a_tracker_of_the_same_name(personalize: Personalize, group_arn: str) -> None:
    first = personalize.create_tracker(group_arn)
    assert personalize.create_tracker(personalize.create_group("books")) != first


def test_a_tracker_name_may_be_unique_beyond_its_group(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.guesses = replace(
        personalize.backend.guesses, tracker_name_in_another_group="ResourceAlreadyExistsException"
    )
    personalize.create_tracker(group_arn)
    books = personalize.create_group("books")
    with refused("ResourceAlreadyExistsException", f"already exists in {group_arn}"):
        personalize.create_tracker(books)
    personalize.create_tracker(books, "views")


def test_a_group_that_is_not_active_refuses_a_tracker(personalize: Personalize, group_arn: str) -> None:
    personalize.backend.dataset_groups[group_arn].status = "CREATE FAILED"
    with refused("ResourceInUseException", f"Dataset group {group_arn} is in CREATE FAILED, not ACTIVE."):
        personalize.create_tracker(group_arn)
    personalize.backend.guesses = replace(personalize.backend.guesses, group_not_active="InvalidInputException")
    with refused("InvalidInputException", "not ACTIVE"):
        personalize.create_tracker(group_arn)


def test_a_group_without_interactions_refuses_a_tracker(personalize: Personalize) -> None:
    group_arn = personalize.create_group(interactions=False)
    personalize.create_dataset(group_arn, "Items")
    with refused("InvalidInputException", f"Dataset group {group_arn} has no Interactions dataset."):
        personalize.create_tracker(group_arn)


def test_the_interactions_dataset_may_not_be_needed(personalize: Personalize) -> None:
    personalize.backend.guesses = replace(personalize.backend.guesses, group_without_interactions=None)
    personalize.create_tracker(personalize.create_group(interactions=False))


def test_the_interactions_dataset_may_have_to_be_active(personalize: Personalize, group_arn: str) -> None:
    (dataset,) = personalize.backend.datasets.values()
    dataset.status = "CREATE FAILED"
    personalize.backend.guesses = replace(personalize.backend.guesses, interactions_must_be_active=True)
    with refused("InvalidInputException", "has no Interactions dataset"):
        personalize.create_tracker(group_arn)
    dataset.status = "ACTIVE"
    personalize.create_tracker(group_arn)


def test_an_arn_of_another_account_or_region_is_not_found(personalize: Personalize, group_arn: str) -> None:
    tracker = personalize.create_tracker(group_arn)
    foreign = [tracker.replace("us-east-1", "eu-west-1"), tracker.replace("123456789012", "111122223333")]
    for arn in foreign:
        with refused("ResourceNotFoundException", "is not in account 123456789012 and region us-east-1"):
            personalize.status(arn)
    personalize.backend.guesses = replace(personalize.backend.guesses, foreign_arn="InvalidInputException")
    for arn in foreign:
        with refused("InvalidInputException", "is not in account"):
            personalize.status(arn)


def test_an_arn_of_another_type_is_invalid(personalize: Personalize, group_arn: str) -> None:
    with refused("InvalidInputException", f"Resource Arn {group_arn} is of another type than event-tracker."):
        personalize.status(group_arn)
    personalize.backend.guesses = replace(personalize.backend.guesses, wrong_resource_type="ResourceNotFoundException")
    with refused("ResourceNotFoundException", "is of another type than event-tracker"):
        personalize.client.delete_event_tracker(eventTrackerArn=group_arn)


def test_trackers_are_listed_in_summary(personalize: Personalize, group_arn: str) -> None:
    arn = personalize.create_tracker(group_arn)
    (summary,) = personalize.client.list_event_trackers()["eventTrackers"]
    assert summary == {
        "name": "clicks",
        "eventTrackerArn": arn,
        "status": "ACTIVE",
        "creationDateTime": summary["creationDateTime"],
        "lastUpdatedDateTime": summary["lastUpdatedDateTime"],
    }


def test_trackers_are_listed_by_group(personalize: Personalize) -> None:
    films, books, empty = (personalize.create_group(name) for name in ("films", "books", "empty"))
    personalize.create_tracker(films)
    in_books = personalize.create_tracker(books)
    listed = personalize.client.list_event_trackers(datasetGroupArn=books)["eventTrackers"]
    assert [tracker["eventTrackerArn"] for tracker in listed] == [in_books]
    assert personalize.client.list_event_trackers(datasetGroupArn=empty)["eventTrackers"] == []


def test_the_trackers_of_an_unknown_group_are_none(personalize: Personalize) -> None:
    group = "arn:aws:personalize:us-east-1:123456789012:dataset-group/none"
    assert personalize.client.list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []
    personalize.backend.guesses = replace(personalize.backend.guesses, list_of_unknown_group="InvalidInputException")
    with refused("InvalidInputException", f"Resource Arn {group} does not exist."):
        personalize.client.list_event_trackers(datasetGroupArn=group)


def test_trackers_are_listed_in_pages(personalize: Personalize) -> None:
    arns = [personalize.create_tracker(personalize.create_group(f"group-{n}")) for n in range(5)]
    pages = list(personalize.client.get_paginator("list_event_trackers").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["eventTrackers"]) for page in pages] == [2, 2, 1]
    assert [tracker["eventTrackerArn"] for page in pages for tracker in page["eventTrackers"]] == arns
    assert "nextToken" not in pages[-1]


def test_the_page_size_can_be_set(personalize: Personalize) -> None:
    for name in ("films", "books"):
        personalize.create_tracker(personalize.create_group(name))
    personalize.backend.guesses = replace(personalize.backend.guesses, page_size=1)
    page = personalize.client.list_event_trackers()
    assert len(page["eventTrackers"]) == 1
    assert page["nextToken"]


def test_a_next_token_of_ones_own_is_refused(personalize: Personalize) -> None:
    with refused("InvalidNextTokenException", "The nextToken provided is invalid"):
        personalize.client.list_event_trackers(nextToken="mine")


def test_a_next_token_of_another_list_is_refused(personalize: Personalize) -> None:
    groups = [personalize.create_group(name) for name in ("films", "books")]
    for group in groups:
        personalize.create_tracker(group)
    token = personalize.client.list_event_trackers(maxResults=1)["nextToken"]
    with refused("InvalidNextTokenException", "The nextToken provided is invalid"):
        personalize.client.list_event_trackers(datasetGroupArn=groups[0], nextToken=token)
