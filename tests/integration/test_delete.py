"""Delete: rules D1, D2, D3, D4, D5."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from simulation.stack import Stack
from simulation.world import World
from tests.integration.faults import OtherwiseReal, always, client_error
from tests.integration.requests import NEWER, OWNED, Requests, owned, with_fault

Log = Callable[[], list[dict[str, Any]]]

INVENTED = "shop-Tracker-1ABCDEFGHIJKL"


def test_a_delete_waits_until_the_tracker_is_gone_so_that_the_group_can_go_next(
    aws: World, stack: Stack, group: str
) -> None:
    stack.create(DatasetGroupArn=group)
    start = aws.time.now

    stack.delete()

    assert stack.status == "DELETE_COMPLETE"
    assert aws.time.now - start > 5
    assert aws.trackers() == {}
    for dataset in list(aws.backend.datasets):
        aws.service.delete_dataset(datasetArn=dataset)
    aws.service.delete_dataset_group(datasetGroupArn=group)


@pytest.mark.parametrize("seconds", [0, 900], ids=["being made", "being deleted"])
def test_a_tracker_that_is_still_changing_is_waited_for_and_deleted(
    aws: World, requests: Requests, group: str, seconds: float
) -> None:
    created = requests.create(seconds=seconds)
    if seconds:
        aws.service.delete_event_tracker(eventTrackerArn=created)

    response = requests.delete(created)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


@pytest.mark.parametrize(
    "tags",
    [{}, {**OWNED, "cloudformation:stack-id": "another"}, {**OWNED, "cloudformation:logical-id": "Other"}, NEWER],
    ids=["nobody's", "another stack's", "another resource's", "a newer request's"],
)
def test_a_tracker_that_is_not_ours_is_left_in_place_and_the_log_says_so(
    aws: World,
    requests: Requests,
    group: str,
    tags: dict[str, str],
    log: Log,
) -> None:
    theirs = aws.tracker(group, tags=tags)

    response = requests.delete(theirs)

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [theirs]
    assert aws.tags(theirs) == tags
    assert any("Left in place" in line["message"] and line["tracker"] == theirs for line in log())


def test_ownership_can_be_given_and_taken_away_by_hand(aws: World, requests: Requests, group: str) -> None:
    given = aws.tracker(group)
    aws.service.tag_resource(
        resourceArn=given, tags=[{"tagKey": key, "tagValue": value} for key, value in OWNED.items()]
    )
    requests.delete(given)
    assert aws.trackers() == {}

    taken = requests.create()
    aws.service.untag_resource(resourceArn=taken, tagKeys=list(OWNED))
    requests.delete(taken)
    assert list(aws.trackers()) == [taken]


@pytest.mark.parametrize(
    ("tags", "physical_id", "deleted"),
    [
        (owned("Create/the-failed-one", -60), "not-created:the-failed-one", True),
        (owned("Create/another", -60), "not-created:the-failed-one", False),
        (owned("Update/the-failed-one", -60), "not-created:the-failed-one", False),
        (owned("Create/whichever", -60), INVENTED, True),
        (owned("Create/whichever", -60, 3600), INVENTED, True),
        (owned("Create/whichever", -60, -30), INVENTED, False),
        (OWNED, INVENTED, False),
        (owned("Update/whichever", -60), INVENTED, False),
        ({}, "not-created:11111111-1111-4111-8111-111111111111", False),
        ({}, INVENTED, False),
    ],
)
def test_without_an_arn_only_what_the_failed_create_left_is_deleted(
    aws: World, requests: Requests, group: str, tags: dict[str, str], physical_id: str, deleted: bool
) -> None:
    left = aws.tracker(group, tags=tags)

    response = requests.delete(physical_id)

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert list(aws.trackers()) == ([] if deleted else [left])


def test_a_create_that_responded_is_not_waited_for(aws: World, requests: Requests, group: str) -> None:
    assert requests.delete("not-created:the-failed-one")["Status"] == "SUCCESS"
    assert aws.time.now < 1


def test_a_create_that_never_responded_is_rolled_back(aws: World, stack: Stack, group: str) -> None:
    stack.create_abandoned(2, DatasetGroupArn=group)

    assert stack.status == "ROLLBACK_COMPLETE"
    aws.time.sleep(1000)
    assert aws.trackers() == {}


@pytest.mark.parametrize("seconds", [5, 65])
def test_a_create_that_is_delivered_again_while_its_rollback_polls_leaves_nothing(
    aws: World, requests: Requests, group: str, seconds: float
) -> None:
    later, url = Requests(aws), requests.url
    aws.time.sleep(5)
    aws.time.spawn(lambda: later("Create", ResponseURL=url), delay=seconds)

    requests.delete(INVENTED)

    aws.time.sleep(60)
    assert len(later.inbox.responses) == 1
    assert aws.trackers() == {}


def test_a_deletion_that_the_role_does_not_allow_fails_with_the_remedy(
    aws: World, requests: Requests, group: str
) -> None:
    created = requests.create()

    denied = client_error("AccessDeniedException", 400, "DeleteEventTracker")

    response = with_fault(aws, always("delete_event_tracker", denied)).delete(created)

    assert response["Status"] == "FAILED"
    assert "Allow personalize:DeleteEventTracker" in response["Reason"]


@pytest.mark.parametrize("after_effect", [True, False])
def test_a_role_that_may_delete_only_what_is_tagged_is_no_obstacle_when_the_tracker_is_gone(
    aws: World, requests: Requests, group: str, after_effect: bool
) -> None:
    created = requests.create()

    class Role(OtherwiseReal):
        """Denies the deletion of what carries no tag, as what is gone."""

        lost = after_effect

        def delete_event_tracker(self, eventTrackerArn: str) -> Any:  # noqa: N803
            if eventTrackerArn not in aws.trackers():
                raise client_error("AccessDeniedException", 400, "DeleteEventTracker")
            response = aws.service.delete_event_tracker(eventTrackerArn=eventTrackerArn)
            if self.lost:
                self.lost = False
                aws.time.sleep(21)
                raise ReadTimeoutError(endpoint_url="https://personalize.example")
            return response

    if not after_effect:
        aws.service.delete_event_tracker(eventTrackerArn=created)

    response = Requests(aws, Role(aws.service)).delete(created)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


@pytest.mark.parametrize(
    "properties",
    [
        None,
        "text",
        {},
        {"DatasetGroupArn": "nonsense"},
        {"DatasetGroupArn": ["a", "list"], "Tags": 5, "ServiceTimeout": "0", "Unknown": "1"},
        {"Tags": [{"Key": "a", "Value": 5}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("physical_id", [INVENTED, ""])
def test_properties_that_do_not_parse_never_block_a_delete(
    aws: World, requests: Requests, group: str, properties: Any, physical_id: str
) -> None:
    theirs = aws.tracker(group, tags=owned("Create/whichever", -60))

    response = requests.delete(physical_id, ResourceProperties=properties)

    assert response["Status"] == "SUCCESS"
    # Nothing tells that it is the one.
    assert list(aws.trackers()) == [theirs]


def test_properties_that_do_not_parse_do_not_keep_a_tracker_from_being_deleted(
    aws: World, requests: Requests, group: str
) -> None:
    created = requests.create()

    response = requests.delete(created, ResourceProperties="text")

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


def test_a_redelivered_delete_finds_nothing_and_responds_the_same(aws: World, requests: Requests, group: str) -> None:
    created = requests.create()
    first = requests.delete(created)

    again = requests.delete(created)

    assert first == again
    assert first["PhysicalResourceId"] == created
