"""What the service's documentation leaves open must not matter: rules C1, C2, C5, D2, D4."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import PartialCredentialsError, ReadTimeoutError

from simulation.stack import Stack
from simulation.world import World, as_list
from tests.integration.faults import OtherwiseReal, always, client_error, once
from tests.integration.requests import ACKNOWLEDGED, ORPHANED, OWNED, Requests, event, owned, with_fault

Log = Callable[[], list[dict[str, Any]]]

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
    "the last page has an empty token": {"empty_next_token": True},
    "invisible for a while": {"invisible_seconds": 3.0},
    "no times, no account": {"left_out_members": frozenset({"accountId", "creationDateTime", "lastUpdatedDateTime"})},
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


MEMBERS = "name eventTrackerArn accountId trackingId datasetGroupArn status creationDateTime lastUpdatedDateTime"


@pytest.mark.parametrize(
    "members",
    [{member} for member in MEMBERS.split()] + [set(MEMBERS.split())],
    ids=lambda members: "+".join(sorted(members)),
)
@pytest.mark.parametrize("status", ["ACTIVE", "CREATE FAILED", "DELETE PENDING"])
def test_members_that_are_left_out_never_block_a_delete(
    aws: World, requests: Requests, group: str, members: set[str], status: str
) -> None:
    arn = requests.create()
    if status == "DELETE PENDING":
        aws.service.delete_event_tracker(eventTrackerArn=arn)
    aws.backend.event_trackers[arn].status = status
    guess(aws, left_out_members=frozenset(members))

    response = requests.delete(arn)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


@pytest.mark.parametrize(
    "members",
    [{"name"}, {"datasetGroupArn"}, {"name", "datasetGroupArn"}],
    ids=lambda members: "+".join(sorted(members)),
)
def test_a_name_or_a_group_that_is_left_out_is_no_reason_to_replace_a_tracker(
    aws: World, requests: Requests, group: str, members: set[str]
) -> None:
    wanted = {"DatasetGroupArn": group, "Name": "clicks", "ReplacementStrategy": "delete_then_create"}
    created = requests.create(ResourceProperties=wanted)
    guess(aws, left_out_members=frozenset(members))

    updated = requests.update(created, ResourceProperties=wanted)

    assert updated["Status"] == "SUCCESS"
    assert aws.trackers() == {created: "clicks"}


def test_a_tracker_is_not_there_before_its_tracking_id_is(aws: World, requests: Requests, group: str) -> None:
    arn = requests("Create", seconds=4)["PhysicalResourceId"]
    guess(aws, left_out_members=frozenset({"trackingId"}))
    aws.time.spawn(lambda: guess(aws, left_out_members=frozenset()), delay=60)

    response = requests("Create")

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", arn)
    assert response["Data"]["TrackingId"]
    assert aws.time.now > 60


def test_a_tracker_whose_summary_has_no_arn_is_no_tracker(aws: World, requests: Requests, group: str) -> None:
    arn = aws.tracker(group, tags=owned("Create/the-failed-one", -60))
    guess(aws, left_out_members=frozenset({"eventTrackerArn"}))

    response = requests.delete("not-created:the-failed-one")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [arn]


@pytest.mark.parametrize("seconds", [3.0, 25.0])
def test_a_new_tracker_that_is_not_visible_yet_is_not_gone(
    aws: World, requests: Requests, group: str, seconds: float
) -> None:
    guess(aws, invisible_seconds=seconds)

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


def test_a_new_tracker_that_is_not_visible_for_half_a_minute_is_gone(
    aws: World, requests: Requests, group: str
) -> None:
    guess(aws, invisible_seconds=1000.0)

    response = requests("Create")

    assert "was deleted before it was ACTIVE" in response["Reason"]
    assert 30 <= aws.time.now < 35


def test_the_rollback_of_a_create_polls_for_a_tracker_that_is_not_visible_yet(
    aws: World, requests: Requests, group: str
) -> None:
    guess(aws, invisible_seconds=7.0)
    failed = requests("Create", seconds=4)

    response = requests.delete(failed["PhysicalResourceId"])

    assert (failed["Status"], response["Status"]) == ("FAILED", "SUCCESS")
    assert aws.trackers() == {}


def test_the_rollback_of_an_update_polls_for_an_orphan_that_is_not_visible_yet(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    guess(aws, invisible_seconds=4.0)
    aws.service.create_event_tracker(name="left", datasetGroupArn=other_group, tags=as_list(ORPHANED))

    requests.change_group(created, other_group, group)

    assert list(aws.trackers()) == [created]


def test_a_lost_response_to_untag_resource_does_not_fail_an_adoption(aws: World, group: str) -> None:
    retained = aws.tracker(group, tags=OWNED)

    class Role(OtherwiseReal):
        """Denies the removal of tags from what does not carry the stack's id, as to botocore's second attempt."""

        def untag_resource(self, **arguments: Any) -> Any:
            aws.service.untag_resource(**arguments)
            raise client_error("AccessDeniedException", 400, "UntagResource")

    response = Requests(aws, Role(aws.service))(
        "Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"}
    )

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", retained)


def test_a_role_that_may_not_untag_fails_an_adoption_with_the_remedy(aws: World, group: str) -> None:
    retained = aws.tracker(group, tags=OWNED)
    denied = client_error("AccessDeniedException", 400, "UntagResource")

    response = with_fault(aws, always("untag_resource", denied))(
        "Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"}
    )

    assert "Allow personalize:UntagResource" in response["Reason"]
    assert aws.tags(retained) == OWNED


@pytest.mark.parametrize("lost", [ReadTimeoutError(endpoint_url="https://x"), client_error("InternalFailure", 500)])
@pytest.mark.parametrize("operation", ["create_event_tracker", "describe_event_tracker"])
def test_a_tracker_that_failed_is_undone_whichever_call_got_no_response(
    aws: World, requests: Requests, group: str, other_group: str, operation: str, lost: Exception
) -> None:
    created = requests.create()
    aws.backend.tracker_creations_to_fail = 1
    calls = itertools.count()
    # The first DescribeEventTracker call is of the physical id.
    nth = 1 if operation == "describe_event_tracker" else 0
    faulty = with_fault(aws, lambda name: lost if name == operation and next(calls) == nth else None, after_effect=True)

    response = faulty.change_group(created, group, other_group)

    assert "became CREATE FAILED" in response["Reason"]
    aws.time.sleep(60)
    assert list(aws.trackers()) == [created]


def test_a_tracker_that_only_the_first_attempt_of_botocore_made_is_undone(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    refused = client_error("InvalidInputException", 400, "CreateEventTracker")
    refused.response["ResponseMetadata"]["RetryAttempts"] = 1
    faulty = with_fault(aws, always("create_event_tracker", refused), after_effect=True)

    response = faulty.change_group(created, group, other_group)

    assert response["Status"] == "FAILED"
    aws.time.sleep(60)
    assert list(aws.trackers()) == [created]


def test_an_update_whose_creation_was_refused_has_nothing_to_undo(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    refused = always("create_event_tracker", client_error("InvalidInputException", 400, "CreateEventTracker"))
    began = aws.time.now

    response = with_fault(aws, refused).change_group(created, group, other_group)

    assert response["Status"] == "FAILED"
    assert aws.time.now == began


def test_a_tracking_id_that_only_create_event_tracker_tells_is_returned(
    aws: World, requests: Requests, group: str
) -> None:
    guess(aws, left_out_members=frozenset({"trackingId"}))

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    (tracker,) = aws.backend.event_trackers.values()
    assert response["Data"]["TrackingId"] == tracker.tracking_id


def test_nothing_is_said_to_be_left_when_what_was_made_is_gone(
    aws: World, requests: Requests, group: str, other_group: str, log: Log
) -> None:
    created = requests.create()
    aws.time.spawn(lambda: [aws.backend._event_trackers.pop(arn) for arn in aws.trackers_in(other_group)], delay=3)

    response = requests.change_group(created, group, other_group)

    assert response["Status"] == "FAILED"
    assert [line for line in log() if "Left to the rollback" in line["message"]] == []


def test_what_could_not_be_deleted_is_said_to_be_left(
    aws: World, requests: Requests, group: str, other_group: str, log: Log
) -> None:
    created = requests.create()
    aws.backend.tracker_creations_to_fail = 1
    refused = always("delete_event_tracker", client_error("InvalidInputException", 400, "DeleteEventTracker"))

    with_fault(aws, refused).change_group(created, group, other_group)

    (line,) = [line for line in log() if "Left to the rollback" in line["message"]]
    assert "InvalidInputException: in a test" in line["why"]


def test_what_another_delivery_may_have_responded_with_is_not_undone(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    change: dict[str, Any] = {
        "PhysicalResourceId": requests.create(),
        "ResourceProperties": {"DatasetGroupArn": other_group},
        "OldResourceProperties": {"DatasetGroupArn": group},
    }
    made = requests("Update", **change)["PhysicalResourceId"]
    aws.backend.event_trackers[made].status = "SOMETHING NEW"
    lost = once("create_event_tracker", ReadTimeoutError(endpoint_url="https://x"))

    again = with_fault(aws, lost)("Update", **change)

    assert again["Status"] == "FAILED"
    assert made in aws.trackers()


def test_a_list_that_is_left_out_is_empty(aws: World, group: str) -> None:
    class Terse(OtherwiseReal):
        def list_tags_for_resource(self, **arguments: Any) -> Any:
            return {}

        def list_event_trackers(self, **arguments: Any) -> Any:
            return {}

    theirs = aws.tracker(group)
    requests = Requests(aws, Terse(aws.service))

    assert requests.delete(theirs)["Status"] == "SUCCESS"
    assert requests.delete("not-created:the-failed-one")["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [theirs]


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

    requests.delete("not-created:the-failed-one")

    aws.time.sleep(60)
    assert aws.trackers() == {}


@pytest.mark.parametrize("code", [None, "InvalidInputException", "ResourceNotFoundException"])
def test_a_group_that_cannot_be_listed_because_it_is_gone_never_blocks_a_delete(
    aws: World, requests: Requests, code: str | None
) -> None:
    guess(aws, list_of_unknown_group=code)

    response = requests.delete("shop-Tracker-1ABCDEFGHIJKL")

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


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        ),
        (client_error("404", 404), "404: in a test. This is no response of Amazon Personalize."),
    ],
    ids=["credentials", "another server"],
)
def test_a_mistake_in_the_functions_own_set_up_is_told(aws: World, group: str, error: Exception, told: str) -> None:
    response = with_fault(aws, lambda name: error)("Create")

    assert response["Status"] == "FAILED"
    assert told in response["Reason"]


@pytest.mark.parametrize("operation", ["list_tags_for_resource", "delete_event_tracker"])
def test_a_tracker_that_goes_between_two_calls_is_gone(aws: World, group: str, operation: str) -> None:
    left = aws.tracker(group, tags=ACKNOWLEDGED)
    aws.backend.event_trackers[left].status = "CREATE FAILED"

    def fault(name: str) -> None:
        if name == operation:
            aws.backend._event_trackers.pop(left, None)

    response = with_fault(aws, fault)("Create")

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


@pytest.mark.parametrize(
    ("tags", "properties", "operation"),
    [(ORPHANED, {}, "tag_resource"), (OWNED, {"AdoptExisting": "true"}, "untag_resource")],
    ids=["claimed", "adopted"],
)
def test_a_tracker_that_goes_while_it_is_made_usable_is_made_anew(
    aws: World,
    requests: Requests,
    group: str,
    other_group: str,
    tags: dict[str, str],
    properties: dict[str, str],
    operation: str,
) -> None:
    created = requests.create()
    left = aws.tracker(other_group, tags=tags)

    def fault(name: str) -> None:
        if name == operation:
            aws.backend._event_trackers.pop(left, None)

    response = with_fault(aws, fault).change_group(created, group, other_group, **properties)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers_in(other_group) == [response["PhysicalResourceId"]] != [left]


def test_nothing_is_undone_that_this_update_did_not_make(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    # As if CreateEventTracker were idempotent, and responded with what is there.
    created = requests.create()
    theirs = aws.tracker(other_group)
    aws.backend.event_trackers[theirs].status = "CREATE FAILED"

    class Idempotent(OtherwiseReal):
        def create_event_tracker(self, **_: Any) -> Any:
            return {"eventTrackerArn": theirs}

    response = Requests(aws, Idempotent(aws.service)).update(
        created,
        ResourceProperties={"DatasetGroupArn": other_group},
        OldResourceProperties=event("Create")["ResourceProperties"],
    )

    assert response["Status"] == "FAILED"
    aws.time.sleep(60)
    assert theirs in aws.trackers()


def test_orphan_that_goes_by_itself_is_no_failure(aws: World, requests: Requests, group: str, other_group: str) -> None:
    created = requests.create()
    orphan = aws.tracker(other_group, tags=ORPHANED)

    def fault(name: str) -> None:
        if name == "list_tags_for_resource":
            aws.backend._event_trackers.pop(orphan, None)

    response = with_fault(aws, fault).change_group(created, other_group, group)

    assert response["Status"] == "SUCCESS"


def test_a_tracker_that_stays_in_use_is_told_at_the_deadline(aws: World, requests: Requests, group: str) -> None:
    created = requests.create()

    busy = client_error("ResourceInUseException", 400, "DeleteEventTracker")

    response = with_fault(aws, always("delete_event_tracker", busy)).delete(created)

    assert response["Status"] == "FAILED"
    assert "ResourceInUseException: in a test. The limit is the time that the function's Timeout" in response["Reason"]
    assert 700 < aws.time.now < 900
