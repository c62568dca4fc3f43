"""crhelper made safe: it runs the function for a request and composes the response, which it does not send.

crhelper is pinned, because what is overridden here is not its public interface.
"""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext
from crhelper import CfnResource

from event_tracker.errors import EventTrackerError, UnexpectedError
from event_tracker.protocol import REQUEST_TYPES, Request, Response
from event_tracker.telemetry import logger
from event_tracker.trackers import Tracker

RecordId = Callable[[str], None]


class CustomResource(CfnResource):
    """The handling of one request; a new one for each, so that nothing of an earlier request is ever sent.

    `fulfill` does what the request asks for and returns the tracker, or None for a Delete. It gets a function that
    notes the physical id of what it has made, for the response if it fails later. `tracker` is what it returned, and
    `error` what it raised.
    """

    def __init__(self, request: Request, fulfill: Callable[[RecordId], Tracker | None]) -> None:
        # crhelper at DEBUG logs the event with the pre-signed address. boto_level is urllib3's too, which
        # at WARNING logs the addresses that it tries again (rule S2).
        super().__init__(log_level="INFO", boto_level="ERROR", sleep_on_delete=0)
        self.tracker: Tracker | None = None
        self.error: EventTrackerError | None = None
        self._request = request
        self._fulfill = fulfill
        self._response: Response
        # A poller must not be registered: it would need rules and permissions of its own.
        for register in (self.create, self.update, self.delete):
            register(self._run)

    def respond(self, context: LambdaContext) -> Response:
        """Do what the request asks for, and return the response."""
        # Not the event as it came: crhelper has keys of its own that change its course.
        event = {
            # crhelper responds SUCCESS, or not at all, to a type that it does not know.
            "RequestType": self._request.request_type if self._request.request_type in REQUEST_TYPES else "Create",
            "RequestId": self._request.request_id,
            "StackId": self._request.stack_id,
            "LogicalResourceId": self._request.logical_id,
            "ResponseURL": self._request.response_url,
            # What crhelper falls back on, in place of an id of its own making (rule A3).
            "PhysicalResourceId": self._request.fallback_physical_id,
        }
        self(event, context)
        return self._response

    def _run(self, *_: object) -> str:
        try:
            self.tracker = self._fulfill(self._record_id)
        except EventTrackerError as error:
            self.error = error
            raise
        except Exception as error:
            logger.exception("Unexpected error")
            self.error = UnexpectedError(
                f"Unexpected error in the provider, {type(error).__name__}: {error}. "
                "Its log has the traceback. Deploy again, and report the error if it happens again."
            )
            raise self.error from error
        if self.tracker is None:
            return self._request.fallback_physical_id
        self.Data.update(self.tracker.attributes)
        return self.tracker.arn

    def _record_id(self, physical_id: str) -> None:
        self.PhysicalResourceId = physical_id

    @property
    def _sam_local(self) -> bool:
        # The clients that crhelper makes, unless it believes to run under SAM, are for pollers only.
        return True

    @_sam_local.setter
    def _sam_local(self, value: object) -> None:
        pass

    def _set_timeout(self) -> None:
        # crhelper's timer would respond while the function goes on. The deadline of all waiting comes first, and an
        # invocation that is cut off all the same is delivered again.
        pass

    def _send(self, status: str | None = None, reason: str = "") -> None:
        # crhelper's sender knows no time limits, takes any HTTP status for success, tries again for ever, cuts the
        # start off the reason, and is called a second time when it fails.
        physical_id = self.PhysicalResourceId or self._request.fallback_physical_id
        self._response = Response(self._request, status or self.Status, physical_id, reason or self.Reason, self.Data)
