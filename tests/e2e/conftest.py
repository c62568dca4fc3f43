"""The local cloud with the provider on it, deployed from the real template by the real SAM CLI."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from local import sam
from local.cloud import Cloud, running

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

# Every fifth of a second, for ten minutes at most: the machine may have other things to do.
_POLLS = {"Delay": 0.2, "MaxAttempts": 3000}
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud(_no_real_aws: None) -> Iterator[Cloud]:
    # Trackers are ACTIVE at once, and gone at once: the life of one in tests/live has states enough.
    with running(seconds_per_state=0) as up:
        sam.deploy(up, sam.build(up))
        yield up


def trackers(cloud: Cloud, group: str) -> list[str]:
    """The ARNs of the trackers in a group."""
    listed = cloud.personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    return [summary["eventTrackerArn"] for summary in listed]


@dataclass
class Stack:
    """A stack on the local cloud, whose resources are event trackers by their logical ids."""

    cloud: Cloud
    name: str

    def create(self, **trackers: dict[str, Any]) -> str:
        """Create it and return the status it ends in."""
        return self.create_from(template(trackers))

    def create_from(self, body: str, **parameters: str) -> str:
        """Create it from a whole template and return the status it ends in."""
        self.cloud.cloudformation.create_stack(**self._to_be(body, parameters))
        return self._end("stack_create_complete")

    def update(self, **trackers: dict[str, Any]) -> str:
        """Update it and return the status it ends in."""
        return self.update_from(template(trackers))

    def update_from(self, body: str, **parameters: str) -> str:
        """Update it to a whole template and return the status it ends in."""
        self.cloud.cloudformation.update_stack(**self._to_be(body, parameters))
        return self._end("stack_update_complete")

    def _to_be(self, body: str, parameters: dict[str, str]) -> Any:
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        return {"StackName": self.name, "TemplateBody": body, "Parameters": given, "Capabilities": capabilities}

    def delete(self) -> str:
        """Delete it and return the status it ends in."""
        # By its id, since a stack that is gone has no name.
        stack_id = self.stack_id
        self.cloud.cloudformation.delete_stack(StackName=stack_id)
        return self._end("stack_delete_complete", stack_id)

    def _end(self, waiter: str, stack_id: str = "") -> str:
        try:
            self.cloud.cloudformation.get_waiter(waiter).wait(StackName=stack_id or self.name, WaiterConfig=_POLLS)
        except WaiterError as error:
            return str(error.last_response["Stacks"][0]["StackStatus"])
        stacks = self.cloud.cloudformation.describe_stacks(StackName=stack_id or self.name)["Stacks"]
        return stacks[0]["StackStatus"]

    @property
    def stack_id(self) -> str:
        return self.cloud.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]

    @property
    def outputs(self) -> dict[str, str]:
        stack = self.cloud.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    @property
    def events(self) -> "list[StackEventTypeDef]":
        """What happened to it, the newest first."""
        return self.cloud.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]

    @property
    def reasons(self) -> list[str]:
        """Why resources failed, the newest first."""
        return [e["ResourceStatusReason"] for e in self.events if e["ResourceStatus"].endswith("FAILED")]


def template(trackers: dict[str, dict[str, Any]], *, provider: str = sam.PROVIDER_STACK, **policies: str) -> str:
    """A template of event trackers by their logical ids, with a DeletionPolicy and the like."""
    token = {"Fn::ImportValue": f"{provider}-ServiceToken"}
    resources: dict[str, Any] = {}
    for logical_id, properties in trackers.items():
        resources[logical_id] = {
            "Type": "Custom::PersonalizeEventTracker",
            # One after the other, in the order in which they are given.
            "DependsOn": list(resources),
            "Properties": {"ServiceToken": token, "ServiceTimeout": 900, **properties},
            **policies,
        }
    outputs = {
        f"{logical_id}{attribute}": {"Value": {"Fn::GetAtt": [logical_id, attribute]}}
        for logical_id in resources
        for attribute in ("TrackingId", "EventTrackerArn", "Name")
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture
def stack(cloud: Cloud) -> Stack:
    return Stack(cloud, f"shop-{next(_numbers)}")


@pytest.fixture
def group(cloud: Cloud) -> str:
    """The ARN of a dataset group that is ready for an event tracker."""
    return cloud.create_dataset_group(f"films-{next(_numbers)}")


@pytest.fixture
def other_group(cloud: Cloud) -> str:
    return cloud.create_dataset_group(f"books-{next(_numbers)}")
