"""Every template in examples/, deployed to a local cloud by the real SAM CLI as its head says, and deleted again."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import WaiterError
from rich.console import Console
from rich.markup import escape

from local import invoke, sam
from local.cloud import ROOT, Cloud, running
from local.narrator import Narrator, UnexpectedError, present

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

DIRECTORY = ROOT / "examples"
# A deletion takes twice the seconds per state, and a poll or two.
_POLLS: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 60}


def run(seconds_per_state: float) -> int:
    """Show it; returns the exit status."""

    def steps(console: Console) -> None:
        with running(seconds_per_state=seconds_per_state) as cloud:
            _Tour(console, cloud).take()

    return present(steps)


@dataclass(frozen=True)
class Example:
    """A template, and what its head says of its deployment."""

    path: Path
    stack_name: str
    parameters: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Example":
        """An example by its file."""
        head = path.read_text().partition("AWSTemplateFormatVersion")[0]
        lines = re.sub(r"\\\n#", "", head).splitlines()
        (command,) = [
            shlex.split(line, comments=False) for line in lines if re.match(r"#   (aws|sam) .*\bdeploy\b", line)
        ]
        given = command[command.index("--parameter-overrides") + 1 :] if "--parameter-overrides" in command else []
        parameters = dict(word.split("=", 1) for word in given)
        return cls(path, command[command.index("--stack-name") + 1], parameters)


@dataclass
class _Tour(Narrator):
    cloud: Cloud

    def take(self) -> None:
        self._title("The provider: template.yaml")
        sam.deploy(self.cloud, sam.build(self.cloud))
        self._show_outputs(sam.PROVIDER_STACK)

        invoke.make_groups(self.cloud)
        (theirs,) = self._trackers()
        examples = [Example.read(path) for path in sorted(DIRECTORY.glob("*.yaml"))]
        for example in examples:
            outputs = self._deploy(example)
            if "FunctionName" in outputs:
                self._send_event(outputs["FunctionName"], outputs["TrackingId"])
        for example in examples:
            self._delete(example.stack_name)
        self._expect("the adopted tracker is still there", self._trackers() == [theirs])

        self._title("At the end")
        self._delete(sam.PROVIDER_STACK)
        self._expect("no function is left", self.cloud.functions.list_functions()["Functions"] == [])

    def _deploy(self, example: Example) -> dict[str, str]:
        self._title(f"examples/{example.path.name}")
        built = sam.build(self.cloud, example.path)
        sam.deploy_stack(self.cloud, built, example.stack_name, example.parameters)
        return self._show_outputs(example.stack_name)

    def _show_outputs(self, stack_name: str) -> dict[str, str]:
        stack = self.cloud.cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        for key, value in outputs.items():
            self._print(f"{key:20} [cyan]{escape(value)}")
        return outputs

    def _send_event(self, function_name: str, tracking_id: str) -> None:
        payload = json.dumps({"user": "sam", "item": "brazil"})
        response = self.cloud.functions.invoke(FunctionName=function_name, Payload=payload)
        self._expect("its function ran without an error", "FunctionError" not in response)
        (recorded,) = self.cloud.recorded_events
        self._print(f"{'event recorded':20} [cyan]{escape(json.dumps(recorded))}")
        self._expect("it has the tracking ID of the stack", recorded["tracking_id"] == tracking_id)

    def _delete(self, stack_name: str) -> None:
        cloudformation = self.cloud.cloudformation
        stack_id = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=stack_id)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=_POLLS)
        except WaiterError as error:
            raise UnexpectedError(f"stack {stack_name} is deleted ({error})") from error
        self._print(f"[green]✓[/] stack {stack_name} is deleted")

    def _trackers(self) -> list[str]:
        listed = self.cloud.personalize.list_event_trackers()["eventTrackers"]
        return [summary["eventTrackerArn"] for summary in listed]
