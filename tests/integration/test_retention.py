"""What was retained, handed over or adopted is never deleted, nor is what is newer: rules C3, C4, U2, U3, D3."""

from collections.abc import Callable
from typing import Any

import pytest

from simulation.world import World
from tests.integration.requests import OWNED, Requests, owned

INVENTED = "shop-Tracker-1ABCDEFGHIJKL"
OPT_IN = {"ReplacementStrategy": "delete_then_create"}


class Resource:
    """A resource with `UpdateReplacePolicy: Retain`: no Delete follows when its physical id changes."""

    def __init__(self, aws: World) -> None:
        self.physical_id = ""
        self._requests = Requests(aws)
        self._properties: dict[str, Any] = {}
        self._number = 0

    def create(self, group: str, **properties: Any) -> None:
        self._change("Create", {"DatasetGroupArn": group, **properties})

    def update(self, group: str, **properties: Any) -> dict[str, Any]:
        return self._change("Update", {"DatasetGroupArn": group, **properties})

    def fail_to_update(self, group: str, **properties: Any) -> str:
        """Update, have CloudFormation roll back, and return the reason."""
        before, tried = self._properties, {"DatasetGroupArn": group, **properties}
        failed = self._change("Update", tried)
        assert (failed["Status"], failed["PhysicalResourceId"]) == ("FAILED", self.physical_id)
        self._properties = tried
        rolled_back = self._change("Update", before)
        assert (rolled_back["Status"], rolled_back["PhysicalResourceId"]) == ("SUCCESS", self.physical_id)
        return str(failed["Reason"])

    def delete(self) -> None:
        self._change("Delete", self._properties)

    def _change(self, request_type: str, properties: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        response = self._requests(
            request_type,
            RequestId=f"request-{self._number}",
            PhysicalResourceId=None if request_type == "Create" else self.physical_id,
            ResourceProperties=properties,
            OldResourceProperties=self._properties if request_type == "Update" else None,
        )
        if response["Status"] == "SUCCESS":
            self.physical_id, self._properties = response["PhysicalResourceId"], properties
        return response


def replaced(aws: World, resource: Resource, group: str, other_group: str) -> None:
    resource.create(group)
    resource.update(other_group)


def declared_again(aws: World, resource: Resource, group: str, other_group: str) -> None:
    resource.create(group)
    resource.create(other_group)


def handed_over(aws: World, resource: Resource, group: str, other_group: str) -> None:
    aws.tracker(group, tags=OWNED)
    resource.create(other_group)


def made_by_an_update(aws: World, resource: Resource, group: str, other_group: str) -> None:
    resource.create(aws.dataset_group("songs"))
    resource.update(group)
    resource.update(other_group)


def younger(aws: World, resource: Resource, group: str, other_group: str) -> None:
    resource.create(other_group)
    resource.update(group)
    resource.update(other_group)


def not_acknowledged_in_time(aws: World, resource: Resource, group: str, other_group: str) -> None:
    # Its Create was killed right after the response.
    replaced(aws, resource, group, other_group)
    (arn,) = aws.trackers_in(group)
    sent = aws.tags(arn)["cloudformation:created-by"].split("/")[2]
    tag = {"tagKey": "cloudformation:created-by", "tagValue": f"Create/request-1/{sent}/{sent}"}
    aws.service.tag_resource(resourceArn=arn, tags=[tag])


RETAINED: list[Callable[[World, Resource, str, str], None]] = [
    replaced,
    declared_again,
    handed_over,
    made_by_an_update,
    younger,
    not_acknowledged_in_time,
]


@pytest.fixture
def resource(aws: World) -> Resource:
    return Resource(aws)


def state(aws: World, arn: str) -> Any:
    """Everything about a tracker that somebody may rely on."""
    described = aws.service.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    tags = aws.tags(arn)
    # A rollback may claim the tracker that the resource has, so that a late rename does not take it away.
    tags.pop("cloudformation:created-by", None)
    # The fake counts a change of tags as one of the tracker.
    return {**described, "lastUpdatedDateTime": None}, tags


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"Tags": [{"Key": "aws:team", "Value": "shop"}]}, "Tags[0].Key is 'aws:team'"),
        ({"Name": "other"}, "and a dataset group can have only one event tracker"),
        ({"Name": "other", **OPT_IN}, "and a dataset group can have only one event tracker"),
    ],
    ids=["invalid", "another name", "another name, opted in"],
)
@pytest.mark.parametrize("retain", RETAINED)
def test_an_update_that_is_refused_and_its_rollback_leave_a_retained_tracker_as_it_is(
    aws: World,
    resource: Resource,
    group: str,
    other_group: str,
    retain: Callable[[World, Resource, str, str], None],
    wanted: Any,
    reason: str,
) -> None:
    retain(aws, resource, group, other_group)
    (retained,) = aws.trackers_in(group)
    before = state(aws, retained), state(aws, resource.physical_id)

    told = resource.fail_to_update(group, **wanted)

    assert reason in told
    assert (state(aws, retained), state(aws, resource.physical_id)) == before


@pytest.mark.parametrize("adopt", [{}, {"AdoptExisting": "true"}], ids=["", "AdoptExisting"])
@pytest.mark.parametrize("tags", [OWNED, owned("Create/an-earlier-one", -60, -30)], ids=["handed over", "retained"])
def test_the_delete_after_a_create_that_never_responded_leaves_a_retained_tracker(
    aws: World, requests: Requests, group: str, tags: dict[str, str], adopt: dict[str, str]
) -> None:
    retained = aws.tracker(group, tags=tags)

    response = requests.delete(INVENTED, ResourceProperties={"DatasetGroupArn": group, **adopt})

    assert response["Status"] == "SUCCESS"
    assert aws.tags(retained) == tags


def test_the_delete_that_lambda_delivers_late_removes_what_a_create_without_a_response_has_made(
    aws: World, requests: Requests, group: str
) -> None:
    # CloudFormation sent both before the Create had responded.
    create, delete = requests.url, f"{requests.url[:-3]}03Z"
    requests("Create", ResponseURL=create)

    response = requests.delete(INVENTED, ResponseURL=delete)

    assert response["Status"] == "SUCCESS"
    assert aws.trackers() == {}


@pytest.mark.parametrize("then", ["rolled back", "deleted"])
def test_a_retained_tracker_that_an_update_adopts_is_the_stacks_no_more(
    aws: World, resource: Resource, group: str, other_group: str, then: str
) -> None:
    replaced(aws, resource, group, other_group)
    (retained,) = aws.trackers_in(group)

    resource.update(group, AdoptExisting="true")
    assert (resource.physical_id, aws.tags(retained)) == (retained, {})
    if then == "rolled back":
        resource.update(other_group)
        # The clean-up.
        Requests(aws).delete(retained, ResourceProperties={"DatasetGroupArn": group})
    else:
        resource.delete()

    assert retained in aws.trackers()


def test_a_rename_that_is_delivered_again_after_its_rollback_is_refused_as_overtaken(
    aws: World, requests: Requests, group: str
) -> None:
    old = {"DatasetGroupArn": group, "Name": "one"}
    new = {"DatasetGroupArn": group, "Name": "two", **OPT_IN}
    first = requests("Create", ResourceProperties=old)["PhysicalResourceId"]
    rename: dict[str, Any] = {
        "ResponseURL": requests.url,
        "PhysicalResourceId": first,
        "ResourceProperties": new,
        "OldResourceProperties": old,
    }
    second = requests("Update", **rename)["PhysicalResourceId"]
    rollback = requests.update(second, RequestId="rollback", ResourceProperties=old, OldResourceProperties=new)

    again = requests("Update", **rename)

    assert again["Status"] == "FAILED"
    assert again["Reason"].endswith(
        "This request came too late, and nothing was changed. You need not do anything about it."
    )
    assert aws.trackers() == {rollback["PhysicalResourceId"]: "one"}


def test_an_update_of_a_tracker_that_a_newer_request_has_claimed_is_refused_as_overtaken(
    aws: World, requests: Requests, group: str
) -> None:
    newer = aws.tracker(group, tags=owned("Update/a-newer-one", 3600))

    response = requests.update(newer)

    assert response["Status"] == "FAILED"
    assert f"({newer}) belongs to a newer request" in response["Reason"]
    assert aws.tags(newer) == owned("Update/a-newer-one", 3600)


def test_a_create_that_is_sent_anew_while_the_failed_one_is_preserved_makes_another_tracker(
    aws: World, requests: Requests, group: str
) -> None:
    # As with --disable-rollback: the Delete of the failed id comes last.
    failed = requests("Create", seconds=4)
    assert failed["Status"] == "FAILED"
    aws.time.sleep(60)

    created = requests("Create", RequestId="another")
    requests.delete(failed["PhysicalResourceId"])

    assert created["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [created["PhysicalResourceId"]]


def test_a_tracker_that_an_update_comes_back_to_is_the_stacks_again(
    aws: World, resource: Resource, group: str, other_group: str
) -> None:
    replaced(aws, resource, group, other_group)
    (retained,) = aws.trackers_in(group)
    responded = aws.tags(retained)["cloudformation:created-by"].split("/")[3]
    aws.time.sleep(60)

    resource.update(group)

    assert resource.physical_id == retained
    known = aws.tags(retained)["cloudformation:created-by"].split("/")
    assert known[:2] == ["Update", "request-3"]
    # Somebody may have used its tracking ID all the time: it stays acknowledged.
    assert known[3] == responded < known[2]


def test_an_update_that_comes_back_to_a_tracker_without_a_known_response_notes_its_own_time(
    aws: World, resource: Resource, group: str, other_group: str
) -> None:
    handed_over(aws, resource, group, other_group)
    (given,) = aws.trackers_in(group)

    resource.update(group)

    known = aws.tags(given)["cloudformation:created-by"].split("/")
    assert known[2] == known[3]


def test_an_orphan_of_an_update_is_deleted_by_the_rollback_and_no_tracker_that_a_create_made(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    unacknowledged = aws.tracker(other_group, tags=owned("Create/an-earlier-one", -60))

    requests.change_group(created, other_group, group)

    assert unacknowledged in aws.trackers()


def test_without_the_date_in_the_address_nothing_is_taken_for_an_orphan(
    aws: World, requests: Requests, group: str, other_group: str
) -> None:
    created = requests.create()
    kept = aws.tracker(other_group, tags=owned("Update/an-earlier-one", -60))

    response = requests.update(
        created,
        ResponseURL="https://response.example/?X-Amz-Date=yesterday",
        ResourceProperties={"DatasetGroupArn": group},
        OldResourceProperties={"DatasetGroupArn": other_group},
    )

    assert response["Status"] == "SUCCESS"
    assert kept in aws.trackers()
