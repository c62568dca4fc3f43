"""The custom-resource protocol: CloudFormation's request, the response to it, and the sending of the response.

Source: "Custom resource request objects" and "... response objects" in the AWS CloudFormation user guide.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies

from event_tracker.errors import InvalidRequestError, ResponseNotDeliveredError
from event_tracker.waiting import Deadline

FAILED = "FAILED"
REQUEST_TYPES = ("Create", "Update", "Delete")
MAX_RESPONSE_BYTES = 4096
# The console cuts the reason of an event at about this length.
MAX_REASON_CHARACTERS = 1000
_MARKER = "not-created:"
# The connect time limit counts for each address of the host, of which Amazon S3 has eight.
_TIMEOUT = urllib3.Timeout(connect=1, read=7)
_RETRY_SECONDS = 20.0


@dataclass(frozen=True)
class Request:
    """A request of CloudFormation. The properties are as they came, and the type may be none of REQUEST_TYPES.

    `sent` is when CloudFormation sent it, as `20261125T221000Z`; `-` if the ResponseURL does not tell.
    """

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    resource_properties: object
    old_resource_properties: object
    sent: str
    response_url: str = field(repr=False)

    @classmethod
    def parse(cls, event: object) -> "Request":
        """Read an invocation's payload (rules A0, B1, B4).

        Raises InvalidRequestError if nobody can be responded to. Its message names fields, never their values: the
        ResponseURL is a secret (rule S2).
        """
        if not isinstance(event, dict):
            raise InvalidRequestError("the payload is not an object")
        if "Records" in event and '"Sns": ' in json.dumps(event, default=str):
            raise InvalidRequestError("it came through SNS. Set ServiceToken to the ARN of the provider's function")
        keys = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
        problems = [f"{key} must be a non-empty string" for key in keys if not isinstance(event.get(key) or None, str)]
        if not problems and not re.match(r"(?i)https://(\w|\[[0-9a-f:.]+\])", event["ResponseURL"]):
            problems = ["ResponseURL must be an https address"]
        if problems:
            raise InvalidRequestError("; ".join(problems))
        physical_id = event.get("PhysicalResourceId")
        # The date of the pre-signed address. CloudFormation does not document it.
        sent = re.search(r"[?&]X-Amz-Date=(\d{8}T\d{6}Z)(&|$)", event["ResponseURL"])
        return cls(
            request_type=str(event.get("RequestType")),
            request_id=event["RequestId"],
            stack_id=event["StackId"],
            logical_id=event["LogicalResourceId"],
            physical_id=physical_id if isinstance(physical_id, str) else "",
            resource_properties=event.get("ResourceProperties"),
            old_resource_properties=event.get("OldResourceProperties"),
            sent=sent[1] if sent else "-",
            response_url=event["ResponseURL"],
        )

    @property
    def fallback_physical_id(self) -> str:
        """The physical id of a response when there is no tracker to name (rules A3, U5, D5)."""
        return self.physical_id or f"{_MARKER}{self.request_id}"

    @property
    def failed_create(self) -> str | None:
        """The request id of the Create that responded with this marker as physical id, if it is one (rule D3)."""
        return self.physical_id.removeprefix(_MARKER) if self.physical_id.startswith(_MARKER) else None


def compose(request: Request, status: str, physical_id: str, reason: str, data: Mapping[str, str]) -> dict[str, Any]:
    """The response object that CloudFormation takes: valid, and under 4,096 bytes (rule A2)."""
    response: dict[str, Any] = {
        "Status": status,
        "PhysicalResourceId": physical_id,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
        "Data": dict(data),
    }
    if status == FAILED:
        # A character beyond ASCII takes six bytes in JSON, or twelve.
        for length in range(MAX_REASON_CHARACTERS, 100, -10):
            response["Reason"] = _shortened(reason or "The provider gave no reason. Its log has more.", length)
            if len(json.dumps(response)) < MAX_RESPONSE_BYTES:
                break
    return response


def _shortened(text: str, length: int) -> str:
    """`text` in `length` characters: the cause at the start and the remedy at the end stay (rule B3)."""
    tail = length // 3
    return text if len(text) <= length else f"{text[: length - tail - 5]} ... {text[len(text) - tail :]}"


class Http:
    """Sends requests through the proxy that the environment names, as boto3 does, and trusts what OpenSSL trusts."""

    def request(self, method: str, url: str, body: str, headers: dict[str, str]) -> "urllib3.BaseHTTPResponse":
        """Make one attempt. Raises HTTPError of urllib3, OSError, ValueError."""
        proxies = ProxyConfiguration(get_environ_proxies(url))
        proxy = proxies.proxy_url_for(url)
        pool = urllib3.PoolManager()
        if proxy:
            pool = urllib3.ProxyManager(proxy, proxy_headers=proxies.proxy_headers_for(proxy))
        return pool.request(method, url, body=body, headers=headers, timeout=_TIMEOUT, retries=False)


def send(response: Mapping[str, Any], request: Request, http: Http, deadline: Deadline) -> None:
    """Send the response to a request, for 20 s at most; raises ResponseNotDeliveredError (rule A4)."""
    body, last_error = json.dumps(response), ""
    for _ in deadline.attempts(_RETRY_SECONDS):
        try:
            # The signature of the address is for an empty content type.
            reply = http.request("PUT", request.response_url, body=body, headers={"Content-Type": ""})
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            last_error = type(error).__name__
            continue
        if 200 <= reply.status < 300:
            return
        last_error = f"HTTP status {reply.status}"
        if reply.status < 500:
            break
    # Outside of the except clause, so that it is not chained: urllib3's exceptions have the address, a secret, in them.
    raise ResponseNotDeliveredError(
        f"CloudFormation did not take the response to {request.request_type} {request.request_id}: {last_error}. "
        "Lambda delivers the request again."
    )
