"""One account with Amazon Personalize, Lambda and CloudFormation, in virtual time."""

import functools
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from moto import mock_aws
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random

from event_tracker.handler import make_handler
from event_tracker.trackers import CLIENT_CONFIG
from local.moto_personalize import PersonalizeBackend, personalize_backends, register
from tests.protocol.cloudformation import CloudFormation, Request, Stack
from tests.protocol.lambda_service import Context, Event, Invocation, Lambda, current_invocation
from tests.protocol.virtual_time import VirtualTime

ACCOUNT, REGION = "123456789012", "us-east-1"
TRACKER_STATES, GROUP_STATES = "personalize::eventtracker", "personalize::datasetgroup"

# How long a tracker is in each of its states, and how long a call takes.
SECONDS_PER_STATE = 8
SECONDS_PER_CALL = 0.05

MakeHandler = Callable[..., Callable[[Event, Context], object]]
Effect = Callable[[], Any]
Fault = Callable[["World", str, Effect], Any]

PUT = "put"


@dataclass
class Wire:
    """What the function's outside calls go through: they take time, are numbered as they happen, and may fail.

    A fault takes the place of the call with its number: it gets the world, the name of the call, and a function
    that has its effect and returns its result. `lasting` are faults of all calls up to some moment.
    """

    world: "World"
    calls: list[str] = field(default_factory=list)
    faults: Mapping[int, Fault] = field(default_factory=dict)
    lasting: list[tuple[float, Fault]] = field(default_factory=list)

    def call(self, name: str, effect: Effect) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        self.world.time.sleep(SECONDS_PER_CALL)
        for end, lasting in self.lasting:
            if self.world.time.now < end:
                effect = partial(lasting, self.world, name, effect)
        fault = self.faults.get(number)
        return fault(self.world, name, effect) if fault else effect()


@dataclass(frozen=True)
class Call:
    """A call that reached Amazon Personalize. `tags` are those of its tracker before it; `error`, if it was refused."""

    moment: float
    invocation: Invocation | None
    request: Request | None
    operation: str
    arguments: Mapping[str, Any]
    tags: Mapping[str, str]
    result: Mapping[str, Any]
    error: str = ""

    @property
    def arn(self) -> str:
        """The tracker that it is about."""
        sources = self.result if self.operation == "create_event_tracker" else self.arguments
        return sources.get("eventTrackerArn") or sources.get("resourceArn", "")


class WiredClient:
    """The function's boto3 client: its calls go through the wire, and those that arrive are recorded."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.exceptions = world.service.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            invocation = current_invocation()
            if invocation:
                self._world.cloudformation.note_call(invocation)
            return self._world.wire.call(operation, lambda: self._world.call(invocation, operation, arguments))

        return call


class WiredHttp:
    """The client that answers are sent with."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def request(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Any:
        assert method == "PUT"
        # The signature of the address is for an empty content type.
        assert headers == {"Content-Type": ""}
        # urllib3 does the same, at the same level.
        logging.getLogger("urllib3.connectionpool").debug('"PUT %s HTTP/1.1"', url)
        response = self._world.wire.call(PUT, lambda: SimpleNamespace(status=self._world.cloudformation.put(url, body)))
        invocation = current_invocation()
        if invocation and response.status == 200:
            invocation.accepted += 1
        return response


class World:
    """Everything that a stack with event trackers needs; `service` is a client for looking at Personalize."""

    def __init__(self, make: MakeHandler = make_handler, seconds_per_state: int = SECONDS_PER_STATE) -> None:
        self.seconds_per_state = seconds_per_state
        self.time = VirtualTime(on_passing=self._age)
        self.wire = Wire(self)
        self.calls: list[Call] = []
        self.deleted_by_others: set[str] = set()
        self.service = _client()
        self.backend: PersonalizeBackend = personalize_backends[ACCOUNT][REGION]
        self.cloudformation = CloudFormation(self.time, self.status)
        function = make(WiredClient(self), WiredHttp(self), self.time.clock)
        self.function = self.cloudformation.function = Lambda(self.time, function)
        self._unticked = 0.0

    def call(self, invocation: Invocation | None, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Have a call arrive at Amazon Personalize."""
        arn = arguments.get("eventTrackerArn") or arguments.get("resourceArn", "")
        tags = dict(self.backend.tagger.get_tag_dict_for_resource(arn))
        request = self.cloudformation.request_of(invocation) if invocation else None
        record = partial(Call, self.time.now, invocation, request, operation, arguments, tags)
        try:
            result = getattr(self.service, operation)(**arguments)
        except Exception as error:
            self.calls.append(record({}, type(error).__name__))
            raise
        self.calls.append(record(result))
        return result

    def status(self, arn: str) -> str | None:
        """The state of a tracker; None if there is none."""
        tracker = self.backend.event_trackers.get(arn)
        return tracker and tracker.last_status

    def end_trouble(self) -> None:
        """Let no call fail any more."""
        self.wire.faults = {}
        self.wire.lasting.clear()

    def clean_up(self) -> None:
        """Do what an operator does when the trouble is over: delete every stack, by force if need be."""
        self.end_trouble()
        for stack in self.cloudformation.stacks:
            if stack.resources:
                stack.force_delete()

    def settle(self) -> None:
        """Let everything come to rest: deliveries that are still to come, and changes of state."""
        assert self.time.run_until(lambda: self.time.is_idle, 6 * 3600), "the function never ends"
        self.time.sleep(3 * self.seconds_per_state)

    def _age(self, seconds: float) -> None:
        """Have the trackers get older: the state manager counts looks, so one look is taken each second."""
        self._unticked += seconds
        while self._unticked >= 1:
            self._unticked -= 1
            if not any(tracker.is_changing for tracker in self.backend.event_trackers.values()):
                self._unticked %= 1
                return
            for tracker in self.backend.event_trackers.values():
                tracker.advance()

    def dataset_group(self, name: str, *, active: bool = True) -> str:
        """A dataset group with an Interactions dataset, and its ARN. It can be made to be not ACTIVE yet."""
        arn: str = self.service.create_dataset_group(name=name)["datasetGroupArn"]
        self.backend.dataset_groups[arn].status = "ACTIVE"
        schema = self.service.create_schema(name=name, schema="{}")["schemaArn"]
        self.service.create_dataset(name=name, schemaArn=schema, datasetGroupArn=arn, datasetType="Interactions")
        if not active:
            self.backend.dataset_groups[arn].status = "CREATE PENDING"
        return arn

    def tracker(self, dataset_group_arn: str, name: str = "theirs", tags: Mapping[str, str] | None = None) -> str:
        """A tracker that no stack made, ACTIVE, and its ARN."""
        arn: str = self.service.create_event_tracker(
            name=name, datasetGroupArn=dataset_group_arn, tags=as_list(tags or {})
        )["eventTrackerArn"]
        self.time.sleep(3 * self.seconds_per_state)
        return arn

    def delete_trackers(self, dataset_group_arn: str) -> None:
        """Delete what is in a group, behind its stack's back."""
        for tracker in self.trackers_in(dataset_group_arn):
            self.deleted_by_others.add(tracker)
            self.service.delete_event_tracker(eventTrackerArn=tracker)
        self.time.sleep(3 * self.seconds_per_state)

    def trackers_in(self, dataset_group_arn: str) -> list[str]:
        """The ARNs of the trackers in a group."""
        trackers = self.backend.event_trackers.values()
        return [tracker.arn for tracker in trackers if tracker.dataset_group_arn == dataset_group_arn]

    def stack(self, name: str = "shop") -> Stack:
        return self.cloudformation.stack(name)

    def trackers(self) -> dict[str, str]:
        """The names of all trackers, by ARN."""
        return {tracker.arn: tracker.name for tracker in self.backend.event_trackers.values()}

    def only_tracker(self) -> Any:
        """The one tracker that there is, as the service describes it."""
        (arn,) = self.trackers()
        return self.service.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a tracker."""
        return {tag["tagKey"]: tag["tagValue"] for tag in self.service.list_tags_for_resource(resourceArn=arn)["tags"]}


@functools.cache
def _client() -> Any:
    # One for all worlds, since making it takes longer than most tests. botocore's own attempts would sleep in
    # real time, and a sixth of the time of a call is its signature, which moto does not look at.
    config = CLIENT_CONFIG.merge(Config(retries={"total_max_attempts": 1}, signature_version=UNSIGNED))
    return boto3.client("personalize", region_name=REGION, config=config)


@contextmanager
def account(seconds_per_state: int = SECONDS_PER_STATE) -> Iterator[None]:
    """A new account in which trackers take their time; needs a cleared AWS environment with invented credentials."""
    register()
    with mock_aws():
        # ARNs and tracking ids are the same in every run.
        mock_random.seed(0)
        state_manager.set_transition(TRACKER_STATES, {"progression": "manual", "times": seconds_per_state})
        # A dataset group is in the state that it was put in.
        state_manager.set_transition(GROUP_STATES, {"progression": "manual", "times": sys.maxsize})
        try:
            yield
        finally:
            state_manager.unset_transition(TRACKER_STATES)
            state_manager.unset_transition(GROUP_STATES)


@contextmanager
def world(make: MakeHandler = make_handler) -> Iterator[World]:
    """A new world; in the end, every answer must have been as the protocol wants it."""
    with account():
        new = World(make)
        yield new
        assert not new.cloudformation.violations, "; ".join(map(str, new.cloudformation.violations))


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that the service takes."""
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
