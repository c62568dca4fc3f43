"""Where CloudFormation would wait for a response: an https address on loopback."""

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

SECRET = "AWSAccessKeyId=AKIAEXAMPLE&Signature=c2VjcmV0"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1f2e3d"


@dataclass
class Bucket:
    """What was put to a pre-signed address, and the status that it responds with."""

    url: str = ""
    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)

    def record(self, **changes: Any) -> str:
        """What Lambda sends to the destination after a request's last delivery."""
        payload = {
            "RequestType": "Create",
            "ResponseURL": f"{self.url}?{SECRET}",
            "StackId": STACK,
            "RequestId": "5c478372",
            "LogicalResourceId": "Tracker",
            "ResourceType": "Custom::PersonalizeEventTracker",
            "ResourceProperties": {},
        }
        return json.dumps(
            {
                "version": "1.0",
                "timestamp": "2026-11-25T22:10:00.000Z",
                "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
                "requestPayload": payload | changes,
                "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
                "responsePayload": {"errorMessage": "Unable to import module"},
            }
        )


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bucket.received.append(json.loads(body))
            bucket.content_types.append(self.headers["Content-Type"])
            self.send_response(bucket.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    bucket.url = f"https://127.0.0.1:{server.server_port}/arn%3Aaws/shop"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield bucket
    server.shutdown()
    thread.join()
    server.server_close()
