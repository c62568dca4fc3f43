"""The custom-resource protocol: CloudFormation's request, and the response to it.

Source: "Custom resource request objects" and "... response objects" in the AWS CloudFormation user guide.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from event_tracker.errors import InvalidRequestError

SUCCESS = "SUCCESS"
FAILED = "FAILED"
REQUEST_TYPES = ("Create", "Update", "Delete")
MAX_RESPONSE_BYTES = 4096
# The console cuts the reason of an event at about this length.
MAX_REASON_CHARACTERS = 1000
_MARKER = "not-created:"


@dataclass(frozen=True)
class Request:
    """A request of CloudFormation. `resource_properties` and the old ones are as they came, unchecked.

    `request_type` may be none of REQUEST_TYPES. `sent` is when CloudFormation sent the request, as
    `20261125T221000Z`; None if the ResponseURL does not tell.
    """

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    resource_properties: object
    old_resource_properties: object
    sent: str | None
    response_url: str = field(repr=False)

    @classmethod
    def parse(cls, event: object) -> "Request":
        """Read an invocation's payload.

        Raises InvalidRequestError, with all that is wrong, if nobody can be responded to (rules A0, B1, B4). The
        message names fields, never their values: the ResponseURL is a secret (rule S2).
        """
        if not isinstance(event, dict):
            raise InvalidRequestError(_no_request("the payload is not an object"))
        if "Records" in event and '"Sns": ' in json.dumps(event, default=str):
            raise InvalidRequestError(
                _no_request("it came through an SNS topic. Set ServiceToken to the ARN of the provider's function")
            )
        problems = [
            f"{name} must be a non-empty string"
            for name in ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
            if not (isinstance(event.get(name), str) and event[name])
        ]
        if not problems and not _is_https(event["ResponseURL"]):
            problems.append("ResponseURL must be an https address")
        if problems:
            raise InvalidRequestError(_no_request("; ".join(problems)))
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
            sent=sent[1] if sent else None,
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


def _no_request(why: str) -> str:
    return f"This is no CloudFormation request: {why}. Nothing was done and no response was sent."


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


@dataclass(frozen=True)
class Response:
    """The one response to a request: SUCCESS with attributes, or FAILED with a reason."""

    request: Request
    status: str
    physical_id: str
    reason: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The response object that CloudFormation takes: valid, and under 4,096 bytes (rule A2)."""
        document: dict[str, Any] = {
            "Status": self.status,
            "PhysicalResourceId": self.physical_id,
            "StackId": self.request.stack_id,
            "RequestId": self.request.request_id,
            "LogicalResourceId": self.request.logical_id,
            "Data": dict(self.attributes),
        }
        if self.status == FAILED:
            # A character beyond ASCII takes six bytes in JSON, or twelve.
            for length in range(MAX_REASON_CHARACTERS, 100, -10):
                document["Reason"] = _shortened(self.reason or "The provider gave no reason. Its log has more.", length)
                if len(json.dumps(document)) < MAX_RESPONSE_BYTES:
                    break
        return document


def _shortened(text: str, length: int) -> str:
    """`text` in `length` characters: the cause at the start and the remedy at the end stay (rule B3)."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 5]} ... {text[len(text) - tail :]}"
