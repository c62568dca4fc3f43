"""crhelper's traps, and what keeps the provider out of each."""

import hashlib
import importlib.metadata
import inspect
import threading
from collections.abc import Callable
from typing import Any

import boto3
import crhelper
import pytest

from event_tracker.errors import ServiceError, UnexpectedError
from event_tracker.handler import CustomResource
from event_tracker.protocol import Request
from simulation.virtual_time import VirtualTime
from tests.integration.requests import Context, event

Fulfill = Callable[[Any], Any]

SEAM = "57ec4f706c9f9c9a15dd92e1d3c51a4debb5e6d3b2c903174846597df3971479"


def resource(request_type: str = "Create", fulfill: Fulfill = lambda record: None, **fields: Any) -> CustomResource:
    return CustomResource(Request.parse(event(request_type, **fields)), fulfill)


def context() -> Any:
    return Context(VirtualTime())


def fail(record: Any) -> None:
    raise ServiceError("why")


def test_the_seam_is_where_it_was() -> None:
    # CustomResource replaces methods that are not crhelper's public interface. When this fails, read crhelper's
    # new source with custom_resource.py beside it, before pinning the new version.
    assert importlib.metadata.version("crhelper") == "2.0.12"
    source = inspect.getsource(crhelper.CfnResource)
    assert hashlib.sha256(source.encode()).hexdigest() == SEAM


def test_a_delete_does_not_sleep_for_two_minutes() -> None:
    subject = resource("Delete")
    subject._context = context()
    slept: list[float] = []

    subject._wait_for_cwlogs(sleep=slept.append)

    assert slept == []


def test_no_client_is_made_that_only_pollers_would_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **_: Any) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(boto3, "client", refuse)
    assert resource()._init_failed is None


def test_an_event_cannot_pretend_to_be_a_poll_of_crhelpers() -> None:
    called = []
    subject = resource(fulfill=called.append, CrHelperPoll=True, CrHelperData={"Name": "forged"})

    response = subject.respond(context())

    assert called
    assert response["Data"] == {}


def test_an_exception_responds_with_the_id_of_the_event_and_never_with_a_random_one() -> None:
    failed = resource("Update", fail).respond(context())

    physical_id = event("Update")["PhysicalResourceId"]
    assert (failed["Status"], failed["PhysicalResourceId"], failed["Reason"]) == ("FAILED", physical_id, "why")
    failed = resource("Create", fail).respond(context())
    assert failed["PhysicalResourceId"] == f"not-created:{event('Create')['RequestId']}"


def test_an_id_that_was_recorded_survives_an_exception() -> None:
    def create(record: Any) -> None:
        record("recorded")
        raise ServiceError("why")

    assert resource(fulfill=create).respond(context())["PhysicalResourceId"] == "recorded"


def test_a_reason_keeps_its_beginning() -> None:
    def create(record: Any) -> None:
        raise ServiceError(f"cause {'x' * 300}")

    assert resource(fulfill=create).respond(context())["Reason"].startswith("cause ")


def test_an_unexpected_exception_is_a_sentence_too() -> None:
    subject = resource(fulfill=lambda record: {}["what"])

    response = subject.respond(context())

    assert response["Reason"].startswith("Unexpected error in the provider, KeyError: 'what'.")
    assert type(subject.error) is UnexpectedError


def test_nothing_of_one_request_is_in_the_response_to_the_next() -> None:
    first = resource()
    first.NoEcho = True
    first.Data["Name"] = "first"
    first.respond(context())

    document = resource("Delete").respond(context())

    assert document["Data"] == {}
    assert "NoEcho" not in document
    assert document["RequestId"] == event("Delete")["RequestId"]


def test_no_timer_responds_behind_the_functions_back() -> None:
    threads: list[threading.Thread] = []

    resource(fulfill=lambda record: threads.extend(threading.enumerate())).respond(context())

    assert not any(isinstance(thread, threading.Timer) for thread in threads)


def test_a_failure_inside_crhelper_is_a_response_with_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = resource()
    monkeypatch.setattr(subject, "_poll_enabled", lambda: {}["inside"])

    response = subject.respond(context())

    assert (response["Status"], response["Reason"]) == ("FAILED", "'inside'")
    assert response["PhysicalResourceId"].startswith("not-created:")
