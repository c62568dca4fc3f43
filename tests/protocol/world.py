"""One account with Amazon Personalize, Lambda and CloudFormation, in virtual time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
from moto import mock_aws
from moto.moto_api import state_manager

from event_tracker.handler import make_handler
from event_tracker.trackers import CLIENT_CONFIG
from local.moto_personalize import PersonalizeBackend, personalize_backends, register
from tests.protocol.cloudformation import CloudFormation, Stack
from tests.protocol.lambda_service import Context, Event, Lambda
from tests.protocol.virtual_time import VirtualTime

ACCOUNT, REGION = "123456789012", "us-east-1"
TRACKER_STATES = "personalize::eventtracker"

# How long a tracker is in each of its states, and how long a call takes.
SECONDS_PER_STATE = 8
SECONDS_PER_CALL = 0.05

MakeHandler = Callable[..., Callable[[Event, Context], object]]
Effect = Callable[[], Any]


@dataclass
class Wire:
    """What the function's outside calls go through: they take time, are numbered as they happen, and may fail.

    A fault takes the place of the call with its number: it gets the name of the call and a function that
    has its effect and returns its result.
    """

    time: VirtualTime
    calls: list[str] = field(default_factory=list)
    faults: Mapping[int, Callable[[str, Effect], Any]] = field(default_factory=dict)

    def call(self, name: str, effect: Effect) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        self.time.sleep(SECONDS_PER_CALL)
        fault = self.faults.get(number)
        return fault(name, effect) if fault else effect()


class WiredClient:
    """A boto3 client whose calls go through the wire."""

    def __init__(self, client: Any, wire: Wire) -> None:
        self._client = client
        self._wire = wire

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda **arguments: self._wire.call(name, lambda: getattr(self._client, name)(**arguments))


class WiredHttp:
    """The client that answers are sent with."""

    def __init__(self, cloudformation: CloudFormation, wire: Wire) -> None:
        self._cloudformation = cloudformation
        self._wire = wire

    def request(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Any:
        assert method == "PUT"
        # The signature of the address is for an empty content type.
        assert headers == {"Content-Type": ""}
        return self._wire.call("put", lambda: SimpleNamespace(status=self._cloudformation.put(url, body)))


class World:
    """Everything that a stack with event trackers needs; `service` is a client for looking at Personalize."""

    def __init__(self, make: MakeHandler = make_handler) -> None:
        self.time = VirtualTime(on_passing=self._age)
        self.wire = Wire(self.time)
        self.service = boto3.client("personalize", region_name=REGION, config=CLIENT_CONFIG)
        self.backend: PersonalizeBackend = personalize_backends[ACCOUNT][REGION]
        self.cloudformation = CloudFormation(self.time)
        function = make(
            WiredClient(self.service, self.wire), WiredHttp(self.cloudformation, self.wire), self.time.clock
        )
        self.function = self.cloudformation.function = Lambda(self.time, function)
        self._unticked = 0.0

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
        schema = self.service.create_schema(name=name, schema="{}")["schemaArn"]
        self.service.create_dataset(
            name=name, schemaArn=schema, datasetGroupArn=arn, datasetType="Interactions"
        )
        if not active:
            self.backend.dataset_groups[arn].status = "CREATE PENDING"
        return arn

    def tracker(self, dataset_group_arn: str, name: str = "theirs", tags: Mapping[str, str] | None = None) -> str:
        """A tracker that no stack made, ACTIVE, and its ARN."""
        arn: str = self.service.create_event_tracker(
            name=name, datasetGroupArn=dataset_group_arn, tags=as_list(tags or {})
        )["eventTrackerArn"]
        self.time.sleep(3 * SECONDS_PER_STATE)
        return arn

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
        return {
            tag["tagKey"]: tag["tagValue"] for tag in self.service.list_tags_for_resource(resourceArn=arn)["tags"]
        }


@contextmanager
def world(make: MakeHandler = make_handler) -> Iterator[World]:
    """A new world in which trackers take their time; needs a cleared AWS environment with invented credentials."""
    register()
    with mock_aws():
        state_manager.set_transition(TRACKER_STATES, {"progression": "manual", "times": SECONDS_PER_STATE})
        try:
            yield World(make)
        finally:
            state_manager.unset_transition(TRACKER_STATES)


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that the service takes."""
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
