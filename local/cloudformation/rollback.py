"""The rollback of a stack operation, where ministack's leaves out requests that CloudFormation sends.

- A custom resource that the update replaced gets an Update with the properties swapped and the new physical id. If the
  response has another id, a Delete of the new one follows in the clean-up. ministack sends the Delete alone.
- A custom resource whose Create failed gets a Delete.
- UpdateReplacePolicy decides whether the clean-up keeps what a replacement made; DeletionPolicy does not.
- The outputs are those of the resources that there are after the rollback.

Source: the AWS CloudFormation user guide, "Custom resource reference". The documentation does not say which policy
counts; the authors of another engine have tried it in AWS (github.com/go-to-k/cdkd, pull request 2634).
"""

import copy
from contextvars import ContextVar
from typing import Any

from ministack.core.concurrency import run_reentrant  # type: ignore[import-untyped]
from ministack.services import cloudformation  # type: ignore[import-untyped]
from ministack.services.cloudformation import handlers, stacks  # type: ignore[import-untyped]

from local.cloudformation.custom_resources import CREATE_FAILED

_roll_back = stacks._roll_back_operation
_send_back = stacks._revert_update
# The logical ids that the rollback has yet to go through.
_ahead: ContextVar[list[str] | None] = ContextVar("_ahead", default=None)


def install() -> None:
    """Have ministack roll back as CloudFormation does."""
    stacks._roll_back_operation = handlers._roll_back_operation = roll_back
    stacks._revert_update = send_back


async def roll_back(
    stack_name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], reason_override: str = ""
) -> None:
    """Roll a failed operation back, in the place of ministack's function of that name."""
    operation["template"] = copy.deepcopy(operation["template"])
    for logical_id, resource in stack["_resources"].items():
        if resource["ResourceStatus"] == CREATE_FAILED:
            operation["created"].append(logical_id)
        elif logical_id in operation["replaced_ids"] and stacks._sends_back_failed_update(resource["ResourceType"]):
            _take_as_updated_in_place(logical_id, resource["PhysicalResourceId"], operation)
    token = _ahead.set(operation["created"])
    try:
        await _roll_back(stack_name, stack_id, stack, operation, reason_override)
    finally:
        _ahead.reset(token)
    if stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE":
        _resolve_outputs(stack_name, stack_id, stack)


async def send_back(
    stack_id: str,
    stack_name: str,
    logical_id: str,
    rtype: str,
    physical_id: str,
    applied_props: dict[str, Any],
    previous_props: dict[str, Any],
    attrs: dict[str, Any],
    record: dict[str, Any] | None = None,
) -> None:
    """Send an Update with the properties swapped, in the place of ministack's `_revert_update`."""
    await _send_back(stack_id, stack_name, logical_id, rtype, physical_id, applied_props, previous_props, attrs, record)
    if record is None or record["PhysicalResourceId"] == physical_id:
        return
    ahead = _ahead.get()
    if ahead is None:
        # ContinueUpdateRollback, which has no clean-up.
        await run_reentrant(stacks._delete_resource, rtype, physical_id, applied_props, stack_name, logical_id)
    else:
        # ministack goes through these while they become more. It meets the new physical id once again, finds that the
        # stack had another one before, and deletes it in the clean-up.
        ahead.append(logical_id)


def _take_as_updated_in_place(logical_id: str, physical_id: str, operation: dict[str, Any]) -> None:
    """Have ministack send an Update back for a resource that was replaced."""
    operation["replaced_ids"].remove(logical_id)
    operation["previous_stack"]["_resources"][logical_id]["PhysicalResourceId"] = physical_id
    declared = operation["template"]["Resources"][logical_id]
    declared["DeletionPolicy"] = declared.get("UpdateReplacePolicy", "Delete")


def _resolve_outputs(stack_name: str, stack_id: str, stack: dict[str, Any]) -> None:
    template, parameters = stack["_template"], stack["_resolved_params"]
    stack["Outputs"], exports = stacks._resolve_stack_outputs(
        template.get("Outputs", {}),
        stacks._evaluate_conditions(template, parameters),
        stack["_resources"],
        parameters,
        template.get("Mappings", {}),
        stack_name,
        stack_id,
    )
    cloudformation._exports.update(exports)
