"""What CloudFormation does when an operation on a stack has failed."""

from collections.abc import Iterable
from dataclasses import replace

from simulation.inventory import Inventory
from simulation.resources import RETAIN, Change, CleanUp, Resource


class Rollback:
    """The undoing of some changes."""

    def __init__(self, inventory: Inventory, changes: Iterable[Change]) -> None:
        self._inventory = inventory
        self._changes = list(changes)

    def undo_creation(self) -> str:
        """Delete what was created, and return the status of the stack."""
        status = "ROLLBACK_COMPLETE"
        for change in self._changes:
            resource = self._inventory.made(change)
            if change.declared.deletion_policy == RETAIN:
                self._inventory.skip(resource)
            elif not self._inventory.is_deleted(CleanUp(change.logical_id, resource.physical_id, resource.properties)):
                self._inventory.resources[change.logical_id] = resource
                status = "ROLLBACK_FAILED"
        return status

    def undo_update(self) -> str:
        """Send an Update with the properties swapped for each Update there was, and delete what was created.

        Returns the status of the stack; it can be tried again if it failed.
        """
        back = []
        for change in self._changes:
            if change.before:
                old, new = change.before.properties, change.declared.properties
                request = self._inventory.exchange.send(
                    "Update", change.logical_id, old, change.physical_id, new, undo=change.request
                )
                now = Resource(change.physical_id, change.declared)
                back.append(Change(change.logical_id, change.before.declared, now, request))
        if not self._inventory.exchange.have_succeeded([change.request for change in back], wait_for_all=True):
            self._remember_what_is_left(back)
            return "UPDATE_ROLLBACK_FAILED"
        clean_ups = self._inventory.replace(back)
        for clean_up in clean_ups:
            clean_up.is_retained = False
        for change in self._changes:
            if change.before is None:
                made = self._inventory.made(change)
                if change.declared.deletion_policy == RETAIN:
                    self._inventory.skip(made)
                else:
                    clean_ups.append(CleanUp(change.logical_id, made.physical_id, made.properties))
        self._inventory.clean_up(clean_ups)
        self._changes = []
        return "UPDATE_ROLLBACK_COMPLETE"

    def _remember_what_is_left(self, back: Iterable[Change]) -> None:
        """Note what a rollback that failed has brought about, and what is still to be done."""
        done = {change.logical_id for change in back if change.request.has_succeeded}
        self._inventory.later += self._inventory.replace(change for change in back if change.request.has_succeeded)
        self._changes = [change for change in self._changes if change.logical_id not in done]
        for change in self._changes:
            if change.before:
                self._inventory.resources[change.logical_id] = replace(change.before, physical_id=change.physical_id)

    def left(self) -> list[CleanUp]:
        """What is there beside the resources while a rollback has failed: what was replaced, and what was created."""
        clean_ups = []
        for change in self._changes:
            there = change.before or self._inventory.made(change)
            if change.before is None or there.physical_id != change.physical_id:
                clean_ups.append(CleanUp(change.logical_id, there.physical_id, there.properties))
        return clean_ups
