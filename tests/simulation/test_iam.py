"""The role of `template.yaml` as IAM evaluates it, on every call that the function makes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulation.client import ACCOUNT, REGION
from simulation.iam import Statement, needs, role_statements
from simulation.world import ARN_SCOPE, World, account, as_list

GROUP, TRACKER = f"{ARN_SCOPE}:dataset-group/films", f"{ARN_SCOPE}:event-tracker/0123abcd"
OWNED = {"cloudformation:stack-id": "stack"}
ABOUT: dict[str, Any] = {"resourceArn": TRACKER}


@pytest.mark.parametrize(
    ("operation", "arguments", "tags", "is_allowed"),
    [
        ("create_event_tracker", {"datasetGroupArn": GROUP, "tags": as_list(OWNED)}, {}, True),
        ("create_event_tracker", {"datasetGroupArn": GROUP.replace(ACCOUNT, "999999999999")}, {}, False),
        ("list_event_trackers", {"datasetGroupArn": GROUP}, {}, True),
        ("list_dataset_groups", {"resourceArn": "*"}, {}, False),
        ("describe_event_tracker", {"eventTrackerArn": TRACKER}, {}, True),
        ("delete_event_tracker", {"eventTrackerArn": TRACKER}, {}, False),
        ("delete_event_tracker", {"eventTrackerArn": TRACKER}, OWNED, True),
        ("delete_event_tracker", {"eventTrackerArn": TRACKER}, {"CloudFormation:Stack-Id": "stack"}, True),
        ("untag_resource", {**ABOUT, "tagKeys": ["color"]}, {}, True),
        ("untag_resource", {**ABOUT, "tagKeys": ["color", "cloudformation:stack-id"]}, {}, False),
        ("untag_resource", {**ABOUT, "tagKeys": ["color", "cloudformation:stack-id"]}, OWNED, True),
        ("untag_resource", {**ABOUT, "tagKeys": []}, {}, False),
        ("tag_resource", {**ABOUT, "tags": as_list({"color": "red"})}, {}, True),
    ],
)
def test_what_the_role_allows(
    operation: str, arguments: dict[str, Any], tags: dict[str, str], is_allowed: bool
) -> None:
    statements = role_statements("aws", REGION, ACCOUNT)

    allowed = [
        any(statement.allows(need) for statement in statements) for need in needs(operation, arguments, tags, ARN_SCOPE)
    ]
    assert all(allowed) is is_allowed


def test_a_condition_that_is_not_known_is_no_condition_that_holds() -> None:
    (need,) = needs("tag_resource", {**ABOUT, "tags": []}, {}, ARN_SCOPE)
    unknown = Statement("personalize:TagResource", "*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})

    with pytest.raises(ValueError, match="does not know the condition key aws:SourceIp"):
        unknown.allows(need)


def test_a_call_that_is_not_allowed_does_not_reach_the_service() -> None:
    with account():
        world = World()
        tracker = world.tracker(world.dataset_group("films"))
        with pytest.raises(ClientError) as denied:
            world.call("delete_event_tracker", {"eventTrackerArn": tracker})

        assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
        assert "because no identity-based policy allows" in str(denied.value)
        assert list(world.trackers()) == [tracker]
        assert [call.error for call in world.calls] == ["AccessDeniedException"]
