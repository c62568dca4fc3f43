"""The resources of a stack while an operation changes them: what is sent for them, and what is left of them."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from simulation.cloudformation import CloudFormation
from simulation.exchange import Exchange
from simulation.resources import DELETE, RETAIN, Change, CleanUp, Declaration, Resource, Template


@dataclass
class Inventory:
    """The resources of a stack, by logical id.

    `retained` are the physical ids that left the stack without a Delete, `left_behind` those whose Delete failed, and
    `skipped` the ids of Creates that failed and whose resource was retained all the same. `later` waits for the next
    operation that succeeds.
    """

    cloudformation: CloudFormation
    exchange: Exchange
    resources: dict[str, Resource] = field(default_factory=dict)
    retained: set[str] = field(default_factory=set)
    left_behind: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    later: list[CleanUp] = field(default_factory=list)

    def change(
        self, template: Template, cancelled_after: float | None, one_by_one: bool, force: Collection[str]
    ) -> tuple[list[Change], bool]:
        """Send a Create or an Update for everything that differs, and await the responses."""
        end = math.inf if cancelled_after is None else self.exchange.now + cancelled_after
        changes: list[Change] = []
        for logical_id, declared in template.items():
            before = self.resources.get(logical_id)
            if before and not before.failed and before.properties == declared.properties and logical_id not in force:
                continue
            changes.append(self._start(logical_id, declared, None if before is None or before.failed else before))
            if one_by_one and not self.exchange.have_succeeded([changes[-1].request], end):
                return changes, False
        return changes, self.exchange.have_succeeded([change.request for change in changes], end)

    def _start(self, logical_id: str, declared: Declaration, before: Resource | None) -> Change:
        if before is None:
            request = self.exchange.send("Create", logical_id, declared.properties)
        else:
            request = self.exchange.send(
                "Update", logical_id, declared.properties, before.physical_id, before.properties
            )
        return Change(logical_id, declared, before, request)

    def complete(self, template: Template, changes: Iterable[Change]) -> None:
        """Have the stack be as the template says, and delete what is no longer in it."""
        before = dict(self.resources)
        failed = [one for change in changes if change.before is None for one in self._left_by_failed(change.logical_id)]
        self.resources = {
            logical_id: Resource(old.physical_id, template[logical_id], old.response, old.failed)
            for logical_id, old in before.items()
            if logical_id in template
        }
        clean_ups = self.replace(changes)
        clean_ups += failed
        for logical_id, old in before.items():
            if logical_id not in template:
                is_retained = old.declared.deletion_policy != DELETE and not old.failed
                clean_ups.append(CleanUp(logical_id, old.physical_id, old.properties, is_retained))
        # A resource may have come back to what an update that was preserved had replaced. That CloudFormation does not
        # delete it then is a guess; a Delete of the id that a resource has could not be told from one that is wanted.
        live = {(logical_id, resource.physical_id) for logical_id, resource in self.resources.items()}
        self.clean_up(one for one in [*self.later, *clean_ups] if (one.logical_id, one.physical_id) not in live)
        self.later = []

    def replace(self, changes: Iterable[Change]) -> list[CleanUp]:
        """Have the resources be as they were changed, and return what that replaced."""
        clean_ups = []
        for change in changes:
            self.resources[change.logical_id] = change.after
            self.retained.discard(change.physical_id)
            if change.before and change.before.physical_id != change.physical_id:
                clean_ups.append(
                    CleanUp(
                        change.logical_id,
                        change.before.physical_id,
                        change.before.properties,
                        change.declared.update_replace_policy == RETAIN,
                        change.request,
                    )
                )
        return clean_ups

    def preserve(self, changes: Iterable[Change]) -> None:
        """Keep what succeeded and what failed; only what was replaced waits for its deletion."""
        self.later += self.replace(change for change in changes if change.request.has_succeeded)
        for change in changes:
            if not change.request.has_succeeded and change.before is None:
                self.later += self._left_by_failed(change.logical_id)
                physical_id = change.physical_id or self.cloudformation.made_up_id(change.request)
                self.resources[change.logical_id] = Resource(physical_id, change.declared, failed=change.request)

    def _left_by_failed(self, logical_id: str) -> list[CleanUp]:
        """What a Create that failed has left, as far as CloudFormation knows, if the resource was preserved."""
        resource = self.resources.get(logical_id)
        if resource is None or not resource.failed:
            return []
        return [CleanUp(logical_id, resource.physical_id, resource.properties)]

    def delete_failed(self, template: Template) -> None:
        """Delete what Creates that failed have left, before they are sent anew."""
        for logical_id in template:
            clean_ups = self._left_by_failed(logical_id)
            self.clean_up(clean_ups)
            if clean_ups:
                del self.resources[logical_id]

    def made(self, change: Change) -> Resource:
        """What a Create has made, as far as CloudFormation knows; it makes up an id where it has heard of none."""
        physical_id = change.physical_id or self.cloudformation.made_up_id(change.request)
        failed = None if change.request.has_succeeded else change.request
        return Resource(physical_id, change.declared, change.request.taken, failed)

    def skip(self, resource: Resource) -> None:
        """Retain a resource."""
        self.retained.add(resource.physical_id)
        if resource.failed:
            self.skipped.add(resource.failed.id)

    def clean_up(self, clean_ups: Iterable[CleanUp]) -> None:
        """Delete what is not retained. What comes of it changes nothing for the stack."""
        for clean_up in clean_ups:
            if clean_up.is_retained:
                self.retained.add(clean_up.physical_id)
            elif not self.is_deleted(clean_up):
                self.left_behind.add(clean_up.physical_id)

    def is_deleted(self, clean_up: CleanUp) -> bool:
        """Send a Delete, and return whether it has succeeded."""
        request = self.exchange.send(
            "Delete",
            clean_up.logical_id,
            clean_up.properties,
            clean_up.physical_id,
            replaced_by=clean_up.replaced_by,
        )
        return self.exchange.have_succeeded([request])
