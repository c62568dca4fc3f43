"""The product in less than a minute: an event tracker deployed, updated, renamed and deleted on a local cloud."""

import textwrap
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax

from local import sam
from local.cloud import ROOT, Cloud, running
from local.narrator import Narrator, UnexpectedError, present

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef

_STACK = "films"
_TEMPLATE = ROOT / "examples" / "named.yaml"
_POLL_SECONDS = 0.1
# Of one stack operation: the longest takes four times the seconds per state, and a second or two.
_TIMEOUT_SECONDS = 120


def run(seconds_per_state: float) -> int:
    """Show it; returns the exit status."""

    def steps(console: Console) -> None:
        with ExitStack() as stack:
            with console.status("a local cloud is coming up"):
                cloud = stack.enter_context(running(seconds_per_state=seconds_per_state))
            _Demo(console, cloud).play()

    return present(steps)


@dataclass(frozen=True)
class _Tracker:
    """An event tracker as Amazon Personalize sees it."""

    arn: str
    name: str
    tracking_id: str
    status: str
    tags: dict[str, str]


@dataclass
class _Demo(Narrator):
    """The steps, and what was shown of them."""

    cloud: Cloud
    stack_id: str = ""
    seen_events: set[str] = field(default_factory=set)
    seen_states: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    def play(self) -> None:
        """Take them. Raises UnexpectedError if something is not as expected."""
        self._title("A local cloud, on this machine: no AWS account, no Docker")
        group = self.cloud.create_dataset_group("films")
        self._print(f"CloudFormation, Lambda, S3, IAM  {self.cloud.url} (ministack)")
        self._print(f"Amazon Personalize               {self.cloud.personalize_url} (moto)")
        self._print(f"a dataset group                  {group}")

        self._title("The provider, once per account and region: template.yaml and the real SAM CLI")
        template = self._timed("sam build", lambda: sam.build(self.cloud))
        self._timed("sam deploy", lambda: sam.deploy(self.cloud, template))

        self._title("An event tracker: examples/named.yaml")
        self._print_resource()
        first = self._create(DatasetGroupArn=group, Team="search")
        self._expect("it is ACTIVE", first.status == "ACTIVE")
        self._expect("its tracking ID is a stack output", self._outputs()["TrackingId"] == first.tracking_id)
        self._expect("it has its tag", first.tags["team"] == "search")

        self._title("Another tag: Team=discovery")
        tagged = self._update("UPDATE_COMPLETE", Team="discovery")
        self._expect("its tag is another, and nothing else", _retagged(first, "discovery") == tagged)

        self._title("Another name: refused before anything is touched, and rolled back")
        refused = self._update("UPDATE_ROLLBACK_COMPLETE", Name="film-clicks")
        self._expect("nothing about it is another", refused == tagged)

        self._title("Another name again, with ReplacementStrategy=delete_then_create")
        second = self._update("UPDATE_COMPLETE", Name="film-clicks", ReplacementStrategy="delete_then_create")
        self._expect("it has its name", second.name == "film-clicks")
        self._expect("it has its tag", second.tags["team"] == "discovery")
        self._expect("its tracking ID is another", second.tracking_id != first.tracking_id)
        self._expect("which is the stack output now", self._outputs()["TrackingId"] == second.tracking_id)

        self._title("The stack is deleted")
        self.cloud.cloudformation.delete_stack(StackName=self.stack_id)
        self._follow("DELETE_COMPLETE")
        self._expect("no event tracker is left", not self._states())

    def _create(self, **parameters: str) -> _Tracker:
        self.stack_id = self.cloud.cloudformation.create_stack(
            StackName=_STACK, TemplateBody=_TEMPLATE.read_text(), Parameters=_parameters(parameters)
        )["StackId"]
        self._follow("CREATE_COMPLETE")
        self._print_outputs()
        return self._show_tracker()

    def _update(self, expected: str, **changes: str) -> _Tracker:
        described = self.cloud.cloudformation.describe_stacks(StackName=self.stack_id)["Stacks"][0]
        present = {given["ParameterKey"]: given["ParameterValue"] for given in described["Parameters"]}
        self.cloud.cloudformation.update_stack(
            StackName=self.stack_id, UsePreviousTemplate=True, Parameters=_parameters(present | changes)
        )
        self._follow(expected)
        return self._show_tracker()

    def _follow(self, expected: str) -> None:
        """Print what happens to the stack and to its tracker, as it happens, until the stack is at rest."""
        started = time.monotonic()
        while (elapsed := time.monotonic() - started) < _TIMEOUT_SECONDS:
            self._print_new_states(elapsed)
            for event in self._new_events():
                status = event["ResourceStatus"]
                self._print_event(elapsed, "stack", event["LogicalResourceId"], status)
                reason = event.get("ResourceStatusReason", "")
                if status.endswith("FAILED") and reason:
                    self.console.print(Padding(f"[red]{escape(reason)}", (0, 0, 0, 10)))
                if event["PhysicalResourceId"] == self.stack_id and status.endswith(("_COMPLETE", "_FAILED")):
                    if status != expected:
                        raise UnexpectedError(f"the stack is {expected}")
                    return
            time.sleep(_POLL_SECONDS)
        raise UnexpectedError(f"the stack is {expected} within {_TIMEOUT_SECONDS} s")

    def _new_events(self) -> "list[StackEventTypeDef]":
        """What has happened to the stack since the last poll, in its order."""
        events = self.cloud.cloudformation.describe_stack_events(StackName=self.stack_id)["StackEvents"]
        new = [event for event in reversed(events) if event["EventId"] not in self.seen_events]
        self.seen_events.update(event["EventId"] for event in new)
        return new

    def _states(self) -> dict[str, str]:
        summaries = self.cloud.personalize.list_event_trackers()["eventTrackers"]
        return {summary["eventTrackerArn"]: summary["status"] for summary in summaries}

    def _print_new_states(self, elapsed: float) -> None:
        states = self._states()
        for arn in self.seen_states | states:
            if self.seen_states.get(arn) != states.get(arn):
                self._print_event(elapsed, "Personalize", arn.split(":")[-1], states.get(arn, "gone"))
        self.seen_states = states

    def _outputs(self) -> dict[str, str]:
        stack = self.cloud.cloudformation.describe_stacks(StackName=self.stack_id)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def _show_tracker(self) -> _Tracker:
        """Print what is new about the tracker, of which there must be one."""
        states = self._states()
        if len(states) != 1:
            raise UnexpectedError("there is one event tracker")
        (arn,) = states
        described = self.cloud.personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]
        tags = self.cloud.personalize.list_tags_for_resource(resourceArn=arn)["tags"]
        tracker = _Tracker(
            arn=arn,
            name=described["name"],
            tracking_id=described["trackingId"],
            status=described["status"],
            tags={tag["tagKey"]: tag["tagValue"] for tag in tags},
        )
        pairs = {"name": tracker.name, "tracking ID": tracker.tracking_id, "ARN": tracker.arn}
        pairs |= {f"tag {key}": value for key, value in tracker.tags.items()}
        new = {key: value for key, value in pairs.items() if self.shown.get(key) != value}
        if new:
            self._print("[dim]what is new about the tracker, as Personalize sees it:")
            self._print_pairs(new)
        self.shown = pairs
        return tracker

    def _print_outputs(self) -> None:
        self._print("[dim]the stack's outputs:")
        self._print_pairs(self._outputs())

    def _print_resource(self) -> None:
        """Print the example's resource, from the file itself."""
        lines = _TEMPLATE.read_text().splitlines()
        code = "\n".join(lines[lines.index("Resources:") : lines.index("Outputs:") - 1])
        syntax = Syntax(code, "yaml", background_color="default")
        self.console.print(syntax.highlight(textwrap.indent(code, "  ")), soft_wrap=True)

    def _print_event(self, elapsed: float, where: str, name: str, status: str) -> None:
        color = "yellow"
        if "FAILED" in status or "ROLLBACK" in status:
            color = "red"
        elif status == "ACTIVE" or status.endswith("COMPLETE"):
            color = "green"
        self._print(f"[dim]{elapsed:4.1f} s  {where:11}[/]  {name:24}  [{color}]{status}")

    def _print_pairs(self, pairs: dict[str, str]) -> None:
        for key, value in pairs.items():
            self._print(f"  {key:30}  [cyan]{escape(value)}")


def _parameters(values: dict[str, str]) -> "list[ParameterTypeDef]":
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def _retagged(tracker: _Tracker, team: str) -> _Tracker:
    return replace(tracker, tags=tracker.tags | {"team": team})
