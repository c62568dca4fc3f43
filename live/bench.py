"""What questions are asked with: dataset groups, datasets and event trackers of a run, made when one is needed."""

import json
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from live.account import LiveError, explain_refusal
from live.calls import CREATION, DELETION, Answer, Calls
from live.removal import remove_trackers

T = TypeVar("T")

__all__ = ["CREATION", "DELETION", "Answer", "Bench"]


@dataclass
class Bench(Calls):
    """What the run has made so far: the datasets of each group by their types, and the group of each tracker."""

    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    trackers: dict[str, str] = field(default_factory=dict)
    _schemas: dict[str, str] = field(default_factory=dict)
    _done: dict[Any, Any] = field(default_factory=dict)

    def once(self, work: "Callable[[Bench], T]") -> T:
        """What this work returns; done for the first of the questions that want it."""
        if work not in self._done:
            self._done[work] = work(self)
        result: T = self._done[work]
        return result

    def fresh_group(self) -> str:
        """A dataset group that was made this moment."""
        name = self.run.name(f"group-{len(self.groups) + 1}")
        arn: str = self.client.create_dataset_group(name=name, tags=self.run.tags)["datasetGroupArn"]
        self.groups[arn] = {}
        return arn

    def bare_group(self) -> str:
        """A dataset group that is ACTIVE, and has no dataset and no tracker."""
        arn = next((arn for arn, datasets in self.groups.items() if not datasets), "") or self.fresh_group()
        self.wait_until_active(arn)
        self.empty(arn)
        return arn

    def group(self, but: Container[str] = ()) -> str:
        """A dataset group that is ACTIVE, and so is its Interactions dataset; none of `but`."""
        arn = next((arn for arn, datasets in self.groups.items() if datasets and arn not in but), "")
        if not arn:
            arn = self.bare_group()
            self.create_dataset(arn, "Interactions")
        self.wait_until_active(self.groups[arn]["Interactions"])
        return arn

    def empty_group(self, but: Container[str] = ()) -> str:
        """Such a group without a tracker."""
        arn = self.group(but)
        self.empty(arn)
        return arn

    def try_dataset(self, group: str, kind: str) -> Answer:
        """Try to make a dataset, with its schema."""
        if kind not in self._schemas:
            name, schema = self.run.name(kind.lower()), json.dumps(self.run.schema(kind))
            self._schemas[kind] = self.client.create_schema(name=name, schema=schema)["schemaArn"]
        answer = self.ask(
            "create_dataset",
            name=self.run.name(f"{kind.lower()}-{len(self.groups)}"),
            schemaArn=self._schemas[kind],
            datasetGroupArn=group,
            datasetType=kind,
            tags=self.run.tags,
        )
        if answer.code is None:
            self.groups[group][kind] = answer.response["datasetArn"]
        return answer

    def create_dataset(self, group: str, kind: str) -> str:
        """Make a dataset, with its schema."""
        return _accepted("CreateDataset", self.try_dataset(group, kind), "datasetArn")

    def try_tracker(self, group: str, part: str = "tracker") -> Answer:
        """Try to make a tracker."""
        name = self.run.name(part)
        answer = self.ask("create_event_tracker", name=name, datasetGroupArn=group, tags=self.run.tags)
        if answer.code is None:
            self.trackers[answer.response["eventTrackerArn"]] = group
        return answer

    def new_tracker(self, group: str = "") -> str:
        """A tracker that was made this moment, in a group that had none."""
        return _accepted("CreateEventTracker", self.try_tracker(group or self.empty_group()), "eventTrackerArn")

    def tracker(self) -> str:
        """A tracker that is ACTIVE."""
        for arn in self.trackers:
            if self.status(arn) == "ACTIVE":
                return arn
        arn = self.new_tracker()
        self.wait_until_active(arn)
        return arn

    def empty(self, group: str) -> None:
        """Delete the trackers of a group and wait until they are gone."""
        arns = [arn for arn, its_group in self.trackers.items() if its_group == group]
        for arn in arns:
            # What is not found yet cannot be deleted; what was found before is gone.
            self.poll(partial(self.describe, arn), lambda _: arn in self._found)  # noqa: B023 - called here and now
        remove_trackers(self.client, arns, self.pace)
        for arn in arns:
            del self.trackers[arn]

    def states(self, arn: str, phase: tuple[str, ...]) -> Iterator[str]:
        """Each of the states of CREATION or DELETION, as it gets into one; ends when it is in another, or gone."""
        seen: set[str] = set()
        deadline = self.pace.now() + self.pace.timeout_seconds
        while self.pace.now() < deadline:
            description = self.describe(arn)
            status = str((description or {}).get("status", ""))
            if status in phase and status not in seen:
                seen.add(status)
                yield status
            # What is new may not be found yet, and what was deleted may still be ACTIVE.
            ended = description is not None and status not in phase if phase == CREATION else description is None
            if ended:
                return
            self.pace.sleep(self.pace.watch_seconds)

    def life(self, arn: str) -> Iterator[str]:
        """Each of the states of a new tracker, as it gets into one. It is deleted when it has been ACTIVE."""
        yield from self.states(arn, CREATION)
        self.wait_until_active(arn)
        yield "ACTIVE"
        self.client.delete_event_tracker(eventTrackerArn=arn)
        yield from self.states(arn, DELETION)


def _accepted(operation: str, answer: Answer, member: str) -> str:
    """What was made; raises LiveError if that was refused."""
    if answer.code:
        raise LiveError(explain_refusal(operation, answer.code, answer.message))
    return str(answer.response[member])
