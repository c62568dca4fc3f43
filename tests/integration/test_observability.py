"""Secrets, logs and metrics: rules S2, O1, O2."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from event_tracker.errors import InvalidRequestError, ResponseNotDeliveredError
from event_tracker.telemetry import logger
from simulation.stack import Stack
from simulation.world import World
from tests.integration.faults import FaultyClient
from tests.integration.requests import Requests, event

Log = Callable[[], list[dict[str, Any]]]
SECRET = "X-Amz-Signature=0123456789abcdef"
URL = f"https://cloudformation.example/response?{SECRET}"


@pytest.fixture
def at_debug() -> Iterator[None]:
    before = logger.log_level
    logger.setLevel("DEBUG")
    yield
    logger.setLevel(before)


@pytest.mark.usefixtures("at_debug")
def test_neither_the_response_url_nor_the_event_is_logged_at_any_level(
    aws: World, group: str, log: Log, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    requests = Requests(aws)
    requests("Create", ResponseURL=URL)
    requests("Delete", ResponseURL=URL)
    requests("Create", ResponseURL=URL, ResourceProperties={"DatasetGroupArn": "bad"})
    requests.inbox.replies = [503, OSError(URL), 403]
    with pytest.raises(ResponseNotDeliveredError):
        requests("Update", ResponseURL=URL)
    with pytest.raises(InvalidRequestError):
        requests.send({**event("Create"), "ResponseURL": URL, "StackId": None})

    captured = capfd.readouterr()
    everything = captured.out + captured.err + caplog.text + json.dumps(log())
    assert SECRET not in everything
    assert "ResponseURL" not in json.dumps(log())
    assert "Sending the response" in everything


def test_every_line_is_json_and_names_request_stack_and_resource(requests: Requests, group: str, log: Log) -> None:
    requests("Create")

    lines = log()
    sent = event("Create")
    assert len(lines) > 4
    for line in lines:
        assert line["correlation_id"] == sent["RequestId"]
        assert line["stack_id"] == sent["StackId"]
        assert line["logical_id"] == "Tracker"
        assert line["request_type"] == "Create"


def test_crhelpers_own_lines_are_in_the_same_log(requests: Requests, log: Log) -> None:
    requests("Create", ResourceProperties={})

    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert line["message"].startswith("The properties are not valid")
    assert "exception" in line
    assert line["correlation_id"] == event("Create")["RequestId"]


def test_each_change_of_status_is_logged(requests: Requests, group: str, log: Log) -> None:
    requests("Create")

    statuses = [line["status"] for line in log() if line["message"] == "Status"]
    assert statuses == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]


def test_a_service_that_does_not_respond_is_logged_when_the_waiting_for_it_begins(
    aws: World, group: str, log: Log
) -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://personalize.example")
    client = FaultyClient(aws.service, lambda name: unreachable if aws.time.now < 60 else None)

    Requests(aws, client)("Create")

    (line,) = [line for line in log() if line["level"] == "WARNING"]
    assert line["message"] == "Retrying"
    assert line["why"].startswith("Could not create event tracker shop-Tracker-")
    assert line["why"].endswith(': Could not connect to the endpoint URL: "https://personalize.example".')


def test_each_decision_is_logged(aws: World, stack: Stack, group: str, other_group: str, log: Log) -> None:
    aws.tracker(other_group)
    stack.create(DatasetGroupArn=group)
    stack.update(DatasetGroupArn=group, Name="clicks")
    stack.update(DatasetGroupArn=other_group, AdoptExisting=True)
    stack.delete()

    messages = {line["message"] for line in log()}
    assert messages >= {
        "Created",
        "Using",
        "Refusing",
        "Adopting",
        "Adopted",
        "Deleted",
        "Left in place: not this resource's to delete",
    }


def test_a_redelivered_create_is_told_from_a_tracker_that_is_as_wanted(
    requests: Requests, group: str, log: Log
) -> None:
    created = requests.create()
    requests("Create")
    requests.update(created)

    assert [line["why"] for line in log() if line["message"] == "Using"] == [
        "made by this request (C3)",
        "as wanted (U1)",
    ]


def test_nothing_of_an_earlier_request_is_on_a_line_of_the_next(requests: Requests, group: str, log: Log) -> None:
    requests("Create")
    before = len(log())
    with pytest.raises(InvalidRequestError):
        requests.send({})
    requests("Delete", StackId=event("Create")["StackId"].replace("shop", "other"))

    for line in log()[before:]:
        assert "/stack/shop/" not in json.dumps(line)


def test_the_metrics_tell_what_happened_and_how_long_it_took(
    aws: World, requests: Requests, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def metrics() -> dict[str, Any]:
        (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
        document = json.loads(line)
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "PersonalizeEventTracker"
        return {metric["Name"]: document[metric["Name"]] for metric in directive["Metrics"]}

    created = requests.create()
    assert metrics() == {"Created": [1], "SecondsToActive": [8], "Refused": [0], "Failed": [0]}

    requests.update(created)
    assert metrics() == {"Refused": [0], "Failed": [0]}
    # A second delivery has not created anything.
    requests("Create")
    assert metrics() == {"Refused": [0], "Failed": [0]}

    requests.delete(created)
    assert metrics() == {"Deleted": [1], "SecondsToDelete": [8], "Refused": [0], "Failed": [0]}

    aws.tracker(group)
    requests("Create", ResourceProperties={"DatasetGroupArn": group, "AdoptExisting": "true"})
    assert metrics() == {"Adopted": [1], "Refused": [0], "Failed": [0]}

    requests("Create")
    assert metrics() == {"Refused": [1], "Failed": [0]}

    with pytest.raises(InvalidRequestError):
        requests.send({})
    assert metrics() == {"Failed": [1]}
