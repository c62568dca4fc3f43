"""Update: rules U1, U2, U3, U4, U5."""

import pytest

from event_tracker import lifecycle
from simulation.stack import Stack
from simulation.world import World
from tests.integration.requests import ACKNOWLEDGED, ORPHANED, OWNED, Requests, event

MINE = {"Key": "team", "Value": "shop"}
CREATE_ID = event("Create")["RequestId"]
RENAME = {"Name": "clicks", "ReplacementStrategy": "delete_then_create"}


@pytest.mark.parametrize("name", [{}, {"Name": "clicks"}], ids=["generated name", "given name"])
def test_tags_are_brought_to_what_is_wanted_without_interruption(
    aws: World, stack: Stack, group: str, name: dict[str, str]
) -> None:
    stack.create(DatasetGroupArn=group, **name, Tags=[MINE, {"Key": "old", "Value": "1"}])
    before = stack.resources["Tracker"]

    stack.update(DatasetGroupArn=group, **name, Tags=[{"Key": "team", "Value": "web"}, {"Key": "new", "Value": "2"}])

    after = stack.resources["Tracker"]
    assert stack.status == "UPDATE_COMPLETE"
    assert after.physical_id == before.physical_id
    assert after.attributes["TrackingId"] == before.attributes["TrackingId"]
    tags = aws.tags(after.physical_id)
    assert (tags["team"], tags["new"], "old" in tags) == ("web", "2", False)


def test_tags_of_others_stay(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Tags=[MINE])
    arn = stack.resources["Tracker"].physical_id
    aws.service.tag_resource(resourceArn=arn, tags=[{"tagKey": "cost", "tagValue": "42"}])
    aws.service.tag_resource(resourceArn=arn, tags=[{"tagKey": "team", "tagValue": "changed by hand"}])

    stack.update(DatasetGroupArn=group)

    tags = aws.tags(arn)
    assert tags["cost"] == "42"
    assert tags["team"] == "changed by hand"
    assert tags.items() >= OWNED.items() - {("cloudformation:stack-id", OWNED["cloudformation:stack-id"])}


def test_ownership_tags_survive_old_properties_that_name_them(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group)
    arn = stack.resources["Tracker"].physical_id
    aws.time.sleep(1)
    # Refused; the rollback then has these among its old properties.
    before = aws.tags(arn)
    stack.update(DatasetGroupArn=group, Tags=[{"Key": key, "Value": value} for key, value in before.items()])

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.tags(arn) == before


def test_a_name_that_is_left_out_leaves_the_tracker_its_name(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Name="clicks")

    stack.update(DatasetGroupArn=group)

    assert stack.status == "UPDATE_COMPLETE"
    assert aws.only_tracker()["name"] == "clicks"


def test_another_group_gets_a_tracker_and_the_old_one_is_removed_after(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(DatasetGroupArn=group, Tags=[MINE])
    before = stack.resources["Tracker"].physical_id

    stack.update(DatasetGroupArn=other_group, Tags=[MINE])

    after = stack.resources["Tracker"]
    assert stack.status == "UPDATE_COMPLETE"
    assert after.physical_id != before
    assert after.attributes["DatasetGroupArn"] == other_group
    assert list(aws.trackers()) == [after.physical_id]
    assert aws.tags(after.physical_id)["cloudformation:created-by"].startswith("Update/")


def test_the_rollback_of_a_group_change_gets_the_old_tracker_back_with_its_tracking_id(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(DatasetGroupArn=group)
    before = aws.only_tracker()

    stack.update(DatasetGroupArn=other_group, sibling_fails=True)

    after = stack.resources["Tracker"]
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert after.physical_id == before["eventTrackerArn"]
    assert after.attributes["TrackingId"] == before["trackingId"]
    assert aws.only_tracker() == before


@pytest.mark.parametrize("tags", [ORPHANED, {}], ids=["orphan", "somebody's"])
def test_the_rollback_removes_the_orphan_of_a_failed_update_and_nothing_of_others(
    aws: World, requests: Requests, group: str, other_group: str, tags: dict[str, str]
) -> None:
    created = requests.create()
    met = aws.tracker(other_group, tags=tags)

    response = requests.change_group(created, other_group, group)

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == ([created] if tags else [created, met])


def test_a_rename_is_refused_before_anything_is_touched(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Tags=[MINE])
    before = aws.only_tracker()

    stack.update(DatasetGroupArn=group, Name="clicks", Tags=[{"Key": "team", "Value": "web"}])

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    (reason,) = stack.reasons
    for told in (before["name"], before["eventTrackerArn"], "Nothing was changed", "delete_then_create"):
        assert told in reason
    assert aws.only_tracker() == before
    assert aws.tags(before["eventTrackerArn"])["team"] == "shop"


def test_a_rename_that_the_template_opts_in_to_replaces_the_tracker(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group)
    before = stack.resources["Tracker"]

    stack.update(DatasetGroupArn=group, **RENAME)

    after = stack.resources["Tracker"]
    assert stack.status == "UPDATE_COMPLETE"
    assert aws.trackers() == {after.physical_id: "clicks"}
    assert after.attributes["TrackingId"] != before.attributes["TrackingId"]


@pytest.mark.parametrize("name", [{}, {"Name": "views"}], ids=["generated", "given"])
def test_a_rename_that_rolls_back_restores_what_the_template_says(
    aws: World, stack: Stack, group: str, name: dict[str, str]
) -> None:
    stack.create(DatasetGroupArn=group, **name)

    stack.update(DatasetGroupArn=group, **RENAME, sibling_fails=True)

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    tracker = aws.only_tracker()
    assert tracker["eventTrackerArn"] == stack.resources["Tracker"].physical_id
    # A template that gives no name takes whichever the tracker has.
    assert tracker["name"] == name.get("Name", "clicks")


def test_a_rename_that_fails_half_way_rolls_back(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Name="views")
    aws.backend.tracker_creations_to_fail = 1

    stack.update(DatasetGroupArn=group, **RENAME)

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    tracker = aws.only_tracker()
    assert (tracker["name"], tracker["status"]) == ("views", "ACTIVE")
    assert tracker["eventTrackerArn"] == stack.resources["Tracker"].physical_id


def test_an_adopted_tracker_is_not_renamed_even_when_opted_in(aws: World, stack: Stack, group: str) -> None:
    theirs = aws.tracker(group, name="theirs")
    stack.create(DatasetGroupArn=group, AdoptExisting=True)

    stack.update(DatasetGroupArn=group, AdoptExisting=True, **RENAME)

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "this resource does not own the tracker, so it cannot replace it" in stack.reasons[0]
    assert aws.trackers() == {theirs: "theirs"}


@pytest.mark.parametrize("opted_in", [{}, {"ReplacementStrategy": "delete_then_create"}], ids=["", "opted in"])
@pytest.mark.parametrize("tags", [OWNED, ACKNOWLEDGED], ids=["handed over", "retained"])
def test_a_retained_tracker_of_another_name_in_the_wanted_group_is_never_renamed(
    aws: World, requests: Requests, group: str, other_group: str, tags: dict[str, str], opted_in: dict[str, str]
) -> None:
    created = requests.create()
    met = aws.tracker(other_group, name="met", tags=tags)

    response = requests.change_group(created, group, other_group, Name="clicks", **opted_in)

    assert response["Status"] == "FAILED"
    assert "leave out Name, or set Name: met, and to use it as it is, set AdoptExisting: true" in response["Reason"]
    assert aws.tags(met) == tags
    assert met in aws.trackers()


@pytest.mark.parametrize("status", ["", "DELETE PENDING", "CREATE FAILED"], ids=["gone", "being deleted", "failed"])
def test_a_tracker_that_is_gone_or_of_no_use_is_made_anew(aws: World, stack: Stack, group: str, status: str) -> None:
    stack.create(DatasetGroupArn=group)
    before = stack.resources["Tracker"].physical_id
    if status == "CREATE FAILED":
        aws.backend.event_trackers[before].status = status
    else:
        aws.service.delete_event_tracker(eventTrackerArn=before)
        aws.time.sleep(0 if status else 60)

    stack.update(DatasetGroupArn=group, Tags=[MINE])

    assert stack.status == "UPDATE_COMPLETE"
    assert list(aws.trackers()) == [stack.resources["Tracker"].physical_id] != [before]


@pytest.mark.parametrize(
    "physical_id",
    ["made-by-another-provider", "arn:aws:personalize:eu-west-1:123456789012:event-tracker/ca4f41f3"],
    ids=["no ARN", "another region"],
)
def test_a_provider_that_is_swapped_in_makes_a_tracker_of_its_own(
    aws: World, requests: Requests, group: str, physical_id: str
) -> None:
    response = requests.update(physical_id)

    assert response["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]

    requests.delete(physical_id)
    assert list(aws.trackers()) == [response["PhysicalResourceId"]]


def test_a_provider_that_is_swapped_in_over_somebodys_tracker_uses_it_and_never_deletes_it(
    aws: World, requests: Requests, group: str
) -> None:
    theirs = aws.tracker(group)

    response = requests.update(theirs)
    deleted = requests.delete(theirs)

    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", theirs)
    assert deleted["Status"] == "SUCCESS"
    assert list(aws.trackers()) == [theirs]


def test_an_update_adopts_only_when_the_template_says_so(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(DatasetGroupArn=group)
    before = stack.resources["Tracker"].physical_id
    theirs = aws.tracker(other_group)

    stack.update(DatasetGroupArn=other_group)
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.resources["Tracker"].physical_id == before

    stack.update(DatasetGroupArn=other_group, AdoptExisting=True)
    assert stack.status == "UPDATE_COMPLETE"
    assert list(aws.trackers()) == [theirs]


@pytest.mark.parametrize(("failures", "seconds"), [(1, 900), (0, 10)], ids=["tracker fails", "out of time"])
def test_a_failed_update_responds_with_the_id_it_was_given_and_removes_what_it_made(
    aws: World, requests: Requests, group: str, other_group: str, failures: int, seconds: float
) -> None:
    created = requests.create()
    aws.backend.tracker_creations_to_fail = failures

    response = requests.change_group(created, group, other_group, seconds=seconds)

    assert (response["Status"], response["PhysicalResourceId"]) == ("FAILED", created)
    aws.time.sleep(60)
    assert list(aws.trackers()) == [created]


def test_an_update_that_runs_out_of_time_leaves_to_the_rollback_what_it_cannot_remove_yet(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(DatasetGroupArn=group)
    before = stack.resources["Tracker"].physical_id

    stack.update(DatasetGroupArn=other_group, ServiceTimeout=5)

    assert "and not ACTIVE after 3 s" in stack.reasons[0]
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert list(aws.trackers()) == [before]


def test_whatever_fails_an_update_what_it_made_is_removed(
    aws: World, requests: Requests, group: str, other_group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = requests.create()
    monkeypatch.setattr(lifecycle, "wait_until_active", lambda *_: {}["what"])

    response = requests.change_group(created, group, other_group)

    assert "Unexpected error" in response["Reason"]
    aws.time.sleep(60)
    assert list(aws.trackers()) == [created]


def test_a_redelivered_update_responds_the_same(aws: World, requests: Requests, group: str, other_group: str) -> None:
    created = requests.create()
    first = requests.change_group(created, group, other_group)

    again = requests.change_group(created, group, other_group)

    assert again == first
    assert len(aws.trackers()) == 2


def test_a_redelivered_rename_keeps_the_tracker_that_it_made(aws: World, requests: Requests, group: str) -> None:
    created = requests.create()
    first = requests.change_group(created, group, group, **RENAME)

    again = requests.change_group(created, group, group, **RENAME)

    assert again == first
    assert aws.trackers() == {first["PhysicalResourceId"]: "clicks"}


def test_one_of_as_many_tags_as_there_can_be_is_replaced(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(47)])

    stack.update(DatasetGroupArn=group, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(1, 48)])

    assert stack.status == "UPDATE_COMPLETE"
    assert "k47" in aws.tags(stack.resources["Tracker"].physical_id)


def test_a_tag_too_many_for_a_tracker_that_others_tag_too_is_told_with_the_remedy(
    aws: World, stack: Stack, group: str
) -> None:
    aws.tracker(group, tags={f"theirs{i}": "v" for i in range(10)})

    stack.create(DatasetGroupArn=group, AdoptExisting=True, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(45)])

    assert "including those of others: remove some" in stack.reasons[0]


def test_tags_that_are_as_wanted_are_not_touched(aws: World, stack: Stack, group: str) -> None:
    stack.create(DatasetGroupArn=group, Tags=[MINE])

    stack.update(DatasetGroupArn=group, Tags=[MINE], ServiceTimeout=300)

    assert not {"tag_resource", "untag_resource"} & set(aws.wire.calls)


def test_the_tracker_that_a_rollback_comes_back_to_keeps_tags_that_others_gave_it(
    aws: World, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(DatasetGroupArn=group)
    arn = stack.resources["Tracker"].physical_id
    aws.service.tag_resource(resourceArn=arn, tags=[{"tagKey": "team", "tagValue": "shop"}])

    # The rollback has this tag among its old properties, with the same value.
    stack.update(DatasetGroupArn=other_group, Tags=[MINE], sibling_fails=True)

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.tags(arn)["team"] == "shop"


@pytest.mark.parametrize("physical_id", ["shop-Tracker-1ABCDEFGHIJKL", f"not-created:{CREATE_ID}"])
def test_what_an_update_takes_over_from_a_failed_create_survives_the_clean_up_of_that(
    aws: World, requests: Requests, group: str, physical_id: str
) -> None:
    created = requests.create()

    updated = requests.update(physical_id)
    requests.delete(physical_id)

    assert updated["PhysicalResourceId"] == created
    assert list(aws.trackers()) == [created]
