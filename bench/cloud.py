"""An account in virtual time: trackers take as long as they are told, calls take theirs, and functions are billed."""

import functools
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.hooks import first_non_none_response
from moto.core.exceptions import JsonRESTError

from event_tracker.waiting import Clock
from local.moto_personalize import Guesses, PersonalizeBackend
from local.moto_personalize.models import GONE
from simulation.lambda_service import TIMEOUT
from simulation.virtual_time import VirtualTime
from simulation.wire import paginator
from simulation.world import ACCOUNT, REGION, account

if TYPE_CHECKING:
    from botocore.paginate import Paginator

# What a call to AWS takes, there and back, be it to Amazon Personalize or the PUT of an answer; and what it takes
# until a function begins that is warm.
SECONDS_PER_CALL = 0.08
SECONDS_TO_INVOKE = 0.05

# Lambda's quota of a function's resource-based policy.
POLICY_BYTES = 20 * 1024
# As CloudFormation makes it.
_FUNCTION_NAME = "personalize-event-tracker-provider-ProviderFunction-0a1B2c3D4e5F"

Event = dict[str, Any]


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
        # What a float loses in the sums of a day.
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True)
class Invocation:
    """What is billed of a function's run."""

    function: str
    megabytes: int
    seconds: float


@dataclass
class Account:
    """One account. `seconds` gives how long the next tracker takes to become ACTIVE, or to be gone.

    `refused_creates` is the code with which a create is refused when `bucket` is empty.
    """

    time: VirtualTime
    backend: PersonalizeBackend
    seconds: Callable[[], float]
    random: Random
    bucket: TokenBucket | None = None
    refused_creates: str = "ThrottlingException"
    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    invocations: list[Invocation] = field(default_factory=list)
    transitions: int = 0
    ready: dict[str, float] = field(default_factory=dict)
    answers: dict[str, tuple[float, Event]] = field(default_factory=dict)
    rules: dict[str, tuple[float, float]] = field(default_factory=dict)
    policy: dict[str, Event] = field(default_factory=dict)
    functions: dict[str, Callable[[Event], None]] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        return self.time.clock

    def group(self, name: str) -> str:
        """A dataset group that is ready for an event tracker."""
        group = self.backend.create_dataset_group(name, None, None, None, [])
        group.status = "ACTIVE"
        return group.arn

    def client(self, config: Config | None = None) -> "Client":
        """A client as a new instance of a function has it; without `config` as boto3 makes it."""
        return Client(self, config)

    def invoke(self, function: str, megabytes: int, code: Callable[[], object]) -> None:
        """Invoke a function and wait for its end."""
        self.time.sleep(SECONDS_TO_INVOKE)
        start = self.time.now
        try:
            code()
        finally:
            self.invocations.append(Invocation(function, megabytes, self.time.now - start))

    def start(self, function: str, megabytes: int, code: Callable[[], object], delay: float = 0.0) -> None:
        """Have a function invoked, in an instance of its own, which is killed when Lambda's maximum is over."""

        def run() -> None:
            self.time.limit(TIMEOUT + SECONDS_TO_INVOKE)
            self.invoke(function, megabytes, code)

        self.time.spawn(run, delay)

    def answer(self, event: Event, status: str) -> None:
        """Answer a request."""
        self.request("PUT", event["ResponseURL"], body=json.dumps({"RequestId": event["RequestId"], "Status": status}))

    def request(self, method: str, url: str, *, body: str, headers: Mapping[str, str] | None = None) -> Any:
        """Take an answer in place of CloudFormation; the first one counts."""
        self.time.sleep(SECONDS_PER_CALL)
        document = json.loads(body)
        self.answers.setdefault(document["RequestId"], (self.time.now, document))
        return SimpleNamespace(status=200)

    def arrive(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Have a call arrive at Amazon Personalize."""
        self.calls[operation] += 1
        if self.bucket and not self.bucket.take():
            self.throttled += 1
            code = self.refused_creates if operation == "create_event_tracker" else "ThrottlingException"
            raise JsonRESTError(code, "Rate exceeded")
        return getattr(self, f"_{operation}")(**arguments)

    def _create_event_tracker(self, name: str, datasetGroupArn: str, tags: list[dict[str, str]]) -> Any:
        tracker = self.backend.create_event_tracker(name, datasetGroupArn, tags)
        self._become(tracker.arn, "ACTIVE")
        return {"eventTrackerArn": tracker.arn, "trackingId": tracker.tracking_id}

    def _list_event_trackers(self, datasetGroupArn: str) -> Any:
        trackers = self.backend.event_trackers.values()
        found = [tracker.to_dict(full=False) for tracker in trackers if tracker.dataset_group_arn == datasetGroupArn]
        return {"eventTrackers": found}

    def _describe_event_tracker(self, eventTrackerArn: str) -> Any:
        described = self.backend.describe_event_tracker(eventTrackerArn).to_dict()
        dates = ("creationDateTime", "lastUpdatedDateTime")
        return {"eventTracker": described | {name: datetime.fromtimestamp(described[name], UTC) for name in dates}}

    def _delete_event_tracker(self, eventTrackerArn: str) -> Any:
        self.backend.delete_event_tracker(eventTrackerArn)
        self._become(eventTrackerArn, GONE)
        return {}

    def _list_tags_for_resource(self, resourceArn: str) -> Any:
        return self.backend.list_tags_for_resource(resourceArn)

    def _tag_resource(self, resourceArn: str, tags: list[dict[str, str]]) -> Any:
        self.backend.tag_resource(resourceArn, tags)
        return {}

    def _become(self, arn: str, status: str) -> None:
        seconds = self.seconds()
        self.ready[arn] = self.time.now + seconds

        def change() -> None:
            self.backend.event_trackers[arn].status = status

        self.time.spawn(change, seconds)

    def put_rule(self, Name: str, ScheduleExpression: str, State: str) -> Any:
        """Make a rule of EventBridge's; its time runs from now on."""
        self.time.sleep(SECONDS_PER_CALL)
        minutes = int(ScheduleExpression.removeprefix("rate(").split()[0])
        self.rules[Name] = (self.time.now, minutes * 60)
        return {"RuleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{Name}"}

    def put_targets(self, Rule: str, Targets: list[Event]) -> None:
        """Have a rule invoke a function until it is deleted.

        A rate "starts when you create the rule", "runs within that minute, but not on the precise 0th second"
        (EventBridge user guide). So each run is up to a minute late here, each rule always by as much.
        """
        self.time.sleep(SECONDS_PER_CALL)
        made_at, interval = self.rules[Rule]
        late = self.random.uniform(0, 60)

        def run() -> None:
            for moment in itertools.count(made_at + interval + late, interval):
                self.time.sleep(moment - self.time.now)
                if Rule not in self.rules:
                    return
                self.functions[Targets[0]["Arn"]](json.loads(Targets[0]["Input"]))

        self.time.spawn(run)

    def remove_targets(self, Rule: str, Ids: list[str]) -> None:
        self.time.sleep(SECONDS_PER_CALL)

    def delete_rule(self, Name: str) -> None:
        self.time.sleep(SECONDS_PER_CALL)
        del self.rules[Name]

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str,
    ) -> None:
        """Add a statement to the function's policy, unless it is full."""
        self.time.sleep(SECONDS_PER_CALL)
        statement = {
            "Sid": StatementId,
            "Effect": "Allow",
            "Principal": {"Service": Principal},
            "Action": Action,
            "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{_FUNCTION_NAME}",
            "Condition": {"ArnLike": {"AWS:SourceArn": SourceArn}},
        }
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": [*self.policy.values(), statement]}
        size = len(json.dumps(policy, separators=(",", ":")))
        if size > POLICY_BYTES:
            raise refusal(
                "add_permission", "PolicyLengthExceededException", f"The final policy size ({size}) is too big"
            )
        self.policy[StatementId] = statement

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        self.time.sleep(SECONDS_PER_CALL)
        del self.policy[StatementId]


class Client:
    """A client of Amazon Personalize, in an instance of a function.

    Whether and when a call is sent again, botocore's own handlers decide; only what they do not see is left out, since
    it would take most of the time: the writing, signing and reading of HTTP.
    """

    def __init__(self, owner: Account, config: Config | None) -> None:
        self._account = owner
        # Only with a limit, and with settings such as the provider's, does a client remember how often it was refused.
        self._real = _make(config) if owner.bucket and config else _shared(config)
        self.exceptions = self._real.exceptions
        self.meta = self._real.meta

    def get_paginator(self, operation: str) -> "Paginator[Any]":
        return paginator(self, operation)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        name = self._real.meta.method_to_api_mapping[method]
        model = self._real.meta.service_model.operation_model(name)

        def call(**arguments: Any) -> Any:
            context: dict[str, Any] = {}
            for attempt in itertools.count(1):
                parsed, status = self._send(method, arguments)
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
                self._account.time.sleep(pause)
            self._ask(f"after-call.personalize.{name}", http_response=http, parsed=parsed, model=model, context=context)
            if status >= 300:
                raise self.exceptions.from_code(parsed["Error"]["Code"])(parsed, name)
            return parsed

        return call

    def _send(self, method: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        self._account.time.sleep(SECONDS_PER_CALL / 2)
        try:
            parsed, status = self._account.arrive(method, arguments), 200
        except JsonRESTError as error:
            parsed, status = {"Error": {"Code": error.error_type, "Message": error.message}}, 400
        self._account.time.sleep(SECONDS_PER_CALL / 2)
        return parsed | {"ResponseMetadata": {"HTTPStatusCode": status}}, status

    def _ask(self, event: str, **arguments: Any) -> Any:
        return first_non_none_response(self._real.meta.events.emit(event, **arguments))


def _make(config: Config | None) -> Any:
    return boto3.client("personalize", region_name=REGION, config=config)


_shared = functools.cache(_make)


@contextmanager
def cloud(seconds: Callable[[], float], seed: int, rate: float | None = None) -> Iterator[Account]:
    """A new account, with a limit of `rate` calls of Amazon Personalize a second, if there is one.

    It needs a cleared AWS environment with invented credentials.
    """
    # What botocore and crhelper draw is the same in every run.
    random.seed(f"botocore {seed}")
    with account(sys.maxsize):
        time = VirtualTime()
        backend = PersonalizeBackend(REGION, ACCOUNT)
        backend.guesses = Guesses(group_without_interactions=None)
        bucket = TokenBucket(rate, lambda: time.now) if rate else None
        yield Account(time, backend, seconds, Random(f"EventBridge {seed}"), bucket)


def refusal(operation: str, code: str, message: str) -> ClientError:
    """What botocore raises when a call is refused."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
