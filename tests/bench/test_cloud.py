"""The account of the benchmark does what AWS and botocore do."""

import json
import random
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.cloud import SECONDS_PER_CALL, Account, TokenBucket, cloud
from event_tracker.trackers import CLIENT_CONFIG
from simulation.lambda_service import FUNCTION_ARN
from simulation.world import REGION

NOWHERE = f"arn:aws:personalize:{REGION}:123456789012:event-tracker/00000000"


@pytest.fixture
def aws() -> Iterator[Account]:
    with cloud(lambda: 30.0, seed=1) as account:
        yield account


def test_a_bucket_holds_one_seconds_calls_and_is_filled_at_its_rate() -> None:
    now = 0.0
    bucket = TokenBucket(2, lambda: now)

    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_tracker_is_ready_when_it_is_told_and_gone_when_it_is_told(aws: Account) -> None:
    client = aws.client()
    arn = client.create_event_tracker(name="clicks", datasetGroupArn=aws.group("films"), tags=[])["eventTrackerArn"]

    def status() -> str:
        described: str = client.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["status"]
        return described

    statuses: list[str] = []

    def look() -> None:
        for moment in (29.9, 30.1):
            aws.time.sleep(aws.ready[arn] - 30 + moment - SECONDS_PER_CALL / 2 - aws.time.now)
            statuses.append(status())
        client.delete_event_tracker(eventTrackerArn=arn)
        aws.time.sleep(30)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            status()

    aws.time.spawn(look)
    aws.time.sleep(100)
    assert statuses == ["CREATE PENDING", "ACTIVE"]
    assert aws.time.is_idle


@pytest.mark.parametrize("config", [None, CLIENT_CONFIG], ids=["as boto3 makes it", "of the provider"])
def test_a_call_that_is_refused_is_sent_again_as_botocore_sends_it(config: Config | None) -> None:
    # So many that the provider's client runs out of what botocore grants it.
    refusals = 120
    really: list[float] = []

    def refuse(request: Any, **_: Any) -> AWSResponse:
        really.append(0.0)
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
        return AWSResponse(request.url, 400, {}, _Raw(body))  # type: ignore[arg-type]

    with cloud(lambda: 30.0, seed=1, rate=1) as account, patch("botocore.endpoint.time.sleep", really.append):
        real = boto3.client("personalize", region_name=REGION, config=config)
        real.meta.events.register_first("before-send.personalize", refuse)
        random.seed(7)
        for _ in range(refusals):
            with pytest.raises(ClientError, match="ThrottlingException"):
                real.describe_event_tracker(eventTrackerArn=NOWHERE)

        modelled: list[float] = []
        client = account.client(config)
        random.seed(7)
        with (
            patch.object(account.bucket, "take", return_value=False),
            patch.object(account.time, "sleep", modelled.append),
        ):
            for _ in range(refusals):
                with pytest.raises(ClientError, match="ThrottlingException"):
                    client.describe_event_tracker(eventTrackerArn=NOWHERE)

    # A call of the model's is two halves of its time.
    halves = [moment for moment in modelled if moment != SECONDS_PER_CALL / 2]
    assert halves == [moment for moment in really if moment]
    assert account.throttled == really.count(0.0)


class _Raw:
    """The body of an answer as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body


def test_a_rule_runs_at_its_rate_and_up_to_a_minute_late_until_it_is_deleted(aws: Account) -> None:
    runs: list[float] = []
    aws.functions[FUNCTION_ARN] = lambda event: runs.append(aws.time.now)

    def rule() -> None:
        aws.put_rule(Name="rule", ScheduleExpression="rate(2 minutes)", State="ENABLED")
        aws.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": FUNCTION_ARN, "Input": "{}"}])
        aws.time.sleep(450)
        aws.delete_rule(Name="rule")

    aws.time.spawn(rule)
    aws.time.sleep(2000)

    assert 120 <= runs[0] <= 181
    assert [round(run - runs[0]) for run in runs] == [0, 120, 240]


def test_a_functions_policy_is_full_at_58_statements_of_crhelpers(aws: Account) -> None:
    def add(number: int) -> None:
        sid = f"Tracker{number:08}"
        rule = f"arn:aws:events:us-east-1:123456789012:rule/{sid}"
        aws.add_permission("provider", sid, "lambda:InvokeFunction", "events.amazonaws.com", rule)

    for number in range(58):
        add(number)

    with pytest.raises(ClientError, match="PolicyLengthExceededException"):
        add(58)
    aws.remove_permission("provider", "Tracker00000000")
    add(58)
