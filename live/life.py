"""`life`: deploy the provider with the real SAM CLI and take a stack through the life of an event tracker."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from live.account import LiveError, explain
from live.removal import remove_runs
from live.stacks import Stack, remove_stacks
from live.stage import Stage
from local.cloud import ROOT
from local.sam import SAM_DIRECTORY

# It runs with the provider's role, which no person can assume, and tries what that must not do.
_TRY = """\
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    client, codes = boto3.client("personalize"), {}
    for operation, arguments in event.items():
        try:
            getattr(client, operation)(**arguments)
            codes[operation] = "allowed"
        except ClientError as error:
            codes[operation] = error.response["Error"]["Code"]
    return codes
"""


@dataclass
class Life(Stage):
    """The story."""

    two: str = ""
    seconds: float = 0.0

    def live(self) -> None:
        """Play it, and remove what was made for it, whatever happens. Raises LiveError or UnexpectedError."""
        started = self.bench.pace.now()
        try:
            self._play()
        except (BotoCoreError, ClientError) as error:
            raise explain(error) from error
        finally:
            self._title("Removing what was made")
            self.seconds = self.bench.pace.now() - started
            remove_stacks(self.bench.account, self.bench.pace, self.bench.run)
            remove_runs(self.bench.client, self.bench.pace, self.bench.run)

    def _play(self) -> None:
        self._title("The provider, by the SAM CLI")
        self._timed("sam build and sam deploy", self._deploy)
        self.one = self._timed("a dataset group", self.bench.group)
        self.two = self._timed("another dataset group", lambda: self.bench.group(but=(self.one,)))
        self._create_and_tag()
        self._rename()
        self._rename_and_roll_back()
        self._change_group()
        self._retain()
        self._adopt()
        self._role()
        self._requests()

    def _deploy(self) -> None:
        self._ends(self._stack("artifacts").create(_ARTIFACTS), "CREATE_COMPLETE", "the stack of the bucket")
        provider = self._stack("provider")
        with TemporaryDirectory(prefix="live-") as directory:
            sam(["build", "--build-dir", directory, "--template-file", str(ROOT / "template.yaml")])
            arguments = ["deploy", "--stack-name", provider.name, "--template-file", f"{directory}/template.yaml"]
            arguments += ["--s3-bucket", self._stack("artifacts").outputs["Bucket"], "--no-resolve-s3"]
            arguments += ["--tags", *(f"{tag['Key']}={tag['Value']}" for tag in provider.tags)]
            if "AWS_ENDPOINT_URL_PERSONALIZE" in os.environ:
                arguments += [
                    "--parameter-overrides",
                    f"PersonalizeEndpointUrl={os.environ['AWS_ENDPOINT_URL_PERSONALIZE']}",
                ]
            sam(arguments)

    def _create_and_tag(self) -> None:
        self._title("A tracker is created, and its tags change")
        created = self._timed("create", lambda: self.stack.create(self._template(Tags=_team("shop"))))
        self._ends(created, "CREATE_COMPLETE", "the stack")
        first = self.stack.outputs
        tracker = self.bench.describe(first["EventTrackerArn"]) or {}
        self._check("the tracker is ACTIVE", tracker.get("status") == "ACTIVE")
        self._check("its tracking ID is a stack output", first["TrackingId"] == tracker.get("trackingId"))
        self._update("UPDATE_COMPLETE", Tags=_team("web"))
        self._check("the tag has changed", self._tags(first["EventTrackerArn"]).get("team") == "web")
        self._check("and nothing else", self.stack.outputs == first)

    def _rename(self) -> None:
        self._title("A rename is refused, and done for those who opt in")
        before = self.stack.outputs
        self._update("UPDATE_ROLLBACK_COMPLETE", Name=self.bench.run.name("clicks"))
        self._check("the reason says how to opt in", "ReplacementStrategy: delete_then_create" in self.stack.reason)
        self._check("nothing has changed", self.stack.outputs == before)
        self._update("UPDATE_COMPLETE", **self._opted_in("clicks"))
        self._check("the tracker has its name", self.stack.outputs["Name"] == self.bench.run.name("clicks"))
        self._check("its tracking ID is another", self.stack.outputs["TrackingId"] != before["TrackingId"])

    def _rename_and_roll_back(self) -> None:
        self._title("A rename that was opted in to, in an update that fails elsewhere")
        self._update("UPDATE_ROLLBACK_COMPLETE", fails=True, **self._opted_in("views"))
        (arn,) = self._trackers(self.one)
        named = (self.bench.describe(arn) or {}).get("name")
        self._check("there is one tracker, of the old name", named == self.bench.run.name("clicks"))
        self._update("UPDATE_COMPLETE", Tags=_team("shop"), **self._opted_in("clicks"))
        self._check("an update finds it", self.stack.outputs["EventTrackerArn"] == arn)

    def _change_group(self) -> None:
        self._title("Another dataset group: rolled back, and done")
        before = self.stack.outputs
        self._update("UPDATE_ROLLBACK_COMPLETE", group=self.two, fails=True, **self._opted_in("clicks"))
        self._check("the tracker is the one that was", self._trackers(self.one) == [before["EventTrackerArn"]])
        self._check("and has its tracking ID", self.stack.outputs["TrackingId"] == before["TrackingId"])
        self._check("the other group has none", self._trackers(self.two) == [])
        self._update("UPDATE_COMPLETE", group=self.two, **self._opted_in("clicks"))
        self._check("the tracker is in the other group", self._in(self.two))
        self._check("the first group has none", self._trackers(self.one) == [])
        self._delete(self.two)

    def _retain(self) -> None:
        self._title("A tracker that is retained outlives its replacement, and a failed update")
        self._ends(self.stack.create(self._template(retain=True)), "CREATE_COMPLETE", "the stack")
        kept = self.stack.outputs
        self._update("UPDATE_COMPLETE", group=self.two, retain=True)
        self._check("the old tracker is retained", self._trackers(self.one) == [kept["EventTrackerArn"]])
        self._update("UPDATE_ROLLBACK_COMPLETE", group=self.two, retain=True, fails=True, Tags=_team("web"))
        described = self.bench.describe(kept["EventTrackerArn"]) or {}
        self._check("a failed update leaves it", described.get("trackingId") == kept["TrackingId"])
        self._update("UPDATE_COMPLETE", group=self.two)
        self._delete(self.two)
        self._check("so does the deletion of the stack", self._trackers(self.one) == [kept["EventTrackerArn"]])
        self.bench.trackers[kept["EventTrackerArn"]] = self.one
        self.bench.empty(self.one)

    def _adopt(self) -> None:
        self._title("A tracker that is there is adopted, and outlives the stack")
        theirs = self.bench.new_tracker(self.one)
        self.bench.wait_until_active(theirs)
        self._ends(self.stack.create(self._template()), "ROLLBACK_COMPLETE", "a stack that does not adopt")
        self._check("the reason says how to adopt", "AdoptExisting: true" in self.stack.reason)
        self._delete(None)
        adopt: dict[str, Any] = {"AdoptExisting": True, "Tags": _team("shop")}
        self._ends(self.stack.create(self._template(**adopt)), "CREATE_COMPLETE", "the stack")
        self._check("the stack has the tracker", self.stack.outputs["EventTrackerArn"] == theirs)
        self._check("and has tagged it", self._tags(theirs).get("team") == "shop")
        self._delete(None)
        self._check("the tracker is still there", self._trackers(self.one) == [theirs])

    def _role(self) -> None:
        self._title("What the role must not do")
        provider, role = self._stack("provider"), self._stack("role")
        (theirs,) = self._trackers(self.one)
        self._ends(role.create(_role_template(_role_arn(provider))), "CREATE_COMPLETE", "the stack of a function")
        payload = {
            "delete_event_tracker": {"eventTrackerArn": theirs},
            "untag_resource": {"resourceArn": theirs, "tagKeys": [_STACK_TAG]},
            "describe_event_tracker": {"eventTrackerArn": theirs},
        }
        response = self.bench.account.client("lambda").invoke(
            FunctionName=role.outputs["Function"], Payload=json.dumps(payload)
        )
        codes = json.loads(response["Payload"].read())
        denied = "AccessDeniedException"
        self._check("a deletion of what no stack owns is denied", codes.get("delete_event_tracker") == denied)
        self._check("so is the removal of an ownership tag from it", codes.get("untag_resource") == denied)
        self._check("a description is not", codes.get("describe_event_tracker") == "allowed")

    def _requests(self) -> None:
        self._title("What the provider has logged of CloudFormation's requests")
        logs = self.bench.account.client("logs")
        group = self._stack("provider").physical_id("ProviderLogs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [_parsed(event["message"]) for page in pages for event in page["events"]]
        requests = [line for line in lines if line.get("message") == "Request"]
        dated = [line for line in requests if line.get("sent")]
        self._check(f"X-Amz-Date was in {len(dated)} of {len(requests)} ResponseURLs", requests == dated != [])


_STACK_TAG = "cloudformation:stack-id"
_ARTIFACTS = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
}


def sam(arguments: Sequence[str]) -> None:
    """Run the SAM CLI with the credentials of the caller; raises LiveError with the end of what it said."""
    path = os.pathsep.join([str(SAM_DIRECTORY), os.environ.get("PATH", os.defpath)])
    command = ["sam", *arguments, "--config-file", str(ROOT / "samconfig.toml")]
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    try:
        # Nothing of this command line is from outside.
        done = subprocess.run(  # noqa: S603
            command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise LiveError("There is no SAM CLI: `make live` installs it.") from error
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())
        raise LiveError(f"sam {arguments[0]} failed: {said[-1000:]}")


def _role_arn(provider: Stack) -> str:
    function = provider.account.client("lambda").get_function_configuration(
        FunctionName=provider.physical_id("ProviderFunction")
    )
    return str(function["Role"])


def _role_template(role_arn: str) -> dict[str, Any]:
    function: Mapping[str, Any] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": role_arn,
            "Timeout": 60,
            "Code": {"ZipFile": _TRY},
        },
    }
    return {"Resources": {"Function": function}, "Outputs": {"Function": {"Value": {"Ref": "Function"}}}}


def _team(name: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": name}]


def _parsed(line: str) -> dict[str, Any]:
    with suppress(ValueError):
        parsed = json.loads(line)
        if isinstance(parsed, dict):
            return parsed
    return {}
