"""The stacks of a run: made, changed, read, and removed with the run's tags as their mark."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from live.account import Account, LiveError
from live.removal import Pace
from live.runs import TAG, Run, run_by_name

# In this order: a stack needs those that come after it.
PARTS = ("tracker", "role", "provider", "artifacts")


@dataclass
class Stack:
    """A stack of a run, by the part that it plays."""

    account: Account
    run: Run
    pace: Pace
    part: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.run.name(self.part)

    @property
    def client(self) -> Any:
        """A client of CloudFormation."""
        return self.account.client("cloudformation")

    def create(self, template: Mapping[str, Any]) -> str:
        """Create it; returns the status that it ends in."""
        self.client.create_stack(StackName=self.name, Tags=self.tags, **_body(template))
        return self.wait()

    def update(self, template: Mapping[str, Any]) -> str:
        """Update it; returns the status that it ends in."""
        self.client.update_stack(StackName=self.name, **_body(template))
        return self.wait()

    def delete(self) -> str:
        """Delete it; returns the status that it ends in."""
        stack_id = self.described()["StackId"]
        self.client.delete_stack(StackName=stack_id)
        return self.wait(stack_id)

    def wait(self, stack_id: str = "") -> str:
        """Wait until nothing is in progress; returns the status."""
        deadline = self.pace.now() + self.pace.timeout_seconds
        while (status := str(self.described(stack_id)["StackStatus"])).endswith("_IN_PROGRESS"):
            if status == "REVIEW_IN_PROGRESS":
                # It has a change set that was not executed, and no resources.
                return status
            if self.pace.now() > deadline:
                raise LiveError(f"Stack {self.name} is {status} after {self.pace.timeout_seconds:.0f} s.")
            self.pace.sleep(self.pace.poll_seconds)
        return status

    def described(self, stack_id: str = "") -> dict[str, Any]:
        """What DescribeStacks says of it."""
        stacks: list[dict[str, Any]] = self.client.describe_stacks(StackName=stack_id or self.name)["Stacks"]
        return stacks[0]

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags of the run, as CloudFormation has them."""
        return [{"Key": TAG, "Value": self.run.id}]

    @property
    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.described().get("Outputs", [])}

    @property
    def reason(self) -> str:
        """Why a resource failed last."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]
        return str(reasons[0]) if reasons else ""

    def physical_id(self, logical_id: str) -> str:
        """The physical id of one of its resources."""
        detail = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])


def remove_stacks(account: Account, pace: Pace, run: Run | None = None) -> list[str]:
    """Delete the stacks of a run, or of all runs; returns their names."""
    client = account.client("cloudformation")
    pages = client.get_paginator("describe_stacks").paginate()
    found = {stack["StackName"]: stack for page in pages for stack in page["Stacks"]}
    ours = [named for name, stack in found.items() if (named := _of_run(name, stack, run))]
    removed = []
    for part in PARTS:
        for each in (Stack(account, named, pace, part) for named in ours):
            if each.name in found and each.name not in removed:
                _remove(each)
                removed.append(each.name)
    return removed


def _of_run(name: str, stack: Mapping[str, Any], run: Run | None) -> Run | None:
    """The run that a stack is of, by its name and its tag."""
    named = run_by_name(name)
    tagged = named is not None and {"Key": TAG, "Value": named.id} in stack.get("Tags", [])
    return named if tagged and run in (None, named) else None


def _remove(stack: Stack) -> None:
    try:
        stack.wait()
        if stack.part == "artifacts":
            _empty(stack)
        status = stack.delete()
    except ClientError as error:
        if "does not exist" in str(error):
            return
        raise
    if status != "DELETE_COMPLETE":
        raise LiveError(f"Stack {stack.name} is {status}, run `python -m live clean` again: {stack.reason}")


def _empty(stack: Stack) -> None:
    """Delete what is in the bucket of a stack."""
    bucket = stack.outputs.get("Bucket")
    if not bucket:
        return
    s3 = stack.account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])


def _body(template: Mapping[str, Any]) -> dict[str, Any]:
    return {"TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_IAM"]}
