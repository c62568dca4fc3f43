"""`respond`: send FAILED for requests that the provider could not respond to, so that their stacks do not wait."""

import argparse
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.unanswered import UnansweredRequest, UnansweredRequestError, send

# With a wait, all of SQS's servers are asked.
_WAIT_SECONDS = 2
_DESCRIPTION = """\
Send FAILED to CloudFormation for requests that the provider could not respond to, so that their stacks roll back
instead of waiting. A request is taken from what Lambda sent to the queue of unanswered requests (the parameter
UnansweredRequestsQueue of the provider's stack): from the queue itself, or from the body of one of its messages.
The ResponseURL in it, which is a secret, is not shown.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those that the command line knows."""
    parser = commands.add_parser(
        "respond", help="send FAILED for requests that got no response", description=_DESCRIPTION
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("record", nargs="?", metavar="FILE", help="the body of one message; - for the standard input")
    source.add_argument(
        "--queue-url",
        metavar="URL",
        help="respond to all that are in this queue, and delete them",
    )
    parser.add_argument("--reason", default="", help="what the stack's events say, instead of a sentence of ours")
    parser.add_argument("--dry-run", action="store_true", help="show the requests, and send and delete nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Respond, and tell of each request; returns 1 if any could not be responded to."""
    try:
        if arguments.queue_url:
            return _from_queue(arguments.queue_url, arguments.reason, dry_run=arguments.dry_run)
        text = sys.stdin.read() if arguments.record == "-" else Path(arguments.record).read_text()
    except (OSError, UnicodeDecodeError, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(not _respond(text, arguments.reason, dry_run=arguments.dry_run))


def _from_queue(url: str, reason: str, *, dry_run: bool) -> int:
    queue = boto3.client("sqs")
    seen: dict[str, str] = {}
    failures = 0
    # A queue hands out some of its messages at a time; those handed out are hidden from others for half a minute.
    while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=_WAIT_SECONDS).get(
        "Messages"
    ):
        if all(message["MessageId"] in seen for message in messages):
            # What is left are those that failed.
            break
        for message in messages:
            seen[message["MessageId"]] = message["ReceiptHandle"]
            if not _respond(message["Body"], reason, dry_run=dry_run):
                failures += 1
            elif not dry_run:
                queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    if dry_run:
        for handle in seen.values():
            queue.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    if not seen:
        print("The queue is empty.")
    return int(failures > 0)


def _respond(record: str, reason: str, *, dry_run: bool) -> bool:
    """Respond to one request; returns whether that, or what there is of it in a dry run, succeeded."""
    try:
        request = UnansweredRequest.from_record(record)
        body = request.failed(reason)
        if not dry_run:
            send(request, body)
    except UnansweredRequestError as error:
        print(f"error: {error}", file=sys.stderr)
        return False
    print(f"{'Would send' if dry_run else 'Sent'} FAILED: {request}")
    return True
