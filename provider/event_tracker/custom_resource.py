"""crhelper made safe: what it does between a request and its answer, less its traps.

crhelper is pinned, because what is overridden here is not its public interface.
"""

import json

import urllib3
from aws_lambda_powertools.utilities.typing import LambdaContext
from crhelper import CfnResource

from event_tracker.errors import AnswerNotDeliveredError
from event_tracker.protocol import Answer, Request
from event_tracker.trackers import Tracker
from event_tracker.waiting import Clock, Deadline

# For how long an answer is sent again. The last attempt may take its own 10 s more.
_PATIENCE_SECONDS = 30.0


class CustomResource(CfnResource):
    """The handling of one request; a new one for each, so that nothing of an earlier request is ever answered.

    Register functions with `create`, `update` and `delete`, all three: crhelper answers SUCCESS to a request
    without one. Each returns the physical id, sets `Data`, and raises an exception whose text is the reason
    of a failure. A poller must not be registered: it would need rules and permissions of its own.
    """

    def __init__(self, request: Request) -> None:
        # crhelper at DEBUG logs the event with the pre-signed address. boto_level is urllib3's too, which
        # at WARNING logs the addresses it tries again (contract S2).
        super().__init__(log_level="INFO", boto_level="ERROR", sleep_on_delete=0)
        self._request = request
        self._answer: Answer

    def record(self, physical_id: str) -> None:
        """Note the id of what the request is about, so that a failure after this names it."""
        self.PhysicalResourceId = physical_id

    def succeed(self, tracker: Tracker) -> str:
        """Have the answer carry the attributes of a tracker, and return its physical id."""
        self.Data.update(tracker.attributes)
        return tracker.arn

    def answer(self, context: LambdaContext) -> Answer:
        """Run the registered function, and return the answer without sending it."""
        # Not the event as it came: crhelper has keys of its own that change its course.
        event = {
            "RequestType": self._request.request_type,
            "RequestId": self._request.request_id,
            "StackId": self._request.stack_id,
            "LogicalResourceId": self._request.logical_id,
            "ResponseURL": self._request.response_url,
            # What crhelper falls back on, in place of an id of its own making (contract A3).
            "PhysicalResourceId": self._request.fallback_physical_id,
        }
        self(event, context)
        return self._answer

    @property
    def _sam_local(self) -> bool:
        # The clients that crhelper makes, unless it believes to run under SAM, are for pollers only.
        return True

    @_sam_local.setter
    def _sam_local(self, value: object) -> None:
        pass

    def _set_timeout(self) -> None:
        # crhelper's timer would answer while the function goes on. The deadline of all waiting comes first, and
        # an invocation that is cut off all the same is delivered again.
        pass

    def _send(self, status: str | None = None, reason: str = "") -> None:
        # crhelper's sender knows no time limits, takes any HTTP status for success, tries again for ever, cuts
        # the start off the reason, and is called a second time when it fails.
        self._answer = Answer(
            request=self._request,
            status=status or self.Status,
            physical_id=self.PhysicalResourceId or self._request.fallback_physical_id,
            reason=reason or self.Reason,
            attributes=self.Data,
        )


def make_http() -> urllib3.PoolManager:
    """The client that answers are sent with. It trusts what OpenSSL trusts, SSL_CERT_FILE included.

    It reads that when it connects, which is after the waiting, and not on a cold start.
    """
    return urllib3.PoolManager(
        # Not every version's default.
        cert_reqs="CERT_REQUIRED",
        timeout=urllib3.Timeout(connect=3, read=7),
        retries=False,
    )


def deliver(answer: Answer, http: urllib3.PoolManager, clock: Clock) -> None:
    """Send an answer to CloudFormation (contract A4).

    Raises AnswerNotDeliveredError, whose text does not have the address in it: it is a secret.
    """
    body = json.dumps(answer.document)
    trouble = ""
    for _ in Deadline(clock, _PATIENCE_SECONDS).attempts():
        try:
            # The signature of the address is for an empty content type.
            response = http.request("PUT", answer.request.response_url, body=body, headers={"Content-Type": ""})
        except (urllib3.exceptions.HTTPError, OSError) as error:
            trouble = type(error).__name__
        else:
            if 200 <= response.status < 300:
                return
            trouble = f"HTTP status {response.status}"
            if response.status < 500:
                break
    # Outside of the except clause, so that it is not chained: urllib3's exceptions have the address in them.
    raise AnswerNotDeliveredError(
        f"CloudFormation did not take the answer to {answer.request.created_by}: {trouble}. Lambda delivers it again."
    )
