"""The life of a tracker on the local cloud: the built zip, the real SAM CLI, TLS, roles, and real time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from live.__main__ import main
from live.runs import TAG
from local.cloud import Cloud, running
from tests.live.test_report import actions, policies


@dataclass
class Lived:
    """How it ended."""

    status: int
    report: dict[str, Any]
    stacks: list[dict[str, Any]]
    groups: list[Any]
    cloud: Cloud


@pytest.fixture(scope="module")
def lived(_no_real_aws: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    path = tmp_path_factory.mktemp("life") / "live-report.json"
    with running(seconds_per_state=0.01) as cloud, pytest.MonkeyPatch.context() as patch:
        for name, value in (cloud.environment | {"SAM_CLI_POLL_DELAY": "0.3"}).items():
            patch.setenv(name, value)
        status = main(["life", "--yes", "--poll-seconds", "0.3", "--report", str(path)])
        report = json.loads(path.read_text())["life"]
        stacks: Any = cloud.cloudformation.describe_stacks()["Stacks"]
        yield Lived(status, report, stacks, list(cloud.personalize.list_dataset_groups()["datasetGroups"]), cloud)


def test_a_tracker_lives_as_the_story_says(lived: Lived) -> None:
    assert lived.report["failure"] == ""
    assert lived.status == 0
    assert {
        "its tracking ID is a stack output",
        "the reason says how to opt in",
        "there is one tracker, of the old name",
        "the tracker is the one that was",
        "a failed update leaves it",
        "the reason says how to adopt",
        "the tracker is still there",
        "a deletion of what no stack owns is denied",
        "so is the removal of an ownership tag from it",
    } <= set(lived.report["checks"])
    assert any(check.startswith("X-Amz-Date was in ") for check in lived.report["checks"])


def test_nothing_is_left(lived: Lived) -> None:
    assert [stack for stack in lived.stacks if stack["StackStatus"] != "DELETE_COMPLETE"] == []
    assert lived.groups == []
    assert lived.cloud.personalize.list_event_trackers()["eventTrackers"] == []
    assert lived.cloud.personalize.list_schemas()["schemas"] == []
    assert lived.cloud.functions.list_functions()["Functions"] == []


def test_the_page_asks_for_what_a_life_calls(lived: Lived) -> None:
    aliases = {"s3:ListObjectsV2": "s3:ListBucket", "lambda:Invoke": "lambda:InvokeFunction"}
    called = {aliases.get(call, call) for call in lived.report["calls"]}
    allowed = actions(policies()[0]) | actions(policies()[1])
    assert called - allowed == set()
    assert TAG in json.dumps(policies()[0])
