"""The custom-resource protocol: a request of CloudFormation's, and the answer to it.

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
MAX_ANSWER_BYTES = 4096
# The reason of an event in the console is cut at about this length.
MAX_REASON_CHARACTERS = 1000
_MARKER = "not-created:"


@dataclass(frozen=True)
class Request:
    """A request of CloudFormation's. `resource_properties` and the old ones are as they came, unchecked."""

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    resource_properties: object
    old_resource_properties: object
    response_url: str = field(repr=False)

    @classmethod
    def parse(cls, event: object) -> "Request":
        """Read an invocation's payload; raises InvalidRequestError listing all that is amiss (contract B1, B4).

        The message names fields, never their values: the ResponseURL is a secret (contract S2).
        """
        if not isinstance(event, dict):
            raise InvalidRequestError("This is no CloudFormation request: the payload is not an object.")
        problems = [
            f"{name} must be a non-empty string"
            for name in ("RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId")
            if not (isinstance(event.get(name), str) and event[name])
        ]
        if not problems and event["RequestType"] not in ("Create", "Update", "Delete"):
            problems.append("RequestType must be Create, Update or Delete")
        if not problems and not re.fullmatch("arn:[^:]+:cloudformation:[^:]+:[^:]+:stack/[^/]+/.+", event["StackId"]):
            problems.append("StackId must be the ARN of a stack")
        if not problems and not _is_https(event["ResponseURL"]):
            problems.append("ResponseURL must be an https address")
        if problems:
            raise InvalidRequestError(
                f"This is no CloudFormation request: {'; '.join(problems)}. Nothing was done and nobody was answered."
            )
        physical_id = event.get("PhysicalResourceId")
        return cls(
            request_type=event["RequestType"],
            request_id=event["RequestId"],
            stack_id=event["StackId"],
            logical_id=event["LogicalResourceId"],
            physical_id=physical_id if isinstance(physical_id, str) else "",
            resource_properties=event.get("ResourceProperties"),
            old_resource_properties=event.get("OldResourceProperties"),
            response_url=event["ResponseURL"],
        )

    @property
    def created_by(self) -> str:
        """The mark of this request on a tracker that it makes."""
        return f"{self.request_type}/{self.request_id}"

    @property
    def fallback_physical_id(self) -> str:
        """The physical id of an answer when there is no tracker to name (contract A3, U5, D5)."""
        return self.physical_id or f"{_MARKER}{self.request_id}"

    @property
    def failed_create(self) -> str | None:
        """The request id of the Create that answered with this marker as physical id, if it is one (D3)."""
        if self.physical_id.startswith(_MARKER):
            return self.physical_id.removeprefix(_MARKER)
        return None


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


@dataclass(frozen=True)
class Answer:
    """The one answer to a request: SUCCESS with attributes, or FAILED with a reason."""

    request: Request
    status: str
    physical_id: str
    reason: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The response object that CloudFormation takes: valid, and under 4,096 bytes (contract A2)."""
        document: dict[str, Any] = {
            "Status": self.status,
            "PhysicalResourceId": self.physical_id,
            "StackId": self.request.stack_id,
            "RequestId": self.request.request_id,
            "LogicalResourceId": self.request.logical_id,
            "Data": dict(self.attributes),
        }
        if self.status == FAILED:
            reason = self.reason or "The provider gave no reason. Its log has more."
            length = MAX_REASON_CHARACTERS
            document["Reason"] = _shortened(reason, length)
            # A character beyond ASCII takes six bytes in JSON, or twelve.
            while len(json.dumps(document)) >= MAX_ANSWER_BYTES and length > 100:
                length -= 10
                document["Reason"] = _shortened(reason, length)
        return document


def _shortened(text: str, length: int) -> str:
    """`text` in `length` characters: the cause at the start and the remedy at the end stay (contract B3)."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 5]} ... {text[len(text) - tail :]}"
