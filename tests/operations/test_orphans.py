"""`python -m operations orphans`: what is said of each kind of tracker, and no command that could do harm."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from event_tracker import ownership
from local.moto_personalize import Guesses, register
from operations import orphans, owners
from operations.__main__ import main
from operations.owners import CloudFormationStacks, Finding, Tracker, examine

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

ROOT = Path(__file__).parents[2]
PLACE = "us-east-1:123456789012"
STACK = f"arn:aws:cloudformation:{PLACE}:stack/shop/1f2e3d"
ARN = f"arn:aws:personalize:{PLACE}:event-tracker/ca4f41f3"
OTHER_ARN = f"arn:aws:personalize:{PLACE}:event-tracker/0badcafe"
ACKNOWLEDGED = "Create/5c478372/20261125T221000Z/20261125T221030Z"
PENDING = "Update/5c478372/20261125T221000Z/pending"


@dataclass
class FakeStacks:
    """What CloudFormation says of the one stack."""

    is_status: str | None = "UPDATE_COMPLETE"
    resources: dict[str, str] = field(default_factory=dict)
    retained: tuple[str, ...] = ()

    def status(self, stack_id: str) -> str | None:
        assert stack_id == STACK
        return self.is_status

    def physical_ids(self, stack_id: str) -> dict[str, str]:
        return self.resources

    def has_retained(self, stack_id: str, physical_id: str) -> bool:
        return physical_id in self.retained


def tracker(created_by: str | None = ACKNOWLEDGED, *, status: str = "ACTIVE", stack_id: str = STACK) -> Tracker:
    tags = {owners.STACK_ID: stack_id, owners.LOGICAL_ID: "Tracker", "team": "shop"}
    if created_by is not None:
        tags[owners.CREATED_BY] = created_by
    return Tracker(ARN, "clicks", status, tags)


HERE = {"Tracker": ARN}
REPLACED = {"Tracker": OTHER_ARN}
CASES: dict[str, tuple[Tracker, FakeStacks, Finding]] = {
    "the resource has it": (tracker(), FakeStacks(resources=HERE), Finding.IN_USE),
    "the resource has it, unmarked": (tracker(PENDING), FakeStacks(resources=HERE), Finding.IN_USE),
    "the resource has it by another name": (tracker(), FakeStacks(resources={"Clicks": ARN}), Finding.IN_USE),
    "it was handed over": (tracker(None), FakeStacks(resources=HERE), Finding.IN_USE),
    "a tracker without tags": (Tracker(ARN, "clicks", "ACTIVE", {}), FakeStacks(), Finding.UNOWNED),
    "a stack's tag alone": (
        Tracker(ARN, "clicks", "ACTIVE", {owners.STACK_ID: STACK}),
        FakeStacks(None),
        Finding.UNOWNED,
    ),
    "retained by a deletion": (tracker(), FakeStacks("DELETE_COMPLETE", {}, (ARN,)), Finding.RETAINED),
    "retained by a replacement": (tracker(), FakeStacks("UPDATE_COMPLETE", REPLACED, (ARN,)), Finding.RETAINED),
    "retained, unmarked": (tracker(PENDING), FakeStacks("UPDATE_COMPLETE", {}, (ARN,)), Finding.RETAINED),
    "another was retained": (tracker(), FakeStacks("UPDATE_COMPLETE", REPLACED, (OTHER_ARN,)), Finding.REPLACED),
    "the stack is deleted": (tracker(), FakeStacks("DELETE_COMPLETE"), Finding.STACK_GONE),
    "the stack is unknown": (tracker(), FakeStacks(None), Finding.STACK_GONE),
    "the resource is gone": (tracker(), FakeStacks(resources={"Other": "x"}), Finding.RESOURCE_GONE),
    "the creation was rolled back": (tracker(), FakeStacks("ROLLBACK_COMPLETE"), Finding.RESOURCE_GONE),
    "the resource has another": (tracker(), FakeStacks(resources=REPLACED), Finding.REPLACED),
    "made by 0.1.0": (tracker("Create/5c478372"), FakeStacks(resources=REPLACED), Finding.REPLACED),
    "nobody took the response": (tracker(PENDING), FakeStacks(resources=REPLACED), Finding.UNACKNOWLEDGED),
    "nobody took it before the deletion": (tracker(PENDING), FakeStacks("DELETE_COMPLETE"), Finding.UNACKNOWLEDGED),
    "an update is under way": (tracker(), FakeStacks("UPDATE_IN_PROGRESS", REPLACED), Finding.UNDECIDED),
    "the old ones are to be deleted": (
        tracker(),
        FakeStacks("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", REPLACED),
        Finding.UNDECIDED,
    ),
    "an update can still be rolled back": (tracker(), FakeStacks("UPDATE_FAILED", REPLACED), Finding.UNDECIDED),
    "a rollback is stuck": (tracker(PENDING), FakeStacks("UPDATE_ROLLBACK_FAILED"), Finding.UNDECIDED),
    "a deletion is stuck": (tracker(), FakeStacks("DELETE_FAILED"), Finding.UNDECIDED),
    "it is being made": (tracker(status="CREATE IN_PROGRESS"), FakeStacks(None), Finding.UNDECIDED),
    "it is being deleted": (tracker(status="DELETE PENDING"), FakeStacks(None), Finding.UNDECIDED),
    "its creation failed": (tracker(status="CREATE FAILED"), FakeStacks(None), Finding.STACK_GONE),
    "another region's stack": (
        tracker(stack_id=STACK.replace("us-east-1", "us-west-2")),
        FakeStacks(None),
        Finding.UNDECIDED,
    ),
    "another account's stack": (tracker(stack_id=STACK.replace("1234", "9876")), FakeStacks(None), Finding.UNDECIDED),
    "no CloudFormation stack": (tracker(stack_id="urn:emulator:shop"), FakeStacks(None), Finding.UNDECIDED),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_tracker_is_to_its_stack(case: str) -> None:
    examined, stacks, expected = CASES[case]

    finding, reason = examine(examined, stacks)

    assert finding is expected
    assert reason.endswith(".")
    has_command = orphans.Examined(examined, finding, reason).command is not None
    assert has_command == (finding in ("stack gone", "resource gone", "replaced", "unacknowledged"))


def test_the_tags_are_those_that_the_provider_writes() -> None:
    assert (owners.STACK_ID, owners.LOGICAL_ID, owners.CREATED_BY) == (
        ownership.STACK_ID,
        ownership.LOGICAL_ID,
        ownership.CREATED_BY,
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [("AccessDenied", "User is not authorized"), ("ValidationError", "1 validation error"), ("Throttling", "Rate")],
)
def test_a_stack_is_not_gone_because_cloudformation_does_not_say(code: str, message: str) -> None:
    client = boto3.client("cloudformation", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", code, message)
        with pytest.raises(ClientError, match=code):
            CloudFormationStacks(client).status(STACK)


@pytest.fixture
def personalize() -> Iterator["PersonalizeClient"]:
    # Lists of more than one page.
    register(Guesses(group_without_interactions=None, page_size=2))
    with mock_aws():
        yield boto3.client("personalize")
    register(Guesses())


@pytest.fixture
def stack_id(personalize: "PersonalizeClient") -> str:
    template = {"Resources": {"Tracker": {"Type": "AWS::SNS::Topic"}}}
    created = boto3.client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps(template))
    return created["StackId"]


def create(personalize: "PersonalizeClient", name: str, *, stack_id: str = "", logical_id: str = "Tracker") -> str:
    group = personalize.create_dataset_group(name=name)["datasetGroupArn"]
    owned: Any = [
        {"tagKey": owners.STACK_ID, "tagValue": stack_id},
        {"tagKey": owners.LOGICAL_ID, "tagValue": logical_id},
    ]
    made = personalize.create_event_tracker(name=name, datasetGroupArn=group, tags=owned if stack_id else [])
    return made["eventTrackerArn"]


@pytest.fixture
def trackers(personalize: "PersonalizeClient", stack_id: str) -> dict[str, str]:
    """ARNs by names, which say what is found."""
    return {
        "gone": create(personalize, "gone", stack_id=stack_id.replace("shop", "lost")),
        "replaced": create(personalize, "replaced", stack_id=stack_id),
        "unowned": create(personalize, "unowned"),
        "no-resource": create(personalize, "no-resource", stack_id=stack_id, logical_id="Old"),
        "elsewhere": create(personalize, "elsewhere", stack_id=stack_id.replace("us-east-1", "us-west-2")),
    }


def test_json_has_each_orphan_with_its_command(trackers: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orphans", "--json"]) == 3

    listed = json.loads(capsys.readouterr().out)
    delete = "aws personalize delete-event-tracker --region us-east-1 --event-tracker-arn"
    assert {each["name"]: (each["finding"], each["command"]) for each in listed} == {
        "gone": ("stack gone", f"{delete} {trackers['gone']}"),
        "replaced": ("replaced", f"{delete} {trackers['replaced']}"),
        "no-resource": ("resource gone", f"{delete} {trackers['no-resource']}"),
        "elsewhere": ("undecided", None),
    }
    assert main(["orphans", "--json", "--all"]) == 3
    assert {each["name"] for each in json.loads(capsys.readouterr().out)} == trackers.keys()


def test_the_table_leaves_each_command_on_a_line_of_its_own_and_changes_nothing(
    personalize: "PersonalizeClient", trackers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def everything() -> list[Any]:
        return [
            (
                personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"],
                personalize.list_tags_for_resource(resourceArn=arn)["tags"],
            )
            for arn in trackers.values()
        ]

    before = everything()
    assert main(["orphans"]) == 3

    assert everything() == before
    lines = capsys.readouterr().out.splitlines()
    assert "Event trackers: 5, orphans: 3." in lines
    commands = [line.rpartition(" ")[2] for line in lines if line.startswith("aws ")]
    assert commands == [trackers["gone"], trackers["replaced"], trackers["no-resource"]]
    assert any("undecided" in line for line in lines)


def test_without_orphans_the_status_is_0(
    personalize: "PersonalizeClient", stack_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create(personalize, "unowned")

    assert main(["orphans"]) == 0
    assert capsys.readouterr().out == "Event trackers: 1, orphans: 0.\n"


def test_what_cannot_be_found_out_is_an_error(
    trackers: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(self: CloudFormationStacks, stack_id: str) -> str:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "DescribeStacks")

    monkeypatch.setattr(CloudFormationStacks, "status", denied)

    assert main(["orphans"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: An error occurred (AccessDenied)")


def test_a_script_needs_no_rich(
    trackers: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(orphans, "find_spec", lambda name: None)

    assert main(["orphans"]) == 1
    assert "--json" in capsys.readouterr().err
    assert main(["orphans", "--json"]) == 3


PAGE = (ROOT / "docs" / "orphans.md").read_text()


def test_the_page_has_every_finding_and_says_which_come_with_a_command() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| .* \| (yes|no) \|$", PAGE, re.MULTILINE)

    assert dict(rows) == {finding: "yes" if finding.is_orphan else "no" for finding in Finding}


def test_the_page_allows_the_calls_that_are_made_and_no_others(
    trackers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def record(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        made.add(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    main(["orphans", "--all"])

    (policy,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    actions = [statement["Action"] for statement in json.loads(policy)["Statement"]]
    assert {action for each in actions for action in ([each] if isinstance(each, str) else each)} == made
