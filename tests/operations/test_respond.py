"""`python -m operations respond`: a response for each request that got none, and no word of its ResponseURL."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from operations import respond
from operations.__main__ import main
from tests.operations.conftest import SECRET, STACK, Bucket

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(autouse=True)
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """All that was printed, which never has a secret in it."""
    said = ""

    def more() -> str:
        nonlocal said
        captured = capsys.readouterr()
        said += captured.out + captured.err
        return said

    yield more
    assert "Signature" not in more()
    assert SECRET not in more()


@pytest.fixture
def respond_to(bucket: Bucket, tmp_path: Path) -> Callable[..., int]:
    """The exit status of `respond` with these options, for the record of a request with these fields."""

    def respond_to(*options: str, text: str | None = None, **fields: str) -> int:
        path = tmp_path / "record.json"
        path.write_text(bucket.record(**fields) if text is None else text)
        return main(["respond", *options, str(path)])

    return respond_to


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> "Iterator[SQSClient]":
    monkeypatch.setattr(respond, "_WAIT_SECONDS", 0)
    with mock_aws():
        yield boto3.client("sqs")


@pytest.fixture
def queue(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="unanswered")["QueueUrl"]


def waiting(sqs: "SQSClient", queue: str) -> int:
    """How many messages somebody else could receive at once."""
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_the_response_to_a_create_is_that_of_one_that_failed_before_there_was_a_tracker(
    bucket: Bucket, respond_to: Callable[..., int], said: Callable[[], str]
) -> None:
    assert respond_to() == 0

    (response,) = bucket.received
    assert response.pop("Reason")
    assert response == {
        "Status": "FAILED",
        "PhysicalResourceId": "not-created:5c478372",
        "StackId": STACK,
        "RequestId": "5c478372",
        "LogicalResourceId": "Tracker",
    }
    assert said() == f"Sent FAILED: Create 5c478372 of Tracker in {STACK}\n"
    # As the address was signed.
    assert bucket.content_types == [""]


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_an_update_or_delete_keeps_its_physical_id(
    bucket: Bucket, respond_to: Callable[..., int], request_type: str
) -> None:
    arn = "arn:aws:personalize:us-east-1:123456789012:event-tracker/ca4f41f3"
    assert respond_to(RequestType=request_type, PhysicalResourceId=arn) == 0
    assert bucket.received[0]["PhysicalResourceId"] == arn


def test_the_operator_can_say_why(bucket: Bucket, respond_to: Callable[..., int]) -> None:
    assert respond_to("--reason", "Deployed without its packages.") == 0
    assert bucket.received[0]["Reason"] == "Deployed without its packages."


def test_the_record_may_come_from_the_standard_input(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(bucket.record()))
    assert main(["respond", "-"]) == 0
    assert len(bucket.received) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(403, "answered 403. It works for some hours only"), (500, "answered 500.")]
)
def test_a_response_that_is_not_taken_is_a_failure(
    bucket: Bucket, respond_to: Callable[..., int], said: Callable[[], str], status: int, words: str
) -> None:
    bucket.status = status
    assert respond_to() == 1
    assert words in said()


NO_REQUEST = '{"requestPayload": {"RequestType": "Create", "StackId": 1}}'


@pytest.mark.parametrize(
    ("options", "record", "words"),
    [
        ((), {"ResponseURL": f"https://127.0.0.1:1/?{SECRET}"}, "cannot be reached"),
        # Python quotes such an address in its error.
        ((), {"ResponseURL": f"https://127.0.0.1:1/a b?{SECRET}"}, "cannot be used (InvalidURL)"),
        ((), {"ResponseURL": f"https://[127.0.0.1/?{SECRET}"}, "must be an https address"),
        ((), {"ResponseURL": f"http://127.0.0.1:1/?{SECRET}"}, "must be an https address"),
        ((), {"RequestType": "Read"}, "RequestType must be one of Create, Update, Delete."),
        ((), {"text": ""}, "not JSON"),
        ((), {"text": "[]"}, "no requestPayload"),
        ((), {"text": NO_REQUEST}, "lacks ResponseURL, StackId, RequestId"),
        # CloudFormation would not take it.
        (("--reason", "x" * 4000), {}, "shorten the reason"),
    ],
)
def test_what_cannot_be_sent_is_told_without_the_address(
    bucket: Bucket,
    respond_to: Callable[..., int],
    said: Callable[[], str],
    options: tuple[str, ...],
    record: dict[str, str],
    words: str,
) -> None:
    assert respond_to(*options, **record) == 1
    assert words in said()
    assert bucket.received == []


def test_a_file_that_is_not_there_is_an_error(said: Callable[[], str]) -> None:
    assert main(["respond", "no-such-file.json"]) == 1
    assert "no-such-file.json" in said()


def test_all_that_are_in_the_queue_are_responded_to(bucket: Bucket, sqs: "SQSClient", queue: str) -> None:
    for number in range(12):
        sqs.send_message(QueueUrl=queue, MessageBody=bucket.record(RequestId=str(number)))

    assert main(["respond", "--queue-url", queue]) == 0

    assert {response["RequestId"] for response in bucket.received} == {str(number) for number in range(12)}
    assert sqs.receive_message(QueueUrl=queue).get("Messages", []) == []
    assert waiting(sqs, queue) == 0


def test_a_message_that_failed_stays_in_the_queue(bucket: Bucket, sqs: "SQSClient", queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"requestPayload": {}}))
    sqs.send_message(QueueUrl=queue, MessageBody=bucket.record())

    assert main(["respond", "--queue-url", queue]) == 1

    assert len(bucket.received) == 1
    kept = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert kept["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_message_that_comes_back_while_the_command_runs_does_not_keep_it_running(
    sqs: "SQSClient", queue: str
) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "0"})
    sqs.send_message(QueueUrl=queue, MessageBody="{}")

    assert main(["respond", "--queue-url", queue]) == 1
    assert waiting(sqs, queue) == 1


def test_a_dry_run_sends_nothing_and_leaves_the_queue_as_it_was(
    bucket: Bucket, sqs: "SQSClient", queue: str, said: Callable[[], str]
) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody=bucket.record())

    assert main(["respond", "--dry-run", "--queue-url", queue]) == 0

    assert said().startswith("Would send FAILED: Create 5c478372")
    assert bucket.received == []
    assert waiting(sqs, queue) == 1


def test_an_empty_queue_is_said_to_be_empty(queue: str, said: Callable[[], str]) -> None:
    assert main(["respond", "--queue-url", queue]) == 0
    assert said() == "The queue is empty.\n"


def test_a_queue_that_is_not_there_is_an_error(sqs: "SQSClient", said: Callable[[], str]) -> None:
    assert main(["respond", "--queue-url", "https://sqs.us-east-1.amazonaws.com/123456789012/none"]) == 1
    assert said().startswith("error: ")


def test_no_command_is_an_error_that_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "COMMAND" in capsys.readouterr().err
