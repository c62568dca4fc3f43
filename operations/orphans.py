"""`orphans`: list the event trackers that no stack has any more. It changes nothing."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from operations.owners import CloudFormationStacks, Finding, Tracker, examine, list_trackers

_FOUND = 3
_DESCRIPTION = """\
List the event trackers of the region whose ownership tags name a stack or a resource that is gone or that has another
tracker, and those whose response CloudFormation never took, each with the command that would delete it. Trackers that a
stack left on purpose, or about which nothing can be said at the moment, are listed without a command. Nothing is
changed. The exit status is 0 if there are no orphans, 3 if there are, and 1 if that could not be found out.
"""
_ADVICE = """\
Whether an application still sends events with the tracking ID of one of these, only you know; a tracker that a stack
left on purpose looks like an orphan when CloudFormation has forgotten the stack's events, after 90 days. If none does:
"""


@dataclass(frozen=True)
class Examined:
    """A tracker, and what it is to the stack that its tags name."""

    tracker: Tracker
    finding: Finding
    reason: str

    @property
    def command(self) -> str | None:
        """What would delete it, if it is an orphan."""
        if not self.finding.is_orphan:
            return None
        arn = self.tracker.arn
        arguments = ["aws", "personalize", "delete-event-tracker", "--region", arn.split(":")[3]]
        return shlex.join([*arguments, "--event-tracker-arn", arn])

    def as_json(self) -> dict[str, str | None]:
        """All that is known of it."""
        return {
            "eventTrackerArn": self.tracker.arn,
            "name": self.tracker.name,
            "status": self.tracker.status,
            "stackId": self.tracker.stack_id or None,
            "logicalId": self.tracker.logical_id or None,
            "finding": self.finding,
            "reason": self.reason,
            "command": self.command,
        }


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those that the command line knows."""
    parser = commands.add_parser("orphans", help="list event trackers that no stack has", description=_DESCRIPTION)
    parser.add_argument("--all", action="store_true", help="list the trackers that are in use or unowned, too")
    parser.add_argument("--json", action="store_true", help="write a JSON list instead of a table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List them; returns the exit status."""
    if not arguments.json and not find_spec("rich"):
        print("error: the table needs the package rich; install it, or say --json", file=sys.stderr)
        return 1
    config = Config(retries={"mode": "standard", "total_max_attempts": 10})
    try:
        stacks = CloudFormationStacks(boto3.client("cloudformation", config=config))
        trackers = list_trackers(boto3.client("personalize", config=config))
        examined = [Examined(tracker, *examine(tracker, stacks)) for tracker in trackers]
    except (BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    listed = [each for each in examined if arguments.all or each.finding not in (Finding.IN_USE, Finding.UNOWNED)]
    if arguments.json:
        print(json.dumps([each.as_json() for each in listed], indent=2))
    else:
        _show(listed, len(examined))
    return _FOUND if any(each.command for each in listed) else 0


def _show(listed: Sequence[Examined], total: int) -> None:
    """Print a table, and below it the commands, one on a line, so that they can be copied."""
    # A script needs neither the table nor the package.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    table = Table("Event tracker", "Finding", "Reason", show_lines=True)
    for each in listed:
        style = "yellow" if each.command else ""
        table.add_row(
            Text(f"{each.tracker.name}\n{each.tracker.arn.rpartition('/')[2]}"),
            Text(each.finding, style),
            Text(each.reason),
        )
    if listed:
        console.print(table)
    commands = [each.command for each in listed if each.command]
    console.print(f"Event trackers: {total}, orphans: {len(commands)}.")
    if commands:
        console.print(f"\n{_ADVICE}")
        for command in commands:
            console.print(Text(command), soft_wrap=True)
