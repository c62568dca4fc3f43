"""Whatever happens to a run, what it made is removed, and nothing else is touched."""

import json
import os
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from live.__main__ import main
from live.account import Account, LiveError, connect
from live.bench import Bench
from live.probe import probe
from live.removal import remove_runs
from live.runs import TAG, Run
from live.stacks import Stack, remove_stacks
from local.cloud import ROOT, Cloud
from tests.live.conftest import PACE, set_seconds_per_state

if TYPE_CHECKING:
    from mypy_boto3_personalize.type_defs import TagTypeDef

KILLS = 20
FAST = ("--poll-seconds", "0.02")


class BeganError(Exception):
    """The run has begun."""


class Killed(BaseException):
    """The process is gone: nothing that it does from now on reaches the account."""


def contents(cloud: Cloud) -> dict[str, Any]:
    """All that there is in the account, with its tags."""
    personalize = cloud.personalize
    groups = [group["datasetGroupArn"] for group in personalize.list_dataset_groups()["datasetGroups"]]
    datasets = [dataset["datasetArn"] for dataset in personalize.list_datasets()["datasets"]]
    trackers = [tracker["eventTrackerArn"] for tracker in personalize.list_event_trackers()["eventTrackers"]]
    schemas = [schema["schemaArn"] for schema in personalize.list_schemas()["schemas"]]
    tags = {arn: personalize.list_tags_for_resource(resourceArn=arn)["tags"] for arn in groups + datasets + trackers}
    return tags | {arn: personalize.describe_schema(schemaArn=arn)["schema"]["schema"] for arn in schemas}


@pytest.fixture(scope="module")
def theirs(cloud: Cloud) -> dict[str, Any]:
    """An account in which others have what looks almost like a run's."""
    group = cloud.create_dataset_group("live-0123abcd-films")
    cloud.personalize.create_event_tracker(name="live-0123abcd-tracker", datasetGroupArn=group)
    tagged: list[TagTypeDef] = [{"tagKey": TAG, "tagValue": "0123abcd"}]
    cloud.personalize.create_dataset_group(name="films", tags=tagged)
    cloud.personalize.create_dataset_group(name="live-4567abcd-films", tags=tagged)
    cloud.personalize.create_schema(name="live-0123abcd-interactions", schema=json.dumps({"fields": []}))
    return contents(cloud)


def killed_at(account: Account, change: int, *, after: bool) -> Account:
    """The same account, for a process that is killed before or after it changes something for the nth time."""
    dying = Account(boto3.Session(), account.id, account.partition)
    events = dying.client("personalize").meta.events
    changes = 0

    def count(model: Any, **_: Any) -> None:
        nonlocal changes
        changes += not model.name.startswith(("Describe", "List"))
        # Whoever is dead calls nothing any more.
        if changes > change or (changes == change and not after):
            raise Killed

    def die(**_: Any) -> None:
        if changes >= change and after:
            raise Killed

    events.register("before-call", count)
    events.register("after-call", die)
    return dying


# A probe changes something some 70 times; the last changes remove what was made.
POINTS = [(change, after) for change in range(1, 66) for after in (False, True)]


@pytest.mark.parametrize(("change", "after"), random.Random(13).sample(POINTS, KILLS))
def test_after_a_kill_clean_leaves_the_account_as_it_was(
    cloud: Cloud, account: Account, theirs: dict[str, Any], change: int, after: bool
) -> None:
    set_seconds_per_state(cloud, 0.08, "eventtracker", *(["datasetgroup", "dataset"] if change % 2 else []))

    with pytest.raises(Killed):
        probe(Bench(killed_at(account, change, after=after), pace=PACE))

    remove_runs(account.client("personalize"), PACE)
    assert contents(cloud) == theirs
    assert remove_runs(account.client("personalize"), PACE) == []


@pytest.mark.usefixtures("account")
def test_ctrl_c_removes_what_was_made(cloud: Cloud, theirs: dict[str, Any], tmp_path: Any) -> None:
    run = [sys.executable, "-u", "-m", "live", "probe", "--yes", *FAST, f"--report={tmp_path}/report.json"]
    with subprocess.Popen(run, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "second tracker" not in process.stdout.readline():
            pass
        assert contents(cloud) != theirs
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert process.returncode == 128 + signal.SIGINT
    assert "Removing what was made" in said
    assert contents(cloud) == theirs


def test_what_is_killed_for_good_is_removed_by_the_next_clean(
    cloud: Cloud, account: Account, theirs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run = [sys.executable, "-u", "-m", "live", "probe", "--yes", *FAST]
    with subprocess.Popen(run, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "second tracker" not in process.stdout.readline():
            pass
        process.kill()
    left = contents(cloud).keys() - theirs.keys()
    assert left
    tags = [tag for arn in left if ":schema/" not in arn for tag in contents(cloud)[arn]]
    assert {tag["tagKey"] for tag in tags} == {TAG}

    assert main(["clean", *FAST]) == 0

    assert "Removed live-" in capsys.readouterr().out
    assert contents(cloud) == theirs
    assert main(["clean", *FAST]) == 0
    assert "There is nothing to remove" in capsys.readouterr().out


def test_clean_removes_one_run_if_it_is_told_which(
    cloud: Cloud, account: Account, theirs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = Run(), Run()
    for run in (one, other):
        Bench(account, run, PACE).group()

    assert main(["clean", "--run", one.id, *FAST]) == 0

    assert [arn for arn in contents(cloud) if one.id in arn] == []
    assert len([arn for arn in contents(cloud) if other.id in arn]) == 3
    main(["clean", *FAST])
    assert contents(cloud) == theirs


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: str, message: str) -> None:
    """Refuse every call of an operation."""
    real = Account.client

    def client(self: Account, service: str) -> Any:
        made = real(self, service)

        def refused(**_: Any) -> None:
            error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, operation)  # type: ignore[arg-type]

        made.meta.events.register(f"before-call.*.{operation}", refused, unique_id=operation)
        return made

    monkeypatch.setattr(Account, "client", client)


@pytest.mark.parametrize(
    ("operation", "code", "sentence"),
    [
        ("GetCallerIdentity", "ExpiredToken", "AWS refused the credentials (ExpiredToken), renew them: Said."),
        ("CreateDatasetGroup", "LimitExceededException", "A quota is full at CreateDatasetGroup, delete something or "),
        ("CreateSchema", "LimitExceededException", "A quota is full at CreateSchema, delete something or request"),
        ("CreateDataset", "AccessDeniedException", "You may not call CreateDataset, give yourself the permissions in "),
        ("CreateEventTracker", "AccessDeniedException", "You may not call CreateEventTracker, give yourself the "),
        ("TagResource", "AccessDeniedException", "You may not call TagResource, give yourself the permissions in "),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_stops_a_run_is_one_sentence_and_leaves_nothing(
    cloud: Cloud,
    theirs: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    operation: str,
    code: str,
    sentence: str,
) -> None:
    refuse(monkeypatch, operation, code, "Said")

    assert main(["probe", "--yes", *FAST]) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"error: {sentence}")
    assert said.count("\n") == 1
    assert contents(cloud) == theirs


@pytest.mark.usefixtures("account")
def test_a_region_without_the_service_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-north-1")
    assert main(["probe", "--yes"]) == 1
    assert "error: Amazon Personalize is not in eu-north-1: choose one of ap-northeast-1, " in capsys.readouterr().err


def test_no_region_no_credentials_and_no_network_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with pytest.raises(LiveError, match=r"^AWS cannot be reached, check network, proxy and region: .*\.$"):
        connect()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(LiveError, match=r"^There are no credentials to use: Unable to locate credentials\.$"):
        connect(boto3.Session())
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(LiveError, match=r"^No region is set"):
        connect(boto3.Session())


@pytest.mark.parametrize(("reply", "goes_on"), [("yes", True), ("Y", True), ("", False), ("no", False)])
@pytest.mark.usefixtures("account")
def test_nothing_is_made_unless_the_answer_is_yes(
    cloud: Cloud,
    theirs: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reply: str,
    goes_on: bool,
) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return reply

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answer)

    def begin(*_: object, **__: object) -> None:
        raise BeganError

    monkeypatch.setattr("live.probe.probe", begin)
    if goes_on:
        with pytest.raises(BeganError):
            main(["probe"])
    else:
        assert main(["probe"]) == 1
        assert capsys.readouterr().err == "error: Nothing was made.\n"
    assert asked == ["Go on? [yes/no] "]
    assert contents(cloud) == theirs


@pytest.mark.usefixtures("account")
def test_nobody_to_ask_and_no_yes_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["probe"]) == 1
    out, err = capsys.readouterr()
    assert "Account 123456789012, region us-east-1, run " in out
    assert err == "error: Nobody is there to be asked: say --yes.\n"


def test_clean_removes_the_stacks_of_runs_and_no_others(cloud: Cloud, account: Account) -> None:
    run = Run()
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }
    stack = Stack(account, run, PACE, "artifacts")
    assert stack.create(template) == "CREATE_COMPLETE"
    account.client("s3").put_object(Bucket=stack.outputs["Bucket"], Key="zip", Body=b"zip")
    others = ["live-0123abcd-artifacts", "films"]
    cloud.cloudformation.create_stack(StackName=others[0], TemplateBody=json.dumps(template))
    cloud.cloudformation.create_stack(
        StackName=others[1], TemplateBody=json.dumps(template), Tags=[{"Key": TAG, "Value": "0123abcd"}]
    )

    assert remove_stacks(account, PACE, Run()) == []
    assert main(["clean", *FAST]) == 0

    left = [stack for stack in cloud.cloudformation.describe_stacks()["Stacks"] if "DELETE" not in stack["StackStatus"]]
    assert {stack["StackName"] for stack in left} == set(others)
    buckets = {bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]}
    assert [bucket for bucket in buckets if run.id in bucket] == []
    assert len(buckets) == len(others)
