"""`python -m operations orphans` on the local cloud, with a tracker of every kind."""

import itertools
import json

import pytest

from local.cloud import Cloud
from operations.__main__ import main
from operations.owners import CREATED_BY, LOGICAL_ID, STACK_ID, Finding
from tests.e2e.conftest import Stack, template

_numbers = itertools.count(1)
RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def owned(cloud: Cloud, stack_id: str, logical_id: str = "Tracker", *, created_by: str | None = None) -> str:
    """A tracker that looks as if a resource had made it."""
    values = {STACK_ID: stack_id, LOGICAL_ID: logical_id} | ({CREATED_BY: created_by} if created_by else {})
    made = cloud.personalize.create_event_tracker(
        name="clicks",
        datasetGroupArn=cloud.create_dataset_group(f"orphans-{next(_numbers)}"),
        tags=[{"tagKey": key, "tagValue": value} for key, value in values.items()],
    )
    return made["eventTrackerArn"]


@pytest.fixture
def kinds(cloud: Cloud, stack: Stack, group: str, other_group: str) -> dict[str, Finding]:
    """What is to be found of each tracker, by its ARN."""
    assert stack.create_from(template({"Tracker": {"DatasetGroupArn": group}})) == "CREATE_COMPLETE"
    alive, stack_id = stack.outputs["TrackerEventTrackerArn"], stack.stack_id

    retaining = Stack(cloud, f"{stack.name}-retaining")
    assert retaining.create_from(template({"Tracker": {"DatasetGroupArn": other_group}}, **RETAIN)) == "CREATE_COMPLETE"
    replaced_on_purpose = retaining.outputs["TrackerEventTrackerArn"]
    third_group = cloud.create_dataset_group(f"orphans-{next(_numbers)}")
    assert retaining.update_from(template({"Tracker": {"DatasetGroupArn": third_group}}, **RETAIN)) == "UPDATE_COMPLETE"
    left_by_deletion, retaining_id = retaining.outputs["TrackerEventTrackerArn"], retaining.stack_id
    assert retaining.delete() == "DELETE_COMPLETE"

    by_hand = cloud.personalize.create_event_tracker(
        name="by-hand", datasetGroupArn=cloud.create_dataset_group(f"orphans-{next(_numbers)}")
    )
    return {
        alive: Finding.IN_USE,
        replaced_on_purpose: Finding.RETAINED,
        left_by_deletion: Finding.RETAINED,
        by_hand["eventTrackerArn"]: Finding.UNOWNED,
        owned(cloud, retaining_id): Finding.STACK_GONE,
        owned(cloud, stack_id.replace(stack.name, "never")): Finding.STACK_GONE,
        owned(cloud, stack_id, "Old"): Finding.RESOURCE_GONE,
        owned(cloud, stack_id): Finding.REPLACED,
        owned(cloud, stack_id, created_by="Update/1/20261125T221000Z/pending"): Finding.UNACKNOWLEDGED,
        owned(cloud, stack_id.replace("us-east-1", "us-west-2")): Finding.UNDECIDED,
    }


def test_a_tracker_of_every_kind_is_told_apart_and_the_commands_remove_the_orphans_and_nothing_else(
    cloud: Cloud, kinds: dict[str, Finding], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable, value in cloud.environment.items():
        monkeypatch.setenv(variable, value)
    assert set(kinds.values()) == set(Finding)

    status = main(["orphans", "--json", "--all"])

    # Other tests leave theirs.
    told = json.loads(capsys.readouterr().out)
    examined = {each["eventTrackerArn"]: each for each in told if each["eventTrackerArn"] in kinds}
    assert {arn: each["finding"] for arn, each in examined.items()} == kinds
    assert status == 3
    for each in examined.values():
        if each["command"]:
            assert each["command"].startswith("aws personalize delete-event-tracker --region us-east-1")
            cloud.personalize.delete_event_tracker(eventTrackerArn=each["command"].split()[-1])

    main(["orphans", "--json", "--all"])
    listed = {each["eventTrackerArn"] for each in json.loads(capsys.readouterr().out)}
    assert listed & kinds.keys() == {arn for arn, finding in kinds.items() if not finding.is_orphan}
