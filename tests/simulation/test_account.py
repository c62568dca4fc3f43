"""The account in virtual time: it must not be kinder than the services are."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.exceptions
import pytest
import urllib3.exceptions
from botocore.exceptions import ClientError

from local.moto_personalize import Guesses
from simulation.faults import FAULTS, SECONDS_DENIED, SECONDS_UNREACHABLE
from simulation.lambda_service import Context, Event
from simulation.stack import ValidationError
from simulation.virtual_time import VirtualTime
from simulation.world import World, account

GOOD = {"Status": "SUCCESS", "PhysicalResourceId": "id", "Data": {}}


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with account():
        yield


def responding(*responses: dict[str, Any]) -> Any:
    """Make a function that gives these responses, the last one to all further requests."""
    left = list(responses)

    def make(client: Any, http: Any, clock: Any) -> Any:
        def handler(event: Event, context: Context) -> None:
            response = left.pop(0) if len(left) > 1 else left[0]
            ids = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
            if "PhysicalResourceId" in event:
                ids["PhysicalResourceId"] = event["PhysicalResourceId"]
            body = json.dumps({**GOOD, **ids, **response})
            http.request("PUT", event["ResponseURL"], body=body, headers={"Content-Type": ""})

        return handler

    return make


def created(*responses: dict[str, Any]) -> World:
    world = World(responding(*responses))
    world.stack().create(DatasetGroupArn="group")
    return world


@pytest.mark.parametrize(
    "wrong",
    [
        {"PhysicalResourceId": ""},
        {"PhysicalResourceId": None},
        {"PhysicalResourceId": "x" * 1025},
        {"Status": "success"},
        {"Status": "FAILED", "Reason": ""},
        {"RequestId": "another"},
        {"StackId": "another"},
        {"LogicalResourceId": "another"},
        {"Data": {"TrackingId": 1}},
        {"Data": {"TrackingId": "x" * 4096}},
    ],
    ids=str,
)
def test_a_response_that_breaks_the_protocol_is_noticed_and_fails_the_request(wrong: dict[str, Any]) -> None:
    world = created(wrong, {})

    assert len(world.cloudformation.objections) == 1
    assert world.stacks[0].status == "ROLLBACK_COMPLETE"


def test_a_good_response_is_taken() -> None:
    world = created(GOOD)

    assert world.cloudformation.objections == []
    assert world.stacks[0].status == "CREATE_COMPLETE"


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_a_failure_must_keep_the_physical_id(request_type: str) -> None:
    world = World(responding(GOOD, {"Status": "FAILED", "Reason": "no", "PhysicalResourceId": "other"}, {}))
    stack = world.stack()
    stack.create(DatasetGroupArn="group")
    stack.update(DatasetGroupArn="group") if request_type == "Update" else stack.delete()

    assert len(world.cloudformation.objections) == 1


def test_a_response_to_a_foreign_url_is_noticed() -> None:
    world = World(responding(GOOD))
    assert world.cloudformation.put("https://elsewhere.example/", "{}") == 403
    assert len(world.cloudformation.objections) == 1


def requests_of(world: World) -> list[tuple[str, str | None]]:
    return [(r.type, r.event.get("PhysicalResourceId")) for r in world.cloudformation.requests.values()]


def test_a_failed_create_is_followed_by_a_delete_of_the_id_in_the_response() -> None:
    world = created({"Status": "FAILED", "Reason": "no", "PhysicalResourceId": "half"}, {})

    assert requests_of(world) == [("Create", None), ("Delete", "half")]


def test_a_replacement_is_followed_by_a_delete_of_the_old_id_with_the_old_properties() -> None:
    world = World(responding({"PhysicalResourceId": "a"}, {"PhysicalResourceId": "b"}, {}))
    stack = world.stack()
    stack.create(DatasetGroupArn="one")
    stack.update(DatasetGroupArn="two")

    assert requests_of(world) == [("Create", None), ("Update", "a"), ("Delete", "a")]
    *_, clean_up = world.cloudformation.requests.values()
    assert clean_up.event["ResourceProperties"]["DatasetGroupArn"] == "one"


def test_a_failed_update_is_followed_by_one_with_the_properties_swapped() -> None:
    world = World(responding({}, {"Status": "FAILED", "Reason": "no"}, {}))
    stack = world.stack()
    stack.create(DatasetGroupArn="one")
    stack.update(DatasetGroupArn="two")

    _, there, back = world.cloudformation.requests.values()
    assert there.event["ResourceProperties"] == back.event["OldResourceProperties"]
    assert there.event["OldResourceProperties"] == back.event["ResourceProperties"]
    assert there.event["PhysicalResourceId"] == back.event["PhysicalResourceId"]
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failure_elsewhere_rolls_back_from_the_new_id() -> None:
    ids = [{"PhysicalResourceId": name} for name in ("a", "b", "a")]
    world = World(responding(*ids, {}))
    stack = world.stack()
    stack.create(DatasetGroupArn="one")
    stack.update(DatasetGroupArn="two", sibling_fails=True)

    assert requests_of(world) == [("Create", None), ("Update", "a"), ("Update", "b"), ("Delete", "b")]
    assert stack.resource().physical_id == "a"


def test_a_create_without_a_response_is_followed_by_a_delete_of_a_made_up_id() -> None:
    world = World(lambda *_: lambda event, context: None)
    stack = world.stack()
    stack.create(DatasetGroupArn="one", ServiceTimeout=100)

    (_, none), (_, made_up) = requests_of(world)
    assert none is None
    assert made_up is not None
    assert made_up.startswith("shop-Tracker-")
    assert world.time.now == 200
    assert stack.status == "ROLLBACK_FAILED"


def test_a_stack_that_was_rolled_back_cannot_be_updated() -> None:
    world = created({"Status": "FAILED", "Reason": "no"}, {})

    with pytest.raises(ValidationError, match="ROLLBACK_COMPLETE"):
        world.stacks[0].update(DatasetGroupArn="group")


def test_properties_arrive_as_strings() -> None:
    world = World(responding(GOOD))
    world.stack().create(DatasetGroupArn="group", AdoptExisting=True, ServiceTimeout=30)

    (request,) = world.cloudformation.requests.values()
    assert request.event["ResourceProperties"]["AdoptExisting"] == "true"
    assert request.event["ResourceProperties"]["ServiceTimeout"] == "30"


def test_lambda_delivers_a_failed_event_twice_more() -> None:
    def fail(event: Event, context: Context) -> None:
        raise ValueError

    world = World(lambda *_: fail)
    world.stack().create(DatasetGroupArn="group")

    assert [invocation.start for invocation in world.function.history[:3]] == [0, 60, 180]


def test_lambda_ends_an_invocation_after_its_time() -> None:
    world = World(lambda client, http, clock: lambda event, context: clock.sleep(10_000))
    world.stack().create(DatasetGroupArn="group")

    assert world.function.history[0].end == 900


@pytest.mark.parametrize("delays", [(0.0,), (60.0,), (60.0, 120.0)])
def test_lambda_delivers_again_what_was_handled(delays: tuple[float, ...]) -> None:
    world = World(responding(GOOD))
    world.function.duplicates = delays
    world.stack().create(DatasetGroupArn="group")
    world.settle()

    assert [invocation.start for invocation in world.function.history] == [0.0, *delays]
    assert len({invocation.event["RequestId"] for invocation in world.function.history}) == 1


def test_tasks_take_turns_in_the_order_of_their_alarms() -> None:
    time = VirtualTime()
    order = []

    def task(name: str, seconds: float) -> None:
        time.sleep(seconds)
        order.append((name, time.now))

    time.spawn(lambda: task("late", 3))
    time.spawn(lambda: task("soon", 1))
    time.spawn(lambda: task("soon too", 1))

    assert time.run_until(lambda: time.is_idle, 10)
    assert order == [("soon", 1), ("soon too", 1), ("late", 3)]


def test_a_task_can_wait_for_another() -> None:
    time = VirtualTime()
    seen: list[object] = []
    time.spawn(lambda: (time.sleep(5), seen.append("ready")))
    time.spawn(lambda: seen.append((time.run_until(lambda: "ready" in seen, 100), time.now)))
    time.spawn(lambda: seen.append((time.run_until(lambda: False, 2), time.now)))

    time.run_until(lambda: time.is_idle, 1000)

    assert seen == [(False, 2), "ready", (True, 5)]


class Probe:
    """A function that makes one call for a Create, and remembers what came of it."""

    def __init__(self, call: str) -> None:
        self.call = call
        self.seen: list[Any] = []

    def make(self, client: Any, http: Any, clock: Any) -> Any:
        def put(event: Event) -> int:
            return http.request("PUT", event["ResponseURL"], body="{}", headers={"Content-Type": ""}).status

        def handler(event: Event, context: Context) -> None:
            if event["RequestType"] != "Create":
                return
            try:
                self.seen.append(put(event) if self.call == "put" else client.list_event_trackers())
            except Exception as error:
                self.seen.append(error)

        return handler


@pytest.mark.parametrize(
    ("call", "fault", "seen", "effects"),
    [
        ("list", "throttled", "ThrottlingException", 0),
        ("list", "500", "InternalFailure", 0),
        ("list", "connection refused", botocore.exceptions.EndpointConnectionError, 0),
        ("list", "time-out after the effect", botocore.exceptions.ReadTimeoutError, 1),
        ("list", "repeated by botocore", dict, 2),
        ("list", "denied for a while", "AccessDeniedException", 0),
        ("put", "throttled", 503, 0),
        ("put", "500", 500, 0),
        ("put", "connection refused", urllib3.exceptions.NewConnectionError, 0),
        ("put", "time-out after the effect", urllib3.exceptions.ReadTimeoutError, 1),
        ("put", "denied for a while", 503, 0),
    ],
)
def test_what_a_fault_does_to_a_call(call: str, fault: str, seen: object, effects: int) -> None:
    probe = Probe(call)
    world = World(probe.make)
    world.wire.faults = {0: FAULTS[fault]}
    world.stack().create_abandoned(30, DatasetGroupArn="group")

    first, *_ = probe.seen
    if isinstance(first, ClientError):
        first = first.response["Error"]["Code"]
    assert seen in (first, type(first))
    arrived = world.calls if call == "list" else world.cloudformation.puts
    assert len([one for one in arrived if one.request.type == "Create"]) == effects


@pytest.mark.parametrize(("fault", "effects"), [("killed before", 0), ("killed after", 1)])
def test_a_killed_function_does_nothing_more(fault: str, effects: int) -> None:
    after = []

    def make(client: Any, http: Any, clock: Any) -> Any:
        def handler(event: Event, context: Context) -> None:
            try:
                client.list_event_trackers()
            finally:
                after.append("still running")
                client.list_event_trackers()

        return handler

    world = World(make)
    world.wire.faults = {0: FAULTS[fault]}
    world.stack().create_abandoned(1, DatasetGroupArn="group")

    assert after
    assert len([call for call in world.calls if call.moment < 1]) == effects


@pytest.mark.parametrize(("call", "seconds"), [("list", SECONDS_DENIED), ("put", SECONDS_UNREACHABLE)])
def test_a_denial_lasts_for_a_while(call: str, seconds: float) -> None:
    probe = Probe(call)
    world = World(probe.make)
    world.wire.faults = {0: FAULTS["denied for a while"]}
    world.function.duplicates = (seconds - 1, seconds + 1)
    world.stack().create_abandoned(seconds + 5, DatasetGroupArn="group")

    first, during, after, *_ = probe.seen
    assert str(during) == str(first)
    assert str(after) != str(first)


def test_a_response_url_tells_when_its_request_was_sent() -> None:
    world = created(GOOD)

    (url,) = world.cloudformation.requests
    query = dict(parse_qsl(urlsplit(url).query))
    assert query["X-Amz-Date"] == "20261125T221000Z"
    assert query["X-Amz-Expires"] == "7200"
    assert query.keys() == {
        f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "Signature", "SignedHeaders")
    }


def test_a_response_url_without_a_date_is_signed_in_the_older_way() -> None:
    world = World(responding(GOOD))
    world.cloudformation.dated_urls = False
    world.stack().create(DatasetGroupArn="group")

    (url,) = world.cloudformation.requests
    assert dict(parse_qsl(urlsplit(url).query)).keys() == {"AWSAccessKeyId", "Expires", "Signature"}


def test_a_page_is_a_call() -> None:
    pages: list[Any] = []

    def make(client: Any, http: Any, clock: Any) -> Any:
        def handler(event: Event, context: Context) -> None:
            pages.extend(client.get_paginator("list_event_trackers").paginate(datasetGroupArn=group))

        return handler

    world = World(make)
    world.backend.guesses = Guesses(page_size=1, empty_next_token=True)
    group = world.dataset_group("films")
    world.tracker(group)
    world.stack().create_abandoned(1, DatasetGroupArn=group)

    assert [len(page["eventTrackers"]) for page in pages[:1]] == [1]
    assert {attempt.name for attempt in world.wire.calls} == {"list_event_trackers"}
    assert len(world.wire.calls) == len(pages)
