"""The handler: from the event to the response."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext
from crhelper import CfnResource

from event_tracker.decision import Change
from event_tracker.errors import EventTrackerError, InvalidRequestError, RefusedError, UnexpectedError
from event_tracker.lifecycle import acknowledge, create, delete, update
from event_tracker.properties import Properties
from event_tracker.protocol import FAILED, REQUEST_TYPES, Http, Request, compose, send
from event_tracker.telemetry import logger, metrics, record
from event_tracker.trackers import Scope, Tracker, Trackers
from event_tracker.waiting import Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

Handler = Callable[[object, LambdaContext], dict[str, Any]]
# For how long the note of the response is retried, which takes minutes when many share two calls a second, and what is
# left of the function's time for its last call.
_ACKNOWLEDGE_SECONDS = 300.0
_LAST_CALL_SECONDS = 30.0


def make_handler(client: "PersonalizeClient", http: Http, clock: Clock, sam_local: bool = False) -> Handler:
    """The handler, which returns the response that it sent. `client` should have CLIENT_CONFIG.

    It raises InvalidRequestError and ResponseNotDeliveredError, for Lambda to see; every other failure is a response.
    `sam_local`: nothing is sent, `sam local invoke` prints what is returned (rule A6).
    """
    # At DEBUG crhelper logs the event.
    copy_config_to_registered_loggers(logger, log_level=max(logger.log_level, logging.INFO), include={"crhelper"})

    @logger.inject_lambda_context(log_event=False, clear_state=True)
    @metrics.log_metrics
    def handle(event: object, context: LambdaContext) -> dict[str, Any]:
        request = _parse(event)
        scope = Scope.from_arn(context.invoked_function_arn)
        if sam_local:
            # That ARN is invented.
            with suppress(ValueError):
                scope = Scope.from_arn(request.stack_id)
            scope = scope._replace(region=client.meta.region_name)
        end = Deadline(clock, context.get_remaining_time_in_millis() / 1000)
        trackers = Trackers(client, scope, end)
        resource = CustomResource(request, partial(_fulfill, request, trackers))
        response = resource.respond(context)
        _log_outcome(response, resource.error)
        if not sam_local:
            send(response, request, http, Deadline(clock, end.left / 2))
        if resource.tracker:
            trackers.deadline = Deadline(clock, min(end.left - _LAST_CALL_SECONDS, _ACKNOWLEDGE_SECONDS))
            acknowledge(request, resource.tracker, trackers)
        return response

    return handle


def _parse(event: object) -> Request:
    try:
        request = Request.parse(event)
    except InvalidRequestError:
        record("Failed", 1)
        raise
    logger.set_correlation_id(request.request_id)
    logger.append_keys(stack_id=request.stack_id, logical_id=request.logical_id, request_type=request.request_type)
    logger.info("Request", sent=request.sent)
    return request


def _fulfill(request: Request, trackers: Trackers, record_id: Callable[[str], None]) -> Tracker | None:
    wanted = Properties.parse(request.resource_properties, trackers.scope, lenient=request.request_type == "Delete")
    change = Change(request, wanted, Properties.parse(request.old_resource_properties, trackers.scope, lenient=True))
    trackers.deadline = trackers.deadline.of_waiting(wanted.service_timeout)
    match request.request_type:
        case "Create":
            return create(change, trackers, record_id)
        case "Update":
            return update(change, trackers)
        case "Delete":
            delete(change, trackers)
        case other:
            raise RefusedError(f"RequestType is {other} but must be one of {', '.join(REQUEST_TYPES)}.")
    return None


def _log_outcome(response: dict[str, Any], error: EventTrackerError | None) -> None:
    is_refused = isinstance(error, RefusedError)
    record("Refused", int(is_refused))
    record("Failed", int(response["Status"] == FAILED and not is_refused))
    kind = type(error).__name__.removesuffix("Error") if error else None
    outcome: dict[str, Any] = {"status": response["Status"], "physical_id": response["PhysicalResourceId"]}
    logger.info("Sending the response", **outcome, reason=response.get("Reason", ""), error=kind)


class CustomResource(CfnResource):
    """The handling of one request; a new one for each, so that nothing of an earlier request is ever sent.

    `fulfill` gets a function that notes the physical id for a response that says FAILED. `tracker` is what it returned,
    `error` what it raised. crhelper is pinned, because what is overridden here is not its public interface.
    """

    # The clients that crhelper makes, unless it believes to run under SAM, are for pollers only.
    _sam_local = property(lambda _: True, lambda *_: None)

    def __init__(self, request: Request, fulfill: Callable[[Callable[[str], None]], Tracker | None]) -> None:
        # At DEBUG crhelper logs the event; boto_level is urllib3's too, which at WARNING logs addresses (rule S2).
        super().__init__(log_level="INFO", boto_level="ERROR", sleep_on_delete=0)
        self.tracker: Tracker | None = None
        self.error: EventTrackerError | None = None
        self._request, self._fulfill = request, fulfill
        # A poller must not be registered: it would need rules and permissions of its own.
        for register in (self.create, self.update, self.delete):
            register(self._run)

    def respond(self, context: LambdaContext) -> dict[str, Any]:
        """Do what the request asks for, and return the response."""
        request = self._request
        # Not the event as it came: crhelper has keys of its own that change its course.
        event = {
            # crhelper responds SUCCESS, or not at all, to a type that it does not know.
            "RequestType": request.request_type if request.request_type in REQUEST_TYPES else "Create",
            "RequestId": request.request_id,
            "StackId": request.stack_id,
            "LogicalResourceId": request.logical_id,
            "ResponseURL": request.response_url,
            # What crhelper falls back on, in place of an id of its own making (rule A3).
            "PhysicalResourceId": request.fallback_physical_id,
        }
        self(event, context)
        return self._response

    def _run(self, *_: object) -> str:
        try:
            self.tracker = self._fulfill(partial(setattr, self, "PhysicalResourceId"))
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

    def _set_timeout(self) -> None:
        """Do nothing: crhelper's timer would respond while the function goes on. The deadline comes first."""

    def _send(self, status: str | None = None, reason: str = "") -> None:
        # crhelper's sender knows no time limits, takes any HTTP status for success, tries again for ever, cuts the
        # start off the reason, and is called a second time when it fails.
        physical_id = self.PhysicalResourceId or self._request.fallback_physical_id
        self._response = compose(self._request, status or self.Status, physical_id, reason or self.Reason, self.Data)
