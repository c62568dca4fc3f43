"""A stack with custom resources: what one does with it, and which requests that makes CloudFormation send.

Source: the AWS CloudFormation user guide.
"""

from collections.abc import Collection
from typing import Any

from simulation.cloudformation import CloudFormation
from simulation.exchange import Exchange
from simulation.inventory import Inventory
from simulation.resources import (
    DELETE,
    RETAIN,
    RETAIN_EXCEPT_ON_CREATE,
    CleanUp,
    Declaration,
    Resource,
    Template,
)
from simulation.rollback import Rollback

__all__ = ["DELETE", "RETAIN", "RETAIN_EXCEPT_ON_CREATE", "Declaration", "Resource", "Stack", "ValidationError"]

UPDATABLE = {"", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"}


class ValidationError(Exception):
    """CloudFormation refuses an operation."""


class Stack:
    """A stack with custom resources; the operations return when they are over. `status` is the stack's."""

    def __init__(self, cloudformation: CloudFormation, name: str) -> None:
        self.name = name
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/{cloudformation.new_id()}"
        self.status = ""
        self._inventory = Inventory(cloudformation, Exchange(cloudformation, self.id))
        self._rollback = Rollback(self._inventory, [])

    @property
    def resources(self) -> dict[str, Resource]:
        """The resources, by logical id."""
        return self._inventory.resources

    @property
    def reasons(self) -> list[str]:
        """The reasons of all FAILED responses, the last last."""
        return self._inventory.exchange.reasons

    @property
    def retained(self) -> set[str]:
        """The physical ids that left the stack without a Delete."""
        return self._inventory.retained

    @property
    def left_behind(self) -> set[str]:
        """The physical ids whose Delete failed."""
        return self._inventory.left_behind

    @property
    def skipped(self) -> set[str]:
        """The ids of Creates that failed and whose resource was retained all the same."""
        return self._inventory.skipped

    @property
    def template(self) -> dict[str, Declaration]:
        """The template that it was last deployed with."""
        return {logical_id: resource.declared for logical_id, resource in self.resources.items()}

    def resource(self, logical_id: str = "Tracker") -> Resource:
        """The resource with that logical id."""
        if logical_id not in self.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {self.name}.")
        return self.resources[logical_id]

    def create(self, logical_id: str = "Tracker", *, sibling_fails: bool = False, **members: Any) -> None:
        """Create a custom resource, and the stack if there is none.

        `members`: properties, UpdateReplacePolicy, DeletionPolicy. `sibling_fails`: something else fails after it.
        """
        self.deploy({**self.template, logical_id: Declaration.of(members)}, sibling_fails=sibling_fails)

    def create_abandoned(self, after: float, logical_id: str = "Tracker", **members: Any) -> None:
        """Create the stack; something else fails after some seconds, and the Delete does not wait for the Create."""
        self.deploy({**self.template, logical_id: Declaration.of(members)}, cancelled_after=after)

    def update(
        self,
        logical_id: str = "Tracker",
        *,
        sibling_fails: bool = False,
        abandoned_after: float | None = None,
        **members: Any,
    ) -> None:
        """Update the custom resource, changed or not.

        `sibling_fails`: something else fails after it was updated. `abandoned_after`: or after so many seconds,
        and the rollback does not wait for the Update.
        """
        if self.status in UPDATABLE:
            self.resource(logical_id)
        self.deploy(
            {**self.template, logical_id: Declaration.of(members)},
            sibling_fails=sibling_fails,
            cancelled_after=abandoned_after,
            force={logical_id},
        )

    def deploy(
        self,
        template: Template,
        *,
        sibling_fails: bool = False,
        cancelled_after: float | None = None,
        disable_rollback: bool = False,
        one_by_one: bool = False,
        delete_failed_first: bool = False,
        force: Collection[str] = (),
    ) -> None:
        """Create or update the stack.

        `sibling_fails`: something else fails in the end. `cancelled_after`: the operation ends after so many seconds,
        and its requests are heard of no more. `disable_rollback`: what failed is preserved; the next deployment
        creates it anew, and deletes what there was of it afterwards, or first (`delete_failed_first`). `one_by_one`:
        each resource depends on the one before. `force`: send an Update for these though nothing has changed.
        """
        if self.status not in UPDATABLE:
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not be updated.")
        operation = "UPDATE" if self.status or self.resources else "CREATE"
        if delete_failed_first:
            self._inventory.delete_failed(template)
        changes, has_succeeded = self._inventory.change(template, cancelled_after, one_by_one, force)
        if has_succeeded and not sibling_fails and cancelled_after is None:
            self._inventory.complete(template, changes)
            self.status = f"{operation}_COMPLETE"
        elif disable_rollback:
            self._inventory.preserve(changes)
            self.status = f"{operation}_FAILED"
        elif operation == "CREATE":
            self.status = Rollback(self._inventory, changes).undo_creation()
        else:
            self._rollback = Rollback(self._inventory, changes)
            self.status = self._rollback.undo_update()

    def continue_rollback(self) -> None:
        """Try a rollback that failed once more, as ContinueUpdateRollback does."""
        if self.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{self.id} is in {self.status} state and can not continue a rollback.")
        self.status = self._rollback.undo_update()

    def retain(self, logical_id: str = "Tracker") -> None:
        """Take the resource out of the template; it has `DeletionPolicy: Retain`."""
        self.retained.add(self.resources.pop(logical_id).physical_id)

    def delete(self) -> None:
        """Delete the stack."""
        self._inventory.clean_up([*self._inventory.later, *self._rollback.left()])
        self._inventory.later, self._rollback = [], Rollback(self._inventory, [])
        for logical_id, resource in list(self.resources.items()):
            policy = resource.declared.deletion_policy
            clean_up = CleanUp(logical_id, resource.physical_id, resource.properties)
            if policy == RETAIN or (policy == RETAIN_EXCEPT_ON_CREATE and not resource.failed):
                self._inventory.skip(resource)
            elif not self._inventory.is_deleted(clean_up):
                self.status = "DELETE_FAILED"
                return
            del self.resources[logical_id]
        self.status = "DELETE_COMPLETE"

    def force_delete(self) -> None:
        """Delete the stack, and leave behind what cannot be deleted."""
        self.delete()
        self.left_behind.update(resource.physical_id for resource in self.resources.values())
        self.resources.clear()
        self.status = "DELETE_COMPLETE"
