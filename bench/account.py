"""The account of the benchmark: a world whose calls are limited, whose trackers are punctual, and that keeps a bill."""

import functools
import itertools
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.hooks import first_non_none_response
from moto.core.exceptions import JsonRESTError

from local.moto_personalize import Guesses
from local.moto_personalize.models import GONE
from simulation.client import ACCOUNT, REGION
from simulation.isolation import quiet
from simulation.lambda_service import Context
from simulation.wire import SECONDS_PER_CALL, WiredClient
from simulation.world import World, account

SECONDS_TO_INVOKE = 0.05
"""What it takes until a function begins that is warm."""

STATEMENTS_OF_A_POLICY = 58
"""How many of crhelper's statements fit into a function's resource-based policy, which may have 20 KB."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Approach:
    """A way to fulfill a request: what its function does, and how much memory that has."""

    code: "Callable[[Account, Event, Context], object]"
    megabytes: int


class TokenBucket:
    """A limit of `rate` calls a second, with one second's calls in hand, as Amazon's services have them."""

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._now = now
        self._tokens = rate
        self._filled_at = now()

    def take(self) -> bool:
        """Whether there is room for a call, which then takes it."""
        now = self._now()
        self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        # Sums of floats lose a little.
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True


class Account(World):
    """One account, in which every request is fulfilled by one approach.

    `seconds` gives how long the next tracker takes to become ACTIVE, or to be gone; `ready` has the moment, by ARN.
    With a `rate`, more calls of Amazon Personalize in a second are refused, a create with the code `refused_create`.
    """

    def __init__(self, approach: Approach, seconds: Callable[[], float], seed: int, rate: float | None = None) -> None:
        self.ready: dict[str, float] = {}
        self.refused_create = "ThrottlingException"
        self.throttled = 0
        # Megabytes and seconds of each invocation, and the state transitions of Step Functions.
        self.invocations: list[tuple[int, float]] = []
        self.transitions = 0
        self.events = EventBridge(self, Random(f"EventBridge {seed}"))
        self._approach = approach
        self._seconds = seconds
        super().__init__(lambda *_: self._run)
        self.backend.guesses = Guesses(group_without_interactions=None)
        self.bucket = TokenBucket(rate, lambda: self.time.now) if rate else None

    def _run(self, event: Event, context: Context) -> None:
        self.invoke(self._approach.megabytes, lambda: self._approach.code(self, event, context))

    def invoke(self, megabytes: int, code: Callable[[], object]) -> None:
        """Run a function, and bill it."""
        self.time.sleep(SECONDS_TO_INVOKE)
        start = self.time.now
        try:
            code()
        finally:
            self.invocations.append((megabytes, self.time.now - start))

    def new_client(self, config: Config | None = None) -> "Client":
        """A client as a new instance of a function has it; without `config` as boto3 makes it."""
        # Only with a limit, and with settings such as the provider's, does a client remember how often it was refused.
        return Client(self, _make_client(config) if self.bucket and config else _shared_client(config))

    def respond(self, event: Event, status: str, physical_id: str) -> None:
        """Send a response to CloudFormation."""
        names = ("StackId", "RequestId", "LogicalResourceId")
        members = {"Status": status, "PhysicalResourceId": physical_id, "Reason": "See the log."}
        body = json.dumps({**members, **{name: event[name] for name in names}})
        self.http.request("PUT", event["ResponseURL"], body, {"Content-Type": ""})

    def group(self, name: str) -> str:
        """A dataset group that is ready for an event tracker."""
        group = self.backend.create_dataset_group(name, None, None, None, [])
        group.status = "ACTIVE"
        return str(group.arn)

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Have a call arrive at Amazon Personalize, without HTTP, which would take most of the benchmark's time."""
        if self.bucket and not self.bucket.take():
            self.throttled += 1
            code = self.refused_create if operation == "create_event_tracker" else "ThrottlingException"
            raise _refusal(operation, code, "Rate exceeded")
        try:
            result = getattr(self, f"_{operation}")(**arguments)
        except JsonRESTError as error:
            raise _refusal(operation, error.error_type, error.message) from error
        return {**result, "ResponseMetadata": {"HTTPStatusCode": 200}}

    def _create_event_tracker(self, name: str, datasetGroupArn: str, tags: list[dict[str, str]]) -> Event:
        tracker = self.backend.create_event_tracker(name, datasetGroupArn, tags)
        self._become(tracker.arn, "ACTIVE")
        return {"eventTrackerArn": tracker.arn, "trackingId": tracker.tracking_id}

    def _list_event_trackers(self, datasetGroupArn: str) -> Event:
        trackers = self.backend.event_trackers.values()
        found = [tracker.to_dict(full=False) for tracker in trackers if tracker.dataset_group_arn == datasetGroupArn]
        return {"eventTrackers": found}

    def _describe_event_tracker(self, eventTrackerArn: str) -> Event:
        described = self.backend.describe_event_tracker(eventTrackerArn).to_dict()
        dates = ("creationDateTime", "lastUpdatedDateTime")
        return {"eventTracker": described | {name: datetime.fromtimestamp(described[name], UTC) for name in dates}}

    def _delete_event_tracker(self, eventTrackerArn: str) -> Event:
        self.backend.delete_event_tracker(eventTrackerArn)
        self._become(eventTrackerArn, GONE)
        return {}

    def _list_tags_for_resource(self, resourceArn: str) -> Event:
        return dict(self.backend.list_tags_for_resource(resourceArn))

    def _tag_resource(self, resourceArn: str, tags: list[dict[str, str]]) -> Event:
        self.backend.tag_resource(resourceArn, tags)
        return {}

    def _become(self, arn: str, status: str) -> None:
        seconds = self._seconds()
        self.ready[arn] = self.time.now + seconds

        def change() -> None:
            self.backend.event_trackers[arn].status = status

        self.time.spawn(change, seconds)

    def _age(self, seconds: float) -> None:
        """Leave the states of trackers to `_become`, which is exact."""


class EventBridge:
    """EventBridge's rules that invoke the function, and the function's policy, which has to allow each."""

    def __init__(self, owner: Account, chance: Random) -> None:
        self._account = owner
        self._chance = chance
        self.rules: dict[str, tuple[float, float]] = {}
        self.policy: set[str] = set()

    def put_rule(self, Name: str, ScheduleExpression: str, State: str) -> Event:
        """Make a rule; its time runs from now on."""
        self._account.time.sleep(SECONDS_PER_CALL)
        minutes = int(ScheduleExpression.removeprefix("rate(").split()[0])
        self.rules[Name] = (self._account.time.now, minutes * 60)
        return {"RuleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{Name}"}

    def put_targets(self, Rule: str, Targets: list[Event]) -> None:
        """Have a rule invoke the function until it is deleted.

        A rate "starts when you create the rule", "runs within that minute, but not on the precise 0th second"
        (EventBridge user guide). So each run is up to a minute late here, each rule always by as much.
        """
        time = self._account.time
        time.sleep(SECONDS_PER_CALL)
        made_at, interval = self.rules[Rule]
        late = self._chance.uniform(0, 60)

        def run() -> None:
            for moment in itertools.count(made_at + interval + late, interval):
                time.sleep(moment - time.now)
                if Rule not in self.rules:
                    return
                self._account.function.invoke(json.loads(Targets[0]["Input"]))

        time.spawn(run)

    def remove_targets(self, Rule: str, Ids: list[str]) -> None:
        self._account.time.sleep(SECONDS_PER_CALL)

    def delete_rule(self, Name: str) -> None:
        self._account.time.sleep(SECONDS_PER_CALL)
        del self.rules[Name]

    def add_permission(self, FunctionName: str, StatementId: str, **_: str) -> None:
        """Add a statement to the function's policy, unless it is full."""
        self._account.time.sleep(SECONDS_PER_CALL)
        if len(self.policy) >= STATEMENTS_OF_A_POLICY:
            response = {"Error": {"Code": "PolicyLengthExceededException", "Message": "The policy is too big."}}
            raise ClientError(response, "AddPermission")  # type: ignore[arg-type]
        self.policy.add(StatementId)

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        self._account.time.sleep(SECONDS_PER_CALL)
        self.policy.remove(StatementId)


class Client(WiredClient):
    """A client of Amazon Personalize, in an instance of a function.

    Whether and when a call is sent again, botocore's own handlers decide; they do not see that no HTTP is written.
    """

    def __init__(self, owner: Account, real: Any) -> None:
        super().__init__(owner.wire, real, owner.call)
        self._sleep = owner.time.sleep

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        send = super().__getattr__(operation)
        name = self.meta.method_to_api_mapping[operation]
        model = self.meta.service_model.operation_model(name)

        def call(**arguments: Any) -> Any:
            context: dict[str, Any] = {}
            for attempt in itertools.count(1):
                refusal, parsed = _attempt(send, arguments)
                status = parsed["ResponseMetadata"]["HTTPStatusCode"]
                http = SimpleNamespace(status_code=status, headers={})
                pause = self._ask(
                    f"needs-retry.personalize.{name}",
                    response=(http, parsed),
                    endpoint=None,
                    operation=model,
                    attempts=attempt,
                    caught_exception=None,
                    request_dict={"context": context},
                )
                if pause is None:
                    break
                self._sleep(pause)
            self._ask(f"after-call.personalize.{name}", http_response=http, parsed=parsed, model=model, context=context)
            if refusal:
                raise refusal
            return parsed

        return call

    def _ask(self, event: str, **arguments: Any) -> Any:
        return first_non_none_response(self.meta.events.emit(event, **arguments))


def _attempt(send: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[ClientError | None, Any]:
    try:
        return None, send(**arguments)
    except ClientError as error:
        return error, error.response


def _refusal(operation: str, code: str, message: str) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    name = _shared_client(None).meta.method_to_api_mapping[operation]
    return ClientError(response, name)  # type: ignore[arg-type]


def _make_client(config: Config | None) -> Any:
    return boto3.client("personalize", region_name=REGION, config=config)


_shared_client = functools.cache(_make_client)


@contextmanager
def account_of(
    approach: Approach, seconds: Callable[[], float], seed: int, rate: float | None = None
) -> Iterator[Account]:
    """A new account; it needs a cleared AWS environment with invented credentials."""
    # What botocore and crhelper draw is the same in every run.
    random.seed(f"botocore {seed}")
    with quiet(), account(sys.maxsize):
        yield Account(approach, seconds, seed, rate)
