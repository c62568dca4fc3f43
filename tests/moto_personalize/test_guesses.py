"""What else Amazon Personalize may do, where its documentation leaves that open: each guess switches it."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from local.moto_personalize import Guesses, PersonalizeBackend, personalize_backends

from .resources import (
    ARN,
    as_tags,
    client,
    create_dataset,
    create_group,
    create_tracker,
    describe,
    progress,
    refused,
    status,
    tags_of,
    unknown,
)

pytestmark = pytest.mark.usefixtures("_aws")


def backend() -> PersonalizeBackend:
    backend = personalize_backends["123456789012"]["us-east-1"]
    assert isinstance(backend, PersonalizeBackend)
    return backend


def guess(**guesses: Any) -> None:
    backend().guesses = replace(Guesses(), **guesses)


@pytest.mark.parametrize("code", ["LimitExceededException", "ResourceInUseException"])
def test_a_second_tracker_may_be_refused_with_another_code(code: str) -> None:
    group = create_group()
    create_tracker(group, "clicks")
    for guessed, other in (("clicks", "views"), ("views", "clicks")):
        guess(**{"second_tracker_same_name" if guessed == "clicks" else "second_tracker_other_name": code})
        with refused(code, "already exists in"):
            create_tracker(group, guessed)
        with refused("ResourceAlreadyExistsException", "already exists in"):
            create_tracker(group, other)


def test_a_tracker_name_may_be_unique_beyond_its_group() -> None:
    guess(tracker_name_in_another_group="ResourceAlreadyExistsException")
    films, books = create_group(), create_group("books")
    create_tracker(films)
    with refused("ResourceAlreadyExistsException", f"already exists in {films}"):
        create_tracker(books)
    create_tracker(books, "views")


def test_a_tracker_may_free_its_place_before_it_is_gone() -> None:
    guess(states_that_free_the_group=frozenset({"DELETE PENDING"}))
    group = create_group()
    arn = create_tracker(group)
    assert status(arn) == "ACTIVE"
    progress("eventtracker", "manual", times=2)
    client().delete_event_tracker(eventTrackerArn=arn)
    assert create_tracker(group) != arn


def test_a_group_that_is_not_active_may_refuse_with_another_code() -> None:
    group = create_group()
    backend().dataset_groups[group].status = "CREATE PENDING"
    progress("datasetgroup", "manual", times=9)
    guess(group_not_active="InvalidInputException")
    with refused("InvalidInputException", "is in CREATE PENDING, not ACTIVE"):
        create_tracker(group)
    with refused("InvalidInputException", "is in CREATE PENDING, not ACTIVE"):
        create_dataset(group, "Items")


def test_the_interactions_dataset_may_not_be_needed_or_be_asked_for_with_another_code() -> None:
    group = create_group(interactions=False)
    guess(group_without_interactions="ResourceInUseException")
    with refused("ResourceInUseException", "has no Interactions dataset"):
        create_tracker(group)
    guess(group_without_interactions=None)
    create_tracker(group)


def test_the_interactions_dataset_may_have_to_be_active() -> None:
    group = create_group()
    (dataset,) = backend().datasets.values()
    dataset.status = "CREATE FAILED"
    guess(interactions_must_be_active=True)
    with refused("InvalidInputException", f"Dataset {dataset.arn} is in CREATE FAILED, not ACTIVE."):
        create_tracker(group)
    dataset.status = "ACTIVE"
    create_tracker(group)


def test_a_deletion_may_be_refused_with_another_code() -> None:
    guess(delete_while_changing="InvalidInputException", delete_of_used_group="InvalidInputException")
    group = create_group()
    progress("eventtracker", "manual", times=9)
    tracker = create_tracker(group)
    with refused("InvalidInputException", "is in CREATE PENDING"):
        client().delete_event_tracker(eventTrackerArn=tracker)
    with refused("InvalidInputException", f"cannot be deleted before: {tracker}"):
        client().delete_dataset_group(datasetGroupArn=group)


def test_a_resource_that_changes_may_refuse_tags() -> None:
    progress("eventtracker", "manual", times=1)
    arn = create_tracker(stage="test")
    assert tags_of(arn) == {"stage": "test"}
    guess(tags_while_changing="ResourceInUseException")
    message = f"Resource Arn {arn} is in CREATE PENDING."
    with refused("ResourceInUseException", message):
        tags_of(arn)
    with refused("ResourceInUseException", message):
        client().tag_resource(resourceArn=arn, tags=[])
    with refused("ResourceInUseException", message):
        client().untag_resource(resourceArn=arn, tagKeys=["stage"])
    progress("eventtracker", "immediate")
    assert tags_of(arn) == {"stage": "test"}


def test_tags_may_be_refused_with_another_code() -> None:
    guess(refused_tags="ValidationException")
    with refused("ValidationException", "Tag keys must not begin with aws:."):
        client().tag_resource(resourceArn=create_group(), tags=as_tags({"aws:stack": ""}))


def test_violations_may_be_refused_with_another_code() -> None:
    guess(constraint_violation="ValidationException")
    with refused("ValidationException", "1 validation error detected"):
        create_tracker(name="-")


def test_arns_may_be_refused_with_another_code() -> None:
    guess(foreign_arn="AccessDeniedException", wrong_resource_type="ResourceNotFoundException")
    foreign = "arn:aws:personalize:eu-west-1:123456789012:event-tracker/0123abcd"
    with refused("AccessDeniedException", foreign):
        describe(foreign)
    with refused("ResourceNotFoundException", "is of another type than event-tracker"):
        client().delete_event_tracker(eventTrackerArn=f"{ARN}:dataset-group/films")


def test_the_list_of_an_unknown_group_may_be_refused() -> None:
    group = f"{ARN}:dataset-group/none"
    guess(list_of_unknown_group="InvalidInputException")
    with refused("InvalidInputException", f"Resource Arn {group} does not exist."):
        client().list_event_trackers(datasetGroupArn=group)
    with refused("InvalidInputException", f"Resource Arn {group} does not exist."):
        client().list_datasets(datasetGroupArn=group)
    assert client().list_event_trackers(datasetGroupArn=create_group())["eventTrackers"] == []


def test_pages_may_be_small_and_the_last_one_may_have_an_empty_token() -> None:
    for name in ("films", "books"):
        create_tracker(create_group(name))
    guess(page_size=1, empty_next_token=True)
    list_trackers = client().list_event_trackers
    first = list_trackers()
    last = list_trackers(nextToken=first["nextToken"])
    assert [len(page["eventTrackers"]) for page in (first, last)] == [1, 1]
    assert last["nextToken"] == ""
    # Whoever goes on with it begins anew.
    assert list_trackers(nextToken="")["eventTrackers"] == first["eventTrackers"]
    assert client().list_dataset_groups(maxResults=2)["nextToken"] == ""


def test_a_new_tracker_may_be_invisible_for_a_while() -> None:
    now = 100.0
    backend().clock = lambda: now
    guess(invisible_seconds=3.0)
    group = create_group()
    arn = create_tracker(group, stage="test")
    now = 102.9
    with unknown(arn):
        describe(arn)
    with unknown(arn):
        client().delete_event_tracker(eventTrackerArn=arn)
    with unknown(arn):
        tags_of(arn)
    with unknown(arn):
        client().tag_resource(resourceArn=arn, tags=as_tags({"stage": "prod"}))
    with unknown(arn):
        client().untag_resource(resourceArn=arn, tagKeys=["stage"])
    assert client().list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []

    now = 103.0
    assert describe(arn)["creationDateTime"].timestamp() == 100
    assert tags_of(arn) == {"stage": "test"}
    assert len(client().list_event_trackers(datasetGroupArn=group)["eventTrackers"]) == 1


def test_an_invisible_tracker_takes_its_group_all_the_same() -> None:
    guess(invisible_seconds=60.0)
    group = create_group()
    create_tracker(group)
    with refused("ResourceAlreadyExistsException", "already exists"):
        create_tracker(group)
    with refused("ResourceInUseException", "cannot be deleted before"):
        client().delete_dataset_group(datasetGroupArn=group)


def test_members_of_descriptions_and_summaries_may_be_left_out() -> None:
    arn = create_tracker()
    guess(left_out_members=frozenset({"trackingId", "name", "lastUpdatedDateTime"}))
    assert set(describe(arn)) == {"accountId", "creationDateTime", "datasetGroupArn", "eventTrackerArn", "status"}
    (summary,) = client().list_event_trackers()["eventTrackers"]
    assert set(summary) == {"creationDateTime", "eventTrackerArn", "status"}


@pytest.mark.parametrize("progression", [{"progression": "immediate"}, {"progression": "manual", "times": 1}])
def test_the_next_creations_can_be_made_to_fail(progression: dict[str, Any]) -> None:
    progress("eventtracker", **progression)
    backend().tracker_creations_to_fail = 1
    failed, made = create_tracker(), create_tracker(create_group("books"))
    assert [status(failed) for _ in range(4)][-1] == "CREATE FAILED"
    assert [status(made) for _ in range(4)][-1] == "ACTIVE"


# A value other than the default for each, in the types of JSON.
OTHERS: dict[str, Any] = {
    "second_tracker_same_name": "LimitExceededException",
    "second_tracker_other_name": "ResourceInUseException",
    "tracker_name_in_another_group": "ResourceAlreadyExistsException",
    "states_that_free_the_group": ["DELETE IN_PROGRESS", "DELETE PENDING"],
    "group_not_active": "InvalidInputException",
    "group_without_interactions": None,
    "interactions_must_be_active": True,
    "delete_while_changing": "InvalidInputException",
    "delete_of_used_group": "InvalidInputException",
    "tags_while_changing": "ResourceInUseException",
    "refused_tags": "ValidationException",
    "constraint_violation": "ValidationException",
    "foreign_arn": "AccessDeniedException",
    "wrong_resource_type": "ResourceNotFoundException",
    "list_of_unknown_group": "ResourceNotFoundException",
    "page_size": 1,
    "empty_next_token": True,
    "invisible_seconds": 3,
    "left_out_members": ["trackingId"],
}


def test_every_guess_can_be_switched_from_json() -> None:
    guesses = Guesses.from_json(OTHERS)
    for field in fields(Guesses):
        assert getattr(guesses, field.name) != field.default
    assert guesses.to_json() == OTHERS
    assert Guesses.from_json({}) == Guesses()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("pages", 1, "pages is no guess; there are second_tracker_same_name, "),
        ("page_size", "1", "page_size cannot be '1'."),
        ("page_size", True, "page_size cannot be True."),
        ("invisible_seconds", None, "invisible_seconds cannot be None."),
        ("empty_next_token", 1, "empty_next_token cannot be 1."),
        ("refused_tags", "NoSuchException", "refused_tags cannot be 'NoSuchException'."),
        ("refused_tags", None, "refused_tags cannot be None."),
        ("left_out_members", "name", "left_out_members cannot be 'name'."),
        ("left_out_members", [1], "left_out_members cannot be [1]."),
    ],
)
def test_what_is_no_guess_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Guesses.from_json({name: value})
