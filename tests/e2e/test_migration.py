"""docs/migration.md, step by step: the templates are those of the page."""

import re
import time
from pathlib import Path

import pytest

from local.cloud import Cloud
from tests.e2e.conftest import Stack

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()

THEIR_PROVIDER = Path(__file__).with_name("another-provider.yaml").read_text()


def steps(heading: str, **placeholders: str) -> list[str]:
    """The templates under a heading of the page, with its placeholders filled in."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    for placeholder, value in placeholders.items():
        section = section.replace(f"<{placeholder.replace('_', ' ')}>", value)
    return re.findall(r"^```yaml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def the_tracker(cloud: Cloud, group: str) -> dict[str, str]:
    """ARN, name and tracking ID of the one tracker in a group."""
    (summary,) = cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    described = cloud.personalize.describe_event_tracker(eventTrackerArn=summary["eventTrackerArn"])["eventTracker"]
    assert described["status"] == "ACTIVE"
    return {"arn": described["eventTrackerArn"], "name": described["name"], "tracking_id": described["trackingId"]}


def give_ownership(cloud: Cloud, stack: Stack, arn: str, logical_id: str) -> None:
    owner = {"cloudformation:stack-id": stack.stack_id, "cloudformation:logical-id": logical_id}
    tags = [{"tagKey": key, "tagValue": value} for key, value in owner.items()]
    cloud.personalize.tag_resource(resourceArn=arn, tags=tags)  # type: ignore[arg-type]


def remove_ownership(cloud: Cloud, arn: str) -> None:
    keys = ["cloudformation:stack-id", "cloudformation:logical-id", "cloudformation:created-by"]
    cloud.personalize.untag_resource(resourceArn=arn, tagKeys=keys)


def test_a_logical_id_is_renamed(cloud: Cloud, stack: Stack, group: str) -> None:
    before, adopted, after = steps("Rename a logical id")
    assert stack.create_from(before, DatasetGroupArn=group) == "CREATE_COMPLETE"
    tracker = the_tracker(cloud, group)

    # Without step 1: refused, and the reason names this section.
    assert stack.update_from(adopted, DatasetGroupArn=group) == "UPDATE_ROLLBACK_COMPLETE"
    assert "follow docs/migration.md, Rename a logical id" in stack.reasons[0]
    assert the_tracker(cloud, group) == tracker

    remove_ownership(cloud, tracker["arn"])
    assert stack.update_from(adopted, DatasetGroupArn=group) == "UPDATE_COMPLETE"
    assert the_tracker(cloud, group) == tracker
    give_ownership(cloud, stack, tracker["arn"], "FilmTracker")
    assert stack.update_from(after, DatasetGroupArn=group) == "UPDATE_COMPLETE"
    assert the_tracker(cloud, group) == tracker
    assert stack.outputs["TrackingId"] == tracker["tracking_id"]
    assert stack.delete() == "DELETE_COMPLETE"
    assert cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []


def test_from_this_type_to_the_native_one(cloud: Cloud, stack: Stack, group: str) -> None:
    heading = "From this type to the native one"
    before, retained, *_ = steps(heading)
    stack.create_from(before, DatasetGroupArn=group)
    tracker = the_tracker(cloud, group)
    *_, removed, imported, after = steps(heading, name=tracker["name"], tracking_ID=tracker["tracking_id"])

    assert stack.update_from(retained, DatasetGroupArn=group) == "UPDATE_COMPLETE"
    assert stack.update_from(removed, DatasetGroupArn=group) == "UPDATE_COMPLETE"
    assert stack.outputs["TrackingId"] == tracker["tracking_id"]
    assert the_tracker(cloud, group) == tracker
    cloud.cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=imported,
        Parameters=[{"ParameterKey": "DatasetGroupArn", "UsePreviousValue": True}],
        ResourcesToImport=[
            {
                "ResourceType": "AWS::Personalize::EventTracker",
                "LogicalResourceId": "Tracker",
                "ResourceIdentifier": {"EventTrackerArn": tracker["arn"]},
            }
        ],
    )
    names = {"StackName": stack.name, "ChangeSetName": "import"}
    while cloud.cloudformation.describe_change_set(**names)["Status"] != "CREATE_COMPLETE":
        time.sleep(0.1)
    cloud.cloudformation.execute_change_set(**names)
    cloud.cloudformation.get_waiter("stack_import_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})

    assert stack.update_from(after, DatasetGroupArn=group) == "UPDATE_COMPLETE"
    assert stack.outputs["TrackingId"] == tracker["tracking_id"]
    assert the_tracker(cloud, group) == tracker
    assert stack.delete() == "DELETE_COMPLETE"
    assert cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []


@pytest.fixture
def their_provider(cloud: Cloud) -> None:
    assert Stack(cloud, "our-own").create_from(THEIR_PROVIDER % cloud.personalize_url) == "CREATE_COMPLETE"


def migrate(cloud: Cloud, stack: Stack, group: str, templates: list[str]) -> dict[str, str]:
    """Take the steps, of which the first is the state before; returns the tracker, which is the same after each."""
    before, *others = templates
    assert stack.create_from(before, DatasetGroupArn=group) == "CREATE_COMPLETE"
    tracker = the_tracker(cloud, group)
    for template in others:
        assert stack.update_from(template, DatasetGroupArn=group) == "UPDATE_COMPLETE"
        assert stack.outputs["TrackingId"] == tracker["tracking_id"]
        assert the_tracker(cloud, group) == tracker
    return tracker


def test_from_the_native_type_to_this_one_for_good(cloud: Cloud, stack: Stack, group: str) -> None:
    *templates, handed_over = steps("From the native type to this one")
    tracker = migrate(cloud, stack, group, templates)

    give_ownership(cloud, stack, tracker["arn"], "EventTracker")
    assert stack.update_from(handed_over, DatasetGroupArn=group) == "UPDATE_COMPLETE"

    assert stack.outputs["TrackingId"] == tracker["tracking_id"]
    assert the_tracker(cloud, group) == tracker
    assert stack.delete() == "DELETE_COMPLETE"
    assert cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"] == []


@pytest.mark.usefixtures("their_provider")
def test_from_another_custom_resource(cloud: Cloud, stack: Stack, group: str) -> None:
    tracker = migrate(cloud, stack, group, steps("From another custom resource"))

    assert stack.delete() == "DELETE_COMPLETE"
    assert the_tracker(cloud, group) == tracker
