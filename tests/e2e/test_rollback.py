"""The rollback of a stack, and what a stack retains, as CloudFormation has them: each with all its requests."""

from local.cloud import Cloud
from tests.e2e.conftest import Stack, template, trackers

NOWHERE = "arn:aws:personalize:us-east-1:123456789012:dataset-group/nowhere"


def happened_to_the_tracker(stack: Stack) -> list[str]:
    """What happened to it since the rollback began, in its order."""
    statuses = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(stack.events)]
    (start,) = [n for n, (_, status) in enumerate(statuses) if status.endswith("ROLLBACK_IN_PROGRESS")]
    return [status for logical_id, status in statuses[start:] if logical_id == "Tracker"]


def test_the_rollback_of_a_change_of_group_asks_for_the_old_tracker_before_the_new_one_is_deleted(
    cloud: Cloud, stack: Stack, group: str, other_group: str
) -> None:
    stack.create(Tracker={"DatasetGroupArn": group})
    before = stack.outputs

    stack.update(Tracker={"DatasetGroupArn": other_group}, Second={"DatasetGroupArn": NOWHERE})

    back = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert happened_to_the_tracker(stack) == back
    assert stack.outputs == before
    assert trackers(cloud, group) == [before["TrackerEventTrackerArn"]]
    assert trackers(cloud, other_group) == []


def test_a_create_that_failed_is_followed_by_a_delete_of_what_it_said(cloud: Cloud, stack: Stack, group: str) -> None:
    theirs = cloud.personalize.create_event_tracker(name="theirs", datasetGroupArn=group)["eventTrackerArn"]

    assert stack.create(Tracker={"DatasetGroupArn": group}) == "ROLLBACK_COMPLETE"

    assert happened_to_the_tracker(stack) == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    (deleted,) = [event for event in stack.events if event["ResourceStatus"] == "DELETE_COMPLETE"]
    assert deleted["PhysicalResourceId"].startswith("not-created:")
    assert trackers(cloud, group) == [theirs]


def test_a_rollback_keeps_what_a_replacement_made_if_update_replace_policy_says_so(
    cloud: Cloud, stack: Stack, group: str, other_group: str
) -> None:
    stack.create_from(template({"Tracker": {"DatasetGroupArn": group}}, UpdateReplacePolicy="Retain"))
    before = stack.outputs

    failing = {"Tracker": {"DatasetGroupArn": other_group}, "Second": {"DatasetGroupArn": NOWHERE}}
    assert stack.update_from(template(failing, UpdateReplacePolicy="Retain")) == "UPDATE_ROLLBACK_COMPLETE"

    assert happened_to_the_tracker(stack) == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "DELETE_SKIPPED"]
    assert stack.outputs == before
    assert len(trackers(cloud, other_group)) == 1


def test_a_retained_tracker_is_still_there_after_an_update_that_failed(
    cloud: Cloud, stack: Stack, group: str, other_group: str
) -> None:
    keeper = {"Other": {"DatasetGroupArn": other_group}}
    stack.create_from(template({"Tracker": {"DatasetGroupArn": group}, **keeper}, DeletionPolicy="Retain"))
    (arn,) = trackers(cloud, group)
    before = cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
    assert stack.update_from(template(keeper, DeletionPolicy="Retain")) == "UPDATE_COMPLETE"
    assert trackers(cloud, group) == [arn]

    status = stack.update_from(template({**keeper, "Tracker": {"DatasetGroupArn": group}}, DeletionPolicy="Retain"))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert trackers(cloud, group) == [arn]
    assert cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"] == before
