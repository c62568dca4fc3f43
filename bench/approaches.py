"""Ways to wait for an event tracker, from a request of CloudFormation's to its answer."""

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from unittest.mock import patch

from botocore.exceptions import ClientError
from crhelper import CfnResource

from bench.cloud import SECONDS_PER_CALL, Account, Client, Event
from event_tracker import handler
from event_tracker.custom_resource import CustomResource, Record
from event_tracker.protocol import FAILED, SUCCESS, Request
from event_tracker.trackers import CLIENT_CONFIG, Tracker
from simulation.lambda_service import FUNCTION_ARN, Context

# Of template.yaml; and Lambda's own default, which the CDK and most people leave as it is.
OUR_MEGABYTES = 256
MEGABYTES = 128

CRHELPERS_DEFAULTS = {name: of.default for name, of in inspect.signature(CfnResource.__init__).parameters.items()}

# Of the CDK's provider framework: the pause between two queries, and for how long it queries.
CDK_INTERVAL = 5
CDK_ATTEMPTS = 30 * 60 // CDK_INTERVAL

# Has a request fulfilled in its own time.
Serve = Callable[[Account, Event], None]


def _ours(account: Account, event: Event) -> None:
    handle = handler.make_handler(account.client(CLIENT_CONFIG), account, account.clock)  # type: ignore[arg-type]
    account.start("provider", OUR_MEGABYTES, lambda: handle(event, Context(account.time, account.time.now)))  # type: ignore[arg-type]


def _ours_sleepy(account: Account, event: Event) -> None:
    class Sleepy(CustomResource):
        def __init__(self, request: Request, fulfill: Callable[[Record], Tracker | None]) -> None:
            super().__init__(request, fulfill)
            self._sleep_on_delete = CRHELPERS_DEFAULTS["sleep_on_delete"]

        def _wait_for_cwlogs(self) -> None:
            super()._wait_for_cwlogs(sleep=account.time.sleep)  # type: ignore[misc]

    handle = handler.make_handler(account.client(CLIENT_CONFIG), account, account.clock)  # type: ignore[arg-type]

    def run() -> None:
        with patch.object(handler, "CustomResource", Sleepy):
            handle(event, Context(account.time, account.time.now))  # type: ignore[arg-type]

    account.start("provider", OUR_MEGABYTES, run)


class _Polling(CfnResource):
    """crhelper as it is, with the account's EventBridge and Lambda, on the account's clock."""

    def __init__(self, account: Account, event: Event, minutes: int, sleep_on_delete: int) -> None:
        with patch("crhelper.resource_helper.boto3"):
            super().__init__(polling_interval=minutes, sleep_on_delete=sleep_on_delete)
        self._request = event
        self._account = account
        self._events_client = self._lambda_client = account

    def _set_timeout(self) -> None:
        # It is a thread, which would answer half a second before the end of an invocation.
        pass

    def _wait_for_cwlogs(self) -> None:
        super()._wait_for_cwlogs(sleep=self._account.time.sleep)  # type: ignore[misc]

    def _send(self, status: str | None = None, reason: str = "") -> None:
        self._account.answer(self._request, status or self.Status)


def _polling(minutes: int, sleep_on_delete: int = 0) -> Serve:
    def serve(account: Account, event: Event) -> None:
        def run(event: Event) -> None:
            client = account.client()
            helper = _Polling(account, event, minutes, sleep_on_delete)

            @helper.create
            @helper.delete
            def begin(event: Event, _: Context) -> str:
                helper.Data["Arn"] = _begin(client, event)
                return str(helper.Data["Arn"])

            @helper.poll_create
            @helper.poll_delete
            def poll(event: Event, _: Context) -> str | None:
                arn: str = event["CrHelperData"]["Arn"]
                return arn if _is_done(client, event, arn) else None

            helper(event, Context(account.time, account.time.now))

        def invoke(event: Event) -> None:
            account.start("provider", MEGABYTES, lambda: run(event))

        account.functions[FUNCTION_ARN] = invoke
        invoke(event)

    return serve


def _loop(pauses: Callable[[], Iterable[float]]) -> Serve:
    def serve(account: Account, event: Event) -> None:
        client = account.client()

        def run() -> None:
            try:
                arn = _begin(client, event)
                for pause in pauses():
                    if _is_done(client, event, arn):
                        break
                    account.time.sleep(pause)
            except ClientError:
                account.answer(event, FAILED)
            else:
                account.answer(event, SUCCESS)

        account.start("provider", MEGABYTES, run)

    return serve


def _growing() -> Iterator[float]:
    pause = 8.0
    while True:
        yield pause
        pause *= 1.25


def _cdk(account: Account, event: Event) -> None:
    """Two functions of the framework's that call two of the user's, and a state machine that runs the second again.

    Source: waiter-state-machine.ts and runtime/framework.ts of aws-cdk-lib's custom-resources.
    """
    client = account.client()
    arn = ""
    done = False

    def on_event() -> None:
        nonlocal arn
        arn = _begin(client, event)

    def framework_on_event() -> None:
        account.invoke("onEvent", MEGABYTES, on_event)
        # StartExecution.
        account.time.sleep(SECONDS_PER_CALL)
        account.time.spawn(state_machine)

    def is_complete() -> None:
        nonlocal done
        done = _is_done(client, event, arn)

    def framework_is_complete() -> None:
        account.invoke("isComplete", MEGABYTES, is_complete)
        if done:
            account.answer(event, SUCCESS)

    def state_machine() -> None:
        for _ in range(CDK_ATTEMPTS):
            account.transitions += 1
            account.invoke("framework-isComplete", MEGABYTES, framework_is_complete)
            if done:
                return
            account.time.sleep(CDK_INTERVAL)

    account.start("framework-onEvent", MEGABYTES, framework_on_event)


def _limit(account: Account, event: Event) -> None:
    """One that is told the moment."""
    client = account.client()

    def run() -> None:
        arn = _begin(client, event)
        account.time.sleep(account.ready[arn] - account.time.now)
        account.answers[event["RequestId"]] = (account.time.now, {"Status": SUCCESS})

    account.time.spawn(run)


def _begin(client: Client, event: Event) -> str:
    """What each provider does first."""
    if event["RequestType"] == "Delete":
        arn: str = event["PhysicalResourceId"]
        client.delete_event_tracker(eventTrackerArn=arn)
    else:
        arn = client.create_event_tracker(
            name=event["RequestId"], datasetGroupArn=event["ResourceProperties"]["DatasetGroupArn"], tags=[]
        )["eventTrackerArn"]
    return arn


def _is_done(client: Client, event: Event, arn: str) -> bool:
    """What each provider asks until it is so."""
    try:
        status: str = client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["status"]
    except client.exceptions.ResourceNotFoundException:
        return bool(event["RequestType"] == "Delete")
    return event["RequestType"] != "Delete" and status == "ACTIVE"


OURS = "this provider"
OURS_SLEEPY = "this provider, were it to keep crhelper's sleep_on_delete"
POLLING_2 = "crhelper's poller, every 2 minutes"
POLLING_1 = "crhelper's poller, every minute"
POLLING_SLEEPY = "crhelper's poller, every 2 minutes, and its sleep_on_delete"
FIXED = "a look every 2 s"
GROWING = "a pause of 8 s that grows by a quarter"
CDK = "the CDK's provider framework"
LIMIT = "the limit"

APPROACHES: dict[str, Serve] = {
    OURS: _ours,
    OURS_SLEEPY: _ours_sleepy,
    POLLING_2: _polling(CRHELPERS_DEFAULTS["polling_interval"]),
    POLLING_1: _polling(1),
    POLLING_SLEEPY: _polling(CRHELPERS_DEFAULTS["polling_interval"], CRHELPERS_DEFAULTS["sleep_on_delete"]),
    FIXED: _loop(lambda: itertools.repeat(2.0)),
    GROWING: _loop(_growing),
    CDK: _cdk,
    LIMIT: _limit,
}
