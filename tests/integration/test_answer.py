"""The answer, sent over TLS to a real socket (contract A1-A6)."""

import dataclasses
import gc
import http.server
import json
import runpy
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3

from event_tracker import handler as module
from event_tracker.sending import Http, send
from event_tracker.errors import ResponseNotDeliveredError
from event_tracker.handler import make_handler
from event_tracker.protocol import Request, Response
from simulation.virtual_time import VirtualTime
from simulation.world import World
from tests.integration.requests import Context, Inbox, Requests, event

SECRET = "X-Amz-Signature=0123456789abcdef"


@dataclass
class Mailbox:
    """An HTTPS server on loopback that takes answers; `statuses` are what it says first, then 200."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mailbox(authority: trustme.CA) -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            box.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            box.headers.append(dict(self.headers))
            self.send_response(box.statuses.pop(0) if box.statuses else 200)
            self.send_header("Location", box.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    box.url = f"https://localhost:{server.server_port}/answer?{SECRET}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def trusted_http(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[urllib3.PoolManager]:
    """The client of the provider's, with the authority in SSL_CERT_FILE."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with make_http() as client:
        yield client


def answer_to(url: str, **changes: Any) -> Answer:
    request = Request.parse({**event("Create"), "ResponseURL": url})
    return dataclasses.replace(Answer(request, "SUCCESS", "an-id", attributes={"Name": "clicks"}), **changes)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


def test_an_answer_arrives_over_tls_as_cloudformation_expects_it(
    mailbox: Mailbox, trusted_http: urllib3.PoolManager, time: VirtualTime
) -> None:
    answer = answer_to(mailbox.url)

    deliver(answer, trusted_http, time.clock)

    (body,) = mailbox.bodies
    assert json.loads(body) == answer.document
    assert mailbox.headers[0]["Content-Type"] == ""
    assert int(mailbox.headers[0]["Content-Length"]) == len(body)


def test_a_server_that_is_not_trusted_gets_nothing(mailbox: Mailbox, time: VirtualTime) -> None:
    with make_http() as client, pytest.raises(ResponseNotDeliveredError, match="SSLError"):
        deliver(answer_to(mailbox.url), client, time.clock)
    assert mailbox.bodies == []


def test_a_server_that_is_trusted_by_another_name_gets_nothing(
    mailbox: Mailbox, trusted_http: urllib3.PoolManager, time: VirtualTime
) -> None:
    elsewhere = mailbox.url.replace("localhost", "127.0.0.1")
    with pytest.raises(ResponseNotDeliveredError, match="SSLError"):
        deliver(answer_to(elsewhere), trusted_http, time.clock)
    assert mailbox.bodies == []


def test_5xx_is_tried_again_with_growing_pauses(
    mailbox: Mailbox, trusted_http: urllib3.PoolManager, time: VirtualTime
) -> None:
    mailbox.statuses = [503, 500]

    deliver(answer_to(mailbox.url), trusted_http, time.clock)

    assert len(mailbox.bodies) == 3
    assert len(set(mailbox.bodies)) == 1
    assert time.now == 2


@pytest.mark.parametrize("status", [300, 302, 400, 403, 499])
def test_a_refusal_is_final(
    mailbox: Mailbox, trusted_http: urllib3.PoolManager, time: VirtualTime, status: int
) -> None:
    mailbox.statuses = [status]

    with pytest.raises(ResponseNotDeliveredError, match=f"HTTP status {status}"):
        deliver(answer_to(mailbox.url), trusted_http, time.clock)

    assert len(mailbox.bodies) == 1


@pytest.mark.parametrize(
    "failure",
    [
        503,
        urllib3.exceptions.ProtocolError(f"broken https://x/?{SECRET}"),
        urllib3.exceptions.ReadTimeoutError(None, f"/?{SECRET}", "timed out"),  # type: ignore[arg-type]
        OSError(f"unreachable https://x/?{SECRET}"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_final_failure_fails_the_invocation_soon_and_without_the_address(
    aws: World, group: str, failure: Any
) -> None:
    requests = Requests(aws)
    requests.inbox.responses = [failure] * 1000

    with pytest.raises(ResponseNotDeliveredError) as raised:
        requests("Create")

    chain: BaseException | None = raised.value
    while chain:
        assert SECRET not in str(chain)
        chain = chain.__cause__ or chain.__context__
    assert 5 < requests.inbox.attempts < 40
    assert aws.time.now < 60


def test_the_redelivery_after_an_answer_that_did_not_arrive_answers_the_same(aws: World, group: str) -> None:
    requests = Requests(aws)
    requests.inbox.responses = [403]
    with pytest.raises(ResponseNotDeliveredError):
        requests("Create")

    answer = requests("Create")

    assert answer["Status"] == "SUCCESS"
    assert [answer["PhysicalResourceId"]] == list(aws.trackers())


def test_the_client_has_time_limits_and_neither_retries_nor_redirects_of_its_own() -> None:
    with make_http() as client:
        timeout = client.connection_pool_kw["timeout"]
        assert (timeout.connect_timeout, timeout.read_timeout) == (3, 7)
        assert client.connection_pool_kw["retries"].total is False


def test_each_request_gets_exactly_one_answer_and_the_handler_returns_it(
    aws: World, requests: Requests, group: str
) -> None:
    answers = [requests("Create")]
    pid = answers[0]["PhysicalResourceId"]
    answers.append(requests("Update", PhysicalResourceId=pid))
    answers.append(requests("Delete", PhysicalResourceId=pid))

    assert requests.inbox.answers == answers


def test_an_answer_carries_the_ids_of_its_request(requests: Requests, group: str) -> None:
    answer = requests("Create")

    sent = event("Create")
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        assert answer[name] == sent[name]


def test_a_request_that_fails_ends_without_error_once_it_was_answered(requests: Requests) -> None:
    # An error would have Lambda deliver it again, after the stack has moved on.
    answer = requests("Create", ResourceProperties={})

    assert answer["Status"] == "FAILED"
    assert requests.inbox.answers == [answer]


def test_an_outage_of_twenty_seconds_delays_an_answer(aws: World, requests: Requests, group: str) -> None:
    class Outage(Inbox):
        def request(self, *arguments: Any, **options: Any) -> Any:
            self.responses = [503] if aws.time.now < 28 else []
            return super().request(*arguments, **options)

    inbox = Outage()
    handler = make_handler(aws.service, inbox, aws.time.clock)  # type: ignore[arg-type]

    answer = handler(event("Create"), Context(aws.time))  # type: ignore[arg-type]

    assert inbox.answers == [answer]


def test_a_create_that_fails_before_there_is_a_tracker_answers_with_its_marker_every_time(
    requests: Requests,
) -> None:
    answers = [requests("Create", ResourceProperties={}) for _ in range(2)]

    assert {answer["PhysicalResourceId"] for answer in answers} == {f"not-created:{event('Create')['RequestId']}"}


@pytest.mark.parametrize("reason", ["x" * 10_000, "Ω" * 10_000, "\N{MUSICAL SYMBOL G CLEF}" * 10_000, '"' * 10_000, ""])
def test_whatever_the_reason_an_answer_is_under_4096_bytes_and_gives_one(reason: str) -> None:
    answer = answer_to("https://x", status="FAILED", reason=f"cause {reason} remedy", physical_id="p" * 1024)

    assert len(json.dumps(answer.document)) < 4096
    assert len(answer.document["Reason"]) <= 1000
    assert answer.document["Reason"].startswith("cause ")
    assert answer.document["Reason"].endswith(" remedy")
    assert answer_to("https://x", status="FAILED", reason="").document["Reason"]


def test_a_failure_that_nobody_foresaw_is_a_sentence_too(
    aws: World, requests: Requests, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.Lifecycle, "create", lambda *_: {}["what"])

    answer = requests("Create")

    assert answer["Status"] == "FAILED"
    assert "failed in a way nobody foresaw, KeyError: 'what'" in answer["Reason"]


def test_under_sam_local_nothing_is_sent_and_the_stacks_account_counts(aws: World, group: str) -> None:
    inbox = Inbox()
    handler = make_handler(aws.service, inbox, aws.time.clock, sam_local=True)  # type: ignore[arg-type]
    context = Context(aws.time, invoked_function_arn="arn:aws:lambda:us-east-1:012345678912:function:ProviderFunction")

    answer = handler(event("Create"), context)  # type: ignore[arg-type]

    assert answer["Status"] == "SUCCESS"
    assert inbox.attempts == 0


def test_under_sam_local_the_region_that_counts_is_that_of_the_function(aws: World) -> None:
    elsewhere = json.loads(json.dumps(event("Create")).replace("us-east-1", "eu-west-1"))

    answer = Requests(aws, sam_local=True).deliver(elsewhere)

    assert answer["Status"] == "FAILED"
    assert "DatasetGroupArn is 'arn:aws:personalize:eu-west-1:" in answer["Reason"]
    assert "must be" in answer["Reason"]
    assert "arn:aws:personalize:us-east-1:123456789012:dataset-group/<name>" in answer["Reason"]


def test_the_entry_point_is_such_a_handler(aws: World, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.setattr("event_tracker.waiting.Clock", lambda: aws.time.clock)

    handler = runpy.run_module("event_tracker.function")["handler"]

    assert handler(event("Create"), Context(aws.time))["Status"] == "SUCCESS"


def test_once_the_function_is_imported_garbage_is_collected_again() -> None:
    runpy.run_module("event_tracker.function")

    assert gc.isenabled()
