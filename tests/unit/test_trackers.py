"""Which refusals of Amazon Personalize pass, and how long a call can take: rules W2, W4."""

import socket
from typing import Any

import boto3
import botocore.endpoint
import pytest
import urllib3
from botocore.exceptions import ClientError
from botocore.retries import standard

from event_tracker import lifecycle, protocol, waiting
from event_tracker.protocol import Http
from event_tracker.trackers import CLIENT_CONFIG, _is_passing
from simulation.events import event

ADDRESSES = 8


def refusal(code: str, status: int = 400, operation: str = "DescribeEventTracker") -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            *standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
            *standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES,
        }
    ),
)
def test_what_botocore_takes_for_passing_passes_here(code: str) -> None:
    # For CreateEventTracker it may mean that the group has a tracker.
    assert _is_passing(refusal(code), 0) is (code != "LimitExceededException")


@pytest.mark.parametrize("status", sorted({*standard.TransientRetryableChecker._TRANSIENT_STATUS_CODES, 429, 599}))
def test_a_status_that_passes_needs_no_code(status: int) -> None:
    assert _is_passing(refusal("SomethingNew", status), 1000)


@pytest.mark.parametrize(
    ("code", "operation", "passes"),
    [
        ("ResourceInUseException", "TagResource", True),
        ("LimitExceededException", "UntagResource", True),
        ("LimitExceededException", "ListTagsForResource", True),
        ("ResourceInUseException", "DeleteEventTracker", False),
        ("LimitExceededException", "CreateEventTracker", False),
        ("InvalidInputException", "TagResource", False),
        ("ResourceNotFoundException", "DescribeEventTracker", False),
    ],
)
def test_what_a_refusal_means_depends_on_the_call(code: str, operation: str, passes: bool) -> None:
    assert _is_passing(refusal(code, operation=operation), 0) is passes


@pytest.mark.parametrize(("waited", "passes"), [(0, True), (29.9, True), (30, False)])
def test_access_denied_passes_for_half_a_minute(waited: float, passes: bool) -> None:
    assert _is_passing(refusal("AccessDeniedException"), waited) is passes


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time limit of each attempt to connect; every host has eight addresses, and none of them responds."""
    limits: list[float] = []

    class Silent(socket.socket):
        def connect(self, address: Any) -> None:
            limits.append(self.gettimeout() or float("inf"))
            raise TimeoutError

    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{i}", 443)) for i in range(ADDRESSES)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(socket, "socket", Silent)
    return limits


def worst(limits: list[float], read: float) -> float:
    """The seconds of an attempt in which the last address takes the connection and then is silent."""
    return sum(limits[: ADDRESSES - 1]) + read


def test_a_response_that_nobody_takes_ends_within_what_is_kept_for_it(limits: list[float]) -> None:
    with pytest.raises(urllib3.exceptions.ConnectTimeoutError):
        Http().request("PUT", event("Create")["ResponseURL"], body="{}", headers={"Content-Type": ""})

    assert len(limits) == ADDRESSES
    assert protocol._RETRY_SECONDS + worst(limits, protocol._TIMEOUT.read_timeout) <= 34


def test_a_call_that_nobody_responds_to_ends_within_what_is_kept_for_it(
    limits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(botocore.endpoint.time, "sleep", pauses.append)
    client = boto3.client("personalize", config=CLIENT_CONFIG)
    with pytest.raises(botocore.exceptions.ConnectTimeoutError):
        client.describe_event_tracker(eventTrackerArn="arn:aws:personalize:us-east-1:123456789012:event-tracker/a")

    attempts = len(limits) // ADDRESSES
    assert (attempts, len(pauses)) == (2, 1)
    # botocore's first pause is up to a second.
    assert attempts * worst(limits, CLIENT_CONFIG.read_timeout) + 1 <= 31
    # The call under way at the deadline, the removal of what was made and its last call, the response.
    assert 31 + lifecycle._UNDO_SECONDS + 31 + 34 <= waiting._FUNCTION_RESERVE_SECONDS
