"""Ways to wait for an event tracker, from CloudFormation's request to the response."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from crhelper import CfnResource

from bench.account import Account, Approach, Client, Event
from event_tracker import handler
from event_tracker.protocol import FAILED
from event_tracker.trackers import CLIENT_CONFIG
from simulation.lambda_service import Context
from simulation.wire import SECONDS_PER_CALL

# Of template.yaml; and Lambda's own default, which the CDK and most people leave as it is.
OUR_MEGABYTES = 256
MEGABYTES = 128

FIXED_PAUSE = 2

# Of the CDK's provider framework: the pause between two queries, and for how long it queries.
CDK_INTERVAL = 5
CDK_ATTEMPTS = 30 * 60 // CDK_INTERVAL


def _provider(account: Account, event: Event, context: Context) -> None:
    client = account.new_client(CLIENT_CONFIG)
    handle = handler.make_handler(client, account.http, account.time.clock)  # type: ignore[arg-type]
    handle(event, context)  # type: ignore[arg-type]


class _Polling(CfnResource):
    """crhelper as it is, with the account's EventBridge and Lambda, on the account's clock."""

    def __init__(self, account: Account, event: Event, **settings: Any) -> None:
        with patch("crhelper.resource_helper.boto3"):
            super().__init__(**settings)
        self._request = event
        self._account = account
        self._events_client = self._lambda_client = account.events

    def _set_timeout(self) -> None:
        # It is a thread, which would respond half a second before the end of an invocation.
        pass

    def _wait_for_cwlogs(self) -> None:
        super()._wait_for_cwlogs(sleep=self._account.time.sleep)  # type: ignore[misc]

    def _send(self, status: str | None = None, reason: str = "") -> None:
        self._account.respond(self._request, status or self.Status, str(self.PhysicalResourceId))


def _crhelper(**settings: int) -> Callable[[Account, Event, Context], None]:
    def run(account: Account, event: Event, context: Context) -> None:
        client = account.new_client()
        helper = _Polling(account, event, **settings)

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

        helper(event, context)

    return run


def _fixed(account: Account, event: Event, _: Context) -> None:
    client = account.new_client()
    try:
        arn = _begin(client, event)
        while not _is_done(client, event, arn):
            account.time.sleep(FIXED_PAUSE)
    except ClientError:
        account.respond(event, FAILED, event.get("PhysicalResourceId", "none"))
    else:
        account.respond(event, "SUCCESS", arn)


def _cdk(account: Account, event: Event, _: Context) -> None:
    """Two functions of the framework that call two of the user, and a state machine that runs the second again.

    Source: waiter-state-machine.ts and runtime/framework.ts of aws-cdk-lib's custom-resources.
    """
    client = account.new_client()
    arn = ""
    done = False

    def on_event() -> None:
        nonlocal arn
        arn = _begin(client, event)

    def is_complete() -> None:
        nonlocal done
        done = _is_done(client, event, arn)

    def framework_is_complete() -> None:
        account.invoke(MEGABYTES, is_complete)
        if done:
            account.respond(event, "SUCCESS", arn)

    def state_machine() -> None:
        for _ in range(CDK_ATTEMPTS):
            account.transitions += 1
            account.invoke(MEGABYTES, framework_is_complete)
            if done:
                return
            account.time.sleep(CDK_INTERVAL)

    account.invoke(MEGABYTES, on_event)
    # StartExecution.
    account.time.sleep(SECONDS_PER_CALL)
    account.time.spawn(state_machine)


def _begin(client: Client, event: Event) -> str:
    """What each provider does first."""
    if event["RequestType"] == "Delete":
        arn: str = event["PhysicalResourceId"]
        client.delete_event_tracker(eventTrackerArn=arn)
    else:
        group = event["ResourceProperties"]["DatasetGroupArn"]
        response = client.create_event_tracker(name=event["RequestId"], datasetGroupArn=group, tags=[])
        arn = response["eventTrackerArn"]
    return arn


def _is_done(client: Client, event: Event, arn: str) -> bool:
    """Poll once."""
    try:
        status: str = client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["status"]
    except ClientError as error:
        if event["RequestType"] == "Delete" and error.response["Error"]["Code"] == "ResourceNotFoundException":
            return True
        raise
    return event["RequestType"] != "Delete" and status == "ACTIVE"


OURS = "this provider"
FIXED = f"poll every {FIXED_PAUSE} s"
CDK = "the CDK's provider framework"
POLLING = "crhelper's poller every minute, no sleep_on_delete"
TYPICAL = "a typical crhelper provider"

APPROACHES = {
    OURS: Approach(_provider, OUR_MEGABYTES),
    FIXED: Approach(_fixed, MEGABYTES),
    CDK: Approach(_cdk, MEGABYTES),
    POLLING: Approach(_crhelper(polling_interval=1, sleep_on_delete=0), MEGABYTES),
    # A poller, and crhelper's defaults: every two minutes, and 120 s of sleep before the response to a Delete.
    TYPICAL: Approach(_crhelper(), MEGABYTES),
}
