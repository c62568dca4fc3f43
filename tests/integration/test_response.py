"""The response, sent over TLS to a real socket: rules A1, A2, A3, A4, A5, A6."""

import http.server
import json
import runpy
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
import urllib3

from event_tracker.errors import ResponseNotDeliveredError
from event_tracker.handler import make_handler
from event_tracker.protocol import Http, Request, compose, send
from event_tracker.waiting import Deadline
from simulation.virtual_time import VirtualTime
from simulation.world import World
from tests.integration.requests import Context, Inbox, Requests, event

SECRET = "X-Amz-Signature=0123456789abcdef"


@dataclass
class Mailbox:
    """An HTTPS server on loopback that takes responses; `statuses` are what it says first, then 200."""

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
    box.url = f"https://localhost:{server.server_port}/response?{SECRET}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def trusted_http(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Http:
    """The client of the provider's, with the authority in SSL_CERT_FILE."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return Http()


def send_to(url: str, http: Http, time: VirtualTime) -> dict[str, Any]:
    request = Request.parse({**event("Create"), "ResponseURL": url})
    response = compose(request, "SUCCESS", "an-id", "", {"Name": "clicks"})
    send(response, request, http, Deadline(time.clock, 400))
    return response


def failed(reason: str, physical_id: str = "an-id", **fields: str) -> dict[str, Any]:
    return compose(Request.parse({**event("Create"), **fields}), "FAILED", physical_id, reason, {})


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


def test_a_response_arrives_over_tls_as_cloudformation_expects_it(
    mailbox: Mailbox, trusted_http: Http, time: VirtualTime
) -> None:
    response = send_to(mailbox.url, trusted_http, time)

    (body,) = mailbox.bodies
    assert json.loads(body) == response
    assert mailbox.headers[0]["Content-Type"] == ""
    assert int(mailbox.headers[0]["Content-Length"]) == len(body)


def test_a_server_that_is_not_trusted_gets_nothing(mailbox: Mailbox, time: VirtualTime) -> None:
    with pytest.raises(ResponseNotDeliveredError, match="SSLError"):
        send_to(mailbox.url, Http(), time)
    assert mailbox.bodies == []


def test_a_server_that_is_trusted_by_another_name_gets_nothing(
    mailbox: Mailbox, trusted_http: Http, time: VirtualTime
) -> None:
    elsewhere = mailbox.url.replace("localhost", "127.0.0.1")
    with pytest.raises(ResponseNotDeliveredError, match="SSLError"):
        send_to(elsewhere, trusted_http, time)
    assert mailbox.bodies == []


def test_5xx_is_tried_again_with_growing_pauses(mailbox: Mailbox, trusted_http: Http, time: VirtualTime) -> None:
    mailbox.statuses = [503, 500]

    send_to(mailbox.url, trusted_http, time)

    assert len(mailbox.bodies) == 3
    assert len(set(mailbox.bodies)) == 1
    assert time.now == 2


@pytest.mark.parametrize("status", [300, 302, 400, 403, 499])
def test_a_refusal_is_final(mailbox: Mailbox, trusted_http: Http, time: VirtualTime, status: int) -> None:
    mailbox.statuses = [status]

    with pytest.raises(ResponseNotDeliveredError, match=f"HTTP status {status}"):
        send_to(mailbox.url, trusted_http, time)

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
    requests.inbox.replies = [failure] * 1000

    with pytest.raises(ResponseNotDeliveredError) as raised:
        requests("Create")

    chain: BaseException | None = raised.value
    while chain:
        assert SECRET not in str(chain)
        chain = chain.__cause__ or chain.__context__
    assert 5 < requests.inbox.attempts < 40
    assert aws.time.now < 60


def test_the_redelivery_after_a_response_that_did_not_arrive_responds_the_same(aws: World, group: str) -> None:
    requests = Requests(aws)
    requests.inbox.replies = [403]
    with pytest.raises(ResponseNotDeliveredError):
        requests("Create")

    response = requests("Create")

    assert response["Status"] == "SUCCESS"
    assert [response["PhysicalResourceId"]] == list(aws.trackers())


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bool]]]:
    """A proxy on loopback, in HTTPS_PROXY. The list has the hosts, and whether the password came with them."""
    connected: list[tuple[str, bool]] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _, host, _ = self.rfile.readline().decode().split()
            headers = list(iter(lambda: self.rfile.readline().strip(), b""))
            connected.append((host, b"Proxy-Authorization: Basic dXNlcjpwYXNz" in headers))
            with socket.create_connection(("127.0.0.1", int(host.split(":")[1]))) as upstream:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                ways = {self.connection: upstream, upstream: self.connection}
                while True:
                    for readable in select.select([*ways], [], [])[0]:
                        data = readable.recv(65536)
                        if not data:
                            return
                        ways[readable].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{server.server_address[1]}")
        yield connected
        server.shutdown()
        thread.join()


def test_a_response_goes_through_the_proxy_that_the_environment_names(
    mailbox: Mailbox, trusted_http: Http, time: VirtualTime, proxy: list[tuple[str, bool]]
) -> None:
    send_to(mailbox.url, trusted_http, time)

    assert len(mailbox.bodies) == 1
    assert proxy == [(urlsplit(mailbox.url).netloc, True)]


def test_a_host_that_the_environment_excepts_is_sent_to_without_the_proxy(
    mailbox: Mailbox,
    trusted_http: Http,
    time: VirtualTime,
    proxy: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost")

    send_to(mailbox.url, trusted_http, time)

    assert len(mailbox.bodies) == 1
    assert proxy == []


def test_a_proxy_that_is_not_there_is_told(
    mailbox: Mailbox, trusted_http: Http, time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with pytest.raises(ResponseNotDeliveredError, match="ProxyError"):
        send_to(mailbox.url, trusted_http, time)


def test_each_request_gets_exactly_one_response_with_its_ids_and_the_handler_returns_it(
    requests: Requests, group: str
) -> None:
    created = requests("Create")
    physical_id = created["PhysicalResourceId"]

    assert requests.inbox.responses == [created, requests.update(physical_id), requests.delete(physical_id)]
    names = ("StackId", "RequestId", "LogicalResourceId")
    assert [created[name] for name in names] == [event("Create")[name] for name in names]


def test_a_request_that_fails_ends_without_error_once_the_response_was_sent(requests: Requests) -> None:
    # An error would have Lambda deliver it again, after the stack has moved on.
    response = requests("Create", ResourceProperties={})

    assert response["Status"] == "FAILED"
    assert requests.inbox.responses == [response]


def test_an_outage_of_twenty_seconds_delays_a_response(aws: World, requests: Requests, group: str) -> None:
    class Outage(Inbox):
        def request(self, *arguments: Any, **options: Any) -> Any:
            self.replies = [503] if aws.time.now < 28 else []
            return super().request(*arguments, **options)

    inbox = Outage()
    handler = make_handler(aws.service, inbox, aws.time.clock)  # type: ignore[arg-type]

    response = handler(event("Create"), Context(aws.time))  # type: ignore[arg-type]

    assert inbox.responses == [response]


def test_a_create_that_fails_before_there_is_a_tracker_responds_with_its_marker_every_time(
    requests: Requests,
) -> None:
    responses = [requests("Create", ResourceProperties={}) for _ in range(2)]

    assert {response["PhysicalResourceId"] for response in responses} == {f"not-created:{event('Create')['RequestId']}"}


@pytest.mark.parametrize("reason", ["x" * 10_000, "Ω" * 10_000, "\N{MUSICAL SYMBOL G CLEF}" * 10_000, '"' * 10_000, ""])
def test_whatever_the_reason_a_response_is_under_4096_bytes_and_gives_one(reason: str) -> None:
    response = failed(f"cause {reason} remedy", "p" * 1024)

    assert len(json.dumps(response)) < 4096
    assert len(response["Reason"]) <= 1000
    assert response["Reason"].startswith("cause ")
    assert response["Reason"].endswith(" remedy")
    assert failed("")["Reason"]


def test_a_reason_that_is_too_long_loses_its_middle_and_one_that_fits_nothing() -> None:
    text = "".join(f"{number:04}" for number in range(250))

    assert failed(text)["Reason"] == text
    assert failed(f"{text}!")["Reason"] == f"{text[:662]} ... {text[-332:]}!"


def test_ids_that_leave_no_room_for_a_reason_get_a_short_one() -> None:
    reason = failed("cause " + "x" * 5000, StackId="s" * 5000)["Reason"]

    assert reason.startswith("cause ")
    assert len(reason) < 120


def test_under_sam_local_nothing_is_sent_and_the_stacks_account_counts(aws: World, group: str) -> None:
    inbox = Inbox()
    handler = make_handler(aws.service, inbox, aws.time.clock, sam_local=True)  # type: ignore[arg-type]
    context = Context(aws.time, invoked_function_arn="arn:aws:lambda:us-east-1:012345678912:function:ProviderFunction")

    response = handler(event("Create"), context)  # type: ignore[arg-type]

    assert response["Status"] == "SUCCESS"
    assert inbox.attempts == 0


def test_under_sam_local_the_region_that_counts_is_that_of_the_function(aws: World) -> None:
    elsewhere = json.loads(json.dumps(event("Create")).replace("us-east-1", "eu-west-1"))

    response = Requests(aws, sam_local=True).send(elsewhere)

    assert response["Status"] == "FAILED"
    assert "DatasetGroupArn is 'arn:aws:personalize:eu-west-1:" in response["Reason"]
    assert "must be in the provider's region us-east-1" in response["Reason"]


def test_the_entry_point_is_such_a_handler(aws: World, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.setattr("event_tracker.waiting.Clock", lambda: aws.time.clock)

    handler = runpy.run_module("event_tracker.function")["handler"]

    assert handler(event("Create"), Context(aws.time))["Status"] == "SUCCESS"
