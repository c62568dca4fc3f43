"""The account of the benchmark does what AWS and botocore do."""

import json
import random
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.account import STATEMENTS_OF_A_POLICY, Account, Approach, TokenBucket, account_of
from event_tracker.trackers import CLIENT_CONFIG
from simulation.client import ACCOUNT, REGION
from simulation.lambda_service import FUNCTION_ARN
from simulation.wire import SECONDS_PER_CALL

NOTHING = Approach(lambda *_: None, 128)


@pytest.fixture
def aws() -> Iterator[Account]:
    with account_of(NOTHING, lambda: 30.0, seed=1) as account:
        yield account


def test_a_bucket_holds_one_seconds_calls_and_is_filled_at_its_rate() -> None:
    now = 0.0
    bucket = TokenBucket(2, lambda: now)

    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_tracker_is_active_when_it_is_told_and_gone_when_it_is_told(aws: Account) -> None:
    client = aws.new_client()
    statuses: list[str] = []

    def status(arn: str) -> str:
        return str(client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["status"])

    def poll() -> None:
        arn = client.create_event_tracker(name="clicks", datasetGroupArn=aws.group("films"), tags=[])["eventTrackerArn"]
        for moment in (29.9, 30.1):
            aws.time.sleep(aws.ready[arn] - 30 + moment - SECONDS_PER_CALL - aws.time.now)
            statuses.append(status(arn))
        client.delete_event_tracker(eventTrackerArn=arn)
        aws.time.sleep(30)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            status(arn)

    aws.time.spawn(poll)
    aws.time.sleep(100)
    assert statuses == ["CREATE PENDING", "ACTIVE"]
    assert aws.time.is_idle


@pytest.mark.parametrize("config", [None, CLIENT_CONFIG], ids=["as boto3 makes it", "the provider's"])
def test_a_call_that_is_refused_is_sent_again_as_botocore_sends_it(config: Config | None) -> None:
    # So many that the provider's client runs out of what botocore grants it.
    refusals = 120
    nowhere = f"arn:aws:personalize:{REGION}:{ACCOUNT}:event-tracker/00000000"
    really: list[float] = []
    thread, sleep = threading.get_ident(), time.sleep

    def note(seconds: float) -> None:
        # What other tests have started sleeps in threads of its own.
        if threading.get_ident() == thread:
            really.append(seconds)
        else:
            sleep(seconds)

    def refuse(request: Any, **_: Any) -> AWSResponse:
        really.append(0.0)
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
        return AWSResponse(request.url, 400, {}, _Raw(body))  # type: ignore[arg-type]

    with account_of(NOTHING, lambda: 30.0, seed=1, rate=1) as account:
        real = boto3.client("personalize", region_name=REGION, config=config)
        real.meta.events.register_first("before-send.personalize", refuse)
        random.seed(7)
        with patch("botocore.endpoint.time.sleep", note):
            for _ in range(refusals):
                with pytest.raises(ClientError, match="ThrottlingException"):
                    real.describe_event_tracker(eventTrackerArn=nowhere)

        simulated: list[float] = []
        random.seed(7)
        with (
            patch.object(account.bucket, "take", return_value=False),
            patch.object(account.time, "sleep", simulated.append),
        ):
            client = account.new_client(config)
            for _ in range(refusals):
                with pytest.raises(ClientError, match="ThrottlingException"):
                    client.describe_event_tracker(eventTrackerArn=nowhere)

    assert [pause for pause in simulated if pause != SECONDS_PER_CALL] == [pause for pause in really if pause]
    assert account.throttled == really.count(0.0)


class _Raw:
    """The body of a response as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body


def test_a_rule_runs_at_its_rate_and_up_to_a_minute_late_until_it_is_deleted() -> None:
    runs: list[float] = []
    with account_of(Approach(lambda account, *_: runs.append(account.time.now), 128), lambda: 30.0, seed=1) as aws:

        def rule() -> None:
            aws.events.put_rule(Name="rule", ScheduleExpression="rate(2 minutes)", State="ENABLED")
            aws.events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": FUNCTION_ARN, "Input": "{}"}])
            aws.time.sleep(450)
            aws.events.delete_rule(Name="rule")

        aws.time.spawn(rule)
        aws.time.sleep(2000)

    assert 120 <= runs[0] <= 181
    assert [round(run - runs[0]) for run in runs] == [0, 120, 240]


def test_a_functions_policy_is_full_at_58_statements(aws: Account) -> None:
    # Lambda's quota, and a name of the length that CloudFormation makes.
    function = (
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:personalize-event-tracker-provider-ProviderFunction-0a1B2c3D4e5F"
    )
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/Tracker00000000"
    statement = {
        "Sid": "Tracker00000000",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function,
        "Condition": {"ArnLike": {"AWS:SourceArn": rule}},
    }

    def size(statements: int) -> int:
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": [statement] * statements}
        return len(json.dumps(policy, separators=(",", ":")))

    assert size(STATEMENTS_OF_A_POLICY) <= 20 * 1024 < size(STATEMENTS_OF_A_POLICY + 1)
    add = partial(aws.events.add_permission, "provider", Action="lambda:InvokeFunction", SourceArn=rule)
    for number in range(STATEMENTS_OF_A_POLICY):
        add(f"Tracker{number:08}")
    with pytest.raises(ClientError, match="PolicyLengthExceededException"):
        add("Tracker00000058")
    aws.events.remove_permission("provider", "Tracker00000000")
    add("Tracker00000058")
