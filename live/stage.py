"""The stack with the tracker whose life is played, and what is checked about it."""

from dataclasses import dataclass, field
from typing import Any

from live.bench import Bench
from live.stacks import Stack
from local.narrator import Narrator, UnexpectedError


@dataclass
class Stage(Narrator):
    """Where a story is played. `one` is the group in which it begins; `checks` are what was as it should be."""

    bench: Bench
    one: str = ""
    checks: list[str] = field(default_factory=list)

    @property
    def stack(self) -> Stack:
        """The stack with the tracker."""
        return self._stack("tracker")

    def _stack(self, part: str) -> Stack:
        return Stack(self.bench.account, self.bench.run, self.bench.pace, part)

    def _template(self, group: str = "", *, fails: bool = False, retain: bool = False, **given: Any) -> dict[str, Any]:
        """The template of the tracker's stack."""
        tags = [{"Key": tag["tagKey"], "Value": tag["tagValue"]} for tag in self.bench.run.tags]
        properties = {
            "ServiceToken": self._stack("provider").outputs["ServiceToken"],
            "ServiceTimeout": 900,
            "DatasetGroupArn": group or self.one,
            **given,
            "Tags": tags + given.get("Tags", []),
        }
        policy = "Retain" if retain else "Delete"
        tracker = {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}
        resources = {"Tracker": tracker | {"UpdateReplacePolicy": policy, "DeletionPolicy": policy}}
        if fails:
            nowhere = {**properties, "DatasetGroupArn": self.bench.arn(f"dataset-group/{self.bench.run.name('none')}")}
            resources["Second"] = {"Type": tracker["Type"], "DependsOn": "Tracker", "Properties": nowhere}
        names = ("TrackingId", "EventTrackerArn", "Name")
        return {"Resources": resources, "Outputs": {n: {"Value": {"Fn::GetAtt": ["Tracker", n]}} for n in names}}

    def _opted_in(self, part: str) -> dict[str, str]:
        return {"Name": self.bench.run.name(part), "ReplacementStrategy": "delete_then_create"}

    def _update(self, expected: str, **changes: Any) -> None:
        status = self._timed("update", lambda: self.stack.update(self._template(**changes)))
        self._ends(status, expected, "the stack")

    def _delete(self, empty: str | None) -> None:
        self._ends(self._timed("delete", self.stack.delete), "DELETE_COMPLETE", "the stack")
        if empty:
            self._check("its group has no tracker", self._trackers(empty) == [])

    def _in(self, group: str) -> bool:
        return self._trackers(group) == [self.stack.outputs["EventTrackerArn"]]

    def _trackers(self, group: str) -> list[str]:
        summaries = self.bench.client.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
        return [summary["eventTrackerArn"] for summary in summaries]

    def _tags(self, arn: str) -> dict[str, str]:
        tags = self.bench.client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {tag["tagKey"]: tag["tagValue"] for tag in tags}

    def _ends(self, status: str, expected: str, what: str) -> None:
        if status != expected:
            reason = self.stack.reason if status != "DELETE_COMPLETE" else ""
            raise UnexpectedError(f"{what} is {expected}; it is {status}: {reason}")
        self._check(f"{what} is {expected}", so=True)

    def _check(self, what: str, so: bool) -> None:
        self._expect(what, so)
        self.checks.append(what)
