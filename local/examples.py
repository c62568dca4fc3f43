"""Every template in examples/, deployed to a local cloud by the real SAM CLI, shown, and deleted again."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import WaiterError
from rich.console import Console
from rich.markup import escape

from local import sam
from local.cloud import ROOT, Cloud, running
from local.narrator import Narrator, UnexpectedError, tell

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

DIRECTORY = ROOT / "examples"
# A deletion takes twice the seconds per state, and a poll or two.
_PATIENCE: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 60}


def run(seconds_per_state: float) -> int:
    """Show it; returns the exit status."""

    def story(console: Console) -> None:
        with running(seconds_per_state=seconds_per_state) as cloud:
            _Tour(console, cloud).take()

    return tell(story)


@dataclass
class _Tour(Narrator):
    cloud: Cloud
    deployed: set[str] = field(default_factory=set)

    def take(self) -> None:
        self._title("The provider: template.yaml")
        sam.deploy(self.cloud, sam.build(self.cloud))
        self._show_outputs(sam.PROVIDER_STACK)

        self._deploy("tracker", DatasetGroupArn=self.cloud.create_dataset_group("tracker"))
        self._delete("tracker")

        self._deploy("named", DatasetGroupArn=self.cloud.create_dataset_group("named"), Name="film-clicks")
        self._delete("named")

        group = self.cloud.create_dataset_group("adopt")
        theirs = self.cloud.personalize.create_event_tracker(name="theirs", datasetGroupArn=group)["eventTrackerArn"]
        self._deploy("adopt", DatasetGroupArn=group)
        self._delete("adopt")
        self._expect("the adopted tracker is still there", self._trackers() == [theirs])
        self.cloud.personalize.delete_event_tracker(eventTrackerArn=theirs)

        self._deploy("ssm-parameter", DatasetGroupArn=self.cloud.create_dataset_group("ssm-parameter"))
        self._delete("ssm-parameter")

        outputs = self._deploy("complete")
        self._send_event(outputs["FunctionName"], outputs["TrackingId"])
        self._delete("complete")

        self._deploy("single-stack", DatasetGroupArn=self.cloud.create_dataset_group("single-stack"))
        self._delete("single-stack")

        self._title("At the end")
        self._delete(sam.PROVIDER_STACK)
        self._expect("every example was deployed", self.deployed == {path.name for path in DIRECTORY.glob("*.yaml")})
        self._expect("no event tracker is left", self._trackers() == [])
        self._expect("no function is left", self.cloud.functions.list_functions()["Functions"] == [])

    def _deploy(self, example: str, **parameters: str) -> dict[str, str]:
        self._title(f"examples/{example}.yaml")
        built = sam.build(self.cloud, DIRECTORY / f"{example}.yaml")
        sam.deploy_stack(self.cloud, built, example, parameters)
        self.deployed.add(f"{example}.yaml")
        return self._show_outputs(example)

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
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=_PATIENCE)
        except WaiterError as error:
            raise UnexpectedError(f"stack {stack_name} is deleted ({error})") from error
        self._print(f"[green]✓[/] stack {stack_name} is deleted")

    def _trackers(self) -> list[str]:
        listed = self.cloud.personalize.list_event_trackers()["eventTrackers"]
        return [summary["eventTrackerArn"] for summary in listed]
