"""Create: rules C1, C2, C3, C4, C5, C6."""

import dataclasses
import re

import pytest

from simulation.stack import Stack
from simulation.world import World
from tests.integration.faults import client_error
from tests.integration.requests import ACKNOWLEDGED, OWNED, STACK_ID, UNACKNOWLEDGED, Requests, with_fault

NOT_FOUND = "arn:aws:personalize:us-east-1:123456789012:dataset-group/nowhere"


def test_a_create_makes_an_active_tracker_and_responds_with_its_attributes(
    aws: World, requests: Requests, group: str
) -> None:
    response = requests("Create")

    tracker = aws.only_tracker()
    assert response["Status"] == "SUCCESS"
    assert response["PhysicalResourceId"] == tracker["eventTrackerArn"]
    assert response["Data"] == {
        "TrackingId": tracker["trackingId"],
        "EventTrackerArn": tracker["eventTrackerArn"],
        "Name": tracker["name"],
        "DatasetGroupArn": group,
        "AccountId": "123456789012",
        "Status": "ACTIVE",
        "CreationDateTime": response["Data"]["CreationDateTime"],
        "LastUpdatedDateTime": response["Data"]["LastUpdatedDateTime"],
    }
    for moment in ("CreationDateTime", "LastUpdatedDateTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", response["Data"][moment])


def test_a_tracker_carries_its_tags_and_its_owner_from_the_first_moment(
    aws: World, requests: Requests, group: str
) -> None:
    # Cut off in its first second: no call but CreateEventTracker has come to anything.
    response = requests("Create", seconds=0)

    assert response["Status"] == "FAILED"
    assert aws.tags(response["PhysicalResourceId"]) == {
        **OWNED,
        "cloudformation:created-by": "Create/11111111-1111-4111-8111-111111111111/20261125T221000Z/pending",
        "team": "shop",
    }


def test_before_its_response_a_create_makes_one_call_and_then_polls(aws: World, group: str) -> None:
    # Each call counts when a service throttles.
    calls: list[str] = []
    requests = with_fault(aws, calls.append)  # type: ignore[arg-type]
    put = requests.inbox.request
    requests.inbox.request = lambda *arguments, **options: calls.append("put") or put(*arguments, **options)  # type: ignore[method-assign, func-returns-value]

    requests("Create")

    assert calls[0] == "create_event_tracker"
    assert set(calls[1:-2]) == {"describe_event_tracker"}
    assert calls[-2:] == ["put", "tag_resource"]


def test_a_name_is_generated_from_stack_logical_id_and_request_when_none_is_given(
    aws: World, requests: Requests, group: str
) -> None:
    requests("Create")

    assert re.fullmatch("shop-Tracker-[0-9a-f]{12}", aws.only_tracker()["name"])


def test_a_generated_name_fits_whatever_the_stack_is_called(aws: World, requests: Requests, group: str) -> None:
    stack_id = STACK_ID.replace("/shop/", f"/{'s' * 128}/")

    response = requests("Create", StackId=stack_id, LogicalResourceId="L" * 255)

    assert response["Status"] == "SUCCESS"
    assert len(response["Data"]["Name"]) == 63


def test_the_rollback_of_a_create_that_fails_after_the_tracker_was_made_removes_it(
    aws: World, stack: Stack, group: str
) -> None:
    aws.backend.tracker_creations_to_fail = 1

    stack.create(DatasetGroupArn=group)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert "became CREATE FAILED instead of ACTIVE" in stack.reasons[0]
    assert aws.trackers() == {}


@pytest.mark.parametrize("code", ["ResourceAlreadyExistsException", "LimitExceededException", "ResourceInUseException"])
def test_whichever_way_the_service_says_that_a_tracker_is_there_a_redelivered_create_carries_on_with_it(
    aws: World, requests: Requests, group: str, code: str
) -> None:
    aws.backend.guesses = dataclasses.replace(
        aws.backend.guesses, second_tracker_same_name=code, second_tracker_other_name=code
    )
    first = requests("Create")

    again = requests("Create")

    assert again == first
    assert len(aws.trackers()) == 1


def test_a_redelivered_create_meets_its_tracker_while_it_is_still_being_made(
    aws: World, requests: Requests, group: str
) -> None:
    first = requests("Create", seconds=0)

    again = requests("Create")

    assert first["Status"] == "FAILED"
    assert again["Status"] == "SUCCESS"
    assert again["PhysicalResourceId"] == first["PhysicalResourceId"]


def test_a_failed_tracker_of_this_resource_left_by_another_request_is_deleted_and_made_anew(
    aws: World, requests: Requests, group: str
) -> None:
    left = aws.tracker(group, tags=ACKNOWLEDGED)
    aws.backend.event_trackers[left].status = "CREATE FAILED"

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]
    assert response["PhysicalResourceId"] != left


def test_a_failed_tracker_of_this_very_request_fails_it_again_with_the_same_physical_id(
    aws: World, requests: Requests, group: str
) -> None:
    aws.backend.tracker_creations_to_fail = 1
    first = requests("Create")

    again = requests("Create")

    assert first["Status"] == again["Status"] == "FAILED"
    assert first["PhysicalResourceId"] == again["PhysicalResourceId"]
    assert list(aws.trackers()) == [first["PhysicalResourceId"]]


@pytest.mark.parametrize("tags", [{}, OWNED], ids=["somebody's", "ours"])
def test_a_tracker_that_is_being_deleted_is_waited_for_and_not_deleted_again(
    aws: World, group: str, tags: dict[str, str]
) -> None:
    going = aws.tracker(group, tags=tags)
    aws.service.delete_event_tracker(eventTrackerArn=going)
    calls: list[str] = []

    response = with_fault(aws, calls.append)("Create")  # type: ignore[arg-type]

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]] != [going]
    assert "delete_event_tracker" not in calls


def test_a_create_whose_tracker_a_rollback_deletes_does_not_make_another(
    aws: World, requests: Requests, group: str
) -> None:
    first = requests("Create", seconds=0)
    aws.time.sleep(60)
    aws.service.delete_event_tracker(eventTrackerArn=first["PhysicalResourceId"])

    again = requests("Create")

    assert again["Status"] == "FAILED"
    assert again["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert "became DELETE PENDING instead of ACTIVE" in again["Reason"]
    aws.time.sleep(60)
    assert aws.trackers() == {}


def test_somebody_elses_tracker_in_the_group_fails_the_create_with_the_ways_out(
    aws: World, requests: Requests, group: str
) -> None:
    theirs = aws.tracker(group, name="theirs")

    response = requests("Create")

    assert response["Status"] == "FAILED"
    assert response["PhysicalResourceId"] == "not-created:11111111-1111-4111-8111-111111111111"
    for told in ("theirs", theirs, "AdoptExisting: true", "another dataset group"):
        assert told in response["Reason"]
    assert "elete it" not in response["Reason"]
    assert "belongs to" not in response["Reason"]
    assert aws.tags(theirs) == {}


@pytest.mark.parametrize(
    ("owner", "told", "way_out"),
    [
        (
            {"cloudformation:logical-id": "Other"},
            f"resource Other of stack {STACK_ID}",
            "if you gave the resource another logical id, follow docs/migration.md, Rename a logical id",
        ),
        (
            {"cloudformation:stack-id": "another"},
            "resource Tracker of stack another",
            "only if that resource no longer exists, remove the tracker's tags that begin with cloudformation: and",
        ),
    ],
    ids=["another resource", "another stack"],
)
def test_a_tracker_of_another_resource_is_refused_by_its_owners_name_even_for_adoption(
    aws: World, requests: Requests, group: str, owner: dict[str, str], told: str, way_out: str
) -> None:
    theirs = aws.tracker(group, tags={**OWNED, **owner})

    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"})

    assert response["Status"] == "FAILED"
    assert told in response["Reason"]
    assert way_out in response["Reason"]
    assert "elete it" not in response["Reason"]
    assert aws.tags(theirs) == {**OWNED, **owner}


def test_a_tracker_left_by_a_create_that_cloudformation_gave_up_on_makes_room_for_a_new_one(
    aws: World, requests: Requests, group: str
) -> None:
    aws.tracker(group, tags=UNACKNOWLEDGED)

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


def test_a_tracker_of_this_resource_that_somebody_may_use_is_not_taken_silently(
    aws: World, requests: Requests, group: str
) -> None:
    left = aws.tracker(group, tags=ACKNOWLEDGED)

    response = requests("Create")

    assert response["Status"] == "FAILED"
    for told in (left, f"It belongs to resource Tracker of stack {STACK_ID}", "AdoptExisting: true"):
        assert told in response["Reason"]
    assert "remove" not in response["Reason"]


def test_an_adopted_tracker_is_used_as_it_is_and_gets_the_tags(aws: World, stack: Stack, group: str) -> None:
    theirs = aws.tracker(group, tags={"made-by": "hand"})

    stack.create(DatasetGroupArn=group, AdoptExisting=True, Tags=[{"Key": "team", "Value": "shop"}])

    assert stack.status == "CREATE_COMPLETE"
    assert stack.resources["Tracker"].physical_id == theirs
    assert aws.tags(theirs) == {"made-by": "hand", "team": "shop"}


def test_a_retained_tracker_of_a_stack_that_is_no_more_can_be_adopted_once_its_tags_are_off(
    aws: World, stack: Stack, group: str
) -> None:
    retained = aws.tracker(group, tags=ACKNOWLEDGED)
    # A part of them is enough: without the two that tell the owner, it has none.
    aws.service.untag_resource(resourceArn=retained, tagKeys=list(OWNED))

    stack.create(DatasetGroupArn=group, AdoptExisting=True)

    assert stack.resources["Tracker"].physical_id == retained
    # The role may take ownership tags only off what has an owner.
    assert "untag_resource" not in aws.wire.calls


def test_an_adopted_tracker_that_was_ours_is_ours_no_more(aws: World, requests: Requests, group: str) -> None:
    left = aws.tracker(group, tags={**ACKNOWLEDGED, "cost": "42"})

    response = requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"})

    assert response["PhysicalResourceId"] == left
    assert aws.tags(left) == {"cost": "42"}


def test_adoption_needs_the_same_name(aws: World, requests: Requests, group: str) -> None:
    aws.tracker(group, name="theirs")

    response = requests(
        "Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true", "Name": "mine"}
    )

    assert response["Status"] == "FAILED"
    assert "or, leave out Name, or set Name: theirs, and to use it as it is, set AdoptExisting" in response["Reason"]


def test_an_adopted_tracker_survives_a_rollback(aws: World, stack: Stack, group: str) -> None:
    theirs = aws.tracker(group)

    stack.create(DatasetGroupArn=group, AdoptExisting=True, sibling_fails=True)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert list(aws.trackers()) == [theirs]


def test_a_group_that_becomes_active_later_is_waited_for(aws: World, requests: Requests) -> None:
    arn = aws.dataset_group("films", active=False)

    def becomes_active() -> None:
        aws.backend.dataset_groups[arn].status = "ACTIVE"

    aws.time.spawn(becomes_active, delay=300)

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    assert 300 < aws.time.now < 350


def test_a_group_that_never_becomes_active_is_given_up_at_the_deadline_in_the_services_words(
    aws: World, requests: Requests
) -> None:
    aws.dataset_group("films", active=False)

    response = requests("Create")

    assert response["Status"] == "FAILED"
    assert "ResourceInUseException" in response["Reason"]
    assert "CREATE PENDING, not ACTIVE" in response["Reason"]
    assert 700 < aws.time.now < 880


@pytest.mark.parametrize(
    ("code", "seconds", "remedy"),
    [
        ("LimitExceededException", 600, "Deploy again in a few minutes, or have the quota raised."),
        ("ResourceAlreadyExistsException", 120, "choose another Name, or deploy again."),
    ],
)
def test_a_refusal_without_a_tracker_is_tried_again_for_minutes_and_told_with_the_remedy(
    aws: World, requests: Requests, code: str, seconds: float, remedy: str
) -> None:
    aws.dataset_group("films", active=False)
    aws.backend.guesses = dataclasses.replace(aws.backend.guesses, group_not_active=code)

    response = requests("Create")

    assert response["Status"] == "FAILED"
    assert code in response["Reason"]
    assert remedy in response["Reason"]
    assert seconds <= aws.time.now < seconds + 25


def test_the_minutes_begin_with_the_first_refusal(aws: World, requests: Requests, group: str) -> None:
    theirs = aws.tracker(group)
    aws.service.delete_event_tracker(eventTrackerArn=theirs)

    def limit(name: str) -> Exception | None:
        gone = theirs not in aws.trackers()
        limited = gone and aws.time.now < 260
        return (
            client_error("ResourceAlreadyExistsException", 400, "CreateEventTracker")
            if limited and "create" in name
            else None
        )

    def stays() -> None:
        # For 150 s.
        if aws.time.now < 180 and theirs in aws.trackers():
            tracker = aws.backend.event_trackers[theirs]
            tracker.pass_through(tracker.deletion)
            aws.time.spawn(stays, delay=1)

    aws.time.spawn(stays)

    response = with_fault(aws, limit)("Create")

    assert response["Status"] == "SUCCESS"


def test_a_group_that_does_not_exist_fails_at_once(aws: World, requests: Requests) -> None:
    response = requests("Create", ResourceProperties={"DatasetGroupArn": NOT_FOUND})

    assert response["Status"] == "FAILED"
    assert "The dataset group does not exist" in response["Reason"]
    assert aws.time.now < 1


def test_a_group_without_interactions_fails_in_the_services_words_with_the_remedy(
    aws: World, requests: Requests
) -> None:
    arn = aws.service.create_dataset_group(name="films")["datasetGroupArn"]
    aws.backend.dataset_groups[arn].status = "ACTIVE"

    response = requests("Create", ResourceProperties={"DatasetGroupArn": arn})

    assert response["Status"] == "FAILED"
    assert "has no Interactions dataset" in response["Reason"]
    assert "DependsOn" in response["Reason"]


@pytest.mark.parametrize(
    ("stack_id", "logical_id", "origin"),
    [
        ("arn:aws:cloudformation:us-east-1:123456789012:stack/X-shop/0a1b2c3d", "Tracker", "X-shop-Tracker-"),
        ("urn:pulumi:dev::Xshop|x", "the_tracker", "urnpulumidevXshopx-thetracker-"),
        ("stack/-shop/1", "T" * 100, f"shop-{'T' * 45}-"),
        ("stack/***/1", "***", ""),
        ("stack/X/1", "***", "X--"),
    ],
    ids=["a stack", "an emulator's", "long", "no letters", "half of it"],
)
def test_a_generated_name_tells_where_it_comes_from(
    aws: World, requests: Requests, group: str, stack_id: str, logical_id: str, origin: str
) -> None:
    requests("Create", StackId=stack_id, LogicalResourceId=logical_id)

    assert re.fullmatch(f"{re.escape(origin)}[0-9a-f]{{12}}", aws.only_tracker()["name"])
