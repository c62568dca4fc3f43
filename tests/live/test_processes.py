"""Runs on a local cloud, in processes of their own: what stops them for good, and their stacks."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from live.__main__ import main
from live.account import Account, connect
from live.removal import Pace
from live.runs import TAG, Run
from live.stacks import Stack, remove_stacks
from local.cloud import ROOT, Cloud, running
from tests.live.conftest import contents, fill

FAST = ("--poll-seconds", "0.05")


@pytest.fixture(scope="module")
def cloud(_no_real_aws: None) -> Iterator[Cloud]:
    with running(seconds_per_state=0.1) as cloud:
        fill(cloud.personalize)
        yield cloud


@pytest.fixture
def account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Account:
    # Without roles, but sooner.
    for name, value in (cloud.environment | {"AWS_ENDPOINT_URL_PERSONALIZE": cloud.personalize_url}).items():
        monkeypatch.setenv(name, value)
    return connect(boto3.Session())


@contextmanager
def probing(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A probe that has made a tracker."""
    command = [sys.executable, "-u", "-m", "live", "probe", "--yes", *FAST, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "after its creation" not in process.stdout.readline():
            pass
        yield process


@pytest.mark.usefixtures("account")
def test_ctrl_c_removes_what_was_made(cloud: Cloud, tmp_path: Path) -> None:
    before = contents(cloud.personalize)
    groups = len(cloud.personalize.list_dataset_groups()["datasetGroups"])
    with probing(f"--report={tmp_path}/report.json") as process:
        # Of its groups, since its trackers come and go.
        assert len(cloud.personalize.list_dataset_groups()["datasetGroups"]) > groups
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.stdout
        said = process.stdout.read()

    assert process.returncode == 128 + signal.SIGINT
    assert "Removing what was made" in said
    assert contents(cloud.personalize) == before


@pytest.mark.usefixtures("account")
def test_what_is_killed_for_good_is_removed_by_the_next_clean(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(cloud.personalize)
    with probing() as process:
        process.kill()
    after = contents(cloud.personalize)
    left = after.keys() - before.keys()
    assert left
    assert {tag["tagKey"] for arn in left if ":schema/" not in arn for tag in after[arn]} == {TAG}

    assert main(["clean", *FAST]) == 0
    assert "Removed live-" in capsys.readouterr().out
    assert contents(cloud.personalize) == before
    assert main(["clean", *FAST]) == 0
    assert "There is nothing to remove" in capsys.readouterr().out


def test_clean_removes_the_stacks_of_runs_and_no_others(cloud: Cloud, account: Account) -> None:
    run, pace = Run(), Pace(poll_seconds=0.05)
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }
    stack = Stack(account, run, pace, "artifacts")
    assert stack.create(template) == "CREATE_COMPLETE"
    account.client("s3").put_object(Bucket=stack.outputs["Bucket"], Key="zip", Body=b"zip")
    others = ["live-0123abcd-artifacts", "films"]
    cloud.cloudformation.create_stack(StackName=others[0], TemplateBody=json.dumps(template))
    cloud.cloudformation.create_stack(
        StackName=others[1], TemplateBody=json.dumps(template), Tags=[{"Key": TAG, "Value": "0123abcd"}]
    )

    assert remove_stacks(account, pace, Run()) == []
    assert main(["clean", *FAST]) == 0

    left = [stack for stack in cloud.cloudformation.describe_stacks()["Stacks"] if "DELETE" not in stack["StackStatus"]]
    assert {stack["StackName"] for stack in left} == set(others)
    buckets = {bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]}
    assert [bucket for bucket in buckets if run.id in bucket] == []
    assert len(buckets) == len(others)
