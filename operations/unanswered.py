"""A request that the provider could not respond to: Lambda's record of it, and the response FAILED in its stead.

The record has the request's pre-signed ResponseURL in it. Nothing here puts that into a message, whatever happens.
"""

import http.client
import json
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# CloudFormation takes no longer response.
_MAX_BYTES = 4096
_SECONDS = 30
_REQUEST_TYPES = ("Create", "Update", "Delete")
_FIELDS = ("RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId")
_REASON = (
    "The provider could not respond to this request, however often Lambda delivered it, and an operator has ended the "
    "wait. Its log group has the cause, by the request id."
)


class UnansweredRequestError(Exception):
    """There is no request in the record, or its response could not be sent; the message says why."""


@dataclass(frozen=True)
class UnansweredRequest:
    """What a response to a request needs of it."""

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    response_url: str = field(repr=False)

    @classmethod
    def from_record(cls, text: str) -> "UnansweredRequest":
        """Read what Lambda sends to an `OnFailure` destination; raises UnansweredRequestError when it is no request."""
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise UnansweredRequestError(f"The record is not JSON: {error}.") from None
        payload = record.get("requestPayload") if isinstance(record, dict) else None
        if not isinstance(payload, dict):
            raise UnansweredRequestError("This is no record of a failed invocation: it has no requestPayload.")
        missing = [name for name in _FIELDS if not isinstance(payload.get(name), str) or not payload[name]]
        if missing:
            raise UnansweredRequestError(f"The payload is no CloudFormation request: it lacks {', '.join(missing)}.")
        if payload["RequestType"] not in _REQUEST_TYPES:
            raise UnansweredRequestError(f"RequestType must be one of {', '.join(_REQUEST_TYPES)}.")
        if not _is_https(payload["ResponseURL"]):
            raise UnansweredRequestError("ResponseURL must be an https address.")
        # As the provider has it for a Create that failed before there was a tracker: the Delete that follows then
        # removes what this very Create made, if it made one.
        physical_id = payload.get("PhysicalResourceId") or f"not-created:{payload['RequestId']}"
        return cls(
            request_type=payload["RequestType"],
            request_id=payload["RequestId"],
            stack_id=payload["StackId"],
            logical_id=payload["LogicalResourceId"],
            physical_id=str(physical_id),
            response_url=payload["ResponseURL"],
        )

    def __str__(self) -> str:
        return f"{self.request_type} {self.request_id} of {self.logical_id} in {self.stack_id}"

    def failed(self, reason: str = "") -> bytes:
        """The body of the response; raises UnansweredRequestError if it would be too long for CloudFormation."""
        response: dict[str, Any] = {
            "Status": "FAILED",
            "Reason": reason or _REASON,
            "PhysicalResourceId": self.physical_id,
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
        }
        body = json.dumps(response).encode()
        if len(body) >= _MAX_BYTES:
            raise UnansweredRequestError(f"The response has {len(body)} bytes of {_MAX_BYTES - 1}: shorten the reason.")
        return body


def _is_https(url: str) -> bool:
    try:
        return urlsplit(url).scheme == "https"
    except ValueError:
        return False


def send(request: UnansweredRequest, body: bytes) -> None:
    """Put a response where CloudFormation waits for it; raises UnansweredRequestError when that fails.

    As boto3 does, it trusts AWS_CA_BUNDLE where that is set, and goes through HTTPS_PROXY.
    """
    trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
    # S3 has signed an empty Content-Type.
    put = urllib.request.Request(  # noqa: S310 - the scheme is https
        request.response_url, data=body, method="PUT", headers={"Content-Type": ""}
    )
    try:
        with urllib.request.urlopen(put, timeout=_SECONDS, context=trusted):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        problem = f"the address answered {error.code}."
        if error.code == http.client.FORBIDDEN:
            problem += " It works for some hours only: if it has expired, the stack waits no more."
    except urllib.error.URLError as error:
        problem = f"the address cannot be reached ({error.reason})."
    except (OSError, ValueError, http.client.HTTPException) as error:
        # The message may quote the address.
        problem = f"the address cannot be used ({type(error).__name__})."
    raise UnansweredRequestError(f"The response was not sent: {problem}")
