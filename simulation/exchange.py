"""The requests of a stack, and the waiting for their responses."""

import math
from collections.abc import Collection
from typing import Any

from simulation.cloudformation import CloudFormation, Properties, Request
from simulation.lambda_service import FUNCTION_ARN


class Exchange:
    """What a stack sends, and what it hears. `reasons` are those of all FAILED responses, the last last."""

    def __init__(self, cloudformation: CloudFormation, stack_id: str) -> None:
        self._cloudformation = cloudformation
        self._stack_id = stack_id
        self.reasons: list[str] = []

    @property
    def now(self) -> float:
        """The time."""
        return self._cloudformation.time.now

    def have_succeeded(
        self, requests: Collection[Request], end: float = math.inf, *, wait_for_all: bool = False
    ) -> bool:
        """Wait for the responses for as long as CloudFormation does: as soon as one failed, it hears of no more."""

        def is_over() -> bool:
            responses = [request.response for request in requests]
            has_failed = any(response and not response.is_success for response in responses)
            return all(responses) or (has_failed and not wait_for_all)

        seconds = min([end, *(request.sent + request.service_timeout for request in requests)]) - self.now
        if requests and seconds < math.inf:
            self._cloudformation.time.run_until(is_over, max(seconds, 0.0))
        for request in requests:
            request.closed = self.now if request.closed is None else request.closed
            if request.taken and not request.taken.is_success:
                self.reasons.append(request.taken.reason)
        return all(request.has_succeeded for request in requests)

    def send(
        self,
        request_type: str,
        logical_id: str,
        properties: Properties,
        physical_id: str | None = None,
        old: Properties | None = None,
        *,
        replaced_by: Request | None = None,
        undo: Request | None = None,
    ) -> Request:
        """Send a request, whose properties arrive as strings."""
        event = {
            "RequestType": request_type,
            "RequestId": self._cloudformation.new_id(),
            "StackId": self._stack_id,
            "LogicalResourceId": logical_id,
            "ResourceType": "Custom::PersonalizeEventTracker",
            "ServiceToken": FUNCTION_ARN,
            "ResourceProperties": stringified({"ServiceToken": FUNCTION_ARN, **properties}),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if old is not None:
            event["OldResourceProperties"] = stringified({"ServiceToken": FUNCTION_ARN, **old})
        request = Request(event, self.now, replaced_by, undo)
        self._cloudformation.send(request)
        return request


def stringified(value: Any) -> Any:
    """Properties as they arrive: every scalar is a string."""
    if isinstance(value, dict):
        return {key: stringified(member) for key, member in value.items()}
    if isinstance(value, list):
        return [stringified(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
