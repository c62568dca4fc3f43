"""One account with Amazon Personalize, Lambda and CloudFormation, in virtual time."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from botocore.exceptions import ClientError
from moto import mock_aws
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random

from event_tracker.handler import make_handler
from local.moto_personalize import personalize_backends, register
from simulation.client import ACCOUNT, REGION, backend, personalize_client
from simulation.cloudformation import CloudFormation, Request, Tracker
from simulation.iam import enforce, needs, role_statements
from simulation.lambda_service import Invocation, Lambda, current_invocation
from simulation.stack import Stack
from simulation.virtual_time import VirtualTime
from simulation.wire import MOST_CALLS, Wire, WiredClient, WiredHttp

# The tags that say whose a tracker is.
STACK_ID, LOGICAL_ID, CREATED_BY = (f"cloudformation:{name}" for name in ("stack-id", "logical-id", "created-by"))
OWNERSHIP = frozenset({STACK_ID, LOGICAL_ID, CREATED_BY})
ARN_SCOPE = f"arn:aws:personalize:{REGION}:{ACCOUNT}"
TRACKER_STATES, GROUP_STATES = "personalize::eventtracker", "personalize::datasetgroup"

# How long a tracker is in each of its states.
SECONDS_PER_STATE = 8

MakeHandler: TypeAlias = Callable[..., Callable[..., object]]


@dataclass(frozen=True)
class Call:
    """A call that reached Amazon Personalize. `tracker` is what it was about, before it; `error`, if it was refused."""

    moment: float
    invocation: Invocation | None
    request: Request | None
    operation: str
    arguments: Mapping[str, Any]
    tracker: Tracker
    result: Mapping[str, Any]
    error: str = ""

    @property
    def arn(self) -> str:
        """The tracker that it is about."""
        sources = self.result if self.operation == "create_event_tracker" else self.arguments
        return str(sources.get("eventTrackerArn") or sources.get("resourceArn", ""))

    @property
    def tags(self) -> dict[str, str]:
        """The tags that it sets."""
        return {tag["tagKey"]: tag["tagValue"] for tag in self.arguments.get("tags", ())}


class World:
    """Everything that a stack with event trackers needs; `service` is a client that no fault befalls.

    `has_role`: whether the function may do only what the role in `template.yaml` allows.
    """

    def __init__(
        self,
        make: MakeHandler = make_handler,
        seconds_per_state: int = SECONDS_PER_STATE,
        *,
        has_role: bool = True,
    ) -> None:
        self.seconds_per_state = seconds_per_state
        self.time = VirtualTime(on_passing=self._age)
        self.wire = Wire(self.time)
        self.stacks: list[Stack] = []
        self.calls: list[Call] = []
        # When, by ARN; the last time of each.
        self.deleted_by_others: dict[str, float] = {}
        self.handed_over: dict[str, float] = {}
        self.taken_back: dict[str, float] = {}
        self.service = personalize_client()
        self.backend = backend()
        self.backend.clock = self.time.time
        self.role = role_statements("aws", REGION, ACCOUNT) if has_role else None
        self.cloudformation = CloudFormation(self.time, self.observe)
        function = make(self.client, self.http, self.time.clock)
        self.function = self.cloudformation.function = Lambda(self.time, function)
        self._unticked = 0.0

    @property
    def client(self) -> WiredClient:
        """A boto3 client as the function has it."""
        return WiredClient(self.wire, self.service, self.call)

    @property
    def http(self) -> WiredHttp:
        """What the function sends its responses with."""
        return WiredHttp(self.wire, self.cloudformation.put)

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Have a call arrive at Amazon Personalize, which refuses what the role does not allow."""
        invocation = current_invocation()
        arn = arguments.get("eventTrackerArn") or arguments.get("resourceArn", "")
        tracker = self.observe(arn)
        request = self.cloudformation.request_of(invocation) if invocation else None
        record = partial(Call, self.time.now, invocation, request, operation, arguments, tracker)
        try:
            if self.role is not None:
                for need in needs(operation, arguments, tracker.tags, ARN_SCOPE):
                    enforce(need, self.role)
            result = getattr(self.service, operation)(**arguments)
        except ClientError as error:
            self.calls.append(record({}, error.response["Error"]["Code"]))
            raise
        self.calls.append(record(result))
        return result

    def observe(self, arn: str) -> Tracker:
        """What there is of a tracker, whatever the function would see of it."""
        tracker = self.backend.event_trackers.get(arn)
        return Tracker(tracker.status, self._tags(arn)) if tracker else Tracker()

    def _tags(self, arn: str) -> dict[str, str]:
        return dict(self.backend.tagger.get_tag_dict_for_resource(arn))

    def clean_up(self) -> None:
        """Do what an operator does when nothing fails any more: delete every stack, by force if need be."""
        self.wire.stop_faults()
        for stack in self.stacks:
            if stack.resources:
                stack.force_delete()

    def settle(self) -> None:
        """Let everything come to rest: deliveries that are still to come, and changes of state."""
        if not self.time.run_until(lambda: self.time.is_idle, 6 * 3600) or len(self.wire.calls) >= MOST_CALLS:
            raise RuntimeError("The function never ends.")
        self.time.sleep(3 * self.seconds_per_state)

    def _age(self, seconds: float) -> None:
        """Have the trackers get older: the state manager counts polls, so one is made each second."""
        self._unticked += seconds
        while self._unticked >= 1:
            self._unticked -= 1
            trackers = self.backend.event_trackers.values()
            if not any(tracker.is_changing for tracker in trackers):
                self._unticked %= 1
                return
            for tracker in trackers:
                tracker.advance()

    def dataset_group(self, name: str, *, active: bool = True) -> str:
        """A dataset group with an Interactions dataset, and its ARN. It can be made to be not ACTIVE yet."""
        arn = self.backend.create_dataset_group(name, role_arn=None, kms_key_arn=None, domain=None, tags=[]).arn
        self.backend.dataset_groups[arn].status = "ACTIVE"
        schema = self.backend.create_schema(name, schema_dict={}, domain="")
        self.backend.create_dataset(name, schema, arn, "Interactions", tags=[])
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

    def hand_over(self, arn: str, stack: Stack, logical_id: str = "Tracker") -> None:
        """Give a tracker to a resource by hand, as the documentation shows."""
        tags = {STACK_ID: stack.id, LOGICAL_ID: logical_id}
        self.service.tag_resource(resourceArn=arn, tags=as_list(tags))
        self.handed_over[arn] = self.time.now

    def take_back(self, arn: str) -> None:
        """Take a tracker away from the resource that owns it, by hand."""
        keys = sorted(OWNERSHIP & self._tags(arn).keys())
        self.service.untag_resource(resourceArn=arn, tagKeys=keys)
        self.taken_back[arn] = self.time.now

    def delete_trackers(self, dataset_group_arn: str) -> None:
        """Delete what is in a group, behind its stack's back."""
        for tracker in self.trackers_in(dataset_group_arn):
            self.deleted_by_others[tracker] = self.time.now
            self.service.delete_event_tracker(eventTrackerArn=tracker)
        self.time.sleep(3 * self.seconds_per_state)

    def trackers_in(self, dataset_group_arn: str) -> list[str]:
        """The ARNs of the trackers in a group."""
        trackers = self.backend.event_trackers.values()
        return [tracker.arn for tracker in trackers if tracker.dataset_group_arn == dataset_group_arn]

    def stack(self, name: str = "shop") -> Stack:
        """A stack that does not exist yet."""
        self.stacks.append(Stack(self.cloudformation, name))
        return self.stacks[-1]

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


@contextmanager
def account(seconds_per_state: int = SECONDS_PER_STATE) -> Iterator[None]:
    """A new account, in which trackers take their time."""
    register()
    personalize_backends.clear()
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
    """A new world; in the end, every response must have been as the protocol wants it.

    Every other boto3 client reaches the same Amazon Personalize.
    """
    with mock_aws(), account():
        new = World(make)
        yield new
        if new.cloudformation.objections:
            raise AssertionError("; ".join(new.cloudformation.objections))


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that the service takes."""
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
